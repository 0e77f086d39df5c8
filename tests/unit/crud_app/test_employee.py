"""What may be stored as an employee; the rules and their JSON Schema say the same."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_frontdoor import InvalidInput
from chalicelib.directorio.employee import (
    BY_NAME,
    FIELDS,
    INPUTS,
    MAX_UNKNOWN,
    MAX_UNKNOWN_NAME,
    read_changes,
    read_new,
)
from chalicelib.directorio.kind import BrokenRule, Day, Email, Instant, Line, Money, Whole

ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Jefa", "salario": 1}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def rule_of(kind, value) -> str | None:
    try:
        kind.read(value)
    except BrokenRule as broken:
        return broken.regla
    return None


def violations_of(read, body) -> set[str] | None:
    """The fields that break rules; None when the body is read, and no field appears that was not sent."""
    try:
        values = read(body)
    except InvalidInput as error:
        return {each.field for each in error.errors}
    return None if values.keys() <= INPUTS.keys() & body.keys() else set()


def accepts(kind, value) -> bool:
    return jsonschema_rs.is_valid(kind.schema, value, validate_formats=True)


class TestLine:
    @pytest.mark.parametrize(
        ("value", "rule"),
        [
            ("Ana", None), ("  Ana  ", None), ("á" * 120, None), ("a" * 121, "longitud"), ("", "longitud"),
            (" \u00a0\u3000", "longitud"), ("a\nb", "caracteres"), ("a\x00", "caracteres"), ("a\u2028b", "caracteres"),
            ("\x7f", "caracteres"), ("\x85a", "caracteres"), ("a\ud800", "caracteres"), (None, "tipo"), (7, "tipo"),
            (["a"], "tipo"), ({}, "tipo"), (True, "tipo"), (" " * 500 + "a", None),
        ],
    )  # fmt: skip
    def test_is_one_line_of_1_to_120_characters(self, value, rule):
        assert rule_of(Line(120), value) == rule

    @settings(deadline=None)  # a loaded machine is no defect
    @given(TEXT)
    def test_schema_and_rule_agree(self, text):
        assert accepts(Line(5), text) == (rule_of(Line(5), text) is None)

    @settings(deadline=None)  # a loaded machine is no defect
    @given(st.text("ab \u3000\n\x00", max_size=12))
    def test_schema_and_rule_agree_at_the_edges(self, text):
        assert accepts(Line(5), text) == (rule_of(Line(5), text) is None)


class TestEmail:
    @pytest.mark.parametrize(
        "value",
        ["a@b", "a.b+c@example.com", "A@EXAMPLE.COM", "!#$%&'*+/=?^_`{|}~-@x.y", "a" * 64 + "@b.c",
         "a@" + ".".join(["b" * 61] * 4)],
    )  # fmt: skip
    def test_takes_what_a_browser_takes(self, value):
        assert Email().read(value) == value.lower()

    @pytest.mark.parametrize(
        ("value", "rule"),
        [
            ("", "formato"), ("a", "formato"), ("@b", "formato"), ("a@", "formato"), ("a@b@c", "formato"),
            ("a b@c", "formato"), ("a@b\nBcc: x@y.z", "formato"), ("a@b.c\n", "formato"), (" a@b.c", "formato"),
            ("ñ@b.c", "formato"), ("a@ñ.c", "formato"), ("a@-b.c", "formato"), ("a@b-.c", "formato"),
            ("a@b..c", "formato"), ("a" * 65 + "@b.c", "formato"), ("a@" + "b" * 64, "formato"),
            ("a@" + ".".join(["b" * 62] * 4) + ".c", "longitud"), ("\x00@b.c", "formato"), (1, "tipo"), (None, "tipo"),
        ],
    )  # fmt: skip
    def test_refuses_the_rest(self, value, rule):
        assert rule_of(Email(), value) == rule

    @settings(deadline=None)  # a loaded machine is no defect
    @given(st.text("aA.@-ñ \n", max_size=12))
    def test_schema_and_rule_agree(self, text):
        assert accepts(Email(), text) == (rule_of(Email(), text) is None)


class TestMoney:
    KIND = Money(Decimal("9999999.99"))

    @pytest.mark.parametrize(
        ("value", "amount"),
        [
            (0, "0.00"), (5000, "5000.00"), (Decimal("0.01"), "0.01"), (Decimal("1e2"), "100.00"),
            (Decimal("5000.000"), "5000.00"), (Decimal("9999999.99"), "9999999.99"), (Decimal("-0.0"), "-0.00"),
        ],
    )  # fmt: skip
    def test_is_exact(self, value, amount):
        assert str(self.KIND.read(value)) == amount

    @pytest.mark.parametrize(
        ("value", "rule"),
        [
            (-1, "rango"), (Decimal("9999999.991"), "rango"), (10**400, "rango"), (Decimal("1e400"), "rango"),
            (Decimal("1e999999"), "rango"), (Decimal("-1e-999999"), "rango"), (Decimal("0.001"), "decimales"),
            (Decimal("1e-999999"), "decimales"), (True, "tipo"), ("5000", "tipo"), (1.5, "tipo"), (None, "tipo"),
            (float("nan"), "tipo"),
        ],
    )  # fmt: skip
    def test_refuses_what_is_no_amount(self, value, rule):
        assert rule_of(self.KIND, value) == rule

    @settings(deadline=None)  # a loaded machine is no defect
    @given(st.integers(-10, 999_999_999 + 10))
    def test_schema_and_rule_agree(self, cents):
        amount = Decimal(cents).scaleb(-2)
        assert accepts(self.KIND, float(amount)) == (rule_of(self.KIND, amount) is None)


class TestDay:
    @pytest.mark.parametrize("value", ["2026-11-24", "2024-02-29", "0001-01-01", "9999-12-31"])
    def test_is_a_date_that_exists(self, value):
        assert Day().read(value) == date.fromisoformat(value)

    @pytest.mark.parametrize(
        "value", ["2026-02-29", "20261124", "2026-W48-2", "2026-11-24T00:00:00", "24/11/2026", "", "0000-01-01", "x",
                  "٢٠٢٦-11-24", "2026-11-24\n"]
    )  # fmt: skip
    def test_refuses_the_rest(self, value):
        assert rule_of(Day(), value) == "formato"

    @pytest.mark.parametrize("value", [20261124, None, ["2026-11-24"]])
    def test_is_a_text(self, value):
        assert rule_of(Day(), value) == "tipo"


class TestKeys:
    """Sort keys come back from clients: they are read as strictly as what is stored."""

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            (Line(5), "a\x00"), (Line(5), "a" * 21), (Email(), "\x00"), (Email(), "a" * 255), (Day(), "x"),
            (Money(Decimal(1)), "1e400"), (Money(Decimal(1)), "NaN"), (Whole(9), "0"), (Whole(9), "10"),
            (Whole(9), "-1"), (Whole(9), "01"), (Whole(9), "٣"), (Instant(), "2026-11-24"), (Instant(), "infinity"),
        ],
    )  # fmt: skip
    def test_a_forged_one_is_none(self, kind, text):
        with pytest.raises(ValueError):  # noqa: PT011 - its callers say what is wrong
            kind.read_key(text)

    def test_each_reads_its_own(self):
        assert (Line(5).read_key("ana"), Email().read_key("a@b"), Whole(9).read_key("9")) == ("ana", "a@b", 9)
        assert Money(Decimal(9)).read_key("5000.00") == Decimal(5000)
        assert Instant().read_key("2026-11-24T09:30:00.000001Z").isoformat() == "2026-11-24T09:30:00.000001+00:00"


class TestRead:
    def test_a_new_one_needs_all_fields_that_have_no_default(self):
        with pytest.raises(InvalidInput) as caught:
            read_new({})
        assert [(each.field, each.rule) for each in caught.value.errors] == [
            (name, "obligatorio") for name in ("nombre", "email", "posicion", "salario")
        ]

    def test_a_change_needs_none(self):
        assert read_changes({}) == {}
        assert read_changes({"nombre": " B "}) == {"nombre": "B"}

    def test_nonsense_is_answered_in_few_words(self):
        with pytest.raises(InvalidInput) as caught:
            read_new(ANA | {f"{number}" + "x" * 1_000_000: 1 for number in range(50)})
        assert len(caught.value.errors) == MAX_UNKNOWN
        assert all(len(each.field) == MAX_UNKNOWN_NAME for each in caught.value.errors)

    @settings(deadline=None)  # a loaded machine is no defect
    @given(JSON)
    def test_any_json_is_read_or_refused(self, body):
        for read in (read_new, read_changes):
            assert violations_of(read, body) != set()

    @settings(deadline=None)  # a loaded machine is no defect
    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(INPUTS, JSON)))
    def test_any_value_of_a_field_is_read_or_refused(self, body):
        broken = violations_of(read_changes, body)
        assert broken != set()
        assert broken is None or broken <= body.keys()


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_example_is_one(field):
    example = json.loads(json.dumps(field.example), parse_float=Decimal)
    assert jsonschema_rs.is_valid(field.kind.schema, field.example, validate_formats=True)
    if field.name in INPUTS:
        assert rule_of(BY_NAME[field.name].kind, example) is None
