"""The names of an environment's parts, as ``infra/*.tf`` gives them. Tests compare the two."""

from __future__ import annotations

from dataclasses import dataclass

PROJECT = "crud-app"
ENVIRONMENT = "dev"

# The rules of ``infra/variables.tf``.
PROJECT_RULE = "[a-z][a-z0-9-]{0,12}[a-z0-9]"
ENVIRONMENT_RULE = "[a-z][a-z0-9]{1,11}"

FUNCTIONS = ("bff", "crud", "publicar-pendientes", "email", "enviar-correos", "registrar-resultado")
APIS = ("crud", "email")


@dataclass(frozen=True)
class Names:
    """All names begin with ``prefix``: project and environment, or the project alone on a laptop.

    The metrics that CloudWatch derives from the apps' logs have ``prefix`` as their namespace.
    """

    prefix: str
    has_functions: bool = True

    @property
    def load_balancer(self) -> str:
        return f"{self.prefix}-alb"

    @property
    def target_group(self) -> str:
        return f"{self.prefix}-bff"

    @property
    def functions(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}-{function}" for function in FUNCTIONS) if self.has_functions else ()

    @property
    def apis(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}-{api}-api" for api in APIS)

    @property
    def queues(self) -> tuple[str, str]:
        """The queue of the consumer, and its dead-letter queue."""
        return f"{self.prefix}-email-queue", f"{self.prefix}-email-dlq"


def deployed(project: str, environment: str) -> Names:
    """The names that Terraform gives (``local.name``)."""
    return Names(f"{project}-{environment}")


def on_laptop() -> Names:
    """The names of ``make run``: a laptop has only one environment, and the apps there are processes."""
    return Names(PROJECT, has_functions=False)
