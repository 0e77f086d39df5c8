"""Which headers pass, in each direction, and which answers are compressed."""

import gzip
import json

from chalice.app import CaseInsensitiveMapping

from chalicelib.web.headers import MIN_COMPRESSED_BYTES, accepts_gzip, forwarded_headers
from tests.unit.bff_app.composition import DOORS, Answers, compose

ROWS = json.dumps([{"id": number, "nombre": "Ana Pérez"} for number in range(100)]).encode()
OWN_PAGE = {"Accept-Encoding": "gzip, br", "Sec-Fetch-Site": "same-origin"}


def forward(headers):
    return dict(forwarded_headers(CaseInsensitiveMapping(headers)))


def test_headers_are_forwarded_as_http_allows():
    forwarded = forward({"connection": "close, If-Match", "if-match": '"1"', "accept": "*/*"})
    assert forwarded == {"Accept": "*/*"}, "Connection names the other"
    assert forward({"if-match": "  "}) == {"If-Match": ""}, "without it a write would be unconditional"
    forwarded = forward({"user-agent": "\t Peña \t", "accept-language": "日本"})
    assert forwarded["User-Agent"].encode("latin-1") == "Peña".encode("latin-1")
    assert forwarded["Accept-Language"].encode("latin-1") == "日本".encode()


def test_a_list_is_compressed_for_our_own_page_behind_every_door_and_for_a_program():
    crud = Answers(ROWS, "Vary: Accept-Language", "Cache-Control: public, max-age=600")
    program = {"Accept-Encoding": "gzip", "Authorization": "Bearer x"}
    for door, headers in (*((door, OWN_PAGE) for door in DOORS), ("alb_multi", program)):
        answer = compose(crud, door=door).get("/empleados", headers=headers)
        assert answer.headers["Content-Encoding"] == "gzip", door
        assert gzip.decompress(answer.body) == ROWS
        assert answer.headers["Vary"] == "Accept-Language, Accept-Encoding"
        assert answer.headers.getlist("Cache-Control") == ["no-store"]


def test_other_answers_are_not_compressed():
    """The length of an answer that another site triggered would reveal something of its content (BREACH)."""
    foreign = [{"Accept-Encoding": "gzip", "Sec-Fetch-Site": site} for site in ("", "same-site", "cross-site")]
    plain = [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip;q=0"}]
    for body, header, status, asked in (
        *((ROWS, "X: 1", 200, headers) for headers in (*foreign, *plain, {"Accept-Encoding": "gzip"})),
        (ROWS, 'ETag: "7"', 200, OWN_PAGE),
        (ROWS, "Content-Encoding: br", 200, OWN_PAGE),
        (ROWS, "X: 1", 201, OWN_PAGE),
        (b" " * (MIN_COMPRESSED_BYTES - 1), "X: 1", 200, OWN_PAGE),
    ):
        answer = compose(Answers(body, header, status=status)).get("/empleados", headers=asked)
        assert answer.body == body, (header, status, asked)


def test_gzip_is_accepted_where_it_is_named_without_a_zero():
    for accepted in ("gzip", "deflate, GZIP;q=0.5", "br, gzip ; q=1.0"):
        assert accepts_gzip({"Accept-Encoding": accepted})
    for refused in ("gzip;q=0", "gzip;q=0.000, br", "br", "x-gzip-like", ""):
        assert not accepts_gzip({"Accept-Encoding": refused})
