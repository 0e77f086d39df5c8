"""What people read: every link leads somewhere, and the READMEs stay short and alike."""

import re
from pathlib import Path

import pytest

import crud_app.app
import email_app.app
from chalice_frontdoor import ANYBODY
from contract.roles import ADMIN, LECTOR, RRHH

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("libs/*/*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
MAX_README_LINES = 150


def anchors_of(document):
    """The anchors that GitHub gives a document's headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document):
    broken = []
    for link in LINK.findall(document.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (target.suffix == ".md" and anchor and anchor not in anchors_of(target)):
            broken.append(link)

    assert broken == []


def test_the_tour_names_code_that_exists():
    """A step of the tour links a file and names something in it: ``[`create_empleado`](../crud_app/app.py)``."""
    tour = ROOT / "docs" / "tour.md"
    steps = re.findall(r"\[`([\w.]+)`\]\(([^)#]+)\)", tour.read_text("utf-8"))

    missing = [name for name, path in steps if name.rpartition(".")[2] not in (tour.parent / path).read_text("utf-8")]

    assert len(steps) >= 15
    assert missing == []


def test_each_attack_of_the_security_document_is_shown_by_a_test_that_exists():
    table = (ROOT / "docs" / "security.md").read_text("utf-8").partition("| tried | answer |")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    shown = [re.findall(r"`((?:tests|libs|infra)/[^`]+)`", line) for line in rows]

    named = [name.partition("::") for names in shown for name in names]
    missing = [name for path, _, name in named if f"def {name}(" not in (ROOT / path).read_text("utf-8") and name]

    assert len(rows) >= 45
    assert [row for row, names in zip(rows, shown, strict=True) if not names and "the same" not in row] == []
    assert missing == []


def test_each_role_may_do_what_the_security_document_says():
    matrix = (ROOT / "docs" / "security.md").read_text("utf-8").partition("## Roles")[2].partition("\n## ")[0]
    found = {
        (method, path): cells.replace("|", " ").split()
        for method, path, cells in re.findall(r"^\| `(\S+) (\S+)` \|(.+)\|$", matrix, re.MULTILINE)
    }
    # Not signed in, without a role, and each role.
    cells = {
        ANYBODY: ["✓", "✓", "✓", "✓", "✓"],
        LECTOR: ["401", "403", "✓", "✓", "✓"],
        RRHH: ["401", "403", "403", "✓", "✓"],
        ADMIN: ["401", "403", "403", "403", "✓"],
    }

    assert found == {route: cells[role] for route, role in (crud_app.app.RULES | email_app.app.RULES).items()}


def test_the_readmes_are_short_and_show_the_same_commands():
    english, spanish = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.es.md"))

    assert english.count("\n") <= MAX_README_LINES >= spanish.count("\n")
    commands = [re.findall(r"^\$ (\S+ \S+ \S+)", text, re.MULTILINE) for text in (english, spanish)]
    assert commands[0] == commands[1]
