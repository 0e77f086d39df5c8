"""The page's modules without the page: tables of input and output, in one tab."""

import base64
import json
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contract.text import clean
from tests.support.stack import ROOT

PAGE = ROOT / "bff_app" / "chalicelib" / "web" / "page"
# One tab serves all examples: they share nothing but the module.
PROPERTY = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# No lone surrogates: they are no text, and a file cannot hold them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
CELL = st.one_of(TEXT, st.text(alphabet="\"';,=+-@\t\r\n a1é", max_size=8))
HEADINGS = "nombre;email;posicion;salario;fecha_contratacion"
ANA = "Ana Pérez;ana@example.com;Analista;5000,50;2020-01-31"


@pytest.fixture(scope="module")
def tab(stack, chromium):
    """A tab of the page's own origin, from which its modules can be imported."""
    context = chromium.new_context(locale="es-ES")
    page = context.new_page()
    page.goto(stack.url)
    yield page
    context.close()


@pytest.fixture(scope="module")
def schema(tab, stack):
    """The schema of a new employee, as the page takes it from the API's description."""
    return call(tab, "rules.js", "creationSchema", stack.http.get("/openapi.json").json())


def call(tab, module, function, *arguments):
    """Call a function of a module once."""
    [result] = call_each(tab, module, function, [arguments])
    return result


def call_each(tab, module, function, calls):
    """Call a function of a module with each list of arguments.

    Bytes arrive as an ArrayBuffer. An exception with a ``rule`` is a result: ``{"rule": …}``.
    """
    encoded = [[{"base64": base64.b64encode(a).decode()} if isinstance(a, bytes) else a for a in c] for c in calls]
    return tab.evaluate(
        """async ([module, name, calls]) => {
          const folder = document.querySelector('script[src]').src.replace(/[^/]*$/, '');
          const { [name]: called } = await import(folder + module);
          const decoded = value => value?.base64 === undefined
            ? value : Uint8Array.from(atob(value.base64), letter => letter.charCodeAt(0)).buffer;
          return calls.map(parameters => {
            try { return called(...parameters.map(decoded)); }
            catch (error) { if (error.rule) return { rule: error.rule }; throw error; }
          });
        }""",
        [module, function, encoded],
    )


def check_table(tab, module, function, table):
    """Each list of arguments gives the value beside it."""
    found = call_each(tab, module, function, [arguments for arguments, _ in table])
    assert [(arguments, value) for (arguments, _), value in zip(table, found, strict=True)] == table


# ---- CSV


@PROPERTY
@given(
    rows=st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=6).filter(
        lambda rows: all(any(cell.strip() for cell in row) for row in rows)
    ),
    separator=st.sampled_from(";,\t"),
)
@example(rows=[["'=1", "''+2"], ["\ufeffx", '"']], separator=";")
def test_written_csv_is_read_again(tab, rows, separator):
    headings = ["a", "b"]

    written = call(tab, "csv.js", "writeCsv", [headings, *rows], separator)
    read = call(tab, "csv.js", "readCsv", written, 100)

    assert [record["cells"] for record in read["records"]] == [headings, *rows]


@PROPERTY
@given(cell=CELL)
@example(cell="=cmd|' /C calc'!A0")
@example(cell="\t=1")
def test_no_cell_begins_like_a_formula(tab, cell):
    written = call(tab, "csv.js", "writeCsv", [[cell]], ";").removeprefix("\ufeff")

    assert not re.match('"?[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]', written.removesuffix("\r\n") or "x")


@PROPERTY
@given(content=st.binary(max_size=200))
@example(content=b"\xff\xfea\x00")
def test_any_bytes_are_text_or_a_known_problem(tab, content):
    decoded = call(tab, "csv.js", "decode", content)

    if "rule" in decoded:
        assert decoded["rule"] in {"csv.empty", "csv.binary"}
    elif decoded["encoding"] == "utf-8":
        assert decoded["text"] == content.decode("utf-8-sig")


def test_csv_is_read_by_its_rules(tab):
    table = [
        ("a;b\r\n1;2", [(1, ["a", "b"]), (2, ["1", "2"])]),
        ("a,b\n\n\n1,2\n", [(1, ["a", "b"]), (4, ["1", "2"])]),
        ('a;b\n"x\ny";2\n3;4', [(1, ["a", "b"]), (2, ["x\ny", "2"]), (4, ["3", "4"])]),
        ('a;b\n"say ""hi""";', [(1, ["a", "b"]), (2, ['say "hi"', ""])]),
        ("a;b\n'=1;2", [(1, ["a", "b"]), (2, ["=1", "2"])]),
        ("a;b,c\n1;2,3", [(1, ["a", "b,c"]), (2, ["1", "2,3"])]),
    ]
    read = call_each(tab, "csv.js", "readCsv", [[content, 100] for content, _ in table])
    records = [[(record["line"], record["cells"]) for record in one["records"]] for one in read]
    assert records == [expected for _, expected in table]


# ---- text and addresses


def test_what_people_type_is_cleaned_as_the_server_does(tab, schema):
    """And what is refused there breaks the schema here."""
    cases = json.loads((ROOT / "tests" / "contracts" / "text.json").read_text("utf-8"))
    for function, name in (("cleanText", "lines"), ("cleanAddress", "addresses")):
        kept = [([sent], stored) for sent, stored in cases[name] if stored is not None]
        check_table(tab, "text.js", function, kept)
    refused = [{"email": sent} for sent, stored in cases["addresses"] if stored is None]
    refused += [{"nombre": sent} for sent, stored in cases["lines"] if stored is None and len(clean(sent)) != 11]
    for values in refused:
        sent = {name: call(tab, "text.js", "cleanText", text) for name, text in values.items()}
        assert set(values) <= {each["field"] for each in call(tab, "rules.js", "check", schema, sent)}, values
    shown = {"ana@xn--espaa-rta.es": "ana@españa.es", "a@xn--e1afmkfd.xn--p1ai": "a@пример.рф",
             "a@xn--r8jz45g.jp": "a@例え.jp", "a@xn--a.es": "a@xn--a.es", "a@xn--.es": "a@xn--.es"}  # fmt: skip
    check_table(tab, "text.js", "showAddress", [([address], text) for address, text in shown.items()])


@PROPERTY
@given(text=TEXT | st.text("a \t\u00a0\u0301\u034f\u200b\u200c\u200d\u0639\u00ad", max_size=8))
def test_a_text_is_cleaned_alike_in_the_page_and_on_the_server(tab, text):
    assert call(tab, "text.js", "cleanText", text) == clean(text)


# ---- amounts and dates


MONEY = {"name": "salario", "kind": "money"}
DATE = {"name": "fecha_contratacion", "kind": "date"}


def test_amounts_are_read_as_people_write_them(tab):
    amounts = {
        "5000": 5000,
        "5000,5": 5000.5,
        "5000.50": 5000.5,
        "5.000,50": 5000.5,
        "5,000.50": 5000.5,
        "1.234.567": 1234567,
        "1 234,5": 1234.5,
        "1\u00a0234\u202f567": 1234567,
        "-3": -3,
        "1,2345": 1.2345,
        "1e3": "1e3",
        "5.000.50": "5.000.50",
        "1,23,4": "1,23,4",
        "cinco": "cinco",
        "9" * 400: "9" * 400,
        "1.500,00 €": 1500,
        "1500€": 1500,
        "$1,500.00": 1500,
        "EUR 1'500.5": 1500.5,
        "1.500": 1500,
        "1,500": 1500,
        "0.500": 0.5,
        "": None,
    }
    check_table(tab, "fields.js", "read", [([MONEY, text], {"value": value}) for text, value in amounts.items()])


@PROPERTY
@given(cents=st.integers(min_value=0, max_value=999_999_999))
def test_an_amount_in_an_input_is_read_as_it_was(tab, cents):
    amount = cents / 100

    text = call(tab, "fields.js", "write", MONEY, amount)

    assert call(tab, "fields.js", "read", MONEY, text) == {"value": amount}


def test_dates_are_read_as_people_write_them(tab):
    dates = {
        "2026-11-24": "2026-11-24",
        "24/11/2026": "2026-11-24",
        "1.2.2026": "2026-02-01",
        "31-12-2026": "2026-12-31",
        "31/12/25": "2025-12-31",
        "1 3 99": "1999-03-01",
        "2025/12/31": "2025-12-31",
        "2025-12-31 00:00:00": "2025-12-31",
        "2025-12-31T09:30:00.000Z": "2025-12-31",
        "31-dic-2025": "2025-12-31",
        "31 de diciembre de 2025": "2025-12-31",
        "1 Jan 2025": "2025-01-01",
        "December 31st, 2025": "2025-12-31",
    }
    check_table(tab, "fields.js", "read", [([DATE, text], {"value": value}) for text, value in dates.items()])
    bad = ["ayer", "1/1/0025", "0025-01-01", "12 31 25", "31/02/2025", "2025-13-01", "31 foo 2025", "1/2/123"]
    check_table(tab, "fields.js", "read", [([DATE, text], {"problem": "rule.format.date"}) for text in bad])
    check_table(tab, "fields.js", "read", [([DATE, " "], {"value": None})])


# ---- files


def lines(*rows):
    return "\r\n".join([HEADINGS, *rows, ""])


def test_files_are_understood_as_spreadsheets_write_them(tab, schema):
    files = {
        "byte order mark": lines(ANA).encode("utf-8-sig"),
        "unix line ends": lines(ANA).replace("\r\n", "\n").encode(),
        "old mac line ends": lines(ANA).replace("\r\n", "\r").encode(),
        "windows encoding": lines(ANA).encode("windows-1252"),
        "commas, quotes, another order, no line end": (
            b'email,"nombre",posicion,salario,fecha_contratacion\n'
            b'ana@example.com,"Ana P\xc3\xa9rez",Analista,"5000,50",2020-01-31'
        ),
        "tabs": lines(ANA).replace(";", "\t").encode(),
        "english headings and an unused column": (
            b"Name;E-mail;Position;Salary;Hire date;Notes\n"
            b"Ana P\xc3\xa9rez;ana@example.com;Analista;5000.50;2020-01-31;x\n"
        ),
    }
    values = dict(
        zip(HEADINGS.split(";"), ["Ana Pérez", "ana@example.com", "Analista", 5000.5, "2020-01-31"], strict=True)
    )

    sheets = call_each(tab, "import_file.js", "readSheet", [[content, schema] for content in files.values()])

    found = {
        name: [(row["values"], row["findings"]) for row in sheet["rows"]]
        for name, sheet in zip(files, sheets, strict=True)
    }
    assert all(rows == [(values, [])] for rows in found.values()), found


def test_files_that_cannot_be_used_are_refused(tab, schema):
    check_table(
        tab,
        "import_file.js",
        "readSheet",
        [
            ([content, schema], {"rule": rule})
            for content, rule in [
                (b"", "csv.empty"),
                (b"\xef\xbb\xbf \r\n", "csv.empty"),
                (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "csv.binary"),
                (lines(ANA).encode("utf-16"), "csv.binary"),
                (b"PK\x03\x04\x14\x00\x06\x00", "csv.binary"),
                (b"hola;mundo\r\n1;2", "csv.columnsMissing"),
                (HEADINGS.encode(), "csv.noRows"),
                (f"{HEADINGS};correo\r\n{ANA};x".encode(), "csv.columnTwice"),
                (f'{HEADINGS}\r\n"Ana;x'.encode(), "csv.openQuote"),
                (lines(*(f"P;p{n}@example.com;A;1;2020-01-01" for n in range(10_001))).encode(), "csv.tooMany"),
                (b"x" * (20 * 1024 * 1024 + 1), "csv.tooBig"),
            ]
        ],
    )


def test_every_error_of_a_line_is_found(tab, schema):
    rows = {
        ANA: [],
        ";sin-nombre@example.com;Analista;1;2020-01-01": [("nombre", "rule.required")],
        "Sin Arroba;no es un correo;;1;2020-01-01": [("email", "rule.pattern.email"), ("posicion", "rule.required")],
        "Caro;caro@example.com;Analista;99999999;2020-01-01": [("salario", "rule.maximum")],
        "Texto;texto@example.com;Analista;mucho;2020-01-01": [("salario", "rule.type.number")],
        "Fecha;fecha@example.com;Analista;1;2020-02-30": [("fecha_contratacion", "rule.format.date")],
        "Ana Otra Vez;ANA@example.com;Analista;1;2020-01-01": [("email", "csv.duplicate")],
        f"{'x' * 10_000};larga@example.com;Analista;1;2020-01-01": [("nombre", "rule.pattern")],
        "Tres;tres@example.com;Analista;1,234567;2020-01-01": [("salario", "rule.multipleOf")],
        "Más;mas@example.com;Analista;1;2020-01-01;y más": [("", "csv.cellsTooMany")],
    }

    sheet = call(tab, "import_file.js", "readSheet", lines(*rows).encode(), schema)

    found = [[(finding["field"], finding["rule"]) for finding in row["findings"]] for row in sheet["rows"]]
    assert dict(zip(rows, found, strict=True)) == rows
    assert [row["line"] for row in sheet["rows"]] == list(range(2, 2 + len(rows)))


# ---- the rules, compared with the server's own


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


@settings(PROPERTY, max_examples=30)
@given(values=VALUES)
@example(values={"nombre": "a", "email": "a@b.c", "posicion": "p", "salario": 0.07})
@example(values={"nombre": "a", "email": "a@b.c", "posicion": "p", "salario": 9999999.99})
@example(values={"nombre": "a", "email": "a@b.c", "posicion": "p", "salario": 1.005})
def test_the_page_judges_a_row_as_the_server_does(tab, stack, schema, values):
    found = {finding["field"] for finding in call(tab, "rules.js", "check", schema, values)}

    # A read-only name makes every row invalid, so that nothing is written whatever the rest is.
    refused = stack.http.post("/empleados", json={**values, "id": 1})
    assert found == {error["campo"] for error in refused.json()["errores"]} - {"id"}


# ---- the modules themselves


def static_imports(name):
    """The modules that this one imports before it runs. A module rendered by the server imports none."""
    text = (PAGE / name).read_text("utf-8") if (PAGE / name).exists() else ""
    return set(re.findall(r"^import\s[^;]*?from '\./([\w.-]+)';", text, re.MULTILINE))


def test_texts_are_used_and_have_the_same_places_to_fill_in_both_languages(tab):
    texts = tab.evaluate(
        """async () => {
          const folder = document.querySelector('script[src]').src.replace(/[^/]*$/, '');
          return (await import(folder + 'texts.js')).TEXTS;
        }"""
    )
    for key, both in texts.items():
        spanish, english = (set(re.findall(r"\{\w+\}", str(text))) for text in both)
        assert spanish == english, key
    source = "".join(path.read_text("utf-8") for path in PAGE.glob("*.js") if path.name != "texts.js")
    named = set(re.findall(r"\bt\('([\w.]+)'", source))
    assert named - set(texts) == set()
    # Keys such as `mail.${state}` are composed.
    composed = re.findall(r"`(\w+\.[\w.]*(?:\$\{[^}`]*\}[\w.]*)+)`", source)
    pattern = "|".join(r"\w+".join(map(re.escape, re.split(r"\$\{[^}]*\}", found))) for found in composed)
    assert [key for key in texts if f"'{key}'" not in source and not re.fullmatch(pattern, key)] == []


def test_no_module_imports_one_that_imports_it():
    """Dynamic imports count too: they load later, but they depend all the same."""
    modules = {path.name: path.read_text("utf-8") for path in PAGE.glob("*.js")}
    imports = {
        name: set(re.findall(r"(?:from |import\()'\./([\w.-]+)'", text)) & modules.keys()
        for name, text in modules.items()
    }
    while free := {name for name, others in imports.items() if not others & imports.keys()}:
        imports = {name: others for name, others in imports.items() if name not in free}
    assert imports == {}
