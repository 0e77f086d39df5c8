"""`make forget`: shows, asks, forgets, and says of nobody who it is."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from chalicelib.directorio.erasure import Olvido as DirectoryErasure
from local.emulator import REGION
from tests.support.stack import ROOT
from tests.unit.tools.forget.conftest import ADDRESS, VALUES
from tools.forget import EXIT_INTERRUPTED, actor, main, open_laptop
from tools.preflight import NotReady

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.tools.forget.conftest import World

    Forget = Callable[..., tuple[int, str, str]]


@pytest.fixture
def forget(world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Forget:
    """Runs it; the result is exit code, output and errors. The environment is the one of the world, and no other."""

    def run(*arguments: str, yes: bool = True) -> tuple[int, str, str]:
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        capfd.readouterr()
        code = main(arguments, {**world.environment, "YES": "1" if yes else ""})
        said = capfd.readouterr()
        assert [value for value in VALUES if value in said.out + said.err] == []
        return code, said.out, said.err

    return run


@pytest.fixture
def ana(world: World) -> None:
    """An employee with a notice to human resources, a greeting, and a mail that somebody wrote."""
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
        assert "3 e-mails emptied" in said
        assert "Employee removed, 2 events emptied" in said
        assert world.found() == []
        assert world.sql("SELECT actor FROM eventos WHERE tipo = 'eliminado'") == actor()

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

    def test_one_address_of_two_people_forgets_nobody(self, world: World, forget: Forget) -> None:
        world.sql("DELETE FROM empleados WHERE id = 7")
        world.add_employee(9)
        before = world.everything()

        code, _, why = forget("--email", ADDRESS)

        assert code == 1
        assert "choose one, ID=7 or ID=9" in why
        assert world.everything() == before

    def test_what_waits_is_said(self, world: World, forget: Forget) -> None:
        world.add_employee(8, email="b@example.com", is_published=False)
        world.add_mail("rrhh@example.com", empleado=8, estado="pendiente")

        _, said, _ = forget("--id", "8", yes=False)

        assert "1 are not published yet" in said
        assert "1 are not sent yet" in said

    def test_without_a_ledger_nothing_is_touched(self, world: World, forget: Forget) -> None:
        before = world.everything()

        code, _, why = forget("--id", "7", "--environment", "other")

        assert code == 1
        assert why == "make forget: The ledger crud-app-other-correos cannot be used (ResourceNotFoundException).\n"
        assert world.everything() == before


def test_somebody_who_only_got_mails_is_forgotten(world: World, forget: Forget) -> None:
    world.add_mail(ADDRESS)

    code, said, _ = forget("--email", ADDRESS)

    assert code == 0
    assert "Not in the directory" in said
    assert world.found() == []


def test_nobody_is_nothing_to_forget(forget: Forget) -> None:
    code, said, _ = forget("--id", "99")

    assert code == 0
    assert "Nothing to forget." in said


class TestRetention:
    def test_old_events_lose_the_person(self, world: World, forget: Forget) -> None:
        world.add_employee(7, age="37 months")
        world.add_employee(8, email="b@example.com", age="35 months")

        before = world.everything()
        assert forget("--months", "36", yes=False)[0] == 1
        assert world.everything() == before

        code, said, _ = forget("--months", "36")

        assert (code, "1 events older than 36 months" in said) == (0, True)
        emptied = "SELECT empleado_id FROM eventos WHERE payload #>> '{empleado,nombre}' IS NULL"
        assert world.sql(emptied) == "7"
        assert world.sql("SELECT count(*) FROM empleados") == "2"


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            ((), "Say one of ID=…, EMAIL=… and MONTHS=…"),
            (("--id", "7", "--email", "a@b"), "Say one of ID=…, EMAIL=… and MONTHS=…"),
            (("--id", "0"), "ID must be a whole number"),
            (("--id", "7; DROP"), "ID must be a whole number"),
            (("--months", "0"), "MONTHS must be a whole number"),
            (("--email", "Ana"), "EMAIL must be an e-mail address"),
            (("--id", "7", "--environment", "Production!"), "ENVIRONMENT must have"),
        ],
    )
    def test_a_mistake_is_one_sentence(
        self, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(arguments, {})

        assert ended.value.code == 2
        assert capsys.readouterr().err.startswith(f"make forget: {sentence}")

    def test_no_address_of_the_database_is_one_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["--id", "7"], {}) == 1
        assert capsys.readouterr().err.startswith("make forget: DATABASE_URL is not set")

    def test_ctrl_c_says_how_to_go_on(
        self, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Interrupted(io.StringIO):
            def isatty(self) -> bool:
                raise KeyboardInterrupt

        world.add_employee(7)
        for name, value in world.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", Interrupted())

        assert main(["--id", "7"], world.environment) == EXIT_INTERRUPTED
        assert "the same command continues" in capsys.readouterr().err

    def test_only_what_is_typed_after_make_counts(self) -> None:
        """A shell may have an EMAIL of its own: that of the person who types."""
        shell = {**os.environ, "EMAIL": "me@example.com", "ID": "7"}
        dry = ["make", "--dry-run", "forget"]

        asked = subprocess.run(dry, cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout
        typed = subprocess.run([*dry, "ID=9"], cwd=ROOT, env=shell, capture_output=True, text=True, check=True).stdout

        assert "--email" not in asked + typed
        assert "--id" not in asked
        assert '--id="$ID"' in typed


class TestLaptop:
    def test_the_stores_are_those_that_make_run_wrote_down(self, world: World, tmp_path: Path) -> None:
        variables = {**world.environment, "AWS_DEFAULT_REGION": REGION}
        lines = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        (tmp_path / "env").write_text("\n".join(["# Written by `make run`.", *lines]))

        stores = open_laptop({"LOCAL_STATE": str(tmp_path)})

        assert stores.title.endswith("ledger crud-app-correos: `make run`")
        with closing(stores.database):
            assert DirectoryErasure(stores.database).find(ADDRESS) == []

    def test_without_make_run_there_is_one_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(NotReady, match="has not run here"):
            open_laptop({"LOCAL_STATE": str(tmp_path)})


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user that has no name."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)


@pytest.mark.usefixtures("nameless")
def test_a_user_without_a_name_may_forget_too() -> None:
    assert actor() == "make forget"
