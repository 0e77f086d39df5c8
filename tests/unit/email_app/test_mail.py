"""The states of a mail, and which may follow which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.correos.mail import (
    KEPT,
    LEASE,
    MAX_SENDS,
    MAY_FOLLOW,
    WAIT_FOR_SEND,
    Busy,
    Mail,
    Settled,
    State,
    StepRefused,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FINAL = [State.SENT, State.DELIVERED, State.BOUNCED, State.COMPLAINT, State.FAILED]
PENDING = Mail(
    evento="0b6b0a4e-6f0c-4b60-9d0d-2f6a3f1f7a11",
    destinatario="ana@example.com",
    tipo="creado",
    asunto="Alta: Ana",
    creado_en=NOW,
    actualizado_en=NOW,
)
HELD = PENDING.claimed("a", NOW)
UNCERTAIN = HELD.uncertain("a", NOW)


def test_each_state_has_its_followers():
    assert set(MAY_FOLLOW) == set(State)


@pytest.mark.parametrize("estado", FINAL)
def test_what_ses_has_said_is_never_sent_again(estado):
    assert MAY_FOLLOW[estado].isdisjoint({State.PENDING, State.SENDING, State.UNCERTAIN})


@pytest.mark.parametrize("estado", State)
def test_no_state_follows_itself(estado):
    assert estado not in MAY_FOLLOW[estado]


def test_only_pending_and_uncertain_mails_may_be_claimed():
    assert {estado for estado in State if State.SENDING in MAY_FOLLOW[estado]} == {
        State.PENDING,
        State.UNCERTAIN,
    }


def test_the_id_tells_event_and_recipient_without_the_address():
    assert PENDING.id.startswith(PENDING.evento + "_")
    assert "ana" not in PENDING.id


def test_the_same_address_in_other_letters_is_the_same_recipient():
    assert replace(PENDING, destinatario="ANA@example.com").id == PENDING.id


def test_another_event_hides_the_same_recipient_behind_another_hash():
    assert replace(PENDING, evento="c2a4c3de-93f1-4d0f-a3c5-7b8e9d1f6c33").digest != PENDING.digest


def test_a_row_expires_after_its_time():
    assert PENDING.caduca_en == NOW + KEPT


def test_a_claim_counts_a_send_and_holds_the_row_for_a_lease():
    assert (HELD.estado, HELD.envios, HELD.claim_id, HELD.lease_until) == (State.SENDING, 1, "a", NOW + LEASE)


def test_a_pending_mail_may_be_claimed():
    assert PENDING.next_step("a", NOW) == HELD


def test_a_held_mail_is_left_alone_while_its_lease_lasts():
    with pytest.raises(Busy) as busy:
        HELD.next_step("b", NOW + LEASE - timedelta(seconds=1))

    assert busy.value.until == NOW + LEASE


def test_a_held_mail_whose_lease_is_over_is_uncertain():
    row = HELD.next_step("b", NOW + LEASE)

    assert (row.estado, row.claim_id, row.lease_until) == (State.UNCERTAIN, None, NOW + LEASE + WAIT_FOR_SEND)


def test_an_uncertain_mail_waits_for_the_event_of_ses():
    with pytest.raises(Busy) as busy:
        UNCERTAIN.next_step("b", NOW + WAIT_FOR_SEND - timedelta(seconds=1))

    assert busy.value.until == NOW + WAIT_FOR_SEND


def test_an_uncertain_mail_may_be_sent_once_more_after_the_wait():
    row = UNCERTAIN.next_step("b", NOW + WAIT_FOR_SEND)

    assert (row.estado, row.envios, row.claim_id) == (State.SENDING, 2, "b")


def test_a_mail_that_was_uncertain_twice_is_never_sent_again():
    row = replace(UNCERTAIN, envios=MAX_SENDS)

    with pytest.raises(Settled):
        row.next_step("c", NOW + timedelta(days=1))


@pytest.mark.parametrize("estado", FINAL)
def test_a_mail_that_is_sent_or_failed_leaves_nothing_to_do(estado):
    with pytest.raises(Settled):
        replace(PENDING, estado=estado).next_step("a", NOW)


def test_a_mail_that_ses_did_not_take_is_pending_and_does_not_count_as_sent():
    row = HELD.put_back("a", NOW)

    assert (row.estado, row.envios, row.claim_id, row.lease_until) == (State.PENDING, 0, None, None)


def test_a_mail_that_ses_refused_has_failed_with_a_reason():
    row = HELD.refused("a", "MessageRejected", NOW)

    assert (row.estado, row.envios, row.motivo) == (State.FAILED, 0, "MessageRejected")


def test_who_lost_its_turn_changes_nothing():
    late = UNCERTAIN.next_step("b", NOW + WAIT_FOR_SEND)

    for step in (
        lambda: late.put_back("a", NOW),
        lambda: late.refused("a", "MessageRejected", NOW),
        lambda: late.uncertain("a", NOW),
    ):
        with pytest.raises(StepRefused):
            step()


def test_only_a_pending_mail_may_be_closed_as_never_queued():
    assert PENDING.never_queued("SinEncolar", NOW).estado is State.FAILED
    with pytest.raises(StepRefused):
        HELD.never_queued("SinEncolar", NOW)


def test_the_events_of_ses_settle_an_uncertain_mail():
    row = UNCERTAIN.advanced(State.SENT, NOW, mensaje_id="ses-1")

    assert (row.estado, row.mensaje_id, row.lease_until) == (State.SENT, "ses-1", None)


def test_an_event_without_an_id_keeps_the_one_that_is_known():
    sent = HELD.advanced(State.SENT, NOW, mensaje_id="ses-1")

    assert sent.advanced(State.DELIVERED, NOW).mensaje_id == "ses-1"


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_a_step_happens_exactly_when_the_table_says_so(before, after):
    row = replace(PENDING, estado=before)

    if after in MAY_FOLLOW[before]:
        assert row.advanced(after, NOW).estado is after
    else:
        with pytest.raises(StepRefused):
            row.advanced(after, NOW)


@given(st.permutations([State.SENT, State.DELIVERED]))
def test_a_delivered_mail_stays_delivered_in_whatever_order_the_events_come(events):
    row = HELD
    for estado in events:
        try:
            row = row.advanced(estado, NOW)
        except StepRefused:
            continue

    assert row.estado is State.DELIVERED
