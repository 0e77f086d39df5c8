"""Each route is described beside its view."""

import pytest

from chalice_frontdoor import ANYBODY, FrontDoor
from chalice_frontdoor.idempotency import describe_header
from chalice_frontdoor.openapi import describe, json_of, operation, ref
from chalice_frontdoor.testing.client import Client

RULES = {("GET", "/books/{id}"): "reader", ("PUT", "/books/{id}"): "writer", ("GET", "/health"): ANYBODY}


@pytest.fixture
def app():
    app = FrontDoor("books", configure_logs=False)
    done = {204: {"description": "Done."}}

    @app.route("/books/{id}", methods=["PUT"], name="change_book",
               spec=operation("Change", done, parameters=[describe_header(24)], body=ref("Book")))  # fmt: skip
    @app.route("/books/{id}", spec=operation("One book", {200: json_of(ref("Book"), "The book.")}, problems=(404,)))
    def find_book(id):  # noqa: A002
        return {"id": id}

    app.route("/health", spec=operation("Health", {200: json_of({"type": "object"}, "Well.")}, security=[]))(dict)
    app.route("/page")(dict)
    return app


def test_the_document_has_the_described_routes_in_their_order_with_their_roles_and_the_problems_that_follow(app):
    assert Client(app).get("/books/7").json() == {"id": "7"}
    known = {status: {} for status in ("400", "401", "403", "404", "409", "415", "503")}
    paths = describe(app, {}, {"responses": known}, rules=RULES, scheme="token")["paths"]
    assert [(path, list(item)) for path, item in paths.items()] == [
        ("/books/{id}", ["get", "put"]),
        ("/health", ["get"]),
    ]
    found, changed, health = paths["/books/{id}"]["get"], paths["/books/{id}"]["put"], paths["/health"]["get"]
    assert (found["operationId"], found["summary"]) == ("find_book", "One book")
    assert found["responses"]["404"] == {"$ref": "#/components/responses/404"}
    assert changed["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Book"}
    assert [each["name"] for each in changed["parameters"]] == ["id", "Idempotency-Key"]
    assert (found["security"], changed["security"]) == ([{"token": ["reader"]}], [{"token": ["writer"]}])
    assert health["security"] == []
    assert set(found["responses"]) == {"200", "401", "403", "404", "503"}
    assert set(changed["responses"]) == {"204", "400", "401", "403", "404", "415", "503"}, "422 is no component"
    assert set(health["responses"]) == {"200"}


def test_without_rules_an_operation_has_no_role_and_only_its_own_problems(app):
    document = describe(app, {"title": "Books", "version": "1"}, {"schemas": {}})
    found = document["paths"]["/books/{id}"]["get"]
    assert "security" not in found
    assert set(found["responses"]) == {"200", "404"}


def test_a_route_without_a_rule_cannot_be_described(app):
    with pytest.raises(KeyError):
        describe(app, {}, {}, rules={}, scheme="token")
