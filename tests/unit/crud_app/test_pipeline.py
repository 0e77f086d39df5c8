"""The connection that needs one round trip: its promises, against a real server."""

from __future__ import annotations

import decimal
import os
import resource
import struct
import threading
import time
import uuid
from functools import partial

import pytest
from pg8000.core import CoreConnection
from pg8000.exceptions import DatabaseError, InterfaceError

from chalicelib.directorio.connection import LIMITS_STATEMENT, Connector
from chalicelib.directorio.pipeline import MAX_IDLE_SECONDS, OWED_SECONDS, READ_BYTES, PipelinedConnection, sqlstate
from chalicelib.directorio.settings import parse_database_url

#: FD_SETSIZE of Linux and macOS; and these with all that pytest has open.
FILES_OF_SELECT, MANY_FILES = 1024, 2048


@pytest.fixture
def connect(proxy, database_url):
    """Opens connections through the proxy, and closes them afterwards."""
    connector = Connector(parse_database_url(proxy.url(database_url)))
    opened = []

    def connect(kind=PipelinedConnection, **options):
        connection = connector.open(kind, seconds=5, **options)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def connection(connect):
    return connect()


def ask(connection, statement, *values):
    return connection.execute_unnamed(statement, values).rows


def is_sound(connection) -> bool:
    """Whether the connection answers the question that was asked, and not an older one."""
    token = str(uuid.uuid4())
    return ask(connection, "SELECT $1::text", token) == [[token]]


class ChangedSocket:
    """A socket, of which one method is another function, which gets the real one first."""

    def __init__(self, real, changes):
        self._real, self._changes = real, changes

    def __getattr__(self, name):
        real = getattr(self._real, name)
        return partial(self._changes[name], real) if name in self._changes else real


def change_socket(connection, **changes) -> None:
    connection._usock = ChangedSocket(connection._usock, changes)  # noqa: SLF001 - as a network would


class TestOneTrip:
    def test_a_statement_with_parameters_is_one_flush(self, connection, proxy):
        before = proxy.statements, proxy.answers
        assert ask(connection, "SELECT $1::int + $2::int", 40, 2) == [[42]]
        assert (proxy.statements, proxy.answers) == (before[0] + 1, before[1] + 1)

    def test_stock_pg8000_needs_three(self, connect, proxy):
        stock = connect(CoreConnection)
        before = proxy.statements
        stock.execute_unnamed("SELECT $1::int", (1,))
        assert proxy.statements == before + 3

    def test_the_preamble_rides_along(self, connect, proxy):
        connection = connect(preamble=LIMITS_STATEMENT)
        before = proxy.statements
        rows = ask(connection, "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        assert rows == [["10s", "3s"]]
        assert proxy.statements == before + 1

    def test_the_preamble_counts_as_no_row(self, connect):
        answer = connect(preamble=LIMITS_STATEMENT).execute_unnamed("SELECT * FROM generate_series(1, 3)")
        assert answer.row_count == 3


class TestValues:
    @pytest.mark.parametrize(
        ("cast", "value"),
        [
            ("text", "ñandú 🦙 ' \" \\ $1 %s"), ("text", ""), ("text", None), ("int", 0), ("bigint", 2**62),
            ("numeric", decimal.Decimal("9999999.99")), ("bool", True), ("uuid", uuid.uuid4()), ("int[]", [1, 2, 3]),
            ("text[]", []), ("text", "x" * 1_000_000),
        ],
    )  # fmt: skip
    def test_come_back_as_they_went(self, connection, cast, value):
        assert ask(connection, f"SELECT $1::{cast}", value) == [[value]]

    def test_nulls_stand_between_values(self, connection):
        rows = ask(connection, "SELECT $1::text, $2::int, $3::text UNION ALL SELECT NULL, 1, NULL", None, None, "a")
        assert rows == [[None, None, "a"], [None, 1, None]]

    def test_one_parameter_may_be_used_twice(self, connection):
        assert ask(connection, "SELECT $2::int, $1::int, $2::int", 1, 2) == [[2, 1, 2]]

    def test_large_answers_arrive_whole(self, connection):
        rows = ask(connection, "SELECT repeat('x', 10000) FROM generate_series(1, 500)")
        assert sum(len(row[0]) for row in rows) == 5_000_000

    def test_what_returns_no_rows_has_none(self, connection):
        assert ask(connection, "DO $$ BEGIN END $$") is None

    def test_a_value_that_cannot_be_sent_is_noticed_before_anything_is(self, connection, proxy):
        before = proxy.statements
        with pytest.raises(UnicodeEncodeError):
            ask(connection, "SELECT $1::text", "\ud800")
        assert proxy.statements == before
        assert is_sound(connection)


class TestErrors:
    @pytest.mark.parametrize(
        ("statement", "values", "code"),
        [
            ("SELEC", (), "42601"),
            ("SELECT * FROM nowhere", (), "42P01"),
            ("SELECT $1::int", ("x",), "22P02"),
            ("SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n", (), "22012"),
            ("SELECT $1::int + $2::int", (1,), "08P01"),
        ],
        ids=["parse", "table", "bind", "middle of the rows", "too few parameters"],
    )
    @pytest.mark.parametrize("preamble", ["", LIMITS_STATEMENT], ids=["direct", "pooled"])
    def test_leave_the_connection_sound(self, connect, statement, values, code, preamble):
        connection = connect(preamble=preamble)
        with pytest.raises(DatabaseError) as caught:
            ask(connection, statement, *values)
        assert sqlstate(caught.value) == code
        assert is_sound(connection)

    def test_a_cancelled_statement_leaves_the_connection_sound(self, connection, sql):
        ((pid,),) = ask(connection, "SELECT pg_backend_pid()")
        timer = threading.Timer(0.2, lambda: sql(f"SELECT pg_cancel_backend({pid})"))
        timer.start()
        with pytest.raises(DatabaseError) as caught:
            ask(connection, "SELECT pg_sleep(20)")
        timer.join()
        assert sqlstate(caught.value) == "57014"
        assert is_sound(connection)

    def test_a_statement_survives_a_change_of_the_schema(self, connection):
        """Named prepared statements do not: "cached plan must not change result type"."""
        ask(connection, "CREATE TEMPORARY TABLE t (a int)")
        assert ask(connection, "SELECT * FROM t WHERE $1::int = 1", 1) == []
        ask(connection, "ALTER TABLE t ADD COLUMN b text DEFAULT 'x'")
        ask(connection, "INSERT INTO t (a) VALUES ($1::int)", 7)
        assert ask(connection, "SELECT * FROM t WHERE $1::int = 1", 1) == [[7, "x"]]

    def test_a_failed_statement_may_be_repeated_once_it_can_succeed(self, connection):
        for _ in range(2):
            with pytest.raises(DatabaseError):
                ask(connection, "SELECT $1::int FROM later", 1)
        ask(connection, "CREATE TEMPORARY TABLE later (a int)")
        assert ask(connection, "SELECT $1::int FROM later", 1) == []

    def test_an_interruption_while_reading_closes_the_connection(self, connection):
        """Else the next statement would read the rest of this one's rows."""

        def interrupt(_):
            raise KeyboardInterrupt

        connection.register_in_adapter(25, interrupt)
        with pytest.raises(KeyboardInterrupt):
            ask(connection, "SELECT 'a' FROM generate_series(1, 1000)")
        assert connection.is_closed
        with pytest.raises(InterfaceError, match="connection is closed"):
            ask(connection, "SELECT 1")


class TestPrepared:
    """What comes again: parsed once, and otherwise as if it had not been."""

    @staticmethod
    def again(connection, statement, *values):
        return connection.execute_prepared(statement, values).rows

    @staticmethod
    def prepared(connection):
        return ask(connection, "SELECT count(*)::int FROM pg_prepared_statements")[0][0]

    def test_each_time_is_one_flush(self, connection, proxy):
        before = proxy.statements, proxy.answers
        for number in range(10):
            assert self.again(connection, "SELECT $1::int + $2::int", number, 2) == [[number + 2]]
        assert (proxy.statements, proxy.answers) == (before[0] + 10, before[1] + 10)
        assert self.prepared(connection) == 1

    def test_nulls_and_several_rows_are_read_without_a_description(self, connection):
        for _ in range(2):
            rows = self.again(connection, "SELECT n, NULLIF(n, $1::int), true FROM generate_series(1, 2) AS n", 1)
            assert rows == [[1, None, True], [2, 2, True]]

    def test_an_answer_names_its_columns_each_time(self, connection):
        for _ in range(2):
            answer = connection.execute_prepared("SELECT 1 AS one, 2 AS two")
            assert [column["name"] for column in answer.columns] == ["one", "two"]

    def test_what_returns_no_rows_has_none(self, connection):
        for _ in range(3):
            assert self.again(connection, "SET application_name TO 'x'") is None

    def test_a_first_time_that_fails_is_not_in_the_way_of_the_next(self, connection, proxy):
        for divisor, code in ((0, "22012"), (0, "22012"), ("x", "22P02")):
            with pytest.raises(DatabaseError) as caught:
                self.again(connection, "SELECT 1 / $1::int", divisor)
            assert sqlstate(caught.value) == code
        before = proxy.statements
        assert self.again(connection, "SELECT 1 / $1::int", 1) == [[1]]
        assert proxy.statements == before + 1

    def test_a_later_failure_leaves_it_prepared(self, connection):
        for divisor in (1, 0, 1):
            if divisor:
                assert self.again(connection, "SELECT 1 / $1::int", divisor) == [[1]]
            else:
                with pytest.raises(DatabaseError):
                    self.again(connection, "SELECT 1 / $1::int", divisor)
        assert self.prepared(connection) == 1

    def test_a_changed_schema_is_met_in_a_second_trip(self, connection, proxy):
        ask(connection, "CREATE TEMPORARY TABLE t (a int)")
        ask(connection, "INSERT INTO t VALUES (7)")
        assert self.again(connection, "SELECT * FROM t") == [[7]]
        ask(connection, "ALTER TABLE t ADD b text DEFAULT 'new'")
        before = proxy.statements
        assert self.again(connection, "SELECT * FROM t") == [[7, "new"]]
        assert proxy.statements == before + 2
        assert self.again(connection, "SELECT * FROM t") == [[7, "new"]]
        assert proxy.statements == before + 3

    def test_what_the_server_has_forgotten_is_prepared_anew(self, connection):
        assert self.again(connection, "SELECT 1") == [[1]]
        ask(connection, "DEALLOCATE ALL")
        assert self.again(connection, "SELECT 1") == [[1]]
        assert self.prepared(connection) == 1

    def test_a_transaction_is_not_gone_on_with_behind_the_callers_back(self, connection):
        assert self.again(connection, "SELECT 1") == [[1]]
        ask(connection, "DEALLOCATE ALL")
        ask(connection, "BEGIN")
        with pytest.raises(DatabaseError) as caught:
            self.again(connection, "SELECT 1")
        assert sqlstate(caught.value) == "26000"

    def test_a_refusal_that_looks_like_a_stale_plan_is_raised_after_one_more_time(self, connection):
        refuse = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '0A000'; END $$"
        for _ in range(2):
            with pytest.raises(DatabaseError) as caught:
                self.again(connection, refuse)
            assert sqlstate(caught.value) == "0A000"
            assert is_sound(connection)


class TestTransactions:
    def test_hold_what_was_done_until_they_end(self, connection):
        # Through a pooler the session, and with it the table, outlives this test.
        ask(connection, "CREATE TEMPORARY TABLE held (a int)")
        ask(connection, "BEGIN")
        ask(connection, "INSERT INTO held VALUES ($1::int)", 1)
        ask(connection, "ROLLBACK")
        assert ask(connection, "SELECT count(*) FROM held") == [[0]]

    def test_a_failed_one_refuses_to_commit(self, connection):
        connection.execute_simple("BEGIN")
        with pytest.raises(DatabaseError):
            ask(connection, "SELECT 1/0")
        with pytest.raises(DatabaseError) as caught:
            ask(connection, "SELECT 1")
        assert sqlstate(caught.value) == "25P02"
        connection.execute_simple("ROLLBACK")
        assert is_sound(connection)


class TestLosses:
    @pytest.mark.parametrize("end", ["close_all", "reset_all"])
    def test_an_end_while_idle_is_seen_without_asking(self, connection, proxy, end):
        assert connection.is_usable()
        before = proxy.statements
        getattr(proxy, end)()
        deadline = time.monotonic() + 5
        while connection.is_usable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not connection.is_usable()
        assert proxy.statements == before

    def test_a_terminated_session_is_seen_without_asking(self, connection, sql):
        ((pid,),) = ask(connection, "SELECT pg_backend_pid()")
        sql(f"SELECT pg_terminate_backend({pid}, 5000)")
        deadline = time.monotonic() + 5
        while connection.is_usable() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not connection.is_usable()

    def test_a_connection_idle_for_too_long_is_not_trusted(self, connection):
        """A gateway on the way may have forgotten it, and says so only when it is too late."""
        assert connection.is_usable()
        connection._used_at -= MAX_IDLE_SECONDS + 1  # noqa: SLF001 - nobody waits five minutes
        assert not connection.is_usable()

    def test_a_process_may_have_more_files_than_select_knows(self, connect):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < MANY_FILES:
            pytest.skip(f"this machine allows no process {MANY_FILES} files")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY_FILES), hard))
        files = [os.open(os.devnull, os.O_RDONLY) for _ in range(FILES_OF_SELECT)]
        try:
            connection = connect()
            assert connection._usock.fileno() > FILES_OF_SELECT  # noqa: SLF001
            assert connection.is_usable()
            assert is_sound(connection)
        finally:
            for file in files:
                os.close(file)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    def test_a_reset_in_the_answer_is_a_network_error(self, connection, proxy):
        proxy.cut_before_answer = True
        with pytest.raises(InterfaceError, match="network error"):
            ask(connection, "SELECT 1")
        assert connection.is_closed

    def test_a_black_hole_is_a_network_error_in_time(self, connection, proxy):
        connection.answer_seconds = 0.2
        proxy.flowing.clear()
        started = time.monotonic()
        with pytest.raises(InterfaceError, match="network error"):
            ask(connection, "SELECT 1")
        assert time.monotonic() - started < 2
        assert connection.is_closed

    def test_a_peer_that_reads_nothing_is_a_network_error_in_time(self, connection, proxy):
        connection.answer_seconds = 0.2
        proxy.flowing.clear()
        with pytest.raises(InterfaceError, match="network error"):
            ask(connection, "SELECT $1::text", "x" * 20_000_000)
        assert connection.is_closed

    def test_a_server_that_takes_its_leave_says_why(self, connection, sql):
        """The statement had not run to its end: it has had no effect, and that is known."""
        ((pid,),) = ask(connection, "SELECT pg_backend_pid()")
        timer = threading.Timer(0.2, lambda: sql(f"SELECT pg_terminate_backend({pid})"))
        timer.start()
        with pytest.raises(DatabaseError) as caught:
            ask(connection, "SELECT pg_sleep(20)")
        timer.join()
        assert sqlstate(caught.value) == "57P01"
        assert connection.is_closed

    def test_closing_twice_is_nothing(self, connection):
        connection.close()
        connection.close()
        assert connection.is_closed


class TestReading:
    """How the bytes of an answer come is the network's business."""

    @pytest.mark.parametrize("most", [1, 4, 5, 6, 100])
    def test_an_answer_may_come_in_any_pieces(self, connection, most):
        change_socket(connection, recv=lambda recv, size: recv(min(size, most)))
        rows = ask(connection, "SELECT n, nullif(n, 2), repeat('x', 100) FROM generate_series(1, 3) AS n")
        assert rows == [[1, 1, "x" * 100], [2, None, "x" * 100], [3, 3, "x" * 100]]
        assert connection.execute_prepared("SELECT $1::int", (7,)).rows == [[7]]
        assert connection.execute_prepared("SELECT $1::int", (8,)).rows == [[8]]
        assert connection.is_usable()

    def test_several_answers_may_come_at_once(self, connection, proxy):
        sent = proxy.statements + 3
        for number in range(3):
            connection.execute_later("SELECT WHERE $1::int < 0", (number,))
        deadline = time.monotonic() + 5
        while not (proxy.statements == sent and proxy.is_answered) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)  # the proxy counts an answer just before it passes it on
        reads = []
        change_socket(connection, recv=lambda recv, size: reads.append(size) or recv(size))
        assert connection.is_usable()
        assert len(reads) == 1

    def test_an_answer_larger_than_what_is_read_at_once(self, connection):
        size = 5 * READ_BYTES + 1
        assert ask(connection, "SELECT repeat('x', $1::int), 2", size) == [["x" * size, 2]]
        assert is_sound(connection)

    def test_what_comes_unasked_behind_an_answer_is_seen(self, connection):
        leave = b"E" + struct.pack("!i", 4 + 1) + b"\0"
        change_socket(connection, recv=lambda recv, size: recv(size) + leave)
        assert ask(connection, "SELECT 1") == [[1]]
        assert not connection.is_usable()

    @pytest.mark.parametrize("length", [3, 0, -1, -(2**31)])
    def test_a_length_that_no_message_has_is_a_network_error(self, connection, length):
        change_socket(connection, recv=lambda *_: b"Z" + struct.pack("!i", length))
        with pytest.raises(InterfaceError, match="network error"):
            ask(connection, "SELECT 1")
        assert connection.is_closed


class TestLater:
    @pytest.fixture(autouse=True)
    def table(self, connection):
        ask(connection, "CREATE TEMPORARY TABLE t (a int)")

    def test_nobody_waits_for_the_answer(self, connection, proxy):
        proxy.answering.clear()
        connection.execute_later("INSERT INTO t VALUES ($1::int)", (1,))
        proxy.answering.set()
        assert ask(connection, "SELECT a FROM t") == [[1]]

    def test_a_refusal_is_logged_and_forgotten(self, connection, caplog):
        connection.execute_later("INSERT INTO nowhere VALUES ($1::int)", (1,))
        assert is_sound(connection)
        (record,) = caplog.records
        assert (record.levelname, record.sqlstate) == ("WARNING", "42P01")

    def test_an_old_answer_does_not_make_an_idle_connection_young(self, connection):
        """A Lambda that was frozen after a write finds the answer to its mark waiting."""
        connection.execute_later("INSERT INTO t VALUES ($1::int)", (1,))
        connection._used_at -= MAX_IDLE_SECONDS + 1  # noqa: SLF001 - nobody waits five minutes
        assert not connection.is_usable()

    def test_several_answers_may_be_owed(self, connection):
        for number in range(5):
            connection.execute_later("INSERT INTO t VALUES ($1::int)", (number,))
        assert connection.is_usable()
        assert ask(connection, "SELECT count(*) FROM t") == [[5]]

    def test_an_answer_that_does_not_come_is_not_waited_for_long(self, connection, proxy):
        proxy.answering.clear()
        connection.execute_later("INSERT INTO t VALUES ($1::int)", (1,))
        started = time.monotonic()
        assert not connection.is_usable()
        assert time.monotonic() - started < OWED_SECONDS + 1

    def test_a_loss_before_the_next_statement_is_seen_before_it_is_sent(self, connection, proxy):
        proxy.cut_before_answer = True
        connection.execute_later("INSERT INTO t VALUES ($1::int)", (1,))
        before = proxy.statements
        assert not connection.is_usable()
        assert proxy.statements <= before + 1
