"""Who was deleted is a leaver, and can come back for some time."""

import pytest

from tests.unit.crud_app.fakes import pages_of, rules_of


@pytest.fixture
def left(client, ana):
    """Ana, number 1, with a raise, left; her row as it was."""
    client.post("/empleados", json=ana)
    row = client.put("/empleados/1", json={"salario": 6100.5}).json()
    client.delete("/empleados/1")
    return row


def test_a_leaver_is_shown_with_everything_and_the_day_of_erasure(client, left, sql):
    answer = client.get("/bajas/1")
    leaver = answer.json()
    assert (answer.status, answer.headers["ETag"]) == (200, '"3"')
    assert client.get("/bajas").json() == [leaver]
    left_at, erased_at = leaver.pop("baja_en"), leaver.pop("borrado_previsto_en")
    assert leaver == {**left, "version": 3, "actualizado_en": left_at}
    assert sql(f"SELECT timestamptz '{erased_at}' = timestamptz '{left_at}' + interval '90 days'") == "t"
    assert left_at == client.get("/eventos").json()[0]["ocurrido_en"]


def test_a_leaver_comes_back_with_number_salary_and_history(client, left, publisher):
    answer = client.post("/bajas/1/restaurar", headers={"If-Match": '"3"'})
    row = answer.json()
    assert (answer.status, answer.headers["ETag"]) == (200, '"4"')
    assert row.pop("actualizado_en") > left.pop("actualizado_en")
    assert row == {**left, "version": 4}
    assert client.get("/empleados/1").body == answer.body
    assert client.get("/bajas").json() == []
    kinds = [each["tipo"] for each in client.get("/empleados/1/eventos").json()]
    assert kinds == ["restaurado", "eliminado", "actualizado", "creado"]
    assert publisher.published[-1].tipo == "restaurado"
    client.delete("/empleados/1")
    assert client.get("/bajas/1").json()["version"] == 5, "again"


def test_only_a_leaver_in_a_wanted_version_can_be_restored(client, left):
    del left
    for if_match, status in (('"2"', 412), ("x", 400), ('"3"', 200), ("*", 404)):
        assert client.post("/bajas/1/restaurar", headers={"If-Match": if_match}).status == status
    for row_id in ("2", "0", "x"):
        assert client.post(f"/bajas/{row_id}/restaurar").status == client.get(f"/bajas/{row_id}").status == 404


def test_of_two_who_restore_the_same_leaver_the_second_waits_and_finds_none(client, left, while_holding):
    del left
    answer = while_holding("DELETE FROM bajas WHERE id = 1", lambda: client.post("/bajas/1/restaurar"))
    assert answer.status == 404


def test_an_address_that_was_given_to_another_meanwhile_names_the_holder(client, left, ana):
    del left
    taken = client.post("/empleados", json={**ana, "nombre": "Otra"})
    assert taken.status == 201, "the address was free"
    answer = client.post("/bajas/1/restaurar")
    assert (answer.status, rules_of(answer)) == (409, {"email": "unico"})
    assert answer.json()["empleado"] == {"id": 2, "nombre": "Otra"}
    assert client.get("/bajas/1").status == 200, "nothing was done"


def test_leavers_are_found_and_shown_page_by_page_the_newest_first(client, ana):
    for number in range(5):
        client.post("/empleados", json={**ana, "nombre": f"Baja {number}", "email": f"{number}@example.com"})
        client.delete(f"/empleados/{number + 1}")
    pages = pages_of(client, "/bajas?limite=2")
    assert [[each["id"] for each in page] for page in pages] == [[5, 4], [3, 2], [1]]
    assert [[each["id"] for each in page] for page in pages_of(client, "/bajas?q=baja&limite=4")] == [[5, 4, 3, 2], [1]]
    assert [each["id"] for each in client.get("/bajas?q=3@example").json()] == [4]
    for query, field in (("cursor=x", "cursor"), ("limite=0", "limite"), ("orden=id", "orden"), ("q=%00", "q")):
        assert list(rules_of(client.get(f"/bajas?{query}"))) == [field]
