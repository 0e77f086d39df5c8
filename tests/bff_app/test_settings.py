"""The environment is read once, by one module, and complains by name."""

from __future__ import annotations

import pytest

from chalicelib.settings import SettingError, read_settings

URLS = {"CRUD_API_URL": "https://crud.example.com", "EMAIL_API_URL": "http://127.0.0.1:8002/prefix"}


def test_settings_hold_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in URLS.items():
        monkeypatch.setenv(variable, value)

    settings = read_settings()

    assert settings.crud_api.origin == "https://crud.example.com"
    assert settings.email_api.origin == "http://127.0.0.1:8002"
    assert settings.email_api.prefix == "/prefix"


@pytest.mark.parametrize("variable", URLS)
@pytest.mark.parametrize("value", [None, "", "crud.example.com", "http://[", "https://user:pw@crud.example.com"])
def test_a_missing_or_malformed_variable_is_named_with_its_rule_but_not_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    for name, url in URLS.items():
        monkeypatch.setenv(name, url)
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)

    with pytest.raises(SettingError) as refused:
        read_settings()

    assert (
        str(refused.value)
        == f"{variable} must be set to http(s)://host[:port][/prefix], with neither credentials nor a query"
    )
