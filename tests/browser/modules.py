"""Calls functions of the page's modules in a tab, without the page."""

import base64

from hypothesis import strategies as st

from tests.support.stack import ROOT

PAGE = ROOT / "bff_app" / "chalicelib" / "web" / "page"
# On the clock of the tab.
TODAY = "2026-11-29"
# No lone surrogates: they are no text, and a file cannot hold them. No characters that Python's version of Unicode
# does not know: the browser's may.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cn"]))


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
          const { [name]: called } = await load(module);
          const decoded = value => value?.base64 === undefined
            ? value : Uint8Array.from(atob(value.base64), letter => letter.charCodeAt(0)).buffer;
          return Promise.all(calls.map(async parameters => {
            try { return await called(...parameters.map(decoded)); }
            catch (error) { if (error.rule) return { rule: error.rule, ...error.values }; throw error; }
          }));
        }""",
        [module, function, encoded],
    )


def check_table(tab, module, function, table):
    """Each list of arguments gives the value beside it."""
    found = call_each(tab, module, function, [arguments for arguments, _ in table])
    assert [(arguments, value) for (arguments, _), value in zip(table, found, strict=True)] == table
