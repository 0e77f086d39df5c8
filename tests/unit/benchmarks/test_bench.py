"""What becomes of a target, how a contestant is isolated, and a short run with every peer."""

import json
import random

import pytest

from benchmarks.bench import workshop
from benchmarks.bench.__main__ import exit_code, main
from benchmarks.bench.measuring import Table, Target, estimate, quantile
from benchmarks.bench.process import BenchFailed, Operation, Process, Subject


@pytest.mark.parametrize("rounds", [6, 10, 24, 54])
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(rounds):
    source = random.Random(7)  # noqa: S311 - statistics
    experiments = [estimate([source.gauss(100, 10) for _ in range(rounds)]) for _ in range(400)]
    assert sum(found.low <= 100 <= found.high for found in experiments) >= 368
    assert [quantile(range(1, 201), rank) for rank in (1, 50, 99, 100)] == [2, 100, 198, 200]


@pytest.mark.parametrize(
    ("ours", "most", "verdict"),
    [
        ([4.0] * 6, 0.5, "met"),
        ([4.1] * 6, 0.5, "missed"),
        ([3.9, 3.95, 4.0, 4.02, 4.05, 3.9], 0.5, "met"),  # quiet enough to believe the median
        ([4.0] * 6, None, ""),
        ([0.1, 1.0, 0.1, 1.0, 0.5, 0.2], 0.5, "met"),  # noisy, and at most an eighth
        ([16.0, 90.0, 16.0, 90.0, 50.0, 20.0], 0.5, "missed"),  # at least twice
        ([1.0, 9.0, 1.0, 9.0, 5.0, 2.0], 0.5, "undecided"),
    ],
)
def test_a_target_is_decided_only_as_far_as_the_noise_allows(ours, most, verdict):
    table = Table("Sample", "ms", [Target("to the peer", ("ours", "p50"), ("peer", "p50"), most, ("bare", "p50"))])
    table.series |= {("ours", "p50"): [each + 1 for each in ours], ("peer", "p50"): [9.0] * len(ours)}
    table.series["bare", "p50"] = [1.0] * len(ours)
    assert table.document()["targets"][0]["verdict"] == verdict


def test_the_exit_code_is_for_scripts():
    verdicts = ({"met": 2}, {"met": 1, "undecided": 1}, {"undecided": 1, "missed": 1})
    assert [exit_code(each, is_quick=False) for each in verdicts] == [0, 3, 1]
    assert exit_code({"missed": 1}, is_quick=True) == 0


HANDLER = """
import os, sys
print("printed")
def handler(event, context):
    return {"statusCode": 200, "body": "[1, 2]", "event": event, "environment": dict(os.environ), "path": sys.path}
def crash(event, context):
    raise RuntimeError("no good")
"""


def test_a_process_sees_its_folders_and_variables_only_and_must_answer_rightly(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    (tmp_path / "sample.py").write_text(HANDLER)
    asked = Operation("ask", ['{"a": 1}', '{"a": 2}'], 3, rows=2)
    with Process(Subject("a sample", (tmp_path,), "sample.handler", {"CITY": "Lima"})) as process:
        done = process.call(asked)
        for wrong, words in (({"status": 201}, "where 201 was due"), ({"rows": 3}, "with 3 rows")):
            with pytest.raises(BenchFailed, match=words):
                process.call(asked._replace(**wrong))
    assert len(done["microseconds"]) == 3
    assert done["answer"]["event"] == {"a": 1}  # the events in turn
    assert {name for name in done["answer"]["environment"] if name != "LC_CTYPE"} == {"CITY"}
    assert not [folder for folder in done["answer"]["path"] if "site-packages" in folder or folder == "/nowhere"]
    assert [path.name for path in tmp_path.iterdir()] == ["sample.py"]
    crash = Subject("a sample", (tmp_path,), "sample.crash")
    with Process(crash) as process, pytest.raises(BenchFailed, match="a sample ended: RuntimeError: no good"):
        process.call(asked)


@pytest.mark.timeout(600)
def test_a_quick_run_measures_every_peer_and_leaves_nothing(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    assert main(["--quick", f"--json={tmp_path}/new/bench.json"]) == 0

    found = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert [len(table["targets"]) for table in found["tables"]] == [4, 3, 1, 13, 1, 9, 1]
    assert "bff_app/app.py\n" in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_without_packages_nothing_is_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workshop, "ROOT", tmp_path)
    assert main(["--quick"]) == 2
    assert capsys.readouterr().err == "make bench: build/crud_app/deployment.zip is missing: make package\n"
