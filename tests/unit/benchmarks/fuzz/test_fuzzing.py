"""What libFuzzer says is read: also that it found something."""

from __future__ import annotations

from benchmarks.fuzz.fuzzing import ROOT, read_output

CLEAN = """INFO: seed corpus: files: 13 min: 100b max: 900b total: 9000b rss: 40Mb
#14\tINITED cov: 300 ft: 310 corp: 12/8Kb exec/s: 0 rss: 40Mb
#43581\tDONE   cov: 374 ft: 479 corp: 41/4495b lim: 4096 exec/s: 3352 rss: 46Mb
Done 43581 runs in 13 second(s)
stat::number_of_executed_units: 43581
"""
BROKEN = f"""#14\tINITED cov: 30 ft: 31 corp: 2/8Kb exec/s: 0 rss: 40Mb
 === Uncaught Python exception: ===
AssertionError: the route table grew
==9341== ERROR: libFuzzer: fuzz target exited
artifact_prefix='x'; Test unit written to {ROOT}/build/fuzz/found/some-crash-a676
stat::number_of_executed_units: 17
"""


def test_a_run_that_found_nothing() -> None:
    read = read_output("some", 13.0, 0, CLEAN)

    assert read.is_clean
    assert (read.inputs, read.branches, read.kept) == (43581, 374, 41)


def test_a_run_that_found_something_names_the_input() -> None:
    read = read_output("some", 1.0, 77, BROKEN)

    assert not read.is_clean
    assert (read.finding, read.inputs, read.branches) == ("build/fuzz/found/some-crash-a676", 17, 30)
    assert "the route table grew" in read.words


def test_a_run_that_never_began_is_none_that_found_nothing() -> None:
    read = read_output("some", 0.1, 1, "ModuleNotFoundError: No module named 'atheris'")

    assert (read.is_clean, read.inputs) == (False, 0)
