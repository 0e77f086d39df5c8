"""The original's crud_app, after its description: one handler of if and elif, SQLAlchemy's ORM, psycopg2.

Kept: the table is made at import, a session for each request, every row answered with its columns one by one.
Left out in its favour: it publishes nothing, logs nothing, and lists fifty rows where the original listed all.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from typing import Any

from sqlalchemy import Column, Date, Float, Integer, String, create_engine
from sqlalchemy.orm import declarative_base, sessionmaker

Base = declarative_base()


class Empleado(Base):
    __tablename__ = "empleados"

    id = Column(Integer, primary_key=True)
    nombre = Column(String)
    email = Column(String, unique=True)
    posicion = Column(String)
    salario = Column(Float)
    fecha_contratacion = Column(Date)


engine = create_engine(os.environ["SQLALCHEMY_URL"])
Session = sessionmaker(bind=engine)
Base.metadata.create_all(engine)


def to_dict(empleado: Any) -> dict[str, Any]:
    return {
        "id": empleado.id,
        "nombre": empleado.nombre,
        "email": empleado.email,
        "posicion": empleado.posicion,
        "salario": empleado.salario,
        "fecha_contratacion": str(empleado.fecha_contratacion),
    }


def answer(status: int, body: Any) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    method = event["requestContext"]["http"]["method"]
    path = event["rawPath"]
    session = Session()
    try:
        if path == "/empleados" and method == "GET":
            empleados = session.query(Empleado).order_by(Empleado.id).limit(50).all()
            return answer(200, [to_dict(empleado) for empleado in empleados])
        elif path == "/empleados" and method == "POST":
            body = json.loads(event["body"])
            hired = dt.date.fromisoformat(body.pop("fecha_contratacion"))
            empleado = Empleado(**body, fecha_contratacion=hired)
            session.add(empleado)
            session.commit()
            session.refresh(empleado)
            return answer(201, to_dict(empleado))
        elif path.startswith("/empleados/") and method == "GET":
            empleado = session.query(Empleado).filter(Empleado.id == int(path.split("/")[-1])).first()
            if not empleado:
                return answer(404, {"error": "Empleado no encontrado"})
            return answer(200, to_dict(empleado))
        return answer(404, {"error": "Ruta no encontrada"})
    finally:
        session.close()
