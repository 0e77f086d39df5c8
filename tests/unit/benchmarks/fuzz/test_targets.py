"""What is fuzzed works without the fuzzer, too: a short form of `make fuzz` for every run of the tests."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.fuzz.targets import ROOT, TARGETS

PROGRAM = """
import random, sys
from benchmarks.fuzz.mutation import mutate
from benchmarks.fuzz.targets import TARGETS
target = TARGETS[sys.argv[1]]
read, chance, inputs = target.prepare(), random.Random(7), target.seeds()
for data in list(inputs):
    for seed in range(40):
        cut = chance.randrange(len(data) + 1)
        inputs += [mutate(data, seed) or b"", data[:cut], data[:cut] + chance.randbytes(3) + data[cut:]]
for data in inputs:
    read(data)
print(len(inputs))
"""


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_reads_what_it_begins_with_and_what_becomes_of_that(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, name], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
