"""The states of an email, and which may follow which."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.correos.mail import (
    HARD_BOUNCE,
    LEASE,
    MAX_SENDS,
    MAY_FOLLOW,
    UNSENT,
    WAIT_FOR_SEND,
    Busy,
    Settled,
    State,
    StepRefused,
    recipient_digest,
)
from tests.unit.email_app.fakes import NOW, event_id, mail

FINAL = sorted(set(State) - UNSENT)
PENDING = mail()
HELD = PENDING.claimed("a", NOW)
UNCERTAIN = HELD.uncertain("a", NOW)
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
    assert digest not in {recipient_digest(event_id(2), "ana@example.com"), recipient_digest(event_id(1))}
    assert PENDING.id == f"{event_id(1)}_{digest}"


def test_a_row_outlives_every_message():
    assert PENDING.expires_at - NOW > timedelta(days=14 + 14)


def test_a_claim_counts_a_send_and_holds_the_row_for_a_lease():
    assert PENDING.next_step("a", NOW) == HELD
    assert (HELD.state, HELD.sends, HELD.claim_id, HELD.lease_until) == (State.SENDING, 1, "a", NOW + LEASE)


@pytest.mark.parametrize(("row", "until"), [(HELD, NOW + LEASE), (UNCERTAIN, NOW + WAIT_FOR_SEND)])
def test_a_row_is_left_alone_until_its_time(row, until):
    with pytest.raises(Busy) as busy:
        row.next_step("b", until - timedelta(seconds=1))

    assert busy.value.until == until


def test_a_held_email_whose_lease_is_over_is_uncertain():
    row = HELD.next_step("b", NOW + LEASE)

    assert (row.state, row.claim_id, row.lease_until) == (State.UNCERTAIN, None, NOW + LEASE + WAIT_FOR_SEND)


def test_an_uncertain_email_is_sent_once_more_after_the_wait_and_never_a_third_time():
    row = UNCERTAIN.next_step("b", NOW + WAIT_FOR_SEND)

    assert (row.state, row.sends, row.claim_id) == (State.SENDING, MAX_SENDS, "b")
    with pytest.raises(Settled):
        row.uncertain("b", NOW).next_step("c", NOW + timedelta(days=1))


@pytest.mark.parametrize("state", FINAL)
def test_an_email_that_is_sent_or_failed_leaves_nothing_to_do(state):
    with pytest.raises(Settled):
        replace(PENDING, state=state).next_step("a", NOW)


def test_an_email_that_ses_did_not_take_does_not_count_as_sent():
    back, refused = HELD.put_back("a", NOW), HELD.refused("a", "MessageRejected", NOW)

    assert (back.state, back.sends, back.claim_id, back.lease_until) == (State.PENDING, 0, None, None)
    assert (refused.state, refused.sends, refused.reason) == (State.FAILED, 0, "MessageRejected")


def test_a_consumer_that_lost_its_turn_changes_nothing():
    late = UNCERTAIN.next_step("b", NOW + WAIT_FOR_SEND)

    for step, arguments in ((late.put_back, []), (late.refused, ["MessageRejected"]), (late.uncertain, [])):
        with pytest.raises(StepRefused):
            step("a", *arguments, NOW)


def test_only_a_pending_email_is_closed_or_let_go_by_the_request_that_queues_it():
    leased = replace(PENDING, lease_until=NOW, claim_id="request")

    assert leased.queued() == PENDING
    assert leased.never_queued("SinEncolar", NOW).state is State.FAILED
    for step in (HELD.queued, lambda: HELD.never_queued("SinEncolar", NOW)):
        with pytest.raises(StepRefused):
            step()


def test_an_event_settles_an_uncertain_email_and_keeps_the_id_that_is_known():
    sent = UNCERTAIN.reported(State.SENT, NOW, message_id="ses-1")

    assert (sent.state, sent.message_id, sent.lease_until) == (State.SENT, "ses-1", None)
    assert sent.reported(State.DELIVERED, NOW).message_id == "ses-1"


@pytest.mark.parametrize("state", State)
def test_erasing_keeps_what_happened_and_stops_what_has_not(state):
    row = replace(PENDING, state=state, reason="Code", claim_id="a")

    erased = row.erased({"ana@example.com"}, NOW)

    assert (erased.subject, erased.recipient, erased.id) == ("", "", row.id)
    if state in UNSENT:
        assert (erased.state, erased.reason, erased.claim_id) == (State.FAILED, "Olvidado", None)
    else:
        assert (erased.state, erased.reason) == (state, "Code")
