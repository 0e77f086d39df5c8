"""`make -s token ROLE=rrhh`: an access token of the running local stack, for curl."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from contract.roles import ROLES, scope_of
from local.emulator import client_of
from local.settings import state_folder
from local.sign_in import SignIn, user_of
from tools.command_line import OneSentenceParser, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXIT_USAGE = 2


class NoToken(Exception):
    """The local stack does not run; the message is a sentence for the person at the keyboard."""


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    parser = OneSentenceParser("make token", "An access token of the running local stack, for curl.")
    parser.add_argument("--role", default="", help=f"whose: {', '.join(ROLES)}")
    parser.add_argument("--program", action="store_true", help="a program's, by client credentials")
    arguments = parser.parse_args(argv)
    if arguments.role not in ROLES:
        parser.error(f"ROLE must be one of {', '.join(ROLES)}, not {shortened(arguments.role)}")
    try:
        print(fetch_token(environment, arguments.role, is_program=arguments.program))
    except NoToken as error:
        print(f"make token: {error}", file=sys.stderr)
        return EXIT_USAGE
    return 0


def fetch_token(environment: Mapping[str, str], role: str, *, is_program: bool = False) -> str:
    """An access token of the local stack that keeps its data where ``environment`` says, or `NoToken`."""
    try:
        sign_in = SignIn.load(state_folder(environment) / "sign-in.json")
        user = user_of(role)
        return _program_token(sign_in, role) if is_program else person_token(sign_in, user, sign_in.passwords[user])
    except (OSError, ValueError, TypeError, BotoCoreError, ClientError, httpx.HTTPError) as error:
        raise NoToken(f"The local stack does not run ({type(error).__name__}): start it with `make run`.") from None


def person_token(sign_in: SignIn, user: str, password: str) -> str:
    answer = client_of("cognito-idp", sign_in.endpoint, sign_in.credentials).admin_initiate_auth(
        UserPoolId=sign_in.pool,
        ClientId=sign_in.token_client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return str(answer["AuthenticationResult"]["AccessToken"])


def _program_token(sign_in: SignIn, role: str) -> str:
    answer = httpx.post(
        f"{sign_in.endpoint}/oauth2/token",
        data={"grant_type": "client_credentials", "scope": scope_of(role)},
        auth=(sign_in.program_client, sign_in.program_secret),
        timeout=30,
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["access_token"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
