"""Which tests `make test` runs, and which wait for `make check`."""

from pathlib import Path

from tests.stages import ROOT, UNIT_TESTS, stages_of_check, told_by


def arguments(stages):
    return {stage.name: [str(part) for part in stage.command] for stage in stages}


def test_make_check_runs_every_folder_of_tests():
    check = arguments(stages_of_check())
    run = {part for command in check.values() for part in command if part.startswith("tests/")}

    # `make libs` and `make faults` run more of these two.
    folders = {path.parent for path in Path(ROOT, "tests").glob("*/**/test_*.py")}
    left_out = [folder for folder in folders if not any(folder.is_relative_to(ROOT / part) for part in run)]
    assert left_out == []
    assert {"e2e", "lint", "types", "browser", "scan"} <= check.keys()
    assert set(UNIT_TESTS) <= set(check["unit"])


def test_a_failure_begins_with_what_was_expected_and_what_came():
    told = ["_ test_a_name_as_long_as_the_line __", ">   assert 1 == 2", "E   assert 1 == 2"]
    log = ["..F..   [ 93%]", "== FAILURES ==", told[0], *["    code"] * 70, *told[1:], *["captured"] * 70, "FAILED"]

    lines = told_by("\n".join(log))

    assert lines[:4] == [*told, "captured"]
    assert lines[-1] == "FAILED"
