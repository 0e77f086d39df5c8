"""The README's example runs as it stands."""

import re
from pathlib import Path

from chalice_frontdoor.testing.client import Client

README = Path(__file__).parents[1] / "README.md"


def test_the_example_of_the_readme_runs():
    code = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)[0]
    scope = {}
    exec(code, scope)  # noqa: S102 - the README is ours
    client = Client(scope["app"])
    assert client.get("/employees/7").json()["email"] == "ana@example.com"
    assert client.get("/employees/9").json()["detail"] == "There is no employee 9"
    assert client.post("/employees", json={"email": "eva@example.com"}).headers["Location"] == "/employees/8"
    answer = client.post("/employees", json={"email": "ana@example.com"}, headers={"Accept-Language": "en"})
    assert (answer.status, answer.json()["title"]) == (409, "Email taken")
