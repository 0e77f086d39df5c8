"""pg8000's interfaces, and SQLAlchemy, on top of pipelined connections."""

import pytest
import sqlalchemy as sa
from pg8000 import dbapi as stock_dbapi
from sqlalchemy.exc import DBAPIError

from pg8000_pipeline import DatabaseError, InterfaceError, dbapi, native, sqlstate

LIMITS = "SELECT WHERE set_config('statement_timeout', '10s', true) IS NULL"


class TestNative:
    def test_runs_statements_with_named_parameters_in_one_trip(self, connect, trips):
        connection = connect(native.Connection)
        with trips(3):
            assert connection.run("SELECT :a::int + :b::int AS sum", a=1, b=2) == [[3]]
            assert [column["name"] for column in connection.columns] == ["sum"]
            assert connection.run("SELECT 1; SELECT 2") == [[1], [2]]
            types = {"a": native.native.BIGINT}
            assert connection.run("SELECT pg_typeof(:a)::text", a="1", types=types) == [["bigint"]]
        with pytest.raises(NotImplementedError):
            connection.prepare("SELECT 1")


class TestDbapi:
    @pytest.fixture(params=[False, True], ids=["unnamed", "named"])
    def connection(self, connect, request):
        connection = connect(dbapi.connect, named=request.param)
        connection.autocommit = True
        connection.cursor().execute("CREATE TEMPORARY TABLE t (a int)")
        connection.autocommit = False
        return connection

    def count(self, connection):
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM t")
        return cursor.fetchone()[0]

    def test_beginning_is_part_of_the_first_statements_trip(self, connection, trips):
        cursor = connection.cursor()
        for statement, arguments in (("INSERT INTO t VALUES (%s)", (1,)), ("INSERT INTO t VALUES (1)", ())):
            with trips(3):
                cursor.execute(statement, arguments)
                assert connection.in_transaction
                assert cursor.rowcount == 1
                cursor.execute(statement, arguments)
                connection.commit()
        with trips(0):
            connection.commit()
            connection.rollback()
        assert self.count(connection) == 4

    def test_rolls_back_what_was_done(self, connection):
        connection.cursor().executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])
        for code in ("22012", "25P02"):
            with pytest.raises(DatabaseError) as caught:
                connection.cursor().execute("SELECT %s::int / 0", (1,))
            assert sqlstate(caught.value) == code
        connection.rollback()
        assert self.count(connection) == 0

    def test_a_stale_statement_at_the_beginning_of_a_transaction_is_prepared_again(self, connection):
        for _ in range(2):
            connection.cursor().execute("INSERT INTO t VALUES (%s)", (1,))
            connection.cursor().execute("DEALLOCATE ALL")
            connection.commit()
        connection.cursor().execute("INSERT INTO t VALUES (%s)", (1,))
        connection.rollback()
        assert self.count(connection) == 2

    def test_keeps_the_preamble_for_the_transaction(self, connect):
        connection = connect(dbapi.Connection, preamble=LIMITS)
        cursor = connection.cursor()
        for autocommit, arguments in ((False, ()), (False, (1,)), (True, ()), (True, (1,))):
            connection.autocommit = autocommit
            for _ in range(2):
                cursor.execute("SELECT current_setting('statement_timeout')" + ", %s" * len(arguments), arguments)
                assert cursor.fetchone()[0] == "10s"
            connection.rollback()

    def test_knows_every_style_of_parameters(self, connection, monkeypatch):
        cursor = connection.cursor()
        for style, statement, arguments in (
            ("format", "SELECT %s", ("a",)), ("qmark", "SELECT ?", ("a",)), ("numeric", "SELECT :1", ("a",)),
            ("named", "SELECT :x", {"x": "a"}), ("pyformat", "SELECT %(x)s", {"x": "a"}),
        ):  # fmt: skip
            monkeypatch.setattr(stock_dbapi, "paramstyle", style)
            cursor.execute(statement, arguments)
            assert [list(row) for row in cursor] == [["a"]]
        cursor.close()
        with pytest.raises(InterfaceError, match="Cursor closed"):
            cursor.execute("SELECT 1")


class TestSqlalchemy:
    @pytest.fixture(params=[False, True], ids=["unnamed", "named"])
    def engine(self, connect, request):
        engine = sa.create_engine(
            "postgresql+pg8000://", creator=lambda: connect(dbapi.Connection, named=request.param), pool_size=1
        )
        engine.connect().close()  # its first connection asks about the server
        yield engine
        engine.dispose()

    def test_autocommit_takes_one_trip_per_statement_and_a_transaction_one_more(self, engine, trips):
        autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        with autocommit.connect() as connection, trips(2):
            assert connection.execute(sa.select(sa.literal(1))).scalar_one() == 1
            assert connection.execute(sa.text("SELECT CAST(:a AS int)"), {"a": 2}).scalar_one() == 2
        with trips(3), engine.begin() as connection:
            for value in (1, 2):
                assert connection.execute(sa.select(sa.literal(value))).scalar_one() == value

    @pytest.mark.parametrize("isolation_level", ["AUTOCOMMIT", "READ COMMITTED"])
    def test_a_lost_connection_is_replaced(self, engine, proxy, sql, isolation_level):
        def cut(_):
            proxy.cut_before_answer = True

        def terminate(connection):
            pid = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
            sql(f"SELECT pg_terminate_backend({pid}, 60000)")

        engine = engine.execution_options(isolation_level=isolation_level)
        for lose in (cut, terminate):
            with engine.connect() as connection:
                lose(connection)
                with pytest.raises(DBAPIError) as caught:
                    connection.execute(sa.text("SELECT 1"))
            assert caught.value.connection_invalidated
            with engine.connect() as connection:
                assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1
