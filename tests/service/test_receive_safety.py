"""Danger, evaluation requests and numbers nobody knows: who is told, and who never sees it (F23, F26, fault 25)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from bot.service import directory, family_chat, screen_again, turn, who
from bot.store.tables import (
    Case,
    CaseEntry,
    Consent,
    Contact,
    Endpoint,
    EvaluationContact,
    Guardianship,
    Handoff,
    Message,
    OnCall,
    Outbox,
    Sender,
    Session,
    Staff,
)
from bot.values.screening import NOTHING
from tests.service.receiving import EN, OURS, SIBLINGS, STRANGER, change, family_rows, rows, runtime_for, said, sms, start, take

DANGER = "I want to kill myself"


def test_danger_is_answered_first_paged_by_case_code_and_held_from_everybody_else(runtime):
    outcome = take(runtime, sms(DANGER))[0]
    message = rows(runtime, Message)[0]
    assert (message["visibility"], message["screened"]) == ("safety_only", "danger:2")
    text = family_rows(runtime)[0]
    assert (text["message_class"], text["priority"], text["not_after"], text["case_id"]) == ("F", 0, None, None)
    pages = rows(runtime, Outbox, Outbox.purpose == "page")
    assert sorted((page["channel"], page["staff_id"], page["address"]) for page in pages) == [
        ("slack", "stf_demo_counselor", "U0DEMOCOUNS"),
        ("sms", "stf_demo_counselor", "+15550102003"),
    ], "the first of the rota, by every way; the next one after a quarter of an hour"
    urgent = "URGENT. Case CV-1001: a message needs you now. Open Hearthline and acknowledge."
    token = rows(runtime, Handoff)[0]["id"][-4:]
    assert {page["channel"]: page["body"] for page in pages} == {"slack": urgent, "sms": f"{urgent} Or reply OK {token}."}
    assert {(page["message_class"], page["priority"], page["audience"]) for page in pages} == {("F", 0, "staff")}
    assert {page["id"] for page in pages} | {text["id"]} <= set(outcome.wake)
    assert rows(runtime, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    assert [(entry["kind"], entry["visibility"]) for entry in rows(runtime, CaseEntry)] == [("safety_flag", "safety_only")]
    (task,) = rows(runtime, Handoff)
    assert (task["to_role"], task["reason"], task["visibility"], task["body"], task["owner_id"]) == (
        "on_call",
        "danger",
        "safety_only",
        DANGER,
        "stf_demo_counselor",
    )
    assert {page["handoff_id"] for page in pages} == {task["id"]}
    assert rows(runtime, Outbox, Outbox.purpose == "alert") == []


def test_danger_and_a_request_about_a_sibling_are_theirs_whomever_the_talk_is_about(lite):
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="en")
    start(lite, "con_demo_siblings", "cas_demo_ana")
    for text in (
        "I want Luis tested for special education",
        "He reads slowly",
        "4",
        "2",
        "Luis told me he wants to kill himself",
        "555 010 7777",
    ):
        take(lite, sms(text, SIBLINGS))
    written = [(one["kind"], one["case_id"]) for one in rows(lite, CaseEntry) if one["kind"] in ("eval_request", "safety_flag")]
    assert {case_id for _, case_id in written} == {"cas_demo_luis"}
    assert [kind for kind, _ in written] == ["eval_request", "eval_request", "safety_flag", "safety_flag"]
    assert [one["id"] for one in rows(lite, Case) if one["safety_hold"]] == ["cas_demo_luis"]


def test_while_a_child_is_held_a_start_counts_and_so_does_a_wrong_number_though_nothing_is_said(lite):
    for text in (DANGER, "STOP"):
        take(lite, sms(text))
    count = len(family_rows(lite))
    take(lite, sms("START"))
    index = lite.vault.index("dst_demo", EN)
    assert rows(lite, Consent, Consent.address_index == index, Consent.medium == "phone")[0]["state"] == "granted"
    take(lite, sms("Sorry, wrong number"))
    assert rows(lite, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["state"] == "blocked"
    assert [one["reason"] for one in rows(lite, Handoff)] == ["danger", "stopped", "wrong_number"]
    assert family_rows(lite)[count:] == []


def test_while_a_child_is_held_words_go_to_trained_staff_only_and_are_not_answered(lite):
    take(lite, sms(DANGER))
    talk = rows(lite, Session)
    change(lite, Session, Session.contact_id == "con_demo_en", status="done")
    count = len(family_rows(lite))
    take(lite, sms("She read to grandma"))
    assert talk
    assert [one["ref"] for one in family_rows(lite)[count:]] == ["crisis/passed_on"]
    assert rows(lite, Message)[-1]["visibility"] == "safety_only"
    held = rows(lite, Handoff)[-1]
    assert (held["reason"], held["to_role"], held["visibility"], held["body"]) == ("held", "on_call", "safety_only", "She read to grandma")
    assert (held["owner_id"], held["due_at"]) == ("stf_demo_counselor", held["created_at"])
    assert rows(lite, Outbox, Outbox.purpose == "handoff")[-1]["address"] == "U0DEMOCOUNS"


def test_the_answer_to_our_question_in_danger_is_taken_although_the_child_is_held(lite):
    take(lite, sms(DANGER))
    assert [talk["flow_id"] for talk in rows(lite, Session)] == ["crisis"]
    take(lite, sms("+15550101001"))
    flags = rows(lite, CaseEntry, CaseEntry.kind == "safety_flag")
    assert [flag["answer_raw"] for flag in flags][-1] == "+15550101001"
    assert rows(lite, Message)[-1]["visibility"] == "safety_only"


def test_danger_about_one_of_two_children_holds_both_and_asks_nothing(lite):
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="en")
    take(lite, sms(DANGER, SIBLINGS))
    assert {case["id"] for case in rows(lite, Case, Case.safety_hold)} == {"cas_demo_ana", "cas_demo_luis"}
    assert {entry["case_id"] for entry in rows(lite, CaseEntry)} == {"cas_demo_ana", "cas_demo_luis"}
    assert len(rows(lite, Handoff, Handoff.reason == "danger")) == 2


@pytest.mark.parametrize(
    "text", ["Their dad hits both my kids", "Ana and Luis are being hit by their father", "El papa les pega a mis dos hijos"]
)
def test_danger_told_of_both_in_a_talk_about_one_holds_both(lite, text):
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="es" if "papa" in text else "en")
    start(lite, "con_demo_siblings", "cas_demo_ana")
    take(lite, sms(text, SIBLINGS))
    assert {case["id"] for case in rows(lite, Case, Case.safety_hold)} == {"cas_demo_ana", "cas_demo_luis"}
    assert {entry["case_id"] for entry in rows(lite, CaseEntry, CaseEntry.kind == "safety_flag")} == {"cas_demo_ana", "cas_demo_luis"}


def test_distress_is_a_task_for_the_counselor_and_wakes_nobody(lite):
    take(lite, sms("my father died last week and I cannot cope"))
    assert rows(lite, Outbox, Outbox.purpose == "page") == []
    assert not rows(lite, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    assert ("counselor", "distress") in {(one["to_role"], one["reason"]) for one in rows(lite, Handoff)}


def test_danger_with_nobody_on_the_rota_is_a_task_all_the_same(lite):
    with lite.database.begin() as conn:
        conn.execute(sa.delete(OnCall))
    take(lite, sms(DANGER))
    assert rows(lite, Outbox, Outbox.purpose == "page") == []
    tasks = {task["reason"]: task["owner_id"] for task in rows(lite, Handoff)}
    assert tasks == {"danger": None, "rota_empty": "stf_demo_coordinator"}
    loud = rows(lite, Outbox, Outbox.purpose == "loud")
    assert {row["channel"] for row in loud} == {"slack", "sms"}
    assert {row["body"].split(" http")[0] for row in loud} == {
        "URGENT. Case CV-1001: nobody is on call, and a message needs a trained person now."
    }


def test_without_slack_and_without_a_number_to_send_from_the_task_remains(world_sqlite, clock):
    runtime = runtime_for(world_sqlite, clock, slack=False)
    take(runtime, sms(DANGER, "con_demo_en", to="dst_demo", channel="webchat"))
    assert {page["channel"] for page in rows(runtime, Outbox, Outbox.purpose == "page")} == {"sms"}
    with runtime.database.begin() as conn:
        conn.execute(sa.delete(Sender).where(Sender.channel == "sms"))
        conn.execute(sa.update(Case).values(safety_hold=False))
    directory.forget(runtime.database.engine)
    count = len(rows(runtime, Outbox, Outbox.purpose == "page"))
    take(runtime, sms(DANGER, "con_demo_en", to="dst_demo", channel="webchat"))
    assert len(rows(runtime, Outbox, Outbox.purpose == "page")) == count
    assert len(rows(runtime, Handoff, Handoff.reason == "danger")) == 2


def test_an_evaluation_request_reaches_two_people_the_same_day_and_no_channel(runtime, clock):
    first = clock.now()
    take(runtime, sms("I want my child tested for special education"))
    tasks = rows(runtime, Handoff)
    assert [(one["to_role"], one["owner_id"], one["visibility"]) for one in tasks] == [
        ("evaluation_contact", "stf_demo_evaluation", "staff_only"),
        ("liaison", "stf_demo_liaison", "staff_only"),
    ]
    assert all(first <= one["created_at"] <= clock.now() for one in tasks)
    assert {one["body"] for one in tasks} == {"I want my child tested for special education"}
    told = rows(runtime, Outbox, Outbox.audience == "staff")
    assert {row["address"] for row in told} == {"U0DEMOEVALU", "U0DEMOLIAIS"}
    assert all("evaluation" not in row["body"].lower() for row in told)
    assert rows(runtime, Message)[0]["visibility"] == "staff_only"
    clock.advance(days=1)
    take(runtime, sms("He guesses every word"))
    dated = family_rows(runtime)[1]["body"]
    assert "November 17" in dated, "the date of the first message"
    assert "/chat/" in dated
    with runtime.database.read() as conn:
        words, day = family_chat.requests(conn, "con_demo_en", "America/Denver")[0]
    assert (words, day) == (("I want my child tested for special education", "He guesses every word"), date(2026, 11, 17))


def test_who_has_no_case_here_finds_the_copy_of_their_request_too(lite):
    change(lite, Guardianship, Guardianship.contact_id == "con_demo_en", restriction="court_order")
    take(lite, sms("I want my child tested for special education"))
    take(lite, sms("She cannot read"))
    assert "November 17" in family_rows(lite)[1]["body"]
    with lite.database.read() as conn:
        assert family_chat.requests(conn, "con_demo_en", "America/Denver") == (
            (("I want my child tested for special education",), date(2026, 11, 17)),
        )


def test_a_request_in_which_danger_was_found_later_is_on_no_family_page(lite):
    take(lite, sms("I want my child tested for special education"))
    (message,) = rows(lite, Message)
    cases = [one["case_id"] for one in rows(lite, CaseEntry, CaseEntry.kind == "eval_request")]
    with lite.database.begin() as conn:
        assert len(family_chat.requests(conn, "con_demo_en", "America/Denver")) == 1
        screen_again._hide_entries(conn, lite, message["id"], cases, lite.clock.now())
        assert family_chat.requests(conn, "con_demo_en", "America/Denver") == ()


def test_danger_and_an_evaluation_request_in_one_message_keep_the_words_from_the_second_person(lite):
    take(lite, sms("I want to kill myself, and I want my child tested for special education"))
    bodies = {one["to_role"]: one["body"] for one in rows(lite, Handoff)}
    assert bodies["on_call"].startswith("I want to kill myself")
    assert bodies["evaluation_contact"] is None


# --- numbers we do not know ---------------------------------------------------------------------------------------------------


def test_a_request_for_an_evaluation_goes_to_who_stands_in_where_the_contact_is_away(lite):
    (named,) = rows(lite, EvaluationContact)
    for active, here in ((True, True), (False, False)):
        change(lite, Staff, Staff.id == named["staff_id"], active=active)
        take(lite, sms("I want my child tested for special education"))
        task = [one for one in rows(lite, Handoff) if one["to_role"] == "evaluation_contact"][-1]
        assert (task["owner_id"] == named["staff_id"]) is here
    assert task["owner_id"] == "stf_demo_coordinator"
    assert rows(lite, Outbox, Outbox.handoff_id == task["id"])[-1]["staff_id"] == task["owner_id"], "and is told"


def test_a_stranger_is_kept_told_once_a_day_whom_to_call_and_handed_to_the_office(runtime, clock):
    outcome = take(runtime, sms("hello?", STRANGER))[0]
    assert outcome.state == "unknown_sender"
    (message,) = rows(runtime, Message)
    assert (message["contact_id"], message["body"], message["state"]) == (None, "hello?", "done")
    (answer,) = family_rows(runtime)
    assert answer["address"] == STRANGER
    assert (answer["contact_id"], answer["message_class"], answer["id"]) == (None, "A", outcome.wake[-1])
    assert "Maple Elementary" in answer["body"]
    assert [(one["to_role"], one["reason"]) for one in rows(runtime, Handoff)] == [("office", "unknown_sender")]
    take(runtime, sms("hello again", STRANGER))
    assert len(family_rows(runtime)) == 1
    assert len(rows(runtime, Message)) == 2
    clock.advance(days=1)
    take(runtime, sms("and again", STRANGER))
    assert len(family_rows(runtime)) == 2


def test_what_a_stranger_writes_on_joins_the_task_and_a_wish_for_an_evaluation_has_its_own(runtime, clock):
    take(runtime, sms("hello?", STRANGER))
    take(runtime, sms("This is the mother of Diego", STRANGER))
    (task,) = rows(runtime, Handoff)
    assert task["body"] == "hello?\n\nThis is the mother of Diego"
    take(runtime, sms("I want him tested for special education", STRANGER))
    asked = rows(runtime, Handoff, Handoff.to_role == "evaluation_contact")
    assert [(one["reason"], one["visibility"], one["body"]) for one in asked] == [
        ("evaluation_possible", "staff_only", "I want him tested for special education")
    ]
    assert [one["body"] for one in rows(runtime, Handoff, Handoff.reason == "unknown_sender")] == [task["body"]]
    change(runtime, Handoff, Handoff.reason == "unknown_sender", state="closed")
    take(runtime, sms("are you there", STRANGER))
    assert [one["body"] for one in rows(runtime, Handoff, Handoff.reason == "unknown_sender", Handoff.state == "open")] == ["are you there"]


def test_a_strangers_danger_is_answered_in_two_languages_and_paged_without_a_case(lite):
    take(lite, sms(DANGER, STRANGER))
    texts = family_rows(lite)
    assert {row["message_class"] for row in texts} == {"F"}
    assert {row["lang"] for row in texts} <= {"en", "es"}
    assert {row["address"] for row in texts} == {STRANGER}
    assert [row["body"] for row in rows(lite, Outbox, Outbox.purpose == "page", Outbox.channel == "slack")] == [
        "URGENT. A message without a case needs you now. Open Hearthline and acknowledge."
    ]
    assert rows(lite, Message)[0]["visibility"] == "safety_only"
    assert rows(lite, Session) == []


def test_a_strangers_stop_is_confirmed_once_and_then_nothing_is_said(lite):
    take(lite, sms("STOP", STRANGER))
    assert [row["purpose"] for row in family_rows(lite)] == ["confirm_stop"]
    take(lite, sms("hello", STRANGER))
    assert len(family_rows(lite)) == 1
    (task,) = rows(lite, Handoff)
    assert (task["reason"], task["body"]) == ("stopped", "STOP\n\nhello"), "but a person reads it"
    change(lite, Handoff, Handoff.id == task["id"], state="closed")
    take(lite, sms("I am Diego's aunt", STRANGER))
    assert [(one["reason"], one["body"]) for one in rows(lite, Handoff, Handoff.state == "open")] == [
        ("unknown_sender", "I am Diego's aunt")
    ]
    assert len(family_rows(lite)) == 1


def test_a_strangers_start_opens_the_number_again_for_whoever_has_it(lite):
    for text in ("STOP", "START"):
        take(lite, sms(text, STRANGER))
    index = lite.vault.index("dst_demo", STRANGER)
    assert [one["state"] for one in rows(lite, Consent, Consent.address_index == index)] == ["unknown"]
    assert [row["purpose"] for row in family_rows(lite)] == ["confirm_stop", "notice"]
    assert [one["body"] for one in rows(lite, Handoff, Handoff.reason == "unknown_sender")] == ["START"]


def test_a_stranger_whom_the_provider_answered_hears_nothing_from_us(lite):
    take(lite, sms("HELP", STRANGER, answered_by_provider=True))
    assert family_rows(lite) == []
    assert [one["reason"] for one in rows(lite, Handoff)] == ["unknown_sender"]


def test_a_number_of_ours_that_nobody_configured_belongs_to_the_only_district_and_its_own_number_answers(lite):
    assert take(lite, sms("PERSON", EN, to="+15550100777"))[0].state == "done"
    assert rows(lite, Message)[0]["district_id"] == "dst_demo"
    assert {row["sender"] for row in family_rows(lite)} == {OURS}


def test_with_two_districts_a_number_nobody_configured_is_nobodys(lite):
    with lite.database.begin() as conn:
        conn.execute(
            sa.text(
                "insert into district (id, name, zone, settings, demo, created_at) select 'dst_two', 'Two', zone, settings, demo, created_at from district"
            )
        )
    directory.forget(lite.database.engine)
    assert take(lite, sms("PERSON", EN, to="+15550100777"))[0].state == "unknown_receiver"
    assert rows(lite, Message) == []


def test_only_what_comes_soon_after_our_question_is_heard_as_an_answer(lite, monkeypatch):
    """An answer must be much liker danger to be taken for it than a text out of the blue; the lists count alike."""
    heard = []

    def screened(*args, answering=False, **named):
        heard.append(answering)
        return NOTHING

    monkeypatch.setattr(turn, "screen", screened)
    take(lite, sms("She loves drawing", EN))
    take(lite, sms("She loves drawing", STRANGER))
    start(lite)
    take(lite, sms("She loves drawing", EN))
    change(lite, Session, updated_at=lite.clock.now() - who.STILL_ANSWERS - timedelta(minutes=1))
    take(lite, sms("She loves drawing", EN))
    change(lite, Session, updated_at=lite.clock.now(), flow_id="crisis")
    take(lite, sms("She loves drawing", EN))
    assert heard == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("words", "raw"),
    [
        ("Quiero que evalúen a Luis y ya no me escriban", "Quiero que evalúen a Luis y ya no me escriban"),
        ("Quiero que evalúen a mi hijo, dice que se quiere matar", None),
    ],
)
def test_a_request_beside_a_stop_or_danger_asks_which_child_of_nobody_and_is_dated_in_every_record(lite, words, raw):
    take(lite, sms(words, SIBLINGS))
    asked = [(one["case_id"], one["visibility"], one["answer_raw"]) for one in rows(lite, CaseEntry, CaseEntry.kind == "eval_request")]
    assert sorted(asked) == [("cas_demo_ana", "staff_only", raw), ("cas_demo_luis", "staff_only", raw)]
    assert not any("A.O." in one for one in said(lite))


def test_who_says_it_is_a_wrong_number_beside_a_request_is_asked_about_no_child(lite):
    take(lite, sms("Número equivocado, pero quiero que evalúen a mi hijo", SIBLINGS))
    assert said(lite) == ["Disculpe. No volveré a escribir a este número."]


@pytest.mark.parametrize("words", ["Quiero que evalúen a Ana y a Luis", "Quiero que evalúen a mis dos hijos"])
def test_an_evaluation_for_both_children_is_dated_in_both_records_while_a_talk_is_about_one(lite, words):
    start(lite, "con_demo_siblings", "cas_demo_ana", "home-observations", "reading")
    take(lite, sms(words, SIBLINGS))
    asked = [(one["case_id"], one["visibility"]) for one in rows(lite, CaseEntry, CaseEntry.kind == "eval_request")]
    assert sorted(asked) == [("cas_demo_ana", "staff_only"), ("cas_demo_luis", "staff_only")]
