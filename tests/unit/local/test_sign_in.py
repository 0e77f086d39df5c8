"""The user pool of the laptop: what is in it, that it outlives a restart, and tokens of it."""

import base64
import hmac
import json

import boto3
import jwt
import pytest
from botocore.exceptions import ClientError

from local.sign_in import create_sign_in, known_passwords
from local.token import main

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


@pytest.mark.parametrize("content", [None, "{", '{"pool": 1}'])
def test_passwords_are_kept_unless_they_cannot_be_read(sign_in, tmp_path, content):
    path = tmp_path / "sign-in.json"
    sign_in.save(path)
    assert known_passwords(path) == sign_in.passwords
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert known_passwords(path) == {}


@pytest.mark.parametrize(
    ("options", "claim", "value"),
    [([], "username", "rrhh@example.com"), (["--program"], "scope", "directorio/rrhh")],
    ids=["person", "program"],
)
def test_make_token_prints_the_token_and_nothing_else(environment, capsys, options, claim, value):
    assert main(["--role", "rrhh", *options], environment) == 0
    token, error = capsys.readouterr()
    assert jwt.decode(token.removesuffix("\n"), options={"verify_signature": False})[claim] == value
    assert error == ""


def test_make_token_says_that_nothing_runs(environment, tmp_path, capsys, closed_port):
    assert main(["--role", "rrhh"], {"LOCAL_STATE": str(tmp_path / "nowhere")}) == 2
    document = json.loads((tmp_path / "sign-in.json").read_text()) | {"endpoint": f"http://127.0.0.1:{closed_port}"}
    (tmp_path / "sign-in.json").write_text(json.dumps(document))
    assert main(["--role", "rrhh", "--program"], environment) == 2
    sentences = capsys.readouterr().err.splitlines()
    assert len(sentences) == 2
    assert all("start it with `make run`" in sentence for sentence in sentences)
