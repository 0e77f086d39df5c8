"""The SQL that is sent is the SQL that `crud_app/sql` writes."""

from crud_app.sql.__main__ import TARGET, render


def test_the_compiled_statements_are_those_of_the_expressions():
    """After a failure: `make statements`."""
    assert TARGET.read_text("utf-8") == render()
