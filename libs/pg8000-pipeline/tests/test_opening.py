"""Opening a connection: every password that psql accepts, one deadline, and two kinds of errors."""

import secrets
import socket
import ssl
import struct
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from pg8000_pipeline import DatabaseError, InterfaceError, PipelinedConnection, sqlstate
from tests.support.debian_postgres import running_debian_postgres

#: What stands in a password, and who refuses it: stock pg8000 fails for all but the first two.
PASSWORDS = ("plain", "ñandú and a % sign", "🦙", "🫶 newer than Unicode 3.2", "bell\a", "אa", "\u00ad", "\ufffe")


@contextmanager
def serving(*parts):
    """A server that answers each message of the client by the next of ``parts``, then hangs up. Its port is yielded."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            with server.accept()[0] as peer:
                for part in parts:
                    peer.recv(4096)
                    peer.sendall(part)

        thread = threading.Thread(target=answer)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def authentication(code, data=b""):
    return b"R" + struct.pack("!ii", len(data) + 8, code) + data


def failure(port, **options):
    with pytest.raises(InterfaceError) as caught:
        PipelinedConnection("a", **{"host": "127.0.0.1", "port": port, "ssl_context": False, "timeout": 60, **options})
    return caught.value


@pytest.fixture(scope="module")
def port():
    """Of a PostgreSQL with TLS and passwords: that of postgres is secret-42."""
    with running_debian_postgres("secret-42") as (_, port):
        yield port


@pytest.fixture
def log_in(port, connect):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    given = {"host": "127.0.0.1", "port": port, "database": "postgres", "ssl_context": context}
    return lambda user, password, **options: connect(user=user, password=password, **given, **options)


@pytest.fixture
def role(log_in):
    """Makes a role with a password, as psql would."""

    def role(password):
        name = f"role_{secrets.token_hex(4)}"
        log_in("postgres", "secret-42").execute_simple(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        return name

    return role


class TestScram:
    @pytest.mark.parametrize(("binding", "mechanism"), [("require", "-PLUS"), ("prefer", "-PLUS"), ("disable", "")])
    def test_the_proof_is_bound_to_the_servers_certificate_unless_that_is_disabled(self, log_in, binding, mechanism):
        connection = log_in("postgres", "secret-42", channel_binding=binding)
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").rows == [[True]]
        assert connection.auth.mechanism_name == f"SCRAM-SHA-256{mechanism}"

    @pytest.mark.parametrize("password", PASSWORDS, ids=ascii)
    def test_a_password_that_psql_accepts_is_accepted(self, role, log_in, password):
        name = role(password)
        assert log_in(name, password).execute("SELECT 1").rows == [[1]]
        with pytest.raises(DatabaseError) as caught:
            log_in(name, f"{password}!")
        assert sqlstate(caught.value) == "28P01"

    def test_a_password_may_be_bytes_and_must_be_given(self, role, log_in):
        assert log_in(role("ñ"), "ñ".encode()).execute("SELECT 1").rows == [[1]]
        with pytest.raises(InterfaceError, match="requests a password"):
            log_in(role("a"), None)

    @pytest.mark.parametrize(
        "answers",
        [
            [authentication(10, b"SCRAM-SHA-256\0\0"), authentication(11, b"r=x,s=AAAAAAAAAAAAAAAAAAAAAA==,i=4096")],
            [authentication(10, b"GSS-SPNEGO\0\0")],
        ],
        ids=["it does not know the password", "its mechanism is not known"],
    )
    def test_a_server_that_does_not_speak_scram_is_not_trusted(self, answers):
        with serving(*answers) as port:
            assert str(failure(port, password="secret-42")) == "SCRAM authentication failed"

    @pytest.mark.parametrize(
        "greeting", [authentication(0), authentication(3), authentication(10, b"SCRAM-SHA-256\0\0")]
    )
    def test_a_server_without_channel_binding_is_not_trusted_where_it_is_required(self, greeting):
        with serving(greeting) as port:
            error = failure(port, password="secret-42", channel_binding="require")
        assert str(error) == "the server does not support channel binding, which is required"


class TestGreetings:
    @pytest.mark.parametrize(
        "greeting",
        [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"?\0\0\0\x04", authentication(99), b"R\0\0\0\x05x",
         b"E\0\0\0\x06\xff\0"],
        ids=ascii,
    )  # fmt: skip
    @pytest.mark.parametrize("tls", [False, True])
    def test_nonsense_is_an_interface_error(self, greeting, tls):
        with serving(greeting) as port:
            failure(port, ssl_context=ssl.create_default_context() if tls else False)

    def test_a_refusal_has_the_servers_fields(self, connect):
        with pytest.raises(DatabaseError) as caught:
            connect(database="nowhere")
        assert sqlstate(caught.value) == "3D000"
        with pytest.raises(TypeError):
            connect(nonsense=1)


class TestSockets:
    def test_a_server_that_is_not_there_or_says_nothing_is_an_interface_error(self, closed_port):
        for options in ({"unix_sock": "/nowhere"}, {"host": "nowhere.invalid"}, {"host": "x" * 64 + ".example"}):
            failure(1, **options)
        error = failure(closed_port)
        assert (str(error), type(error.__cause__)) == ("network error", ConnectionRefusedError)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            error = failure(silent.getsockname()[1], timeout=0.2)
        assert isinstance(error.__cause__, TimeoutError)

    def test_the_next_address_is_tried_and_small_packets_do_not_wait(self, proxy, database, monkeypatch):
        look_up, addresses = socket.getaddrinfo, socket.getaddrinfo("127.0.0.1", proxy.port, type=socket.SOCK_STREAM)
        both = [(*addresses[0][:4], ("127.0.0.2", proxy.port)), *addresses]  # the first refuses
        found = lambda host, *rest, **more: both if host == "localhost" else look_up(host, *rest, **more)  # noqa: E731
        monkeypatch.setattr(socket, "getaddrinfo", found)
        connection = PipelinedConnection("postgres", port=proxy.port, database=database, ssl_context=False)
        assert connection.execute("SELECT 1").rows == [[1]]
        option = connection._usock.getsockopt  # noqa: SLF001
        assert option(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert option(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        connection.close()

    def test_a_connected_socket_may_be_given_and_is_closed_on_failure(self, proxy, connect):
        given = socket.create_connection(("127.0.0.1", proxy.port))
        assert connect(sock=given, ssl_context=False).execute("SELECT 1").rows == [[1]]
        with serving(b"?\0\0\0\x04") as port:
            given = socket.create_connection(("127.0.0.1", port))
            failure(port, sock=given)
        assert given.fileno() == -1


def test_importing_the_package_opens_nothing_and_needs_no_sqlalchemy():
    code = "import sys, pg8000_pipeline.dbapi, pg8000_pipeline.native; print('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
