"""The lines on the terminal, and in the log of a process."""

import io
import logging
import os

from chalice_devserver.logs import log_to_stdout
from local.console import Console


def test_each_line_begins_with_the_name_of_its_process_and_is_neither_cut_nor_read_as_markup():
    stream, text = io.StringIO(), f"[bold]:smile: {'x' * 300}"
    console = Console(stream, on_broken=stream.close)
    console.line("crud", text)
    console.line("email-pump", "[SES] Enviado")
    assert stream.getvalue() == f"crud       │ {text}\nemail-pump │ [SES] Enviado\n"


def test_once_the_reader_of_its_pipe_has_gone_that_is_told_and_nothing_breaks():
    reader, writer = os.pipe()
    os.close(reader)
    noticed: list[bool] = []
    with open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        Console(stream, on_broken=lambda: noticed.append(True)).line("crud", "GET / 200")
    assert noticed == [True]


def test_a_log_line_says_all_once_and_libraries_are_quiet(capsys):
    root, library, app = logging.getLogger(), logging.getLogger("botocore.credentials"), logging.getLogger("app")
    handlers, level = root.handlers[:], root.level
    try:
        # `force` would close pytest's own handlers.
        root.handlers.clear()
        log_to_stdout()
        library.info("Found credentials")
        logging.getLogger("chalicelib.publisher").info("[SNS] Publicado", extra={"empleado": 7})
        app.info("GET %s", "/x", extra={"path": "/x", "status": 200})
        library.warning("hm")
        app.error("oh")
    finally:
        root.handlers[:], root.level = handlers, level
    assert capsys.readouterr().out.splitlines() == [
        *("[SNS] Publicado  empleado=7", "GET /x  status=200", "WARNING hm", "ERROR oh")
    ]
