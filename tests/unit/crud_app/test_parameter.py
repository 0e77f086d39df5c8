"""The database's address in AWS Parameter Store: botocore's signature is the reference, the emulator the service."""

import json
import logging
import struct
from datetime import UTC, datetime
from http import HTTPStatus

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chalice_frontdoor import SettingError
from chalicelib.directorio import bootstrap, parameter
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.parameter import JSON, TARGET, read_parameter, sign, with_keys
from chalicelib.directorio.settings import AwsAccess, KeyServer, Settings
from local.emulator import ACCESS_KEY
from tests.support import servers

NAME = "/directory/database"
KEY, SECRET = ACCESS_KEY["AWS_ACCESS_KEY_ID"], ACCESS_KEY["AWS_SECRET_ACCESS_KEY"]


def read_at(endpoint, key_server=None, name=NAME):
    key, secret = ("", "") if key_server else (KEY, SECRET)
    return read_parameter(name, AwsAccess("us-east-1", endpoint, key, secret, ""), key_server)


def answering(status, body):
    return servers.running(servers.answering(body, status=f"{status} {HTTPStatus(status).phrase}"))


def refuse_password(connection):
    """As PostgreSQL does: the embedded server asks for none."""
    fields = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0"
    connection.rfile.read1()  # the start-up message
    connection.send(b"E" + struct.pack("!i", len(fields) + 4) + fields)


def reason_of_failure(caplog, *arguments, **options):
    """What is logged when a value cannot be read."""
    caplog.clear()
    with pytest.raises(Unavailable):
        read_at(*arguments, **options)
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    return record.reason


@pytest.fixture
def put(emulator):
    client = boto3.client("ssm", endpoint_url=emulator.endpoint, region_name="us-east-1")
    return lambda url: client.put_parameter(Name=NAME, Value=url, Type="SecureString", Overwrite=True)


@pytest.mark.parametrize("token", ["", "token"])
def test_the_signature_equals_botocores(token):
    body, moment, region = json.dumps({"Name": "/ñ"}).encode(), datetime(2026, 11, 29, 9, 30, tzinfo=UTC), "eu-west-1"
    endpoint = f"https://ssm.{region}.amazonaws.com"
    ours = sign(AwsAccess(region, endpoint, "AKID", SECRET, token), body, moment)

    theirs = AWSRequest("POST", f"{endpoint}/", {"Content-Type": JSON, "X-Amz-Target": TARGET}, body)
    theirs.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    signer = SigV4Auth(Credentials("AKID", SECRET, token or None), "ssm", region)
    theirs.headers["X-Amz-Date"] = theirs.context["timestamp"]
    if token:
        theirs.headers["X-Amz-Security-Token"] = token
    signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
    assert ours["authorization"].endswith(f"Signature={signature}")
    assert f"Credential=AKID/{signer.credential_scope(theirs)}," in ours["authorization"]
    signed = signer.signed_headers(signer.headers_to_sign(theirs))
    assert f"SignedHeaders={signed}," in ours["authorization"]


def test_what_cannot_be_read_is_logged_and_not_quoted(emulator, closed_port, caplog):
    assert reason_of_failure(caplog, emulator.endpoint, name="/directory/other") == "ParameterNotFound"
    assert reason_of_failure(caplog, f"http://127.0.0.1:{closed_port}") == "ConnectionRefusedError"
    for status, body, reason in (
        (400, b'{"__type":"com.amazonaws.ssm#AccessDeniedException","message":"user x"}', "AccessDeniedException"),
        (400, b"{}", "HTTP 400"), (200, b"{}", "HTTP 200"), (200, b"[]", "HTTP 200"), (503, b"<html>", "HTTP 503"),
        (200, b"\xff", "HTTP 200"),
    ):  # fmt: skip
        with answering(status, body) as server:
            assert reason_of_failure(caplog, server.url) == reason
        assert "user x" not in caplog.text


def test_a_silent_peer_is_given_up(monkeypatch, caplog):
    monkeypatch.setattr(parameter, "STEP_SECONDS", 0.1)
    with servers.running(servers.silent) as server:
        assert reason_of_failure(caplog, server.url) == "TimeoutError"


def test_lambda_gives_credentials_on_each_request_to_a_function_from_a_snapshot(emulator, put, caplog):
    put("postgresql://a@b/ñ")
    keys = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": "t", "Expiration": "soon"}
    with answering(200, json.dumps(keys).encode()) as lambda_:
        server = KeyServer(f"{lambda_.url}/keys?v=1", "hunter")
        assert [read_at(emulator.endpoint, server) for _ in range(2)] == ["postgresql://a@b/ñ"] * 2
        asked = [(each.target, dict(each.headers)["authorization"]) for each in lambda_.received]
        assert asked == [("/keys?v=1", "hunter")] * 2
        access = with_keys(AwsAccess("us-east-1", "https://ssm", "", "", ""), server)
    assert (access.access_key, access.secret_key, access.session_token) == (KEY, SECRET, "t")
    for answer in ((500, b"{}"), (200, b"{}"), (200, b"[]"), (200, b"<html>")):
        with answering(*answer) as lambda_:
            keys = KeyServer(lambda_.url, "hunter")
            assert reason_of_failure(caplog, emulator.endpoint, keys) == "ConnectionRefusedError"


class TestRotation:
    @pytest.fixture
    def open_named(self, emulator):
        """Opens the database whose address is in a parameter."""
        variables = {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": emulator.endpoint, **ACCESS_KEY}
        return lambda name=NAME: bootstrap.open_database(Settings({**variables, "DATABASE_URL_PARAMETER": name}))

    @pytest.fixture(params=["28000", "28P01"])
    def refused(self, request, database_url):
        """An address at which PostgreSQL refuses the user, or the password, and the code by which it does."""
        if request.param == "28000":
            yield database_url.replace("postgres@", "somebody_who_left@"), request.param
            return
        with servers.running(refuse_password) as server:
            yield f"postgresql://postgres:hunter@127.0.0.1:{server.port}/postgres", request.param

    def test_a_new_login_is_found_without_a_deployment(self, refused, open_named, put, database_url, caplog):
        old_address, code = refused
        put(old_address)
        database = open_named()
        with pytest.raises(Unavailable, match=code):
            database.ping()
        put(database_url)
        with caplog.at_level(logging.INFO):
            database.ping()
        database.close()
        assert "The database's address has changed" in caplog.messages

    def test_another_refusal_or_an_address_without_a_parameter_reads_none(self, database_url, open_database):
        def renew_address():
            raise AssertionError("the database is missing, the login is right")

        missing = f"postgresql://postgres@/nothing?{database_url.partition('?')[2]}"
        stranger = database_url.replace("postgres@", "somebody_who_left@")
        for database, code in (
            (open_database(missing, renew_address=renew_address), "3D000"),
            (bootstrap.open_database(Settings({"DATABASE_URL": stranger})), "28000"),
        ):
            with pytest.raises(Unavailable, match=code):
                database.ping()

    def test_a_parameter_that_cannot_be_used_is_reported_and_not_quoted(self, open_named, put):
        with pytest.raises(Unavailable):
            open_named("/directory/missing")
        put("mysql://hunter@db")
        with pytest.raises(SettingError, match="a URL that begins with postgresql") as caught:
            open_named()
        assert "hunter" not in str(caught.value)
