"""What the app does when PostgreSQL, or the way to it, fails."""

from __future__ import annotations

import threading
import time

import pytest

from chalicelib.directorio import connection, database, publisher
from chalicelib.directorio.database import Database
from chalicelib.directorio.employee import Audience
from chalicelib.directorio.errors import EmpleadoNotFound, OutcomeUnknown, StatementRefused, Unavailable
from chalicelib.directorio.listing import History, read_listing
from chalicelib.directorio.pipeline import PipelinedConnection
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.service import PUBLISH_WITHIN_SECONDS
from chalicelib.directorio.settings import parse_database_url
from chalicelib.directorio.statement import Statement
from local.emulator import free_port

LAMBDA_SECONDS = 22


def statement(sql: str, *names: str) -> Statement:
    return Statement(sql, names)


ONE = statement("SELECT 1")
INSERT = statement(
    "INSERT INTO empleados (nombre, email, posicion, salario) VALUES ('A', $1::text, 'P', 1) RETURNING id", "email"
)


@pytest.fixture
def count(sql):
    return lambda: int(sql("SELECT count(*) FROM empleados"))


class TestTrips:
    def test_the_first_statement_needs_no_more_than_its_own_trip(self, far_database, proxy):
        far_database.read(ONE, {})
        assert proxy.statements == 1

    def test_a_write_needs_one(self, far_database, proxy, count):
        far_database.read(ONE, {})
        far_database.write(INSERT, {"email": "a@example.com"})
        assert proxy.statements == 2
        assert count() == 1


class TestPlans:
    PREPARED = statement("SELECT count(*) FROM pg_prepared_statements")

    def prepared(self, database):
        return database.read(self.PREPARED, {}, plan_anew=True)[0][0]

    def test_are_kept_for_what_comes_again(self, far_database):
        far_database.read(ONE, {})
        far_database.write(INSERT, {"email": "a@example.com"})
        assert self.prepared(far_database) == 2

    def test_are_not_kept_where_they_depend_on_the_parameters(self, far_database):
        far_database.read(ONE, {}, plan_anew=True)
        assert self.prepared(far_database) == 0

    @pytest.mark.parametrize(("narrowed", "kept"), [(False, 1), (True, 0)])
    def test_are_kept_for_the_first_page_of_a_history_and_made_for_a_later_one(self, far_database, narrowed, kept):
        """A plan for any values would go through all the newer events."""
        history = History(limit=50, before=7 if narrowed else None, pairs=())
        repository = Repository(far_database)
        repository.history(history, Audience.RRHH)
        assert self.prepared(far_database) == kept
        with pytest.raises(EmpleadoNotFound):
            repository.history_of(1, history, Audience.RRHH)
        assert self.prepared(far_database) == 2 * kept

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
    def test_are_kept_for_the_first_page_of_a_list_and_made_for_a_search(self, far_database, query, kept):
        Repository(far_database).list(read_listing(query, Audience.RRHH))
        assert self.prepared(far_database) == kept

    def test_are_not_kept_behind_a_pooler(self, proxy, database_url):
        pooled = Database(parse_database_url(f"{proxy.url(database_url)}?pgbouncer=true"))
        pooled.read(ONE, {})
        assert self.prepared(pooled) == 0
        pooled.close()

    def test_a_write_goes_on_after_a_change_of_the_schema(self, far_database, sql, count):
        for email in ("a@example.com", "b@example.com"):
            far_database.write(INSERT, {"email": email})
            sql("COMMENT ON TABLE empleados IS NULL; ALTER TABLE empleados ALTER COLUMN nombre SET STATISTICS 100")
        assert count() == 2


class TestLosses:
    @pytest.fixture(autouse=True)
    def warm(self, far_database):
        far_database.read(ONE, {})

    @pytest.mark.parametrize("end", ["close_all", "reset_all"])
    def test_what_broke_while_idle_costs_nothing(self, far_database, proxy, end, count):
        """Not even a write: the dead connection is exchanged before anything is sent."""
        getattr(proxy, end)()
        time.sleep(0.1)
        far_database.write(INSERT, {"email": "a@example.com"})
        assert count() == 1

    def test_a_read_is_repeated_once(self, far_database, proxy):
        proxy.cut_before_answer = True
        assert list(far_database.read(ONE, {})) == [[1]]

    def test_a_write_that_may_have_been_done_is_never_repeated(self, far_database, proxy, count):
        proxy.cut_before_answer = True
        with pytest.raises(OutcomeUnknown):
            far_database.write(INSERT, {"email": "a@example.com"})
        assert count() == 1, "it was done, and only once"

    def test_a_write_that_was_not_done_is_not_known_to_be_so(self, far_database, proxy, count):
        proxy.cut_before_request = True
        with pytest.raises(OutcomeUnknown):
            far_database.write(INSERT, {"email": "a@example.com"})
        assert count() == 0

    def test_the_next_statement_works(self, far_database, proxy, count):
        proxy.cut_before_request = True
        with pytest.raises(OutcomeUnknown):
            far_database.write(INSERT, {"email": "a@example.com"})
        far_database.write(INSERT, {"email": "a@example.com"})
        assert count() == 1

    def test_a_terminated_write_is_repeated_because_it_was_not_done(self, far_database, sql, count):
        slow = statement(
            "WITH pause AS MATERIALIZED (SELECT pg_sleep($2::float)) "
            "INSERT INTO empleados (nombre, email, posicion, salario) "
            "SELECT 'A', $1::text, 'P', 1 FROM pause RETURNING id",
            *("email", "seconds"),
        )
        terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'WITH pause%'"
        timer = threading.Timer(0.3, lambda: sql(terminate))
        timer.start()
        far_database.write(slow, {"email": "a@example.com", "seconds": 0.8})
        timer.join()
        assert count() == 1

    def test_a_deadlock_is_resolved_by_repeating(self, far_database, database_url, sql):
        for number in (1, 2):
            far_database.write(INSERT, {"email": f"{number}@example.com"})
        crosswise = statement(
            "WITH a AS MATERIALIZED (UPDATE empleados SET nombre = nombre WHERE id = $1::int RETURNING pg_sleep(0.5)) "
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
        assert sorted(row_id for ((row_id,),) in outcomes) == [1, 2]
        assert sql("SELECT string_agg(posicion, ',') FROM empleados") == "Px,Px"


class TestRefusals:
    def test_a_constraint_is_named(self, database):
        database.write(INSERT, {"email": "a@example.com"})
        with pytest.raises(StatementRefused) as caught:
            database.write(INSERT, {"email": "a@example.com"})
        assert (caught.value.args[0], caught.value.constraint) == ("23505", "empleados_email_key")

    def test_nothing_of_the_input_is_in_the_error(self, database):
        with pytest.raises(StatementRefused) as caught:
            database.write(statement("SELECT $1::int", "x"), {"x": "secret"})
        assert "secret" not in str(caught.value)

    def test_a_statement_over_time_is_unavailable(self, far_database):
        far_database.read(statement("SELECT set_config('statement_timeout', '100', false)"), {})
        with pytest.raises(Unavailable) as caught:
            far_database.read(statement("SELECT pg_sleep(5)"), {})
        assert caught.value.args[0] == "57014"

    def test_a_schema_that_is_behind_is_unavailable(self, database):
        with pytest.raises(Unavailable) as caught:
            database.read(statement("SELECT * FROM nowhere"), {})
        assert caught.value.args[0] == "42P01"

    def test_a_standby_is_exchanged_for_another_server(self, far_database, proxy, count):
        """After a failover the old primary refuses writes; a new connection reaches the new one."""
        far_database.read(statement("SELECT set_config('default_transaction_read_only', 'on', false)"), {})
        with pytest.raises(Unavailable):
            far_database.write(INSERT, {"email": "a@example.com"})
        far_database.write(INSERT, {"email": "a@example.com"})
        assert (count(), len(proxy.links)) == (1, 2)


class TestAbsence:
    def test_nobody_listens(self):
        absent = Database(parse_database_url(f"postgresql://postgres@127.0.0.1:{free_port()}/x"))
        for do in (lambda: absent.read(ONE, {}), lambda: absent.write(INSERT, {"email": "a"}), absent.ping):
            with pytest.raises(Unavailable) as caught:
                do()
            assert not isinstance(caught.value, OutcomeUnknown)

    def test_the_log_says_why_and_quotes_nothing(self, caplog):
        absent = Database(parse_database_url(f"postgresql://postgres:hunter@127.0.0.1:{free_port()}/x"))
        with pytest.raises(Unavailable):
            absent.read(ONE, {})
        (record,) = caplog.records
        assert record.cause == "ConnectionRefusedError"
        assert "hunter" not in str(vars(record))

    def test_it_works_again_when_the_server_is_back(self, far_database, proxy):
        far_database.read(ONE, {})
        target, proxy.target = proxy.target, "/nowhere"
        proxy.close_all()
        time.sleep(0.1)
        with pytest.raises(Unavailable):
            far_database.read(ONE, {})
        proxy.target = target
        assert list(far_database.read(ONE, {})) == [[1]]

    def test_health_has_its_own_short_time(self, far_database, proxy):
        far_database.ping()
        proxy.flowing.clear()
        started = time.monotonic()
        with pytest.raises(Unavailable):
            far_database.ping()
        assert time.monotonic() - started < database.HEALTH_PATIENCE.answer + 1

    def test_a_server_that_accepts_and_says_nothing_is_given_up(self, proxy, database_url):
        silent = Database(parse_database_url(proxy.url(database_url)))
        proxy.flowing.clear()
        started = time.monotonic()
        with pytest.raises(Unavailable):
            silent.ping()
        assert time.monotonic() - started < database.HEALTH_PATIENCE.connect + 1


class TestLater:
    MARK = statement("UPDATE empleados SET posicion = $1::text", "posicion")

    def test_is_done_though_nobody_waits(self, database, sql):
        database.write(INSERT, {"email": "a@example.com"})
        database.write_later(self.MARK, {"posicion": "Q"})
        database.ping()
        assert sql("SELECT posicion FROM empleados") == "Q"

    def test_what_cannot_be_sent_is_unavailable(self, far_database, monkeypatch):
        """The connection breaks between the look at it and the send."""
        far_database.read(ONE, {})
        monkeypatch.setattr(PipelinedConnection, "is_usable", lambda connection: connection.close() is None)
        with pytest.raises(Unavailable):
            far_database.write_later(self.MARK, {"posicion": "Q"})


class TestTransaction:
    def test_takes_effect_as_a_whole(self, database, count):
        with database.transaction() as transaction:
            transaction.run(INSERT, {"email": "a@example.com"})
            transaction.run(INSERT, {"email": "b@example.com"})
            assert count() == 0
        assert count() == 2

    def test_has_no_effect_when_it_fails(self, database, count):
        def fail():
            with database.transaction() as transaction:
                transaction.run(INSERT, {"email": "a@example.com"})
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()
        assert count() == 0
        assert list(database.read(ONE, {})) == [[1]]

    def test_a_loss_in_the_middle_is_told(self, far_database, proxy, count):
        def lose():
            with far_database.transaction() as transaction:
                proxy.cut_before_answer = True
                transaction.run(INSERT, {"email": "a@example.com"})

        with pytest.raises(OutcomeUnknown):
            lose()
        time.sleep(0.1)
        assert count() == 0


def test_time_outs_nest():
    """The slowest request ends before its Lambda does, and says itself what went wrong."""
    assert connection.LOCK_SECONDS < connection.STATEMENT_SECONDS < database.ANSWER_SECONDS
    slowest_repeat = database.REPEAT_SECONDS + connection.CONNECT_SECONDS + database.ANSWER_SECONDS
    assert slowest_repeat < LAMBDA_SECONDS
    assert PUBLISH_WITHIN_SECONDS + publisher.SLOWEST_SECONDS < LAMBDA_SECONDS
    patience = database.HEALTH_PATIENCE
    assert patience.connect + patience.answer <= 5
