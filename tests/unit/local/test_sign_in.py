"""The user pool of the laptop: what is in it, that it outlives a restart, and tokens of it."""

import base64
import hmac
import json
import re
import stat

import boto3
import jwt
import pytest
from botocore.exceptions import ClientError

from chalice_devserver.authorizer import JwtAuthorizer, RemoteKeys
from contract.roles import ROLES
from local.sign_in import SignIn, create_sign_in, known_passwords, new_password
from local.token import fetch_token, main

PAGE = "http://localhost:8000"


@pytest.fixture(scope="module")
def cognito(emulator):
    return boto3.client("cognito-idp", endpoint_url=emulator.endpoint)


@pytest.fixture(scope="module")
def sign_in(cognito, emulator):
    return create_sign_in(cognito, emulator.endpoint, [PAGE], {})


@pytest.fixture
def environment(sign_in, tmp_path):
    """Of a stack that runs."""
    sign_in.save(tmp_path / "sign-in.json")
    return {"LOCAL_STATE": str(tmp_path)}


def authorizer(sign_in):
    return JwtAuthorizer(sign_in.issuer, sign_in.audience, RemoteKeys(sign_in.keys_url))


def test_nobody_can_sign_up(cognito, sign_in):
    pool = cognito.describe_user_pool(UserPoolId=sign_in.pool)["UserPool"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12


def test_making_it_again_changes_nothing_but_the_addresses_of_the_page(cognito, sign_in):
    again = create_sign_in(cognito, sign_in.endpoint, ["http://localhost:1"], sign_in.passwords)
    assert again == sign_in
    clients = cognito.list_user_pool_clients(UserPoolId=sign_in.pool, MaxResults=60)["UserPoolClients"]
    assert len(clients) == 3
    page = cognito.describe_user_pool_client(UserPoolId=sign_in.pool, ClientId=sign_in.page_client)["UserPoolClient"]
    assert page["CallbackURLs"] == ["http://localhost:1/sesion/vuelta"]
    assert (page["ClientSecret"], page["WriteAttributes"]) == (sign_in.page_secret, ["name"])
    create_sign_in(cognito, sign_in.endpoint, [PAGE], sign_in.passwords)


def renew(cognito, sign_in, token, **changes):
    """What the pool answers to the page that renews a session: the new refresh token, or the error's code."""
    fields = {"ClientId": sign_in.page_client, "ClientSecret": sign_in.page_secret, "RefreshToken": token, **changes}
    try:
        return cognito.get_tokens_from_refresh_token(**fields)["AuthenticationResult"]["RefreshToken"]
    except ClientError as error:
        return error.response["Error"]["Code"]


def test_a_refresh_token_is_for_one_use_and_for_the_page_that_knows_its_secret(cognito, sign_in):
    """As Cognito does it; ministack does not, and emulator_program.py adds it."""
    flows = {"ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]}
    client = {"UserPoolId": sign_in.pool, "ClientId": sign_in.page_client}
    rotation = {"RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}}
    cognito.update_user_pool_client(**client, **flows, **rotation)
    hashed = hmac.digest(sign_in.page_secret.encode(), f"lector@example.com{sign_in.page_client}".encode(), "sha256")
    who = {"USERNAME": "lector@example.com", "SECRET_HASH": base64.b64encode(hashed).decode()}
    answer = cognito.admin_initiate_auth(
        **client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={**who, "PASSWORD": sign_in.passwords["lector@example.com"]},
    )
    first = answer["AuthenticationResult"]["RefreshToken"]
    assert renew(cognito, sign_in, first, ClientSecret="x" * 30) == "NotAuthorizedException"
    second = renew(cognito, sign_in, first)
    assert "." in second
    assert renew(cognito, sign_in, first) == "RefreshTokenReuseException"
    cognito.admin_user_global_sign_out(UserPoolId=sign_in.pool, Username="lector@example.com")
    assert renew(cognito, sign_in, second) == "NotAuthorizedException"
    create_sign_in(cognito, sign_in.endpoint, [PAGE], sign_in.passwords)
    described = cognito.describe_user_pool_client(**client)["UserPoolClient"]
    assert described["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30}


def test_a_token_has_the_name_and_group_of_its_person_or_the_scope_of_its_program(sign_in, environment):
    for role in ROLES:
        claims = authorizer(sign_in).claims_of(f"Bearer {fetch_token(environment, role)}")
        assert (claims["username"], claims["cognito:groups"]) == (f"{role}@example.com", f"[{role}]")
        assert claims["token_use"] == "access"
        claims = authorizer(sign_in).claims_of(fetch_token(environment, role, is_program=True))
        assert (claims["scope"], claims["sub"]) == (f"directorio/{role}", sign_in.program_client)
        assert "username" not in claims


def test_what_is_kept_is_for_its_owner_only(sign_in, tmp_path):
    path = tmp_path / "sign-in.json"
    sign_in.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SignIn.load(path) == sign_in
    assert known_passwords(path) == sign_in.passwords


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"pool": 1}'])
def test_passwords_that_cannot_be_read_are_made_anew(tmp_path, content):
    if content is not None:
        (tmp_path / "sign-in.json").write_text(content, encoding="utf-8")
    assert known_passwords(tmp_path / "sign-in.json") == {}


def test_passwords_have_what_the_pool_wants_and_are_never_the_same():
    passwords = {new_password() for _ in range(200)}
    assert len(passwords) == 200
    for password in passwords:
        assert len(password) >= 12
        assert all(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]", "-"))


def test_make_token_prints_the_token_and_nothing_else(environment, capsys):
    assert main(["--role", "rrhh"], environment) == 0
    token, error = capsys.readouterr()
    assert jwt.decode(token.removesuffix("\n"), options={"verify_signature": False})["username"] == "rrhh@example.com"
    assert error == ""


@pytest.mark.parametrize(("arguments", "said"), [([], "not ''"), (["--role", "jefe"], "not 'jefe'")])
def test_make_token_says_which_roles_there_are(arguments, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    (sentence,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    assert said in sentence
    assert "lector, rrhh, admin" in sentence


def test_make_token_says_that_nothing_runs(environment, tmp_path, capsys):
    assert main(["--role", "rrhh"], {"LOCAL_STATE": str(tmp_path / "nowhere")}) == 2
    document = json.loads((tmp_path / "sign-in.json").read_text()) | {"endpoint": "http://127.0.0.1:9"}
    (tmp_path / "sign-in.json").write_text(json.dumps(document))
    assert main(["--role", "rrhh", "--program"], environment) == 2
    sentences = capsys.readouterr().err.splitlines()
    assert len(sentences) == 2
    assert all("start it with `make run`" in sentence for sentence in sentences)
