"""The accounts of the user pool, through the routes and in a pool of the emulator."""

import uuid
from datetime import datetime, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from chalice_frontdoor.testing.claims import person
from chalice_frontdoor.testing.client import Client
from chalicelib.correos.users import UserRefused, Users
from contract.roles import ROLES
from crud_app.app import RULES as CRUD_RULES
from email_app.app import RULES, app
from tests.unit.email_app.fakes import settings_with

ADA = "ada@example.com"
UNKNOWN = str(uuid.UUID(int=1))


@pytest.fixture
def pool(aws):
    """A pool with the roles and one administrator, who has entered: the client, and the pool's id."""
    cognito = aws("cognito-idp")
    settings = {"CaseSensitive": False}
    id_ = cognito.create_user_pool(PoolName=str(uuid.uuid4()), UsernameConfiguration=settings)["UserPool"]["Id"]
    for role in ROLES:
        cognito.create_group(UserPoolId=id_, GroupName=role)
    add_admin(cognito, id_, ADA)
    return cognito, id_


def add_admin(cognito, pool, name):
    attributes = [{"Name": "email", "Value": name}]
    who = {"UserPoolId": pool, "Username": name}
    cognito.admin_create_user(**who, MessageAction="SUPPRESS", UserAttributes=attributes)
    cognito.admin_set_user_password(**who, Password="Prueba-0123456789-x", Permanent=True)
    cognito.admin_add_user_to_group(**who, GroupName="admin")


@pytest.fixture
def client(fakes, pool):
    """Ada's, with her token."""
    fakes.users = Users(*pool)
    fakes.settings = settings_with(USER_POOL_ID=pool[1])
    return Client(app, claims=person("admin", username=ADA))


def rows(client):
    return {row["email"]: row for row in client.get("/usuarios").json()}


def test_an_administrator_invites_changes_and_removes_people(client, pool):
    invited = client.post("/usuarios", json={"email": " Rita@Example.com", "rol": "rrhh"})
    rita = invited.json()
    assert invited.status == 201
    assert rita == rows(client)["rita@example.com"]
    shown = {key: value for key, value in rita.items() if key not in {"id", "creado_en"}}
    assert shown == {"email": "rita@example.com", "rol": "rrhh", "estado": "invitado", "segundo_factor": False}
    assert "@" not in rita["id"], "addresses of the API are logged"
    changed = client.put(f"/usuarios/{rita['id']}", json={"rol": "lector"})
    assert (changed.status, changed.json()["rol"]) == (200, "lector")
    groups = pool[0].admin_list_groups_for_user(UserPoolId=pool[1], Username="rita@example.com")["Groups"]
    assert [group["GroupName"] for group in groups] == ["lector"]
    assert client.post(f"/usuarios/{rita['id']}/reenviar").status == 200
    assert client.delete(f"/usuarios/{rita['id']}").status == 204
    assert rows(client).keys() == {ADA}


def test_what_does_not_fit_is_explained_and_nothing_is_done(client):
    ada = rows(client)[ADA]["id"]
    cases = [
        ("POST", "/usuarios", {"email": "ADA@example.com", "rol": "lector"}, 409),
        ("POST", "/usuarios", [], 422),
        ("POST", "/usuarios", {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.es", "rol": "rrhh"}, 422),
        ("DELETE", "/usuarios/ada@example.com", None, 404),
        ("PUT", f"/usuarios/{ada}", {"rol": None}, 422),
        ("PUT", f"/usuarios/{ada}", {"rol": "rrhh"}, 409),
        ("DELETE", f"/usuarios/{ada}", None, 409),
        ("POST", f"/usuarios/{ada}/reenviar", None, 409),
        ("PUT", f"/usuarios/{UNKNOWN}", {"rol": "rrhh"}, 404),
        ("DELETE", f"/usuarios/{UNKNOWN}", None, 404),
        ("POST", f"/usuarios/{UNKNOWN}/reenviar", None, 404),
    ]
    before = rows(client)
    for method, path, body, status in cases:
        answer = client.request(method, path, json=body)
        got = answer.status, answer.headers["content-type"]
        assert got == (status, "application/problem+json"), (method, path, body)
    broken = client.post("/usuarios", json={"email": "x", "rol": "jefe", "nombre": "X"})
    fields = [error["campo"] for error in broken.json()["errores"]]
    assert (broken.status, fields, rows(client)) == (422, ["email", "rol", "nombre"], before)


def test_an_invited_administrator_does_not_count_and_a_second_one_does(client, pool):
    ada = rows(client)[ADA]["id"]
    assert client.post("/usuarios", json={"email": "eva@example.com", "rol": "admin"}).status == 201
    assert client.delete(f"/usuarios/{ada}").status == 409
    add_admin(*pool, "otra@example.com")
    assert client.delete(f"/usuarios/{ada}").status == 204


def test_of_two_administrators_who_remove_each_other_one_stays(pool):
    """Both see before their first write that the other one is left."""
    users = Users(*pool)
    add_admin(*pool, "eva@example.com")
    ada, eva = (users.find(name)["id"] for name in (ADA, "eva@example.com"))

    class Slower(Users):
        def _name_of(self, id):  # noqa: A002 - between its look and its write
            users.change_role(eva, "lector")
            return super()._name_of(id)

    with pytest.raises(UserRefused):
        Slower(*pool).change_role(ada, "lector")
    assert [users.find(id_)["rol"] for id_ in (ada, eva)] == ["admin", "lector"]


def test_a_page_of_users_leads_to_the_next(client, pool, monkeypatch):
    monkeypatch.setattr("chalicelib.correos.users.PAGE", 1)
    add_admin(*pool, "eva@example.com")
    first = client.get("/usuarios")
    second = client.get(first.headers["link"].partition(">")[0].removeprefix("<"))
    assert sorted(row["email"] for answer in (first, second) for row in answer.json()) == [ADA, "eva@example.com"]


def test_a_cursor_that_cognito_does_not_know_and_a_failure_are_explained(fakes):
    def refuse(**_):
        raise ClientError({"Error": {"Code": "InvalidParameterException"}}, "ListUsers")

    fakes.users = Users(SimpleNamespace(list_users=refuse), "eu-west-1_x")
    fakes.users.require_admin = lambda _: None
    client = Client(app, role="admin")
    answer = client.get("/usuarios?cursor=x")
    assert (answer.status, answer.json()["errores"][0]["campo"]) == (422, "cursor")
    answer = client.get("/usuarios")
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")


def test_states_and_second_factors_are_shown(client, pool, monkeypatch):
    cognito, id_ = pool
    client.post("/usuarios", json={"email": "rita@example.com", "rol": "rrhh"})
    factor = {"Enabled": True, "PreferredMfa": True}
    cognito.admin_set_user_mfa_preference(UserPoolId=id_, Username=ADA, SoftwareTokenMfaSettings=factor)
    cognito.admin_disable_user(UserPoolId=id_, Username="rita@example.com")
    seen = {row["email"]: (row["estado"], row["segundo_factor"]) for row in rows(client).values()}
    assert seen == {ADA: ("activo", True), "rita@example.com": ("desactivado", False)}
    cognito.admin_enable_user(UserPoolId=id_, Username="rita@example.com")
    days_later = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(days=3, seconds=1))
    monkeypatch.setattr("chalicelib.correos.users.datetime", days_later)
    assert rows(client)["rita@example.com"]["estado"] == "caducado"


def test_who_is_no_administrator_any_more_may_nothing_at_once(client, pool, caplog):
    """The token says so for five more minutes."""
    cognito, id_ = pool
    names = ("eva@example.com", "nadie@example.com", "otra@example.com")
    former, gone, deactivated = (Client(app, claims=person("admin", username=name)) for name in names)
    add_admin(cognito, id_, "eva@example.com")
    assert former.get("/usuarios").status == 200
    assert client.put(f"/usuarios/{rows(client)['eva@example.com']['id']}", json={"rol": "rrhh"}).status == 200
    add_admin(cognito, id_, "otra@example.com")
    cognito.admin_disable_user(UserPoolId=id_, Username="otra@example.com")
    closed = [route for route, role in RULES.items() if role == "admin"]
    assert "admin" not in CRUD_RULES.values(), "only this app asks the pool"
    for each in (former, gone, deactivated):
        for method, path in [*closed, ("HEAD", "/usuarios")]:
            assert each.request(method, path.replace("{id}", UNKNOWN)).status == 403, (method, path)
    assert {record.refusal for record in caplog.records if hasattr(record, "refusal")} == {"insufficient_role"}


def test_everyone_sees_their_own_account_and_nobody_elses(client):
    assert client.get("/usuarios/yo").json()["email"] == ADA
    reader = Client(app, claims=person("lector", username="leo@example.com"))
    assert reader.get("/usuarios/yo").status == 404, "the pool does not know this one"
    closed = ["GET /usuarios", "POST /usuarios", *(f"{each} /usuarios/{UNKNOWN}" for each in ("PUT", "DELETE"))]
    for role, route in product(("lector", "rrhh"), [*closed, f"POST /usuarios/{UNKNOWN}/reenviar"]):
        assert Client(app, role=role).request(*route.split()).status == 403, (role, route)


def test_a_demonstration_has_no_users(fakes):
    fakes.settings = settings_with(DEMO="true")
    del fakes.users
    assert Client(app).get("/usuarios").status == 404
