"""Staff write to a family: nothing stale, nothing unread by a person, nobody else's child, and nobody who may not have it."""

from __future__ import annotations

import random

import pytest

from bot.errors import Conflict, NotAllowed, NotFound
from bot.service import hand_over, review_queue, send_template, templates, write_family
from bot.service.send_template import Ask
from bot.store import outbox as outbox_store
from bot.store.tables import Audit, Case, CaseEntry, Consent, Contact, District, Endpoint, Guardianship, Handoff, Outbox, Translation
from tests.service.receiving import change, rows, runtime_for
from tests.service.translating import Played, down, viewer, with_engines

LIAISON, TEACHER, STRANGER = viewer("stf_demo_liaison"), viewer("stf_demo_teacher"), viewer("stf_demo_other_teacher")
COORDINATOR = viewer("stf_demo_coordinator")
TEXT = "Diego read 20 pages this week. We are proud of his work with books."
WORDS = "Diego leyó 20 páginas esta semana. Estamos orgullosos de su trabajo con los libros."
ES, EN = "con_demo_es", "con_demo_en"


@pytest.fixture
def engine():
    return Played()


@pytest.fixture
def runtime(world_sqlite, clock, engine):
    return with_engines(runtime_for(world_sqlite, clock), engine)


def code_of(runtime, case_id="cas_demo_diego"):
    return rows(runtime, Case, Case.id == case_id)[0]["code"]


def draft(runtime, text=TEXT, who=LIAISON, contact=ES, message_class="C", draft_id="", case_id="cas_demo_diego"):
    code = code_of(runtime, case_id)
    with runtime.database.begin() as conn:
        return write_family.draft(conn, runtime, who, code, contact, message_class, text, runtime.clock.now(), draft_id)


def preview(runtime, made, who=LIAISON):
    return write_family.preview(runtime, who, made.id, runtime.clock.now())


def approve(runtime, made, text="", who=LIAISON):
    with runtime.database.begin() as conn:
        return write_family.approve(conn, runtime, who, made.id, runtime.clock.now(), text)


def send(runtime, made, who=LIAISON, seen=()):
    with runtime.database.begin() as conn:
        return write_family.send(conn, runtime, who, made.id, runtime.clock.now(), seen)


def outbox(runtime):
    return [row for row in rows(runtime, Outbox) if row["purpose"] == "letter"]


def test_a_letter_a_colleague_wrote_anew_is_neither_approved_nor_sent_unseen(runtime, engine):
    made = draft(runtime)
    with runtime.database.begin() as conn:
        newer = write_family.draft(
            conn, runtime, LIAISON, made.code, made.contact_id, "C", "Diego read 20 books.", runtime.clock.now(), made.id
        )
    assert newer.version == made.version + 1
    acts = (
        lambda conn, now: write_family.approve(conn, runtime, LIAISON, made.id, now, WORDS, made.version),
        lambda conn, now: write_family.send(conn, runtime, LIAISON, made.id, now, (), made.version),
        lambda conn, now: write_family.draft(conn, runtime, LIAISON, made.code, made.contact_id, "C", "x", now, made.id, made.version),
    )
    for act in acts:
        with pytest.raises(Conflict, match="changed"), runtime.database.begin() as conn:
            act(conn, runtime.clock.now())
    assert outbox(runtime) == []


def test_a_letter_from_the_first_word_to_the_outbox(runtime, engine):
    made = draft(runtime)
    assert (made.refusal, made.preview, made.target_lang, made.findings) == ("untranslated", "", "es", ())
    shown = preview(runtime, made)
    assert "20" in shown.preview
    assert "Diego" in shown.preview
    assert shown.back
    assert 0 <= shown.likeness <= 1
    assert (shown.engine, shown.checked, shown.refusal) == ("played", False, "unchecked")
    with pytest.raises(Conflict, match="unchecked"):
        send(runtime, shown)
    assert "Diego" not in " ".join(engine.heard)
    approved = approve(runtime, shown, WORDS)
    assert (approved.preview, approved.engine, approved.checked, approved.refusal) == (WORDS, "person", True, "")
    (outbox_id,) = send(runtime, approved)
    (row,) = outbox(runtime)
    assert (row["id"], row["body"], row["lang"], row["contact_id"], row["case_id"]) == (outbox_id, WORDS, "es", ES, "cas_demo_diego")
    assert row["guardianship_id"]
    assert row["segments"] == 2
    (entry,) = rows(runtime, CaseEntry, CaseEntry.kind == "contact_attempt")
    assert (entry["answer_raw"], entry["source_role"], entry["entered_by"]) == (TEXT, "staff", "stf_demo_liaison")
    assert [row["action"] for row in rows(runtime, Audit) if row["object_kind"] == "family_text"] == ["send_letter"]
    for again in (send, approve):
        with pytest.raises(Conflict, match="sent"):
            again(runtime, approved)
    with pytest.raises(Conflict, match="sent"):
        draft(runtime, "other", draft_id=made.id)


def test_it_is_handed_over_though_no_catalogue_of_its_language_is_approved(runtime, clock):
    """A person checked these very words; at hand-over everything else is decided again."""
    change(runtime, Contact, Contact.id == ES, lang_written="so")
    made = approve(runtime, draft(runtime), "Diego wuxuu akhriyay 20 bog")
    (outbox_id,) = send(runtime, made)
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        outbox_store.claim(conn, [outbox_id], "me", now)
        (going,) = hand_over.hand_over(conn, runtime, [outbox_id], owner="me", now=now, lease_until=now)
    assert going.message.text == "Diego wuxuu akhriyay 20 bog"


def test_an_edit_makes_the_translation_stale_and_an_approval_of_other_words_is_none(runtime):
    made = approve(runtime, draft(runtime), WORDS)
    edited = draft(runtime, TEXT.replace("20", "30"), draft_id=made.id)
    assert (edited.preview, edited.checked, edited.refusal) == ("", False, "stale")
    with pytest.raises(Conflict, match="stale"):
        send(runtime, edited)
    with pytest.raises(Conflict, match="stale"):
        approve(runtime, edited)
    assert preview(runtime, edited).refusal == "unchecked"
    back = draft(runtime, TEXT, draft_id=made.id)
    assert back.refusal == "stale"
    assert (preview(runtime, back).preview, preview(runtime, back).checked) == (WORDS, True)  # remembered


def test_the_words_of_classes_d_to_f_no_machine_sees(runtime, engine):
    made = draft(runtime, message_class="D")
    shown = preview(runtime, made)
    assert engine.heard == []
    assert shown.preview == ""
    assert shown.refusal == "untranslated"
    approved = approve(runtime, shown, WORDS)
    assert preview(runtime, approved).back == ""
    assert engine.heard == []
    send(runtime, approved)
    assert [row["channel"] for row in outbox(runtime)] == ["webchat"]
    (told,) = [row for row in rows(runtime, Outbox) if row["ref"] == "chat_link"]  # nobody looks at a page by chance
    assert told["channel"] == "sms"
    assert told["body"].startswith("Maple Elementary tiene un mensaje para usted en esta página: http")
    with pytest.raises(NotAllowed):
        draft(runtime, message_class="F")


def test_student_data_goes_by_no_text_message(runtime):
    made = approve(runtime, draft(runtime, message_class="D"), WORDS)
    change(runtime, Endpoint, Endpoint.contact_id == ES, Endpoint.channel != "sms", state="blocked")
    with pytest.raises(Conflict, match=r"not_by_this_channel|endpoint_blocked"):
        send(runtime, made)
    assert outbox(runtime) == []


def test_where_no_text_can_point_to_the_page_the_liaison_tells_the_family(runtime):
    change(runtime, Contact, Contact.id == ES, lang_written="so")
    send(runtime, approve(runtime, draft(runtime, message_class="D"), WORDS))
    assert [row["reason"] for row in rows(runtime, Handoff)] == ["undelivered"]


def test_a_persons_words_with_another_figure_or_another_child_are_remarked_on(runtime):
    made = approve(runtime, draft(runtime), WORDS.replace("20", "30"))
    assert [(one.level, one.code) for one in made.findings] == [("look", "figures")]
    with pytest.raises(Conflict, match="findings"):
        send(runtime, made)
    with pytest.raises(Conflict, match="findings"):
        send(runtime, approve(runtime, made, f"{WORDS} Luis también."), seen=["other_child"])
    assert outbox(runtime) == []
    send(runtime, approve(runtime, made, WORDS))


def test_no_engine_no_preview_and_a_person_writes_the_words(runtime, engine):
    engine.say = down
    made = draft(runtime)
    assert preview(runtime, made).refusal == "untranslated"
    with runtime.database.read() as conn:
        assert [item.kind for item in review_queue.waiting(conn, LIAISON, runtime.clock.now()).rows] == ["letter"]
    with pytest.raises(Conflict, match="empty"):
        approve(runtime, made)
    send(runtime, approve(runtime, made, WORDS))
    assert outbox(runtime)[0]["body"] == WORDS


def test_the_same_language_needs_no_translation_and_shows_its_cost(runtime, engine):
    settings = rows(runtime, District)[0]["settings"]
    change(runtime, District, District.id == "dst_demo", settings={**settings, "cost.segment": "0.01"})
    made = draft(runtime, "Maya read 20 pages this week.", contact=EN, case_id="cas_demo_maya")
    assert (made.refusal, made.preview, made.segments, made.cost) == ("", "", 1, "0.01")
    assert preview(runtime, made).back == ""
    send(runtime, made)
    assert outbox(runtime)[0]["body"] == "Maya read 20 pages this week."
    assert engine.heard == []
    change(runtime, District, District.id == "dst_demo", settings={**settings, "cost.segment": "cheap"})
    assert draft(runtime, "Maya reads.", contact=EN, case_id="cas_demo_maya").cost == ""


def test_another_childs_name_keeps_a_text_back_and_other_remarks_must_be_seen(runtime):
    made = draft(runtime, "Maya and Diego read together.", contact=EN, case_id="cas_demo_maya")
    assert [(one.level, one.code, one.about) for one in made.findings] == [("stop", "other_child", "Diego")]
    with pytest.raises(Conflict, match="findings"):
        send(runtime, made, seen=["other_child"])
    made = draft(runtime, "Will Maya come? Why didn't you answer", contact=EN, case_id="cas_demo_maya")
    with pytest.raises(Conflict, match="findings"):
        send(runtime, made)
    assert send(runtime, made, seen=[one.code for one in made.findings])


@pytest.mark.parametrize(
    ("table", "values", "why"),
    [
        (Guardianship, {"restriction": "court"}, "restricted"),
        (Guardianship, {"may_receive": False}, "restricted"),
        (Guardianship, {"rights_holder": False}, "no_rights"),
        (Guardianship, {"hold": "new_guardian"}, "held"),
        (Case, {"safety_hold": True}, "safety_hold"),
        (Consent, {"state": "stopped"}, "stopped"),
        (Contact, {"identity": "wrong_number"}, "wrong_number"),
    ],
)
def test_who_may_not_have_it_is_not_written_to(runtime, table, values, why):
    made = approve(runtime, draft(runtime), WORDS)
    change(runtime, table, **values)
    with pytest.raises(Conflict, match=why):
        send(runtime, made)
    assert outbox(runtime) == []


def test_who_may_not_open_the_case_finds_nothing_and_a_teacher_cannot_approve(runtime):
    made = draft(runtime, who=TEACHER)
    preview(runtime, made, TEACHER)
    with pytest.raises(NotAllowed):
        approve(runtime, made, who=TEACHER)
    for act in (preview, approve, send):
        with pytest.raises(NotFound):
            act(runtime, made, who=STRANGER)
    with pytest.raises(NotFound):
        draft(runtime, who=STRANGER)
    with pytest.raises(NotFound):
        draft(runtime, contact=EN)
    with pytest.raises(NotAllowed):
        draft(runtime, who=TEACHER, message_class="D")


# --- templates ------------------------------------------------------------------------------------------------------------------------------

MASTER = "We will meet about {child} on {day}. Please tell us if that is a good day."
SPANISH = "Nos reuniremos para hablar de {child} el {day}. Por favor díganos si es un buen día."
FILLED = {"child": "Diego", "day": "2026-05-04"}


def within(runtime, act, *given, **more):
    with runtime.database.begin() as conn:
        return act(conn, runtime, *given, **more)


def now(runtime):
    return runtime.clock.now()


def written(runtime, text=MASTER, template_id="", who=COORDINATOR, message_class="A"):
    return within(runtime, templates.write, who, "Meeting", message_class, text, now(runtime), template_id)


def sent(runtime, template_id, values=FILLED):
    return within(runtime, send_template.send, LIAISON, Ask(template_id, code_of(runtime), ES, values), now(runtime))


def test_a_template_is_approved_translated_checked_and_filled(runtime, engine):
    made = written(runtime)
    assert (made.approved, made.ready, made.slots) == (False, (), ("child", "day"))
    with pytest.raises(Conflict, match="not_approved"):
        sent(runtime, made.id)
    assert within(runtime, templates.approve, COORDINATOR, made.id, now(runtime)).approved
    with pytest.raises(Conflict, match="untranslated"):
        sent(runtime, made.id)
    words, back, likeness = templates.translate(runtime, LIAISON, made.id, "es", now(runtime))
    assert "{child}" in words
    assert "{day}" in back
    assert likeness >= 0
    with pytest.raises(Conflict, match="unchecked"):
        sent(runtime, made.id)
    with pytest.raises(Conflict, match="slots"):
        within(runtime, templates.check, LIAISON, made.id, "es", now(runtime), "Nos reuniremos el {day}.")
    assert within(runtime, templates.check, LIAISON, made.id, "es", now(runtime), SPANISH).ready == ("es",)
    with pytest.raises(Conflict, match="slots"):
        sent(runtime, made.id, {"child": "Diego", "day": " "})
    sent(runtime, made.id, FILLED)
    assert outbox(runtime)[0]["body"].startswith("Nos reuniremos para hablar de Diego el lunes 4 de mayo.")
    written(runtime, MASTER.replace("good", "fine"), made.id)
    with pytest.raises(Conflict, match="stale"):
        sent(runtime, made.id)
    within(runtime, templates.approve, COORDINATOR, made.id, now(runtime))
    with pytest.raises(Conflict, match="untranslated"):
        sent(runtime, made.id)
    assert [one.title for one in within(runtime, templates.every, COORDINATOR, now(runtime))] == ["Meeting"]


@pytest.mark.parametrize("act", ["withdrawn", "written anew", "named anew"])
def test_what_waits_to_leave_is_taken_back_with_its_template(runtime, act):
    made = written(runtime, "We will meet on {day}.")
    within(runtime, templates.approve, COORDINATOR, made.id, now(runtime))
    within(runtime, templates.check, LIAISON, made.id, "es", now(runtime), "Nos reuniremos el {day}.")
    sent(runtime, made.id)
    if act == "withdrawn":
        within(runtime, templates.withdraw, COORDINATOR, made.id, now(runtime))
    elif act == "written anew":
        written(runtime, "We will not meet on {day}.", made.id)
    else:
        within(runtime, templates.write, COORDINATOR, "Our meeting", "A", "We will meet on {day}.", now(runtime), made.id)
    (letter,) = outbox(runtime)
    tasks = [(one["to_role"], one["contact_id"]) for one in rows(runtime, Handoff) if one["reason"] == "undelivered"]
    taken_back = act != "named anew"
    assert (letter["state"], letter["reason"]) == (("cancelled", "withdrawn") if taken_back else ("queued", ""))
    assert tasks == ([("liaison", ES)] if taken_back else [])


def test_who_keeps_templates(runtime):
    for act in (
        lambda: written(runtime, who=TEACHER),
        lambda: within(runtime, templates.approve, LIAISON, written(runtime).id, now(runtime)),
    ):
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(Conflict, match="fixed_texts_only"):
        written(runtime, message_class="F")
    with pytest.raises(Conflict, match="empty"):
        written(runtime, " ")
    with pytest.raises(Conflict, match="places"):
        written(runtime, "Bring {thing} on {day}.")
    with pytest.raises(NotFound):
        sent(runtime, "tpl_none")
    with pytest.raises(NotFound):
        within(runtime, send_template.send, LIAISON, Ask(written(runtime).id, code_of(runtime), EN, FILLED), now(runtime))
    with pytest.raises(NotAllowed):
        within(
            runtime, send_template.send, TEACHER, Ask(written(runtime, message_class="D").id, code_of(runtime), ES, FILLED), now(runtime)
        )


def test_generated_histories_through_the_services_send_nothing_stale_and_nothing_unreviewed(runtime):
    """What left is held against what a person had checked at that moment, kept by the test itself."""
    dice = random.Random(17)
    texts = [f"Diego had a good week {word}." for word in ("here", "there", "again")]
    made = draft(runtime, texts[0])
    current, reviewed, left = texts[0], {}, 0
    for _ in range(60):
        act = dice.choice(("edit", "preview", "approve", "rewrite", "send"))
        try:
            if act == "edit":
                current = dice.choice(texts)
                draft(runtime, current, draft_id=made.id)
            elif act == "preview":
                preview(runtime, made)
            elif act == "send":
                send(runtime, made)
                body = outbox(runtime)[-1]["body"]
                assert reviewed[current] == body
                left += 1
                made, current = draft(runtime, texts[0]), texts[0]
            else:
                said = f"Diego tuvo una buena semana {dice.choice('abcdefghi')}." if act == "rewrite" else ""
                reviewed[current] = approve(runtime, made, said).preview
        except Conflict:
            continue
    assert left > 2
    assert {row["state"] for row in rows(runtime, Translation)} <= {"machine", "checked", "waiting"}
