"""A peer's front door: the resolver of AWS Lambda Powertools, with a view that does nothing."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

app = APIGatewayHttpResolver()


@app.get("/empleados")
def list_empleados():
    return {}


handler = app.resolve
