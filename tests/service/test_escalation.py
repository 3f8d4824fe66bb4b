"""A page climbs the rota until somebody has it: on time whoever is absent, by every way, and the family hears only what is true (F23, fault 25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service import directory, staff_tasks, task_desk, task_outcome, timers
from bot.service.viewer import Viewer
from bot.store.tables import Audit, Case, Handoff, OnCall, Outbox, Staff, Timer
from bot.store.types import Plain
from channels.base import StaffAction
from tests.fakes.clock import START
from tests.service.receiving import EN, ES, SIBLINGS, STRANGER, change, family_rows, rows, runtime_for, sms, take

DANGER = {
    1: "My husband is hitting her right now please help",
    2: "I want to kill myself",
    3: "his father hits him with a belt",
}
MINUTES = {1: 5, 2: 15, 3: 15}
COUNSELOR, PRINCIPAL = "+15550102003", "+15550102004"


@pytest.fixture
def clock(clock):
    clock.step = timedelta(0)
    return clock


def rota(runtime, *staff: str) -> None:
    """These people and nobody else are on call, in this order."""
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(OnCall))
        for place, one in enumerate(staff):
            conn.execute(sa.insert(OnCall).values(id=f"onc_{place}", district_id="dst_demo", staff_id=one, position=place))
    directory.forget(runtime.database.engine)


def paged(runtime) -> list[tuple[str, datetime]]:
    """(who, when) of every page, each person once a moment."""
    found = {(row["staff_id"], row["created_at"]) for row in rows(runtime, Outbox, Outbox.purpose == "page")}
    return sorted(found, key=lambda one: (one[1], one[0]))


def ring_every(runtime, clock, until: datetime, seconds: int = 30) -> None:
    while clock.now() < until:
        clock.advance(seconds=seconds)
        timers.ring(runtime)


def danger_task(runtime) -> dict[str, Any]:
    return rows(runtime, Handoff, Handoff.reason == "danger")[-1]


def press(runtime, outbox_id: str, user: str, event: str = "") -> None:
    take(runtime, StaffAction("slack", event or f"Ev{outbox_id}", user, "acknowledge_page", outbox_id))


def button(runtime, staff_id: str) -> str:
    found = rows(runtime, Outbox, Outbox.purpose == "page", Outbox.channel == "slack", Outbox.staff_id == staff_id)
    return str(found[-1]["id"])


def sent(runtime, *where: Any) -> None:
    """A provider took these."""
    change(runtime, Outbox, *where, state="sent", handed_at=runtime.clock.now(), provider_id="D0DEMO:17.1")


STAFF = ("stf_demo_counselor", "stf_demo_principal", "stf_demo_nurse", "stf_demo_liaison")


@pytest.mark.parametrize("absent", range(len(STAFF) + 1))
@pytest.mark.parametrize("level", DANGER)
def test_whoever_is_absent_the_next_of_the_rota_is_paged_on_time(lite, clock, level: int, absent: int) -> None:
    """Each absent person lets the page pass after exactly the level's minutes; who is there acknowledges and it climbs no further."""
    rota(lite, *STAFF)
    raised = clock.now()
    take(lite, sms(DANGER[level]))
    step = timedelta(minutes=MINUTES[level])
    if absent < len(STAFF):
        ring_every(lite, clock, raised + absent * step)
        assert paged(lite) == [(one, raised + place * step) for place, one in enumerate(STAFF[: absent + 1])]
        press(lite, button(lite, STAFF[absent]), {"stf_demo_counselor": "U0DEMOCOUNS", "stf_demo_principal": "U0DEMOPRINC",
              "stf_demo_nurse": "U0DEMONURSE", "stf_demo_liaison": "U0DEMOLIAIS"}[STAFF[absent]])  # fmt: skip
        ring_every(lite, clock, raised + 8 * step, 150)
        assert len(paged(lite)) == absent + 1
        assert (danger_task(lite)["state"], danger_task(lite)["owner_id"]) == ("acknowledged", STAFF[absent])
        return
    ring_every(lite, clock, raised + len(STAFF) * step)
    last = raised + len(STAFF) * step
    assert paged(lite)[len(STAFF) :] == sorted((one, last) for one in STAFF), "then everybody at once"
    (loud,) = rows(lite, Handoff, Handoff.reason == "nobody_acknowledged")
    assert (loud["owner_id"], loud["created_at"]) == ("stf_demo_coordinator", last)
    told = rows(lite, Outbox, Outbox.purpose == "loud")
    assert {(one["channel"], one["staff_id"]) for one in told} == {("slack", loud["owner_id"]), ("sms", loud["owner_id"])}


def test_everybody_is_paged_at_a_quick_pace_and_then_every_hour_until_somebody_has_it(lite, clock) -> None:
    rota(lite, *STAFF[:2])
    take(lite, sms(DANGER[1]))
    raised = clock.now()
    ring_every(lite, clock, raised + timedelta(minutes=55), 60)
    assert len(paged(lite)) == 2 + 4 * 2
    ring_every(lite, clock, raised + timedelta(hours=9), 600)  # a night
    pages = paged(lite)[2 + 4 * 2 :]
    assert 2 * 7 <= len(pages) <= 2 * 9
    assert len(rows(lite, Handoff, Handoff.reason == "nobody_acknowledged")) == 1
    assert danger_task(lite)["state"] == "open"


def test_a_clock_that_stood_still_pages_the_next_person_late_and_drops_nothing(lite, clock) -> None:
    rota(lite, *STAFF[:2])
    take(lite, sms(DANGER[1]))
    clock.advance(hours=3)
    timers.ring(lite)
    assert [one for one, _ in paged(lite)] == list(STAFF[:2])
    assert rows(lite, Handoff, Handoff.reason == "late_timer") == []


def test_who_comes_on_duty_while_nobody_was_is_paged(lite, clock) -> None:
    rota(lite)
    take(lite, sms(DANGER[2]))
    assert [one["reason"] for one in rows(lite, Handoff)] == ["rota_empty", "danger"] or len(rows(lite, Handoff)) == 2
    rota(lite, "stf_demo_nurse")
    ring_every(lite, clock, clock.now() + timedelta(minutes=15))
    assert [one for one, _ in paged(lite)] == ["stf_demo_nurse"]


def test_a_colleague_nobody_can_reach_is_passed_over(lite) -> None:
    change(lite, Staff, Staff.id == STAFF[0], phone=None, slack_user="")
    rota(lite, *STAFF[:2])
    take(lite, sms(DANGER[1]))
    assert [one for one, _ in paged(lite)] == [STAFF[1]]


# --- "I have it" -----------------------------------------------------------------------------------------------------------------------------


def test_a_button_shows_everybody_paged_who_has_it(runtime, clock) -> None:
    take(runtime, sms(DANGER[1]))
    clock.advance(minutes=5)
    timers.ring(runtime)
    sent(runtime, Outbox.purpose == "page")
    press(runtime, button(runtime, PRINCIPAL_ID), "U0DEMOPRINC")
    updates = rows(runtime, Outbox, Outbox.purpose == "update")
    assert {one["body"].rpartition(". ")[2] for one in updates} == {"Lindqvist has it."}
    assert {one["staff_id"] for one in updates} == {COUNSELOR_ID, PRINCIPAL_ID}
    press(runtime, button(runtime, COUNSELOR_ID), "U0DEMOCOUNS")
    assert danger_task(runtime)["owner_id"] == PRINCIPAL_ID
    noted = [one for one in rows(runtime, Audit) if one["action"] == "acknowledge_page"]
    assert [(one["actor_id"], one["reason"]) for one in noted] == [(PRINCIPAL_ID, "slack")]
    assert danger_task(runtime)["acknowledged_at"] == clock.now()


COUNSELOR_ID, PRINCIPAL_ID = STAFF[:2]


def replies(runtime, staff_id: str) -> list[str]:
    return [row["body"] for row in rows(runtime, Outbox, Outbox.purpose == "acknowledged", Outbox.staff_id == staff_id)]


@pytest.mark.parametrize("answer", ["OK", "ok.", "Sí", "OK {token}", "ok {small}"])
def test_a_text_back_acknowledges_the_page(lite, clock, answer: str) -> None:
    take(lite, sms(DANGER[1]))
    token = danger_task(lite)["id"][-4:]
    outcome = take(lite, sms(answer.format(token=token, small=token.lower()), COUNSELOR))[0]
    task = danger_task(lite)
    assert (task["state"], task["owner_id"]) == ("acknowledged", COUNSELOR_ID)
    (said,) = replies(lite, COUNSELOR_ID)
    assert said.startswith("Thank you. You have it. Case CV-1001 http")
    assert set(outcome.wake)
    ring_every(lite, clock, clock.now() + timedelta(hours=1), 300)
    assert [one for one, _ in paged(lite)] == [COUNSELOR_ID]
    assert rows(lite, Outbox, Outbox.audience == "family", Outbox.address.is_not(None)) == [], "no 'we do not know this number'"


def test_with_two_pages_open_a_bare_ok_is_asked_back_and_the_signs_say_which(lite) -> None:
    take(lite, sms(DANGER[1]))
    take(lite, sms(DANGER[2], SIBLINGS))
    first, *siblings = rows(lite, Handoff, Handoff.reason == "danger")
    assert len(siblings) == 2
    take(lite, sms("OK", COUNSELOR))
    assert {one["state"] for one in rows(lite, Handoff, Handoff.reason == "danger")} == {"open"}
    (asked,) = replies(lite, COUNSELOR_ID)
    assert f"OK {first['id'][-4:]} (Case CV-1001)" in asked
    take(lite, sms(f"OK {siblings[0]['id'][-4:]}", COUNSELOR))
    assert [one["state"] for one in rows(lite, Handoff, Handoff.reason == "danger")] == ["open", "acknowledged", "open"]


def test_an_ok_that_comes_second_learns_who_was_first(lite, clock) -> None:
    take(lite, sms(DANGER[1]))
    clock.advance(minutes=5)
    timers.ring(lite)
    take(lite, sms("ok", PRINCIPAL))
    take(lite, sms("ok", COUNSELOR))
    assert replies(lite, COUNSELOR_ID) == ["Dr. Lindqvist has it. Case CV-1001"]
    take(lite, sms("OK zzzz", COUNSELOR))
    assert replies(lite, COUNSELOR_ID)[-1].startswith("Which page? Reply OK ")


def test_an_ok_to_no_page_is_a_strangers_word_like_any_other(lite, clock) -> None:
    take(lite, sms("OK", COUNSELOR))
    take(lite, sms("OK", STRANGER))
    assert {one["reason"] for one in rows(lite, Handoff)} == {"unknown_sender"}
    take(lite, sms(DANGER[1]))
    clock.advance(days=2)
    take(lite, sms("OK", COUNSELOR))
    assert danger_task(lite)["state"] == "open", "a page of the day before yesterday is not what is meant"


def test_a_colleague_who_is_also_a_parent_answers_the_page_with_its_signs(lite) -> None:
    change(lite, Staff, Staff.id == COUNSELOR_ID, phone=Plain("dst_demo", ES))
    take(lite, sms(DANGER[1], EN))
    take(lite, sms("OK", ES))
    assert danger_task(lite)["state"] == "open", "their plain ok is a family's"
    take(lite, sms(f"OK {danger_task(lite)['id'][-4:]}", ES))
    assert danger_task(lite)["state"] == "acknowledged"
    take(lite, sms("OK abcd", EN))
    assert replies(lite, COUNSELOR_ID)[-1].startswith("Thank you.")


def test_a_page_given_to_a_colleague_climbs_on_until_they_take_it(lite, clock) -> None:
    rota(lite, COUNSELOR_ID, PRINCIPAL_ID)
    take(lite, sms(DANGER[1]))
    task = danger_task(lite)["id"]
    counselor = Viewer(COUNSELOR_ID, "dst_demo", "Mr. Adler", "en", b"", (("counselor", None),))
    with lite.database.begin() as conn:
        staff_tasks.take(conn, lite, counselor, task, clock.now())
    ring_every(lite, clock, clock.now() + timedelta(minutes=20))
    assert [one for one, _ in paged(lite)] == [COUNSELOR_ID]
    with lite.database.begin() as conn:
        task_outcome.give(conn, lite, counselor, task, PRINCIPAL_ID, clock.now())
    ring_every(lite, clock, clock.now() + timedelta(minutes=6))
    assert [one for one, _ in paged(lite)] == [COUNSELOR_ID, PRINCIPAL_ID]
    ring_every(lite, clock, clock.now() + timedelta(minutes=6))
    assert sorted(one for one, _ in paged(lite)[2:]) == sorted((COUNSELOR_ID, PRINCIPAL_ID)), "then everybody"


def test_the_console_has_the_page_for_everybody_on_call_and_for_nobody_else(lite, clock) -> None:
    take(lite, sms(DANGER[1]))
    task = danger_task(lite)

    def waits(staff_id: str) -> Sequence[str]:
        with lite.database.read() as conn:
            return [card.id for card in task_desk.Desk(conn, Viewer(staff_id, "dst_demo", "", "en", b""), clock.now()).part("mine").rows]

    assert (task["id"] in waits(COUNSELOR_ID), task["id"] in waits(PRINCIPAL_ID), task["id"] in waits("stf_demo_nurse")) == (
        True,
        True,
        False,
    )
    with lite.database.begin() as conn:
        queued = staff_tasks.take(conn, lite, Viewer(PRINCIPAL_ID, "dst_demo", "", "en", b""), task["id"], clock.now())
    assert queued == [], "no page had arrived in Slack yet"
    assert danger_task(lite)["owner_id"] == PRINCIPAL_ID


# --- what the family is told -----------------------------------------------------------------------------------------------------------------


def told(runtime) -> list[str]:
    return [one["body"] for one in family_rows(runtime)][1:]


def test_the_family_hears_that_staff_were_told_once_a_provider_took_a_page_and_not_before(runtime, clock) -> None:
    take(runtime, sms(DANGER[2]))
    clock.advance(seconds=5)
    timers.ring(runtime)
    assert told(runtime) == []
    sent(runtime, Outbox.purpose == "page", Outbox.channel == "sms")
    clock.advance(minutes=1)
    timers.ring(runtime)
    assert told(runtime) == ["School staff were told at 9:00 AM and will call you."]
    (second,) = rows(runtime, Outbox, Outbox.ref == "crisis/staff_told")
    assert (second["message_class"], second["purpose"], second["contact_id"], second["case_id"]) == ("F", "crisis", "con_demo_en", None)
    ring_every(runtime, clock, clock.now() + timedelta(hours=2), 600)
    assert len(told(runtime)) == 1


def test_a_stranger_and_a_family_of_two_children_are_told_once_in_each_language_of_the_first_text(lite, clock) -> None:
    take(lite, sms(DANGER[1], STRANGER))
    take(lite, sms(DANGER[1], SIBLINGS))
    sent(lite, Outbox.purpose == "page")
    clock.advance(seconds=5)
    timers.ring(lite)
    found = rows(lite, Outbox, Outbox.ref == "crisis/staff_told")
    assert sorted((one["contact_id"] or "", one["lang"], one["address"] or "") for one in found) == [
        ("", "en", STRANGER),
        ("", "es", STRANGER),
        ("con_demo_siblings", "es", ""),
    ]


@pytest.mark.parametrize("level", [3])
def test_after_level_three_nothing_more_is_said_to_a_phone_others_may_read(lite, clock, level: int) -> None:
    take(lite, sms(DANGER[level]))
    sent(lite, Outbox.purpose == "page")
    ring_every(lite, clock, clock.now() + timedelta(hours=1), 300)
    assert told(lite) == []


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (START + timedelta(hours=14), "No one at school may read this until Wednesday, November 18, 8:00 AM."),
        (START - timedelta(hours=2), "No one at school may read this until 8:00 AM."),
        (START, None),
    ],
)
def test_out_of_hours_without_anybody_on_call_the_family_hears_when_somebody_reads(lite, clock, moment: datetime, said: str | None) -> None:
    clock.set(moment)
    rota(lite)
    take(lite, sms(DANGER[2]))
    clock.advance(seconds=5)
    timers.ring(lite)
    assert told(lite) == ([said] if said else [])
    assert rows(lite, Timer, Timer.kind == "told")[0]["state"] == ("done" if said else "pending")


def test_nobody_waits_for_ever_for_a_page_that_no_provider_takes(lite, clock) -> None:
    take(lite, sms(DANGER[2]))
    ring_every(lite, clock, clock.now() + timedelta(hours=1, minutes=1), 60)
    assert told(lite) == []
    assert rows(lite, Timer, Timer.kind == "told")[0]["state"] == "done"


# --- evaluation requests ---------------------------------------------------------------------------------------------------------------------

ASKED = "I want my child tested for special education"
CLOSES = datetime(2026, 11, 17, 22, 30, tzinfo=START.tzinfo)


@pytest.mark.parametrize(
    ("asked", "told_at"),
    [
        (START, CLOSES - timedelta(hours=1)),
        (CLOSES - timedelta(minutes=20), CLOSES - timedelta(minutes=10)),
        (CLOSES + timedelta(hours=4), CLOSES + timedelta(days=1) - timedelta(hours=1)),
    ],
)
def test_an_evaluation_request_nobody_took_is_told_again_before_school_ends(lite, clock, asked: datetime, told_at: datetime) -> None:
    clock.set(asked)
    take(lite, sms(ASKED))
    before = len(rows(lite, Outbox, Outbox.audience == "staff"))
    clock.set(told_at - timedelta(seconds=1))
    timers.ring(lite)
    assert len(rows(lite, Outbox, Outbox.audience == "staff")) == before
    clock.set(told_at)
    timers.ring(lite)
    new = rows(lite, Outbox, Outbox.audience == "staff")[before:]
    assert {(one["staff_id"], one["channel"]) for one in new} == {
        (who, way) for who in ("stf_demo_evaluation", "stf_demo_coordinator") for way in ("slack", "sms")
    }
    (task,) = rows(lite, Handoff, Handoff.to_role == "evaluation_contact")
    assert {one["body"] for one in new} == {
        f"Case CV-1001: a request that must be answered today has not been taken yet. http://127.0.0.1:8000/console/tasks/{task['id']}"
    }
    assert not any("evaluation" in one["body"].lower() for one in new)


def test_a_request_that_was_taken_escalates_nowhere(lite, clock) -> None:
    take(lite, sms(ASKED))
    change(lite, Handoff, Handoff.to_role == "evaluation_contact", state="acknowledged")
    before = len(rows(lite, Outbox))
    clock.set(CLOSES)
    timers.ring(lite)
    assert len(rows(lite, Outbox)) == before


def test_a_district_without_slack_texts_the_evaluation_contact_a_case_code_and_a_link(world_sqlite, clock) -> None:
    runtime = runtime_for(world_sqlite, clock, slack=False)
    take(runtime, sms(ASKED))
    told = rows(runtime, Outbox, Outbox.audience == "staff")
    assert {(one["staff_id"], one["channel"]) for one in told} == {("stf_demo_evaluation", "sms"), ("stf_demo_liaison", "sms")}
    assert all(
        one["body"].startswith("Case CV-1001: something waits for you in Hearthline. Due Tue, Nov 17, 3:30 PM. http") for one in told
    )
    assert rows(runtime, Case, Case.id == "cas_demo_maya")[0]["code"] == "CV-1001"
