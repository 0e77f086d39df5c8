"""Attacks on the running system: each is refused, reveals nothing useful, and is counted.

Invalid tokens are in test_tokens.py; docs/security.md has the whole list.
"""

from __future__ import annotations

from typing import Any

import pytest

EVIL = "evil.example"
# All members that a problem document may have.
MEMBERS = {"type", "title", "status", "detail", "request_id", "errores"}


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
COOKIE = "__Host-acceso=%"
CROSS_SITE, SAME_ORIGIN = {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}
# The status and the reason, and the request. A percent sign stands for a valid token. The variants are in the tests of
# bff_app; here is one for each check.
ATTEMPTS = {
    "no token": (401, "not_signed_in", "GET /empleados", {"X-Forwarded-For": "127.0.0.1, 10.0.0.1"}),
    "two cookies of one name": (400, "invalid_cookie", "GET /empleados", {"Cookie": f"{COOKIE}; {COOKIE}"}),
    "a cookie that is no token": (401, "invalid_token", "GET /empleados", {"Cookie": "__Host-acceso=abc"}),
    "another origin's form": (
        *(403, "cross_site", "POST /empleados"), {**FORM, "Cookie": COOKIE, "Origin": f"https://{EVIL}"}
    ),
    "another site ends the session": (403, "cross_site", "POST /sesion/salir?todas=1", CROSS_SITE),
    "a return to another host": (422, "foreign_return_address", f"GET /sesion/entrar?volver=/%5C{EVIL}/", {}),
    "a sign-in that was never begun": (400, "unknown_state", "GET /sesion/vuelta?code=a&state=b", {}),
    "a renewal that was never given": (
        *(401, "session_over", "POST /sesion/renovar"), {"Cookie": "__Host-renovacion=abc", **SAME_ORIGIN}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def token(stack):
    return stack.authorization("admin").removeprefix("Bearer ")


def test_a_forbidden_request_is_refused_and_counted(stack, token):
    for name, (status, reason, request, headers) in ATTEMPTS.items():
        method, target = request.split()
        body = "nombre=Ajena" if "Content-Type" in headers else None
        sent = {key: value.replace("%", token) for key, value in headers.items()}

        answer = stack.stranger.request(method, target, headers=sent, content=body)

        problem = expect_problem(answer, status)
        assert "location" not in answer.headers, name
        assert EVIL not in answer.text, name
        assert token not in answer.text, name
        # infra/metrics.tf counts the field `refusal` of this line.
        counted = f"refused ({reason}): {method} {target.partition('?')[0]} {problem['request_id']}"
        stack.wait_for(counted, lambda counted=counted: counted in stack.log.read_text(errors="replace"))


def expect_problem(answer, status):
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json()
    assert problem.keys() <= MEMBERS
    return problem


def test_no_header_replaces_a_token(stack):
    forged = dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"), "127.0.0.1")
    for port in ("BFF_PORT", "CRUD_PORT", "EMAIL_PORT"):
        assert stack.stranger.get(f"{stack.address(port)}/empleados", headers=forged).status_code == 401, port


TRICKS = [
    f"//{EVIL}/empleados",
    f"/@{EVIL}/empleados",
    f"/empleados/%2F%2F{EVIL}",
    "/empleados/%2e%2e/cola",
    "/empleados/1/../../cola",
    f"/static/..%2F..%2Fapp.py/{EVIL}",
    "/empleados/1%3Fa=b/eventos",
]


def test_no_path_reaches_another_host_or_another_route(stack):
    for target in TRICKS:
        answer = ask_as_it_is(stack, target)

        expect_problem(answer, 404)
        assert EVIL not in answer.text, target


def test_an_absolute_request_target_is_answered_by_this_server(stack):
    """RFC 9112, 3.2.2: the host in the target must not choose the upstream."""
    answer = ask_as_it_is(stack, f"http://{EVIL}/health")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {"estado": "ok"}


def test_every_port_refuses_another_host(stack):
    """DNS rebinding: a web site whose name leads to this machine."""
    inbox = stack.variable("INBOX_URL")
    for door in (stack.url, *(f"http://127.0.0.1:{port}" for port in stack.ports.values()), inbox):
        answer = stack.stranger.get(door, headers={"Host": EVIL})
        assert answer.status_code == 403, door


def ask_as_it_is(stack, target):
    """Send ``target`` unnormalised, with an administrator's token."""
    return stack.http.get("/", extensions={"target": target.encode()})
