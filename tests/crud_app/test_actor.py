"""Who did it."""

from __future__ import annotations

import pytest

from chalicelib.actor import MAX_ACTOR, actor_of


@pytest.mark.parametrize(
    ("context", "actor"),
    [
        ({}, "anonimo"),
        ({"authorizer": None}, "anonimo"),
        ({"authorizer": {"claims": {}}}, "anonimo"),
        ({"authorizer": {"claims": {"sub": "s", "username": "u", "email": "e@x"}}}, "e@x"),
        ({"authorizer": {"claims": {"sub": "s", "username": "u"}}}, "u"),
        ({"authorizer": {"claims": {"sub": "s", "username": "", "email": None}}}, "s"),
        ({"authorizer": {"claims": {"sub": "s" * 1000}}}, "s" * MAX_ACTOR),
    ],
)
def test_is_the_best_name_in_the_verified_token(context, actor):
    assert actor_of(context) == actor
