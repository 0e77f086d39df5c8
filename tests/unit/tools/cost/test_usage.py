from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cost.assumptions import Assumptions, reasons
from tools.cost.prices import load_prices
from tools.cost.profile import Profile, typical_response_bytes
from tools.cost.usage import fargate_usage, serverless_usage, tasks_for

GIVEN = Assumptions()
MILLION = Profile(
    requests=1_000_000, response_bytes=5_000, employees=1_000, emails=100_000, writes=Decimal("0.1"), cloudfront=False
)

PROFILES = st.builds(
    Profile,
    requests=st.integers(1, 10**12),
    response_bytes=st.integers(0, 2**20),
    employees=st.integers(0, 10**9),
    emails=st.integers(0, 10**12),
    writes=st.decimals(0, 1, places=3),
    cloudfront=st.booleans(),
)


def test_an_idle_deployment_still_uses_what_runs_by_itself() -> None:
    usage = serverless_usage(replace(MILLION, requests=1, emails=0, writes=Decimal(0)), GIVEN)
    assert usage["alb_hours"] == 720
    assert usage["alb_addresses"] == 1_440
    health_checks, sweeps, idle_polls = 148_114, 43_200, 648_000
    assert usage["lambda_requests"].to_integral_value() == health_checks + sweeps + 2
    assert usage["sqs_requests"] == idle_polls


def test_a_request_runs_both_functions_and_passes_the_http_api_once() -> None:
    usage, idle = serverless_usage(MILLION, GIVEN), serverless_usage(replace(MILLION, requests=0), GIVEN)
    emails_and_feedback = 100_000 * 3
    assert usage["lambda_requests"] - idle["lambda_requests"] == 2_000_000
    assert idle["lambda_requests"].to_integral_value() == 148_114 + 43_200 + emails_and_feedback
    assert usage["http_api_requests"] == 1_000_000
    assert usage["lambda_duration"] - idle["lambda_duration"] == 1_000_000 * Decimal("0.090") / 2


@pytest.mark.parametrize(("size", "metered"), [(0, 1), (1, 1), (512 * 1024, 1), (512 * 1024 + 1, 2), (2**20, 2)])
def test_the_http_api_meters_each_512_kilobytes(size: int, metered: int) -> None:
    usage = serverless_usage(replace(MILLION, response_bytes=size), GIVEN)
    assert usage["http_api_requests"] == 1_000_000 * metered


@pytest.mark.parametrize(
    ("response_bytes", "lcu_hours"),
    [
        (0, Decimal(250_000) / 90_000),  # new connections: 25 a second are an LCU
        (999_000, Decimal(10**12) / 2**30 / Decimal("0.4")),  # bytes: 0.4 GB an hour to a Lambda are an LCU
    ],
)
def test_the_dimension_used_most_counts_as_alb_capacity(response_bytes: int, lcu_hours: Decimal) -> None:
    usage = serverless_usage(replace(MILLION, response_bytes=response_bytes), GIVEN)
    assert usage["alb_capacity"] == lcu_hours


def test_connections_that_stay_open_count_as_alb_capacity_too() -> None:
    patient = replace(GIVEN, connection_seconds=600)
    usage = serverless_usage(replace(MILLION, response_bytes=0), patient)
    assert usage["alb_capacity"] == Decimal(250_000) * 600 / 3600 / 3_000


def test_an_event_is_published_once_and_each_mail_reports_twice() -> None:
    usage = serverless_usage(MILLION, GIVEN)
    assert usage["sns_requests"] == 100_000 + 2 * 100_000
    assert usage["sqs_requests"] == 3 * 100_000 + 648_000
    assert usage["ses_emails"] == 100_000
    assert usage["dynamodb_writes"] == 1_400_000
    assert usage["dynamodb_reads"] == 200_000


def test_the_ledger_holds_ninety_days_of_mails_in_four_copies_and_one_backup() -> None:
    usage = serverless_usage(MILLION, GIVEN)
    assert usage["dynamodb_recovery"] == Decimal(3 * 100_000 * 700) / 2**30
    assert usage["dynamodb_storage"] == 4 * usage["dynamodb_recovery"]


def test_mails_without_events_pass_the_queue_as_well() -> None:
    usage = serverless_usage(replace(MILLION, writes=Decimal(0)), GIVEN)
    assert usage["sns_requests"] == 2 * 100_000
    assert usage["sqs_requests"] == 3 * 100_000 + 648_000


def test_xray_traces_one_request_a_second_and_five_percent_of_the_rest() -> None:
    seconds, requests = 2_592_000, 10**9
    busy = serverless_usage(replace(MILLION, requests=requests, emails=0, writes=Decimal(0)), GIVEN)
    entries = requests + Decimal(2 * seconds) / 35 + 43_200
    assert busy["xray_traces"] == seconds + (entries - seconds) * Decimal("0.05")


def test_behind_cloudfront_the_load_balancer_has_no_address_on_the_internet() -> None:
    assert serverless_usage(replace(MILLION, cloudfront=True), GIVEN)["alb_addresses"] == 0


def test_every_request_passes_the_firewall() -> None:
    usage = serverless_usage(MILLION, GIVEN)
    assert (usage["waf_acl"], usage["waf_rules"], usage["waf_requests"]) == (1, 5, 1_000_000)


def test_a_key_is_asked_twice_for_each_data_key() -> None:
    assert serverless_usage(MILLION, GIVEN)["kms_requests"] == 2 * 6 * 43_200 / 5


def test_cloudfront_takes_the_answers_over_from_the_alb() -> None:
    direct = serverless_usage(MILLION, GIVEN)
    fronted = serverless_usage(replace(MILLION, cloudfront=True), GIVEN)
    assert fronted["cloudfront_transfer"] + fronted["transfer_out"] == direct["transfer_out"]
    assert fronted["cloudfront_requests"] == 1_000_000
    assert "cloudfront_requests" not in direct


@pytest.mark.parametrize(
    ("peak_rate", "tasks"), [("0", 2), ("50", 2), ("50.1", 3), ("75", 3), ("2500", 100), ("2500.01", 101)]
)
def test_fargate_tasks_follow_the_peak_rate(peak_rate: str, tasks: int) -> None:
    assert GIVEN.requests_per_task == 25
    assert tasks_for(Decimal(peak_rate), GIVEN) == tasks


def test_fargate_replaces_the_request_functions_and_keeps_the_rest() -> None:
    serverless, fargate = serverless_usage(MILLION, GIVEN), fargate_usage(MILLION, GIVEN)
    assert "http_api_requests" not in fargate
    assert fargate["lambda_requests"] == 43_200 + 3 * 100_000
    assert fargate["fargate_cpu"] == 2 * Decimal("0.5") * 720
    assert fargate["fargate_memory"] == fargate["fargate_addresses"] == 2 * 720
    kept = ["alb_hours", "ses_emails", "sqs_requests", "sns_requests", "dynamodb_writes", "transfer_out"]
    assert [fargate[key] for key in kept] == [serverless[key] for key in kept]


@settings(deadline=None)
@given(PROFILES)
def test_every_quantity_has_a_price_and_none_is_negative(profile: Profile) -> None:
    prices = load_prices().prices
    for usage in (serverless_usage(profile, GIVEN), fargate_usage(profile, GIVEN)):
        assert usage.keys() <= prices.keys()
        assert min(usage.values()) >= 0


def test_every_price_is_used() -> None:
    fronted = replace(MILLION, cloudfront=True)
    assert serverless_usage(fronted, GIVEN).keys() | fargate_usage(fronted, GIVEN).keys() == load_prices().prices.keys()


@pytest.mark.parametrize(("employees", "size"), [(0, 150), (1, 300), (50, 7_650), (1_000_000, 7_650)])
def test_a_typical_answer_grows_with_the_directory_up_to_one_page(employees: int, size: int) -> None:
    assert typical_response_bytes(employees) == size


def test_every_assumption_has_a_reason() -> None:
    assert all(reason for _, _, reason in reasons(GIVEN))
    assert ("bff_seconds", "0.060") in [(name, value) for name, value, _ in reasons(GIVEN)]
