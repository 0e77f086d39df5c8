"""Settings are read strictly, and what is made from them is made once."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalice_frontdoor import Environment, FrontDoor, PerProcess, SettingError, apply_defaults
from chalice_frontdoor.testing.client import Client


@pytest.mark.parametrize(
    ("method", "options", "good", "malformed"),
    [
        ("read_text", {"rule": "a word", "pattern": re.compile("[a-z]+")}, {"ana": "ana"}, ["Ana", "ana ", "ana\n"]),
        ("read_whole", {"least": 1, "most": 100}, {"1": 1, "100": 100}, ["0", "101", "-1", "1.5", " 1", "٣", "1e1"]),
        ("read_choice", {"choices": ("es", "en")}, {"en": "en"}, ["fr", "ES", " es"]),
        ("read_flag", {}, {"true": True, "false": False}, ["1", "True", "yes", "true "]),
        ("read", {"rule": "a number", "parse": float}, {"1.5": 1.5}, ["uno"]),
    ],
)
def test_a_good_value_is_read_a_missing_one_is_the_default_and_a_malformed_one_an_error(
    method, options, good, malformed
):
    def read(variables, **default):
        return getattr(Environment(variables), method)("X", **options, **default)

    for text, value in good.items():
        found = read({"X": text})
        assert (found, type(found)) == (value, type(value))
    for variables in ({}, {"X": ""}):
        with pytest.raises(SettingError, match="The environment variable X must be "):
            read(variables)
        for default in ("", 0, False):
            assert read(variables, default=default) is default
    for text in [*malformed, "Hunter2!"]:
        with pytest.raises(SettingError, match="variable X") as caught:
            read({"X": text}, default="default")
        assert "Hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_default_counts_where_the_shell_sets_nothing():
    variables = {"DEFAULT_A": "1", "DEFAULT_B": "1", "B": "", "DEFAULT_C": "1", "C": "2"}
    apply_defaults(variables)
    assert [variables[name] for name in "ABC"] == ["1", "1", "2"]


def test_a_view_with_a_wrong_setting_answers_500_and_the_log_names_it(caplog):
    app = FrontDoor("sample")
    app.route("/vista")(lambda: Environment({}).read_text("TOPIC", "the name of a topic"))
    answer = Client(app).get("/vista")
    assert answer.status == 500
    assert b"TOPIC" not in answer.body
    assert "TOPIC must be the name of a topic" in caplog.text


def test_threads_share_an_object_that_is_made_once_at_first_use():
    made, all_ready = [], threading.Barrier(8)
    held = PerProcess(lambda: made.append(object()) or made[-1])

    def ask(_):
        all_ready.wait()
        return held()

    assert made == []
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == set(made)
    assert len(made) == 1


def test_an_object_is_made_again_after_a_failure_and_closed_when_it_is_replaced_or_forgotten():
    numbers, closed = iter([0, 1, 2]), []
    held = PerProcess(lambda: 2 // next(numbers), close=closed.append)
    held.forget()
    with pytest.raises(ZeroDivisionError):
        held()
    assert (held(), closed) == (2, [])
    held.replace(10)
    assert (held(), closed) == (10, [2])
    held.forget()
    assert (held(), closed) == (1, [2, 10])
