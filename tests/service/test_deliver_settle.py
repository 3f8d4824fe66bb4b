"""Settling: what the provider's answers and its status news make of a message."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.service import backoff, directory, settle
from bot.service.hand_over import Going
from bot.service.runtime import Runtime
from bot.service.settle import Answer
from bot.store.database import Database
from bot.store.tables import Case, Consent, ConsentLedger, Endpoint, Handoff, Outbox, SeenEvent, Staff
from bot.store.types import Plain
from channels.base import Outbound, Receipt, StatusUpdate
from channels.errors import (
    BadAddress,
    InDoubt,
    Misconfigured,
    NotAccepted,
    Permanent,
    SendError,
    Stopped,
    Throttled,
    TooLong,
)
from tests.fakes.clock import START
from tests.service.posting import DISTRICT, Noon, Provider, change, outbox_rows, queue, row, runtime, staff_row, states, tasks

NOW = START + timedelta(hours=1)
HANDED = {"state": "handed", "attempts": 1, "handed_at": NOW, "lease_owner": "one", "lease_until": NOW}


def going(number: int, attempts: int = 1, audience: str = "family") -> Going:
    message = Outbound(f"out_{number:026d}", "sms", "+15550100001", "+15550101002", f"Text {number}")
    return Going(message, "con_demo_es", attempts, audience, "cas_demo_diego")


@pytest.fixture
def run(world_sqlite: Database, tmp_path: Path) -> Runtime:
    return runtime(world_sqlite, Noon(NOW), tmp_path, Provider())


@pytest.fixture
def both(world: Database, tmp_path: Path) -> Runtime:
    """On both databases, where the statements are more than plain updates."""
    return runtime(world, Noon(NOW), tmp_path, Provider())


def ended(run: Runtime, *answers: Answer, now: datetime = NOW) -> datetime | None:
    with run.database.begin() as conn:
        return settle.settle(conn, run, answers, now)


def failed(run: Runtime, error: Exception, **changes: object) -> tuple[str, str]:
    """What a handed row becomes when its post ends in this error."""
    queue(run.database, row(1, NOW, **{**HANDED, **changes}))
    ended(run, Answer(going(1, int(str(changes.get("attempts", 1)))), None, error))
    return states(run.database)[1]


def news(run: Runtime, *updates: StatusUpdate, now: datetime = NOW) -> None:
    with run.database.begin() as conn:
        settle.apply_status(conn, run, updates, now)


def said(status: str, number: int = 1, sid: str = "SM1", by_row: bool = True, **more: object) -> StatusUpdate:
    return StatusUpdate("twilio", sid, status, f"out_{number:026d}" if by_row else "", **more)


# --- answers ------------------------------------------------------------------------------------------------------------------------------


def test_receipts_are_kept_with_the_providers_id_state_and_segments(both: Runtime) -> None:
    queue(both.database, *(row(n, NOW, **HANDED, segments=2) for n in (1, 2, 3)))
    receipts = [Receipt("twilio", "SM1", "queued", 3), Receipt("twilio", "SM2", "delivered"), Receipt("twilio", "SM3", "a new word")]
    assert ended(both, *(Answer(going(n + 1), one, None) for n, one in enumerate(receipts))) is None
    kept = outbox_rows(both.database)
    assert [(kept[n].state, kept[n].rank, kept[n].provider_id, kept[n].segments) for n in (1, 2, 3)] == [
        ("sent", 10, "SM1", 3), ("delivered", 40, "SM2", 2), ("sent", 10, "SM3", 2),
    ]  # fmt: skip
    assert {(one.settled_at, one.lease_owner, one.lease_until) for one in kept.values()} == {(NOW, "", None)}


def test_a_receipt_after_its_callback_changes_nothing_that_is_further(both: Runtime) -> None:
    queue(both.database, row(1, NOW, **HANDED))
    news(both, said("delivered"))
    ended(both, Answer(going(1), Receipt("twilio", "SM1", "queued", 2), None), now=NOW + timedelta(seconds=9))
    kept = outbox_rows(both.database)[1]
    assert (kept.state, kept.rank, kept.provider_id, kept.segments, kept.settled_at) == ("delivered", 40, "SM1", 2, NOW)


def test_a_late_error_never_overwrites_what_a_callback_proved(run: Runtime) -> None:
    queue(run.database, row(1, NOW, **HANDED))
    news(run, said("sent"))
    assert ended(run, Answer(going(1), None, InDoubt())) is None
    assert states(run.database)[1] == ("sent", "")


def test_an_error_of_an_earlier_try_does_not_touch_the_present_one(run: Runtime) -> None:
    queue(run.database, row(1, NOW, **{**HANDED, "attempts": 2}))
    ended(run, Answer(going(1, attempts=1), None, NotAccepted()))
    assert states(run.database)[1] == ("handed", "")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotAccepted(), ("queued", "not_accepted")),
        (Throttled(retry_after=7), ("queued", "throttled")),
        (InDoubt(), ("in_doubt", "no_answer")),
        (RuntimeError(), ("in_doubt", "unexpected")),
        (Misconfigured(code="20003"), ("queued", "misconfigured")),
        (Stopped(code="21610"), ("cancelled", "stopped_at_provider")),
        (BadAddress(code="30005"), ("failed", "bad_address")),
        (TooLong(), ("failed", "too_long")),
        (Permanent(), ("failed", "refused")),
        (SendError(), ("failed", "refused")),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one[1],
)
def test_each_error_decides_by_its_own_policy(run: Runtime, error: Exception, expected: tuple[str, str]) -> None:
    assert failed(run, error) == expected
    assert outbox_rows(run.database)[1].error_code == getattr(error, "code", "")


def test_a_message_refused_for_half_an_hour_is_given_up_and_a_person_is_told(run: Runtime) -> None:
    assert failed(run, NotAccepted(), attempts=backoff.MOST_TRIES) == ("failed", "gave_up")
    assert tasks(run.database) == [("liaison", "undelivered", "con_demo_es")]


def test_a_task_has_an_owner_from_its_first_moment(run: Runtime) -> None:
    failed(run, BadAddress())
    queue(run.database, row(2, NOW, **HANDED))
    ended(run, Answer(going(2), None, Misconfigured()))
    with run.database.read() as conn:
        found = conn.execute(sa.select(Handoff.reason, Handoff.school_id, Handoff.owner_id).order_by(Handoff.id)).all()
    assert found == [("bad_address", "sch_demo_maple", "stf_demo_liaison"), ("misconfigured", None, "stf_demo_coordinator")]


def test_a_task_is_not_left_with_somebody_who_left(run: Runtime) -> None:
    change(run.database, Staff, Staff.id == "stf_demo_liaison", active=False)
    directory.forget(run.database.engine)
    failed(run, BadAddress())
    with run.database.read() as conn:
        assert conn.scalars(sa.select(Handoff.owner_id)).all() == ["stf_demo_coordinator"]


def test_staff_are_told_once_a_district_when_the_provider_does_not_take_our_messages(run: Runtime) -> None:
    queue(run.database, *(row(n, NOW, contact, **{**HANDED, "attempts": 5}) for n, contact in ((1, "demo_es"), (2, "demo_en"))))
    ended(run, *(Answer(going(n, attempts=5), None, NotAccepted()) for n in (1, 2)))
    assert tasks(run.database) == [("coordinator", "provider_down", None)]


def test_staff_are_told_at_once_when_the_provider_asks_us_to_stay_away_for_long(run: Runtime) -> None:
    crisis = {"message_class": "F", "purpose": "crisis"}
    queue(run.database, row(1, NOW, **HANDED), row(2, NOW, "demo_en", **HANDED), row(3, NOW, "demo_ar", **HANDED | crisis))
    ended(run, Answer(going(1), None, Throttled(retry_after=60)))
    assert tasks(run.database) == []
    ended(run, Answer(going(2), None, Throttled(retry_after=3600)), Answer(going(3), None, Throttled(retry_after=3600)))
    assert [one[:2] for one in tasks(run.database)] == [("coordinator", "provider_down"), ("on_call", "crisis_text_failed")]


def test_a_wrong_set_up_waits_for_staff_who_are_told_once(run: Runtime) -> None:
    again = None
    for n in (1, 2):
        queue(run.database, row(n, NOW, **HANDED))
        again = ended(run, Answer(going(n), None, Misconfigured()))
    assert again == NOW + timedelta(minutes=5)
    assert tasks(run.database) == [("coordinator", "misconfigured", None)]


def test_the_earliest_of_the_next_tries_is_told(run: Runtime) -> None:
    queue(run.database, *(row(n, NOW, **HANDED) for n in (1, 2, 3)))
    again = ended(
        run,
        Answer(going(1), None, Throttled(retry_after=60)),
        Answer(going(2), None, NotAccepted()),
        Answer(going(3), None, Throttled(retry_after=50)),
    )
    assert again is not None
    assert timedelta(seconds=0.5) <= again - NOW <= timedelta(seconds=1)


def test_an_opt_out_at_the_provider_is_a_stop(both: Runtime) -> None:
    waiting = [row(2, NOW), row(3, NOW, state="held"), row(4, NOW, channel="whatsapp", endpoint_id="end_demo_es_whatsapp")]
    others = [row(5, NOW, "demo_en"), row(6, NOW, channel="webchat", endpoint_id="end_demo_es_webchat"), row(7, NOW, message_class="F")]
    queue(both.database, *waiting, *others)
    assert failed(both, Stopped()) == ("cancelled", "stopped_at_provider")
    assert states(both.database) == {
        1: ("cancelled", "stopped_at_provider"), 2: ("cancelled", "stopped"), 3: ("cancelled", "stopped"), 4: ("cancelled", "stopped"),
        5: ("queued", ""), 6: ("queued", ""), 7: ("queued", ""),
    }  # fmt: skip
    index = both.vault.index(DISTRICT, "+15550101002")
    with both.database.read() as conn:
        assert conn.execute(sa.select(Consent.state, Consent.medium).where(Consent.address_index == index)).all() == [("stopped", "phone")]
        newest = (
            sa.select(ConsentLedger.state, ConsentLedger.source, ConsentLedger.contact_id)
            .order_by(ConsentLedger.created_at.desc())
            .limit(1)
        )
        assert conn.execute(newest).one() == ("stopped", "provider", "con_demo_es")


def test_the_log_names_the_providers_code_for_whoever_must_mend_it(run: Runtime) -> None:
    queue(run.database, row(1, NOW, **HANDED), row(2, NOW, "demo_en", **HANDED))
    with capture_logs() as lines:
        ended(run, Answer(going(1), None, Misconfigured("Check the account.", code="20003")))
        news(run, said("undelivered", 2, error_code="30008"))
    assert [(one["event"], one["provider_code"]) for one in lines if "provider_code" in one] == [
        ("message_not_taken", "20003"),
        ("message_undelivered", "30008"),
    ]


def test_what_a_carrier_did_not_deliver_without_a_reason_goes_once_more(both: Runtime) -> None:
    queue(both.database, row(1, NOW, **HANDED), row(2, NOW, "demo_en", **HANDED, purpose="confirm_stop"))
    for number in (1, 2):
        news(both, said("undelivered", number, f"SM{number}", error_code="30008", raw={"advice": "once_more"}))
    assert states(both.database) == {1: ("queued", "once_more"), 2: ("undelivered", "")}
    assert tasks(both.database) == [("liaison", "undelivered", "con_demo_en")]
    change(both.database, Outbox, Outbox.id.endswith("1"), state="handed", attempts=2)
    news(both, said("undelivered", 1, "SM3", error_code="30008", raw={"advice": "once_more"}))
    assert states(both.database)[1] == ("undelivered", "")
    assert tasks(both.database)[-1] == ("liaison", "undelivered", "con_demo_es")


def test_a_crisis_text_a_family_did_not_get_is_for_whoever_is_on_call(run: Runtime) -> None:
    crisis = {"message_class": "F", "purpose": "crisis"}
    for number, error in ((1, Stopped()), (2, TooLong()), (3, BadAddress())):
        queue(run.database, row(number, NOW, ("demo_es", "demo_en", "demo_ar")[number - 1], **{**HANDED, **crisis}))
        ended(run, Answer(going(number), None, error))
    queue(run.database, row(4, NOW, "demo_so", **{**HANDED, **crisis}))
    news(run, said("undelivered", 4, raw={"advice": "stopped"}))
    assert tasks(run.database) == [("on_call", "crisis_text_failed", f"con_demo_{one}") for one in ("es", "en", "ar", "so")]


def test_an_opt_out_of_a_number_without_an_index_changes_no_consent(run: Runtime) -> None:
    nobody = {"contact_id": None, "endpoint_id": None, "case_id": None, "guardianship_id": None, "address": Plain(DISTRICT, "+15550199009")}
    assert failed(run, Stopped(), **nobody) == ("cancelled", "stopped_at_provider")


def test_an_address_that_cannot_receive_is_closed_and_the_liaison_told(both: Runtime) -> None:
    failed(both, BadAddress())
    with both.database.read() as conn:
        assert conn.execute(sa.select(Endpoint.state).where(Endpoint.id == "end_demo_es_sms")).scalar_one() == "unreachable"
    assert tasks(both.database) == [("liaison", "bad_address", "con_demo_es")]


def slack_failed(run: Runtime, **changes: object) -> None:
    queue(run.database, staff_row(1, NOW, **{**HANDED, **changes}))
    ended(run, Answer(going(1, audience="staff"), None, BadAddress(code="channel_unsuitable")))


def test_an_alert_for_an_unsuitable_channel_goes_to_the_cases_lead_in_person(both: Runtime) -> None:
    slack_failed(both)
    kept = outbox_rows(both.database)[1]
    assert (kept.state, kept.reason, kept.address, kept.settled_at) == ("queued", "redirected", "U0DEMOTEACH", None)
    assert tasks(both.database) == []
    change(both.database, Endpoint, Endpoint.id == "end_demo_es_sms", state="active")


def test_an_alert_nobody_can_be_sent_becomes_a_task(run: Runtime) -> None:
    slack_failed(run, address=Plain(DISTRICT, "U0DEMOTEACH"))
    assert states(run.database)[1] == ("failed", "bad_address")
    assert tasks(run.database) == [("liaison", "bad_address", None)]


def test_a_lead_who_left_is_not_written_to_and_a_case_without_one_has_its_liaison(run: Runtime) -> None:
    change(run.database, Case, Case.id == "cas_demo_diego", lead_id=None)
    slack_failed(run)
    assert outbox_rows(run.database)[1].address == "U0DEMOLIAIS"
    change(run.database, Staff, Staff.id == "stf_demo_liaison", active=False)
    queue(run.database, staff_row(2, NOW, **HANDED), staff_row(3, NOW, **HANDED, case_id=None))
    ended(run, *(Answer(going(n, audience="staff"), None, BadAddress()) for n in (2, 3)))
    assert {states(run.database)[n] for n in (2, 3)} == {("failed", "bad_address")}


def test_recovery_switched_off_sends_blindly_again(world_sqlite: Database, tmp_path: Path) -> None:
    run = runtime(world_sqlite, Noon(NOW), tmp_path, Provider(), recovery="off")
    assert failed(run, InDoubt()) == ("queued", "no_answer")


# --- the wait -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "chance", "asked", "seconds"),
    [
        (1, 0.0, 0.0, 0.5),
        (1, 1.0, 0.0, 1.0),
        (4, 1.0, 0.0, 8.0),
        (40, 1.0, 0.0, 300.0),
        (1, 0.0, 30.0, 30.0),
        (1, 1.0, 30.0, 31.0),
        (0, 1.0, 0.0, 1.0),
    ],
)
def test_the_wait_doubles_with_each_try_and_is_never_shorter_than_asked_for(
    attempts: int, chance: float, asked: float, seconds: float
) -> None:
    assert backoff.wait(attempts, chance, asked) == timedelta(seconds=seconds)


# --- news ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["queued", "sent", "delivered"], ("delivered", 40)),
        (["delivered", "sent", "queued"], ("delivered", 40)),
        (["delivered", "undelivered", "read"], ("delivered", 50)),
        (["undelivered", "failed"], ("undelivered", 30)),
        (["failed", "delivered"], ("delivered", 40)),
        (["unknown"], ("sent", 10)),
        (["delivered", "unknown"], ("delivered", 40)),
    ],
)
def test_the_highest_rank_wins_whatever_the_order(run: Runtime, words: list[str], expected: tuple[str, int]) -> None:
    for together in (True, False):
        number = 1 if together else 2
        queue(run.database, row(number, NOW, **HANDED))
        updates = [said(word, number, sid=f"SM{number}") for word in words]
        for group in [updates] if together else [[one] for one in updates]:
            news(run, *group)
        kept = outbox_rows(run.database)[number]
        assert (kept.state, kept.rank) == expected


def test_news_settles_a_row_in_doubt_by_our_own_id(run: Runtime) -> None:
    queue(run.database, row(1, NOW, **{**HANDED, "state": "in_doubt"}))
    news(run, said("unknown", sid="SM77"))
    kept = outbox_rows(run.database)[1]
    assert (kept.state, kept.reason, kept.provider, kept.provider_id, kept.settled_at) == ("sent", "", "twilio", "SM77", NOW)


def test_news_without_our_id_finds_the_row_by_the_providers(both: Runtime) -> None:
    queue(both.database, row(1, NOW, **{**HANDED, "state": "sent", "provider": "twilio", "provider_id": "SM5", "rank": 10}))
    news(both, said("delivered", sid="SM5", by_row=False), said("delivered", sid="SM6", by_row=False))
    assert states(both.database)[1] == ("delivered", "")


def test_a_repeated_or_replayed_callback_changes_nothing(both: Runtime) -> None:
    queue(both.database, row(1, NOW, **HANDED))
    news(both, said("failed"), said("failed"))
    change(both.database, Endpoint, Endpoint.id == "end_demo_es_sms", state="active")
    before = outbox_rows(both.database)
    for _ in range(3):
        news(both, said("failed", raw={"advice": "bad_address"}), now=NOW + timedelta(hours=1))
    assert outbox_rows(both.database) == before
    assert tasks(both.database) == [("liaison", "undelivered", "con_demo_es")]
    with both.database.read() as conn:
        assert conn.execute(sa.select(SeenEvent.provider, SeenEvent.event_id)).all() == [("twilio", "SM1:failed")]


def test_news_about_what_was_never_handed_over_or_is_unknown_changes_nothing(run: Runtime) -> None:
    queue(run.database, row(1, NOW))
    news(run, said("delivered"), said("delivered", 99, sid="SM9"))
    news(run)
    assert states(run.database)[1] == ("queued", "")


@pytest.mark.parametrize(
    ("advice", "role", "reason"),
    [
        ("", "liaison", "undelivered"),
        ("retry", "liaison", "undelivered"),
        ("filtered", "coordinator", "filtered"),
        ("bad_address", "liaison", "bad_address"),
    ],
)
def test_what_a_family_did_not_get_becomes_a_task(run: Runtime, advice: str, role: str, reason: str) -> None:
    queue(run.database, row(1, NOW, **HANDED))
    news(run, said("undelivered", error_code="30005", raw={"advice": advice}))
    assert outbox_rows(run.database)[1].error_code == "30005"
    assert tasks(run.database) == [(role, reason, "con_demo_es")]
    with run.database.read() as conn:
        state = conn.execute(sa.select(Endpoint.state).where(Endpoint.id == "end_demo_es_sms")).scalar_one()
    assert state == ("unreachable" if advice == "bad_address" else "active")


def test_an_opt_out_told_by_a_callback_is_a_stop_too(run: Runtime) -> None:
    queue(run.database, row(1, NOW, **HANDED), row(2, NOW))
    news(run, said("undelivered", raw={"advice": "stopped"}))
    assert states(run.database) == {1: ("undelivered", ""), 2: ("cancelled", "stopped")}
    assert tasks(run.database) == []
