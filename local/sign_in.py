"""The issuer of `make run`: a Cognito user pool in the emulator, with what the deployment's has (infra/identity.tf).

Each part is made unless it is there: the pool outlives a restart. When the emulator was killed and has lost it, a new
one has the same users and passwords.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from contract.roles import RESOURCE_SERVER, ROLES, scope_of
from local.emulator import ACCESS_KEY
from local.lock import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

NAMES = {"lector": "Leo Lector", "rrhh": "Rita Recursos", "admin": "Ada Admin"}

PASSWORD_KINDS = ("RequireLowercase", "RequireUppercase", "RequireNumbers", "RequireSymbols")
POOL_SETTINGS: dict[str, Any] = {
    "PoolName": "crud-app",
    "UserPoolTier": "ESSENTIALS",
    "AutoVerifiedAttributes": ["email"],
    "UsernameConfiguration": {"CaseSensitive": False},
    "AdminCreateUserConfig": {
        "AllowAdminCreateUserOnly": True,
        "InviteMessageTemplate": {
            "EmailSubject": "Su acceso al directorio / Your access to the directory",
            "EmailMessage": "Usuario / User: {username}<br>Contraseña temporal / Temporary password: {####}",
        },
    },
    "Policies": {"PasswordPolicy": {"MinimumLength": 12, **dict.fromkeys(PASSWORD_KINDS, True)}},
}
PAGE_CLIENT = {
    "SupportedIdentityProviders": ["COGNITO"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email", "profile", "aws.cognito.signin.user.admin"],
    "ExplicitAuthFlows": ["ALLOW_CUSTOM_AUTH"],
    # ministack knows no rotation: emulator_program.py adds it.
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 30},
    "WriteAttributes": ["name"],
    "PreventUserExistenceErrors": "ENABLED",
    "EnableTokenRevocation": True,
    "AccessTokenValidity": 5,
    "IdTokenValidity": 5,
    "RefreshTokenValidity": 12,
    "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"},
}
TOKEN_CLIENT = {"ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"]}
PROGRAM_CLIENT = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["client_credentials"],
    "AllowedOAuthScopes": [scope_of(role) for role in ROLES],
}


@dataclass(frozen=True, kw_only=True)
class SignIn:
    endpoint: str  # of the emulator and its sign-in page
    pool: str
    issuer: str
    page_client: str  # authorization code with PKCE
    page_secret: str
    token_client: str  # of `make token`: user name and password; the deployment has none like it
    program_client: str  # client credentials
    program_secret: str
    passwords: dict[str, str]  # by user name
    credentials: dict[str, str]  # of the emulator: `local.emulator.ACCESS_KEY`

    @property
    def audience(self) -> tuple[str, ...]:
        return self.page_client, self.token_client, self.program_client

    @property
    def keys_url(self) -> str:
        """Where the issuer's public keys are. On AWS they stand below ``issuer``."""
        return f"{self.endpoint}/{self.pool}/.well-known/jwks.json"

    def save(self, path: Path) -> None:
        """Write a file that only its owner can read."""
        write_private(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, path: Path) -> SignIn:
        """Read what `save` wrote; FileNotFoundError before the first `make run`."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


def user_of(role: str) -> str:
    return f"{role}@example.com"


def create_sign_in(
    cognito: CognitoIdentityProviderClient, endpoint: str, page_urls: Sequence[str], passwords: Mapping[str, str]
) -> SignIn:
    """Make everything in the emulator at ``endpoint``, with the ``passwords`` that are known already (by user name).

    ``page_urls`` are the addresses of the page, without a slash at the end.
    """
    pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
    known = [pool["Id"] for pool in pools if pool["Name"] == POOL_SETTINGS["PoolName"]]
    pool = known[0] if known else _create_pool(cognito)
    callbacks, logouts = [f"{url}/sesion/vuelta" for url in page_urls], [f"{url}/" for url in page_urls]
    page = PAGE_CLIENT | {"CallbackURLs": callbacks, "LogoutURLs": logouts}
    page_client, page_secret = _put_client(cognito, pool, "page", page)
    token_client, _ = _put_client(cognito, pool, "token", TOKEN_CLIENT)
    program_client, program_secret = _put_client(cognito, pool, "program", PROGRAM_CLIENT)
    users = {user_of(role): passwords.get(user_of(role)) or new_password() for role in ROLES}
    for role in ROLES:
        _put_user(cognito, pool, role, users[user_of(role)])
    return SignIn(
        endpoint=endpoint,
        pool=pool,
        issuer=f"https://cognito-idp.{pool.partition('_')[0]}.amazonaws.com/{pool}",
        page_client=page_client,
        page_secret=page_secret,
        token_client=token_client,
        program_client=program_client,
        program_secret=program_secret,
        passwords=users,
        credentials=ACCESS_KEY,
    )


def known_passwords(path: Path) -> dict[str, str]:
    with suppress(OSError, ValueError, TypeError):
        return SignIn.load(path).passwords
    return {}


def new_password() -> str:
    """72 random bits, after one character of each kind that the pool wants."""
    return "-".join(["Local-2", *(secrets.token_hex(3) for _ in range(3))])


def _create_pool(cognito: CognitoIdentityProviderClient) -> str:
    pool = cognito.create_user_pool(**POOL_SETTINGS)["UserPool"]["Id"]
    cognito.set_user_pool_mfa_config(
        UserPoolId=pool, SoftwareTokenMfaConfiguration={"Enabled": True}, MfaConfiguration="OPTIONAL"
    )
    for role in ROLES:
        cognito.create_group(UserPoolId=pool, GroupName=role)
    scopes: Any = [{"ScopeName": role, "ScopeDescription": role} for role in ROLES]
    cognito.create_resource_server(UserPoolId=pool, Identifier=RESOURCE_SERVER, Name=RESOURCE_SERVER, Scopes=scopes)
    return pool


def _put_client(
    cognito: CognitoIdentityProviderClient, pool: str, name: str, settings: dict[str, Any]
) -> tuple[str, str]:
    """Make the client, or give it these settings: the page's addresses have a port. Its id, and its secret or ""."""
    wanted: dict[str, Any] = {"UserPoolId": pool, "ClientName": name, **settings}
    clients = cognito.list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]
    known = [client["ClientId"] for client in clients if client["ClientName"] == name]
    if known:
        client: Any = cognito.update_user_pool_client(ClientId=known[0], **wanted)["UserPoolClient"]
    else:
        client = cognito.create_user_pool_client(GenerateSecret=name != "token", **wanted)["UserPoolClient"]
    return client["ClientId"], client.get("ClientSecret") or ""


def _put_user(cognito: CognitoIdentityProviderClient, pool: str, role: str, password: str) -> None:
    name = user_of(role)
    values = {"email": name, "email_verified": "true", "name": NAMES[role]}
    attributes: Any = [{"Name": key, "Value": value} for key, value in values.items()]
    user: dict[str, Any] = {"UserPoolId": pool, "Username": name}
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(**user, MessageAction="SUPPRESS", UserAttributes=attributes)
    cognito.admin_set_user_password(**user, Password=password, Permanent=True)
    cognito.admin_add_user_to_group(**user, GroupName=role)
