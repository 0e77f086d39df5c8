"""`make screenshots`: a picture of every view, in both languages, both themes and both widths.

All of them go to build/screenshots as PNG, to be looked at; the handful that the README shows, to docs/screenshots as
WebP, which is half the size.
"""

from __future__ import annotations

import base64
import random
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from local.sign_in import ROLES, user_of
from tests.browser.chromium import running_chromium
from tests.browser.directory import Directory
from tests.browser.people import session_of
from tests.browser.stack import an_employee, running_stack
from tests.support.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page, StorageState

    from tests.browser.stack import Employee, LocalStack

ALL = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
#: What the README shows: view, language, theme, width.
FOR_THE_README = {
    "list-es-light-1280",
    "employee-es-light-1280",
    "conflict-es-light-1280",
    "summary-es-dark-1280",
    "import-es-light-1280",
    "list-en-dark-390",
}
#: Somebody whom nobody has given a role yet.
NEWCOMER = "nueva@example.com"
PASSWORD = "Prueba-0123456789-x"
#: Who looks at a view, where it is not somebody who may do everything; None is nobody who has signed in.
SEEN_BY = {
    "sign_in": None,
    "sign_in_failed": None,
    "nothing_allowed": NEWCOMER,
    "not_allowed": user_of("lector"),
    "list_of_a_reader": user_of("lector"),
    "employee_of_a_reader": user_of("lector"),
    "summary_of_a_reader": user_of("lector"),
    "list_of_human_resources": user_of("rrhh"),
}
MOST_BYTES = 150_000
QUALITY = 90
SIZES = {1280: 800, 390: 844}
THEMES = ("light", "dark")
LANGUAGES = {"es": "es-ES", "en": "en-GB"}

FIRST = ("Ana", "Luis", "María", "José", "Carmen", "Íñigo", "Lucía", "Ángel", "Sofía", "Martín", "Núria", "Óscar")
LAST = ("Pérez", "García", "Núñez", "López", "Ibáñez", "Romero", "Soler", "Vidal", "Castaño", "Domínguez", "Ruiz")
POSITIONS = {
    "Analista": 2600,
    "Comercial": 2200,
    "Contable": 2400,
    "Desarrolladora": 3400,
    "Diseñadora": 2900,
    "Jefe de proyecto": 4300,
    "Técnico de sistemas": 2700,
}
FILE = """nombre;email;posicion;salario;fecha_contratacion
Berta Gil;berta.gil@example.com;Analista;2500,00;2026-09-01
Carlos Mora;carlos.mora@example;Contable;2.300,50;01/10/2026
Diana Sanz;diana.sanz@example.com;Diseñadora;2.900;2026-10-15
Elías Rey;berta.gil@example.com;Comercial;2150;2026-02-30
Fátima León;fatima.leon@example.com;Desarrolladora;3600,00;2026-11-02
"""


def people(number: int) -> list[Employee]:
    """Plausible employees, the same at each run."""
    chance = random.Random(7)  # noqa: S311 - a picture is no secret
    return [
        an_employee(
            nombre=f"{(first := chance.choice(FIRST))} {(last := chance.choice(LAST))} {chance.choice(LAST)}",
            email=f"{ascii_of(first)}.{ascii_of(last)}{index}@example.com",
            posicion=(position := chance.choice(list(POSITIONS))),
            salario=round(POSITIONS[position] * chance.uniform(0.8, 1.6), 2),
            fecha_contratacion=f"20{chance.randint(12, 26)}-{chance.randint(1, 10):02}-{chance.randint(1, 28):02}",
        )
        for index in range(number)
    ]


def ascii_of(name: str) -> str:
    """A name as it stands in an address."""
    return name.lower().translate(str.maketrans("áéíóúñ", "aeioun"))


class Scenery:
    """The stack with something to look at in it."""

    def __init__(self, stack: LocalStack, folder: Path) -> None:
        self.stack = stack
        stack.insert(people(120))
        self.employee = stack.create(nombre="Ana Pérez Vidal", email="ana.perez@example.com", salario=3100)
        stack.change(self.employee["id"], posicion="Jefe de proyecto", salario=4250.5)
        self.contested = stack.create(nombre="Núria Castaño", email="nuria.castano@example.com", salario=3100)
        self.deleted = stack.create(nombre="Luis Soler", email="luis.soler@example.com")
        stack.delete(self.deleted["id"])
        stack.wait_for_mail(self.deleted["id"])
        stack.set_aside("a message that cannot be read")
        self.file = folder / "personas.csv"
        self.file.write_text(FILE, encoding="utf-8")

    # ---- the views; each leaves everything as it was

    def show_list(self, directory: Directory) -> None:
        directory.open()
        expect(directory.rows).to_have_count(50)

    def show_nobody(self, directory: Directory) -> None:
        directory.open("#/empleados?q=nadie")
        expect(directory.page.locator(".state")).to_be_visible()

    def show_waiting(self, directory: Directory) -> None:
        directory.hold(r"/empleados\?.*")
        directory.open()
        expect(directory.page.locator(".skeleton")).to_be_visible()

    def show_failed(self, directory: Directory) -> None:
        directory.cut(r"/empleados\?.*")
        directory.open()
        expect(directory.alert).to_be_visible()

    def show_removal(self, directory: Directory) -> None:
        directory.page.clock.install()
        self.show_list(directory)
        directory.page.locator("[data-focus^=delete]").nth(2).dispatch_event("click")
        expect(directory.page.locator(".toast")).to_be_visible()
        directory.cut(r"/empleados/\d+", method="DELETE")

    def show_employee(self, directory: Directory) -> None:
        directory.open(f"#/empleados/{self.employee['id']}")
        expect(directory.panel.locator(".event-mails")).to_have_count(2)

    def show_deleted(self, directory: Directory) -> None:
        directory.open(f"#/empleados/{self.deleted['id']}")
        expect(directory.panel.locator(".event")).to_have_count(2)

    def show_new(self, directory: Directory) -> None:
        directory.open("#/empleados/nuevo")
        expect(directory.field("nombre")).to_be_focused()

    def show_errors(self, directory: Directory) -> None:
        directory.open("#/empleados/nuevo")
        directory.fill(nombre="Berta Gil", email="berta.gil@", posicion="", salario="mucho")
        directory.panel.locator("button[type=submit]").click()
        expect(directory.error_of("email")).to_be_visible()

    def show_conflict(self, directory: Directory) -> None:
        directory.open(f"#/empleados/{self.contested['id']}/editar")
        directory.fill(posicion="Directora de proyectos", fecha_contratacion="2020-02-01")
        now = self.stack.http.get(f"/empleados/{self.contested['id']}").json()["salario"]
        self.stack.change(self.contested["id"], salario=now + 100)
        directory.panel.locator("button[type=submit]").click()
        expect(directory.page.get_by_role("dialog")).to_be_visible()

    def show_summary(self, directory: Directory) -> None:
        directory.open("#/resumen")
        expect(directory.page.locator(".chart-bar")).to_have_count(len(POSITIONS))

    def show_activity(self, directory: Directory) -> None:
        directory.open("#/actividad")
        expect(directory.page.locator(".event-mails").first).to_be_visible()

    def show_operations(self, directory: Directory) -> None:
        directory.open("#/operacion")
        expect(directory.page.locator(".parts li.good")).to_have_count(3)
        expect(directory.page.locator("table.plain tbody tr").first).to_be_visible()
        expect(directory.page.locator(".operations .tiles + .actions")).to_be_visible()

    def show_choosing(self, directory: Directory) -> None:
        directory.open("#/importar")
        expect(directory.page.locator(".drop-zone")).to_be_visible()

    def show_import(self, directory: Directory) -> None:
        self.show_choosing(directory)
        directory.choose_file(self.file)
        expect(directory.page.locator(".import-counts")).to_be_visible()

    def show_result(self, directory: Directory) -> None:
        self.show_import(directory)
        directory.answer("/empleados", 409, '{"title": "Ya está", "status": 409}')
        directory.page.locator(".import .primary").first.click()
        expect(directory.page.locator(".tiles")).to_be_visible()

    # ---- signing in, and what each may see

    def show_sign_in(self, directory: Directory) -> None:
        directory.open()
        expect(directory.page.locator(".door-card")).to_be_visible()

    def show_sign_in_failed(self, directory: Directory) -> None:
        directory.open("?entrada=rechazada")
        expect(directory.alert).to_be_visible()

    def show_account(self, directory: Directory) -> None:
        self.show_list(directory)
        directory.page.locator(".account").click()
        expect(directory.page.get_by_role("dialog")).to_be_visible()

    def show_session_over(self, directory: Directory) -> None:
        directory.open("#/empleados/nuevo")
        directory.fill(nombre="Berta Gil", email="berta.gil@example.com", posicion="Analista", salario="2500")
        directory.page.context.clear_cookies()
        directory.panel.locator("button[type=submit]").click()
        expect(directory.page.get_by_role("dialog")).to_be_visible()

    def show_signed_in_again(self, directory: Directory) -> None:
        directory.open("#/listo")
        expect(directory.page.locator(".state")).to_be_visible()

    def show_nothing_allowed(self, directory: Directory) -> None:
        directory.open()
        expect(directory.page.locator(".state")).to_be_visible()

    def show_not_allowed(self, directory: Directory) -> None:
        directory.open("#/importar")
        expect(directory.page.locator(".state")).to_be_visible()

    def show_list_of_a_reader(self, directory: Directory) -> None:
        self.show_list(directory)

    def show_employee_of_a_reader(self, directory: Directory) -> None:
        directory.open(f"#/empleados/{self.employee['id']}")
        expect(directory.panel.locator(".event").first).to_be_visible()

    def show_summary_of_a_reader(self, directory: Directory) -> None:
        directory.open("#/resumen")
        expect(directory.page.locator(".chart-bar")).to_have_count(len(POSITIONS))

    def show_list_of_human_resources(self, directory: Directory) -> None:
        self.show_list(directory)

    def show_demonstration(self, directory: Directory) -> None:
        nobody = {"usuario": "demo", "nombre": "", "correo": "", "grupos": ["admin"], "caduca_en": None}
        directory.answer_json("/sesion", {"demo": True, **nobody})
        self.show_list(directory)

    # ---- elsewhere

    def show_inbox(self, directory: Directory) -> None:
        directory.page.goto(self.stack.inbox_url)
        directory.page.locator("li a").last.click()
        expect(directory.page.frame_locator("iframe").locator("body")).to_be_visible()

    @property
    def views(self) -> dict[str, Callable[[Directory], None]]:
        """All of them by name."""
        return {name.removeprefix("show_"): getattr(self, name) for name in dir(self) if name.startswith("show_")}


def sign_in(browser: Browser, stack: LocalStack) -> dict[str | None, StorageState | None]:
    """The cookies of everybody who looks, by user name; nobody has none."""
    passwords = {user_of(role): stack.password_of(user_of(role)) for role in ROLES} | {NEWCOMER: PASSWORD}
    stack.add_user(NEWCOMER, PASSWORD)
    return {None: None} | {user: session_of(stack, browser, user, password) for user, password in passwords.items()}


def take_pictures(browser: Browser, scenery: Scenery) -> None:
    """One picture for each view, language, theme and width."""
    variants = [(tag, theme, width) for tag in LANGUAGES for theme in THEMES for width in SIZES]
    sessions = sign_in(browser, scenery.stack)
    for name, show in scenery.views.items():
        user = SEEN_BY.get(name, user_of("admin"))
        for language, theme, width in variants:
            file = ALL / f"{name}-{language}-{theme}-{width}.png"
            context = browser.new_context(
                locale=LANGUAGES[language],
                color_scheme="dark" if theme == "dark" else "light",
                viewport={"width": width, "height": SIZES[width]},
                has_touch=width < 1000,
                reduced_motion="reduce",
                storage_state=sessions[user],
            )
            directory = Directory(context.new_page(), scenery.stack.url)
            show(directory)
            directory.page.screenshot(path=file, animations="disabled")
            if file.stem in FOR_THE_README:
                keep_for_readers(directory.page, file.stem)
            directory.mend()
            context.close()


def keep_for_readers(page: Page, name: str) -> None:
    """Take a picture that is small enough for the README.

    Raises:
        ValueError: it is not.
    """
    session = page.context.new_cdp_session(page)
    answer = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    picture = base64.b64decode(answer["data"])
    if len(picture) > MOST_BYTES:
        raise ValueError(f"{name} has {len(picture)} bytes, more than the {MOST_BYTES} that a README should load")
    (SHOWN / f"{name}.webp").write_bytes(picture)


def main() -> None:
    """Take all pictures anew."""
    shutil.rmtree(ALL, ignore_errors=True)
    ALL.mkdir(parents=True)
    shutil.rmtree(SHOWN, ignore_errors=True)
    SHOWN.mkdir(parents=True)
    with (
        TemporaryDirectory(prefix="directory-") as folder,
        running_stack(Path(folder)) as stack,
        running_chromium() as browser,
    ):
        take_pictures(browser, Scenery(stack, Path(folder)))
    print(f"{len(list(ALL.iterdir()))} pictures in {ALL}, {len(FOR_THE_README)} of them in {SHOWN}")  # noqa: T201


if __name__ == "__main__":
    main()
