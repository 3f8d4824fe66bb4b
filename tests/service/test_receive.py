"""A batch of messages becomes durable: talk, entries, replies and alerts together."""

from __future__ import annotations

import json
from datetime import timedelta

import sqlalchemy as sa

from bot.service.verify import verify
from bot.store.tables import (
    Attachment,
    Case,
    CaseEntry,
    CatalogueApproval,
    Contact,
    Endpoint,
    EntryMark,
    Guardianship,
    Handoff,
    Message,
    Outbox,
    Session,
    Staff,
    Timer,
)
from bot.store.types import Plain
from tests.service.mailing import mail
from tests.service.receiving import AR, EN, ES, OURS, SIBLINGS, change, family_rows, photo, rows, runtime_for, sms, start, take

CORE = ["She loves dinosaurs", "1 and 3", "quiet", "English with me", "her grandma", "that she reads", "1"]


def chains_hold(runtime) -> None:
    with runtime.database.read() as conn:
        assert [finding for finding in verify(conn, runtime.database.vault, "") if not finding.holds] == []


def test_an_answer_becomes_a_message_an_entry_a_talk_and_the_next_question(runtime):
    start(runtime)
    outcome = take(runtime, sms("She loves dinosaurs"))[0]
    assert outcome.state == "done"
    (message,) = rows(runtime, Message)
    assert {name: message[name] for name in ("id", "body", "contact_id", "case_id", "endpoint_id", "state", "lang", "visibility")} == {
        "id": outcome.message_id,
        "body": "She loves dinosaurs",
        "contact_id": "con_demo_en",
        "case_id": "cas_demo_maya",
        "endpoint_id": "end_demo_en_sms",
        "state": "done",
        "lang": "en",
        "visibility": "team",
    }
    (entry,) = rows(runtime, CaseEntry)
    assert (entry["kind"], entry["answer_raw"], entry["answer_norm"]) == (
        "strength",
        "She loves dinosaurs",
        '{"interests":"She loves dinosaurs"}',
    )
    assert (entry["message_id"], entry["contact_id"], entry["channel"], entry["seq"]) == (message["id"], "con_demo_en", "sms", 1)
    (talk,) = rows(runtime, Session)
    assert (talk["status"], talk["version"], talk["case_id"], message["session_id"]) == ("waiting", 2, "cas_demo_maya", talk["id"])
    question, reply = rows(runtime, Outbox)
    assert outcome.wake == (reply["id"],)
    assert (question["priority"], question["answers_family"], reply["priority"], reply["answers_family"]) == (5, False, 1, True)
    assert (reply["guardianship_id"], reply["case_id"], reply["message_class"]) == ("gua_demo_en_demo_maya", "cas_demo_maya", "C")
    assert (reply["sender"], reply["endpoint_id"], reply["address"], reply["segments"]) == (OURS, "end_demo_en_sms", None, 1)
    assert reply["not_after"] == reply["created_at"] + timedelta(hours=24)
    chains_hold(runtime)


def test_a_whole_talk_is_confirmed_alerts_the_team_without_name_or_words_and_closes(runtime):
    start(runtime)
    for text in CORE:
        take(runtime, sms(text))
    entries = rows(runtime, CaseEntry)
    assert [entry["answer_raw"] for entry in entries] == CORE[:6]
    assert [mark["entry_id"] for mark in rows(runtime, EntryMark)] == [entry["id"] for entry in entries]
    (alert,) = rows(runtime, Outbox, Outbox.purpose == "alert")
    assert alert["body"] == "New family input on case CV-1001: general, strength. Language: English, translation not needed."
    assert (alert["address"], alert["audience"], alert["channel"], alert["contact_id"]) == ("C0DEMO1001", "staff", "slack", "con_demo_en")
    assert alert["id"] in alert["blocks"]
    assert "Maya" not in alert["body"] + alert["blocks"]
    (talk,) = rows(runtime, Session)
    assert (talk["status"], talk["state"]) == ("done", None)
    assert {(timer["state"], timer["kind"] == "alert") for timer in rows(runtime, Timer)} == {("cancelled", False), ("pending", True)}
    assert rows(runtime, Handoff) == []
    chains_hold(runtime)


def test_a_message_that_comes_again_changes_nothing(runtime):
    start(runtime)
    once = sms("She loves dinosaurs")
    first = take(runtime, once)[0]
    counts = [len(rows(runtime, table)) for table in (Message, CaseEntry, Outbox)]
    again = take(runtime, once, once)
    assert [(one.state, one.message_id, one.wake) for one in again] == [("duplicate", first.message_id, ())] * 2
    assert [len(rows(runtime, table)) for table in (Message, CaseEntry, Outbox)] == counts


def test_a_message_twice_in_one_batch_is_one_message(runtime):
    once = sms("PERSON")
    outcomes = take(runtime, once, once)
    assert [one.state for one in outcomes] == ["done", "duplicate"]
    assert len(rows(runtime, Message)) == 1


def test_two_messages_of_one_contact_in_a_batch_are_taken_in_order(runtime):
    start(runtime)
    take(runtime, sms("She loves dinosaurs"), sms("1 and 3"), sms("quiet"))
    assert [(entry["step_id"], entry["answer_raw"]) for entry in rows(runtime, CaseEntry)] == [
        ("1", "She loves dinosaurs"),
        ("2", "1 and 3"),
        ("3", "quiet"),
    ]
    chains_hold(runtime)


def test_two_parents_of_one_child_in_a_batch_continue_one_chain(runtime, clock):
    with runtime.database.begin() as conn:
        row = {**rows(runtime, Guardianship, Guardianship.contact_id == "con_demo_en")[0], "id": "gua_x", "contact_id": "con_demo_so"}
        conn.execute(sa.insert(Guardianship), [row])
        conn.execute(sa.update(Guardianship).where(Guardianship.student_id == "stu_demo_ayaan").values(restriction="court"))
        conn.execute(sa.update(Contact).where(Contact.id == "con_demo_so").values(lang_written="en"))
    start(runtime)
    start(runtime, "con_demo_so")
    take(runtime, sms("dinosaurs"), sms("drawing", "+15550101004"))
    entries = rows(runtime, CaseEntry)
    assert [(entry["seq"], entry["case_id"], entry["contact_id"]) for entry in entries] == [
        (1, "cas_demo_maya", "con_demo_en"),
        (2, "cas_demo_maya", "con_demo_so"),
    ]
    chains_hold(runtime)


def statements(runtime, *items) -> int:
    seen = []

    def note(*args) -> None:
        seen.append(args[2])

    sa.event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        assert {one.state for one in take(runtime, *items)} == {"done"}
    finally:
        sa.event.remove(runtime.database.engine, "before_cursor_execute", note)
    return len([sql for sql in seen if not sql.startswith("BEGIN")])


ANSWERS = ("He draws", "1 and 3", "2", "Spanish at home", "His grandmother", "That he likes to read", "1")
"""A whole talk of home observations, with its read-back."""


def test_thirty_messages_cost_as_many_statements_as_one_and_no_more_than_twelve_to_the_end_of_a_talk(runtime, clock):
    from bot.service.seed import seed_families

    with runtime.database.begin() as conn:
        families = seed_families(conn, runtime.vault, clock.now(), runtime.ids.new, 32, lang="en")
    for family in families:
        start(runtime, family.contact_id)
    for answer in ANSWERS:
        take(runtime, sms(answer, families[0].phone))  # the first of all makes ready what every later one finds
        one = statements(runtime, sms(answer, families[1].phone))
        thirty = statements(runtime, *(sms(answer, family.phone) for family in families[2:]))
        assert (answer, thirty) == (answer, one)
        assert one <= 12
    assert rows(runtime, Session, Session.status != "done") == []


def test_what_a_batch_writes_is_what_the_column_types_would_have_written(runtime):
    start(runtime)
    take(runtime, sms("She loves dinosaurs"))
    (talk,) = rows(runtime, Session)
    with runtime.database.begin() as conn:
        copy = {**talk, "id": "ses_copy", "status": "done", "state": (talk["district_id"], talk["state"])}
        conn.execute(sa.insert(Session), [copy])
        times = sa.text("select count(distinct updated_at), count(distinct opened_at) from session")
        assert tuple(conn.execute(times).one()) == (1, 1)


def test_photos_and_voice_notes_wait_to_be_fetched_and_are_named_in_the_entry(runtime):
    start(runtime)
    outcome = take(runtime, sms("", media=(photo(),)))[0]
    (attachment,) = rows(runtime, Attachment)
    assert (attachment["state"], attachment["url"], attachment["message_id"]) == (
        "pending",
        "https://media.example/1",
        outcome.message_id,
    )
    (entry,) = rows(runtime, CaseEntry)
    assert entry["media"] == [attachment["id"]]


def test_a_web_chat_answer_writes_the_same_entry_and_its_options_become_buttons(lite):
    start(lite)
    take(lite, sms("She loves dinosaurs", "con_demo_en", to="dst_demo", channel="webchat"))
    (entry,) = rows(lite, CaseEntry)
    assert (entry["channel"], entry["answer_raw"], entry["step_id"]) == ("webchat", "She loves dinosaurs", "1")
    reply = rows(lite, Outbox)[-1]
    assert (reply["channel"], reply["sender"], reply["segments"]) == ("webchat", "dst_demo", 1)
    assert reply["blocks"].startswith('[{"number":"1","label":"Kind"}')


def test_whatsapp_of_the_same_number_is_the_same_family(lite):
    start(lite)
    take(lite, sms("She loves dinosaurs", f"whatsapp:{EN}", to=f"whatsapp:{OURS}", channel="whatsapp"))
    assert [entry["channel"] for entry in rows(lite, CaseEntry)] == ["whatsapp"]
    assert rows(lite, Outbox)[-1]["endpoint_id"] == "end_demo_en_whatsapp"


def test_half_a_character_is_kept_as_a_question_mark(lite):
    assert take(lite, sms("tea \ud83d please"))[0].state == "done"
    assert rows(lite, Message)[0]["body"] == "tea ? please"


def test_half_a_character_anywhere_in_a_mail_loses_nothing(lite):
    half = "Le gusta dibujar \ud800"
    told = take(lite, mail(half, "lucia@example.org", subject=half, beside=half))
    assert told[0].state in ("done", "unknown_sender")
    (kept,) = rows(lite, Message)
    assert kept["body"] == "Le gusta dibujar ?"
    assert json.loads(kept["raw"])["full_text"] == "Le gusta dibujar ?"


def test_an_id_longer_than_any_providers_is_kept_as_its_hash(lite):
    long = sms("PERSON", sid="x" * 500)
    assert [one.state for one in (*take(lite, long), *take(lite, long))] == ["done", "duplicate"]


# --- which child (fault 9) ------------------------------------------------------------------------------------------------


def test_a_family_with_two_children_is_asked_which_child_and_the_answer_holds_for_a_day(lite, clock):
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="en")
    take(lite, sms("TELL", SIBLINGS))
    asked = rows(lite, Outbox)[-1]
    assert "A.O., Maple Elementary" in asked["body"]
    assert "Ana" not in asked["body"]
    assert rows(lite, CaseEntry) == []
    take(lite, sms("2", SIBLINGS))
    take(lite, sms("He builds things", SIBLINGS))
    assert {entry["case_id"] for entry in rows(lite, CaseEntry)} <= {"cas_demo_luis"}
    clock.advance(hours=25)
    take(lite, sms("PERSON", SIBLINGS))
    assert {handoff["case_id"] for handoff in rows(lite, Handoff)} <= {None, "cas_demo_luis"}


def test_a_talk_the_school_starts_is_about_the_child_it_names(lite):
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="en")
    start(lite, "con_demo_siblings", "cas_demo_luis")
    take(lite, sms("He builds things", SIBLINGS))
    assert [(entry["case_id"], entry["answer_raw"]) for entry in rows(lite, CaseEntry)] == [("cas_demo_luis", "He builds things")]


def test_two_contacts_on_one_number_the_one_who_is_talking_is_meant(lite):
    index = lite.vault.index("dst_demo", EN)
    change(lite, Contact, Contact.id == "con_demo_so", lang_written="en")
    change(lite, Endpoint, Endpoint.id == "end_demo_so_sms", address_index=index, address=Plain("dst_demo", EN))
    start(lite, "con_demo_so")
    take(lite, sms("She sings"))
    assert [(entry["contact_id"], entry["answer_raw"]) for entry in rows(lite, CaseEntry)] == [("con_demo_so", "She sings")]


def test_two_contacts_on_one_number_without_a_talk_the_one_who_wrote_last_is_meant(lite, clock):
    index = lite.vault.index("dst_demo", EN)
    change(lite, Endpoint, Endpoint.id == "end_demo_so_sms", address_index=index, last_inbound_at=clock.now())
    take(lite, sms("PERSON"))
    assert rows(lite, Message)[0]["contact_id"] == "con_demo_so"


# --- languages nobody checked -------------------------------------------------------------------------------------------------


def test_without_an_approved_catalogue_a_person_is_asked_and_no_wrong_words_are_said(lite):
    take(lite, sms("سؤال", AR))
    assert [row["lang"] for row in family_rows(lite)] in ([], ["en"])
    assert "liaison" in {handoff["to_role"] for handoff in rows(lite, Handoff)}
    assert rows(lite, Message)[0]["body"] == "سؤال"


def test_an_approval_that_is_taken_back_counts_at_once(lite):
    start(lite)
    with lite.database.begin() as conn:
        conn.execute(sa.delete(CatalogueApproval))
    before = len(rows(lite, Outbox))
    take(lite, sms("She loves dinosaurs"))
    assert {row["message_class"] for row in family_rows(lite)[before:]} <= {"A", "F"}


# --- who writes to whom -----------------------------------------------------------------------------------------------------


def test_a_number_silent_for_ninety_days_is_not_trusted_with_a_name_until_it_is_confirmed(lite, clock):
    change(
        lite,
        Endpoint,
        Endpoint.id == "end_demo_en_sms",
        confirmed_at=clock.now() - timedelta(days=200),
        last_inbound_at=clock.now() - timedelta(days=91),
    )
    take(lite, sms("PERSON"))
    assert all("Maya" not in row["body"] for row in family_rows(lite))
    assert rows(lite, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["last_inbound_at"] < clock.now() - timedelta(days=90)


def test_when_a_number_was_last_heard_from_is_remembered_to_the_hour(lite, clock):
    take(lite, sms("PERSON"))
    first = rows(lite, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["last_inbound_at"]
    take(lite, sms("PERSON"))
    assert rows(lite, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["last_inbound_at"] == first
    clock.advance(hours=2)
    take(lite, sms("PERSON"))
    assert rows(lite, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["last_inbound_at"] > first


def test_without_a_live_right_the_words_go_to_a_person_and_no_child_is_named(lite, clock):
    change(lite, Guardianship, Guardianship.contact_id == "con_demo_en", valid_to=clock.now())
    take(lite, sms("How is my daughter doing in reading?"))
    assert all("Maya" not in row["body"] for row in family_rows(lite))
    assert rows(lite, CaseEntry) == []
    assert rows(lite, Handoff) != []
    assert rows(lite, Message)[0]["case_id"] is None


def test_a_case_that_is_closed_takes_no_entries(lite, clock):
    start(lite)
    change(lite, Case, Case.id == "cas_demo_maya", state="closed", closed_at=clock.now())
    take(lite, sms("She loves dinosaurs"))
    assert rows(lite, CaseEntry) == []
    assert rows(lite, Message)[0]["body"] == "She loves dinosaurs"


def test_the_teacher_of_the_case_and_the_liaison_are_asked_by_role_and_told_a_case_code_only(lite):
    take(lite, sms("PERSON"))
    (handoff,) = rows(lite, Handoff)
    assert (handoff["to_role"], handoff["owner_id"], handoff["reason"], handoff["case_id"]) == (
        "liaison",
        "stf_demo_liaison",
        "person",
        "cas_demo_maya",
    )
    (told,) = rows(lite, Outbox, Outbox.purpose == "handoff")
    assert told["body"].startswith("Case CV-1001: something waits for you in Hearthline. Due ")
    assert (told["address"], told["handoff_id"], told["audience"]) == ("U0DEMOLIAIS", handoff["id"], "staff")


def test_a_district_without_slack_finds_the_alert_and_the_tasks_in_the_console(world_sqlite, clock):
    runtime = runtime_for(world_sqlite, clock, slack=False)
    start(runtime)
    for text in CORE:
        take(runtime, sms(text))
    assert rows(runtime, Outbox, Outbox.audience == "staff") == []
    (handoff,) = rows(runtime, Handoff)
    assert (handoff["reason"], handoff["to_role"], handoff["owner_id"]) == ("alert", "teacher", "stf_demo_teacher")
    assert handoff["body"].startswith("New family input on case CV-1001")


def test_without_a_channel_of_its_own_the_alert_goes_to_the_case_lead_directly(lite):
    change(lite, Case, Case.id == "cas_demo_maya", slack_channel="")
    start(lite)
    for text in CORE:
        take(lite, sms(text))
    (alert,) = rows(lite, Outbox, Outbox.purpose == "alert")
    assert (alert["address"], alert["staff_id"]) == ("U0DEMOTEACH", "stf_demo_teacher")


def test_where_the_lead_has_left_the_alert_is_the_liaisons_task_and_no_other_teachers(lite):
    change(lite, Case, Case.id == "cas_demo_maya", slack_channel="")
    change(lite, Staff, Staff.id == "stf_demo_teacher", active=False)
    start(lite)
    for text in CORE:
        take(lite, sms(text))
    assert rows(lite, Outbox, Outbox.purpose == "alert") == []
    (task,) = rows(lite, Handoff, Handoff.reason == "alert")
    assert (task["to_role"], task["owner_id"]) == ("teacher", "stf_demo_liaison")


def test_spanish_words_wait_for_the_liaison_with_one_task(lite):
    start(lite, "con_demo_es")
    for text in ("Le encantan los dinosaurios", "1 y 3", "1", "Español con la abuela", "su abuela", "que lea", "1"):
        take(lite, sms(text, ES))
    (alert,) = rows(lite, Outbox, Outbox.purpose == "alert")
    assert alert["body"] == "New family input on case CV-1002: general, strength. Language: Spanish, translation waiting for the liaison."
    assert [(one["to_role"], one["lang"]) for one in rows(lite, Handoff, Handoff.reason == "translation")] == [("liaison", "es")]
    assert rows(lite, CaseEntry)[0]["answer_raw"] == "Le encantan los dinosaurios"
