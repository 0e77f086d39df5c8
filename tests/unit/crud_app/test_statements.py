"""The SQL that is sent is the SQL that `crud_app/sql` writes."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Integer, bindparam, literal, select

from chalicelib.directorio.statement import Statement
from chalicelib.directorio.statements import STATEMENTS
from crud_app.sql.__main__ import TARGET, render
from crud_app.sql.catalogue import compile_all
from crud_app.sql.compiler import compile_statement


def test_the_compiled_statements_are_those_of_the_expressions():
    """`make statements` mends this."""
    assert TARGET.read_text("utf-8") == render(compile_all())


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_has_a_name_for_each_parameter(name):
    sql, names = STATEMENTS[name]
    assert {int(number) for number in re.findall(r"\$(\d+)", sql)} == set(range(1, len(names) + 1))


def test_parameters_are_numbered_in_the_order_of_their_names():
    made = compile_statement(
        select(bindparam("b", type_=Integer), bindparam("a", type_=Integer), bindparam("b", type_=Integer))
    )
    assert "$1::INTEGER" in made.sql
    assert made.values({"a": 1, "b": 2}) == (2, 1)


def test_what_never_varies_is_no_parameter():
    made = compile_statement(select(literal(7), literal("it's")))
    assert "7" in made.sql
    assert "'it''s'" in made.sql
    assert made.names == ()


def test_no_parameter_is_missed_silently():
    with pytest.raises(KeyError):
        Statement("SELECT $1", ("a",)).values({})
