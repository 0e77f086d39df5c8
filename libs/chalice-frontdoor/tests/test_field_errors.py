"""Invalid input is one problem with every broken rule."""

from __future__ import annotations

from chalice_frontdoor import FieldError, InvalidInput, Problem
from chalice_frontdoor.testing.client import Client
from sample_app import app_that_raises

ERRORS = [
    FieldError("name", "required", {"es": "Es obligatorio.", "en": "It is required."}),
    FieldError("", "type", "It must be an object."),
]


def test_the_problem_lists_every_error_in_the_clients_language():
    answer = Client(app_that_raises(InvalidInput(ERRORS))).get("/vista", headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["type"]) == (422, "urn:frontdoor:invalid-input")
    assert answer.json()["errors"] == [
        {"field": "name", "rule": "required", "message": "It is required."},
        {"field": "", "rule": "type", "message": "It must be an object."},
    ]


def test_an_app_can_word_it_in_its_own_way():
    app = app_that_raises(InvalidInput(ERRORS))
    app.register_problems({InvalidInput: lambda error: Problem(400, errores=len(error.errors))})
    answer = Client(app).get("/vista")
    assert (answer.status, answer.json()["errores"]) == (400, 2)


def test_the_exception_says_what_is_wrong_without_the_messages():
    assert str(InvalidInput(iter(ERRORS))) == "name: required, : type"
