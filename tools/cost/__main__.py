"""``python -m tools.cost``, which ``make cost`` calls."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from rich.console import Console

from tools.cost.arguments import free_tier_of, parse_arguments, profile_of
from tools.cost.assumptions import Assumptions
from tools.cost.bill import Calculator
from tools.cost.handbook import write_handbook
from tools.cost.machine import document
from tools.cost.prices import load_prices
from tools.cost.terminal import print_report

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Print the estimate, or write the document. Status 0; a bad argument leaves with 2."""
    arguments = parse_arguments(argv)
    calculator = Calculator(load_prices(), Assumptions())
    profile = profile_of(arguments)
    if arguments.write_docs:
        write_handbook(calculator, profile, arguments.write_docs)
        return 0
    report = calculator.report(profile, free_tier_of(arguments))
    if arguments.json:
        print(json.dumps(document(report), indent=2))
    else:
        print_report(Console(highlight=False), report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
