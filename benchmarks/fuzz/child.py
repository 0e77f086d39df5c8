"""Fuzzes one target with atheris (libFuzzer), in the environment .fuzz.

    python -m benchmarks.fuzz.child <target> <corpus folder> <libFuzzer's options…>

It ends by itself when the time is up, and with an error when the target raised something.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import atheris

from benchmarks.fuzz.mutation import mutate
from benchmarks.fuzz.targets import TARGETS


def main(name: str, corpus: str, *options: str) -> None:
    """Fuzz until libFuzzer ends the process."""
    target = TARGETS[name]
    with atheris.instrument_imports(include=["chalice_frontdoor", "chalicelib"]):
        read = target.prepare()
    for number, seed in enumerate(target.seeds()):
        Path(corpus, f"seed-{number}").write_bytes(seed)

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        # Now and then the bytes themselves, for what begins where JSON ends.
        meant = mutate(data, seed) if target.is_json and seed % 8 else None
        return bytes(atheris.Mutate(data, max_size)) if meant is None else meant[:max_size]

    arguments = [sys.argv[0], corpus, *options]
    atheris.Setup(arguments, read, custom_mutator=change)
    random.seed(0)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
