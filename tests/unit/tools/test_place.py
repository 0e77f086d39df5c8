"""The names are those that the Terraform files and ``make run`` give."""

import re

import pytest

from local import resources
from tests.support.stack import ROOT
from tools import place


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("variables.tf", f'default     = "{place.PROJECT}"'),
        ("variables.tf", f'default     = "{place.ENVIRONMENT}"'),
        ("messaging.tf", f'"${{local.name}}-{place.QUEUE}"'),
        ("messaging.tf", f'"${{local.name}}-{place.DEAD_LETTER_QUEUE}"'),
        ("ledger.tf", f'"${{local.name}}-{place.LEDGER}"'),
        ("alb.tf", 'alb_kind    = local.is_internal ? "{}" : "{}"'.format(*place.BALANCERS)),
        ("alb.tf", '"${local.name}-${local.alb_kind}"'),
        ("locals.tf", '"${local.name}-${replace(key, "_", "-")}"'),
        ("http_api.tf", '"${local.name}-${each.key}-api"'),
        ("alarms.tf", '"${local.name}-${each.key}"'),
        ("metrics.tf", "metric_namespace = local.name"),
    ],
)
def test_a_name_is_the_one_that_is_deployed(file, text):
    assert text in (ROOT / "infra" / file).read_text("utf-8")


def test_functions_are_called_as_in_their_file_and_the_laptop_has_the_same_names():
    functions = re.findall(r"^ +(\w+) += { memory_size = ", (ROOT / "infra/locals.tf").read_text("utf-8"), re.MULTILINE)
    assert tuple(function.replace("_", "-") for function in functions) == place.FUNCTIONS
    assert place.APIS == ("crud-api", "email-api")
    named = [f"{place.PROJECT}-{part}" for part in (place.QUEUE, place.DEAD_LETTER_QUEUE, place.LEDGER)]
    assert named == [resources.QUEUE, resources.DEAD_LETTER_QUEUE, resources.LEDGER_TABLE]
