"""The names of an environment's parts, as ``infra/*.tf`` gives them. Tests compare the two."""

from __future__ import annotations

from typing import NamedTuple

PROJECT, ENVIRONMENT = "crud-app", "dev"
FUNCTIONS = ("bff", "crud", "publicar-pendientes", "email", "enviar-correos", "registrar-resultado")
APIS = ("crud", "email")


class Names(NamedTuple):
    """All begin with ``prefix``, which is also the namespace of the metrics that CloudWatch derives from the logs."""

    prefix: str
    functions: tuple[str, ...]

    @property
    def load_balancer(self) -> tuple[str, str]:
        """The name of an internal one, and of one on the internet: there is one of them."""
        return f"{self.prefix}-alb", f"{self.prefix}-web"

    @property
    def apis(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}-{api}-api" for api in APIS)

    @property
    def queues(self) -> tuple[str, str]:
        """The queue of the consumer, and its dead-letter queue."""
        return f"{self.prefix}-email-queue", f"{self.prefix}-email-dlq"


def deployed(project: str, environment: str) -> Names:
    """The names that Terraform gives (``local.name``)."""
    prefix = f"{project}-{environment}"
    return Names(prefix, tuple(f"{prefix}-{function}" for function in FUNCTIONS))


def on_laptop() -> Names:
    """The names of ``make run``, which has one environment and runs the apps as processes."""
    return Names(PROJECT, ())
