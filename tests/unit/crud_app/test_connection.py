"""How a connection is opened: whom it trusts, and what it asks the server to enforce."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from chalice_frontdoor import SettingError
from chalicelib.directorio.connection import open_connection
from chalicelib.directorio.database import Database
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement
from pg8000_pipeline import InterfaceError, PipelinedConnection
from tests.support.tls import make_certificate
from tests.support.wire import WireProxy

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = Statement(
    "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('idle_in_transaction_session_timeout')",
    (),
)
MODES = ("require", "verify-ca", "verify-full")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    """``server.pem`` is a key and a self-signed certificate for localhost, ``other.pem`` is another."""
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


def open_and_close(url: str) -> None:
    open_connection(PipelinedConnection, parse_database_url(url)).close()


class TestTls:
    def url(self, proxy, database_url, mode, root=None, host="localhost"):
        root_cert = "" if root is None else f"&sslrootcert={root}"
        return f"{proxy.url(database_url).replace('127.0.0.1', host)}?sslmode={mode}{root_cert}"

    @pytest.mark.parametrize("mode", MODES)
    def test_a_certificate_must_be_signed_by_the_given_authority(self, tls_proxy, database_url, certificates, mode):
        open_and_close(self.url(tls_proxy, database_url, mode, certificates / "server.pem"))
        with pytest.raises(InterfaceError) as caught:
            open_and_close(self.url(tls_proxy, database_url, mode, certificates / "other.pem"))
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)

    def test_only_verify_full_checks_the_name(self, tls_proxy, database_url, certificates):
        server = certificates / "server.pem"
        open_and_close(self.url(tls_proxy, database_url, "verify-ca", server, host="127.0.0.1"))
        with pytest.raises(InterfaceError):
            open_and_close(self.url(tls_proxy, database_url, "verify-full", server, host="127.0.0.1"))

    def test_require_without_an_authority_trusts_any_certificate_as_libpq_does(self, tls_proxy, database_url):
        open_and_close(self.url(tls_proxy, database_url, "require"))

    @pytest.mark.parametrize("root", [None, "system"])
    def test_the_systems_authorities_are_the_default(self, tls_proxy, database_url, root):
        with pytest.raises(InterfaceError) as caught:
            open_and_close(self.url(tls_proxy, database_url, "verify-full", root))
        assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)

    @pytest.mark.parametrize("mode", MODES)
    def test_there_is_no_fallback_to_plain_text(self, postgres, database_url, mode):
        with WireProxy(str(postgres.socket_folder / ".s.PGSQL.5432"), refuses_tls=True) as proxy:
            with pytest.raises(InterfaceError, match="Server refuses SSL"):
                open_and_close(self.url(proxy, database_url, mode))
            assert proxy.statements == 0

    def test_an_unusable_file_is_reported_by_its_setting(self):
        with pytest.raises(SettingError, match="sslrootcert"):
            open_and_close("postgresql://a@127.0.0.1/x?sslmode=verify-full&sslrootcert=/nowhere")


@pytest.mark.parametrize("query", ["", "&pgbouncer=true"], ids=["start-up parameters", "preamble"])
def test_the_server_enforces_the_limits(database_url, query):
    """A pooler refuses start-up parameters."""
    database = Database(parse_database_url(f"{database_url}{query}"))
    assert database.read(LIMITS, {}) == [["10s", "3s", "30s"]]
    with database.transaction() as transaction:
        assert transaction.run(LIMITS, {}) == [["10s", "3s", "30s"]]
    database.close()
