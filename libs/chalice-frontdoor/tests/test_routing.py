import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalice_frontdoor.routing import Router, split

TEMPLATES = (
    "/", "/empleados", "/empleados/{id}", "/empleados/nuevos", "/empleados/{id}/eventos",
    "/empleados/nuevos/{seccion}/fin", "/archivos/{proxy+}", "/archivos/indice",
    "/archivos/{carpeta}/{nombre}/versiones",
)  # fmt: skip
ROUTER = Router(TEMPLATES)


def match(path):
    return ROUTER.match(split(path, encoded=True))


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/", "/", {}), ("", "/", {}), ("/empleados", "/empleados", {}), ("/empleados/", "/empleados", {}),
        ("/empleados/7", "/empleados/{id}", {"id": "7"}), ("/empleados/7/", "/empleados/{id}", {"id": "7"}),
        ("/empleados/nuevos", "/empleados/nuevos", {}),
        ("/empleados/nuevos/eventos", "/empleados/{id}/eventos", {"id": "nuevos"}),
        ("/empleados/nuevos/altas/fin", "/empleados/nuevos/{seccion}/fin", {"seccion": "altas"}),
        ("/archivos/indice", "/archivos/indice", {}),
        ("/archivos/indice/otro", "/archivos/{proxy+}", {"proxy": "indice/otro"}),
        ("/archivos/a/b/versiones", "/archivos/{carpeta}/{nombre}/versiones", {"carpeta": "a", "nombre": "b"}),
        ("/archivos/a/b/c", "/archivos/{proxy+}", {"proxy": "a/b/c"}),
        ("/archivos/a//c", "/archivos/{proxy+}", {"proxy": "a//c"}),
        ("/empleados/a%2Fb", "/empleados/{id}", {"id": "a/b"}),
        ("/empleados/%C3%B1%20%25%2B+", "/empleados/{id}", {"id": "ñ %++"}),
        ("/empleados/%zz", "/empleados/{id}", {"id": "%zz"}), ("/empleados/%FF", "/empleados/{id}", {"id": "\ufffd"}),
        ("/%65mpleados", "/empleados", {}),
    ],
)  # fmt: skip
def test_a_path_finds_its_route(path, template, parameters):
    assert match(path) == (template, parameters)


def test_a_path_without_a_route_finds_none():
    for path in ("//", "/empleados//", "/nada", "/empleados/7/nada", "/archivos", "/archivos/", "/archivos//", "*", "x",
                 "http://evil.example/empleados", "//evil.example/empleados", "/\\evil.example"):  # fmt: skip
        assert match(path) is None, path
    assert Router(()).match([]) is None


names = st.sampled_from(["a", "b", "c"])
templates = st.lists(names | st.sampled_from(["{x}", "{y}"]), max_size=4).map(
    # API Gateway refuses two names for the same place, so a name says which place it is
    lambda parts: "/" + "/".join(f"{{p{place}}}" if part[0] == "{" else part for place, part in enumerate(parts))
)


@given(templates=st.sets(templates, max_size=8), path=st.lists(names, max_size=4))
def test_the_tree_finds_what_trying_every_template_finds(templates, path):
    """An oracle: of all templates that fit, the one that has a literal earliest."""

    def fits(template):
        return re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), "/" + "/".join(path)) is not None

    fitting = [template for template in templates if fits(template)]
    best = min(fitting, key=lambda template: [part.startswith("{") for part in template.split("/")], default=None)
    found = Router(templates).match(path)
    assert (found and found[0]) == best
