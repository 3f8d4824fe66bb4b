"""What an open safety flag holds, who ends it, and what a translation adds after the fact (F23)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.errors import Conflict, NotAllowed, NotFound
from bot.service import hand_over, verify
from bot.service.release import may_release, release
from bot.service.screen_again import screen_again
from bot.service.viewer import Viewer
from bot.store import timeline
from bot.store.tables import Audit, Case, CaseEntry, ConsentLedger, EntryMark, Guardianship, Handoff, Message, Outbox, Session, Timer
from tests.service.posting import queue, row
from tests.service.receiving import AR, EN, ES, change, family_rows, rows, sms, start, take

DANGER = "I want to kill myself"
COUNSELOR, PRINCIPAL, TEACHER = "stf_demo_counselor", "stf_demo_principal", "stf_demo_teacher"


@pytest.fixture
def clock(clock):
    clock.step = timedelta(0)
    return clock


def viewer(staff_id: str) -> Viewer:
    return Viewer(staff_id, "dst_demo", "", "en", b"")


def end(runtime, staff_id: str = COUNSELOR, why: str = "safe_now", code: str = "CV-1001", note: str = "") -> list[str]:
    with runtime.database.begin() as conn:
        return release(conn, runtime, viewer(staff_id), code, why, runtime.clock.now(), note)


def hand(runtime) -> dict[str, tuple[str, str]]:
    """Try to hand over everything that waits; (state, reason) by text."""
    with runtime.database.begin() as conn:
        now = runtime.clock.now()
        conn.execute(sa.update(Outbox).where(Outbox.state == "held", Outbox.not_before <= now).values(state="queued"))
        ids = list(conn.execute(sa.select(Outbox.id).where(Outbox.state == "queued", Outbox.not_before <= now)).scalars())
        conn.execute(sa.update(Outbox).where(Outbox.id.in_(ids)).values(state="claimed", lease_owner="me"))
        hand_over.hand_over(conn, runtime, ids, owner="me", now=now, lease_until=now + timedelta(minutes=1))
    return {one["body"]: (one["state"], one["reason"]) for one in family_rows(runtime)}


def held_talk(runtime) -> None:
    """A family in a talk says something that raises a flag, with a note of the school's waiting for the same child."""
    start(runtime, variant="reading")
    take(runtime, sms("He loves trains"))
    queue(runtime.database, row(7, runtime.clock.now(), contact="demo_en", text="The note that waits", lang="en", answers_family=False))
    take(runtime, sms(DANGER))


def test_a_flag_holds_everything_about_the_child_until_trained_staff_release_it(runtime, clock) -> None:
    held_talk(runtime)
    assert hand(runtime)["The note that waits"] == ("held", "safety_hold")
    let_go = end(runtime, note="Spoke with her at noon")
    assert not rows(runtime, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    assert f"out_{7:026d}" in let_go
    assert hand(runtime)["The note that waits"] == ("handed", "")


def test_the_release_is_on_record_with_who_when_and_why_and_the_chain_holds(runtime, clock) -> None:
    take(runtime, sms(DANGER))
    end(runtime, note="Spoke with her at noon")
    last = rows(runtime, CaseEntry)[-1]
    assert (last["kind"], last["visibility"], last["entered_by"], last["source_role"], last["answer_raw"]) == (
        "safety_flag",
        "safety_only",
        COUNSELOR,
        "staff",
        "Spoke with her at noon",
    )
    assert json.loads(last["answer_norm"]) == {"state": "released", "why": "safe_now"}
    noted = rows(runtime, Audit)[-1]
    assert (noted["action"], noted["actor_id"], noted["object_id"], noted["reason"], noted["at"]) == (
        "release_safety_hold",
        COUNSELOR,
        "cas_demo_maya",
        "safe_now",
        clock.now(),
    )
    with runtime.database.read() as conn:
        assert [one for one in verify.verify(conn, runtime.vault) if not one.holds] == []
    (task,) = rows(runtime, Handoff, Handoff.reason == "danger")
    assert (task["state"], task["owner_id"], task["closed_at"]) == ("closed", COUNSELOR, clock.now())


def test_what_raised_the_flag_stays_with_trained_staff_and_what_came_meanwhile_stays_a_task(lite) -> None:
    take(lite, sms(DANGER))
    take(lite, sms("My number is 555 0100"))
    change(lite, Session, Session.contact_id == "con_demo_en", status="done")
    take(lite, sms("He likes his new book"))
    end(lite)
    assert {one["body"]: one["visibility"] for one in rows(lite, Message)} == {
        DANGER: "safety_only",
        "My number is 555 0100": "safety_only",
        "He likes his new book": "safety_only",
    }
    assert [(one["body"], one["state"]) for one in rows(lite, Handoff, Handoff.reason == "held")] == [("He likes his new book", "open")]


PASSED_ON = "crisis/passed_on"


def passed_on(runtime) -> list[tuple[str, str, str]]:
    return [(one["contact_id"], one["lang"], one["message_class"]) for one in family_rows(runtime) if one["ref"] == PASSED_ON]


def test_whoever_told_of_danger_and_writes_again_hears_that_it_was_passed_on_now_and_then(lite, clock) -> None:
    take(lite, sms("mi hijo dice que se quiere morir", ES))
    take(lite, sms("555 0100", ES))
    assert passed_on(lite) == []  # the number was asked for, and has its own answer
    take(lite, sms("¿a qué hora me llaman?", ES))
    assert passed_on(lite) == [("con_demo_es", "es", "F")]
    clock.advance(minutes=5)
    take(lite, sms("ya comió un poco", ES))
    assert len(passed_on(lite)) == 1
    clock.advance(minutes=15)
    take(lite, sms("¿van a venir?", ES))
    assert len(passed_on(lite)) == 2
    clock.advance(minutes=20)
    take(lite, sms("gracias", ES))
    assert len(passed_on(lite)) == 2
    assert len(rows(lite, Handoff, Handoff.reason == "held")) >= 1


def test_in_a_language_without_the_text_it_is_said_in_english_and_spanish(lite, clock) -> None:
    take(lite, sms("I want to kill myself", AR))
    take(lite, sms("5550100", AR))
    take(lite, sms("متى تتصلون؟", AR))
    assert passed_on(lite) == [("con_demo_ar", "en", "F"), ("con_demo_ar", "es", "F")]


@pytest.mark.parametrize(
    "told",
    [
        "he hits me and the kids every night",
        "please do not tell my ex where we live",
    ],
)
def test_nothing_follows_a_level_three_to_the_phone(lite, clock, told) -> None:
    take(lite, sms(told))
    change(lite, Session, Session.contact_id == "con_demo_en", status="done")
    take(lite, sms("He likes his new book"))
    assert rows(lite, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    assert passed_on(lite) == []


def test_who_did_not_tell_of_it_or_wants_no_texts_hears_nothing_of_it(lite, clock) -> None:
    change(lite, Case, Case.id == "cas_demo_maya", safety_hold=True)
    take(lite, sms("He likes his new book"))
    assert passed_on(lite) == []
    change(lite, Case, Case.id == "cas_demo_maya", safety_hold=False)
    take(lite, sms(f"STOP. {DANGER}"))
    change(lite, Session, Session.contact_id == "con_demo_en", status="done")
    take(lite, sms("He likes his new book"))
    assert passed_on(lite) == []


def test_a_flag_of_before_the_release_is_not_their_own_any_more(lite, clock) -> None:
    take(lite, sms(DANGER))
    end(lite)
    change(lite, Case, Case.id == "cas_demo_maya", safety_hold=True)
    take(lite, sms("He likes his new book"))
    assert passed_on(lite) == []


def test_after_the_release_the_next_words_are_no_answer_about_safety(lite) -> None:
    take(lite, sms(DANGER))
    end(lite)
    assert {one["status"] for one in rows(lite, Session)} == {"done"}
    assert rows(lite, Timer, Timer.state == "pending", Timer.session_id.is_not(None)) == []
    take(lite, sms("He likes his new book"))
    assert rows(lite, Message)[-1]["visibility"] == "team"


def test_a_second_flag_holds_again(lite) -> None:
    take(lite, sms(DANGER))
    end(lite)
    take(lite, sms(DANGER))
    assert rows(lite, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    end(lite, why="false_alarm")


def test_a_wish_not_to_be_found_is_released_for_both_parents(lite) -> None:
    take(lite, sms("please do not tell my ex where we live"))
    assert rows(lite, Guardianship, Guardianship.contact_id == "con_demo_en")[0]["hold"] == "safety_request"
    end(lite, why="plan_in_place")
    assert rows(lite, Guardianship, Guardianship.contact_id == "con_demo_en")[0]["hold"] == ""


@pytest.mark.parametrize(
    ("staff", "why", "code", "error"),
    [
        (TEACHER, "safe_now", "CV-1001", NotAllowed),
        ("stf_demo_liaison", "safe_now", "CV-1001", NotAllowed),
        ("stf_demo_other_teacher", "safe_now", "CV-1001", NotFound),
        (COUNSELOR, "", "CV-1001", Conflict),
        (COUNSELOR, "because", "CV-1001", Conflict),
        (COUNSELOR, "safe_now", "CV-1002", Conflict),
        (COUNSELOR, "safe_now", "CV-9999", NotFound),
    ],
)
def test_nobody_else_releases_it_nor_without_a_reason_nor_what_is_not_held(lite, staff, why, code, error) -> None:
    take(lite, sms(DANGER))
    with pytest.raises(error):
        end(lite, staff, why, code)
    assert rows(lite, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    assert "release_safety_hold" not in {one["action"] for one in rows(lite, Audit)}


def test_whoever_is_on_call_is_trained_staff_for_it(lite) -> None:
    with lite.database.read() as conn:
        case = timeline.case_by_code(conn, "dst_demo", "CV-1001")
        trained = {one: may_release(conn, viewer(one), case, lite.clock.now()) for one in (PRINCIPAL, COUNSELOR, TEACHER)}
    assert trained == {PRINCIPAL: True, COUNSELOR: True, TEACHER: False}


def test_the_number_to_call_goes_to_who_has_the_page(lite) -> None:
    take(lite, sms(DANGER))
    change(lite, Handoff, Handoff.reason == "danger", state="acknowledged", owner_id=PRINCIPAL)
    take(lite, sms("+15550101001"))
    assert rows(lite, Handoff)[-1]["owner_id"] == PRINCIPAL


# --- level 4: who shall call ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "role", "owner"),
    [
        ("Elena Soto please", "liaison", "stf_demo_liaison"),
        ("2", "liaison", "stf_demo_liaison"),
        ("my liaison would be good", "liaison", "stf_demo_liaison"),
        ("Mr. Adler", "counselor", COUNSELOR),
        ("the counselor", "counselor", COUNSELOR),
        ("either Mr. Adler or Elena", "counselor", COUNSELOR),
        ("thank you", "counselor", COUNSELOR),
    ],
)
def test_distress_goes_to_the_one_the_family_picks_and_to_one_person_only(lite, answer: str, role: str, owner: str) -> None:
    take(lite, sms("my father died last week and I cannot cope"))
    take(lite, sms(answer))
    (task,) = rows(lite, Handoff)
    assert (task["to_role"], task["owner_id"], task["reason"], task["body"]) == (
        role,
        owner,
        "distress",
        "my father died last week and I cannot cope",
    )
    assert family_rows(lite)[-1]["body"] == "Thank you. I will tell them. You can reply PERSON any time."
    assert rows(lite, Outbox, Outbox.purpose == "page") == []


# --- a translation adds something -----------------------------------------------------------------------------------------------------------


def again(runtime, text: str, lang: str = "en") -> list[str]:
    message = rows(runtime, Message)[-1]
    with runtime.database.begin() as conn:
        return screen_again(conn, runtime, message["id"], text, lang, runtime.clock.now())


def test_danger_seen_only_in_the_translation_pages_and_hides_what_was_written(runtime, clock) -> None:
    take(runtime, sms("kkkk zzzz", ES))
    arrived = rows(runtime, Message)[-1]["received_at"]
    clock.advance(minutes=3)
    wake = again(runtime, "I want to kill myself")
    message = rows(runtime, Message)[-1]
    assert (message["visibility"], message["screened"]) == ("safety_only", "danger:2")
    hidden = {one["entry_id"] for one in rows(runtime, EntryMark) if one["kind"] == "visibility"}
    assert hidden == {one["id"] for one in rows(runtime, CaseEntry) if one["message_id"] == message["id"] and one["visibility"] == "team"}
    assert hidden
    (task,) = rows(runtime, Handoff, Handoff.reason == "danger")
    assert (task["created_at"], task["body"]) == (arrived, "kkkk zzzz")
    pages = rows(runtime, Outbox, Outbox.purpose == "page")
    assert {one["id"] for one in pages} < set(wake)
    assert family_rows(runtime)[-1]["message_class"] == "F"
    assert again(runtime, "I want to kill myself") == [], "found once"


def test_an_evaluation_request_seen_in_the_translation_is_dated_by_the_first_message(lite, clock) -> None:
    take(lite, sms("kkkk zzzz", ES))
    clock.advance(days=1)
    again(lite, "I want my child tested for special education")
    (request,) = [one for one in rows(lite, CaseEntry) if one["kind"] == "eval_request"]
    assert json.loads(request["answer_norm"])["date"] == "2026-11-17"
    assert rows(lite, Message)[-1]["visibility"] == "staff_only"


def test_a_stop_seen_in_the_translation_stops(lite) -> None:
    take(lite, sms("kkkk zzzz", ES))
    again(lite, "please stop texting me")
    assert family_rows(lite)[-1]["purpose"] == "confirm_stop"
    heard = len(rows(lite, ConsentLedger)), len(rows(lite, Handoff))
    again(lite, "please stop texting me")
    assert (len(rows(lite, ConsentLedger)), len(rows(lite, Handoff))) == heard, "found once"
    again(lite, "please stop texting me, I want to kill myself")
    assert family_rows(lite)[-1]["message_class"] == "F"


@pytest.mark.parametrize("text", ["He likes his new book", ""])
def test_a_harmless_translation_changes_nothing(lite, text: str) -> None:
    take(lite, sms("kkkk zzzz", AR))
    before = len(rows(lite, Outbox)), len(rows(lite, CaseEntry)), len(rows(lite, Handoff))
    assert again(lite, text) == []
    assert (len(rows(lite, Outbox)), len(rows(lite, CaseEntry)), len(rows(lite, Handoff))) == before


def test_what_the_original_had_said_is_not_said_twice(lite) -> None:
    take(lite, sms("my father died last week and I cannot cope", EN))
    assert again(lite, "my father died last week and I cannot cope") == []
    assert again(lite, "I want to kill myself") != [], "but a graver danger is"


def test_a_message_nobody_knows_or_of_a_stranger_adds_nothing(lite) -> None:
    take(lite, sms("kkkk", "+15550109999"))
    assert again(lite, "I want to kill myself") == []
    with lite.database.begin() as conn:
        assert screen_again(conn, lite, "msg_none", "I want to kill myself", "en", lite.clock.now()) == []
    take(lite, sms("kkkk", ES))
    change(lite, Message, Message.contact_id == "con_demo_es", endpoint_id="end_gone")
    assert again(lite, "I want to kill myself") == []
