"""How a connection is opened: whom it trusts, how long it waits, what it asks of the server."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING

import pytest
from pg8000.exceptions import DatabaseError, InterfaceError

from chalice_frontdoor import SettingError
from chalicelib.directorio.connection import Connector
from chalicelib.directorio.database import Database
from chalicelib.directorio.errors import Unavailable
from chalicelib.directorio.pipeline import PipelinedConnection
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement
from local.emulator import free_port
from tests.support.tls import make_certificate
from tests.support.wire import WireProxy

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Statement(
    "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('idle_in_transaction_session_timeout')",
    (),
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """``server.pem`` is a key and a certificate for localhost that vouches for itself, ``other.pem`` is another."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("server.pem", "other.pem"):
        make_certificate(folder / name)
    return folder


@pytest.fixture
def tls_proxy(postgres, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem")
    with WireProxy(str(postgres.socket_folder / ".s.PGSQL.5432"), tls=context) as proxy:
        yield proxy


@pytest.fixture
def plain_proxy(postgres):
    """A server that has no TLS, and says so."""
    with WireProxy(str(postgres.socket_folder / ".s.PGSQL.5432"), refuses_tls=True) as proxy:
        yield proxy


def open_and_close(url: str, *, seconds: float = 5) -> None:
    Connector(parse_database_url(url)).open(PipelinedConnection, seconds=seconds).close()


class TestTls:
    def url(self, proxy, database_url, mode, root, host="localhost"):
        return f"{proxy.url(database_url).replace('127.0.0.1', host)}?sslmode={mode}&sslrootcert={root}"

    @pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
    def test_a_server_that_the_authority_vouches_for_is_trusted(self, tls_proxy, database_url, certificates, mode):
        database = Database(parse_database_url(self.url(tls_proxy, database_url, mode, certificates / "server.pem")))
        assert database.read(Statement("SELECT 1", ()), {}) == [[1]]
        database.close()

    @pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
    def test_one_that_it_does_not_vouch_for_is_not(self, tls_proxy, database_url, certificates, mode):
        with pytest.raises(InterfaceError) as caught:
            open_and_close(self.url(tls_proxy, database_url, mode, certificates / "other.pem"))
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)

    def test_only_verify_full_looks_at_the_name(self, tls_proxy, database_url, certificates):
        server = certificates / "server.pem"
        open_and_close(self.url(tls_proxy, database_url, "verify-ca", server, host="127.0.0.1"))
        with pytest.raises(InterfaceError):
            open_and_close(self.url(tls_proxy, database_url, "verify-full", server, host="127.0.0.1"))

    def test_require_alone_trusts_anybody_as_libpq_does(self, tls_proxy, database_url):
        open_and_close(f"{tls_proxy.url(database_url)}?sslmode=require")

    def test_the_authorities_of_the_system_are_the_default(self, tls_proxy, database_url):
        for query in ("sslmode=verify-full", "sslmode=verify-full&sslrootcert=system"):
            with pytest.raises(InterfaceError) as caught:
                open_and_close(f"{tls_proxy.url(database_url).replace('127.0.0.1', 'localhost')}?{query}")
            assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)

    @pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
    def test_there_is_no_falling_back_to_plain_text(self, plain_proxy, database_url, mode):
        with pytest.raises(InterfaceError, match="Server refuses SSL"):
            open_and_close(f"{plain_proxy.url(database_url)}?sslmode={mode}")
        assert plain_proxy.statements == 0

    def test_a_file_of_no_use_is_named_by_its_setting(self):
        with pytest.raises(SettingError, match="sslrootcert"):
            open_and_close("postgresql://a@127.0.0.1/x?sslmode=verify-full&sslrootcert=/nowhere")


class TestLimits:
    def test_the_server_keeps_them(self, shared_database):
        assert shared_database.read(LIMITS, {}) == [["10s", "3s", "30s"]]

    def test_it_keeps_them_behind_a_pooler_that_refuses_start_up_parameters(self, database_url):
        pooled = Database(parse_database_url(f"{database_url}&pgbouncer=true"))
        assert pooled.read(LIMITS, {}) == [["10s", "3s", "30s"]]
        with pooled.transaction() as transaction:
            assert transaction.run(LIMITS, {}) == [["10s", "3s", "30s"]]
        pooled.close()

    def test_a_lock_that_somebody_holds_is_waited_for_a_short_time_only(self, database, database_url, sql, ana):
        repository = Repository(database)
        repository.create(ana, "a")
        holder = Database(parse_database_url(database_url))
        with holder.transaction() as transaction:
            transaction.execute("UPDATE empleados SET nombre = 'B'")
            started = time.monotonic()
            with pytest.raises(Unavailable) as caught:
                repository.update(1, {"nombre": "C"}, "a", None)
            assert 2.5 < time.monotonic() - started < 6
        holder.close()
        assert caught.value.args[0] == "55P03"
        assert sql("SELECT nombre FROM empleados") == "B"


class TestRefusal:
    def test_names_what_the_server_says(self, database_url):
        with pytest.raises(DatabaseError) as caught:
            open_and_close(database_url.replace("/test_", "/nowhere_"))
        assert caught.value.args[0]["C"] == "3D000"

    def test_a_missing_socket_is_a_network_error(self):
        with pytest.raises(InterfaceError, match="network error"):
            open_and_close("postgresql://a@/x?host=/nowhere")

    def test_a_name_that_does_not_exist_is_a_network_error(self):
        with pytest.raises(InterfaceError, match="network error"):
            open_and_close("postgresql://a@nowhere.invalid/x?sslmode=disable")

    def test_nobody_listens(self):
        with pytest.raises(InterfaceError, match="network error"):
            open_and_close(f"postgresql://a@localhost:{free_port()}/x")

    def test_one_that_says_nothing_is_given_up_in_time(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            started = time.monotonic()
            with pytest.raises(InterfaceError, match="network error"):
                open_and_close(f"postgresql://a@127.0.0.1:{silent.getsockname()[1]}/x", seconds=0.3)
        assert time.monotonic() - started < 2


def test_small_packets_do_not_wait_for_each_other(proxy, database_url):
    connection = Connector(parse_database_url(proxy.url(database_url))).open(PipelinedConnection, seconds=5)
    assert connection._usock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)  # noqa: SLF001
    connection.close()
