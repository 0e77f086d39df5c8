"""This project's crud_app without its topic: an event is written and marked, and goes nowhere.

No peer publishes, so that none needs AWS.
"""

from __future__ import annotations

from app import app
from chalicelib.directorio import bootstrap
from chalicelib.directorio.settings import from_environment


class NoTopic:
    def publish(self, eventos):
        return {evento.id: "none" for evento in eventos}


settings = from_environment()
bootstrap.system.replace(bootstrap.assemble(bootstrap.open_database(settings), NoTopic(), is_demo=settings.is_demo))
handler = app
