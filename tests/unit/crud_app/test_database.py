"""What the app does when PostgreSQL, or the way to it, fails."""

from __future__ import annotations

import select
import threading

import pytest

from chalicelib.directorio import connection, database, publisher
from chalicelib.directorio.database import Database
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.errors import EmpleadoNotFound, OutcomeUnknown, StatementRefused, Unavailable
from chalicelib.directorio.listing import History, read_listing
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.service import PUBLISH_WITHIN_SECONDS
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement
from pg8000_pipeline import PipelinedConnection
from tests.support.sessions import once_active

LAMBDA_SECONDS = 22


def statement(sql: str, *names: str) -> Statement:
    return Statement(sql, names)


ONE = statement("SELECT 1")
INSERT = statement(
    "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ('A', $1::text, 'P', 1) RETURNING id", "email"
)
ANA = {"email": "a@example.com"}
#: A function that returns when it was called twice: a sequence counts across transactions.
MEETING = """
CREATE SEQUENCE met;
CREATE FUNCTION meet() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
    PERFORM nextval('met');
    WHILE (SELECT last_value FROM met) < 2 LOOP PERFORM pg_sleep(0.01); END LOOP;
    RETURN 1;
END $$
"""


def wait_for_the_end(database) -> None:
    """Wait until the end of the idle connection has arrived."""
    (idle,) = database._pool._idle  # noqa: SLF001
    assert select.select([idle._usock], [], [], 60)[0]  # noqa: SLF001


@pytest.fixture
def count(sql):
    return lambda: int(sql("SELECT count(*) FROM empleados"))


class TestPlans:
    PREPARED = statement("SELECT count(*) FROM pg_prepared_statements")

    def prepared(self, database):
        return database.read(self.PREPARED, {}, plan_anew=True)[0][0]

    def test_are_kept_for_what_is_repeated(self, far_database):
        far_database.read(ONE, {})
        far_database.write(INSERT, ANA)
        assert self.prepared(far_database) == 2

    def test_are_not_kept_where_they_depend_on_the_parameters(self, far_database):
        far_database.read(ONE, {}, plan_anew=True)
        assert self.prepared(far_database) == 0

    def test_are_kept_for_the_first_page_of_a_history_only(self, far_database):
        """A generic plan would go through all the newer events."""
        repository = Repository(far_database)
        for before, kept in ((7, 0), (None, 2)):
            history = History(limit=50, before=before, pairs=())
            repository.history(history, Audience.RRHH)
            with pytest.raises(EmpleadoNotFound):
                repository.history_of(1, history, Audience.RRHH)
            assert self.prepared(far_database) == kept

    @pytest.mark.parametrize(
        ("query", "kept"),
        [
            ([], 1),
            ([("orden", "-id")], 1),
            ([("q", "ana")], 0),
            ([("posicion", "x")], 1),
            ([("posicion", "x"), ("limite", "7")], 0),
            ([("posicion", "x"), ("orden", "nombre")], 0),
            ([("posicion", "x"), ("q", "ana")], 0),
        ],
    )
    def test_are_kept_for_the_first_page_of_a_list_and_not_for_a_search(self, far_database, query, kept):
        Repository(far_database).list(read_listing(query, Audience.RRHH))
        assert self.prepared(far_database) == kept

    def test_are_not_kept_behind_a_pooler(self, proxy, database_url):
        pooled = Database(parse_database_url(f"{proxy.url(database_url)}?pgbouncer=true"))
        pooled.read(ONE, {})
        assert self.prepared(pooled) == 0
        pooled.close()


class TestLosses:
    @pytest.fixture(autouse=True)
    def warm(self, far_database):
        far_database.read(ONE, {})

    @pytest.mark.parametrize("end", ["close_all", "reset_all"])
    def test_a_connection_that_broke_while_idle_costs_nothing(self, far_database, proxy, end, count):
        """Not even a write: the dead connection is replaced before anything is sent."""
        getattr(proxy, end)()
        wait_for_the_end(far_database)
        far_database.write(INSERT, ANA)
        assert count() == 1

    @pytest.mark.parametrize(("is_repeatable", "attempts"), [(True, 2), (False, 1)])
    def test_only_what_may_run_twice_is_retried_and_only_once(self, far_database, proxy, is_repeatable, attempts):
        """A read may; a write may under an Idempotency-Key."""
        before = proxy.statements
        proxy.cut_every_answer = True
        calls = [lambda: far_database.write(ONE, {}, is_repeatable=is_repeatable)]
        if is_repeatable:
            calls.append(lambda: far_database.read(ONE, {}))
        for call in calls:
            with pytest.raises(Unavailable) as caught:
                call()
            assert isinstance(caught.value, OutcomeUnknown) == (call is calls[0])
        assert proxy.statements - before == attempts * len(calls)

    def test_a_read_whose_answer_was_lost_is_answered(self, far_database, proxy):
        proxy.cut_before_answer = True
        assert list(far_database.read(ONE, {})) == [[1]]

    @pytest.mark.parametrize(("cut", "done"), [("cut_before_answer", 1), ("cut_before_request", 0)])
    def test_a_lost_write_is_of_unknown_outcome(self, far_database, proxy, count, cut, done):
        setattr(proxy, cut, True)
        with pytest.raises(OutcomeUnknown):
            far_database.write(INSERT, ANA)
        assert count() == done
        far_database.write(INSERT, {"email": "b@example.com"})
        assert count() == done + 1

    def test_a_terminated_write_is_retried_because_it_had_no_effect(self, far_database, sql, count):
        slow = statement(
            "WITH pause AS MATERIALIZED (SELECT pg_sleep(CASE WHEN $2::int = pg_backend_pid() THEN 60 ELSE 0 END)) "
            "INSERT INTO empleados (nombre, email, posicion, salario) "
            "SELECT 'A', $1::text, 'P', 1 FROM pause RETURNING id",
            *("email", "pid"),
        )
        ((pid,),) = far_database.read(statement("SELECT pg_backend_pid()"), {})
        killer = threading.Thread(target=sql, args=(once_active("WITH pause", "pg_terminate_backend"),))
        killer.start()
        far_database.write(slow, {**ANA, "pid": pid})
        killer.join()
        assert count() == 1

    def test_a_deadlock_is_resolved_by_a_retry(self, far_database, database_url, sql):
        """Each locks its first row, waits until the other has done so, too, and then wants the other's."""
        for number in (1, 2):
            far_database.write(INSERT, {"email": f"{number}@example.com"})
        sql(MEETING)
        crosswise = statement(
            "WITH a AS MATERIALIZED (UPDATE empleados SET nombre = nombre WHERE id = $1::int RETURNING meet()) "
            "UPDATE empleados SET posicion = posicion || 'x' WHERE id = $2::int AND EXISTS (SELECT FROM a) "
            "RETURNING id",
            *("first", "second"),
        )
        other = Database(parse_database_url(database_url))
        outcomes = []
        thread = threading.Thread(target=lambda: outcomes.append(other.write(crosswise, {"first": 2, "second": 1})))
        thread.start()
        outcomes.append(far_database.write(crosswise, {"first": 1, "second": 2}))
        thread.join()
        other.close()
        sql("DROP FUNCTION meet; DROP SEQUENCE met")
        assert sorted(row_id for ((row_id,),) in outcomes) == [1, 2]
        assert sql("SELECT string_agg(posicion, ',') FROM empleados") == "Px,Px"


class TestRefusals:
    def raising(self, code: str) -> Statement:
        return statement(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")

    def test_a_constraint_is_named(self, database):
        database.write(INSERT, ANA)
        with pytest.raises(StatementRefused) as caught:
            database.write(INSERT, ANA)
        assert (caught.value.args[0], caught.value.constraint) == ("23505", "empleados_email_key")

    def test_the_error_quotes_nothing_of_the_input(self, database):
        with pytest.raises(StatementRefused) as caught:
            database.write(statement("SELECT $1::int", "x"), {"x": "secret"})
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("code", ["57014", "55P03", "53300", "25006", "42P01", "42703", "58030", "XX000"])
    def test_a_condition_that_passes_is_unavailable(self, far_database, code):
        for call in (far_database.read, far_database.write):
            with pytest.raises(Unavailable) as caught:
                call(self.raising(code), {})
            assert (type(caught.value), caught.value.args[0]) == (Unavailable, code)

    @pytest.mark.parametrize("code", ["22003", "42601", "42501", "23514"])
    def test_any_other_is_a_refusal(self, far_database, code):
        with pytest.raises(StatementRefused):
            far_database.write(self.raising(code), {})

    @pytest.mark.parametrize("code", ["40001", "40P01"])
    def test_a_conflict_is_retried_a_few_times(self, far_database, proxy, code, monkeypatch):
        pauses = []
        monkeypatch.setattr(database.time, "sleep", pauses.append)
        far_database.read(ONE, {})
        before = proxy.statements
        with pytest.raises(Unavailable):
            far_database.write(self.raising(code), {})
        assert proxy.statements - before == database.MAX_ATTEMPTS
        bounds = [database.PAUSE_SECONDS * 2**attempt for attempt in range(1, database.MAX_ATTEMPTS)]
        assert all(0 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=True))

    def test_no_retry_begins_after_the_deadline(self, far_database, proxy, monkeypatch):
        monkeypatch.setattr(database, "RETRY_SECONDS", -1)
        far_database.read(ONE, {})
        before = proxy.statements
        with pytest.raises(Unavailable):
            far_database.write(self.raising("40001"), {})
        assert proxy.statements - before == 1

    def test_a_standby_is_exchanged_for_another_server(self, far_database, proxy, count):
        """After a failover the old primary refuses writes; a new connection reaches the new one."""
        far_database.read(statement("SELECT set_config('default_transaction_read_only', 'on', false)"), {})
        with pytest.raises(Unavailable):
            far_database.write(INSERT, ANA)
        far_database.write(INSERT, ANA)
        assert (count(), len(proxy.links)) == (1, 2)


class TestAbsence:
    def test_a_server_that_is_not_there_is_unavailable(self, closed_port, caplog):
        absent = Database(parse_database_url(f"postgresql://postgres:hunter@127.0.0.1:{closed_port}/x"))
        for call in (lambda: absent.read(ONE, {}), lambda: absent.write(INSERT, ANA), absent.ping):
            with pytest.raises(Unavailable) as caught:
                call()
            assert not isinstance(caught.value, OutcomeUnknown)
        assert {record.cause for record in caplog.records} == {"ConnectionRefusedError"}
        assert "hunter" not in str([vars(record) for record in caplog.records])

    def test_it_works_again_when_the_server_is_back(self, far_database, proxy):
        far_database.read(ONE, {})
        target, proxy.target = proxy.target, "/nowhere"
        proxy.close_all()
        wait_for_the_end(far_database)
        with pytest.raises(Unavailable):
            far_database.read(ONE, {})
        proxy.target = target
        assert list(far_database.read(ONE, {})) == [[1]]

    @pytest.mark.parametrize("connected", [True, False])
    def test_the_health_check_has_a_short_time_limit_of_its_own(self, far_database, proxy, connected, monkeypatch):
        """For the answer of an open connection, and to open one."""
        if connected:
            far_database.read(ONE, {})
        monkeypatch.setattr(database, "HEALTH_SECONDS", 0.1)
        proxy.flowing.clear()
        with pytest.raises(Unavailable) as caught:
            far_database.ping()
        assert isinstance(caught.value.__cause__.__cause__, TimeoutError)

    def test_a_health_check_leaves_the_time_limits_of_statements_alone(self, far_database, monkeypatch):
        monkeypatch.setattr(database, "HEALTH_SECONDS", 60)
        far_database.ping()
        far_database.read(ONE, {})
        (idle,) = far_database._pool._idle  # noqa: SLF001
        assert idle.answer_seconds == database.ANSWER_SECONDS


class TestLater:
    MARK = statement("UPDATE empleados SET posicion = $1::text", "posicion")

    def test_a_statement_runs_though_it_is_not_waited_for(self, database, sql):
        database.write(INSERT, ANA)
        database.write_later(self.MARK, {"posicion": "Q"})
        database.read(ONE, {})
        assert sql("SELECT posicion FROM empleados") == "Q"

    def test_what_cannot_be_sent_is_unavailable(self, far_database, monkeypatch):
        """The connection breaks between the check and the send."""
        far_database.read(ONE, {})
        monkeypatch.setattr(PipelinedConnection, "is_usable", lambda connection: connection.close() is None)
        with pytest.raises(Unavailable):
            far_database.write_later(self.MARK, {"posicion": "Q"})


class TestTransaction:
    def test_takes_effect_as_a_whole(self, database, count):
        with database.transaction() as transaction:
            transaction.run(INSERT, ANA)
            transaction.run(INSERT, {"email": "b@example.com"})
            assert count() == 0
        assert count() == 2

    def test_has_no_effect_when_it_fails(self, database, count):
        with pytest.raises(ZeroDivisionError), database.transaction() as transaction:  # noqa: PT012
            transaction.run(INSERT, ANA)
            raise ZeroDivisionError
        database.write(INSERT, {"email": "b@example.com"})
        assert count() == 1, "it is rolled back, and what follows is not part of it"

    def test_reports_a_loss_in_the_middle(self, far_database, proxy):
        with pytest.raises(OutcomeUnknown), far_database.transaction() as transaction:  # noqa: PT012
            proxy.cut_before_answer = True
            transaction.run(INSERT, ANA)


def test_the_duration_of_each_answered_statement_is_reported(database_url):
    durations = []
    measured = Database(parse_database_url(database_url), on_answer=durations.append)
    measured.read(ONE, {})
    with pytest.raises(StatementRefused):
        measured.read(statement("SELEC"), {})
    measured.close()
    assert len(durations) == 1
    assert durations[0] > 0


def test_time_outs_nest():
    """The slowest request ends before its Lambda does, and reports itself what went wrong."""
    assert connection.LOCK_SECONDS < connection.STATEMENT_SECONDS < database.ANSWER_SECONDS
    slowest_retry = database.RETRY_SECONDS + connection.CONNECT_SECONDS + database.ANSWER_SECONDS
    assert slowest_retry < LAMBDA_SECONDS
    assert PUBLISH_WITHIN_SECONDS + publisher.SLOWEST_SECONDS < LAMBDA_SECONDS
    assert 2 * database.HEALTH_SECONDS <= 5
