import pytest

from tools.cost.__main__ import dollars, main, read_profile
from tools.cost.model import Profile, estimate_cost


def test_arguments_have_defaults_and_short_forms():
    assert read_profile([]) == Profile(requests=1_500, response_bytes=7_650, emails=150)
    for text, requests in (("1500", 1_500), ("30k", 30_000), ("1.5M", 1_500_000), ("1B", 10**9)):
        assert read_profile(["--requests", text]).requests == requests
    for text, size in (("0", 0), ("800B", 800), ("12kB", 12_000), ("1.5k", 1_500), ("1MB", 10**6)):
        assert read_profile(["--size", text]).response_bytes == size
    assert [read_profile(["--requests=1000", *emails]).emails for emails in ([], ["--emails=0"])] == [100, 0]
    for refused in ("--requests=0", "--requests=1001B", "--size=2MB", "--emails=-1"):
        with pytest.raises(SystemExit):
            read_profile([refused])


def test_the_terminal_shows_the_month_and_the_same_habits_with_a_billion_requests(capsys):
    assert main(["--requests=2k"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["ALB", "hours", "720", "hours", "$16.20", "$16.20"] in rows
    month, billion = Profile(2_000, 7_650, 200), Profile(10**9, 7_650, 10**8)
    assert ["total", *(dollars(estimate_cost(month, free_tier=deducted)) for deducted in (False, True))] in rows
    costs = (estimate_cost(billion, free_tier=False), estimate_cost(billion), estimate_cost(billion, fargate=True))
    assert ["1", "B", *map(dollars, costs)] in rows
