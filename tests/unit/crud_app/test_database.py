"""What the app does when PostgreSQL, or the way to it, fails; how a connection is opened, shared and kept."""

import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from chalice_frontdoor import SettingError
from chalicelib.directorio import database
from chalicelib.directorio.database import (
    ANSWER_SECONDS,
    CONNECT_SECONDS,
    HEALTH_SECONDS,
    LIMITS_STATEMENT,
    LOCK_SECONDS,
    RETRY_SECONDS,
    SERVER_LIMITS,
    STATEMENT_SECONDS,
    Statement,
    open_connection,
)
from chalicelib.directorio.errors import OutcomeUnknown, StatementRefused, Unavailable
from chalicelib.directorio.publisher import SLOWEST_SECONDS
from chalicelib.directorio.service import PUBLISH_WITHIN_SECONDS
from chalicelib.directorio.settings import parse_database_url
from pg8000_pipeline import InterfaceError, PipelinedConnection
from tests.support.sessions import once_active
from tests.support.tls import make_certificate
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.wire import WireProxy
from tests.unit.crud_app.fakes import idle_connection

LAMBDA_SECONDS = 22
ONE = Statement("SELECT 1")
INSERT = Statement(
    "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ('A', $1::text, 'P', 1) RETURNING id", ("email",)
)
ANA, EVA = {"email": "a@example.com"}, {"email": "b@example.com"}
MARK = Statement("UPDATE empleados SET posicion = $1::text", ("posicion",))
LIMITS = Statement(
    "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('idle_in_transaction_session_timeout')"
)
PREPARED = Statement("SELECT count(*) FROM pg_prepared_statements", is_planned_anew=True)


def raising(code):
    return Statement(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")


@pytest.fixture
def count(sql):
    return lambda: int(sql("SELECT count(*) FROM empleados"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Files with a key and a self-signed certificate for localhost: the server's, and another."""
    folder = tmp_path_factory.mktemp("certificates")
    return {name: make_certificate(folder / f"{name}.pem") for name in ("server", "other")}


class TestPlans:
    def test_are_kept_for_what_is_repeated_unless_they_depend_on_the_parameters(self, far_database):
        far_database.read(Statement("SELECT 2", is_planned_anew=True))
        assert far_database.read(PREPARED) == [[0]]
        far_database.read(ONE)
        far_database.write(INSERT, ANA)
        assert far_database.read(PREPARED) == [[2]]

    def test_are_not_kept_behind_a_pooler(self, proxy, database_url, open_database):
        pooled = open_database(f"{proxy.url(database_url)}?pgbouncer=true")
        pooled.read(ONE)
        assert pooled.read(PREPARED) == [[0]]


class TestSharing:
    def test_threads_share_no_more_connections_than_allowed(self, proxy, database_url, open_database):
        shared = open_database(proxy.url(database_url), pool_size=2)
        with ThreadPoolExecutor(8) as threads:
            rows = list(threads.map(lambda _: shared.read(ONE), range(40)))
        assert rows == [[[1]]] * 40
        assert len(proxy.links) <= 2
        shared.close()
        shared.read(ONE)
        assert len(proxy.links) <= 3

    def test_a_request_waits_for_a_connection_only_so_long(self, far_database, monkeypatch, caplog):
        monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
        with far_database.transaction(), pytest.raises(Unavailable):
            far_database.read(ONE)
        assert caplog.messages == ["All connections are in use"]


class TestLosses:
    @pytest.fixture(autouse=True)
    def warm(self, far_database):
        far_database.read(ONE)

    @pytest.mark.parametrize(("is_repeatable", "attempts"), [(True, 2), (False, 1)])
    def test_only_what_may_run_twice_is_retried_and_only_once(self, far_database, proxy, is_repeatable, attempts):
        """A read may; a write may under an Idempotency-Key."""
        before = proxy.statements
        proxy.cut_every_answer = True
        calls = [lambda: far_database.write(ONE, is_repeatable=is_repeatable)]
        if is_repeatable:
            calls.append(lambda: far_database.read(ONE))
        for call in calls:
            with pytest.raises(Unavailable) as caught:
                call()
            assert isinstance(caught.value, OutcomeUnknown) == (call is calls[0])
        assert proxy.statements - before == attempts * len(calls)

    @pytest.mark.parametrize(("cut", "done"), [("cut_before_answer", 1), ("cut_before_request", 0)])
    def test_a_lost_write_is_of_unknown_outcome(self, far_database, proxy, count, cut, done):
        setattr(proxy, cut, True)
        with pytest.raises(OutcomeUnknown):
            far_database.write(INSERT, ANA)
        assert count() == done
        far_database.write(INSERT, EVA)
        assert count() == done + 1
        setattr(proxy, cut, True)
        assert list(far_database.read(ONE)) == [[1]], "a read is answered"

    def test_a_terminated_write_is_retried_because_it_had_no_effect(self, far_database, sql, count):
        slow = Statement(
            "WITH pause AS MATERIALIZED (SELECT pg_sleep(CASE WHEN $2::int = pg_backend_pid() THEN 600 ELSE 0 END)) "
            "INSERT INTO empleados (nombre, email, posicion, salario) "
            "SELECT 'A', $1::text, 'P', 1 FROM pause RETURNING id",
            ("email", "pid"),
        )
        ((pid,),) = far_database.read(Statement("SELECT pg_backend_pid()"))
        killer = threading.Thread(target=sql, args=(once_active("WITH pause", "pg_terminate_backend"),))
        killer.start()
        far_database.write(slow, {**ANA, "pid": pid})
        killer.join()
        assert count() == 1


class TestRefusals:
    def test_a_condition_that_passes_is_unavailable_and_any_other_a_refusal(self, far_database):
        for code in ("57014", "55P03", "53300", "25006", "42P01", "42703", "58030", "XX000"):
            for call in (far_database.read, far_database.write):
                with pytest.raises(Unavailable) as caught:
                    call(raising(code), {})
                assert (type(caught.value), caught.value.args[0]) == (Unavailable, code)
        for code in ("22003", "42601", "42501", "23514"):
            with pytest.raises(StatementRefused):
                far_database.write(raising(code), {})

    @pytest.mark.parametrize("code", ["40001", "40P01"])
    def test_a_conflict_is_retried_a_few_times_until_the_deadline(self, far_database, proxy, code, monkeypatch):
        pauses = []
        clock = SimpleNamespace(monotonic=time.monotonic, sleep=pauses.append)  # no other thread's
        monkeypatch.setattr(database, "time", clock)
        far_database.read(ONE)
        for seconds, attempts in ((database.RETRY_SECONDS, database.MAX_ATTEMPTS), (-1, 1)):
            monkeypatch.setattr(database, "RETRY_SECONDS", seconds)
            before = proxy.statements
            with pytest.raises(Unavailable):
                far_database.write(raising(code), {})
            assert proxy.statements - before == attempts
        bounds = [database.PAUSE_SECONDS * 2**attempt for attempt in range(1, database.MAX_ATTEMPTS)]
        assert all(0 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=True))

    def test_a_standby_is_exchanged_for_another_server(self, far_database, proxy, count):
        """After a failover the old primary refuses writes; a new connection reaches the new one."""
        far_database.read(Statement("SELECT set_config('default_transaction_read_only', 'on', false)"))
        with pytest.raises(Unavailable):
            far_database.write(INSERT, ANA)
        far_database.write(INSERT, ANA)
        assert (count(), len(proxy.links)) == (1, 2)


class TestAbsence:
    def test_a_server_that_is_not_there_is_unavailable(self, closed_port, open_database, caplog):
        absent = open_database(f"postgresql://postgres:hunter@127.0.0.1:{closed_port}/x")
        for call in (lambda: absent.read(ONE), lambda: absent.write(INSERT, ANA), absent.ping):
            with pytest.raises(Unavailable) as caught:
                call()
            assert not isinstance(caught.value, OutcomeUnknown)
        assert {record.cause for record in caplog.records} == {"ConnectionRefusedError"}
        assert "hunter" not in str([vars(record) for record in caplog.records])

    def test_to_connect_has_a_time_limit(self, far_database, proxy, monkeypatch):
        monkeypatch.setattr(database, "CONNECT_SECONDS", 0.1)
        proxy.flowing.clear()
        with pytest.raises(Unavailable) as caught:
            far_database.read(ONE)
        assert isinstance(caught.value.__cause__.__cause__, TimeoutError)
        proxy.flowing.set()

    @pytest.mark.parametrize("connected", [True, False])
    def test_the_health_check_has_a_short_time_limit_of_its_own(self, far_database, proxy, connected, monkeypatch):
        """For the answer of an open connection, and to open one."""
        if connected:
            far_database.read(ONE)
        monkeypatch.setattr(database, "HEALTH_SECONDS", 0.1)
        proxy.flowing.clear()
        with pytest.raises(Unavailable) as caught:
            far_database.ping()
        assert isinstance(caught.value.__cause__.__cause__, TimeoutError)
        proxy.flowing.set()
        far_database.read(ONE)
        assert idle_connection(far_database).answer_seconds == database.ANSWER_SECONDS


class TestTransaction:
    def test_takes_effect_as_a_whole_or_not_at_all(self, database, count):
        with pytest.raises(ZeroDivisionError), database.transaction() as run:  # noqa: PT012
            run(INSERT, ANA)
            raise ZeroDivisionError
        with database.transaction() as run:
            run(INSERT, ANA)
            run(INSERT, EVA)
            assert count() == 0
        assert count() == 2

    def test_reports_a_loss_in_the_middle(self, far_database, proxy):
        with pytest.raises(OutcomeUnknown), far_database.transaction() as run:  # noqa: PT012
            proxy.cut_before_answer = True
            run(INSERT, ANA)


class TestTls:
    MODES = ("require", "verify-ca", "verify-full")

    @pytest.fixture
    def open_tls(self, postgres, authority, database_url):
        """Opens a connection by TLS and closes it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority["server"])

        def open_tls(mode, root=None, host="localhost"):
            root_cert = "" if root is None else f"&sslrootcert={authority.get(root, root)}"
            url = f"{proxy.url(database_url).replace('127.0.0.1', host)}?sslmode={mode}{root_cert}"
            open_connection(PipelinedConnection, parse_database_url(url), seconds=PATIENCE_SECONDS).close()

        with WireProxy(str(postgres.socket_folder / ".s.PGSQL.5432"), tls=context) as proxy:
            yield open_tls

    def test_the_certificate_and_the_name_are_verified_as_libpq_does(self, open_tls):
        for mode in self.MODES:
            open_tls(mode, "server")
        open_tls("verify-ca", "server", host="127.0.0.1")
        open_tls("require")
        for refused in (*((mode, "other") for mode in self.MODES), ("verify-full", "server", "127.0.0.1"),
                        ("verify-full", None), ("verify-full", "system")):  # fmt: skip
            with pytest.raises(InterfaceError) as caught:
                open_tls(*refused)
            assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError), refused

    def test_there_is_no_fallback_to_plain_text(self, postgres, database_url):
        with WireProxy(str(postgres.socket_folder / ".s.PGSQL.5432"), refuses_tls=True) as proxy:
            for mode in self.MODES:
                address = parse_database_url(f"{proxy.url(database_url)}?sslmode={mode}")
                with pytest.raises(InterfaceError, match="Server refuses SSL"):
                    open_connection(PipelinedConnection, address, seconds=PATIENCE_SECONDS)
            assert proxy.statements == 0

    def test_an_unusable_file_is_reported_by_its_setting(self, open_tls):
        with pytest.raises(SettingError, match="sslrootcert"):
            open_tls("verify-full", "/nowhere")


def test_the_server_enforces_the_limits(database_url, open_database, monkeypatch):
    """By start-up parameters, which a pooler refuses; by a preamble there."""
    monkeypatch.setattr(database, "SERVER_LIMITS", SERVER_LIMITS)
    monkeypatch.setattr(database, "LIMITS_STATEMENT", LIMITS_STATEMENT)
    for query in ("", "&pgbouncer=true"):
        limited = open_database(f"{database_url}{query}")
        with limited.transaction() as run:
            assert run(LIMITS) == [["10s", "3s", "30s"]]
        assert limited.read(LIMITS) == [["10s", "3s", "30s"]]


def test_the_duration_of_each_answered_statement_is_reported_and_of_no_refused_one(open_database):
    durations = []
    measured = open_database(on_answer=durations.append)
    measured.read(ONE)
    with pytest.raises(StatementRefused):
        measured.read(Statement("SELEC"))
    assert [duration > 0 for duration in durations] == [True]


def test_time_outs_nest():
    """The slowest request ends before its Lambda does, and reports itself what went wrong."""
    assert LOCK_SECONDS < STATEMENT_SECONDS < ANSWER_SECONDS
    assert RETRY_SECONDS + CONNECT_SECONDS + ANSWER_SECONDS < LAMBDA_SECONDS
    assert PUBLISH_WITHIN_SECONDS + SLOWEST_SECONDS < LAMBDA_SECONDS
    assert 2 * HEALTH_SECONDS <= 5
