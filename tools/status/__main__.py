"""``python -m tools.status``, which ``make status`` calls."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.exceptions import BotoCoreError
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.emulator import REGION
from local.settings import state_folder
from local.sign_in import SignIn
from tools.command_line import OneSentenceParser, add_environment
from tools.names import deployed, on_laptop
from tools.preflight import NotReady, check_account, open_session
from tools.status.read import BAD, CONFIG, GOOD, Reader, Section, moment

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

NO_CONCERN = "Nothing needs attention."
SHOWN_DIGITS = 4  # of the account: a report may be published

EXAMPLES = """\
examples:
  make status                                  the environment dev, in the region and account of your AWS profile
  make status ENVIRONMENT=production REPORT=status.md
  make status LAPTOP=1                         what `make run` runs on this machine
It only reads. What you may not read, or what does not exist, is shown as such.
"""


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Print the status and write the report. 1: nothing could be read, or nothing of that name exists; 2: bad flag."""
    arguments = _parse(argv, environment)
    names = on_laptop() if arguments.laptop else deployed(arguments.project, arguments.environment)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    try:
        session, account, endpoint = _open(environment, laptop=arguments.laptop)
    except NotReady as problem:
        return _fail(str(problem))
    reader = Reader(session, endpoint, names, now)
    sections = reader.read()
    place = endpoint or f"account {account}"
    if not reader.exists:
        return _fail(
            f"Nothing is called {names.prefix}-… in {session.region_name}, {place}: are PROJECT, ENVIRONMENT and the "
            "region right?"
        )
    where = f"{session.region_name}, {place}, {moment(now)}"
    print_status(Console(highlight=False), names.prefix, where, reader.concerns, sections)
    if not arguments.report:
        return 0
    report = render_report(
        names.prefix, where.replace(account, f"…{account[-SHOWN_DIGITS:]}"), reader.concerns, sections
    )
    try:
        arguments.report.write_text(report, "utf-8")
    except OSError as error:
        return _fail(f"REPORT cannot be written: {error.strerror}: {arguments.report}")
    print(f"The report is in {arguments.report}.")
    return 0


def print_status(console: Console, name: str, where: str, concerns: Sequence[str], sections: Sequence[Section]) -> None:
    """What needs attention first, then every table."""
    console.print(Text.assemble((name, "bold"), f"  {where}"))
    for sentence in concerns:
        console.print(Text(f"! {sentence}", style=BAD))
    if not concerns:
        console.print(Text(NO_CONCERN, style=GOOD))
    for section in sections:
        table = Table(
            title=section.title,
            title_justify="left",
            title_style="bold",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            show_header=any(section.headings),
            show_edge=False,
        )
        for index, heading in enumerate(section.headings):
            is_number = section.numbers_from is not None and index >= section.numbers_from
            table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
        for row in section.rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
        console.print()
        console.print(table)
        if section.note:
            console.print(Text(section.note, style="dim"))


def render_report(name: str, where: str, concerns: Sequence[str], sections: Sequence[Section]) -> str:
    """The same as a Markdown document."""
    lines = [f"# Status of {name}", "", f"{where}. Written by `make status REPORT=…`.", ""]
    lines += [f"- {_escape(sentence)}" for sentence in concerns] or [NO_CONCERN]
    for section in sections:
        width = len(section.headings)
        numbers = width if section.numbers_from is None else section.numbers_from
        rules = ["---"] * numbers + ["--:"] * (width - numbers)
        rows = [(*map(_markdown_cell, row), *[""] * (width - len(row))) for row in section.rows]
        lines += ["", f"## {section.title}", ""]
        lines += [f"| {' | '.join(cells)} |" for cells in (section.headings, rules, *rows)]
        lines += ["", section.note] if section.note else []
    return "\n".join(lines) + "\n"


def _markdown_cell(cell: str | Text) -> str:
    text = _escape(str(cell))
    return f"**{text}**" if isinstance(cell, Text) and cell.style == BAD else text


def _escape(text: str) -> str:
    """Text from AWS cannot become markup or break a table."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _open(environment: Mapping[str, str], *, laptop: bool) -> tuple[Session, str, str | None]:
    """A session, its account, and the address of an emulator if it uses one.

    Raises:
        NotReady: there is no region, there are no credentials, or nothing answers.
    """
    if not laptop:
        session = open_session(environment)
        return session, check_account(session).number, environment.get("AWS_ENDPOINT_URL") or None
    try:
        run = SignIn.load(state_folder(environment) / "sign-in.json")
    except (OSError, ValueError, TypeError) as error:
        raise NotReady("There is no emulator yet: start `make run`.") from error
    key, secret = run.credentials["AWS_ACCESS_KEY_ID"], run.credentials["AWS_SECRET_ACCESS_KEY"]
    session = Session(key, secret, region_name=REGION)
    try:
        sts = session.client("sts", endpoint_url=run.endpoint, config=CONFIG)
        return session, sts.get_caller_identity()["Account"], run.endpoint
    except BotoCoreError as error:
        raise NotReady(f"No emulator answers at {run.endpoint}: is `make run` running?") from error


def _fail(sentence: str) -> int:
    print(f"make status: {sentence}", file=sys.stderr)
    return 1


def _parse(argv: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    parser = OneSentenceParser("make status", "How a deployment is, and what it did in the last hour.", epilog=EXAMPLES)
    add_environment(parser, environment)
    parser.add_argument("--laptop", action="store_true", help="look at what `make run` runs on this machine")
    parser.add_argument("--report", type=Path, metavar="FILE", help="also write a Markdown document")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
