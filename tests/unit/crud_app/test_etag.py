"""Conditions on versions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.directorio.errors import MalformedPrecondition
from chalicelib.directorio.etag import digest_of, etag_of, is_known, versions_wanted


@pytest.mark.parametrize(
    ("if_match", "versions"),
    [
        (None, None), ("*", None), (" * ", None), ('"1"', [1]), ('"1", "2"', [1, 2]), (',"1",,"2",', [1, 2]),
        ('W/"1"', []), ('""', []), ('"x", "3"', [3]), ('"01"', []), ('"2147483647"', [2147483647]),
        ('"2147483648"', []), ('"99999999999"', []),
    ],
)  # fmt: skip
def test_if_match_names_versions(if_match, versions):
    assert versions_wanted(if_match) == versions


@pytest.mark.parametrize(
    "if_match", ["", "1", '"1', '1"', '"1" "2"', "*, *", '*, "1"', 'w/"1"', '"\n"', '"é\u0100"', ","]
)
def test_an_if_match_that_cannot_be_read_is_never_ignored(if_match):
    with pytest.raises(MalformedPrecondition):
        versions_wanted(if_match)


@pytest.mark.parametrize(
    ("if_none_match", "known"),
    [
        (None, False), ("*", True), ('"7"', True), ('W/"7"', True), ('"6", "7"', True), ('"6"', False), ("7", False),
        ("", False),
    ],
)  # fmt: skip
def test_if_none_match_compares_weakly(if_none_match, known):
    assert is_known(if_none_match, '"7"') is known


@settings(deadline=None)  # a loaded machine is no defect
@given(st.integers(1, 2**31 - 1))
def test_a_version_matches_its_own_tag_and_no_other(version):
    assert versions_wanted(etag_of(version)) == [version]
    assert is_known(etag_of(version), etag_of(version))
    assert not is_known(etag_of(version), etag_of(version + 1))


def test_a_digest_is_that_of_the_text_and_no_version():
    assert digest_of("ñ") == digest_of("ñ") != digest_of("n")
    assert is_known(f"W/{digest_of('ñ')}", digest_of("ñ"))
    assert versions_wanted(digest_of("ñ")) == []


@settings(deadline=None)  # a loaded machine is no defect
@given(st.text('"*, W/x1\t', max_size=2000))
def test_any_header_is_read_or_refused(text):
    try:
        versions = versions_wanted(text)
    except MalformedPrecondition:
        assert text.strip(" \t") != "*"
    else:
        assert versions is None or all(version >= 1 for version in versions)
