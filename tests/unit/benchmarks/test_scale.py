"""The model of `make scale` against Little's law, the Terraform, and AWS's rules."""

import pytest

from benchmarks.scale.__main__ import demand, load_limits, main
from local.settings import ROOT

LIMITS = load_limits()


def test_a_limit_is_reached_at_the_rate_that_needs_all_of_it():
    for limit in LIMITS:
        assert demand(limit.rate(limit.value))[limit.of] == pytest.approx(limit.value)
        assert limit.raised is None or limit.raised > limit.value > 0, limit.name
        assert limit.page.startswith("/") or (ROOT / limit.page).exists(), limit.name
    (throttle,) = [limit for limit in LIMITS if "`api_throttle`" in limit.name]
    assert f"default     = {{ rate = {throttle.value:g}," in (ROOT / "infra" / "variables.tf").read_text("utf-8")


def test_the_command_prints_limits_and_bill(capsys):
    main(["--rate=500"], {})
    output = " ".join(capsys.readouterr().out.split())
    assert all(words in output for words in ("what 500 requests", "in the sandbox", "has 324 M requests")), output
