"""The page as people reach it: at CloudFront's address, which the emulator answers for whoever asks it by that name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from pathlib import Path

# A cold start through two functions, with nothing compiled in any cache.
REQUEST_SECONDS = 60
# How the emulator is told that somebody came over HTTPS: it listens without TLS.
OVER_HTTPS = {"X-Forwarded-Proto": "https"}


class Page:
    """The address of a deployment's page.

    Args:
        url: CloudFront's, such as https://d0123456789abc.cloudfront.net.
        endpoint: of the emulator.
    """

    def __init__(self, url: str, endpoint: str) -> None:
        self.url = url
        self.host = urlsplit(url).netloc
        self._endpoint = endpoint

    def client(self, *, over_https: bool = True) -> httpx.Client:
        """A client that sends no cookies but those that a request names, and follows no redirection."""
        headers = {"Host": self.host, **(OVER_HTTPS if over_https else {})}
        return httpx.Client(base_url=self._endpoint, headers=headers, timeout=REQUEST_SECONDS, trust_env=False)

    def configure_curl(self, folder: Path) -> dict[str, str]:
        """Let curl find the page; return the environment with which it does."""
        emulator = urlsplit(self._endpoint)
        lines = [f"connect-to = {self.host}:80:{emulator.hostname}:{emulator.port}", 'noproxy = "*"']
        lines += [f'header = "{name}: {value}"' for name, value in OVER_HTTPS.items()]
        (folder / ".curlrc").write_text("\n".join(lines) + "\n", "utf-8")
        return {"CURL_HOME": str(folder)}
