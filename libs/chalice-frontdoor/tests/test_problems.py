"""Every error is one problem document, in the client's language."""

import chalice
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor import FieldError, FrontDoor, InvalidInput, Problem
from chalice_frontdoor.idempotency import HEADER, MALFORMED, MAX_LENGTH, KeyInFlight, KeyReused, read_key
from chalice_frontdoor.problems import reason_phrase
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import DOORS, HTTP_API_REQUEST_ID
from sample_app import act, app_that_raises, app_with

TAKEN = Problem(
    409,
    type="https://example.com/problemas/correo-repetido",
    title={"es": "Correo repetido", "en": "E-mail taken"},
    detail={"es": "Ya existe.", "en": "It exists."},
    headers={"Retry-After": 5},
    errores=[
        {"campo": "email", "mensaje": {"es": "ya está en uso", "en": "is taken"}},
        ({"profundo": {"es": "sí", "en": "yes"}},),
    ],
    instance="/empleados/7",
)


def ask(error, language="en"):
    return Client(app_that_raises(error)).get("/vista", headers={"Accept-Language": language})


@pytest.mark.parametrize(
    ("asked", "language", "texts"),
    [
        ("en-GB", "en", ["E-mail taken", "It exists.", "is taken", "yes"]),
        ("fr", "es", ["Correo repetido", "Ya existe.", "ya está en uso", "sí"]),
    ],
)
def test_a_problem_is_written_in_the_clients_language_and_in_the_order_of_the_rfc(asked, language, texts):
    answer = ask(TAKEN, asked)
    assert list(answer.json().items()) == [
        ("type", "https://example.com/problemas/correo-repetido"),
        ("title", texts[0]),
        ("status", 409),
        ("detail", texts[1]),
        ("request_id", HTTP_API_REQUEST_ID),
        ("errores", [{"campo": "email", "mensaje": texts[2]}, [{"profundo": texts[3]}]]),
        ("instance", "/empleados/7"),
    ]
    assert (answer.status, dict(answer.headers)) == (
        409,
        {"content-type": "application/problem+json", "content-language": language, "vary": "Accept-Language",
         "retry-after": "5", "x-request-id": HTTP_API_REQUEST_ID},
    )  # fmt: skip


def test_the_title_is_the_statuss_own_unless_given():
    expected = {"type": "about:blank", "title": "No encontrado", "status": 404, "request_id": HTTP_API_REQUEST_ID}
    assert ask(Problem(404), "es").json() == expected
    german = FrontDoor("sample", languages=("de",), problems=True, configure_logs=False)
    assert Client(german).get("/").json()["title"] == "Not Found"


def test_only_errors_are_problems_and_an_app_needs_a_language():
    for status in (200, 304, 399, 600, 0, -1):
        with pytest.raises(ValueError, match=f"400 to 599, not {status}"):
            Problem(status)
    with pytest.raises(ValueError, match="at least one language"):
        FrontDoor("sample", languages=())


def test_extensions_replace_no_member_and_only_languages_are_chosen():
    value = {"es": "sí", "otro": "no"}
    document = ask(Problem(409, request_id="forged", datos=value, vacio={})).json()
    assert (document["request_id"], document["datos"], document["vacio"]) == (HTTP_API_REQUEST_ID, value, {})
    for title, chosen in (({"de": "Deutsch", "es": "Español"}, "Español"), ({"de": "Deutsch"}, "Deutsch")):
        assert ask(Problem(409, title=title), "en").json()["title"] == chosen


def test_an_unknown_status_has_the_phrase_of_its_class():
    phrases = {201: "Created", 299: "OK", 399: "Multiple Choices", 409: "Conflict", 499: "Bad Request",
               599: "Internal Server Error"}  # fmt: skip
    assert {status: reason_phrase(status) for status in phrases} == phrases


def test_the_nearest_registered_base_class_explains_an_error():
    table = {
        OSError: Problem(400),
        ConnectionError: lambda near: Problem(409, detail=str(near)),
        chalice.NotFoundError: Problem(410),
    }
    errors = {OSError(): 400, ConnectionError("cerca"): 409, ConnectionResetError("lejos"): 409, ValueError(): 500,
              chalice.NotFoundError("empleado"): 410}  # fmt: skip
    for error, status in errors.items():
        app = app_that_raises(error)
        app.register_problems(table)
        assert Client(app).get("/vista").status == status


UNEXPECTED = {"Code": "InternalServerError", "Message": "An internal server error occurred."}


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (chalice.BadRequestError("falta el nombre"), 400, "falta el nombre"),
        (chalice.TooManyRequestsError("no"), 429, "no"), (chalice.ChaliceViewError("para ti"), 500, "para ti"),
        (chalice.app.ChaliceUnhandledError("interno"), 500, None), (RuntimeError("secreto"), 500, None),
    ],
)  # fmt: skip
def test_chalices_own_errors_are_problems_with_their_text_or_have_its_bodies(error, status, text):
    answer = ask(error)
    assert (answer.status, answer.json().get("detail")) == (status, text)
    assert text or str(error).encode() not in answer.body
    for door in DOORS:
        answer = Client(app_with(lambda: act(error), problems=False), door).get("/vista")
        assert answer.json() == ({"Code": type(error).__name__, "Message": text} if text else UNEXPECTED)
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json")


def test_without_problems_the_front_doors_own_errors_have_chalices_bodies_and_the_apps_are_problems():
    client = Client(app_with(lambda: {1}, problems=False))
    assert (client.get("/vista").status, client.get("/vista").json()) == (500, UNEXPECTED)
    refused = {"Code": "MethodNotAllowedError", "Message": "Unsupported method: PUT"}
    assert (client.put("/vista").status, client.put("/vista").json()) == (405, refused)
    for error in (Problem(409), KeyError("a")):
        app = app_with(lambda error=error: act(error), problems=False)
        app.register_problems({KeyError: Problem(409)})
        assert Client(app).get("/vista").json()["status"] == 409


def test_the_stack_is_sent_while_debug_is_on():
    for problems in (False, True):
        app = app_with(lambda: act(RuntimeError("broken")), problems=problems, debug=True)
        answer = Client(app).get("/vista")
        stack = answer.body.decode()
        assert (answer.status, answer.headers["Content-Type"]) == (500, "text/plain")
        assert stack.startswith("Traceback")
        assert "RuntimeError: broken" in stack
        app.debug = False
        assert b"RuntimeError" not in Client(app).get("/vista").body


def test_invalid_json_read_with_chalices_own_property_is_a_400():
    app = app_with(lambda: app.current_request.json_body)
    assert Client(app).post("/vista", body="{", content_type="application/json").status == 400


def test_invalid_input_lists_every_error_unless_the_app_words_it_differently():
    errors = [FieldError("name", "required", {"es": "Falta.", "en": "Missing."}), FieldError("", "type", "No object.")]
    app = app_that_raises(InvalidInput(iter(errors)))
    answer = Client(app).get("/vista", headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["type"]) == (422, "urn:frontdoor:invalid-input")
    assert answer.json()["errors"] == [
        {"field": "name", "rule": "required", "message": "Missing."},
        {"field": "", "rule": "type", "message": "No object."},
    ]
    app.register_problems({InvalidInput: lambda error: Problem(400, errores=str(error))})
    assert Client(app).get("/vista").json()["errores"] == "name: required, : type"


# ---- Idempotency-Key


def test_the_key_is_what_stands_in_the_quotes_and_a_plain_word_needs_none():
    app = app_with(lambda: {"key": read_key(app.current_request.headers)})
    client = Client(app)
    for sent in ('"8e03978e-40d5"', "8e03978e-40d5"):
        assert client.post("/vista", headers={HEADER: sent}).json() == {"key": "8e03978e-40d5"}
    assert client.post("/vista").json() == {"key": None}


@pytest.mark.parametrize(
    "key",
    ["", '""', '"', '"a', 'a"', "a b", "a,b", '"a", "b"', '"a";p=1', '"a"b"', '"\\a"', '"a\\"', "á", '"á"', '"a\tb"',
     "a" * (MAX_LENGTH + 1), '"' + "a" * (MAX_LENGTH + 1) + '"'],
)  # fmt: skip
def test_what_is_not_a_key_is_refused(key):
    with pytest.raises(Problem) as refusal:
        read_key({HEADER: key})
    assert (refusal.value.status, refusal.value.type) == (400, MALFORMED)


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=MAX_LENGTH))
def test_every_text_of_ascii_can_be_a_key(key):
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert read_key({HEADER: quoted}) == key


def test_the_drafts_other_errors():
    assert (KeyInFlight().status, KeyInFlight().headers) == (409, {"Retry-After": "1"})
    assert KeyReused().status == 422
