"""Settings are read strictly, and what is made from them is made once."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalice_frontdoor import Environment, FrontDoor, PerProcess, SettingError, apply_defaults
from chalice_frontdoor.testing.client import Client

READERS = {
    "text": lambda variables, **rest: Environment(variables).read_text(
        "X", "a word", pattern=re.compile("[a-z]+"), **rest
    ),
    "whole": lambda variables, **rest: Environment(variables).read_whole("X", least=1, most=100, **rest),
    "choice": lambda variables, **rest: Environment(variables).read_choice("X", ("es", "en"), **rest),
    "flag": lambda variables, **rest: Environment(variables).read_flag("X", **rest),
    "parsed": lambda variables, **rest: Environment(variables).read("X", "a number", float, **rest),
}
GOOD = {"text": {"ana": "ana"}, "whole": {"1": 1, "100": 100}, "choice": {"en": "en"},
        "flag": {"true": True, "false": False}, "parsed": {"1.5": 1.5}}  # fmt: skip
BAD = {"text": ["Ana", "ana ", "ana\n"], "whole": ["0", "101", "-1", "1.5", "x", " 1", "٣", "1e1"],
       "choice": ["fr", "ES", " es"], "flag": ["1", "True", "yes", "true "], "parsed": ["uno"]}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
def test_a_good_value_is_read_and_a_missing_or_empty_one_is_the_default_or_an_error(kind):
    for text, value in GOOD[kind].items():
        found = READERS[kind]({"X": text})
        assert (found, type(found)) == (value, type(value))
    for variables in ({}, {"X": ""}):
        with pytest.raises(SettingError, match="The environment variable X must be "):
            READERS[kind](variables)
        for default in ("", 0, False):
            assert READERS[kind](variables, default=default) is default


@pytest.mark.parametrize("kind", BAD)
def test_a_malformed_value_is_an_error_even_with_a_default_and_is_not_quoted(kind):
    for text in [*BAD[kind], "Hunter2!"]:
        with pytest.raises(SettingError) as caught:
            READERS[kind]({"X": text}, default="default")
        assert "variable X" in str(caught.value)
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
        all_ready.wait(timeout=60)
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
