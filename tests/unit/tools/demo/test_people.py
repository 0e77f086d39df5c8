from __future__ import annotations

import hashlib
import json

from tools.demo.people import invent_people

PEOPLE = invent_people()


def test_they_are_the_same_people_at_each_run_and_on_each_machine():
    """Otherwise a second `make demo` would add others. Update the digest after an intended change."""
    everybody = json.dumps([person._asdict() for person in PEOPLE], ensure_ascii=False)
    assert hashlib.sha256(everybody.encode()).hexdigest()[:16] == "319348ee7b4245f1"
