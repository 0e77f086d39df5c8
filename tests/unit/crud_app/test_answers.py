"""Conditions on versions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.directorio.answers import digest_of, etag_of, is_known, versions_wanted
from chalicelib.directorio.errors import MalformedPrecondition

WANTED = {None: None, "*": None, " * ": None, '"1"': [1], '"1", "2"': [1, 2], ',"1",,"2",': [1, 2], 'W/"1"': [],
          '""': [], '"x", "3"': [3], '"01"': [], '"2147483647"': [2147483647], '"2147483648"': [],
          '"99999999999"': [], digest_of("ñ"): []}  # fmt: skip
MALFORMED = ("", "1", '"1', '1"', '"1" "2"', "*, *", '*, "1"', 'w/"1"', '"\n"', '"é\u0100"', ",")
KNOWN = {None: False, "*": True, '"7"': True, 'W/"7"': True, '"6", "7"': True, '"6"': False, "7": False, "": False}


def test_if_match_names_versions():
    assert {if_match: versions_wanted(if_match) for if_match in WANTED} == WANTED
    for if_match in MALFORMED:
        with pytest.raises(MalformedPrecondition):
            versions_wanted(if_match)


def test_if_none_match_compares_weakly():
    assert {if_none_match: is_known(if_none_match, '"7"') for if_none_match in KNOWN} == KNOWN
    assert is_known(f"W/{digest_of('ñ')}", digest_of("ñ"))
    assert digest_of("ñ") != digest_of("n")


@given(st.integers(1, 2**31 - 1))
def test_a_version_matches_its_own_tag_and_no_other(version):
    assert versions_wanted(etag_of(version)) == [version]
    assert not is_known(etag_of(version), etag_of(version + 1))
