"""By which word a program is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tools.target import Target, TargetError, authorization, require_entry

if TYPE_CHECKING:
    from pathlib import Path

HERE = Target("http://localhost:8000", "localhost")
ELSEWHERE = Target("https://directory.example", "directory.example")


def client_that_gets(status: int) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(status, json=[])))


@pytest.mark.parametrize("target", [HERE, ELSEWHERE])
def test_the_token_that_is_given_is_used(target: Target) -> None:
    assert authorization(target, {"TOKEN": "abc"}) == {"Authorization": "Bearer abc"}


@pytest.mark.parametrize("target", [HERE, ELSEWHERE])
def test_without_a_token_and_a_stack_requests_have_none(target: Target, tmp_path: Path) -> None:
    """A demonstration takes them."""
    assert authorization(target, {"LOCAL_STATE": str(tmp_path)}) == {}


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_what_to_say(status: int) -> None:
    with pytest.raises(TargetError) as refused:
        require_entry(client_that_gets(status), ELSEWHERE)
    assert str(refused.value).endswith(f"a token of the role rrhh ({status}): say TOKEN=…")


def test_who_is_let_in_goes_on() -> None:
    require_entry(client_that_gets(200), ELSEWHERE)
