"""A browser, as far as signing in needs one: it keeps cookies and says which site a request comes from."""

from __future__ import annotations

from http.cookies import SimpleCookie

HOST = "directorio.example.com"
ORIGIN = f"https://{HOST}"


class Browser:
    """Keeps cookies and sends those whose path fits."""

    def __init__(self, client):
        self._client = client
        self.cookies: dict[str, str] = {}
        self._paths: dict[str, str] = {}

    def get(self, path, **parts):
        return self.request("GET", path, **parts)

    def post(self, path, **parts):
        return self.request("POST", path, **parts)

    def request(self, method, path, *, site="same-origin", **parts):
        """Send a request as a page of ``site`` does; None is an old browser, which does not say where it comes from."""
        says = {} if site is None else {"Sec-Fetch-Site": site}
        headers = {"Host": HOST, **says, **parts.pop("headers", {})}
        sent = [f"{name}={value}" for name, value in self.cookies.items() if path.startswith(self._paths[name])]
        if sent:
            headers.setdefault("Cookie", "; ".join(sent))
        answer = self._client.request(method, path, headers=headers, **parts)
        self._keep(answer)
        return answer

    def _keep(self, answer):
        for line in answer.headers.getlist("set-cookie"):
            ((name, morsel),) = SimpleCookie(line).items()
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name], self._paths[name] = morsel.value, morsel["path"]
