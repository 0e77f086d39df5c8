"""A peer's front door: Chalice as it comes, with a view that does nothing. It knows the REST API's event only."""

from __future__ import annotations

from chalice import Chalice

handler = Chalice(app_name="door")


@handler.route("/empleados", methods=["GET"])
def list_empleados():
    return {}
