"""The page's files: what a browser gets, how long it may keep it, and how much it is."""

import gzip
import re

import pytest

from chalice_frontdoor import Problem
from chalicelib.web.bootstrap import PAGE_FOLDER, page
from chalicelib.web.pages import Page
from chalicelib.web.settings import PageSettings, read_page_settings
from tests.unit.bff_app.composition import DOORS, through

# The module that is made from the declaration of the fields, and is no file.
DECLARATION = "declaration.js"
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def get(path, door="alb_multi", **headers):
    return through(door).get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def addresses_in(document):
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', document.decode())


def test_the_document_and_its_files_come_through_every_door():
    for door in DOORS:
        document = get("/", door)
        assert (document.status, document.headers["content-type"]) == (200, "text/html; charset=utf-8")
        for address in addresses_in(document.body):
            answer = get(address, door)
            assert answer.status == 200, (door, address)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_policy_allows_our_own_files_only_and_the_document_has_nothing_inline():
    answer = get("/")
    policy, document = answer.headers["content-security-policy"], answer.body.decode()
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not re.search("unsafe|http", policy)
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|style=", document)


def test_the_document_is_revalidated_at_each_visit_and_sent_when_it_changed():
    first = get("/")
    again = get("/", If_None_Match=first.headers["etag"])
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert get("/", If_None_Match='W/"0123456789abcdef"').status == 200


def test_the_document_preloads_the_modules_of_the_first_view():
    document = get("/").body.decode()
    preloaded = set(re.findall(r'rel="modulepreload" href="/static/\w+/([\w.]+)"', document))
    needed = {"main.js", "rows.js"}
    for _ in range(10):
        source = "\n".join((PAGE_FOLDER / name).read_text() for name in needed - {DECLARATION})
        needed |= set(re.findall(r"^import [^;]*? from '\./([\w.]+)';", source, re.MULTILINE))
    assert preloaded == needed
    assert "form.js" not in preloaded


def test_files_are_compressed_for_browsers_that_accept_it():
    address = next(address for address in addresses_in(get("/").body) if address.endswith("texts.js"))
    plain, compressed = get(address), get(address, **GZIP)
    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed.body) == plain.body
    assert plain.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"


def test_the_whole_page_is_less_than_120_kb_compressed():
    """But for what only those fetch who open or write a workbook."""
    page = Page(PAGE_FOLDER, read_page_settings({}))
    of_workbooks = {"xlsx_read.js", "xlsx_write.js", "fflate.js", "saxen.js"}
    files = [path.name for path in PAGE_FOLDER.iterdir() if path.name not in {"index.html", *of_workbooks}]
    sizes = [len(page.file(page.version, name, GZIP).body) for name in files]
    assert sum(sizes) + len(page.document(GZIP).body) < 120_000


def test_other_files_and_versions_are_not_found():
    version = addresses_in(get("/").body)[0].split("/")[2]
    others = [f"{version}/{name}" for name in ("index.html", "nothing.js", "..%2Fpages.py", "%2Fetc%2Fpasswd")]
    for path in (*others, "0123456789abcdef/main.js"):
        answer = get(f"/static/{path}")
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json"), path
        assert answer.headers["cache-control"] == "no-store"


def test_a_browser_gets_the_page_for_an_address_without_a_route_and_a_program_a_problem():
    found = get("/empleado/7", Accept="text/html,*/*")
    assert (found.status, found.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert get("/empleado/7", Accept="text/html", If_None_Match=found.headers["etag"]).body == found.body
    for path, accepted in {"/empleado/7": "*/*", "/static/x/main.js": "text/html"}.items():
        answer = get(path, Accept=accepted)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")


def a_page(folder, *, script="", inbox_url=""):
    (folder / "index.html").write_text('<meta content="$inbox"><script src="$static/main.js"></script>$preloads')
    for name in ("main.js", "rows.js", "session.js"):
        (folder / name).write_text(script)
    return Page(folder, PageSettings(inbox_url, "EUR", "year"))


def test_a_change_of_any_file_is_a_new_version_and_a_new_document(tmp_path):
    before, after = a_page(tmp_path, script="1"), a_page(tmp_path, script="2")
    assert before.version != after.version
    assert before.document({}).headers["ETag"] != after.document({}).headers["ETag"]
    with pytest.raises(Problem):
        after.file(before.version, "main.js", {})


def test_the_address_of_the_inbox_is_that_of_the_environment_and_stays_in_its_attribute(tmp_path, monkeypatch):
    document = a_page(tmp_path, inbox_url='http://localhost/"><script>').document({})
    assert b"&quot;&gt;&lt;script&gt;" in document.body
    with monkeypatch.context() as patch:
        patch.setenv("INBOX_URL", "http://localhost:8003/")
        patch.setattr(page, "_made", None)  # that of the other tests comes back
        assert b'content="http://localhost:8003/"' in page().document({}).body
