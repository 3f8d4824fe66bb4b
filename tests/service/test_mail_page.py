"""A whole flow by e-mail is one page with the same questions, and writes the same record as by text."""

from __future__ import annotations

import dataclasses

import pytest

from bot.service import case_timeline, family_chat, family_form
from bot.service.ring import ring
from bot.service.viewer import Viewer
from bot.store.tables import CaseEntry, Contact, Endpoint, EntryMark, FamilyLink, Handoff, Message, Session, Timer
from channels.base import Inbound, MediaRef
from channels.email.mime import read
from tests.conftest import _copy
from tests.fakes.mail_programs import PROGRAMS
from tests.service.mailing import OURS, give_email, mail
from tests.service.receiving import ES, SHOWN, change, family_rows, rows, runtime_for, sms, start, take

SPANISH = "con_demo_es"
CORE = {
    1: "Le encanta dibujar y cantar",
    2: "1, 3",
    3: "Silencio y música",
    4: "Español con su abuela, inglés con sus primos",
    5: "Su tía Lola",
    6: "Que lea con alegría",
}
READING = {1: "Cuentos de dinosaurios", 2: "1", 3: "2, 4", 4: "3", 5: "mi hermano batalló con la lectura", 6: "Leer juntos antes de dormir"}


def record(runtime):
    """The record entry by entry, as far as it does not name the channel."""
    marks = {mark["entry_id"] for mark in rows(runtime, EntryMark) if mark["kind"] == "confirmed"}
    return [(*(entry[name] for name in SHOWN), entry["id"] in marks) for entry in rows(runtime, CaseEntry)]


def arrives(raw: bytes, about: str) -> Inbound:
    """The MIME message as the e-mail channel gives it."""
    found = read(raw)
    assert (found.doubt, found.automatic, found.bounce) == ("", "", None)
    original = MediaRef("message/rfc822", data=raw, provider_id="original")
    return Inbound(
        "email",
        found.message_id,
        "email",
        OURS,
        found.sender,
        found.reply,
        (original,),
        {"message_id": found.message_id},
        False,
        found.text,
        found.subject,
        "",
        about,
    )


def by_text(runtime, part: str, answers: dict[int, str]):
    start(runtime, SPANISH, variant=part)
    for text in answers.values():
        take(runtime, sms(text, ES))
    take(runtime, sms("1", ES))
    return record(runtime)


@pytest.fixture
def another_world(request, tmp_path):
    """A second house, for the same talk by text."""
    yield from _copy(request, "sqlite", tmp_path, seeded=True)


@pytest.fixture(scope="module")
def wanted() -> dict[str, list]:
    """What the same answers write by text; filled by the first test that asks."""
    return {}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(("part", "answers"), [("", CORE), ("reading", READING)], ids=["core", "reading"])
def test_three_mail_programs_write_the_same_entries_as_by_text(world_sqlite, another_world, clock, wanted, program, part, answers):
    if part not in wanted:
        other = runtime_for(another_world, clock)
        wanted[part] = by_text(other, part, answers)
    runtime = runtime_for(world_sqlite, clock)
    give_email(runtime)
    start(runtime, SPANISH, variant=part)
    (page,) = family_rows(runtime)
    assert (page["channel"], page["purpose"], page["message_class"]) == ("email", "ask", "C")
    assert all(f"\n{number}. " in page["body"] for number in answers)
    write = PROGRAMS[program]
    reply_to = f"r+{page['id']}@mail.example.org"
    raw = write(
        "lucia@example.org", reply_to, page["body"], answers, in_reply_to="<page@x>", message_id="<1@example.org>", above="Buenas tardes:"
    )
    assert take(runtime, arrives(raw, page["id"]))[0].state == "done"
    _, back = family_rows(runtime)
    assert (back["purpose"], back["channel"]) == ("readback", "email")
    assert "(1) " in back["body"]
    raw = PROGRAMS["iphone"](
        "lucia@example.org", reply_to, back["body"], {}, in_reply_to="<back@x>", message_id="<2@example.org>", above="1"
    )
    take(runtime, arrives(raw, back["id"]))
    assert record(runtime) == wanted[part]
    assert [talk["status"] for talk in rows(runtime, Session)] == ["done"]


OTHERS = {
    "early-concern": ({1: "1, 4", 2: "Grita al leer", 3: "2", 4: "Dibuja muy bien", 5: "Leer juntos", 6: "1"}, "1"),
    "welcome": ({1: "2", 2: "1", 3: "1", 4: "3", 5: "Los domingos"}, "1"),
    "evaluation-request": ({1: "No entiende lo que lee", 2: "3"}, ""),
}


def begin(runtime, flow: str, words) -> None:
    if flow == "evaluation-request":
        take(runtime, words("Quiero que evalúen a mi hija para educación especial"))
    else:
        start(runtime, SPANISH, flow=flow)


@pytest.mark.parametrize("flow", OTHERS)
def test_a_whole_flow_is_one_mail_and_one_answer(world_sqlite, another_world, clock, flow):
    answers, confirm = OTHERS[flow]
    other = runtime_for(another_world, clock)
    begin(other, flow, lambda text: sms(text, ES))
    for text in (*answers.values(), *filter(None, [confirm])):
        take(other, sms(text, ES))
    runtime = runtime_for(world_sqlite, clock)
    give_email(runtime)
    begin(runtime, flow, mail)
    page = family_rows(runtime)[-1]
    assert [f"\n{number}. " in page["body"] for number in answers] == [True] * len(answers)
    assert "{" not in page["body"]
    assert "tel\u00e9fono de" not in page["body"]
    reply_to = f"r+{page['id']}@mail.example.org"
    known = {"in_reply_to": "<page@x>", "message_id": "<1@example.org>"}
    raw = PROGRAMS["gmail"]("lucia@example.org", reply_to, page["body"], answers, **known, above="Buenas tardes:")
    assert take(runtime, arrives(raw, page["id"]))[0].state == "done"
    if confirm:
        back = family_rows(runtime)[-1]
        assert back["purpose"] == "readback"
        take(runtime, mail(confirm, about=back["id"]))
    assert record(runtime) == record(other)
    assert len(record(runtime)) >= len(answers)
    assert {one["status"] for one in rows(runtime, Session)} == {"done"}
    reasons = [sorted((one["to_role"], one["reason"]) for one in rows(each, Handoff)) for each in (runtime, other)]
    assert reasons[0] == reasons[1]


def test_a_talk_that_was_broken_off_by_a_request_is_gone_on_with(lite):
    give_email(lite)
    start(lite, SPANISH)
    (page,) = family_rows(lite)
    take(lite, mail("1: dibujar\n6: quiero que lo evalúen para educación especial", about=page["id"]))
    details = family_rows(lite)[-1]
    assert details["ref"] == "evaluation-request/2"
    take(lite, mail("1: no entiende\n2: 4", about=details["id"]))
    again = family_rows(lite)[-1]
    assert again["ref"] == "home-observations/2"
    assert all(f"\n{number}. " in again["body"] for number in (2, 3, 4, 5, 6))
    take(lite, mail("2: 1\n6: que lea", about=again["id"]))
    assert family_rows(lite)[-1]["purpose"] == "readback"
    assert [entry["step_id"] for entry in rows(lite, CaseEntry)] == ["1", "3", "2", "3", "4", "2", "6"]


def test_to_an_address_nobody_confirmed_the_child_comes_second(lite):
    """Rule 4: until they say whose address it is, a mail names the school alone."""
    give_email(lite)
    change(lite, Endpoint, Endpoint.contact_id == SPANISH, confirmed_at=None)
    change(lite, Contact, Contact.id == SPANISH, identity="unconfirmed")
    start(lite, SPANISH, flow="welcome")
    (page,) = family_rows(lite)
    assert (page["message_class"], page["case_id"]) == ("A", None)
    assert "\n2. " in page["body"]
    assert "\n3. " not in page["body"]
    take(lite, mail("1: 2\n2: 1", about=page["id"]))
    second = family_rows(lite)[-1]
    assert second["message_class"] == "C"
    assert all(f"\n{number}. " in second["body"] for number in (3, 4, 5))
    assert "ayudante autom\u00e1tico" in second["body"]
    assert [entry["step_id"] for entry in rows(lite, CaseEntry)] == ["1", "2", "3"]


def test_the_page_goes_out_as_one_mail_on_both_databases(runtime):
    give_email(runtime)
    start(runtime, SPANISH)
    (page,) = family_rows(runtime)
    assert page["body"].count("\n\n") == 7
    take(runtime, mail("2: 1\n6: Que lea", about=page["id"]))
    assert [entry["step_id"] for entry in rows(runtime, CaseEntry)] == ["2", "6"]
    assert len(family_rows(runtime)) == 2


def test_one_turn_is_one_mail(lite):
    give_email(lite)
    start(lite, SPANISH, variant="math")
    (page,) = family_rows(lite)
    take(lite, mail("1: juegos\n2: 1\n3: 4\n4: español\n5: contar", about=page["id"]))
    _, answer = family_rows(lite)
    assert answer["message_class"] == "C"
    assert answer["guardianship_id"]
    assert ("teacher", "minutes_high") in [(one["to_role"], one["reason"]) for one in rows(lite, Handoff)]


def test_a_danger_sentence_among_the_answers_gets_the_fixed_text_alone_and_first(lite):
    give_email(lite)
    start(lite, SPANISH)
    (page,) = family_rows(lite)
    take(lite, mail("1: dibujar\n2: mi hijo dice que quiere matarse", about=page["id"]))
    answers = family_rows(lite)[1:]
    assert answers[0]["message_class"] == "F"
    assert answers[0]["priority"] == 0
    assert all(one["message_class"] == "F" or "?" not in one["body"] for one in answers)
    assert [entry["step_id"] for entry in rows(lite, CaseEntry, CaseEntry.kind == "strength")] == ["1"]
    assert rows(lite, Message)[0]["visibility"] == "safety_only"


def test_the_page_offers_our_own_page_where_a_code_can_reach_the_phone(lite):
    give_email(lite)
    shown = dataclasses.replace(lite, settings=dataclasses.replace(lite.settings, public_base_url="https://families.example.org"))
    start(shown, SPANISH)
    (page,) = family_rows(lite)
    assert "https://families.example.org/chat/" in page["body"].splitlines()[-1]
    assert [(link["contact_id"], link["purpose"]) for link in rows(lite, FamilyLink)] == [(SPANISH, "chat")]


def test_what_is_asked_about_the_address_is_answered_from_there(lite):
    """Whose address it is, and whether we may write there, no other page can say."""
    give_email(lite)
    shown = dataclasses.replace(lite, settings=dataclasses.replace(lite.settings, public_base_url="https://families.example.org"))
    start(shown, SPANISH, flow="welcome")
    (page,) = family_rows(lite)
    assert "/chat/" not in page["body"]
    at = family_chat.Door("open", "", b"", "dst_demo", SPANISH, "es", "America/Denver", "", "")
    with lite.database.read() as conn:
        assert family_form.fields(conn, lite, at, lite.clock.now()) == ()


def test_a_nudge_by_mail_is_the_page_again(lite, clock):
    give_email(lite)
    start(lite, SPANISH)
    (nudge,) = [timer for timer in rows(lite, Timer) if timer["kind"] == "nudge"]
    clock.set(nudge["due_at"])
    with lite.database.begin() as conn:
        ring(conn, lite, nudge["id"], clock.now())
    assert family_rows(lite)[-1]["body"].count("\n\n") == 8


def test_reading_back_and_thanks_are_steps_of_the_talk_and_wait_for_nothing(runtime):
    from bot.store import mail as mails

    give_email(runtime)
    start(runtime, SPANISH)
    about = family_rows(runtime)[0]["id"]
    take(runtime, mail("\n".join(f"{number}: {text}" for number, text in CORE.items()), about=about))
    take(runtime, mail("1", about=about))
    page, readback, thanks = family_rows(runtime)
    with runtime.database.read() as conn:
        moved = {one: found.moved for one, found in mails.answered(conn, [page["id"], readback["id"], thanks["id"]]).items()}
    assert (readback["purpose"], thanks["case_id"]) == ("readback", None)
    assert moved == {readback["id"]: True, thanks["id"]: True}


def test_the_whole_mail_stands_beside_its_words_for_those_who_may_read_all_of_it(lite):
    give_email(lite)
    start(lite, SPANISH, variant="reading")
    (page,) = family_rows(lite)
    whole = "1: Cuentos\n5: mi hermano batalló\n\nEnviado desde mi iPhone\n"
    take(lite, mail("", full=whole, about=page["id"]))

    def seen(staff_id):
        with lite.database.begin() as conn:
            shown = case_timeline.read(conn, lite, Viewer(staff_id, "dst_demo", "", "en", b""), "CV-1002", lite.clock.now())
        return [line.whole for line in (*shown.strengths, *shown.lines)]

    assert seen("stf_demo_liaison") == [whole.strip(), ""]
    assert seen("stf_demo_teacher") == [""]
    assert rows(lite, Message)[0]["visibility"] == "staff_only"
