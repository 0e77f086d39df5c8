"""What can be set for `make run`, and what is said when it cannot be used."""

import socket
from dataclasses import replace

import pytest

from chalice_frontdoor import SettingError
from local.settings import PORTS, ROOT, Settings


def test_without_any_variable_and_with_empty_ones_there_are_the_documented_values():
    names = (*PORTS, "DATABASE_URL", "NOTIFY_TO", "NOTIFY_EMPLOYEE", "LOCAL_STATE")
    for environment in ({}, dict.fromkeys(names, "")):
        assert Settings.from_environment(environment) == Settings(
            ports={"BFF_PORT": 8000, "CRUD_PORT": 8001, "EMAIL_PORT": 8002, "AWS_PORT": 4566},
            database_url="",
            notify_to="rrhh@example.com",
            notify_employee="false",
            state=ROOT / ".local",
        )


def test_every_variable_is_read(tmp_path):
    ports = {"BFF_PORT": 1, "CRUD_PORT": 2, "EMAIL_PORT": 3, "AWS_PORT": 65535}
    others = {"DATABASE_URL": "postgresql://db/x", "NOTIFY_TO": "a@x.es, b@x.es", "NOTIFY_EMPLOYEE": "true"}
    environment = {**{name: str(port) for name, port in ports.items()}, **others, "LOCAL_STATE": str(tmp_path)}
    assert Settings.from_environment(environment) == Settings(
        state=tmp_path, ports=ports, **{name.lower(): value for name, value in others.items()}
    )


def test_the_embedded_server_of_a_sourced_env_file_is_not_another_one(tmp_path):
    """A shell that has sourced ``.local/env`` starts `make run` with the same database."""
    url = f"postgresql://postgres@/empleados?host={tmp_path}/postgres"
    assert Settings.from_environment({"LOCAL_STATE": str(tmp_path), "DATABASE_URL": url}).database_url == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("BFF_PORT", value) for value in ("-1", "٣", "65536")),
        ("DATABASE_URL", "mysql://me:hunter2@db/x"),
        *(("NOTIFY_TO", value) for value in ("rrhh", "a@example.com b@example.com", "a@b\nc@d")),
        ("NOTIFY_EMPLOYEE", "True"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_sentence_with_its_name_and_without_passwords(name, value):
    with pytest.raises(SettingError, match=rf"\b{name} must be ") as refusal:
        Settings.from_environment({name: value})
    assert "hunter2" not in str(refusal.value)


def test_ports_are_bound_and_one_that_cannot_be_had_is_one_sentence_that_names_it_and_its_variable():
    with socket.create_server(("127.0.0.1", 0)) as other:
        busy = other.getsockname()[1]
        settings = Settings.from_environment(dict.fromkeys(PORTS, "0"))
        with settings.reserved_ports() as (bound, sockets):
            assert bound.ports == {name: reserved.getsockname()[1] for name, reserved in sockets.items()}
        sentence = rf"EMAIL_PORT must be another port than {busy} \(Address already in use\)$"
        settings = replace(settings, ports=settings.ports | {"EMAIL_PORT": busy})
        with pytest.raises(SettingError, match=sentence), settings.reserved_ports():
            pytest.fail("it was reserved")
