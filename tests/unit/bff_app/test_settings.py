"""The environment is read once, by one module, and complains by name."""

import pytest

from chalice_frontdoor import SettingError
from chalicelib.web.settings import read_salary_settings, read_settings

POOL = "https://cognito-idp.eu-west-1.amazonaws.com"
APIS = {"CRUD_API_URL": "https://crud.example.com", "EMAIL_API_URL": "http://127.0.0.1:8002/prefix"}
SIGN_IN = {
    "COGNITO_DOMAIN": "https://directorio.auth.eu-west-1.amazoncognito.com",
    "COGNITO_ISSUER": f"{POOL}/eu-west-1_Abc",
    "COGNITO_CLIENT_ID": "3n4b5urk1ft4fl3mg5e62d9ado",
    "COGNITO_CLIENT_SECRET_PARAMETER": "/directorio/page-client-secret",
}
OPTIONAL = ("COGNITO_CLIENT_SECRET", "DEMO", "PUBLIC_URL")


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for variable, value in {**APIS, **SIGN_IN}.items():
        monkeypatch.setenv(variable, value)
    for variable in OPTIONAL:
        monkeypatch.delenv(variable, raising=False)


def test_settings_hold_the_addresses_of_the_apis_and_of_the_pool(monkeypatch):
    settings = read_settings()
    sign_in = settings.sign_in
    assert settings.crud_api.origin == "https://crud.example.com"
    assert settings.email_api == ("http", "127.0.0.1:8002", "/prefix")
    assert (sign_in.issuer, sign_in.client_id) == (f"{POOL}/eu-west-1_Abc", "3n4b5urk1ft4fl3mg5e62d9ado")
    assert sign_in.login.origin == "https://directorio.auth.eu-west-1.amazoncognito.com"
    assert sign_in[-3:] == ("", "/directorio/page-client-secret", "")
    monkeypatch.setenv("PUBLIC_URL", "https://D111.cloudfront.net:443/")
    sign_in = read_settings().sign_in
    assert sign_in.public_origin == "https://d111.cloudfront.net"
    monkeypatch.setenv("COGNITO_CLIENT_SECRET", "local")
    assert read_settings().sign_in.client_secret_parameter == "", "on this machine there is no store"


@pytest.mark.parametrize("demo", ["false", None])
def test_without_a_sign_in_it_is_only_a_demonstration_if_it_says_so(monkeypatch, demo):
    for variable in SIGN_IN:
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("DEMO", "true")
    assert read_settings().sign_in is None
    if demo is None:
        monkeypatch.delenv("DEMO")
    else:
        monkeypatch.setenv("DEMO", demo)
    with pytest.raises(SettingError, match="COGNITO_ISSUER"):
        read_settings()


ADDRESS_RULE = "http(s)://host[:port][/prefix], with neither credentials nor a query"
ORIGIN_RULE = "http(s)://host[:port], or unset"
MALFORMED = [
    *(
        (variable, value, ADDRESS_RULE)
        for variable in ("CRUD_API_URL", "EMAIL_API_URL", "COGNITO_DOMAIN", "COGNITO_ISSUER")
        for value in (None, "", "crud.example.com", "http://[", "https://user:pw@crud.example.com")
    ),
    *(
        ("COGNITO_CLIENT_ID", value, "the id of an app client, letters and digits")
        for value in (None, "", "a b", "a&b", "ñ", "a" * 129)
    ),
    *(("COGNITO_CLIENT_SECRET_PARAMETER", value, "the name of a parameter") for value in (None, "a b")),
    *(("PUBLIC_URL", value, ORIGIN_RULE) for value in ("directorio", "https://a.example/path", "https://a.example?x")),
    *(("DEMO", value, "true or false") for value in ("yes", "1", "True")),
]


@pytest.mark.parametrize(("variable", "value", "rule"), MALFORMED)
def test_a_missing_or_malformed_variable_is_named_with_its_rule_but_not_its_value(monkeypatch, variable, value, rule):
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    with pytest.raises(SettingError) as refused:
        read_settings()
    assert str(refused.value) == f"The environment variable {variable} must be {rule}"


def test_what_salaries_mean_is_set_once():
    assert read_salary_settings({}) == {"currency": "EUR", "salaryPeriod": "year"}
    given = {"CURRENCY": "PEN", "SALARY_PERIOD": "month"}
    assert list(read_salary_settings(given).values()) == list(given.values())
    for name, text in (("CURRENCY", "€"), ("SALARY_PERIOD", "week")):
        with pytest.raises(SettingError, match=name):
            read_salary_settings({name: text})
