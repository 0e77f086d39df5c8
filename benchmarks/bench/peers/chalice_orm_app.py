"""A peer: Chalice as it comes, SQLAlchemy's ORM, pg8000.

After Chalice's and SQLAlchemy's documentation. Chalice's own event is the REST API's. Tuned as SQLAlchemy's page on
pooling advises: a pool of one connection, kept across requests, tested before use.
"""

from __future__ import annotations

import datetime as dt
import os

from chalice import Chalice, NotFoundError, Response
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Empleado(Base):
    __tablename__ = "empleados"

    id: Mapped[int] = mapped_column(primary_key=True)
    nombre: Mapped[str]
    email: Mapped[str]
    posicion: Mapped[str]
    salario: Mapped[float]
    fecha_contratacion: Mapped[dt.date]

    def to_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "nombre": self.nombre,
            "email": self.email,
            "posicion": self.posicion,
            "salario": float(self.salario),
            "fecha_contratacion": self.fecha_contratacion.isoformat(),
        }


engine = create_engine(os.environ["SQLALCHEMY_URL"], pool_size=1, max_overflow=0, pool_pre_ping=True)
new_session = sessionmaker(engine, expire_on_commit=False)
app = Chalice(app_name="chalice_orm")


@app.route("/empleados")
def list_empleados():
    with new_session() as session:
        return [empleado.to_dict() for empleado in session.scalars(select(Empleado).order_by(Empleado.id).limit(50))]


@app.route("/empleados/{row_id}")
def find_empleado(row_id: str):
    with new_session() as session:
        empleado = session.get(Empleado, int(row_id))
        if empleado is None:
            raise NotFoundError
        return empleado.to_dict()


@app.route("/empleados", methods=["POST"])
def create_empleado():
    body = app.current_request.json_body
    empleado = Empleado(**body | {"fecha_contratacion": dt.date.fromisoformat(body["fecha_contratacion"])})
    with new_session() as session:
        session.add(empleado)
        session.commit()
        return Response(empleado.to_dict(), status_code=201)
