"""The names are those that the Terraform files and ``make run`` give."""

import re

from local import resources
from tests.support.stack import ROOT
from tools.names import ENVIRONMENT, FUNCTIONS, PROJECT, deployed, on_laptop


def terraform(name):
    return (ROOT / "infra" / name).read_text("utf-8")


def test_defaults_are_those_of_the_variables():
    for name, default in ("project_name", PROJECT), ("environment", ENVIRONMENT):
        block = re.search(rf'variable "{name}" {{.*?^}}', terraform("variables.tf"), re.DOTALL | re.MULTILINE)
        assert block
        assert f'default     = "{default}"' in block[0]


def test_every_part_is_called_as_in_its_file():
    names = deployed("p", "e")
    for file, suffix, name in (
        ("messaging.tf", "-email-queue", names.queues[0]),
        ("messaging.tf", "-email-dlq", names.queues[1]),
    ):
        assert re.search(rf'name += "\${{local\.name}}{suffix}"', terraform(file))
        assert name == f"p-e{suffix}"
    internal, public = (name.removeprefix("p-e-") for name in names.load_balancer)
    assert f'alb_kind    = local.is_internal ? "{internal}" : "{public}"' in terraform("alb.tf")
    assert '"${local.name}-${local.alb_kind}"' in terraform("alb.tf")
    functions = re.findall(r"^ +(\w+) += { memory_size = ", terraform("locals.tf"), re.MULTILINE)
    assert tuple(function.replace("_", "-") for function in functions) == FUNCTIONS
    assert '"${local.name}-${replace(key, "_", "-")}"' in terraform("locals.tf")
    assert names.functions[2] == "p-e-publicar-pendientes"
    assert '"${local.name}-${each.key}-api"' in terraform("http_api.tf")
    assert names.apis == ("p-e-crud-api", "p-e-email-api")
    assert '"${local.name}-${each.key}"' in terraform("alarms.tf")
    assert "metric_namespace = local.name" in terraform("metrics.tf")


def test_the_laptop_has_the_names_of_make_run():
    assert on_laptop().queues == (resources.QUEUE, resources.DEAD_LETTER_QUEUE)
