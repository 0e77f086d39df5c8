"""What a project decides about the package of an app: ``.chalice/terraform.toml``, which is optional."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from chalice_terraform.errors import PackagingFailed

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

FILE = ".chalice/terraform.toml"


class Settings(NamedTuple):
    """A zip larger than ``max_bytes`` stops the build; paths that begin as one of ``leave_out`` are not packaged."""

    max_bytes: int | None = None
    leave_out: tuple[str, ...] = ()


def read_settings(app: Path) -> Settings:
    """Read the settings of the app in the folder ``app``."""
    file = app / FILE
    if not file.is_file():
        return Settings()
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise PackagingFailed(f"{app.name}/{FILE} is no TOML: {error}.") from None
    max_bytes, leave_out = values.pop("max_bytes", None), values.pop("leave_out", [])
    is_list = isinstance(leave_out, list) and all(isinstance(each, str) and each for each in leave_out)
    if values or not is_list or not (max_bytes is None or (type(max_bytes) is int and max_bytes > 0)):
        raise PackagingFailed(
            f"{app.name}/{FILE} may hold max_bytes, a whole number, and leave_out, a list of beginnings of paths."
        )
    return Settings(max_bytes, tuple(leave_out))
