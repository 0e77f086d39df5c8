"""What the environment may say."""

from __future__ import annotations

import pytest

from chalicelib.directorio.settings import KeyServer, SettingError, Settings, parse_database_url


def test_reads_a_remote_address():
    address = parse_database_url("postgresql://ana%40x:p%3Aw%2Fd@db.example.com:6543/people%20x?pgbouncer=true")
    assert (address.user, address.password, address.host, address.port) == ("ana@x", "p:w/d", "db.example.com", 6543)
    assert (address.database, address.socket_folder, address.pooled) == ("people x", None, True)


def test_reads_a_unix_socket():
    address = parse_database_url("postgres://ana@/people?host=%2Fvar%2Frun%20x")
    assert (address.socket_folder, address.password, address.port) == ("/var/run x", None, 5432)


def test_a_password_is_not_shown():
    assert "hunter" not in repr(parse_database_url("postgresql://ana:hunter@db.example.com/x"))


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://a@db.example.com/x", "verify-full"),
        ("postgresql://a@10.0.0.7/x", "verify-full"),
        ("postgresql://a@localhost/x", "disable"),
        ("postgresql://a@127.0.0.1/x", "disable"),
        ("postgresql://a@[::1]/x", "disable"),
        ("postgresql://a@/x?host=/run", "disable"),
        ("postgresql://a@localhost/x?sslmode=verify-ca", "verify-ca"),
        ("postgresql://a@db.example.com/x?sslmode=require", "require"),
        ("postgresql://a@db.example.com/x?sslmode=disable", "disable"),
    ],
)
def test_tls_is_verified_unless_the_server_is_this_machine_or_the_address_says_otherwise(url, mode):
    assert parse_database_url(url).ssl_mode == mode


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("", "must be set"),
        ("mysql://a@b/c", "begins with postgresql://"),
        ("postgresql://a@b:x/c", "port"),
        ("postgresql://a@b:70000/c", "port"),
        ("postgresql://a@[b/c", "a URL"),
        ("postgresql://b/c", "user"),
        ("postgresql://a@/c", "host"),
        ("postgresql://a@b", "database"),
        ("postgresql://a@b/c?sslmod=require", "other parameters"),
        ("postgresql://a@b/c?sslmode=prefer", "plain text"),
        ("postgresql://a@b/c?pgbouncer=1", "true or false"),
    ],
)
def test_a_malformed_address_is_named_with_the_rule_and_not_quoted(url, rule):
    with pytest.raises(SettingError, match=rule) as caught:
        _ = Settings({"DATABASE_URL": url}).database_address
    assert "DATABASE_URL" in str(caught.value)
    assert not url or url not in str(caught.value)


ARN = "arn:aws:sns:us-east-1:000000000000:crud-app-email-topic"


@pytest.mark.parametrize(
    ("name", "setting", "values"),
    [
        ("DATABASE_POOL_SIZE", "database_pool_size", {None: 1, "1": 1, "100": 100}),
        ("SNS_TOPIC_ARN", "topic_arn", {ARN: ARN}),
        ("DEMO", "is_demo", {None: False, "false": False, "true": True}),
        ("DATABASE_URL_PARAMETER", "database_parameter", {None: None, "/crud-app-dev/url": "/crud-app-dev/url"}),
    ],
)
def test_each_setting_is_read_and_may_have_a_default(name, setting, values):
    for text, value in values.items():
        assert getattr(Settings({} if text is None else {name: text}), setting) == value


@pytest.mark.parametrize(
    ("name", "setting", "values"),
    [
        ("DATABASE_POOL_SIZE", "database_pool_size", ["0", "101"]),
        ("SNS_TOPIC_ARN", "topic_arn", ["", "crud-app-email-topic", "arn:aws:sqs:us-east-1:000000000000:x"]),
        ("DEMO", "is_demo", ["1", "True"]),
        ("DATABASE_URL_PARAMETER", "database_parameter", ["a b", "https://x", "ñ", "x" * 1012]),
    ],
)
def test_a_malformed_setting_is_named(name, setting, values):
    for value in values:
        with pytest.raises(SettingError, match=name):
            getattr(Settings({name: value}), setting)


def test_an_address_and_a_parameter_with_the_address_exclude_each_other():
    both = {"DATABASE_URL_PARAMETER": "/x", "DATABASE_URL": "postgresql://a@b/c"}
    with pytest.raises(SettingError, match="DATABASE_URL must be unset"):
        _ = Settings(both).database_parameter


LAMBDA = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hunter"}


def test_reads_what_lambda_sets():
    access = Settings({**LAMBDA, "AWS_SESSION_TOKEN": "fisher"}).aws_access
    assert (access.region, access.endpoint) == ("eu-west-1", "https://ssm.eu-west-1.amazonaws.com")
    assert (access.access_key, access.secret_key, access.session_token) == ("a", "hunter", "fisher")
    assert "hunter" not in repr(access)
    assert "fisher" not in repr(access)


def test_china_has_a_domain_of_its_own():
    assert Settings({**LAMBDA, "AWS_REGION": "cn-north-1"}).aws_access.endpoint.endswith(".amazonaws.com.cn")


def test_an_emulator_has_an_address():
    access = Settings({**LAMBDA, "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}).aws_access
    assert (access.endpoint, access.session_token) == ("http://127.0.0.1:4566", "")


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "AWS_DEFAULT_REGION"),
        ({"AWS_REGION": "eu-west-1"}, "AWS_ACCESS_KEY_ID"),
        ({"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "a"}, "AWS_SECRET_ACCESS_KEY"),
        ({**LAMBDA, "AWS_ENDPOINT_URL": "ftp://x"}, "AWS_ENDPOINT_URL"),
        ({**LAMBDA, "AWS_ENDPOINT_URL": "http://x/y"}, "AWS_ENDPOINT_URL"),
    ],
)
def test_what_is_missing_to_ask_aws_is_named(variables, name):
    with pytest.raises(SettingError, match=name):
        _ = Settings(variables).aws_access


SNAPSTART = {
    "AWS_REGION": "eu-west-1",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/2021-11-29/credentials",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter",
}


def test_after_a_snapshot_the_credentials_are_somewhere_else():
    settings = Settings(SNAPSTART)
    assert settings.key_server == KeyServer("http://127.0.0.1:9001/2021-11-29/credentials", "hunter")
    assert "hunter" not in repr(settings.key_server)
    assert settings.aws_access.secret_key == ""


def test_without_a_snapshot_nobody_is_asked_for_credentials():
    assert Settings(LAMBDA).key_server is None


@pytest.mark.parametrize("url", ["https://example.com/", "http://example.com/", "http://127.0.0.1.example.com/", "x"])
def test_credentials_come_from_this_machine_alone(url):
    with pytest.raises(SettingError, match="AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        _ = Settings({**SNAPSTART, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}).key_server
