"""What the environment may say."""

import pytest

from chalice_frontdoor.process import SettingError
from chalicelib.directorio.settings import KeyServer, Settings, parse_database_url

ARN = "arn:aws:sns:us-east-1:000000000000:crud-app-email-topic"
LAMBDA = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hunter"}
CREDENTIALS = "http://127.0.0.1:9001/2021-11-29/credentials"
SNAPSTART = {
    "AWS_REGION": "eu-west-1",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": CREDENTIALS,
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter",
}


def refused(setting, variables):
    """What is said of a setting that cannot be read."""
    with pytest.raises(SettingError) as caught:
        getattr(Settings(variables), setting)
    return str(caught.value)


def test_reads_an_address():
    address = parse_database_url("postgresql://ana%40x:p%3Aw%2Fd@db.example.com:6543/people%20x?pgbouncer=true")
    assert (address.user, address.password, address.host, address.port) == ("ana@x", "p:w/d", "db.example.com", 6543)
    assert (address.database, address.socket_folder, address.pooled) == ("people x", None, True)
    assert "p:w/d" not in repr(address)
    assert (address.channel_binding, address.connect_seconds, address.application_name) == ("prefer", None, "crud_app")
    address = parse_database_url(
        "postgresql://a@b/c?sslmode=require&channel_binding=require&connect_timeout=3&application_name=hr"
    )
    assert (address.channel_binding, address.connect_seconds, address.application_name) == ("require", 3, "hr")
    address = parse_database_url("postgres://ana@/people?host=%2Fvar%2Frun%20x")
    assert (address.socket_folder, address.password, address.port) == ("/var/run x", None, 5432)


def test_tls_is_verified_unless_the_server_is_this_machine_or_the_address_says_otherwise():
    modes = {
        "db.example.com/x": "verify-full", "10.0.0.7/x": "verify-full", "localhost/x": "disable",
        "127.0.0.1/x": "disable", "[::1]/x": "disable", "/x?host=/run": "disable",
        "localhost/x?sslmode=verify-ca": "verify-ca", "db.example.com/x?sslmode=require": "require",
        "db.example.com/x?sslmode=disable": "disable",
    }  # fmt: skip
    assert {rest: parse_database_url(f"postgresql://a@{rest}").ssl_mode for rest in modes} == modes


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("", "must be set"), ("mysql://a@b/c", "begins with postgresql://"), ("postgresql://a@b:x/c", "port"),
        ("postgresql://a@b:70000/c", "port"), ("postgresql://a@[b/c", "a URL"), ("postgresql://b/c", "user"),
        ("postgresql://a@/c", "host"), ("postgresql://a@b", "database"),
        ("postgresql://a@b/c?sslmod=require", "without the parameter sslmod:"),
        ("postgresql://a@b/c?a%20b=1", "the parameter that is unknown:"), ("postgresql://a:1?secret@b/c", "user"),
        ("postgresql://a@b/c?channel_binding=x", "channel_binding is one of disable"),
        ("postgresql://a@b/c?connect_timeout=soon", "connect_timeout is a whole number"),
        ("postgresql://a@b/c?sslmode=prefer", "plain text"), ("postgresql://a@b/c?pgbouncer=1", "true or false"),
    ],
)  # fmt: skip
def test_a_malformed_address_is_named_with_the_rule_and_not_quoted(url, rule):
    text = refused("database_address", {"DATABASE_URL": url})
    assert rule in text
    assert "DATABASE_URL" in text
    assert not url or url not in text


@pytest.mark.parametrize(
    ("name", "setting", "good", "bad"),
    [
        ("DATABASE_POOL_SIZE", "database_pool_size", {None: 1, "1": 1, "100": 100}, ["0", "101"]),
        ("TIME_ZONE", "time_zone", {None: "UTC", "America/Lima": "America/Lima"}, ["a b", "'"]),
        ("LEAVER_DAYS", "leaver_days", {None: 90, "1": 1, "3650": 3650}, ["0", "3651", "1.5"]),
        ("SNS_TOPIC_ARN", "topic_arn", {ARN: ARN}, ["", "crud-app", "arn:aws:sqs:us-east-1:000000000000:x"]),
        ("DEMO", "is_demo", {None: False, "false": False, "true": True}, ["1", "True"]),
        ("DATABASE_URL_PARAMETER", "database_parameter", {None: None, "/a-dev/url": "/a-dev/url"},
         ["a b", "https://x", "ñ", "x" * 1012]),
    ],
)  # fmt: skip
def test_each_setting_is_read_and_may_have_a_default(name, setting, good, bad):
    for text, value in good.items():
        assert getattr(Settings({} if text is None else {name: text}), setting) == value
    for text in bad:
        assert name in refused(setting, {name: text})


def test_an_address_and_a_parameter_with_the_address_exclude_each_other():
    both = {"DATABASE_URL_PARAMETER": "/x", "DATABASE_URL": "postgresql://a@b/c"}
    assert "DATABASE_URL must be unset" in refused("database_parameter", both)


def test_reads_what_lambda_sets():
    access = Settings({**LAMBDA, "AWS_SESSION_TOKEN": "fisher"}).aws_access
    assert (access.region, access.endpoint) == ("eu-west-1", "https://ssm.eu-west-1.amazonaws.com")
    assert (access.access_key, access.secret_key, access.session_token) == ("a", "hunter", "fisher")
    assert not [secret for secret in ("hunter", "fisher") if secret in repr(access)]
    access = Settings({**LAMBDA, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}).aws_access
    assert (access.endpoint, access.session_token) == ("http://127.0.0.1:4566", "")
    assert Settings(LAMBDA).key_server is None


def test_after_a_snapshot_the_credentials_come_from_this_machine():
    settings = Settings(SNAPSTART)
    assert settings.key_server == KeyServer(CREDENTIALS, "hunter")
    assert "hunter" not in repr(settings.key_server)
    assert settings.aws_access.secret_key == ""
    for url in ("https://example.com/", "http://example.com/", "http://127.0.0.1.example.com/", "x"):
        name = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        assert name in refused("key_server", {**SNAPSTART, name: url})
