"""docs/scale.md and its pictures, computed from the limits, the demand and the prices."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.scale.charts import breaking_chart, course_chart
from benchmarks.scale.curve import working_day
from benchmarks.scale.demand import Load, demand, reasons
from benchmarks.scale.limits import load_limits
from benchmarks.scale.simulation import STARTS_PER_SECOND, Site, simulate
from benchmarks.scale.wording import count
from tools.cost.assumptions import SECONDS, Assumptions
from tools.cost.bill import Calculator
from tools.cost.prices import FreeTier, load_prices
from tools.cost.profile import Profile, typical_response_bytes
from tools.cost.wording import dollars
from tools.markdown import markdown_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.scale.limits import Limits
    from benchmarks.scale.simulation import Moment
    from tools.cost.bill import Estimate

DOCS = Path(__file__).resolve().parents[2] / "docs"
RATES = (100, 10_000, 1_000_000)
EMPLOYEES = 1_000_000


class Story(NamedTuple):
    """A simulation, and what to look at."""

    key: str
    title: str
    peak: float
    site: Site
    note: str


AS_DEPLOYED = Site(concurrency=1_000, connections=100, is_pooled=False, mails_per_second=14)
POOLED = Site(concurrency=1_000, connections=100, is_pooled=True, mails_per_second=14)
RAISED = Site(concurrency=100_000, connections=5_000, is_pooled=True, mails_per_second=10_000)
STORIES = (
    Story("100", "100 requests a second at noon, as deployed", 100, AS_DEPLOYED, "Nothing is near its limit."),
    Story(
        "10k-direct",
        "10,000 requests a second at noon, without a pooler",
        10_000,
        AS_DEPLOYED,
        "crud_app is refused its 101st connection. What it cannot serve is refused, though Lambda has room for it.",
    ),
    Story(
        "10k-pooled",
        "10,000 requests a second at noon, behind a pooler",
        10_000,
        POOLED,
        "A connection is busy for a statement, then free for the next. Lambda is nearly full now, mails wait for SES.",
    ),
    Story(
        "1m",
        "1,000,000 requests a second at noon, with every quota raised",
        1_000_000,
        RAISED,
        "The burst at noon asks for environments faster than Lambda starts them: 100 a second for each function.",
    ),
)

TEXTS = {
    100: """\
Only the project's own throttle (`api_throttle`) stands in the way, and it is a variable. One small PostgreSQL serves
this from a fraction of a core; three connections are open. SES's sandbox is full: ask for production access before the
first real employee. Nothing else has to be decided.""",
    10_000: """\
Mails and the project's own throttle apart, the order is: connections, Lambda's invocations, the database's cores, API
Gateway's requests. A pooler comes first (`pgbouncer=true` in the address, nothing else changes: each request is one
unnamed flush in one transaction of its own, tested through PgBouncer in transaction mode), then two quotas for the
asking, and a larger instance. Mails wait in the queue: at 14 a second they take as long as they take, and none is
lost. Functions cost more than containers by now (docs/costs.md says from where on).""",
    1_000_000: """\
No default stands, and Lambda's quotas would have to be raised further than anybody states for one region: several
regions, or containers. A single primary has not the cores: reads go to replicas (every read is one
statement that changes nothing, tested in a read-only session), writes to a distributed database, or the directory is
split by company or region, each with a stack of its own: no statement joins two employees, and ids and events carry
their keys with them. The HTTP API between the two apps is the most expensive part, and the first to go: bff_app and
crud_app in one container. An employee directory with this traffic does not exist; the point is that nothing in the
statements has to be written anew.""",
}

ENGINES = (
    (
        "RDS Proxy, PgBouncer, Supavisor",
        "connections",
        "with `pgbouncer=true` no session state: neither prepared names nor settings nor locks",
        "`tests/unit/crud_app/test_round_trips.py`, through PgBouncer in transaction mode",
        "RDS Proxy: 0.015 dollars an hour for each vCPU of the database",
    ),
    (
        "read replicas (RDS, Aurora)",
        "cores, for reads",
        "each read is one statement, and writes nothing",
        "`tests/unit/crud_app/test_replica.py`, in a read-only session",
        "each as much as the primary",
    ),
    (
        "Aurora PostgreSQL",
        "cores, storage, failover",
        "plain PostgreSQL without extensions",
        "the suite runs on PostgreSQL without any extension",
        "about a fifth above RDS, by the hour of the same instance",
    ),
    (
        "a distributed database (Aurora DSQL, CockroachDB, YugabyteDB)",
        "writes",
        "row and event in one statement; 40001 is retried as a whole; no gapless sequence; paging by key",
        "`tests/unit/crud_app/test_database.py` retries 40001; the engines themselves were not tried",
        "by request or by node; nothing to compare with an hour of RDS",
    ),
)


def write_handbook(folder: Path) -> None:
    """Replace the document and its pictures in ``folder``."""
    for name, content in handbook().items():
        (folder / name).write_text(content, "utf-8")


def handbook() -> Mapping[str, str]:
    """File name and content of the document and its pictures."""
    limits, load = load_limits(), Load()
    courses = {story.key: simulate(working_day(story.peak), load, story.site) for story in STORIES}
    sections = (
        _introduction(limits, load),
        *(_rate(rate, limits, load) for rate in RATES),
        _engines(),
        _simulation(courses),
        _snapstart(),
        _assumptions(limits, load),
    )
    pictures = {
        f"scale-{story.key}.svg": course_chart(courses[story.key], story.site, story.title) for story in STORIES
    }
    return {
        "scale.md": "\n\n".join(sections) + "\n",
        "scale-limits.svg": breaking_chart(limits, load),
        **pictures,
    }


def _introduction(limits: Limits, load: Load) -> str:
    rows = [
        (
            limit.name,
            count(limit.value),
            count(limit.breaks_at(load)),
            count(limit.raised) if limit.raised else "—",
            count(raised) if (raised := limit.raised_breaks_at(load)) else "—",
            limit.then,
        )
        for limit in limits.first_to_last(load)
    ]
    headings = ("limit", "default>", "reached at>", "for the asking>", "reached at>", "what takes over")
    return f"""\
<!-- Written by `make scale DOCS=1` from benchmarks/scale. Change that, not this. -->
# What breaks first when more people come

`make scale` computes this page: what a request needs (Little's law: the rate times the time inside), what there is of
it, and at which rate of requests a second it ends. It is paper and a simulation, not a measurement; what was measured
is in [performance.md](performance.md), what it costs in [costs.md](costs.md).

{markdown_table(headings, rows)}

![The rate of requests at which each limit is reached](scale-limits.svg)"""


def _rate(rate: int, limits: Limits, load: Load) -> str:
    needs = demand(rate, load)
    rows = [
        (
            limit.name,
            count(needs[limit.of]),
            count(limit.value),
            _state(needs[limit.of], limit.value, limit.raised),
        )
        for limit in limits.first_to_last(load)
        if needs[limit.of] > limit.value / 2
    ]
    estimate = cost_at(rate)
    serverless, fargate = (bill.total(FreeTier.ALWAYS) for bill in (estimate.serverless, estimate.fargate))
    nothing = "Nothing is beyond half of its limit."
    table = markdown_table(("what is beyond half of its limit", "needed>", "default>", ""), rows) if rows else nothing
    return f"""\
## {rate:,} requests a second

{TEXTS[rate]}

{table}

As the peak of a month (a quarter of it on average, as in docs/costs.md), {count(estimate.profile.requests)} requests:
**{dollars(serverless)} a month** with Lambda, {dollars(fargate)} with containers, PostgreSQL not included."""


def _state(needed: float, value: float, raised: float | None) -> str:
    if needed <= value:
        return "near"
    if raised is None:
        return "**beyond**; ask AWS"
    return "beyond the default" if needed <= raised else "**beyond what there is**"


def cost_at(peak: int) -> Estimate:
    """The bill of a month whose peak is so many requests a second."""
    calculator = Calculator(load_prices(), Assumptions())
    requests = int(peak * SECONDS / calculator.assumptions.peak_factor)
    writes = Decimal(str(Load().writes))
    profile = Profile(
        requests=requests,
        response_bytes=typical_response_bytes(EMPLOYEES),
        employees=EMPLOYEES,
        emails=int(requests * writes),
        writes=writes,
    )
    return calculator.estimate(profile)


def _engines() -> str:
    headings = ("engine", "takes over", "what in our SQL keeps that door open", "tested by", "what it costs")
    return f"""\
## Engines that take over

Each is an existing one; the first three need no other statements. The distributed ones differ in what the migration
uses: the search's GIN index, generated columns with functions of our own, an identity column.

{markdown_table(headings, ENGINES)}

Prices are list prices of us-east-1 as known in mid-2026; a database of 192 cores costs some tens of dollars an hour."""


def _simulation(courses: Mapping[str, Sequence[Moment]]) -> str:
    parts = []
    for story in STORIES:
        moments = courses[story.key]
        served = sum(each.served for each in moments) / sum(each.offered for each in moments)
        facts = (
            f"served {served:.1%}; at most {count(max(each.bff + each.crud for each in moments))} environments, "
            f"{count(max(each.connections for each in moments))} connections, "
            f"{count(max(each.queue for each in moments))} mails waiting"
        )
        parts.append(f"**{story.title}.** {story.note} ({facts}.)\n\n![{story.title}](scale-{story.key}.svg)")
    body = "\n\n".join(parts)
    return f"""\
## A day in half an hour

A simulation of a working day, with a message to everybody at noon that doubles its rate for a minute, from a cold
start: Lambda starts at most {STARTS_PER_SECOND:g} environments a second for each function, keeps them a while, and each
of crud_app's holds a connection as long as it lives. `benchmarks/scale/simulation.py` says what is left out.

{body}"""


def _snapstart() -> str:
    return """\
## Cold starts

Every new environment begins with one. `snapstart = true` (Python 3.12 or newer) starts the functions from a snapshot
of their memory instead: load balancer, APIs, queue, topic and schedule then call the alias of the newest version.
Before the snapshot a hook imports what is imported lazily; after it, connections are made anew, credentials come from
Lambda's own server, and nothing random was drawn from a state that two processes share
(`tests/unit/packaging/test_snapshots.py`). AWS bills a snapshot by its memory size and the hour, and each start from
it: with few starts, a package that starts in a tenth of a second is cheaper without."""


def _assumptions(limits: Limits, load: Load) -> str:
    rows = [(f"`{name}`", value, why) for name, value, why in reasons(load)]
    sources = [(limit.name, f"[{limit.page}]({limit.link})") for limit in limits.limits]
    return f"""\
## Assumptions

{markdown_table(("name", "value>", "why"), rows)}

## Limits

Checked {limits.checked}. {limits.note} They are in `benchmarks/scale/limits.toml`. Those of PostgreSQL are estimates:
its `max_connections` grows with the memory of an instance (RDS: one for every 9.5 MB, 5,000 at most), its changes a
second with the storage. Measure yours.

{markdown_table(("limit", "where it stands"), sources)}"""
