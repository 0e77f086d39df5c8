"""The user pool's own sign-in page, filled in over HTTP as a browser does it."""

from __future__ import annotations

import html
import re
from http.cookies import SimpleCookie

import httpx

from local.sign_in import new_password

# A cold start through two functions, with nothing compiled in any cache.
REQUEST_SECONDS = 60
REDIRECTIONS = {302, 303}
# It asks for the user's name and password, and the first time for a new one.
MOST_FORMS = 2


def fill_in(domain: str, address: str, name: str, password: str) -> str:
    """Fill in the forms of the pool at ``domain``; return where it sends the browser then.

    A new person chooses a password on the way.
    """
    chosen = new_password()
    typed = {"username": name, "password": password, "new_password": chosen, "confirm_password": chosen}
    with httpx.Client(base_url=domain, timeout=REQUEST_SECONDS, trust_env=False) as browser:
        answer = browser.get(address)
        for _ in range(MOST_FORMS):
            hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(.*?)"', answer.text)
            asked = re.findall(r'<input type="(?:text|password)" id="\w+" name="(\w+)"', answer.text)
            fields = {key: html.unescape(value) for key, value in hidden} | {key: typed[key] for key in asked}
            answer = browser.post("/login", data=fields)
            if answer.status_code in REDIRECTIONS:
                return str(answer.headers["location"])
    raise AssertionError(answer.text)


def sign_in(page: httpx.Client, domain: str, name: str, password: str) -> dict[str, str]:
    """Go from the page to the sign-in page and back; return the cookies that a browser has then."""
    start = page.get("/sesion/entrar", params={"volver": "/"})
    back = httpx.URL(fill_in(domain, start.headers["location"], name, password))
    assert back.path == "/sesion/vuelta", back
    finish = page.get(back.raw_path.decode(), headers=as_header(cookies_of(start)))
    assert (finish.status_code, finish.headers.get("location")) == (303, "/"), finish.text
    return cookies_of(finish)


def cookies_of(answer: httpx.Response) -> dict[str, str]:
    """What a browser keeps of an answer."""
    cookies: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        cookies.load(line)
    return {name: morsel.value for name, morsel in cookies.items() if morsel.value}


def as_header(cookies: dict[str, str]) -> dict[str, str]:
    """How a browser sends them."""
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
