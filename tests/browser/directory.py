"""The page as a person uses it: what can be seen and done, by the words on it."""

import csv
import io
import json
import re

import httpx
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.chromium import PATIENCE_MS
from tests.support.sign_in_page import sign_in
from tests.support.waiting import wait_until

# Presses of the tabulator before an element counts as unreachable.
MOST_STOPS = 60
# In one step: the focused element may be redrawn between two.
NAME_OF_FOCUSED = "() => document.activeElement.ariaLabel ?? document.activeElement.textContent"
# As if the pointer were on each notice, which then stays: a busy machine would look for it when it is gone.
KEEP_NOTICES = """
const { matches } = Element.prototype;
HTMLElement.prototype.matches = function (selector) {
  return selector === ':hover, :focus-within' || matches.call(this, selector);
};"""
expect.set_options(timeout=PATIENCE_MS)


class Directory:
    """One person's tab with the page in it, in Spanish."""

    def __init__(self, page, url):
        self.page = page
        self.url = url
        self.faults = []
        """Exceptions, and what the Content-Security-Policy refused."""
        self._tolerated = []
        page.on("pageerror", lambda error: self._note(f"{error.name}: {error.message}\n{error.stack}"))
        page.on("console", self._note_console)

    def tolerate(self, fault):
        """Ignore this fault: the test causes it."""
        self._tolerated.append(fault)

    def _note_console(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._note(message.text)

    def _note(self, fault):
        if not any(pattern.search(fault) for pattern in self._tolerated):
            self.faults.append(fault)

    # ---- signing in

    def sign_in(self, user, password):
        """Sign in at the identity provider and come back."""
        self.page.get_by_role("link", name="Iniciar sesión").click()
        self.type_password(user, password)
        expect(self.menu).to_be_attached()

    def type_password(self, user, password):
        self.page.get_by_label("Username").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def second_tab(self):
        """Another tab of the same browser."""
        return Directory(self.page.context.new_page(), self.url)

    # ---- places

    def open(self, place="#/empleados"):
        """Load the page at this address within it."""
        self.page.goto(f"{self.url}/{place}")
        expect(self.page.locator("main")).to_be_attached()

    def open_without_loading(self, place):
        """Go to an address within the loaded page."""
        self.page.evaluate(
            """place => location.hash === place || new Promise(done => {
              addEventListener('popstate', () => done(), { once: true });
              location.hash = place;
            })""",
            place,
        )

    def go(self, section):
        """Follow a link of the menu."""
        self.menu.get_by_role("link", name=section).click()
        expect(self.heading(section)).to_be_visible()

    @property
    def place(self):
        """The address after ``#``."""
        return self.page.url.partition("#")[2]

    # ---- what is there

    @property
    def menu(self):
        return self.page.get_by_role("navigation", name="Secciones")

    @property
    def bar(self):
        return self.page.locator(".bar")

    def heading(self, text):
        return self.page.get_by_role("heading", name=text, exact=True)

    def link(self, text):
        return self.page.get_by_role("link", name=text, exact=True)

    def button(self, text):
        return self.page.get_by_role("button", name=text, exact=True)

    @property
    def dialog(self):
        return self.page.get_by_role("dialog")

    @property
    def rows(self):
        return self.page.locator("table.employees tbody tr")

    def row(self, name):
        """The row of one employee."""
        return self.rows.filter(has=self.link(name))

    def expect_names(self, *names):
        """The list shows exactly these names, in this order."""
        expect(self.page.locator("table.employees tbody td.column-nombre")).to_have_text(list(names))

    @property
    def panel(self):
        return self.page.locator("aside.panel")

    @property
    def alert(self):
        """The visible error."""
        return self.page.get_by_role("alert").filter(visible=True)

    def notice(self, text):
        """A notice at the foot of the page, the last of several."""
        return self.page.locator(".toast").filter(has_text=text).last

    @property
    def offline(self):
        """The notice that there is no network."""
        return self.page.locator(".notices").get_by_text("Sin conexión.")

    @property
    def spoken(self):
        """What a screen reader was told, in the only live region."""
        return self.page.locator("body > [role=status]")

    def violations(self):
        """What axe finds: the rule and the elements."""
        expect(self.page.locator("[aria-busy]")).to_have_count(0)  # rows that are being read anew are pale
        found = Axe().run(self.page).response["violations"]
        return [f"{rule['id']}: {[node['html'] for node in rule['nodes']]}" for rule in found]

    def expect_accessible(self):
        """In a column of 320 pixels in the dark theme, and on a large screen in the light one."""
        found = {}
        for color_scheme, width in (("dark", 320), ("light", 1280)):
            self.page.emulate_media(color_scheme=color_scheme, reduced_motion="reduce")
            self.page.set_viewport_size({"width": width, "height": 800})
            found[color_scheme] = self.violations()
        assert not any(found.values()), found

    # ---- what can be done

    def press(self, name, *, menu=None):
        """Press a button, or a link that looks like one; in the box that the button ``menu`` opens."""
        if menu:
            self.page.locator("summary", has_text=menu).click()
        self.button(name).or_(self.link(name)).first.click()

    def open_menu(self):
        """Open the menu of the person, and return it."""
        self.bar.locator("summary").click()
        return self.page.locator(".popup-box")

    def sign_out(self):
        self.open_menu().get_by_role("button", name="Cerrar sesión").click()

    def choose_language(self, name):
        """Draw the page in another language."""
        self.open_menu().get_by_label("Idioma").select_option(name)

    def search(self, text):
        """Type into the search field, as a person does, and wait for what is found."""
        self.page.get_by_role("searchbox").press_sequentially(text)
        self.page.wait_for_url(re.compile(rf"[?&]q={text}(&|$)"))
        expect(self.page.locator(".results[aria-busy]")).to_have_count(0)

    def fill(self, **values):
        """Fill the form's fields by their names on the wire."""
        for name, value in values.items():
            self.field(name).fill(value)

    def field(self, name):
        return self.panel.locator(f"input[name={name}]")

    def error_of(self, name):
        return self.panel.locator(".field", has=self.page.locator(f"input[name={name}]")).locator(".field-error")

    def choose_file(self, path):
        self.page.locator("input[type=file]").set_input_files(path)

    def download(self, button, *, menu=None):
        """The cells of the CSV that a button gives."""
        with self.page.expect_download() as download:
            self.press(button, menu=menu)
        text = download.value.path().read_bytes().decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    def tab_to(self, name):
        """Press the tabulator until an element with this name, once it is there, has the focus."""
        expect(self.link(name).or_(self.button(name)).first).to_be_attached()
        for _ in range(MOST_STOPS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(NAME_OF_FOCUSED) == name:
                return
        raise AssertionError(f"{name} cannot be reached with the keyboard")

    # ---- what is on the way, and trouble there

    def requests(self, path="", *, writes=False):
        """The requests from now on whose address ends like this, or all that change something."""
        sent = []

        def note(request):
            if request.url.endswith(path) and not (writes and request.method == "GET"):
                sent.append(request)

        self.page.on("request", note)
        return sent

    def answer(self, path, status, body, content_type="application/problem+json", **headers):
        """From now on, answer requests of ``path`` (a regular expression) in place of the API."""
        named = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
        text = body if isinstance(body, str) else json.dumps(body)
        self.page.route(self.pattern_of(path), lambda route: route.fulfill(status=status, body=text, headers=named))

    def answer_json(self, path, document):
        """From now on, answer requests of ``path`` with this document."""
        self.answer(path, 200, document, "application/json")

    def cut(self, path, *, method="GET", is_late=False):
        """From now on, requests of ``path`` get no answer; if ``is_late``, only after they reached the server."""

        def lose(route):
            if route.request.method != method:
                route.fallback()
                return
            if is_late:
                route.fetch()
            route.abort()

        self.page.route(self.pattern_of(path), lose)

    def hold(self, path):
        """From now on, requests of ``path`` wait until the test continues them."""
        held = Held(self.page)
        self.page.route(self.pattern_of(path), held.add)
        return held

    def mend(self):
        """Stop interfering with requests."""
        self.page.unroute_all(behavior="ignoreErrors")

    def pattern_of(self, path):
        """A pattern for the whole address of ``path``, which is a regular expression."""
        return re.compile(f"^{re.escape(self.url)}{path}$")


class Held:
    """Requests that wait."""

    def __init__(self, page):
        self._page = page
        self._routes = []
        self._is_over = False

    def add(self, route):
        if self._is_over:
            route.continue_()
        else:
            self._routes.append(route)

    @property
    def first(self):
        """The first of them, once it was sent."""
        wait_until(lambda: self._routes or self._page.wait_for_timeout(20), "the request")
        return self._routes[0]

    def release(self, *, but_first=False):
        """Let them pass, and those that come."""
        self._is_over = True
        for route in self._routes[but_first:]:
            route.continue_()


def session_of(stack, user, password):
    """Sign in as ``user`` and return the cookies as Playwright takes them."""
    with httpx.Client(base_url=stack.url, trust_env=False) as page:
        cookies = sign_in(page, stack.sign_in().endpoint, user, password)
    place = {"domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True, "secure": True, "sameSite": "Strict"}
    return {"cookies": [{"name": name, "value": value, **place} for name, value in cookies.items()], "origins": []}
