"""What can be set for `make run`, and what is said when it cannot be used."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from local.settings import ROOT, SettingError, Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_any_variable_there_are_the_documented_values() -> None:
    assert Settings.from_environment({}) == Settings(
        bff_port=8000,
        crud_port=8001,
        email_port=8002,
        aws_port=4566,
        database_url=None,
        notify_to="rrhh@example.com",
        notify_employee="false",
        state=ROOT / ".local",
    )


def test_an_empty_variable_counts_as_not_set() -> None:
    names = ("BFF_PORT", "DATABASE_URL", "NOTIFY_TO", "NOTIFY_EMPLOYEE", "LOCAL_STATE")
    assert Settings.from_environment(dict.fromkeys(names, "")) == Settings.from_environment({})


def test_every_variable_is_read(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {
            "BFF_PORT": "1",
            "CRUD_PORT": "2",
            "EMAIL_PORT": "3",
            "AWS_PORT": "65535",
            "DATABASE_URL": "postgresql://db.example/x",
            "NOTIFY_TO": "a@example.com, b@example.com",
            "NOTIFY_EMPLOYEE": "true",
            "LOCAL_STATE": str(tmp_path),
        }
    )
    assert (settings.bff_port, settings.crud_port, settings.email_port, settings.aws_port) == (1, 2, 3, 65535)
    assert settings.database_url == "postgresql://db.example/x"
    assert (settings.notify_to, settings.notify_employee) == ("a@example.com, b@example.com", "true")
    assert settings.state == tmp_path


def test_the_embedded_server_of_a_sourced_env_file_is_not_another_one(tmp_path: Path) -> None:
    """Whoever sources ``.local/env`` and then starts `make run` in that shell gets the same database, started."""
    url = f"postgresql://postgres@/empleados?host={tmp_path}/postgres"
    assert Settings.from_environment({"LOCAL_STATE": str(tmp_path), "DATABASE_URL": url}).database_url is None


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("BFF_PORT", "http", "BFF_PORT is 'http': set it to a port, from 1 to 65535, or to 0 for any free one."),
        ("EMAIL_PORT", "65536", "EMAIL_PORT is '65536'"),
        ("AWS_PORT", "-1", "AWS_PORT is '-1'"),
        ("AWS_PORT", "٤٥٦٦", "AWS_PORT"),
        ("AWS_PORT", "8000", "BFF_PORT and AWS_PORT are both 8000: set one of them to another port."),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL is not the address of a PostgreSQL"),
        ("NOTIFY_TO", "rrhh", "NOTIFY_TO is 'rrhh': set it to one or more e-mail addresses"),
        ("NOTIFY_TO", "a@example.com,", "NOTIFY_TO"),
        ("NOTIFY_EMPLOYEE", "yes", "NOTIFY_EMPLOYEE is 'yes': set it to true or false."),
    ],
)
def test_a_value_that_cannot_be_used_is_one_sentence_with_its_name(name: str, value: str, complaint: str) -> None:
    with pytest.raises(SettingError) as refusal:
        Settings.from_environment({name: value})
    assert str(refusal.value).startswith(complaint)


def test_a_password_in_a_wrong_address_is_not_repeated() -> None:
    with pytest.raises(SettingError) as refusal:
        Settings.from_environment({"DATABASE_URL": "mysql://me:hunter2@db/x"})
    assert "hunter2" not in str(refusal.value)


def any_ports(**changed: int) -> Settings:
    names = ("BFF_PORT", "CRUD_PORT", "EMAIL_PORT", "AWS_PORT")
    return Settings.from_environment({name: str(changed.get(name, 0)) for name in names})


def test_ports_are_reserved_and_0_is_any_free_one() -> None:
    with any_ports().reserved_ports() as (settings, sockets):
        ports = {name: bound.getsockname()[1] for name, bound in sockets.items()}
        assert ports == {name: getattr(settings, name) for name in ports}
        assert len(set(ports.values())) == 4


def test_a_busy_port_is_one_sentence_that_names_it_and_its_variable() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingError) as refusal, any_ports(EMAIL_PORT=port).reserved_ports():
            pytest.fail("two have it")
    sentence = f"Port {port} cannot be used (Address already in use): set EMAIL_PORT to another one."
    assert str(refusal.value) == sentence
