"""The page's modules without the page: tables of input and output, in one tab."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from contract.text import clean
from tests.browser.modules import PAGE, TEXT, call, check_table
from tests.support.stack import ROOT

# ---- text and addresses


def test_what_people_type_is_cleaned_as_the_server_does(tab):
    cases = json.loads((ROOT / "tests" / "contracts" / "text.json").read_text("utf-8"))
    for function, name in (("cleanText", "lines"), ("cleanAddress", "addresses")):
        kept = [([sent], stored) for sent, stored in cases[name] if stored is not None]
        check_table(tab, "text.js", function, kept)
    shown = {"ana@xn--espaa-rta.es": "ana@españa.es", "a@xn--e1afmkfd.xn--p1ai": "a@пример.рф",
             "a@xn--r8jz45g.jp": "a@例え.jp", "a@xn--a.es": "a@xn--a.es", "a@xn--.es": "a@xn--.es"}  # fmt: skip
    check_table(tab, "text.js", "showAddress", [([address], text) for address, text in shown.items()])


@given(text=TEXT | st.text("a \t\u00a0\u0301\u034f\u200b\u200c\u200d\u0639\u00ad", max_size=8))
def test_a_text_is_cleaned_alike_in_the_page_and_on_the_server(tab, text):
    assert call(tab, "text.js", "cleanText", text) == clean(text)


# ---- amounts and dates


MONEY = {"name": "salario", "kind": "money"}
DATE = {"name": "fecha_contratacion", "kind": "date"}


def test_amounts_are_read_as_people_write_them(tab):
    amounts = {
        "5000,5": 5000.5,
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
        "EUR 1'500.5": 1500.5,
        "0.500": 0.5,
        "": None,
    }
    check_table(tab, "fields.js", "read", [([MONEY, text], value) for text, value in amounts.items()])


def test_dates_are_read_as_people_write_them(tab):
    dates = {
        "2026-11-24": "2026-11-24",
        "24/11/2026": "2026-11-24",
        "1.2.2026": "2026-02-01",
        "31/12/25": "2025-12-31",
        "1 3 99": "1999-03-01",
        "2025-12-31 00:00:00": "2025-12-31",
        "2025-12-31T09:30:00.000Z": "2025-12-31",
        "31-dic-2025": "2025-12-31",
        "31 de diciembre de 2025": "2025-12-31",
        "1 Jan 2025": "2025-01-01",
        "December 31st, 2025": "2025-12-31",
    }
    bad = ["ayer", "1/1/0025", "0025-01-01", "12 31 25", "31/02/2025", "2025-13-01", "31 foo 2025", "1/2/123"]
    dates |= {" ": None, **dict(zip(bad, bad, strict=True))}  # the server says that it is no date
    check_table(tab, "fields.js", "read", [([DATE, text], value) for text, value in dates.items()])


# ---- the modules themselves


def static_imports(name):
    """The modules that this one imports before it runs. A module rendered by the server imports none."""
    text = (PAGE / name).read_text("utf-8") if (PAGE / name).exists() else ""
    return set(re.findall(r"^import\s[^;]*?from '\./([\w.-]+)';", text, re.MULTILINE))


def test_texts_are_used_and_have_the_same_places_to_fill_in_both_languages(tab):
    texts = tab.evaluate("load('view_texts.js').then(({ TEXTS }) => TEXTS)")
    for key, both in texts.items():
        spanish, english = (set(re.findall(r"\{\w+\}", str(text))) for text in both)
        assert spanish == english, key
    source = "".join(path.read_text("utf-8") for path in PAGE.glob("*.js") if not path.name.endswith("texts.js"))
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
