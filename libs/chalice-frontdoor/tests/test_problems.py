from __future__ import annotations

from typing import Any

import chalice
import pytest

from chalice_frontdoor import FrontDoor, Problem
from chalice_frontdoor.problems import reason_phrase
from chalice_frontdoor.testing.client import Answer, Client
from chalice_frontdoor.testing.events import DOORS
from sample_app import app_that_answers, app_that_raises, app_with, make_app

TAKEN = Problem(
    409,
    type="https://example.com/problemas/correo-repetido",
    title={"es": "Correo repetido", "en": "E-mail taken"},
    detail={"es": "Ya existe.", "en": "It exists."},
    headers={"Retry-After": 5},
    errores=[
        {"campo": "email", "regla": "único", "mensaje": {"es": "ya está en uso", "en": "is taken"}},
        ({"profundo": {"es": "sí", "en": "yes"}},),
    ],
    instance="/empleados/7",
)


def ask(error: Exception, language: str = "en") -> Answer:
    return Client(app_that_raises(error)).get("/vista", headers={"Accept-Language": language, "X-Request-Id": "abc"})


@pytest.mark.parametrize(
    ("language", "title", "detail", "message", "deep"),
    [
        ("en-GB", "E-mail taken", "It exists.", "is taken", "yes"),
        ("fr", "Correo repetido", "Ya existe.", "ya está en uso", "sí"),
    ],
)
def test_a_problem_is_written_in_the_clients_language(
    language: str,
    title: str,
    detail: str,
    message: str,
    deep: str,
) -> None:
    answer = ask(TAKEN, language)
    assert answer.status == 409
    assert answer.json() == {
        "type": "https://example.com/problemas/correo-repetido",
        "title": title,
        "status": 409,
        "detail": detail,
        "request_id": "abc",
        "errores": [{"campo": "email", "regla": "único", "mensaje": message}, [{"profundo": deep}]],
        "instance": "/empleados/7",
    }


def test_a_problem_says_its_language_and_that_it_depends_on_it() -> None:
    headers = ask(TAKEN).headers
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Content-Language"] == "en"
    assert headers["Vary"] == "Accept-Language"
    assert headers["Retry-After"] == "5"
    assert headers["X-Request-Id"] == "abc"


def test_the_title_is_the_statuss_own_unless_given() -> None:
    assert ask(Problem(404), "es").json() == {
        "type": "about:blank",
        "title": "No encontrado",
        "status": 404,
        "request_id": "abc",
    }


@pytest.mark.parametrize("status", [200, 304, 399, 600, 0, -1])
def test_a_problem_has_the_status_of_an_error(status: int) -> None:
    with pytest.raises(ValueError, match=f"400 to 599, not {status}"):
        Problem(status)


def test_an_extension_cannot_replace_a_member() -> None:
    assert ask(Problem(409, request_id="forged")).json()["request_id"] == "abc"


def test_a_mapping_that_is_not_all_languages_is_sent_as_it_is() -> None:
    value = {"es": "sí", "otro": "no"}
    assert ask(Problem(409, datos=value, vacio={})).json()["datos"] == value


def test_a_text_without_the_language_falls_back_to_one_that_it_has() -> None:
    assert ask(Problem(409, title={"es": "Solo español"}), "en").json()["title"] == "Solo español"
    assert ask(Problem(409, title={"de": "Nur Deutsch"}), "en").json()["title"] == "Nur Deutsch"


def test_an_app_of_another_language_has_titles_in_english() -> None:
    app = FrontDoor("sample", languages=("de",), configure_logs=False)
    assert Client(app).get("/").json()["title"] == "Not Found"


def test_an_app_needs_a_language() -> None:
    with pytest.raises(ValueError, match="at least one language"):
        FrontDoor("sample", languages=())


@pytest.mark.parametrize(
    ("status", "english"),
    [(201, "Created"), (299, "OK"), (399, "Multiple Choices"), (409, "Conflict"), (499, "Bad Request"),
     (599, "Internal Server Error")],
)  # fmt: skip
def test_an_unknown_status_has_the_phrase_of_its_class(status: int, english: str) -> None:
    assert reason_phrase(status) == english


class BaseError(Exception):
    pass


class NearError(BaseError):
    pass


class FarError(NearError):
    pass


def app_that_explains(error: Exception) -> FrontDoor:
    app = app_that_raises(error)
    app.register_problems({BaseError: Problem(400), NearError: lambda near: Problem(409, detail=str(near))})
    return app


@pytest.mark.parametrize(
    ("error", "status"),
    [(BaseError(), 400), (NearError("cerca"), 409), (FarError("lejos"), 409), (ValueError(), 500)],
)
def test_the_nearest_registered_base_class_explains_an_error(error: Exception, status: int) -> None:
    assert Client(app_that_explains(error)).get("/vista").status == status


def test_a_chalice_error_can_be_explained_too() -> None:
    app = app_that_raises(chalice.NotFoundError("empleado"))
    app.register_problems({chalice.NotFoundError: Problem(410)})
    assert Client(app).get("/vista").status == 410


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (chalice.BadRequestError("falta el nombre"), 400, "falta el nombre"),
        (chalice.NotFoundError("no está"), 404, "no está"),
        (chalice.TooManyRequestsError("despacio"), 429, "despacio"),
        (chalice.ChaliceViewError("interno"), 500, None),
        (chalice.app.ChaliceUnhandledError("interno"), 500, None),
        (RuntimeError("secreto"), 500, None),
    ],
)
def test_chalices_own_errors_are_problems_with_their_text(error: Exception, status: int, detail: str | None) -> None:
    answer = ask(error)
    assert answer.status == status
    assert answer.json().get("detail") == detail
    assert b"secreto" not in answer.body
    assert b"interno" not in answer.body


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nada", 404), ("PATCH", "/empleados", 405)])
def test_what_no_view_answers_is_a_problem(method: str, path: str, status: int) -> None:
    for door in DOORS:
        answer = Client(make_app(), door).request(method, path)
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_invalid_json_read_with_chalices_own_property_is_a_400() -> None:
    app = app_with(lambda: app.current_request.json_body, methods=["POST"])
    answer = Client(app).post("/vista", body="{", content_type="application/json")
    assert answer.status == 400


def test_an_answer_that_is_too_large_is_a_problem_that_an_app_can_explain() -> None:
    app = app_that_answers({"texto": "x" * 1_000_000})
    answer = Client(app, "alb_multi").get("/vista")
    assert answer.status == 500
    assert answer.json()["detail"] == "La respuesta es demasiado grande para enviarla."


def view_of(problem: Problem) -> Any:
    return problem.document("es", ("es",), "abc")


def test_the_members_stand_in_the_order_of_the_rfc() -> None:
    assert list(view_of(TAKEN)) == ["type", "title", "status", "detail", "request_id", "errores", "instance"]
