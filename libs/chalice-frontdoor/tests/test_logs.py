import logging
import subprocess
import sys
import time

import pytest

from chalice_frontdoor import FrontDoor, Problem, logs
from chalice_frontdoor.testing.client import Client
from chalice_frontdoor.testing.events import HTTP_API_REQUEST_ID, LAMBDA_REQUEST_ID, Wire, event_for
from sample_app import app_that_answers, app_that_raises, make_app

SECRET = "ana@example.com"


@pytest.fixture(autouse=True)
def _info(caplog):
    caplog.set_level(logging.INFO, "chalice_frontdoor")


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", f"/empleados/{SECRET}?q={SECRET}", "/empleados/{id}", 200),
        ("PATCH", f"/empleados/{SECRET}", "/empleados/{id}", 405),
        ("GET", f"/{SECRET}", "$default", 404),
    ],
)
def test_one_line_a_request_names_the_route_and_no_person(caplog, method, path, route, status):
    before = time.time()
    Client(make_app()).request(method, path, headers={"X-Request-Id": "abc", "X-Forwarded-For": "10.0.0.1"})
    (record,) = caplog.records
    own = HTTP_API_REQUEST_ID
    assert (record.name, record.levelname) == ("chalice_frontdoor.access", "INFO")
    assert record.getMessage() == f"{method} {route} {status} {own} client_request_id=abc"
    fields = {"method": method, "route": route, "status": status, "request_id": own, "client_request_id": "abc"}
    assert vars(record).items() >= fields.items()
    assert SECRET not in str(vars(record))
    assert "203.0.113.7" not in str(vars(record))
    assert vars(record).keys() >= vars(logging.LogRecord("x", logging.INFO, "x.py", 1, "x", (), None)).keys()
    assert before <= record.created <= time.time()


def test_what_is_noted_stands_in_the_line_of_its_request(caplog):
    app = FrontDoor("notes")

    @app.route("/nota")
    def note():
        for name, value in (("database_ms", 1.5), ("database_ms", 0.25), ("rows", 7), ("reader_id", "5f3")):
            logs.note(name, value)

    app.route("/nada")(dict)
    logs.note("database_ms", 100)  # before it
    for path in ("/nota", "/nada"):
        Client(app).get(path)
    noted, other = caplog.records
    assert [vars(noted)[name] for name in ("database_ms", "rows", "reader_id")] == [1.75, 7, "5f3"]
    assert noted.getMessage() == f"GET /nota 200 {vars(noted)['request_id']} database_ms=1.75 rows=7 reader_id=5f3"
    assert "database_ms" not in vars(other)


def test_an_unexpected_error_is_logged_with_its_stack_and_without_its_text(caplog):
    failure = RuntimeError(SECRET)
    failure.__cause__ = ValueError(SECRET)
    failure.__context__ = KeyError(SECRET)  # hidden by the cause, as in a traceback
    Client(app_that_raises(failure), "alb_multi").get("/vista")
    record = caplog.records[0]
    assert (record.name, record.levelname) == ("chalice_frontdoor.errors", "ERROR")
    fields = {"error": "RuntimeError", "route": "/vista", "request_id": LAMBDA_REQUEST_ID}
    assert vars(record).items() >= fields.items()
    words = ("sample_app.py", "builtins.RuntimeError", "builtins.ValueError", "builtins.KeyError")
    assert [word in record.getMessage() for word in words] == [True, True, True, False]
    assert SECRET not in str(vars(record))


def test_contexts_are_logged_and_errors_that_cause_each_other_once(caplog):
    failure, first, second = RuntimeError(), RuntimeError(), LookupError()
    failure.__context__ = LookupError()
    first.__cause__, second.__cause__ = second, first
    for error in (failure, first):
        Client(app_that_raises(error)).get("/vista")
        stack = caplog.records[-2].getMessage()
        assert ("builtins.LookupError" in stack, stack.count("builtins.")) == (True, 2)


def test_an_outage_that_the_app_explains_is_logged_with_its_cause_and_a_clients_mistake_is_not(caplog):
    app = app_that_raises(ConnectionError(SECRET))
    for status, logged in ((503, ["ConnectionError"]), (409, [])):
        caplog.clear()
        app.register_problems({OSError: Problem(status)})
        assert Client(app).get("/vista").status == status
        assert [vars(record)["error"] for record in caplog.records if record.levelname == "ERROR"] == logged


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X-Dato": f"{SECRET}\r\n"}, "Refused (the value of the header X-Dato is not printable text of ISO 8859-1)"),
        ({f"{SECRET} ": "a"}, "Refused (a header's name is no token)"),
        ({"X-Dato": "a" * 20_000}, "TooLarge (the headers are more than the front door lets through)"),
    ],
)
def test_a_refused_response_is_logged_with_the_reason(caplog, headers, reason):
    Client(app_that_answers({}, headers)).get("/vista")
    assert vars(caplog.records[0])["error"] == f"Response{reason}"
    assert SECRET not in str(vars(caplog.records[0]))


def test_an_event_that_is_no_request_is_a_warning_and_a_malformed_one_shows_where(caplog):
    make_app()({"detalle": SECRET}, None)
    malformed = event_for("alb_multi", Wire("GET", "/health")) | {"multiValueHeaders": {SECRET: 7}}
    make_app()(malformed, None)
    unknown, damaged = caplog.records
    assert (unknown.levelname, unknown.getMessage()) == ("WARNING", "not an HTTP event of a known front door -")
    assert "builtins.AttributeError" in damaged.getMessage()
    assert "in _read_headers" in damaged.getMessage()
    assert SECRET not in str([vars(record) for record in caplog.records])


# ---- where the lines go


@pytest.fixture
def root():
    """The root logger as Lambda's runtime leaves it: one handler, level WARNING; our loggers untouched."""
    loggers = [logging.getLogger(name) for name in (None, "chalice_frontdoor", "app", "chalicelib", "sample")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.NOTSET)
    root = loggers[0]
    root.setLevel(logging.WARNING)
    root.handlers[:] = [logging.NullHandler()]
    yield root
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.parametrize("level", [logging.WARNING, logging.INFO], ids=["text format", "JSON format"])
def test_info_lines_of_the_app_are_seen_on_lambda_and_a_librarys_only_where_they_are_wanted(root, level):
    root.setLevel(level)
    handlers = root.handlers[:]
    FrontDoor("sample", configure_logs=False)
    assert logging.getLogger("chalicelib").level == logging.NOTSET
    FrontDoor("sample")
    assert (root.handlers, root.level) == (handlers, level)
    FrontDoor("sample", quiet_libraries=True)
    for name in ("app", "chalicelib.repositorio", "sample", "chalice_frontdoor.access"):
        assert logging.getLogger(name).isEnabledFor(logging.INFO)
        assert not logging.getLogger(name).handlers
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


def test_a_level_that_was_set_elsewhere_is_kept(root):
    for level in (logging.DEBUG, logging.ERROR):
        root.setLevel(level)
        FrontDoor("sample")
        assert logging.getLogger("chalicelib").getEffectiveLevel() == level
    root.setLevel(logging.WARNING)
    logging.getLogger("chalicelib").setLevel(logging.ERROR)
    app = FrontDoor("sample", debug=True)
    for level in (logging.DEBUG, logging.INFO):
        assert logging.getLogger("sample").getEffectiveLevel() == level
        app.debug = False
    assert (root.level, logging.getLogger("chalicelib").level) == (logging.WARNING, logging.ERROR)


def test_a_line_is_seen_once_under_plain_python():
    program = """
import logging
from chalice_frontdoor import FrontDoor
for name in ("uno", "dos"):
    app = FrontDoor(name)
    app.log.info("hola de %s", name)
logging.getLogger("chalicelib.x").info("hola de x")
logging.getLogger("httpx").info("GET https://example.com/?q=ana")
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = ["INFO uno hola de uno", "INFO dos hola de dos", "INFO chalicelib.x hola de x"]
    assert (done.stdout, done.stderr.splitlines()) == ("", lines)
