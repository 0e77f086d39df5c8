"""The modules without a page: what they do to any input that hypothesis thinks of, run in Chromium."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.browser.stack import LocalStack

# One tab serves all examples: they share nothing but the module.
PROPERTY = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
# No lone surrogates: they are no text, and a file cannot hold them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
CELL = st.one_of(TEXT, st.text(alphabet="\"';,=+-@\t\r\n a1é", max_size=8))


@pytest.fixture(scope="module")
def tab(stack: LocalStack, chromium: Browser) -> Iterator[Page]:
    """A tab with an empty document of the page's own origin, from which its modules can be imported."""
    context = chromium.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(stack.url)
    yield page
    context.close()


def call(tab: Page, module: str, function: str, *arguments: Any) -> Any:
    """Call a function of a module. An exception with a ``rule`` is its result: ``{"rule": …}``."""
    return tab.evaluate(
        """async ([module, name, parameters]) => {
          const folder = document.querySelector('script[src]').src.replace(/[^/]*$/, '');
          const { [name]: called } = await import(folder + module);
          try { return await called(...parameters); }
          catch (error) { if (error.rule) return { rule: error.rule }; throw error; }
        }""",
        [module, function, list(arguments)],
    )


# ---- CSV


@PROPERTY
@given(
    rows=st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=6).filter(
        lambda rows: all(any(cell.strip() for cell in row) for row in rows)
    ),
    separator=st.sampled_from(";,\t"),
)
@example(rows=[["'=1", "''+2"], ["\ufeffx", '"']], separator=";")
def test_what_is_written_is_read_again(tab: Page, rows: list[list[str]], separator: str) -> None:
    headings = ["a", "b"]

    written = call(tab, "csv.js", "writeCsv", [headings, *rows], separator)
    read = call(tab, "csv.js", "readCsv", written, 100)

    assert [record["cells"] for record in read["records"]] == [headings, *rows]


@PROPERTY
@given(cell=CELL)
@example(cell="=cmd|' /C calc'!A0")
@example(cell="\t=1")
def test_no_cell_begins_like_a_formula(tab: Page, cell: str) -> None:
    written = call(tab, "csv.js", "writeCsv", [[cell]], ";").removeprefix("\ufeff")

    assert not re.match('"?[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]', written.removesuffix("\r\n") or "x")


@PROPERTY
@given(content=TEXT)
@example(content='"')
@example(content='"a"b"c;\r\r\n"')
def test_any_text_is_read_or_refused(tab: Page, content: str) -> None:
    read = call(tab, "csv.js", "readCsv", content, 100)

    if "rule" in read:
        assert read["rule"] in {"csv.openQuote", "csv.tooMany"}
    else:
        lines = [record["line"] for record in read["records"]]
        assert lines == sorted(set(lines))


@PROPERTY
@given(content=st.binary())
def test_any_bytes_are_text_or_refused(tab: Page, content: bytes) -> None:
    decoded = tab.evaluate(
        """async text => {
          const folder = document.querySelector('script[src]').src.replace(/[^/]*$/, '');
          const { decode } = await import(folder + 'csv.js');
          try { return decode(Uint8Array.from(atob(text), sign => sign.charCodeAt(0)).buffer); }
          catch (error) { if (error.rule) return { rule: error.rule }; throw error; }
        }""",
        base64.b64encode(content).decode(),
    )

    if "rule" in decoded:
        assert decoded["rule"] in {"csv.empty", "csv.binary"}
    elif decoded["encoding"] == "utf-8":
        assert decoded["text"] == content.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("content", "records"),
    [
        ("a;b\r\n1;2", [(1, ["a", "b"]), (2, ["1", "2"])]),
        ("a,b\n\n\n1,2\n", [(1, ["a", "b"]), (4, ["1", "2"])]),
        ('a;b\n"x\ny";2\n3;4', [(1, ["a", "b"]), (2, ["x\ny", "2"]), (4, ["3", "4"])]),
        ('a;b\n"say ""hi""";', [(1, ["a", "b"]), (2, ['say "hi"', ""])]),
        ("a;b\n'=1;2", [(1, ["a", "b"]), (2, ["=1", "2"])]),
        ("a;b,c\n1;2,3", [(1, ["a", "b,c"]), (2, ["1", "2,3"])]),
    ],
)
def test_a_file_is_read_by_the_rules_of_csv(tab: Page, content: str, records: list[tuple[int, list[str]]]) -> None:
    read = call(tab, "csv.js", "readCsv", content, 100)

    assert [(record["line"], record["cells"]) for record in read["records"]] == records


# ---- amounts and dates


MONEY = {"name": "salario", "kind": "money", "aliases": []}
DATE = {"name": "fecha_contratacion", "kind": "date", "aliases": []}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5000", 5000),
        ("5000,5", 5000.5),
        ("5000.50", 5000.5),
        ("5.000,50", 5000.5),
        ("5,000.50", 5000.5),
        ("1.234.567", 1234567),
        ("1 234,5", 1234.5),
        ("1\u00a0234\u202f567", 1234567),
        ("-3", -3),
        ("1,2345", 1.2345),
        ("1e3", "1e3"),
        ("5.000.50", "5.000.50"),
        ("1,23,4", "1,23,4"),
        ("cinco", "cinco"),
        ("9" * 400, "9" * 400),
        ("", None),
    ],
)
def test_amounts_are_read_as_people_write_them(tab: Page, text: str, value: object) -> None:
    assert call(tab, "fields.js", "read", MONEY, text) == {"value": value}


@pytest.mark.parametrize("text", ["1.234", "12,345", "-1.234"])
def test_an_amount_that_could_be_two_is_a_problem(tab: Page, text: str) -> None:
    assert call(tab, "fields.js", "read", MONEY, text) == {"problem": "number.ambiguous"}


@PROPERTY
@given(cents=st.integers(min_value=0, max_value=999_999_999))
def test_an_amount_in_an_input_is_read_as_it_was(tab: Page, cents: int) -> None:
    amount = cents / 100

    text = call(tab, "fields.js", "write", MONEY, amount)

    assert call(tab, "fields.js", "read", MONEY, text) == {"value": amount}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-24", "2026-11-24"),
        ("24/11/2026", "2026-11-24"),
        ("1.2.2026", "2026-02-01"),
        ("31-12-2026", "2026-12-31"),
        ("11/24/26", "11/24/26"),
        ("ayer", "ayer"),
        ("", None),
    ],
)
def test_dates_are_read_with_the_day_first(tab: Page, text: str, value: object) -> None:
    assert call(tab, "fields.js", "read", DATE, text) == {"value": value}


# ---- the rules, beside the server's own


VALUES = st.fixed_dictionaries(
    {
        "nombre": st.one_of(TEXT, st.text("a ñ\u00a0", max_size=124), st.sampled_from(["x" * 120, "x" * 121, "", " "])),
        "email": st.one_of(
            st.emails(),
            TEXT,
            st.sampled_from(["a@b", "a@b.", "a b@c.d", f"{'x' * 65}@b.c", f"a@{'b' * 63}.{'c' * 200}"]),
        ),
        "posicion": st.one_of(TEXT, st.sampled_from(["x" * 80, "x" * 81, "a\tb", "a\u2028b", "a\u0085b"])),
        "salario": st.one_of(
            st.integers(-10, 10_000_000),
            st.integers(0, 1_000_000_100).map(lambda cents: cents / 100),
            st.floats(allow_nan=False, allow_infinity=False),
            st.just("doce"),
        ),
    },
    optional={"fecha_contratacion": st.one_of(st.dates().map(str), TEXT, st.just("2026-02-30"))},
)


@settings(PROPERTY, max_examples=50)
@given(values=VALUES)
@example(values={"nombre": "a", "email": "a@b.c", "posicion": "p", "salario": 0.07})
@example(values={"nombre": "a", "email": "a@b.c", "posicion": "p", "salario": 9999999.99})
@example(values={"nombre": "a", "email": "a@b.c", "posicion": "p", "salario": 1.005})
def test_the_page_judges_a_row_as_the_server_does(tab: Page, stack: LocalStack, values: dict[str, Any]) -> None:
    schema = call(tab, "rules.js", "creationSchema", stack.http.get("/openapi.json").json())

    found = {finding["field"] for finding in call(tab, "rules.js", "check", schema, values)}

    # A name of the row itself makes every row invalid, so that nothing is written, whatever the rest is.
    refused = stack.http.post("/empleados", json={**values, "id": 1})
    assert found == {error["campo"] for error in refused.json()["errores"]} - {"id"}


# ---- the texts


def test_both_languages_say_the_same_things(tab: Page) -> None:
    texts = tab.evaluate(
        """async () => {
          const folder = document.querySelector('script[src]').src.replace(/[^/]*$/, '');
          return (await import(folder + 'texts.js')).TEXTS;
        }"""
    )

    assert texts["es"].keys() == texts["en"].keys()
    for key, spanish in texts["es"].items():
        english = texts["en"][key]
        assert type(spanish) is type(english), key
        assert set(re.findall(r"\{\w+\}", str(spanish))) == set(re.findall(r"\{\w+\}", str(english))), key
