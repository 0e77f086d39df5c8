"""`make forget`: shows, asks, forgets, and never says who the person is."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from local.emulator import REGION
from tests.support.stack import ROOT
from tests.unit.tools.forget.conftest import ADDRESS, VALUES
from tools.forget import EXIT_INTERRUPTED, main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.tools.forget.conftest import World

    Forget = Callable[..., tuple[int, str, str]]


@pytest.fixture
def forget(world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Forget:
    """Runs it; the result is exit code, output and errors."""

    def run(*arguments: str, yes: bool = True, stdin: io.StringIO | None = None) -> tuple[int, str, str]:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", stdin or io.StringIO())
        capfd.readouterr()
        code = main(arguments, {**world.environment, "YES": "1" if yes else "", "USER": "marta"})
        output, errors = capfd.readouterr()
        assert [value for value in VALUES if value in output + errors] == []
        return code, output, errors

    return run


@pytest.fixture
def ana(world: World) -> None:
    """An employee with a notice to human resources, a greeting, and an email that someone wrote."""
    world.add_employee(7)
    world.add_mail("rrhh@example.com", empleado=7)
    world.add_mail(ADDRESS, empleado=7)
    world.add_mail(ADDRESS.upper())


@pytest.mark.usefixtures("ana")
class TestPerson:
    @pytest.mark.parametrize("arguments", [("--id", "7"), ("--email", ADDRESS.title())])
    def test_is_forgotten_everywhere(self, world: World, forget: Forget, arguments: tuple[str, ...]) -> None:
        assert world.found()

        code, said, _ = forget(*arguments)

        assert code == 0
        assert "Employee 7:" in said
        assert "3 emails emptied" in said
        assert "Employee removed, 2 events emptied" in said
        assert world.found() == []
        assert world.sql("SELECT actor FROM eventos WHERE tipo = 'eliminado'") == "make forget (marta)"

    def test_is_shown_first_and_stays_without_a_yes(self, world: World, forget: Forget) -> None:
        before = world.everything()

        code, said, why = forget("--id", "7", yes=False)

        assert code == 1
        assert "say YES=1" in why
        assert "ledger crud-app-dev-correos" in said
        assert "1 events; to be emptied: 1" in said
        assert "3 in the ledger; to be emptied: 3" in said
        for out_of_reach in ("4 days", "14 among the dead letters", "35 days", "VACUUM", "make forget ID=7"):
            assert out_of_reach in said
        assert world.everything() == before

    def test_what_was_interrupted_between_the_stores_is_finished_by_the_same_command(
        self, world: World, forget: Forget
    ) -> None:
        world.sql("ALTER TABLE eventos ADD CONSTRAINT no_change CHECK (tipo <> 'eliminado') NOT VALID")
        try:
            code, _, _ = forget("--email", ADDRESS)
        finally:
            world.sql("ALTER TABLE eventos DROP CONSTRAINT no_change")
        assert code == 1
        assert world.found()

        assert forget("--email", ADDRESS)[0] == 0
        assert world.found() == []

    def test_one_address_of_two_people_forgets_neither(self, world: World, forget: Forget) -> None:
        world.sql("DELETE FROM empleados WHERE id = 7")
        world.add_employee(9)
        before = world.everything()

        code, _, why = forget("--email", ADDRESS)

        assert code == 1
        assert "choose one, ID=7 or ID=9" in why
        assert world.everything() == before

    def test_without_a_ledger_nothing_is_touched(self, world: World, forget: Forget) -> None:
        before = world.everything()

        code, _, why = forget("--id", "7", "--environment", "other")

        assert (code, why) == (1, "make forget: The ledger cannot be used (ResourceNotFoundException).\n")
        assert world.everything() == before

    def test_ctrl_c_says_how_to_go_on(self, forget: Forget) -> None:
        class Interrupted(io.StringIO):
            def isatty(self) -> bool:
                raise KeyboardInterrupt

        code, _, why = forget("--id", "7", yes=False, stdin=Interrupted())

        assert code == EXIT_INTERRUPTED
        assert "the same command continues" in why


def test_what_waits_is_said(world: World, forget: Forget) -> None:
    world.add_employee(8, email="b@example.com", is_published=False)
    world.add_mail("rrhh@example.com", empleado=8, estado="pendiente")

    _, said, _ = forget("--id", "8", yes=False)

    assert "1 are not published yet" in said
    assert "1 are not sent yet" in said


def test_a_person_who_only_received_emails_is_forgotten(world: World, forget: Forget) -> None:
    world.add_mail(ADDRESS)

    code, said, _ = forget("--email", ADDRESS)

    assert code == 0
    assert "Not in the directory" in said
    assert world.found() == []
    assert "Nothing to forget." in forget("--id", "99")[1]


def test_old_events_lose_the_person(world: World, forget: Forget) -> None:
    world.add_employee(7, age="37 months")
    world.add_employee(8, email="b@example.com", age="35 months")
    before = world.everything()
    assert forget("--months", "36", yes=False)[0] == 1
    assert world.everything() == before

    code, said, _ = forget("--months", "36")

    assert (code, "1 events older than 36 months" in said) == (0, True)
    assert world.sql("SELECT empleado_id FROM eventos WHERE payload #>> '{empleado,nombre}' IS NULL") == "7"
    assert world.sql("SELECT count(*) FROM empleados") == "2"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Say one of ID=…, EMAIL=… and MONTHS=…"),
        (("--id", "7", "--email", "a@b"), "Say one of ID=…, EMAIL=… and MONTHS=…"),
        (("--id", "7; DROP"), "ID must be a whole number"),
        (("--months", "0"), "MONTHS must be a whole number"),
        (("--email", "Ana"), "EMAIL must be an email address"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(f"make forget: {sentence}")


def test_without_a_database_address_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--id", "7"], {}) == 1
    assert capsys.readouterr().err.startswith("make forget: DATABASE_URL is not set")


def test_only_what_is_typed_after_make_counts() -> None:
    """A shell may have an EMAIL of its own: that of the person who types."""
    shell = {**os.environ, "EMAIL": "me@example.com", "ID": "7"}
    dry = ["make", "--dry-run", "forget"]

    asked = subprocess.run(dry, cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout
    typed = subprocess.run([*dry, "ID=9"], cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout

    assert "--email" not in asked + typed
    assert "--id" not in asked
    assert '--id="$ID"' in typed


def test_on_the_laptop_the_stores_are_those_that_make_run_wrote_down(
    world: World, forget: Forget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {**world.environment, "AWS_DEFAULT_REGION": REGION}
    lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    (tmp_path / "env").write_text("\n".join(["# Written by `make run`.", *lines]))
    monkeypatch.setitem(world.environment, "LOCAL_STATE", str(tmp_path))
    world.add_employee(7)

    _, said, why = forget("--id", "7", "--laptop")

    assert said.startswith("Database ")
    assert "ledger crud-app-correos: `make run`" in said
    assert "ResourceNotFoundException" in why  # this world's ledger is a deployment's
