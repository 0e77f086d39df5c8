"""Who may do what, for crud_app and email_app: both accept the same tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_frontdoor import Access
from chalice_frontdoor.cognito import cognito_reader
from contract.roles import ANONYMOUS, RESOURCE_SERVER, ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_frontdoor import FrontDoor


def guard(app: FrontDoor, rules: Mapping[tuple[str, str], str], is_demo: Callable[[], bool]) -> None:
    """Close every route of ``app`` that ``rules`` do not open to the caller.

    Args:
        app: whose routes are guarded.
        rules: see ``Access``.
        is_demo: whether this is a demonstration, which has no sign-in and takes no real data.
    """
    access = Access(
        ROLES,
        rules,
        read_caller=cognito_reader(RESOURCE_SERVER),
        anonymous=lambda: ANONYMOUS if is_demo() else None,
    )
    app.register_middleware(access, "http")
