"""The files of HR departments: what the import makes of them, and that it reads what the export writes."""

import base64
import datetime as dt
import io
import re
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.browser.modules import TEXT, TODAY, call, call_each

HEADINGS = "nombre;email;posicion;salario;fecha_contratacion"
ANA = "Ana Pérez;ana@example.com;Analista;5000,50;2020-01-31"
NAMES = HEADINGS.split(";")
CELL = st.one_of(TEXT, st.text(alphabet="\"';|,=+-@\t\r\n a1é", max_size=8))
# A file as the page reads it, with what the person decides; `questions` are the columns and fields asked about.
READ = """async ([content, choice]) => {
  const page = await load('import_file.js');
  const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
  try {
    const source = await page.openSource(new File([bytes], 'file'));
    const proposed = await page.proposePlan(source, choice);
    const plan = { ...(choice.targets ? page.withTargets(proposed, choice.targets) : proposed), ...choice };
    const questions = [...page.unusedColumns(plan), ...page.missingFields(plan).map(({ name }) => name)];
    const { sheets } = plan;
    const rows = page.readRows(plan);
    return { encodings: source.encodings, sheets, questions, isOpen: page.isOpen(plan), rows };
  } catch (error) { if (error.rule) return { rule: error.rule, ...error.values }; throw error; }
}"""


@pytest.fixture(scope="module")
def read(tab):
    """Reads a file, given as text or bytes."""

    def read_file(content, **choice):
        encoded = base64.b64encode(content.encode() if isinstance(content, str) else content).decode()
        return tab.evaluate(READ, [encoded, choice])

    return read_file


def lines(*rows, headings=HEADINGS, end="\r\n"):
    return end.join([headings, *rows, ""])


def row(nombre="Ana Pérez", email="ana@example.com", posicion="Analista", salario=5000.5, fecha="2020-01-31"):
    """The values of a row, or with a text as ``salario`` or ``fecha`` what stands in the file."""
    return f"{nombre};{email};{posicion};{salario};{fecha}"


def column(name, values):
    """A file with these texts in a column, and its rows with these values."""
    people = [(f"p{n}@example.com", *pair) for n, pair in enumerate(values.items())]
    return (
        lines(*(row(email=email, **{name: text}) for email, text, _ in people)),
        [row(email=email, **{name: value}) for email, _, value in people],
    )


def outcome(found):
    """The rows as a file of one form; of wrong ones what is wrong."""
    return found.get("rule") or [
        " ".join(f"{each['field']}:{each['rule']}" for each in one["findings"])
        or row(*(one["values"].get(name, "") for name in NAMES))
        for one in found["rows"]
    ]


JOSE = row("José", "jose@example.com")
DAMAGED = lines(row(), JOSE, "Luis?;luis@example.com;B;2;2020-01-01").encode().replace(b"?", b"\x96")
FILES = {
    "byte order mark": (lines(ANA).encode("utf-8-sig"), [row()]),
    "unix line ends": (lines(ANA, end="\n"), [row()]),
    "old Mac line ends": (lines(ANA, end="\r"), [row()]),
    "Windows": (lines(ANA).encode("windows-1252"), [row()]),
    "UTF-16": (lines(ANA).encode("utf-16"), [row()]),
    "UTF-16 without its mark": (lines(ANA).encode("utf-16-be"), [row()]),
    "MacRoman": (lines(row("Núñez")).encode("mac-roman"), [row("Núñez")]),
    "MS-DOS": (lines(row("Ñaño")).encode("cp850"), [row("Ñaño")]),
    "one damaged byte": (DAMAGED, [row(), JOSE, row("Luis\ufffd", "luis@example.com", "B", 2, "2020-01-01")]),
    "tabs": (lines(ANA).replace(";", "\t"), [row()]),
    "bars": (lines(ANA).replace(";", "|"), [row()]),
    "commas, quotes, another order, no line end": (
        'email,"nombre",posicion,salario,fecha_contratacion\nana@example.com,"Ana Pérez",Analista,"5000,50",2020-01-31',
        [row()],
    ),
    "sep=": ("sep=;\r\n" + lines(ANA), [row()]),
    "title rows": ("Plantilla 2026;;;;\r\n;;;;\r\nEmpresa;X;;;\r\n" + lines(ANA), [row()]),
    "trailing empty cells": (lines(ANA + ";;;", headings=HEADINGS + ";;"), [row()]),
    "more cells than headings": (lines(ANA + ";y más"), [":file.cellsTooMany"]),
    "0x1A at the end": (lines(ANA) + "\x1a", [row()]),
    "0x1A in lines of its own": (lines(ANA) + "\x1a\x1a\r\n\r\n", [row()]),
    "0x1A twice and more after it": (lines(row("A\x1a \x1aB"), JOSE), [row("A\x1a \x1aB"), JOSE]),
    "surnames": (
        lines("Ana;Pérez" + ANA[9:], headings="Nombre;Apellidos;Correo;Puesto;Salario;Fecha de alta"),
        [row()],
    ),
    "surnames first": (lines("Pérez, Ana" + ANA[9:], headings="Apellidos, nombre" + HEADINGS[6:]), [row()]),
    "headings as people write them": (
        lines(ANA, headings='Nombre y apellidos;Email Address;Puesto*;Salario (€);"Fecha\nde alta\u200b"'),
        [row()],
    ),
    "English headings": (lines(ANA, headings="Full name;E-mail;Job title;Salary;Hire date"), [row()]),
    "a column of ours that needs no question": (lines(f"{ANA};9;x", headings=HEADINGS + ";linea;error"), [row()]),
    "wrapped cells": (lines(row('="Ana Pérez"', salario="'5000,50")), [row()]),
    "a formula that calls out": (lines(row('=WEBSERVICE("http://x.example")')), ["nombre:cell.formula"]),
    "text that an export guards": (lines(row("'=Ana")), [row("=Ana")]),
    "amounts": column("salario", {"1.500,00 €": 1500, "1500€": 1500, "1.500": 1500, "2,5": 2.5}),
    "American amounts": column("salario", {"$1,500.00": 1500, "1,500": 1500}),
    "American days": column(
        "fecha", {"12/31/2025": "2025-12-31", "03/04/2025": "2025-03-04", "01/15/2025": "2025-01-15"}
    ),
    "the year 25": (lines(row(fecha="1/1/0025")), [row(fecha="1/1/0025")]),
    "no day": (lines(row(fecha="")), [row(fecha=TODAY)]),
    "an address twice": (lines(row(), row(email="ANA@example.com")), [row(), row()]),
    "what makes no sense": ((wrong := lines("Sin Correo;nada;;mucho;2020-02-30")), wrong.splitlines()[1:]),
    "nothing": (b"", "file.empty"),
    "white space": (b"\xef\xbb\xbf \r\n", "file.empty"),
    "an image": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "file.binary"),
    "a PDF": (b"%PDF-1.7", "file.binary"),
    "an old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file.oldExcel"),
    "half a workbook": (b"PK\x03\x04\x14\x00\x06\x00", "file.damaged"),
    "headings only": (HEADINGS, "file.noRows"),
    "an open quote": (lines('"Ana;x'), "file.openQuote"),
    "too many rows": (lines(*(row(email=f"p{n}@example.com") for n in range(10_001))), "file.rows"),
    "a million columns": (";".join(["a"] * 1_000_000) + "\r\n1;2", "file.columns"),
}


def test_lines_are_numbered_as_in_the_file_and_sheets_named_as_in_the_workbook(read):
    found = read("Título;\r\n\r\n" + lines(row('"Ana\r\nPérez"'), "", row(posicion="")))
    assert [each["line"] for each in found["rows"]] == [4, 7]
    assert read(workbook(sheets=("Enero", "Febrero")))["sheets"] == ["Enero", "Febrero"]


def test_what_a_file_does_not_say_is_asked(read):
    """Columns by their place, fields by their name; `isOpen` until the person answered what is left open."""
    questions = {
        lines(ANA): ([], False),
        lines(ANA + ";x", headings=HEADINGS + ";Notas"): ([5], False),
        lines("Ana;ana@example.com;A;1", headings="nombre;email;posicion;salario"): (["fecha_contratacion"], False),
        lines("Ana;ana@example.com;1", headings="nombre;email;salario"): (["posicion", "fecha_contratacion"], True),
        lines(ANA, headings="a;b;c;d;e"): ([0, 1, 2, 3, 4, *NAMES], True),
        lines(row(fecha="03/04/2025")): ([], True),
        lines(row(fecha="05/05/2025")): ([], False),
        lines(row(fecha="31/12/2025"), row(fecha="12/31/2025")): ([], True),
        lines(row(salario="1.500,5"), row(salario="1,500.5")): ([], True),
        lines(ANA, headings="nombre;email;email;salario;fecha_contratacion"): ([2, "posicion"], True),
    }
    found = {content: read(content) for content in questions}
    assert {content: (each["questions"], each["isOpen"]) for content, each in found.items()} == questions


def test_what_the_person_decides_is_followed(read):
    content = lines(row(fecha="03/04/2025"))
    for order, day in {"mdy": "2025-03-04", "dmy": "2025-04-03"}.items():
        assert outcome(read(content, notations={"date": order, "money": "point"})) == [row(fecha=day)]
    mixed = lines(row(salario="1.500,5"), row(salario="1,500.5", email="b@example.com"))
    found = outcome(read(mixed, notations={"date": "dmy", "money": "point"}))
    assert found == ["salario:cell.notation", row(salario=1500.5, email="b@example.com")]
    assert outcome(read(lines(ANA).encode("mac-roman"), encoding="windows-1252")) == [row("Ana PŽrez")]
    assert outcome(read(lines(ANA, headings="a;b;c;d;e"), headingsAt=0, targets=NAMES)) == [row()]
    without = lines("Ana Pérez;ana@example.com;5000,5", headings="nombre;email;salario")
    assert outcome(read(without, fixed={"posicion": "Analista", "fecha_contratacion": "31/1/2020"})) == [row()]
    edited = read(
        lines(row(posicion="", fecha="ayer")), edits={"2": {"posicion": "Analista", "fecha_contratacion": "31/1/20"}}
    )
    assert outcome(edited) == [row()]


def test_an_encoding_is_asked_about_only_in_doubt(read, tab):
    table = {
        lines(ANA).encode(): ["utf-8"],
        lines("Ana;ana@example.com;A;1;").encode("cp850"): ["utf-8"],
        DAMAGED: ["utf-8", "macintosh", "windows-1252", "cp850"],
        lines(ANA).encode("windows-1252"): ["windows-1252", "macintosh", "cp850", "utf-8"],
    }
    for content, encodings in table.items():
        assert sorted(read(content)["encodings"]) == sorted(encodings)
        assert read(content)["encodings"][0] == encodings[0]
    damaged = lines(row("Núñez")).encode("mac-roman")
    [sample] = call(tab, "encodings.js", "compareEncodings", damaged, ["macintosh", "cp850", "utf-8"])
    assert (sample["line"], [text[:5] for text in sample["texts"]]) == (2, ["Núñez", "N£ûez", "N\ufffd\ufffdez"])


# ---- workbooks

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = "<row r='1'>" + "".join(f"<c t='inlineStr'><is><t>{name}</t></is></c>" for name in NAMES) + "</row>"
CELLS = {
    "A": '<c r="A3" t="s"><v>0</v></c>',
    "B": '<c r="B3" t="str"><f>A1</f><v>ana@example.com</v></c>',
    "C": '<c r="C3" t="inlineStr"><is><t>Analista</t></is></c>',
    "D": '<c r="D3"><v>5000.5</v></c>',
    "E": '<c r="E3" s="1"><v>43861</v></c>',
}
SHEET = f"{HEAD}<row r='3'>{''.join(CELLS.values())}</row>"
RELATIONS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'
STRINGS = f"<sst {MAIN}><si><r><t>Ana </t></r><r><t>P&#xE9;rez</t></r><rPh><t>x</t></rPh></si></sst>"
STYLES = f"""<styleSheet {MAIN}><numFmts><numFmt numFmtId="164" formatCode="[$-C0A]d\\ mmm&quot;.&quot;yy"/></numFmts>
<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>"""


def workbook(rows=SHEET, *, sheets=("Hoja",), hidden="", more=(), compression=zipfile.ZIP_DEFLATED):
    """A workbook of Excel's own form; ``hidden`` is the name of a hidden sheet before the others."""
    named = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId1"/>' for n, name in enumerate(sheets, 2))
    named = f'<sheet name="{hidden}" sheetId="1" state="hidden" r:id="rId9"/>{named}' if hidden else named
    parts = {
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="r"><workbookPr/><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": RELATIONS,
        "xl/sharedStrings.xml": STRINGS,
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
        **dict(more),
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, xml in parts.items():
            archive.writestr(name, xml)
    return file.getvalue()


def cell(column, content, kind="n"):
    """A workbook with this cell in its row of values."""
    cells = {**CELLS, column: f'<c r="{column}3" t="{kind}">{content}</c>'}
    return workbook(f"{HEAD}<row r='3'>{''.join(cells.values())}</row>")


WORKBOOKS = {
    "every kind of cell": (workbook(), [row()]),
    "not compressed": (workbook(compression=zipfile.ZIP_STORED), [row()]),
    "a hidden sheet first": (workbook(hidden="Listas"), [row()]),
    "a day as a bare number": (cell("E", "<v>43861</v>"), [row()]),
    "the noise of binary numbers": (cell("D", "<v>5000.499999999999996</v>"), [row()]),
    "Excel's escapes": (cell("C", "<is><t>A_x0026_B &#128512;</t></is>", "inlineStr"), [row(posicion="A&B 😀")]),
    "a formula without a value": (cell("D", '<f>WEBSERVICE("http://x.example")</f>'), ["salario:cell.formula"]),
    "a formula's error": (cell("D", "<f>1/0</f><v>#DIV/0!</v>", "e"), ["salario:cell.formula"]),
    "a third decimal": (cell("D", "<v>1234.567</v>"), [row(salario=1234.567)]),
    "a cell in the last column": (cell("XFD", "<v>1</v>"), "file.columns"),
    "more rows than may be": (workbook(HEAD + '<row><c r="A2"><v>1</v></c></row>' * 10_040), "file.rows"),
    "no rows": (workbook(""), "file.empty"),
    "a bomb": (workbook(more={"xl/worksheets/sheet1.xml": b"<x>" + b" " * (101 << 20)}.items()), "file.bomb"),
    "a bomb beside the sheets": (workbook(more={"xl/media/image1.png": b" " * (101 << 20)}.items()), [row()]),
    "no workbook": (workbook(more={"xl/workbook.xml": "<workbook/>"}.items()), "file.damaged"),
    "broken XML": (workbook(more={"xl/worksheets/sheet1.xml": "<a><b"}.items()), "file.damaged"),
}


def test_a_file_is_read_or_refused_with_a_reason(read, tab):
    files = FILES | WORKBOOKS
    found = {name: outcome(read(content)) for name, (content, _) in files.items()}
    assert found == {name: expected for name, (_, expected) in files.items()}
    too_big = {"name": "a.csv", "size": 50 << 20}
    changed = {"name": "a.csv", "size": 9}  # its bytes cannot be had
    refused = call_each(tab, "import_file.js", "openSource", [[too_big], [changed]])
    assert [each["rule"] for each in refused] == ["file.big", "file.changed"]


# ---- export and import again

PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(1, 10**9),
            "nombre": st.text("a ñÑ=+-@'\"_x0041;,|\\&<😀", min_size=1, max_size=12).filter(
                lambda name: name == name.strip() and "  " not in name
            ),
            "email": st.uuids().map(lambda each: f"{each.hex}@example.com"),
            "posicion": st.sampled_from(["Analista", "=1+1", '"Jefa"', "1.500", "03/04/2025"]),
            "salario": st.integers(0, 999_999_999).map(lambda cents: cents / 100),
            "fecha_contratacion": st.dates(min_value=dt.date(1900, 1, 1)).map(str),
        }
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda person: person["id"],
)
AGAIN = """async ([form, people]) => {
  const [{ renderTable }, { FIELDS }, page] = await Promise.all(['export.js', 'fields.js', 'import_file.js'].map(load));
  const columns = [{ name: 'id', kind: 'number' }, ...FIELDS];
  const content = await renderTable(form, columns, people.map(person => columns.map(({ name }) => person[name])));
  const source = await page.openSource(new File([content], 'file'));
  const plan = await page.proposePlan(source);
  return page.readRows(plan).map((row, at) => page.compareRow(row, { existente: people[at] }, people[at]).kind);
}"""


@given(form=st.sampled_from(["csv", "xlsx"]), people=PEOPLE)
def test_import_after_export_changes_nothing(tab, form, people):
    assert tab.evaluate(AGAIN, [form, people]) == ["unchanged"] * len(people)


def test_rows_are_compared_with_the_directory(tab):
    """By address and by number; another person's name is no change but a contradiction."""
    values = {"nombre": "Ana Pérez", "email": "ana@example.com", "posicion": "Analista", "salario": 1}
    ana = {"id": 7, "version": 3, **values}
    luis = {**ana, "id": 8, "nombre": "Luis Soler", "email": "luis@example.com"}
    free, taken = {"estado": 201}, {"estado": 409, "existente": ana}
    refused = {"estado": 422, "errores": [{"campo": "email", "mensaje": "no"}]}
    # What differs in the file, the server's answer, the row of the file's number, and what it is.
    table = [
        ({}, free, None, "new"),
        ({}, taken, None, "unchanged"),
        ({"posicion": "Jefa"}, taken, None, "changed posicion"),
        ({"nombre": "Ana Perez Gil"}, taken, None, "changed nombre"),
        ({"nombre": "Ana Soler"}, taken, None, "conflict nombre"),
        ({"email": "otra@example.com"}, free, ana, "changed email"),
        ({"email": "otra@example.com", "nombre": "Luis"}, free, ana, "conflict nombre email"),
        ({"nombre": "Ana Gil"}, taken, ana, "changed nombre"),
        ({}, taken, luis, "conflict nombre email"),
        ({}, refused, None, "wrong"),
    ]
    calls = [
        [{"given": list(values), "values": {**ana, **differing}, "findings": []}, answer, numbered]
        for differing, answer, numbered, _ in table
    ]
    found = call_each(tab, "import_file.js", "compareRow", calls)
    named = [" ".join([each["kind"], *(change["field"] for change in each.get("changes", []))]) for each in found]
    assert named == [kind for *_, kind in table]


def test_of_the_lines_with_one_address_or_number_the_first_that_can_be_imported_counts(tab):
    rows = [
        (2, None, "ana@example.com", "wrong"),
        (3, 7, "ana@example.com", "new"),
        (4, None, "ana@example.com", "new"),
        (5, 7, "luis@example.com", "changed"),
        (6, None, "luis@example.com", "new"),
    ]
    given = [
        {"line": line, "id": number, "values": {"email": email}, "kind": kind, "findings": []}
        for line, number, email, kind in rows
    ]

    found = call(tab, "import_file.js", "markRepeated", given)

    assert [each["kind"] for each in found] == ["wrong", "new", "wrong", "wrong", "new"]
    [of_address], [of_number] = found[2]["findings"], found[3]["findings"]
    assert of_address == {"field": "email", "rule": "file.duplicate", "line": 3}
    assert of_number == {"field": "", "rule": "file.duplicate", "line": 3}


# ---- CSV


@given(
    rows=st.lists(st.lists(CELL, min_size=2, max_size=5), min_size=1, max_size=6).filter(
        # JavaScript takes a byte order mark for white space, too.
        lambda rows: all(any(cell.replace("\ufeff", "").strip() for cell in row) for row in rows)
    ),
    separator=st.sampled_from(";,\t"),
)
@example(rows=[["'=1", "''+2"], ["\ufeffx", '"']], separator=";")
@example(rows=[["\x1a", "\x1a"], ["", "\x1a"]], separator="\t")
def test_written_csv_is_read_again(tab, rows, separator):
    headings = ["a", "b"]

    written = call(tab, "csv.js", "writeCsv", [headings, *rows], separator)
    read = call(tab, "csv.js", "readCsv", f"\ufeffsep={separator}\r\n{written.removeprefix(chr(0xFEFF))}", 100)

    if isinstance(read, dict):
        assert read["rule"] == "file.binary"
        assert any("\0" in cell for row in rows for cell in row)
    else:
        assert [record["cells"] for record in read] == [headings, *rows]


@given(cell=CELL)
@example(cell="=cmd|' /C calc'!A0")
@example(cell="\t=1")
@example(cell='Pérez, "=1+1" ,@SUM(A1);+1\n-1')
def test_no_cell_begins_like_a_formula_even_where_another_language_splits_it(tab, cell):
    written = call(tab, "csv.js", "writeCsv", [[cell]], ";").removeprefix("\ufeff").removesuffix("\r\n")

    for part in re.split("[;,|\t\r\n]", written):
        assert not re.match('"?[=+\\-@\uff1d\uff0b\uff0d\uff20]', part)
    assert not re.match('"?[\t\r\n]', written)


@given(content=st.binary(max_size=200))
@example(content=b"\xff\xfea\x00")
def test_any_bytes_are_read_or_a_known_problem(read, content):
    assert read(content).get("rule", "file.").startswith("file.")
