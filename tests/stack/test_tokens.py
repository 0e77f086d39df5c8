"""Invalid tokens through the real doors: each is refused in the same way, and the answer does not say why.

The authorizer's own tests have every kind; here is one for each check. They are signed with the pool's own key, so that
a refusal can only be due to the one thing that is wrong with them.
"""

import time

import jwt

DOORS = {"BFF_PORT": "/empleados", "CRUD_PORT": "/empleados", "EMAIL_PORT": "/correos"}
REASONS = ("expire", "caduc", "signature", "firma", "issuer", "audience", "group", "grupo", "admin", "rrhh", "kid")


def forge(stack, **changes):
    """An administrator's token with these claims changed."""
    pool = stack.sign_in().pool
    key = (stack.state / "aws" / "cognito-pool-keys" / f"{pool}-access.pem").read_text()
    valid = stack.authorization("admin").removeprefix("Bearer ")
    claims = jwt.decode(valid, options={"verify_signature": False}) | changes
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": jwt.get_unverified_header(valid)["kid"]})


def ask(stack, token):
    """What the page's address and the APIs' own answer."""
    headers = {"Authorization": f"Bearer {token}"}
    return [stack.stranger.get(stack.address(port) + path, headers=headers) for port, path in DOORS.items()]


def test_anything_but_a_valid_access_token_is_refused(stack):
    valid = forge(stack)  # accepted: otherwise the refusals would prove nothing
    assert [answer.status_code for answer in ask(stack, valid)] == [200, 200, 200]
    refused = {
        "expired": forge(stack, exp=int(time.time()) - 1),
        "of another issuer": forge(stack, iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"),
        "for another client": forge(stack, client_id="otherclient"),
        "with another's signature": f"{forge(stack, username='x').rpartition('.')[0]}.{valid.rpartition('.')[2]}",
        "an id token": forge(stack, token_use="id"),
        "garbage": "garbage",
    }
    for what, token in refused.items():
        for answer in ask(stack, token):
            assert answer.status_code == 401, (what, answer.url)
            assert answer.headers["www-authenticate"].startswith("Bearer"), (what, answer.url)
            if answer.url.port == stack.ports["BFF_PORT"]:
                assert answer.headers["content-type"] == "application/problem+json", what
            text = f"{answer.text} {answer.headers}".lower()
            assert [word for word in (*REASONS, token.lower()) if word in text] == [], what


def test_a_persons_token_gains_nothing_by_a_programs_scope(stack):
    token = forge(stack, **{"cognito:groups": ["lector"], "scope": "openid directorio/admin"})
    assert [answer.status_code for answer in ask(stack, token)] == [200, 200, 403]
