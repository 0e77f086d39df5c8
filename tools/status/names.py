"""What the parts of an environment are called: the one place that repeats the names of ``infra/*.tf``."""

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
    """All names begin with ``prefix``: project and environment, or the project alone on a laptop."""

    prefix: str

    @property
    def load_balancer(self) -> str:
        return f"{self.prefix}-alb"

    @property
    def target_group(self) -> str:
        return f"{self.prefix}-bff"

    @property
    def functions(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}-{function}" for function in FUNCTIONS)

    @property
    def apis(self) -> tuple[str, ...]:
        return tuple(f"{self.prefix}-{api}-api" for api in APIS)

    @property
    def queue(self) -> str:
        return f"{self.prefix}-email-queue"

    @property
    def dead_letter_queue(self) -> str:
        return f"{self.prefix}-email-dlq"

    @property
    def alarm_prefix(self) -> str:
        return f"{self.prefix}-"

    @property
    def metric_namespace(self) -> str:
        """Of the metrics that are made from the apps' logs."""
        return self.prefix


def deployed(project: str, environment: str) -> Names:
    """The names that Terraform gives (``local.name``)."""
    return Names(f"{project}-{environment}")


def on_laptop() -> Names:
    """The names of ``make run``: they have no environment, because a laptop has one."""
    return Names(PROJECT)
