"""``python -m benchmarks.scale``, which ``make scale`` calls: what breaks first when more people come."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.scale.model import Limit, Load, Site, demand, load_limits, simulate, working_day
from tools.command_line import OneSentenceParser, whole_number
from tools.cost.model import ASSUMPTIONS, SECONDS, FreeTier, Profile, estimate_bills, typical_response_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_RATE = 10_000
MOST_RATE = 10**9
EMPLOYEES = 1_000_000

SITES = {
    "as deployed, without a pooler": Site(1_000, 100, is_pooled=False, mails_per_second=14),
    "behind a pooler": Site(1_000, 100, is_pooled=True, mails_per_second=14),
    "behind a pooler, with every quota raised": Site(100_000, 5_000, is_pooled=True, mails_per_second=10_000),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Print what breaks first. Status 0; a bad argument exits with 2."""
    parser = OneSentenceParser("make scale", "What breaks first when more people come.")
    parser.add_argument(
        "--rate", type=whole_number("RATE", 1, MOST_RATE), default=DEFAULT_RATE, help="requests a second, at the peak"
    )
    print_scale(Console(highlight=False), parser.parse_args(argv).rate, Load())
    return 0


def print_scale(console: Console, rate: int, load: Load) -> None:
    """Every limit, the first to break first; what takes over beyond it; the bill; and a simulated day."""
    console.print(Text(f"What breaks first, and what {count(rate)} requests a second need of it", style="bold"))
    limits, needs = load_limits(load), demand(rate, load)
    console.print(_limits_table(limits, needs, load))
    for limit in limits:
        if needs[limit.of] > limit.value / 2:
            console.print(Text.assemble(f"- {limit.name}: ", (limit.then, "dim")))
    console.print(f"\n{_cost_sentence(rate, load)}\n")
    console.print(Text(f"A simulated working day with {count(rate)} requests a second at noon", style="bold"))
    console.print(_simulation_table(rate, load))
    console.print("Sources of the limits: benchmarks/scale/limits.toml; what is left out: model.py there", style="dim")


def _limits_table(limits: Sequence[Limit], needs: dict[str, float], load: Load) -> Table:
    table = Table("limit", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("default", "reached at", "on request", "reached at", "needed"):
        table.add_column(heading, justify="right")
    for limit in limits:
        needed = needs[limit.of]
        style = "bold red" if needed > limit.value else "yellow" if needed > limit.value / 2 else "green"
        raised = ("-", "-")
        if limit.raised is not None:
            raised = (count(limit.raised), count(limit.breaks_at(limit.raised, load)))
        reached = count(limit.breaks_at(limit.value, load))
        table.add_row(limit.name, count(limit.value), reached, *raised, count(needed), style=style)
    return table


def _cost_sentence(peak: int, load: Load) -> str:
    requests = int(peak * SECONDS / ASSUMPTIONS["peak_factor"])
    writes = Decimal(str(load.writes))
    profile = Profile(requests, typical_response_bytes(EMPLOYEES), EMPLOYEES, int(requests * writes), writes)
    serverless, fargate = (bill.total(FreeTier.ALWAYS) for bill in estimate_bills(profile))
    return (
        f"A month with this peak (four times the mean) has {count(requests)} requests and costs ${serverless:,.0f} "
        f"with Lambda, ${fargate:,.0f} with containers; PostgreSQL is not included."
    )


def _simulation_table(rate: int, load: Load) -> Table:
    table = Table("deployment", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("served", "environments", "connections", "mails waiting"):
        table.add_column(heading, justify="right")
    for name, site in SITES.items():
        moments = simulate(working_day(rate), load, site)
        table.add_row(
            name,
            f"{sum(moment.served for moment in moments) / sum(moment.offered for moment in moments):.1%}",
            count(max(moment.environments for moment in moments)),
            count(max(moment.connections for moment in moments)),
            count(max(moment.queue for moment in moments)),
        )
    return table


def count(value: float) -> str:
    """Two digits that mean something: ``7``, ``170``, ``5,300``, ``1.2 million``."""
    for size, name in ((1e9, " billion"), (1e6, " million"), (1, "")):
        if value >= 10 * size:
            return f"{float(f'{value / size:.2g}'):,.0f}{name}"
        if value >= size:
            return f"{value / size:.2g}{name}"
    return f"{value:.2g}"


if __name__ == "__main__":
    sys.exit(main())
