"""The local stack for the browser tests: employees, mails and messages that other people put there."""

import json
from contextlib import contextmanager

from tests.support.stack import Stack

INSERT = """
INSERT INTO empleados (nombre, email, posicion, salario, fecha_contratacion)
SELECT * FROM json_to_recordset(CAST(:rows AS json))
    AS row (nombre text, email text, posicion text, salario numeric, fecha_contratacion date)
"""


class LocalStack(Stack):
    """A running stack, and what others do to it while the page is open."""

    def password_of(self, user):
        """The password of ``user``."""
        return self.sign_in().passwords[user]

    def add_user(self, user, password, *roles):
        """Add a person whose sessions a test may end."""
        sign_in, cognito = self.sign_in(), self.client("cognito-idp")
        cognito.admin_create_user(UserPoolId=sign_in.pool, Username=user, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=sign_in.pool, Username=user, Password=password, Permanent=True)
        for role in roles:
            cognito.admin_add_user_to_group(UserPoolId=sign_in.pool, Username=user, GroupName=role)

    def empty(self):
        """Remove all employees and their history. Ids continue, so that old mails stay with old ids."""
        self.query("TRUNCATE empleados, eventos, bajas")
        self.http.headers["Authorization"] = self.authorization("admin")  # tokens are accepted for fifteen minutes

    def insert(self, employees):
        """Put rows into the table without events and mails: hundreds of them at once."""
        self.query(INSERT, rows=json.dumps(list(employees)))

    def create(self, **values):
        """Create an employee through the API."""
        return self.http.post("/empleados", json=an_employee(**values)).raise_for_status().json()

    def change(self, id_, **values):
        """Change an employee as another person would."""
        return self.http.put(f"/empleados/{id_}", json=values).raise_for_status().json()

    def delete(self, id_):
        """Delete an employee as another person would."""
        self.http.delete(f"/empleados/{id_}").raise_for_status()

    def wait_for_mails(self, id_):
        """Wait until the mails about all that happened to this employee have arrived.

        Raises:
            StackFailedError: they did not.
        """

        def have_arrived():
            mails = self.http.get("/correos", params={"empleado": id_}).raise_for_status().json()
            arrived = {mail["evento"] for mail in mails if mail["estado"] == "entregado"}
            return len(arrived) == len(self.events(id_))

        self.wait_for(f"the mails about employee {id_}", have_arrived)

    def set_aside(self, message):
        """Put a message into the dead-letter queue."""
        self.client("sqs").send_message(QueueUrl=self.variable("EMAIL_DLQ_URL"), MessageBody=message)

    def employees(self, **query):
        """What the API lists, the first 200."""
        return self.http.get("/empleados", params={"limite": "200", **query}).raise_for_status().json()

    def events(self, id_):
        """The kinds of an employee's events, newest first."""
        return [event["tipo"] for event in self.http.get(f"/empleados/{id_}/eventos").raise_for_status().json()]


def an_employee(**values):
    """An employee; only ``values`` matter."""
    return {
        "nombre": "Ana Pérez",
        "email": "ana@example.com",
        "posicion": "Analista",
        "salario": 5000.5,
        "fecha_contratacion": "2020-01-31",
        **values,
    }


def many_employees(number):
    """Employees in four positions, with names that sort by their number."""
    positions = ("Analista", "Contable", "Diseñadora", "Técnico")
    return [
        an_employee(
            nombre=f"Empleado {index:04}",
            email=f"e{index:04}@example.com",
            posicion=positions[index % 4],
            salario=1000 + index,
        )
        for index in range(number)
    ]


@contextmanager
def running_stack(folder):
    """A stack for the length of a ``with`` block."""
    stack = LocalStack(folder)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        stack.close()
