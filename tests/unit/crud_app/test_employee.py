"""Which values an employee may have; the rules and their JSON Schema agree."""

import json
from datetime import date
from decimal import Decimal

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import InvalidInput
from chalicelib.directorio import employee
from chalicelib.directorio.employee import DAY, EMAIL, FIELDS, INPUTS, KINDS, MONEY, line, read_changes, read_new
from contract.body import MAX_NAME, MAX_UNKNOWN
from contract.text import clean

ANA = {"nombre": "Ana", "email": "ana@example.com", "posicion": "Jefa", "salario": 1}
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
# Values as they are sent, and what is stored.
READ = [
    (line(120), [("  Ana  ", "Ana"), ("á" * 120, "á" * 120), (" " * 500 + "a\u0301", "á")]),
    (DAY, [(text, date.fromisoformat(text)) for text in ("2026-11-24", "2024-02-29", "0001-01-01", "9999-12-31")]),
]  # fmt: skip
AMOUNTS = {0: "0.00", 5000: "5000.00", Decimal("0.01"): "0.01", Decimal("1e2"): "100.00",
           Decimal("5000.000"): "5000.00", Decimal("9999999.99"): "9999999.99"}  # fmt: skip
REFUSED = [
    (line(120), "longitud", ["a" * 121, "", " \u00a0\u3000"]),
    (MONEY, "rango", [-1, Decimal("9999999.991"), 10**400, Decimal("1e999999"), Decimal("-1e-999999")]),
    (MONEY, "decimales", [Decimal("0.001"), Decimal("0.006"), Decimal("1e-999999")]),
    (MONEY, "tipo", ["5000", 1.5, float("nan")]),
    (DAY, "formato", ["2026-02-29", "20261124", "2026-W48-2", "2026-11-24T00:00:00", "24/11/2026", "", "0000-01-01",
                        "٢٠٢٦-11-24"]),
    *((kind, "tipo", [None, True, ["a"], {}]) for kind in (line(5), EMAIL, MONEY, DAY)),
    *((kind, "tipo", [7]) for kind in (line(5), EMAIL, DAY)),
]  # fmt: skip


def rule_of(kind, value):
    try:
        kind.read(value)
    except employee.BrokenRule as broken:
        return broken.rule
    return None


def errors_of(read, body):
    """The fields that break rules, and which; none when the body is read, and no field appears that was not sent."""
    try:
        values = read(body)
    except InvalidInput as error:
        return [(each.field, each.rule) for each in error.errors]
    assert values.keys() <= INPUTS.keys() & body.keys()
    return []


def accepts(kind, value):
    return jsonschema_rs.is_valid(kind.schema, value, validate_formats=True)


def test_a_value_is_stored_in_one_form():
    for kind, values in READ:
        for sent, stored in values:
            assert kind.read(sent) == stored
    assert {amount: str(MONEY.read(amount)) for amount in AMOUNTS} == AMOUNTS


def test_any_other_value_breaks_a_rule_that_has_a_name():
    for kind, rule, values in REFUSED:
        assert {rule_of(kind, value) for value in values} == {rule}, (kind, rule)


@given(TEXT | st.text("aA.@-ñ b\u3000 \n\x00\u0301\u200b", max_size=12))
def test_schema_and_rule_of_a_text_agree(text):
    """Once it is cleaned; the rules are applied to the cleaned text."""
    for kind in (line(5), EMAIL):
        try:
            assert accepts(kind, kind.read(text))
        except employee.BrokenRule:
            assert not accepts(kind, text) or clean(text) != text


def test_each_example_is_valid():
    for field in FIELDS:
        assert accepts(KINDS[field.name], field.example), field.name
    examples = json.loads(json.dumps({each.name: each.example for each in FIELDS}), parse_float=Decimal)
    assert errors_of(read_new, {name: examples[name] for name in INPUTS}) == []


def test_a_forged_sort_key_is_refused():
    whole, moment = employee.whole(9), employee.INSTANT
    for kind, texts in (
        (line(5), ["a\x00", "a" * 21]), (EMAIL, ["\x00", "a" * 255]), (DAY, ["x"]), (MONEY, ["1e400", "NaN"]),
        (whole, ["0", "10", "-1", "01", "٣"]), (moment, ["2026-11-24", "infinity"]),
    ):  # fmt: skip
        for text in texts:
            with pytest.raises(ValueError):  # noqa: PT011 - its callers say what is wrong
                kind.read_key(text)


def test_null_stands_for_a_field_that_is_not_given_and_empties_one_that_may_be_empty():
    nothing = {"fecha_contratacion": None, "nombre": None}
    assert read_new({**ANA, "fecha_contratacion": None}) == read_new(ANA)
    assert errors_of(read_new, {**ANA, **nothing}) == [("nombre", "tipo")]
    assert errors_of(read_changes, nothing) == [("nombre", "tipo"), ("fecha_contratacion", "tipo")]
    optional = employee.Field("x", "text", {}, "x", maximum=5, is_required=False)
    assert employee.accepts_null(optional, is_new=True)
    assert employee.accepts_null(optional, is_new=False)


def test_an_answer_to_nonsense_is_short():
    found = errors_of(read_new, ANA | {f"{number}" + "x" * 1_000_000: 1 for number in range(50)})
    assert [len(name) for name, _ in found] == [MAX_NAME] * MAX_UNKNOWN
