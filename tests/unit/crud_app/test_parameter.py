"""The database's address in AWS Parameter Store: botocore's signature is the reference, the emulator the service."""

from __future__ import annotations

import json
import logging
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from chalice_frontdoor import SettingError
from chalicelib.directorio import parameter
from chalicelib.directorio.bootstrap import open_database
from chalicelib.directorio.database import Database
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.parameter import JSON, TARGET, ParameterStore, sign, with_keys
from chalicelib.directorio.settings import AwsAccess, KeyServer, Settings, parse_database_url
from local.emulator import ACCESS_KEY

NAME = "/directory/database"
KEY, SECRET = ACCESS_KEY["AWS_ACCESS_KEY_ID"], ACCESS_KEY["AWS_SECRET_ACCESS_KEY"]
words = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1)


def access(endpoint: str, token: str = "") -> AwsAccess:
    return AwsAccess("us-east-1", endpoint, KEY, SECRET, token)


@contextmanager
def answering(answer):
    """Serve on this machine and yield the address; ``answer`` makes status and body from a request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answer(self)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def serving(status: int, body: bytes):
    """A parameter store whose service gives one answer to everything."""
    with answering(lambda _: (status, body)) as url:
        yield ParameterStore(access(url))


def put(emulator, url):
    client = boto3.client("ssm", endpoint_url=emulator.endpoint, region_name="us-east-1")
    client.put_parameter(Name=NAME, Value=url, Type="SecureString", Overwrite=True)


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """The emulator on a busy machine takes longer than AWS."""
    monkeypatch.setattr(parameter, "STEP_SECONDS", 20)


class TestSignature:
    @settings(max_examples=30)
    @given(
        region=st.from_regex(r"[a-z]{2}-[a-z]{1,9}-[0-9]", fullmatch=True),
        secret=words,
        token=st.just("") | words,
        name=st.text(st.characters(exclude_categories=("Cs",))),
        moment=st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    )
    def test_equals_botocores(self, region, secret, token, name, moment):
        body = json.dumps({"Name": name}).encode()
        endpoint = f"https://ssm.{region}.amazonaws.com"
        ours = sign(AwsAccess(region, endpoint, "AKID", secret, token), body, moment)

        theirs = AWSRequest("POST", f"{endpoint}/", {"Content-Type": JSON, "X-Amz-Target": TARGET}, body)
        theirs.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        signer = SigV4Auth(Credentials("AKID", secret, token or None), "ssm", region)
        theirs.headers["X-Amz-Date"] = theirs.context["timestamp"]
        if token:
            theirs.headers["X-Amz-Security-Token"] = token
        signature = signer.signature(signer.string_to_sign(theirs, signer.canonical_request(theirs)), theirs)
        assert ours["authorization"].endswith(f"Signature={signature}")
        assert f"Credential=AKID/{signer.credential_scope(theirs)}," in ours["authorization"]
        signed = signer.signed_headers(signer.headers_to_sign(theirs))
        assert f"SignedHeaders={signed}," in ours["authorization"]

    def test_the_clock_is_in_utc(self):
        assert parameter.now().utcoffset().total_seconds() == 0


class TestRead:
    def test_decrypts_a_value(self, emulator):
        put(emulator, "postgresql://a@b/ñ")
        assert ParameterStore(access(emulator.endpoint)).read(NAME) == "postgresql://a@b/ñ"

    def test_logs_what_aws_refuses(self, emulator, caplog):
        with pytest.raises(Unavailable):
            ParameterStore(access(emulator.endpoint)).read("/directory/other")
        assert caplog.records[-1].reason == "ParameterNotFound"

    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            (400, b'{"__type":"com.amazonaws.ssm#AccessDeniedException","message":"user x"}', "AccessDeniedException"),
            (400, b"{}", "HTTP 400"),
            (200, b"{}", "HTTP 200"),
            (200, b"[]", "HTTP 200"),
            (503, b"<html>", "HTTP 503"),
            (200, b"\xff", "HTTP 200"),
        ],
    )
    def test_an_answer_without_the_value_is_logged_and_not_quoted(self, status, body, reason, caplog):
        with serving(status, body) as store, pytest.raises(Unavailable):
            store.read(NAME)
        assert [record.reason for record in caplog.records if record.levelno == logging.ERROR] == [reason]
        assert "user x" not in caplog.text

    def test_a_service_that_is_not_there_is_unavailable(self, closed_port, caplog):
        with pytest.raises(Unavailable):
            ParameterStore(access(f"http://127.0.0.1:{closed_port}")).read(NAME)
        assert caplog.records[-1].reason == "ConnectionRefusedError"

    @pytest.mark.parametrize(
        ("scheme", "greeting", "reasons"),
        [
            # A reset if the peer has not read everything by then.
            ("http", b"", {"ConnectionError", "ConnectionResetError"}),
            ("http", b"nonsense\r\n\r\n", {"ConnectionError", "ConnectionResetError"}),
            ("https", b"HTTP/1.1 200 OK\r\n\r\n", {"SSLError"}),
        ],
    )
    def test_a_service_that_speaks_another_protocol_is_unavailable(self, scheme, greeting, reasons, caplog):
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer():
                with server.accept()[0] as peer:
                    peer.recv(4096)
                    peer.sendall(greeting)

            thread = threading.Thread(target=answer)
            thread.start()
            with pytest.raises(Unavailable):
                ParameterStore(access(f"{scheme}://127.0.0.1:{server.getsockname()[1]}")).read(NAME)
            thread.join()
        assert caplog.records[-1].reason in reasons

    def test_a_silent_service_is_given_up(self, monkeypatch, caplog):
        monkeypatch.setattr(parameter, "STEP_SECONDS", 0.1)
        with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Unavailable):
            ParameterStore(access(f"http://127.0.0.1:{server.getsockname()[1]}")).read(NAME)
        assert caplog.records[-1].reason == "TimeoutError"


class TestCredentialsServer:
    """Lambda gives credentials on request to a function that started from a snapshot."""

    @pytest.fixture
    def keys_asked(self):
        return []

    @pytest.fixture
    def server(self, keys_asked):
        """Gives the credentials that are on top of ``answers``."""
        keys = {"AccessKeyId": KEY, "SecretAccessKey": SECRET, "Token": "t", "Expiration": "soon"}
        answers = [(200, json.dumps(keys).encode())]

        def give(request):
            keys_asked.append((request.path, request.headers["Authorization"]))
            return answers[-1]

        with answering(give) as url:
            yield KeyServer(f"{url}/keys?v=1", "hunter"), answers

    def test_is_asked_for_each_request(self, server, keys_asked, emulator):
        put(emulator, "postgresql://a@b/c")
        store = ParameterStore(AwsAccess("us-east-1", emulator.endpoint, "", "", ""), server[0])

        assert [store.read(NAME), store.read(NAME)] == ["postgresql://a@b/c"] * 2
        assert keys_asked == [("/keys?v=1", "hunter")] * 2

    def test_gives_the_keys_that_sign(self, server):
        access = with_keys(AwsAccess("us-east-1", "https://ssm", "", "", ""), server[0])
        assert (access.access_key, access.secret_key, access.session_token) == (KEY, SECRET, "t")

    @pytest.mark.parametrize("answer", [(500, b"{}"), (200, b"{}"), (200, b"[]"), (200, b"<html>")])
    def test_an_answer_without_keys_is_unavailable(self, server, answer, caplog):
        key_server, answers = server
        answers.append(answer)
        with pytest.raises(Unavailable):
            ParameterStore(AwsAccess("us-east-1", "http://127.0.0.1:9", "", "", ""), key_server).read(NAME)
        assert caplog.records[-1].reason == "ConnectionRefusedError"


class TestRotation:
    def read_settings(self, emulator, **variables):
        return Settings(
            {
                "DATABASE_URL_PARAMETER": NAME,
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": emulator.endpoint,
                **ACCESS_KEY,
                **variables,
            }
        )

    def test_a_new_login_is_found_without_a_deployment(self, emulator, database_url, caplog):
        """PostgreSQL refuses the old one, by 28000 or 28P01; the parameter then has the new one."""
        put(emulator, database_url.replace("postgres@", "somebody_who_left@"))
        database = open_database(self.read_settings(emulator))
        put(emulator, database_url)

        with caplog.at_level(logging.INFO):
            database.ping()

        database.close()
        assert "The database's address has changed" in caplog.messages

    def test_the_same_login_is_not_tried_twice(self, emulator, database_url):
        put(emulator, database_url.replace("postgres@", "somebody_who_left@"))
        database = open_database(self.read_settings(emulator))

        with pytest.raises(Unavailable) as refused:
            database.ping()

        assert refused.value.args == ("28000",)

    def test_without_a_parameter_a_refused_login_is_unavailable(self, database_url):
        database = Database(parse_database_url(database_url.replace("postgres@", "somebody_who_left@")))
        with pytest.raises(Unavailable, match="28000"):
            database.ping()

    def test_another_refusal_does_not_read_the_parameter(self, database_url):
        def renew_address():
            raise AssertionError("the database is missing, the login is right")

        url = f"postgresql://postgres@/nothing?{database_url.partition('?')[2]}"
        absent = Database(parse_database_url(url), renew_address=renew_address)
        with pytest.raises(Unavailable, match="3D000"):
            absent.ping()

    def test_a_parameter_that_cannot_be_read_is_unavailable(self, emulator):
        with pytest.raises(Unavailable):
            open_database(self.read_settings(emulator, DATABASE_URL_PARAMETER="/directory/missing"))

    def test_a_malformed_value_is_reported_and_not_quoted(self, emulator):
        put(emulator, "mysql://hunter@db")
        with pytest.raises(SettingError, match="a URL that begins with postgresql") as caught:
            open_database(self.read_settings(emulator))
        assert "hunter" not in str(caught.value)

    def test_an_address_in_the_environment_needs_no_aws(self, database_url):
        database = open_database(Settings({"DATABASE_URL": database_url}))
        database.ping()
        database.close()
