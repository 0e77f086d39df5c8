"""The guarantees of a pipelined connection, against a real server."""

import decimal
import os
import resource
import struct
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO

import pytest

from pg8000_pipeline import DatabaseError, InterfaceError, sqlstate
from pg8000_pipeline import connection as module
from pg8000_pipeline.connection import MAX_IDLE_SECONDS, READ_BYTES
from tests.support.sessions import once_active

#: FD_SETSIZE of Linux and macOS; and these with all that pytest has open.
FILES_OF_SELECT, MANY_FILES = 1024, 2048
LIMITS = "SELECT WHERE set_config('statement_timeout', '10s', true) IS NULL"


def ask(connection, statement, *values):
    return connection.execute_unnamed(statement, values).rows


def again(connection, statement, *values):
    return connection.execute_prepared(statement, values).rows


def refusal(run, *arguments):
    """The SQLSTATE with which the server refuses a call."""
    with pytest.raises(DatabaseError) as caught:
        run(*arguments)
    return sqlstate(caught.value)


def is_sound(connection):
    """Whether the connection answers the question that was asked, and not an older one."""
    token = str(uuid.uuid4())
    return ask(connection, "SELECT $1::text", token) == [[token]]


def prepared_names(connection):
    return connection.execute_simple("SELECT count(*)::int FROM pg_prepared_statements").rows[0][0]


class ChangedSocket:
    """A socket with other functions for some methods, which get the real one first."""

    def __init__(self, real, changes):
        self._real, self._changes = real, changes

    def __getattr__(self, name):
        real = getattr(self._real, name)
        return partial(self._changes[name], real) if name in self._changes else real


def change_socket(connection, **changes):
    connection._usock = ChangedSocket(connection._usock, changes)  # noqa: SLF001 - as a network would


class TestRoundTrips:
    @pytest.mark.parametrize(("run", "prepared"), [(ask, 0), (again, 1)])
    def test_a_statement_with_parameters_takes_one_and_is_prepared_once(self, connection, trips, run, prepared):
        with trips(10):
            for number in range(10):
                assert run(connection, "SELECT $1::int + $2::int", number, 2) == [[number + 2]]
        assert prepared_names(connection) == prepared

    def test_execute_prepares_what_a_named_connection_runs(self, connect):
        for named in (False, True):
            connection = connect(named=named)
            for _ in range(2):
                assert connection.execute("SELECT 1").rows == [[1]]
            assert prepared_names(connection) == named

    def test_the_preamble_is_part_of_the_statements_flush(self, connect, trips):
        connection = connect(preamble=LIMITS)
        for execute in (connection.execute_unnamed, connection.execute_simple, connection.execute_prepared):
            with trips(1):
                assert execute("SELECT current_setting('statement_timeout')").rows == [["10s"]]
        assert connection.execute_unnamed("SELECT FROM generate_series(1, 3)").row_count == 3
        assert connection.execute_unnamed("SET application_name TO 'x'").row_count == -1
        assert connection.execute_simple("SET application_name TO 'x'").rows is None
        assert connection.execute_unnamed("SET application_name TO 'x'").row_count == -1

    @pytest.mark.parametrize("preamble", ["", LIMITS], ids=["direct", "pooled"])
    def test_a_transaction_holds_the_preamble_and_what_was_done_until_it_ends(self, connect, preamble):
        connection = connect(preamble=preamble)
        ask(connection, "CREATE TEMPORARY TABLE held (a int)")
        for end, count in (("ROLLBACK", 0), ("COMMIT", 1)):
            ask(connection, "BEGIN")
            assert ask(connection, "SHOW statement_timeout") == [["10s" if preamble else "0"]]
            ask(connection, "INSERT INTO held VALUES ($1::int)", 1)
            ask(connection, end)
            assert ask(connection, "SELECT count(*) FROM held") == [[count]]
        connection.execute_simple("BEGIN")
        assert refusal(ask, connection, "SELECT 1/0") == "22012"
        assert refusal(ask, connection, "SELECT 1") == "25P02"
        connection.execute_simple("ROLLBACK")
        assert is_sound(connection)


class TestValues:
    def test_return_as_they_were_sent(self, connection):
        for cast, value in (
            ("text", "ñandú 🦙 ' \" \\ $1 %s"), ("text", ""), ("text", None), ("int", 0), ("bigint", 2**62),
            ("numeric", decimal.Decimal("9999999.99")), ("bool", True), ("uuid", uuid.uuid4()), ("int[]", [1, 2, 3]),
            ("text[]", []), ("text", "x" * 1_000_000),
        ):  # fmt: skip
            assert ask(connection, f"SELECT $1::{cast}", value) == [[value]]
        rows = ask(connection, "SELECT $1::text, $2::int, $3::text UNION ALL SELECT NULL, 1, NULL", None, None, "a")
        assert rows == [[None, None, "a"], [None, 1, None]]
        assert ask(connection, "SELECT $2::int, $1::int, $2::int", 1, 2) == [[2, 1, 2]]

    def test_have_the_types_that_the_caller_gives(self, connect):
        for connection in (connect(), connect(named=True)):
            for oid, name in ((20, "bigint"), (25, "text"), (20, "bigint")):
                assert connection.execute("SELECT pg_typeof($1)::text", ("1",), (oid,)).rows == [[name]]
            assert connection.execute("SELECT $1 || 'b'", ("a",), (-1,)).rows == [["ab"]]

    def test_follow_the_encoding_of_the_client_or_fail_before_anything_is_sent(self, connection, trips):
        with trips(0), pytest.raises(UnicodeEncodeError):
            ask(connection, "SELECT $1::text", "\ud800")
        ask(connection, "SET client_encoding TO 'LATIN1'")
        assert ask(connection, "SELECT 'ñ' || $1::text", "ó") == [["ñó"]]

    def test_are_copied_from_and_to_streams_whose_errors_reach_the_caller(self, connection):
        ask(connection, "CREATE TEMPORARY TABLE t (a int)")
        connection.execute("COPY t FROM STDIN", stream=BytesIO(b"1\n2\n"))
        connection.execute("COPY t TO STDOUT", stream=(target := BytesIO()))
        assert target.getvalue() == b"1\n2\n"
        assert is_sound(connection)
        with pytest.raises(ZeroDivisionError):
            connection.execute("COPY t FROM STDIN", stream=(1 // number for number in (0,)))
        assert connection.is_closed


class TestErrors:
    @pytest.mark.parametrize("preamble", ["", LIMITS], ids=["direct", "pooled"])
    def test_leave_the_connection_sound(self, connect, preamble):
        connection = connect(preamble=preamble)
        for statement, values, code in (
            ("SELEC", (), "42601"),
            ("SELECT * FROM nowhere", (), "42P01"),
            ("SELECT $1::int", ("x",), "22P02"),
            ("SELECT 1 / (3 - n) FROM generate_series(1, 5) AS n", (), "22012"),
            ("SELECT $1::int + $2::int", (1,), "08P01"),
        ):
            for run in (ask, again, again):
                assert refusal(run, connection, statement, *values) == code
                assert is_sound(connection)

    def test_a_session_may_be_cancelled_or_ended_from_outside(self, connection, sql):
        """A termination, too, says that the statement had no effect."""
        for action, code in (("pg_cancel_backend", "57014"), ("pg_terminate_backend", "57P01")):
            assert is_sound(connection)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(sql, once_active("SELECT pg_sleep", action))
                assert refusal(ask, connection, "SELECT pg_sleep(60)") == code
        assert connection.is_closed

    @pytest.mark.parametrize(("thrown", "raised"), [(KeyboardInterrupt, KeyboardInterrupt), (KeyError, InterfaceError)])
    def test_an_answer_that_cannot_be_read_closes_the_connection(self, connection, thrown, raised):
        """Otherwise the next statement would read the rest of this one's rows."""

        def interrupt(_):
            raise thrown

        connection.register_in_adapter(25, interrupt)
        with pytest.raises(raised):
            ask(connection, "SELECT 'a' FROM generate_series(1, 1000)")
        assert connection.is_closed
        with pytest.raises(InterfaceError, match="connection is closed"):
            ask(connection, "SELECT 1")


class TestPrepared:
    def test_rows_are_read_without_a_new_description(self, connection):
        statement = "SELECT n AS one, NULLIF(n, $1::int) AS two, true AS three FROM generate_series(1, 2) AS n"
        for _ in range(2):
            answer = connection.execute_prepared(statement, (1,))
            assert answer.rows == [[1, None, True], [2, 2, True]]
            assert [column["name"] for column in answer.columns] == ["one", "two", "three"]

    def test_a_first_execution_that_fails_does_not_hinder_the_next(self, connection, trips):
        for divisor, code in ((0, "22012"), (0, "22012"), ("x", "22P02")):
            assert refusal(again, connection, "SELECT 1 / $1::int", divisor) == code
        with trips(1):
            assert again(connection, "SELECT 1 / $1::int", 1) == [[1]]
        assert refusal(again, connection, "SELECT 1 / $1::int", 0) == "22012"
        assert again(connection, "SELECT 1 / $1::int", 1) == [[1]]
        assert prepared_names(connection) == 1

    def test_a_changed_schema_takes_a_second_trip(self, connection, trips):
        ask(connection, "CREATE TEMPORARY TABLE t (a int)")
        ask(connection, "INSERT INTO t VALUES (7)")
        assert again(connection, "SELECT * FROM t") == [[7]]
        ask(connection, "ALTER TABLE t ADD b text DEFAULT 'new'")
        for expected in (2, 1):
            with trips(expected):
                assert again(connection, "SELECT * FROM t") == [[7, "new"]]

    def test_what_the_server_has_forgotten_is_prepared_again(self, connection):
        for _ in range(2):
            assert again(connection, "SELECT 1") == [[1]]
            ask(connection, "DEALLOCATE ALL")
        assert again(connection, "SELECT 1") == [[1]]
        assert prepared_names(connection) == 1
        ask(connection, "DEALLOCATE ALL")
        ask(connection, "BEGIN")  # a caller's transaction is not continued silently
        assert refusal(again, connection, "SELECT 1") == "26000"
        ask(connection, "ROLLBACK")
        for _ in range(2):  # what looks like a stale plan is raised after one retry
            raising = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '0A000'; END $$"
            assert refusal(again, connection, raising) == "0A000"
            assert is_sound(connection)

    def test_the_oldest_is_closed_to_make_room(self, connection, monkeypatch, trips):
        monkeypatch.setattr(module, "MAX_PREPARED", 3)
        with trips(8):
            for number in (0, 1, 2, 3, 4, 0, 3, 4):
                assert again(connection, f"SELECT {number}") == [[number]]
        assert prepared_names(connection) == 3


class TestLosses:
    @pytest.mark.parametrize("end", ["close_all", "reset_all", "terminate"])
    def test_the_end_of_an_idle_connection_is_seen_without_a_round_trip(self, connection, proxy, sql, trips, end):
        ((pid,),) = ask(connection, "SELECT pg_backend_pid()")
        assert connection.is_usable()
        with trips(0):
            if end == "terminate":
                sql(f"SELECT pg_terminate_backend({pid})")
            else:
                getattr(proxy, end)()
            assert connection._poll.poll(60_000)  # noqa: SLF001 - the server, or the network, has something to say
            assert not connection.is_usable()

    def test_a_connection_that_was_idle_for_too_long_is_not_trusted(self, connection):
        """Nor does an old answer, which a thawed Lambda finds waiting, make it young."""
        for seconds, usable in ((MAX_IDLE_SECONDS - 60, True), (MAX_IDLE_SECONDS + 1, False), (-60, False)):
            connection.execute_later("SELECT WHERE false")
            connection._used_at = module.time.time() - seconds  # noqa: SLF001 - as if that time had passed
            assert connection.is_usable() is usable

    def test_a_process_may_have_more_files_than_select_can_hold(self, connect):
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

    @pytest.mark.parametrize("cut", ["cut_before_request", "cut_before_answer", "cut_in_answer"])
    def test_a_cut_is_a_network_error(self, connection, proxy, cut):
        setattr(proxy, cut, True)
        with pytest.raises(InterfaceError, match="network error"):
            ask(connection, "SELECT 1")
        assert connection.is_closed

    @pytest.mark.parametrize("value", ["short", "x" * 20_000_000], ids=["no answer", "a peer that reads nothing"])
    def test_a_black_hole_is_a_network_error_in_time(self, connection, proxy, value):
        connection.answer_seconds = 0.2
        proxy.flowing.clear()
        with pytest.raises(InterfaceError, match="network error") as caught:
            ask(connection, "SELECT $1::text", value)
        assert isinstance(caught.value.__cause__, TimeoutError)
        assert connection.is_closed


class TestReading:
    def test_an_answer_may_come_in_any_pieces(self, connect):
        for most in (1, 4, 5, 6, 100, 5 * READ_BYTES):
            connection = connect()
            change_socket(connection, recv=lambda recv, size, most=most: recv(min(size, most)))
            rows = ask(connection, "SELECT n, nullif(n, 2), repeat('x', $1) FROM generate_series(1, 3) AS n", most)
            assert rows == [[1, 1, "x" * most], [2, None, "x" * most], [3, 3, "x" * most]]
            assert [again(connection, "SELECT $1::int", number) for number in (7, 8)] == [[[7]], [[8]]]
            assert connection.is_usable()

    def test_what_follows_an_answer_unasked_is_seen(self, connection):
        goodbye = b"E" + struct.pack("!i", 4 + 1) + b"\0"
        change_socket(connection, recv=lambda recv, size: recv(size) + goodbye)
        assert ask(connection, "SELECT 1") == [[1]]
        assert not connection.is_usable()

    @pytest.mark.parametrize(
        "nonsense",
        [*(b"Z" + struct.pack("!i", length) for length in (3, 0, -1, -(2**31))),
         b"?" + struct.pack("!i", 4), b"T" + struct.pack("!i", 5) + b"x", b"E" + struct.pack("!i", 6) + b"\xff\0"],
    )  # fmt: skip
    def test_what_is_not_the_protocol_is_an_interface_error(self, connection, nonsense):
        change_socket(connection, recv=lambda *_: nonsense)
        with pytest.raises(InterfaceError):
            ask(connection, "SELECT 1")
        assert connection.is_closed


class TestLater:
    @pytest.fixture(autouse=True)
    def table(self, connection):
        ask(connection, "CREATE TEMPORARY TABLE t (a int)")

    @pytest.mark.parametrize("is_prepared", [False, True])
    def test_the_answer_is_not_waited_for(self, connection, proxy, is_prepared):
        proxy.answering.clear()
        connection.execute_later("INSERT INTO t VALUES ($1::int)", (1,), is_prepared=is_prepared)
        proxy.answering.set()
        for number in (2, 3):
            connection.execute_later("INSERT INTO t VALUES ($1::int)", (number,), is_prepared=is_prepared)
        assert connection.is_usable()
        assert ask(connection, "SELECT a FROM t") == [[1], [2], [3]]
        prepared = ask(connection, "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'")
        assert prepared == [[is_prepared]]

    @pytest.mark.parametrize("is_prepared", [False, True])
    def test_a_refusal_is_logged_and_dropped(self, connection, caplog, is_prepared):
        connection.execute_later("INSERT INTO later VALUES ($1::int)", (1,), is_prepared=is_prepared)
        assert is_sound(connection)
        (record,) = caplog.records
        assert (record.levelname, record.sqlstate) == ("WARNING", "42P01")
        for event in ("CREATE TEMPORARY TABLE later (a int)", "DEALLOCATE ALL"):
            ask(connection, event)
            for number in (1, 2):
                connection.execute_later("INSERT INTO later VALUES ($1::int)", (number,), is_prepared=is_prepared)
        assert ask(connection, "SELECT count(*) FROM later") == [[3 if is_prepared else 4]]

    def test_an_answer_that_does_not_come_ends_the_connection(self, connection, proxy, monkeypatch):
        monkeypatch.setattr(module, "OWED_SECONDS", 0.1)
        proxy.answering.clear()
        connection.execute_later("INSERT INTO t VALUES ($1::int)", (1,))
        assert not connection.is_usable()
        assert connection.is_closed


def test_clients_of_a_transaction_pooler_get_the_answers_to_their_own_questions(connect, pgbouncer):
    """Eight clients share three server connections, in autocommit, with as many parameters as confuse stock pg8000."""

    def work(client):
        connection = connect(unix_sock=pgbouncer, preamble=LIMITS)
        for number in range(20):
            count, value = (client + number) % 5 + 1, client * 1000 + number
            asked = ", ".join(f"${each + 1}::int" for each in range(count))
            assert ask(connection, f"SELECT {asked}", *[value] * count) == [[value] * count]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
