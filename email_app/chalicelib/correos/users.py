"""The people who may sign in, in the user pool: who they are, their role, and whether they have a second factor.

Here and not in bff_app: a request gets here only through the authorizer, and the public door keeps no power over the
pool.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice_frontdoor import FieldError, InvalidInput, Problem
from chalicelib.correos.aws import AwsUnavailable
from contract import aws
from contract.email_address import read_address
from contract.roles import ADMIN, ROLES
from contract.text import read_one_of, too_long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

PAGE = 30
"""Users of a page. Each costs two calls; Cognito allows 50 a second of the rarer kind."""
_THREADS = 8
_INVITATION = timedelta(days=3)
"""As in infra/identity.tf: temporary_password_validity_days."""
_INVITED = "FORCE_CHANGE_PASSWORD"
MAX_NAME = 128
"""Of a user name, in characters."""
_ID = re.compile(r"[0-9a-f-]{36}")
STATES = ("activo", "invitado", "caducado", "desactivado")
_SECOND_FACTORS = {"SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "SMS_MFA"}


#: Status and text of each refusal, by its reason.
_REFUSALS = {
    "not_found": (404, "No existe ese usuario.", "There is no such user."),
    "invited": (409, "Esa dirección ya tiene una cuenta.", "That address has an account already."),
    "has_entered": (
        409,
        "Esa persona ya ha entrado: no tiene una invitación que repetir.",
        "That person has signed in: there is no invitation to repeat.",
    ),
    "last_admin": (
        409,
        "Es la última persona que administra: nombre antes a otra.",
        "This is the last administrator: appoint another one first.",
    ),
    # The token says so, the pool does not.
    "no_admin": (403, "Ya no tiene permiso para hacer esto.", "You are no longer allowed to do this."),
}


class UserRefused(Problem):
    """What is asked about a user cannot be done."""

    def __init__(self, reason: str) -> None:
        status, es, en = _REFUSALS[reason]
        super().__init__(status, detail={"es": es, "en": en})


_INVALID = {"InvalidParameterException", "ParamValidationError"}
_ERRORS = {
    "UserNotFoundException": "not_found",
    "UsernameExistsException": "invited",
    "UnsupportedUserStateException": "has_entered",
}

#: A user as the API shows it. ``id`` is the pool's own: it may stand in addresses and logs; an email address may not.
Row = dict[str, object]


def _read_name(value: object) -> str:
    """An address that may be a user name: Cognito's are shorter than an address may be."""
    address = read_address(value)
    if len(address) > MAX_NAME:
        raise too_long(MAX_NAME)
    return address


#: The fields of an invitation, and of a change of role, with their readers.
ROLE: dict[str, Callable[[object], str]] = {"rol": partial(read_one_of, ROLES)}
INVITATION = {"email": _read_name, **ROLE}


class Users:
    """The accounts of one user pool. Every method may raise ``UserRefused`` or ``AwsUnavailable``."""

    def __init__(self, client: CognitoIdentityProviderClient, pool: str) -> None:
        self._client = client
        self._pool: Any = {"UserPoolId": pool}

    def list(self, cursor: str | None) -> tuple[list[Row], str | None]:
        """A page, and the cursor of the next one."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - no other request needs it

        following = {"PaginationToken": cursor} if cursor else {}
        with _calling():
            try:
                answer = self._client.list_users(**self._pool, Limit=PAGE, **following)
            except aws.call_errors() as error:
                if not cursor or aws.code_of(error) not in _INVALID:
                    raise
                message = {"es": "No es un cursor de esta lista.", "en": "It is no cursor of this list."}
                raise InvalidInput([FieldError("cursor", "formato", message)]) from None
            with ThreadPoolExecutor(_THREADS) as threads:
                found = list(threads.map(lambda user: self.find(user["Username"]), answer["Users"]))
        return found, answer.get("PaginationToken")

    def find(self, id: str) -> Row:  # noqa: A002 - as in the row
        """One user by the pool's id, or by the user name."""
        with _calling():
            user = self._client.admin_get_user(**self._pool, Username=id)
            return _as_row(user, self._roles_of(id))

    def invite(self, email: str, role: str) -> Row:
        """Create an account; Cognito sends its temporary password."""
        with _calling():
            attributes: Any = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
            self._client.admin_create_user(
                **self._pool, Username=email, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
            )
            self._client.admin_add_user_to_group(**self._pool, Username=email, GroupName=role)
        return self.find(email)

    def invite_again(self, id: str) -> Row:  # noqa: A002
        """Send a new temporary password to a person who has not signed in yet."""
        with _calling(id):
            user = self._client.admin_get_user(**self._pool, Username=id)
            if user.get("UserStatus") != _INVITED:
                raise UserRefused("has_entered")
            self._client.admin_create_user(
                **self._pool, Username=user["Username"], MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
            )
        return self.find(id)

    def change_role(self, id: str, role: str) -> Row:  # noqa: A002
        """Give this role instead of all others. Who may write no more, may not within five minutes (a token's life)."""
        with _calling(id):
            before = self._roles_of(id)
            if role not in before:
                self._client.admin_add_user_to_group(**self._pool, Username=id, GroupName=role)
            for other in before - {role}:
                self._take(id, other)
        return self.find(id)

    def remove(self, id: str) -> None:  # noqa: A002
        """Delete the account and end its sessions."""
        with _calling(id):
            if ADMIN in self._roles_of(id):
                self._take(id, ADMIN)
            self._client.admin_user_global_sign_out(**self._pool, Username=id)
            self._client.admin_delete_user(**self._pool, Username=id)

    def require_admin(self, name: str) -> None:
        """Refuse a person who is no administrator any more, or was deactivated, since the token was issued."""
        with _calling():
            if name not in self._admins():
                raise UserRefused("no_admin")

    def _take(self, id: str, role: str) -> None:  # noqa: A002
        """Take a role away. When two administrators take it from each other, each sees that none is left, and both
        keep it: Cognito has no transactions.
        """
        if role == ADMIN and not self._admins() - {self._name_of(id)}:
            raise UserRefused("last_admin")
        self._client.admin_remove_user_from_group(**self._pool, Username=id, GroupName=role)
        if role == ADMIN and not self._admins():
            self._client.admin_add_user_to_group(**self._pool, Username=id, GroupName=role)
            raise UserRefused("last_admin")

    def _admins(self) -> set[str]:
        """The names of those who can sign in and manage users."""
        pages = self._client.get_paginator("list_users_in_group").paginate(**self._pool, GroupName=ADMIN)
        users = [user for page in pages for user in page["Users"]]
        return {user["Username"] for user in users if user["Enabled"] and user["UserStatus"] != _INVITED}

    def _name_of(self, id: str) -> str:  # noqa: A002
        return self._client.admin_get_user(**self._pool, Username=id)["Username"]

    def _roles_of(self, id: str) -> set[str]:  # noqa: A002
        groups = self._client.admin_list_groups_for_user(**self._pool, Username=id)["Groups"]
        return {group["GroupName"] for group in groups} & {*ROLES}


def _as_row(user: Mapping[str, Any], roles: set[str]) -> Row:
    values = {each["Name"]: each["Value"] for each in user["UserAttributes"]}
    created: datetime = user["UserCreateDate"]
    state = "activo"
    if not user["Enabled"]:
        state = "desactivado"
    elif user["UserStatus"] == _INVITED:
        is_over = datetime.now(UTC) - user["UserLastModifiedDate"] > _INVITATION
        state = "caducado" if is_over else "invitado"
    return {
        "id": values["sub"],
        "email": values.get("email", user["Username"]),
        "rol": max(roles, key=ROLES.index, default=None),
        "estado": state,
        "segundo_factor": bool(_SECOND_FACTORS & set(user.get("UserMFASettingList", []))),
        "creado_en": created.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


@contextmanager
def _calling(id: str | None = None) -> Iterator[None]:  # noqa: A002
    """Raise our own errors for Cognito's, which says of an ``id`` of another form that it is malformed."""
    if id is not None and not _ID.fullmatch(id):
        raise UserRefused("not_found")
    try:
        yield
    except aws.call_errors() as error:
        code = aws.code_of(error)
        raise (UserRefused(_ERRORS[code]) if code in _ERRORS else AwsUnavailable(f"Cognito: {code}")) from error
