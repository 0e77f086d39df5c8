"""The environment variables."""

import json
from datetime import UTC
from pathlib import Path

import pytest
from dateutil.tz import gettz

from chalice_frontdoor import SettingError
from chalicelib.correos.settings import Settings
from tests.unit.email_app.fakes import ENVIRONMENT, settings_with

APP = Path(__file__).parents[3] / "email_app"
READ = {
    "NOTIFY_TO": ("a@example.com, b@example.com,A@example.com", ("a@example.com", "b@example.com")),
    "NOTIFY_EMPLOYEE": ("true", True),
    "MAIL_RATE": ("7", 7),
    "MAIL_LANGUAGE": ("en", "en"),
    "TIME_ZONE": ("America/Lima", gettz("America/Lima")),
    "PAGE_URL": ("https://d111.cloudfront.net", "https://d111.cloudfront.net"),
    "USER_POOL_ID": ("eu-west-1_a1B2c3D4e", "eu-west-1_a1B2c3D4e"),
    "DEMO": ("true", True),
}
"""What is read from a text; the others are read as they are."""
NAMES = {"USER_POOL_ID": "user_pool", "DEMO": "is_demo"}
DEFAULTS = {"mail_language": "es", "time_zone": UTC, "page_url": "", "user_pool": "", "is_demo": False}


def test_reads_every_variable():
    settings = Settings(ENVIRONMENT | {name: text for name, (text, _) in READ.items()})

    expected = ENVIRONMENT | {name: value for name, (_, value) in READ.items()}
    assert vars(settings) == {NAMES.get(name, name.lower()): value for name, value in expected.items()}
    assert vars(settings_with()).items() >= DEFAULTS.items()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        *((name, [""]) for name in ENVIRONMENT),
        ("MAIL_RATE", ["0.000", "-1", "nan", "1e3", "1001"]),
        ("EMAIL_QUEUE_URL", ["crud-app-email-queue"]),
        ("EMAIL_DLQ_URL", ["arn:aws:sqs:us-east-1:000000000000:dlq"]),
        ("LEDGER_TABLE", ["crud app"]),
        ("EMAIL_FROM", ["directorio", "Directorio\n<directorio@example.com>"]),
        ("NOTIFY_TO", ["rrhh", "rrhh@example.com,", "RRHH <rrhh@example.com>"]),
        ("NOTIFY_EMPLOYEE", ["sí", "True"]),
        ("MAIL_LANGUAGE", ["fr"]),
        ("TIME_ZONE", ["Europe/Nowhere", "/etc/passwd", "../UTC"]),
        ("PAGE_URL", ["d111.cloudfront.net", "https://d111.cloudfront.net/"]),
        ("DEMO", ["yes"]),
    ],
)
def test_a_missing_or_malformed_variable_is_named_without_its_value(name, values):
    for value in values:
        with pytest.raises(SettingError, match=rf"\b{name}\b") as refusal:
            settings_with(**{name: value})
        assert not value or value not in str(refusal.value)


def test_both_stages_set_every_variable():
    stages = json.loads((APP / ".chalice" / "config.json").read_text())["stages"]
    defaults, aws = (stages[stage]["environment_variables"] for stage in ("local", "aws"))
    local = {name.removeprefix("DEFAULT_"): value for name, value in defaults.items()}

    assert Settings(local).notify_to == ("rrhh@example.com",)
    assert {name for name in local if not name.startswith("AWS_")} == aws.keys() == {*ENVIRONMENT, *READ}
