"""The environment variables."""

import json
from datetime import UTC
from pathlib import Path

import pytest
from dateutil.tz import gettz

from chalice_frontdoor import SettingError
from chalicelib.correos.settings import Settings

APP = Path(__file__).parents[3] / "email_app"
ENVIRONMENT = {
    "EMAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-queue",
    "EMAIL_DLQ_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/crud-app-email-dlq",
    "LEDGER_TABLE": "crud-app-correos",
    "EMAIL_FROM": "Directorio <directorio@example.com>",
    "NOTIFY_TO": "rrhh@example.com",
    "NOTIFY_EMPLOYEE": "false",
    "SES_CONFIGURATION_SET": "crud-app-correos",
    "MAIL_RATE": "7",
}
OPTIONAL = {
    "MAIL_LANGUAGE": "en",
    "TIME_ZONE": "America/Lima",
    "PAGE_URL": "https://d111.cloudfront.net",
    "USER_POOL_ID": "eu-west-1_a1B2c3D4e",
    "DEMO": "true",
}


def test_reads_every_variable():
    settings = Settings.from_environment({**ENVIRONMENT, **OPTIONAL, "NOTIFY_EMPLOYEE": "true"})

    assert settings == Settings(
        email_queue_url=ENVIRONMENT["EMAIL_QUEUE_URL"],
        email_dlq_url=ENVIRONMENT["EMAIL_DLQ_URL"],
        ledger_table="crud-app-correos",
        email_from="Directorio <directorio@example.com>",
        notify_to=("rrhh@example.com",),
        notify_employee=True,
        ses_configuration_set="crud-app-correos",
        mail_rate=7,
        mail_language="en",
        time_zone=gettz("America/Lima"),
        page_url="https://d111.cloudfront.net",
        user_pool="eu-west-1_a1B2c3D4e",
        is_demo=True,
    )
    defaults = Settings.from_environment(ENVIRONMENT)
    assert (defaults.mail_language, defaults.time_zone, defaults.page_url) == ("es", UTC, "")
    assert not defaults.is_demo


def test_recipients_are_separated_by_commas_and_counted_once():
    settings = Settings.from_environment({**ENVIRONMENT, "NOTIFY_TO": "a@example.com, b@example.com,A@example.com"})

    assert [address.lower() for address in settings.notify_to] == ["a@example.com", "b@example.com"]


def test_a_missing_variable_is_named():
    for name in ENVIRONMENT:
        environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
        with pytest.raises(SettingError, match=rf"\b{name}\b"):
            Settings.from_environment(environment)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("MAIL_RATE", ["0.000", "-1", "nan", "1e3", "1001"]),
        ("EMAIL_QUEUE_URL", ["crud-app-email-queue"]),
        ("EMAIL_DLQ_URL", ["arn:aws:sqs:us-east-1:000000000000:dlq"]),
        ("LEDGER_TABLE", ["crud app"]),
        ("EMAIL_FROM", ["directorio", "Directorio\n<directorio@example.com>"]),
        ("NOTIFY_TO", ["rrhh", "rrhh@example.com,", "RRHH <rrhh@example.com>"]),
        ("NOTIFY_EMPLOYEE", ["sí", "True"]),
        ("SES_CONFIGURATION_SET", [""]),
        ("MAIL_LANGUAGE", ["fr"]),
        ("TIME_ZONE", ["Europe/Nowhere", "/etc/passwd", "../UTC"]),
        ("PAGE_URL", ["d111.cloudfront.net", "https://d111.cloudfront.net/"]),
        ("DEMO", ["yes"]),
    ],
)
def test_a_malformed_variable_is_named_without_its_value(name, values):
    for value in values:
        with pytest.raises(SettingError, match=rf"\b{name}\b") as refusal:
            Settings.from_environment({**ENVIRONMENT, name: value})
        assert not value or value not in str(refusal.value)


def test_both_stages_set_every_variable():
    stages = json.loads((APP / ".chalice" / "config.json").read_text())["stages"]
    defaults, aws = (stages[stage]["environment_variables"] for stage in ("local", "aws"))
    local = {name.removeprefix("DEFAULT_"): value for name, value in defaults.items()}

    assert Settings.from_environment(local).notify_to == ("rrhh@example.com",)
    assert {name for name in local if not name.startswith("AWS_")} == aws.keys() == {*ENVIRONMENT, *OPTIONAL}
