"""Queries and cursors."""

import base64
from datetime import datetime

import pytest

from chalice_frontdoor import InvalidInput
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.query import read_history, read_listing


def encode(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def test_a_forged_cursor_is_refused():
    for cursor in (
        "", "x", "=", "é", "a" * 3000, encode(""), encode("id"), encode("id\n7"), encode("id\n0\n7"),
        encode("id\n-7\n7"), encode(f"id\n{2**63}\n7"), encode("id\n7\nx"), encode("-id\n7\n7"),
        encode("nombre\n7\nana"), encode("eventos\n7\n"), base64.urlsafe_b64encode(b"id\n\xff\n7").decode(),
        encode("[" * 1000),
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as caught:
            read_listing([("cursor", cursor)], Audience.RRHH)
        assert [(each.field, each.rule) for each in caught.value.errors] == [("cursor", "cursor")], cursor


def test_a_period_includes_its_days_and_instants():
    for desde, hasta, since, until in (
        ("2026-02-28", "2026-02-28", "2026-02-28T00:00Z", "2026-03-01T00:00Z"),
        ("2026-11-24T09:30:00+02:00", "2026-11-24t09:30:00.5z", "2026-11-24T07:30Z", "2026-11-24T09:30:00.500001Z"),
        ("0001-01-01T00:00:00+14:00", "9999-12-31", "0001-01-01T00:00Z", "9999-12-31T23:59:59.999999Z"),
    ):
        found = read_history([("desde", desde), ("hasta", hasta)], has_filters=True)
        assert (found.since, found.until) == (datetime.fromisoformat(since), datetime.fromisoformat(until))
