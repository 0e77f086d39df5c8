"""Calls of AWS: their bounds, and what a failed one raises. botocore is imported at the first call: it takes longer
than the rest of a cold start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.config import Config


def client_config(*, connect: float, read: float, attempts: int) -> Config:
    """Time to connect and to read, in seconds, and how often a call is made at most."""
    from botocore.config import Config  # noqa: PLC0415 - see above

    retries = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=connect, read_timeout=read, retries=retries)  # type: ignore[arg-type] # stubs: Literal


def call_errors() -> tuple[type[Exception], ...]:
    """All that botocore raises for a call."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - it has another base class

    return BotoCoreError, ClientError, ResponseParserError


def code_of(error: Exception) -> str:
    """AWS's code, or the name of botocore's error. The text of either may quote what was sent."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - see above

    name = type(error).__name__
    return error.response["Error"].get("Code", name) if isinstance(error, ClientError) else name
