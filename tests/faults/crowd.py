"""A thousand clients of crud_app's own database code at once, through whatever pooler stands before PostgreSQL.

    python -m tests.faults.crowd --clients 1000

``DATABASE_URL`` says where. Each client has a connection of its own, adds an employee, changes it, and reads it back;
it says what is not as it should be. Run apart from the other parts, because it imports crud_app's modules.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

from chalicelib.directorio.database import Database
from chalicelib.directorio.employee import Audience, read_changes, read_new
from chalicelib.directorio.errors import CrudError
from chalicelib.directorio.repository import Repository
from chalicelib.directorio.settings import from_environment
from local.settings import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

STACK_BYTES = 512 * 1024
#: How often a client reads, between and after its changes.
READS = 5


def be_client(number: int, barrier: threading.Barrier) -> str:
    """Do what a client does; the result says what went wrong, or nothing."""
    database = Database(from_environment().database_address)
    repository = Repository(database)
    email = f"multitud-{number}@example.com"

    def read(row_id: int) -> Any:
        return json.loads(repository.find(row_id, Audience.RRHH).body)

    try:
        database.ping()
        barrier.wait()
        row_id = repository.create(
            read_new({"nombre": email, "email": email, "posicion": "Prueba", "salario": number}), "multitud"
        ).id
        seen = [read(row_id) for _ in range(READS)]
        repository.update(row_id, read_changes({"posicion": f"Puesto {number}"}), "multitud", [1])
        seen += [read(row_id) for _ in range(READS)]
    except CrudError as error:
        return f"{type(error).__name__} {error.args}"
    finally:
        database.close()
    positions = [(row["email"], row["posicion"]) for row in seen]
    right = [(email, "Prueba")] * READS + [(email, f"Puesto {number}")] * READS
    return "" if positions == right else "a client got another one's answer"


def main(arguments: Sequence[str]) -> int:
    """Run the crowd, print what went wrong, each once with its number; the exit code is 1 if anything did."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.crowd")
    parser.add_argument("--clients", type=int, required=True)
    clients: int = parser.parse_args(arguments).clients
    sys.path.insert(0, str(ROOT / "crud_app"))
    threading.stack_size(STACK_BYTES)
    barrier = threading.Barrier(clients)
    outcomes: list[str] = []
    threads = [
        threading.Thread(target=lambda number: outcomes.append(be_client(number, barrier)), args=(number,))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [outcome for outcome in outcomes if outcome]
    for outcome in sorted(set(wrong)):
        sys.stdout.write(f"{wrong.count(outcome)} times: {outcome}\n")
    return int(bool(wrong) or len(outcomes) != clients)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
