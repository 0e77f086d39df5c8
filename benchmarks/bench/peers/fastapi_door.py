"""A peer's front door: Mangum and FastAPI, with a view that does nothing."""

from __future__ import annotations

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/empleados")
def list_empleados():
    return {}


handler = Mangum(app, lifespan="off")
