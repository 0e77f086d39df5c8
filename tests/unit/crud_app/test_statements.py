"""The SQL that is sent is the SQL that `crud_app/sql` writes."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Integer, bindparam, literal, select

from chalicelib.directorio.database import Statement
from chalicelib.directorio.employee import FIELDS, Audience
from chalicelib.directorio.repository import find_statement
from chalicelib.directorio.statements import STATEMENTS
from crud_app.sql.__main__ import TARGET, render
from crud_app.sql.compiler import compile_statement


def test_the_compiled_statements_are_those_of_the_expressions():
    """After a failure: `make statements`."""
    assert TARGET.read_text("utf-8") == render()


def test_every_placeholder_is_filled_and_every_parameter_named():
    for name in STATEMENTS:
        for audience in Audience:
            for order in (sign + each.name for each in FIELDS for sign in ("", "-")):
                sql, names, _ = find_statement(name, audience, order)
                assert not re.findall(r"\{\w+\}", sql)
                assert {int(number) for number in re.findall(r"\$(\d+)", sql)} == set(range(1, len(names) + 1))


def test_parameters_are_sent_in_the_order_of_their_names():
    columns = [bindparam(name, type_=Integer) for name in ("b", "a", "b")]
    statement = Statement(*compile_statement(select(*columns)))
    assert "$1::INTEGER" in statement.sql
    assert statement.values({"a": 1, "b": 2}) == (2, 1)
    with pytest.raises(KeyError):
        statement.values({"a": 1})


def test_a_value_of_an_expression_is_written_into_its_sql():
    sql, names = compile_statement(select(literal(7), literal("it's")))
    assert ("7" in sql, "'it''s'" in sql, names) == (True, True, ())
