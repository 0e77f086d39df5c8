"""A peer: FastAPI behind Mangum, SQLAlchemy's ORM, psycopg 3.

After FastAPI's tutorial ("SQL databases", "Response model") and Mangum's page on HTTP adapters. Tuned as they advise:
plain `def` views with a session of their own, `lifespan="off"`, and a pool of one connection, since a Lambda serves one
request at a time.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from mangum import Mangum
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


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


class NewEmpleado(BaseModel):
    nombre: str
    email: str
    posicion: str
    salario: float
    fecha_contratacion: dt.date


class StoredEmpleado(NewEmpleado):
    model_config = ConfigDict(from_attributes=True)

    id: int


engine = create_engine(os.environ["SQLALCHEMY_URL"], pool_size=1, max_overflow=0)
new_session = sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


def open_session():
    with new_session() as session:
        yield session


OpenSession = Annotated[Session, Depends(open_session)]


@app.get("/empleados", response_model=list[StoredEmpleado])
def list_empleados(session: OpenSession):
    return session.scalars(select(Empleado).order_by(Empleado.id).limit(50)).all()


@app.get("/empleados/{row_id}", response_model=StoredEmpleado)
def find_empleado(row_id: int, session: OpenSession):
    empleado = session.get(Empleado, row_id)
    if empleado is None:
        raise HTTPException(404)
    return empleado


@app.post("/empleados", response_model=StoredEmpleado, status_code=201)
def create_empleado(new: NewEmpleado, session: OpenSession):
    empleado = Empleado(**new.model_dump())
    session.add(empleado)
    session.commit()
    return empleado


handler = Mangum(app, lifespan="off")
