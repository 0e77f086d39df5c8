"""The environment is read once, by one module, and complains by name."""

import pytest

from chalice_frontdoor import SettingError
from chalicelib.web.settings import read_page_settings, read_settings

APIS = {
    "CRUD_API_URL": "https://CRUD.example.com/prod/",
    "EMAIL_API_URL": "http://[::1]:4566/_aws/execute-api/x/$default",
}
SIGN_IN = {
    "COGNITO_DOMAIN": "https://directorio.auth.eu-west-1.amazoncognito.com",
    "COGNITO_ISSUER": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc",
    "COGNITO_CLIENT_ID": "3n4b5urk1ft4fl3mg5e62d9ado",
    "COGNITO_CLIENT_SECRET_PARAMETER": "/directorio/page-client-secret",
}


def test_settings_hold_the_addresses_of_the_apis_and_of_the_pool():
    settings = read_settings({**APIS, **SIGN_IN, "PUBLIC_URL": "https://D111.cloudfront.net/"})
    crud, email = settings.apis
    assert crud == ("crud", "https://", "crud.example.com", "/prod")
    assert email == ("email", "http://", "[::1]:4566", "/_aws/execute-api/x/$default")
    assert settings.sign_in.login.origin == SIGN_IN["COGNITO_DOMAIN"]
    assert settings.sign_in[1:] == (
        SIGN_IN["COGNITO_ISSUER"],
        SIGN_IN["COGNITO_CLIENT_ID"],
        "",
        SIGN_IN["COGNITO_CLIENT_SECRET_PARAMETER"],
        "https://d111.cloudfront.net",
    )


def test_without_a_sign_in_it_is_only_a_demonstration_if_it_says_so():
    assert read_settings({**APIS, "DEMO": "true"}).sign_in is None
    for demo in ({}, {"DEMO": "false"}):
        with pytest.raises(SettingError, match="COGNITO_DOMAIN"):
            read_settings(APIS | demo)


ADDRESS_RULE = "http(s)://host[:port][/prefix], with neither credentials nor a query"
NO_ADDRESSES = (
    "", "api.example.com", "//api.example.com", "ftp://api.example.com", "http://", "http:///empleados",
    "http://user:secret@api.example.com", "http://api.example.com?stage=prod", "http://api.example.com/#top",
    "http://api.example.com:0", "http://api.example.com:655361", "http://api.example.com:port",
    "http://api.example.com/../other", "http://api.example.com/a//b", "http://api.example.com/a b",
    "http://api.example.com/%2e%2e", "http://api.example.com\\@evil.example", "http://ñandú.example",
    "http://[::1", "${var.crud_api_url}",
)  # fmt: skip
MALFORMED = {
    **dict.fromkeys(("CRUD_API_URL", "EMAIL_API_URL", "COGNITO_DOMAIN"), (ADDRESS_RULE, NO_ADDRESSES)),
    **dict.fromkeys(("COGNITO_ISSUER", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET_PARAMETER"), ("set", ("",))),
    "PUBLIC_URL": ("http(s)://host[:port], or unset", ("directorio", "https://a.example/path", "https://a.example?x")),
    "DEMO": ("true or false", ("yes", "1", "True")),
}


def test_a_missing_or_malformed_variable_is_named_with_its_rule_but_not_its_value():
    for variable, (rule, values) in MALFORMED.items():
        for value in values:
            with pytest.raises(SettingError) as refused:
                read_settings({**APIS, **SIGN_IN, variable: value})
            assert str(refused.value) == f"The environment variable {variable} must be {rule}", value


def test_what_the_page_shows_of_the_environment():
    assert read_page_settings({}) == ("", "EUR", "year")
    assert read_page_settings({"CURRENCY": "PEN", "SALARY_PERIOD": "month"}) == ("", "PEN", "month")
    for name, text in (("CURRENCY", "€"), ("SALARY_PERIOD", "week"), ("INBOX_URL", "javascript:alert(1)")):
        with pytest.raises(SettingError, match=name):
            read_page_settings({name: text})
