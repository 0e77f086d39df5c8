"""The command line."""

from __future__ import annotations

import pytest

from benchmarks.bench.arguments import DOCS, JSON, parse_arguments
from benchmarks.bench.suite import KEYS


def test_everything_by_default() -> None:
    options = parse_arguments([])
    assert (options.only, options.is_quick, options.json, options.docs) == (KEYS, False, JSON, None)


def test_some_of_it_in_the_order_of_the_suite() -> None:
    assert parse_arguments(["--only=warm,door"]).only == ("door", "warm")


def test_the_document_is_written_where_it_belongs() -> None:
    assert parse_arguments(["--write-docs"]).docs == DOCS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only=doors"], "ONLY must name some of cold-start"),
        (["--only="], "ONLY must name some of cold-start"),
        (["--write-docs", "--quick"], "DOCS=1 wants everything measured"),
        (["--write-docs", "--only=door"], "DOCS=1 wants everything measured"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parse_arguments(arguments)
    assert left.value.code == 2
    assert words in capsys.readouterr().err
