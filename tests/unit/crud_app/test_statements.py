"""The SQL that is sent is the SQL that `crud_app/sql` writes."""

import re

from chalicelib.directorio.employee import FIELDS, Audience
from chalicelib.directorio.repository import SQL, find_statement
from crud_app.sql.__main__ import TARGET, render


def test_the_compiled_statements_are_those_of_the_expressions():
    """After a failure: `make statements`."""
    assert TARGET.read_text("utf-8") == render()


def test_every_placeholder_is_filled_and_every_parameter_named():
    for name in SQL:
        for audience in Audience:
            for order in (sign + each.name for each in FIELDS for sign in ("", "-")):
                sql, names, _ = find_statement(name, audience, order)
                assert not re.findall(r"\{\w+\}", sql)
                assert {int(number) for number in re.findall(r"\$(\d+)", sql)} == set(range(1, len(names) + 1))
