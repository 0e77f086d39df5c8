"""Loading a Chalice project, and running its functions as Lambda does."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import pytest

from chalice_devserver.project import Function, InvocationFailed, Project, SetupError, check_chalice


@pytest.mark.parametrize(("given", "seen"), [(None, "hola"), ("buenas", "buenas")])
def test_a_project_has_the_variables_limits_and_packages_of_its_stage(load_project, write_project, given, seen):
    """A variable that the environment has stays."""
    package = write_project("") / "vendor" / "vendored_for_this_test"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import os\nGREETING = os.environ.pop('GREETING')")
    if given:
        os.environ["GREETING"] = given
    project = load_project(
        """
        from chalice import Chalice
        from vendored_for_this_test import GREETING
        app = Chalice(app_name="tiny")
        """,
        environment_variables={"GREETING": "hola"},
        lambda_timeout=28,
        lambda_functions={"slow": {"lambda_timeout": 300, "lambda_memory_size": 1024}},
    )
    del sys.modules["vendored_for_this_test"]
    assert seen == sys.modules["app"].GREETING
    ordinary, slow = project.function("any", print), project.function("slow", print)
    assert (ordinary.name, ordinary.timeout_seconds, ordinary.memory_mb) == ("tiny-local-any", 28, 128)
    assert (slow.timeout_seconds, slow.memory_mb) == (300, 1024)


@pytest.mark.parametrize(
    ("app", "sentence"),
    [
        ("x = 1\n1 / 0", r"app\.py cannot be imported \(ZeroDivisionError: .*app\.py, line 2\): correct it"),
        ("VERSION = (", r"\(SyntaxError: .*app\.py, line 1\): correct it"),
        ("import no_such_module", r"\(ModuleNotFoundError: .*line 1\): correct it, or install what it needs\.$"),
        ("", r"\(AttributeError: .* 'app'"),
    ],
)
def test_an_app_that_cannot_be_imported_is_a_sentence(load_project, app, sentence):
    with pytest.raises(SetupError, match=sentence):
        load_project(app)


def test_what_is_no_project_or_has_an_old_chalice_is_a_sentence(tmp_path):
    with pytest.raises(SetupError, match=r"config\.json cannot be read .*--project-dir"):
        Project(tmp_path, "local")
    with pytest.raises(SetupError, match=r"Chalice 1\.28\.0 is not supported: install"):
        check_chalice("1.28.0")
    check_chalice("1.29.0")


def test_a_handler_gets_a_copy_of_the_event_and_gives_json():
    def handler(event, _):
        event["list"].append(2)
        return {"tuple": (1, 2), "event": event}

    event = {"list": [1]}
    assert Function("f", handler).invoke(event) == {"tuple": [1, 2], "event": {"list": [1, 2]}}
    assert event == {"list": [1]}


def test_a_handler_over_its_time_has_failed():
    with pytest.raises(InvocationFailed, match=r"over its time-out of 0\.05 s"):
        Function("f", lambda *_: time.sleep(0.06), timeout_seconds=0.05).invoke({})


def test_the_context_is_that_of_lambda(monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    contexts: list[Any] = []
    Function("f", lambda _, context: contexts.append(context), timeout_seconds=900, memory_mb=256).invoke({})
    (context,) = contexts
    assert (context.function_name, context.memory_limit_in_mb) == ("f", "256")  # a string: from Lambda's environment
    assert context.invoked_function_arn == "arn:aws:lambda:eu-west-1:000000000000:function:f"
    assert 0 < context.get_remaining_time_in_millis() <= 900_000


def explode(*_):
    raise ValueError("boom")


def leave(*_):
    sys.exit(3)


@pytest.mark.parametrize("handler", [explode, leave, lambda *_: {1, 2}], ids=["raises", "exits", "returns no JSON"])
def test_a_function_error_is_logged_with_its_stack(handler, caplog):
    with pytest.raises(InvocationFailed, match="f failed"):
        Function("f", handler).invoke({})
    assert caplog.records[-1].exc_info
