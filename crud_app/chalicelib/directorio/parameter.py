"""One value of AWS Parameter Store, read without boto3: a cold start waits for it, and importing boto3 takes 130 ms,
botocore's signer alone 100 ms, the whole app 190 ms.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html, signed as in
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.directorio.database import tls_context
from chalicelib.directorio.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.directorio.settings import AwsAccess, KeyServer

#: For each step (name and connection, TLS, answer). Within the region all of them together take about 20 ms.
STEP_SECONDS = 1
#: A value has at most 4 kB; the answer is a little longer.
MAX_ANSWER_BYTES = 16_384
SERVICE = "ssm"
OK = 200
TARGET = "AmazonSSM.GetParameter"
JSON = "application/x-amz-json-1.1"

logger = logging.getLogger(__name__)


def read_parameter(name: str, access: AwsAccess, key_server: KeyServer | None = None) -> str:
    """The value of a parameter, decrypted. Credentials are in ``access``, or come from ``key_server``.

    Raises:
        Unavailable: it could not be read; the reason is logged.
    """
    body = json.dumps({"Name": name, "WithDecryption": True}).encode()
    try:
        access = access if key_server is None else with_keys(access, key_server)
        headers = sign(access, body, datetime.now(UTC))
        status, answer = _ask("POST", f"{access.endpoint.rstrip('/')}/", body, headers)
    except OSError as error:
        raise _logged(type(error).__name__) from error
    try:
        content = json.loads(answer)
        if status != OK:
            raise _logged(str(content["__type"]).rpartition("#")[2])
        value = content["Parameter"]["Value"]
    except (ValueError, LookupError, TypeError) as error:
        raise _logged(f"HTTP {status}") from error
    return str(value)


def with_keys(access: AwsAccess, server: KeyServer) -> AwsAccess:
    """The same access with credentials that the server has just given.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

    Raises:
        ConnectionError: the server gave none.
    """
    status, answer = _ask("GET", server.url, b"", {"authorization": server.authorization})
    if status != OK:
        raise ConnectionRefusedError
    try:
        keys = json.loads(answer)
        access_key, secret_key, token = keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"]
    except (ValueError, LookupError, TypeError) as error:
        raise ConnectionRefusedError from error
    return replace(access, access_key=access_key, secret_key=secret_key, session_token=token)


def _ask(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Send a request and return the status and body of the answer.

    Raises:
        OSError: there was none.
    """
    # Imported here: most processes read one parameter and never another.
    from http.client import HTTPConnection, HTTPException, HTTPSConnection  # noqa: PLC0415

    parts = urlsplit(url)
    connection: HTTPConnection
    if parts.scheme == "https":
        connection = HTTPSConnection(parts.netloc, timeout=STEP_SECONDS, context=tls_context("verify-full", None))
    else:
        connection = HTTPConnection(parts.netloc, timeout=STEP_SECONDS)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return response.status, response.read(MAX_ANSWER_BYTES)
    except HTTPException as error:
        raise ConnectionError from error
    finally:
        connection.close()


def sign(access: AwsAccess, body: bytes, moment: datetime) -> dict[str, str]:
    """The headers of the request with ``body``, signed at ``moment`` in UTC."""
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    host = urlsplit(access.endpoint).netloc
    headers = {"content-type": JSON, "host": host, "x-amz-date": stamp, "x-amz-target": TARGET}
    if access.session_token:
        headers["x-amz-security-token"] = access.session_token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/{access.region}/{SERVICE}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{access.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _logged(reason: str) -> Unavailable:
    """Log what the client is not told: AWS's error code or the type of the failure, no content."""
    logger.error("The database's address cannot be read", extra={"reason": reason})
    return Unavailable("")
