"""The lines on the terminal, and in the log of a process."""

from __future__ import annotations

import io
import logging
import os

import pytest

from chalice_devserver.logs import ReadableFormatter, log_to_stdout
from local.console import Console


def never():
    pytest.fail("the terminal is not broken")


def written(stream, *lines):
    console = Console(stream, on_broken=never)
    for name, text in lines:
        console.line(name, text)
    return stream.getvalue()


def test_each_line_begins_with_the_name_of_its_process_and_is_neither_cut_nor_read_as_markup():
    text = f"[bold]:smile: {'x' * 300}"
    assert written(io.StringIO(), ("crud", text), ("email-pump", "[SES] Enviado")) == (
        f"crud       │ {text}\nemail-pump │ [SES] Enviado\n"
    )


def test_once_the_reader_of_its_pipe_has_gone_that_is_told_and_nothing_breaks():
    reader, writer = os.pipe()
    os.close(reader)
    noticed: list[bool] = []
    with open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        Console(stream, on_broken=lambda: noticed.append(True)).line("crud", "GET / 200")
    assert noticed == [True]


def formatted(level, message, *arguments, **extra):
    record = logging.getLogger("app").makeRecord("app", level, "app.py", 1, message, arguments, None, extra=extra)
    return ReadableFormatter().format(record)


def test_a_log_line_is_its_message_and_what_it_does_not_say_yet_and_trouble_says_so():
    assert formatted(logging.INFO, "GET %s", "/x", path="/x", status=200) == "GET /x  status=200"
    assert [formatted(level, "hm") for level in (logging.WARNING, logging.ERROR)] == ["WARNING hm", "ERROR hm"]


def test_libraries_are_quiet_and_the_project_is_not(capsys):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        # `force` would close pytest's own handlers.
        root.handlers.clear()
        log_to_stdout()
        logging.getLogger("botocore.credentials").info("Found credentials")
        logging.getLogger("chalicelib.publisher").info("[SNS] Publicado", extra={"empleado": 7})
        logging.getLogger("botocore.credentials").warning("hm")
    finally:
        root.handlers[:], root.level = handlers, level
    assert capsys.readouterr().out == "[SNS] Publicado  empleado=7\nWARNING hm\n"
