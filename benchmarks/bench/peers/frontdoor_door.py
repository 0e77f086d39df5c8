"""This project's front door, with a view that does nothing. It logs a line for each request, as no peer does."""

from __future__ import annotations

from chalice_frontdoor import FrontDoor

handler = FrontDoor(app_name="door", languages=("es", "en"))


@handler.route("/empleados", methods=["GET"])
def list_empleados():
    return {}
