"""The states of an email, and which may follow which."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.correos.mail import (
    HARD_BOUNCE,
    MAY_FOLLOW,
    UNSENT,
    State,
    StepRefused,
    recipient_digest,
)
from tests.unit.email_app.fakes import NOW, event_id, mail

PENDING = mail()
HELD = PENDING.claimed("a", NOW)
STAGES = [*State, HARD_BOUNCE]


def in_stage(stage):
    """A row in this stage, and the arguments of ``reported`` that lead to it."""
    state = State(stage.partition(".")[0])
    reason = "Bounce.Permanent.General" if stage == HARD_BOUNCE else None
    return replace(PENDING, state=state, reason=reason), {"state": state, "now": NOW, "reason": reason}


def test_the_table_sends_nothing_again_that_ses_has_reported():
    assert set(MAY_FOLLOW) == set(STAGES)
    for stage in set(STAGES) - UNSENT:
        assert UNSENT.isdisjoint(MAY_FOLLOW[stage]), stage
    assert {stage for stage in STAGES if State.SENDING in MAY_FOLLOW[stage]} == {State.PENDING, State.UNCERTAIN}


@pytest.mark.parametrize("before", STAGES)
def test_a_step_happens_exactly_when_the_table_allows_it(before):
    row, _ = in_stage(before)
    for after in STAGES:
        expected, arguments = in_stage(after)
        if after in MAY_FOLLOW[before]:
            reached = row.reported(**arguments)
            assert (reached.state, reached.reason) == (expected.state, expected.reason)
        else:
            with pytest.raises(StepRefused):
                row.reported(**arguments)


def test_the_recipient_is_hidden_behind_a_hash_of_the_event():
    digest = recipient_digest(event_id(1), "ana@example.com")

    assert digest == recipient_digest(event_id(1), "ANA@example.com")
    assert digest not in {recipient_digest(event_id(2), "ana@example.com"), recipient_digest(event_id(1), "")}
    assert PENDING.id == f"{event_id(1)}_{digest}"


def test_a_row_outlives_every_message():
    assert PENDING.expires_at - NOW > timedelta(days=14 + 14)


def test_only_a_pending_email_is_closed_or_let_go_by_the_request_that_queues_it():
    leased = replace(PENDING, lease_until=NOW, claim_id="request")

    assert leased.queued(NOW) == PENDING
    assert leased.queued(NOW, failure="SinEncolar").state is State.FAILED
    for failure in (None, "SinEncolar"):
        with pytest.raises(StepRefused):
            HELD.queued(NOW, failure)


@pytest.mark.parametrize("state", State)
def test_erasing_keeps_what_happened_and_stops_what_has_not(state):
    row = replace(PENDING, state=state, reason="Code", claim_id="a")

    erased = row.erased({"ana@example.com"}, NOW)

    assert (erased.subject, erased.recipient, erased.id) == ("", "", row.id)
    if state in UNSENT:
        assert (erased.state, erased.reason, erased.claim_id) == (State.FAILED, "Olvidado", None)
    else:
        assert (erased.state, erased.reason) == (state, "Code")
