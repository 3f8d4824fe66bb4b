"""Handing over: what is decided again, under the locks, before a message leaves."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from bot.service import hand_over, pace
from bot.service.hand_over import Going
from bot.store import hand_over as store
from bot.store import outbox
from bot.store.database import Database
from bot.store.tables import Case, CatalogueApproval, Consent, Contact, District, Endpoint, Guardianship, Outbox, Sender, Staff
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service.posting import (
    DISTRICT,
    Noon,
    Provider,
    change,
    outbox_rows,
    queue,
    row,
    runtime,
    staff_row,
    states,
    tasks,
)

NOW = START + timedelta(hours=1)
NIGHT = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
"""22:00 in Denver."""

OPENS = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
GUARDIAN = Guardianship.id == "gua_demo_es_demo_diego"


def hand(database: Database, tmp_path: Path, now: datetime = NOW, owner: str = "one", take: Iterable[int] = ()) -> list[Going]:
    """Claim all that is due and hand it over."""
    run = runtime(database, Noon(now), tmp_path, Provider())
    change(database, Sender, Sender.id == "snd_demo_sms", segments_per_second=1000.0)
    with database.begin() as conn:
        rows, _ = pace.claim(conn, owner=owner, now=now, lease_until=now + timedelta(minutes=1), limit=100)
    ids = [f"out_{n:026d}" for n in take] or [one.id for one in rows]
    with database.begin() as conn:
        return hand_over.hand_over(conn, run, ids, owner=owner, now=now, lease_until=now + timedelta(minutes=2))


def only(database: Database) -> tuple[str, str]:
    return states(database)[1]


def test_a_reply_is_handed_over_with_the_address_its_endpoint_has_now(world: Database, tmp_path: Path) -> None:
    queue(world, row(1, NOW, blocks=Plain(DISTRICT, '[{"number":"1","label":"Sí"}]')))
    change(world, Endpoint, Endpoint.id == "end_demo_es_sms", address=Plain(DISTRICT, "+15550101099"))
    (going,) = hand(world, tmp_path)
    sent = going.message
    assert (sent.to, sent.sender, sent.text, sent.valid_seconds) == ("+15550101099", "+15550100001", "Text 1", 600)
    assert sent.blocks == [{"number": "1", "label": "Sí"}]
    assert (going.conversation, going.attempts, going.audience, going.case_id) == ("con_demo_es", 1, "family", "cas_demo_diego")
    kept = outbox_rows(world)[1]
    assert (kept.state, kept.attempts, kept.handed_at, kept.lease_owner) == ("handed", 1, NOW, "one")


def test_a_row_that_is_no_longer_ours_is_not_handed_over(world: Database, tmp_path: Path) -> None:
    queue(world, row(1, NOW, state="claimed", lease_owner="two"), row(2, NOW, "demo_en", state="cancelled"))
    assert hand(world, tmp_path, take=[1, 2]) == []
    assert states(world) == {1: ("claimed", ""), 2: ("cancelled", "")}


REFUSALS: list[tuple[str, Any, Any, dict[str, Any], tuple[str, str]]] = [
    ("the family said stop", Consent, Consent.medium == "phone", {"state": "stopped"}, ("cancelled", "stopped")),
    ("the family refused", Consent, Consent.medium == "phone", {"state": "refused"}, ("cancelled", "refused")),
    ("only reminders", Consent, Consent.medium == "phone", {"state": "reminders_only"}, ("cancelled", "reminders_only")),
    ("nobody asked them", Consent, Consent.medium == "phone", {"state": "unknown"}, ("held", "consent_unknown")),
    ("a pause", Consent, Consent.medium == "phone", {"state": "paused", "until": NOW + timedelta(days=2)}, ("held", "paused")),
    ("a court order", Guardianship, GUARDIAN, {"restriction": "court"}, ("cancelled", "restricted")),
    ("rights that ended", Guardianship, GUARDIAN, {"valid_to": NOW}, ("cancelled", "no_guardianship")),
    ("rights not begun", Guardianship, GUARDIAN, {"valid_from": NOW + timedelta(days=1)}, ("cancelled", "no_guardianship")),
    ("not to be told", Guardianship, GUARDIAN, {"may_receive": False}, ("cancelled", "restricted")),
    ("a question about custody", Guardianship, GUARDIAN, {"hold": "new_guardian"}, ("held", "held")),
    ("rights of another adult", Guardianship, GUARDIAN, {"contact_id": "con_demo_en"}, ("cancelled", "no_guardianship")),
    ("rights for another child", Guardianship, GUARDIAN, {"student_id": "stu_demo_maya"}, ("cancelled", "no_guardianship")),
    ("an open safety flag", Case, Case.id == "cas_demo_diego", {"safety_hold": True}, ("held", "safety_hold")),
    ("a wrong number", Contact, Contact.id == "con_demo_es", {"identity": "wrong_number"}, ("cancelled", "wrong_number")),
    ("an identity in question", Contact, Contact.id == "con_demo_es", {"identity": "held"}, ("held", "identity_held")),
    ("a blocked number", Endpoint, Endpoint.id == "end_demo_es_sms", {"state": "blocked"}, ("cancelled", "endpoint_blocked")),
    ("a dead number", Endpoint, Endpoint.id == "end_demo_es_sms", {"state": "unreachable"}, ("held", "endpoint_unreachable")),
    ("a number nobody confirmed", Endpoint, Endpoint.id == "end_demo_es_sms", {"confirmed_at": None}, ("held", "not_confirmed")),
    ("a changed catalogue", CatalogueApproval, CatalogueApproval.lang == "es", {"hash": "older"}, ("held", "not_approved")),
]


@pytest.mark.parametrize(("table", "where", "values", "expected"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS])
def test_what_changed_since_it_was_queued_stops_it(
    world_sqlite: Database, tmp_path: Path, table: Any, where: Any, values: dict[str, Any], expected: tuple[str, str]
) -> None:
    queue(world_sqlite, row(1, NOW, answers_family=False, purpose="notice"))
    change(world_sqlite, table, where, **values)
    assert hand(world_sqlite, tmp_path) == []
    assert only(world_sqlite) == expected
    kept = outbox_rows(world_sqlite)[1]
    assert (kept.lease_owner, kept.lease_until, kept.attempts) == ("", None, 0)
    assert (kept.settled_at is None) is (expected[0] == "held")


def test_a_row_about_a_child_without_a_guardianship_goes_nowhere(world: Database, tmp_path: Path) -> None:
    queue(world, row(1, NOW))
    change(world, Outbox, Outbox.id.is_not(None), guardianship_id=None)
    assert hand(world, tmp_path) == []
    assert only(world) == ("cancelled", "no_guardianship")


def test_a_pause_holds_until_it_ends(world_sqlite: Database, tmp_path: Path) -> None:
    queue(world_sqlite, row(1, NOW, answers_family=False))
    change(world_sqlite, Consent, Consent.medium == "phone", state="paused", until=NOW + timedelta(days=2))
    hand(world_sqlite, tmp_path)
    assert outbox_rows(world_sqlite)[1].not_before == NOW + timedelta(days=2)


def test_the_one_confirmation_of_a_stop_still_goes_and_nothing_after_it(world: Database, tmp_path: Path) -> None:
    queue(world, row(1, NOW, message_class="A", purpose="confirm_stop", priority=0), row(2, NOW, message_class="A"))
    change(world, Consent, Consent.medium == "phone", state="stopped")
    assert [one.message.text for one in hand(world, tmp_path)] == ["Text 1"]
    assert states(world)[2] == ("cancelled", "stopped")


def test_a_crisis_text_goes_at_night_to_a_family_that_said_stop(world_sqlite: Database, tmp_path: Path) -> None:
    queue(world_sqlite, row(1, NIGHT, message_class="F", purpose="crisis", priority=0))
    change(world_sqlite, Consent, Consent.medium == "phone", state="stopped")
    assert [one.message.text for one in hand(world_sqlite, tmp_path, NIGHT)] == ["Text 1"]


def test_what_the_bot_starts_waits_for_the_familys_morning_and_an_answer_does_not(world: Database, tmp_path: Path) -> None:
    queue(world, row(1, NIGHT, answers_family=False, purpose="nudge"), row(2, NIGHT, "demo_en", lang="en"))
    going = hand(world, tmp_path, NIGHT)
    assert [one.message.to for one in going] == ["+15550101001"]
    assert outbox_rows(world)[1].not_before == OPENS
    assert states(world)[1] == ("queued", "outside_hours")


def test_an_answer_that_is_an_hour_late_waits_for_the_morning_too(world_sqlite: Database, tmp_path: Path) -> None:
    queue(world_sqlite, row(1, NIGHT - timedelta(hours=1), not_before=NIGHT))
    assert hand(world_sqlite, tmp_path, NIGHT) == []
    assert outbox_rows(world_sqlite)[1].not_before == OPENS


def test_a_family_in_another_zone_is_written_to_on_its_own_clock(world_sqlite: Database, tmp_path: Path) -> None:
    nine = datetime(2026, 11, 17, 16, 0, tzinfo=UTC)  # in Denver, and six in Honolulu
    change(world_sqlite, District, District.id == DISTRICT, zone="America/Denver")
    change(world_sqlite, Contact, Contact.id == "con_demo_es", zone="Pacific/Honolulu")
    queue(world_sqlite, row(1, nine, answers_family=False))
    assert hand(world_sqlite, tmp_path, nine) == []
    assert outbox_rows(world_sqlite)[1].not_before == nine + timedelta(hours=2)


def test_a_family_without_a_zone_is_read_on_the_districts_clock_and_its_hours_are_the_districts(
    world_sqlite: Database, tmp_path: Path
) -> None:
    change(world_sqlite, District, District.id == DISTRICT, settings={"hours.allowed": "09:30-18:00"}, zone="America/New_York")
    change(world_sqlite, Contact, Contact.id == "con_demo_es", zone="")
    queue(world_sqlite, row(1, NIGHT, answers_family=False))
    hand(world_sqlite, tmp_path, NIGHT)
    assert outbox_rows(world_sqlite)[1].not_before == datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


def test_the_providers_queue_ends_with_the_familys_own_evening(world_sqlite: Database, tmp_path: Path) -> None:
    evening = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
    queue(world_sqlite, row(1, evening, answers_family=False))
    assert [one.message.valid_seconds for one in hand(world_sqlite, tmp_path, evening)] == [1800]


def test_the_providers_queue_ends_when_it_is_too_late(world_sqlite: Database, tmp_path: Path) -> None:
    queue(world_sqlite, row(1, NOW, not_after=NOW + timedelta(seconds=90)), row(2, NOW, not_after=NOW))
    assert [one.message.valid_seconds for one in hand(world_sqlite, tmp_path)] == [90, 1]


def test_what_is_too_late_becomes_one_task_for_a_person(world: Database, tmp_path: Path) -> None:
    late = {"not_after": NOW - timedelta(seconds=1)}
    queue(world, row(1, NOW, **late), row(2, NOW, **late), staff_row(3, NOW, **late))
    assert hand(world, tmp_path) == []
    assert states(world) == dict.fromkeys((1, 2, 3), ("expired", "too_late"))
    assert tasks(world) == [("liaison", "message_too_late", "con_demo_es")]


def test_what_was_held_for_a_week_is_given_to_a_person(world_sqlite: Database, tmp_path: Path) -> None:
    queue(world_sqlite, row(1, NOW - timedelta(days=8), not_before=NOW))
    change(world_sqlite, Case, Case.id == "cas_demo_diego", safety_hold=True)
    assert hand(world_sqlite, tmp_path) == []
    assert only(world_sqlite) == ("expired", "held_too_long")
    assert tasks(world_sqlite) == [("liaison", "message_too_late", "con_demo_es")]


def test_staff_are_told_at_any_hour_unless_they_left(world: Database, tmp_path: Path) -> None:
    queue(world, staff_row(1, NIGHT), staff_row(2, NIGHT, staff_id="stf_demo_teacher"), staff_row(3, NIGHT, address=None))
    change(world, Staff, Staff.id == "stf_demo_teacher", active=False)
    going = hand(world, tmp_path, NIGHT)
    assert [(one.message.to, one.message.valid_seconds) for one in going] == [("C0DEMO1002", 600)]
    assert (states(world)[2], states(world)[3]) == (("cancelled", "staff_left"), ("cancelled", "no_address"))


CHANGED = {"purpose": "update", "ref": "out_alert", "address": Plain(DISTRICT, "C0DEMO1002:1.5")}


@pytest.mark.parametrize("about", [{}, {"case_id": None, "staff_id": "stf_demo_counselor"}], ids=["a case's channel", "a person"])
def test_of_two_changes_of_one_message_only_the_newer_is_made(world: Database, tmp_path: Path, about: dict[str, Any]) -> None:
    later = NOW + timedelta(seconds=1)
    queue(world, staff_row(1, NOW, attempts=1, **CHANGED, **about), staff_row(2, later, state="delivered", **CHANGED, **about))
    queue(world, staff_row(3, NOW, **{**CHANGED, "ref": "out_other"}, **about))
    assert [one.message.outbox_id[-1] for one in hand(world, tmp_path, later)] == ["3"]
    assert states(world)[1] == ("cancelled", "superseded")


def test_a_change_is_made_when_the_newer_one_came_to_nothing(world: Database, tmp_path: Path) -> None:
    queue(world, staff_row(1, NOW, **CHANGED), staff_row(2, NOW, state="failed", **CHANGED))
    assert [one.message.outbox_id[-1] for one in hand(world, tmp_path)] == ["1"]


def test_an_unknown_number_gets_its_class_a_answer_and_not_after_a_stop(world: Database, tmp_path: Path) -> None:
    index = world.vault.index(DISTRICT, "+15550199001")
    stranger = {
        "contact_id": None, "endpoint_id": None, "case_id": None, "guardianship_id": None, "message_class": "A",
        "address": Plain(DISTRICT, "+15550199001"), "address_index": index,
    }  # fmt: skip
    queue(world, row(1, NOW, **stranger))
    assert [one.message.to for one in hand(world, tmp_path)] == ["+15550199001"]
    change(world, Consent, Consent.address_index == index, state="stopped")
    queue(world, row(2, NOW, **stranger))
    assert hand(world, tmp_path) == []
    assert states(world)[2] == ("cancelled", "stopped")


def test_a_row_without_any_number_is_asked_like_one_of_silence(world_sqlite: Database, tmp_path: Path) -> None:
    nowhere = {
        "contact_id": None,
        "endpoint_id": None,
        "case_id": None,
        "guardianship_id": None,
        "address": Plain(DISTRICT, "+15550199002"),
    }
    queue(world_sqlite, row(1, NOW, **nowhere, message_class="B", answers_family=False))
    assert hand(world_sqlite, tmp_path) == []
    assert only(world_sqlite) == ("held", "consent_unknown")


# --- equal texts --------------------------------------------------------------------------------------------------------------------------


def test_the_same_words_twice_a_day_to_one_number_differ_for_a_machine_only(world: Database, tmp_path: Path) -> None:
    queue(
        world, *(row(n, NOW, text="Muchas gracias.  1 Sí 2 No") for n in (1, 2)), row(3, NOW, "demo_en", text="Muchas gracias.  1 Sí 2 No")
    )
    sent = [one.message.text for one in hand(world, tmp_path)]
    assert sent == ["Muchas gracias.  1 Sí 2 No", "Muchas  gracias.  1 Sí 2 No", "Muchas gracias.  1 Sí 2 No"]
    queue(world, row(4, NOW + timedelta(hours=1), text="Muchas gracias.  1 Sí 2 No"))
    change(world, outbox.OUTBOX, outbox.OUTBOX.c.state == "handed", state="sent")
    (again,) = hand(world, tmp_path, NOW + timedelta(hours=1))
    assert again.message.text == "Muchas gracias.   1 Sí 2 No"
    kept = outbox_rows(world)
    assert [kept[n].body for n in (1, 2, 4)] == [sent[0], sent[1], again.message.text]
    queue(world, row(5, NOW + timedelta(hours=26), text="Muchas gracias.  1 Sí 2 No"))
    change(world, outbox.OUTBOX, outbox.OUTBOX.c.state == "handed", state="sent")
    (tomorrow,) = hand(world, tmp_path, NOW + timedelta(hours=26))
    assert tomorrow.message.text == "Muchas gracias.  1 Sí 2 No"


def test_a_second_try_keeps_its_words(world_sqlite: Database, tmp_path: Path) -> None:
    queue(world_sqlite, row(1, NOW, text="Gracias", attempts=1, handed_at=NOW))
    assert [one.message.text for one in hand(world_sqlite, tmp_path)] == ["Gracias"]


@pytest.mark.parametrize(
    ("text", "again", "expected"),
    [("OK", 2, "OK.."), ("a b c", 1, "a  b c"), ("a b c", 2, "a b  c"), ("a b c", 3, "a   b c"), ("a b c", 4, "a b   c")],
)
def test_each_repetition_is_worded_differently(text: str, again: int, expected: str) -> None:
    assert hand_over.reworded(text, again) == expected


# --- the race with a STOP (fault 3) ---------------------------------------------------------------------------------------------------------


def test_a_stop_commits_before_the_hand_over_or_after_it_but_never_in_between(world: Database, tmp_path: Path) -> None:
    index = world.vault.index(DISTRICT, "+15550101002")
    for turn in range(12):
        change(world, Consent, Consent.address_index == index, state="granted")
        queue(world, *(row(turn * 10 + n, NOW, message_class="A") for n in range(1, 6)))
        start = threading.Barrier(2)
        handed_by_stop: list[int] = []

        def stop(start: threading.Barrier = start, handed: list[int] = handed_by_stop) -> None:
            start.wait()
            with world.begin() as conn:
                where = (Consent.district_id == DISTRICT, Consent.address_index == index, Consent.medium == "phone")
                conn.execute(sa.select(Consent.state).where(*where).with_for_update())
                conn.execute(sa.update(Consent).where(*where).values(state="stopped"))
                waiting = outbox.OUTBOX.c.state.in_(["queued", "claimed", "held"])
                conn.execute(sa.update(outbox.OUTBOX).where(waiting).values(state="cancelled", reason="stopped"))
                handed.append(conn.execute(sa.select(sa.func.count()).where(outbox.OUTBOX.c.state == "handed")).scalar_one())

        thread = threading.Thread(target=stop)
        thread.start()
        start.wait()
        going = hand(world, tmp_path)
        thread.join()
        assert len(going) == handed_by_stop[0], "a row was handed over after the STOP had committed"
        change(world, outbox.OUTBOX, outbox.OUTBOX.c.state == "handed", state="sent")
    assert {state for state, _ in states(world).values()} <= {"sent", "cancelled"}


@pytest.mark.parametrize("world", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize(
    ("table", "row_id"),
    [(Contact, "con_demo_es"), (Case, "cas_demo_diego"), (Guardianship, "gua_demo_es_demo_diego"), (Consent, "")],
    ids=["contact", "case", "guardianship", "consent"],
)
def test_what_a_hand_over_decided_on_nobody_else_can_change_before_it_commits(
    world: Database, tmp_path: Path, table: Any, row_id: str
) -> None:
    queue(world, row(1, NOW))
    run = runtime(world, Noon(NOW), tmp_path, Provider())
    with world.begin() as conn:
        rows, _ = pace.claim(conn, owner="one", now=NOW, lease_until=NOW + timedelta(minutes=1), limit=100)
    where = table.id == row_id if row_id else Consent.address_index == world.vault.index(DISTRICT, "+15550101002")
    with world.begin() as conn:
        assert hand_over.hand_over(conn, run, [rows[0].id], owner="one", now=NOW, lease_until=NOW + timedelta(minutes=2))
        with pytest.raises(OperationalError, match="could not obtain lock"), world.begin() as other:
            other.execute(sa.select(table).where(where).with_for_update(nowait=True)).all()


def test_two_hand_overs_make_the_missing_consent_row_once(world: Database) -> None:
    key = (DISTRICT, b"n" * 32, "phone")
    with world.begin() as conn:
        assert store.lock_consents(conn, [key], NOW) == {key: ("unknown", None, None)}
        assert store.lock_consents(conn, [key], NOW) == {key: ("unknown", None, None)}
        assert store.lock_consents(conn, [], NOW) == {}


@pytest.mark.parametrize(
    ("channel", "name"), [("sms", "phone"), ("whatsapp", "phone"), ("webchat", "chat"), ("email", "email"), ("slack", "slack")]
)
def test_one_stop_covers_every_channel_of_a_medium(channel: str, name: str) -> None:
    assert outbox.medium(channel) == name
