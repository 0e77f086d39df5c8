"""`make screenshots`: a picture of every view, to look at (build/screenshots), and the README's (docs/screenshots).

The README's are WebP, which is half the size of PNG.
"""

import base64
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect

from contract.roles import ROLES
from local.sign_in import user_of
from tests.browser.chromium import running_chromium
from tests.browser.directory import Directory, session_of
from tests.browser.stack import running_stack
from tests.browser.test_layout import VIEWS
from tests.support.stack import ROOT
from tools.demo import invent_people

ALL = ROOT / "build" / "screenshots"
SHOWN = ROOT / "docs" / "screenshots"
MOST_BYTES = 150_000
QUALITY = 90
# Language, theme, width.
WIDTHS = (320, 390, 768, 1024, 1280, 1920)
VARIANTS = (*(("es", theme, width) for theme in ("light", "dark") for width in WIDTHS), ("en", "dark", 390))
LOCALES = {"es": "es-ES", "en": "en-GB"}
FOR_THE_README = {
    "list-es-light-1280",
    "employee-es-light-1280",
    "conflict-es-light-1280",
    "summary-es-dark-1280",
    "import-es-light-1280",
    "list-en-dark-390",
}
# What no address alone leads to, or another role: as VIEWS, and the role of the viewer (None: not signed in).
STATES = {
    "sign_in": ("?entrada=rechazada", ".door-card", None),
    "list_of_a_reader": ("#/empleados", "tbody tr:nth-child(50)", "lector"),
    "not_allowed": ("#/importar", ".state", "lector"),
    "errors": ("#/empleados/nuevo", ".panel input:focus", "admin"),
    "conflict": ("#/empleados/{contested}/editar", ".panel input:focus", "admin"),
    "filters": ("#/empleados", "tbody tr:nth-child(50)", "rrhh"),
    "selection": ("#/empleados", "tbody tr:nth-child(50)", "rrhh"),
    "import": ("#/importar", ".drop-zone", "admin"),
}
FILE = """nombre;email;posicion;salario;fecha_contratacion
Berta Gil;berta.gil@example.com;Analista;2500,00;2026-09-01
Carlos Mora;carlos.mora@;Contable;2.300,50;31/10/2026
Diana Sanz;diana.sanz@example.com;Diseñadora;2.900;2026-10-15
Elías Rey;contested@example.com;Comercial;2150;2026-02-01
Fátima León;fatima.leon@example.com;Desarrolladora;3600,00;2026-11-02
"""


def furnish(stack):
    """Put something to look at into the stack; the ids of the employees that views name."""
    stack.insert(invent_people()[:120])
    ids = {
        name: stack.create(nombre=nombre, email=f"{name}@example.com", salario=3100)["id"]
        for name, nombre in {"employee": "Ana Pérez Vidal", "deleted": "Luis Soler", "contested": "Berta Gil"}.items()
    }
    stack.change(ids["employee"], posicion="Jefe de proyecto", salario=4250.5)
    stack.delete(ids["deleted"])
    stack.set_aside("not a message of ours")
    stack.wait_for_mails(ids["employee"])
    return ids


def prepare(view, directory, stack, contested, file):
    """Bring the view into the state to be seen."""
    if view == "errors":
        directory.fill(nombre="", email="berta.gil@", posicion="", salario="mucho")
        directory.panel.locator("form .primary").click()
        expect(directory.error_of("email")).to_be_visible()
    elif view == "conflict":
        directory.fill(posicion="Directora de proyectos", salario="2900")
        stack.change(contested, salario=stack.http.get(f"/empleados/{contested}").json()["salario"] + 100)
        directory.panel.locator("form .primary").click()
        expect(directory.dialog).to_be_visible()
    elif view == "filters":
        directory.page.locator("summary", has_text="Filt").click()
    elif view == "selection":
        for row in (2, 4):
            directory.rows.nth(row).get_by_role("checkbox").check()
        directory.page.locator(".selection .actions button").first.click()
        expect(directory.dialog).to_be_visible()
    elif view == "import":
        directory.choose_file(file)
        expect(directory.page.locator(".import .badge").first).to_be_visible()


def take_pictures(browser, stack, folder):
    """Take one picture for each view and variant."""
    ids = furnish(stack)
    file = folder / "personas.csv"
    file.write_text(FILE, encoding="utf-8")
    sessions = {role: session_of(stack, user_of(role), stack.password_of(user_of(role))) for role in ROLES}
    views = {name: (*view, "admin") for name, view in VIEWS.items()} | STATES
    for view, (address, drawn, role) in views.items():
        for language, theme, width in VARIANTS:
            context = browser.new_context(
                locale=LOCALES[language],
                color_scheme="dark" if theme == "dark" else "light",
                viewport={"width": width, "height": 800 if width > 1000 else 844},
                has_touch=width < 1000,
                is_mobile=width < 1000,
                reduced_motion="reduce",
                storage_state=sessions[role] if role else None,
            )
            directory = Directory(context.new_page(), stack.url)
            directory.open(address.format(**ids))
            expect(directory.page.locator(drawn).first).to_be_attached()
            directory.page.wait_for_load_state("networkidle")  # for the mails of the events
            prepare(view, directory, stack, ids["contested"], file)
            name = f"{view}-{language}-{theme}-{width}"
            directory.page.screenshot(path=ALL / f"{name}.png", animations="disabled")
            if name in FOR_THE_README:
                keep_for_readers(directory.page, name)
            context.close()


def keep_for_readers(page, name):
    """Take a picture that is small enough for the README."""
    session = page.context.new_cdp_session(page)
    picture = base64.b64decode(session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})["data"])
    assert len(picture) <= MOST_BYTES, f"{name} has {len(picture)} bytes"
    (SHOWN / f"{name}.webp").write_bytes(picture)


def main():
    """Take all pictures again."""
    for folder in (ALL, SHOWN):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with (
        TemporaryDirectory(prefix="directory-") as folder,
        running_stack(Path(folder)) as stack,
        running_chromium() as browser,
    ):
        take_pictures(browser, stack, Path(folder))
    print(f"{len(list(ALL.iterdir()))} pictures in {ALL}, {len(FOR_THE_README)} of them in {SHOWN}")  # noqa: T201


if __name__ == "__main__":
    main()
