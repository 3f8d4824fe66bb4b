"""Words below the cut of a mail: danger, STOP and a wish for an evaluation count there; what a mail program or we wrote does not."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest

from bot.engine.quoted import unread
from bot.service.receive import rescue, retry
from bot.store.tables import (
    Case,
    CaseEntry,
    Handoff,
    Message,
    Outbox,
    Timer,
)
from bot.store.types import Plain
from channels.email.mime import read
from tests.channels.email.test_cut import BLOCKS, INTRODUCTIONS, PHONES
from tests.conftest import _copy
from tests.fakes.clock import TickingClock
from tests.service.mailing import OURS, give_email, mail
from tests.service.receiving import change, family_rows, rows, runtime_for, take
from tests.service.test_mail_in import asked, consent, quoting, reasons


@pytest.fixture
def runtime(runtime):
    give_email(runtime)
    return runtime


@pytest.fixture
def lite(lite):
    give_email(lite)
    return lite


@pytest.fixture(scope="module")
def lite_once(request, tmp_path_factory):
    """One house for many mails that change nothing."""
    for world in _copy(request, "sqlite", tmp_path_factory.mktemp("once"), seeded=True):
        made = runtime_for(world, TickingClock())
        give_email(made)
        yield made


@pytest.mark.parametrize("lines", [16_000, 7_000])
def test_what_stands_beyond_what_is_searched_is_read_by_a_person(lite, lines: int) -> None:
    letter = EmailMessage()
    letter["From"] = "lucia@example.org"
    letter.set_content("Le gusta leer en casa 1\n" * lines + "me quiero morir\n")
    found = read(letter.as_bytes())
    item = mail(found.reply, full=found.text)
    take(lite, replace(item, raw={**item.raw, "defects": list(found.defects)}))
    assert [(row["to_role"], row["body"]) for row in rows(lite, Handoff) if row["reason"] == "mail_too_long"] == [("liaison", None)]


def test_danger_in_the_name_of_a_picture_brings_trained_staff(lite):
    letter = EmailMessage()
    letter["From"] = "lucia@example.org"
    letter.set_content("Mire la foto\n")
    letter.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename="me_quiero_morir.jpg")
    found = read(letter.as_bytes())
    take(lite, mail(found.reply, full=found.text, beside=found.beside))
    assert [row["to_role"] for row in rows(lite, Handoff) if row["reason"] == "danger_below"] == ["on_call"]


def test_our_own_quoted_words_stop_nobody(lite):
    asked(lite)
    ours = Plain("dst_demo", "Hola. Conteste ALTO para no recibir más mensajes.\nALTO\nReply STOP to end.")
    change(lite, Outbox, Outbox.audience == "family", body=ours)
    row = family_rows(lite)[0]
    take(lite, mail("", full=quoting(row, "Todo bien"), about=row["id"]))
    assert consent(lite) == "granted"


@pytest.mark.parametrize(
    "below",
    ["STOP", "ya no me escriban", "> ya no me escriban por favor", "please stop emailing me"],
)
def test_a_stop_below_the_cut_counts(runtime, below):
    row = asked(runtime)
    full = quoting(row, "Hola") + f"\n-- \n{below}\n"
    take(runtime, mail("", full=full, about=row["id"]))
    assert consent(runtime) == "stopped"
    assert [one["purpose"] for one in family_rows(runtime)][1:] == ["confirm_stop"]


@pytest.mark.parametrize(
    "said_who",
    [
        "On Sat, Nov 21, 2026 at 3:00 PM Cedar Valley Schools <school@families.demo.example> wrote:",
        "On Sat, Nov 21, 2026 at 3:00 PM Cedar Valley Schools\n<school@families.demo.example> wrote:",
        "El sáb, 21 nov 2026 a las 15:00, Escuelas (<school@families.demo.example>)\nescribió:",
        "Le sam. 21 nov. 2026 à 15:00, Ecole <school@families.demo.example> a écrit :",
    ],
)
def test_what_a_mail_program_sets_over_a_quote_is_nobodys_words(lite, said_who):
    give_email(lite, "con_demo_en")
    full = f"She loves building towers.\n\n{said_who}\n> A message from your school\n"
    take(lite, mail("", "dana@example.org", full=full, subject="Re: A message from your school"))
    (message,) = rows(lite, Message)
    assert message["screened"] == ""
    assert {one["reason"] for one in rows(lite, Handoff)} <= {"free_note", "not_screened"}


def test_a_stop_in_the_subject_counts(lite):
    take(lite, mail("", subject="STOP"))
    assert consent(lite) == "stopped"


@pytest.mark.parametrize("how", ["attached", "sent along", "only in the HTML", "base64 in a wrong charset", "HTML alone"])
def test_danger_anywhere_in_a_mail_brings_a_person(lite, how):
    row = asked(lite)
    words = "mi hijo dice que quiere morirse, está en su cuarto"
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = "lucia@example.org", OURS, "Re: x", "<d@example.org>"
    made.set_content("Le gusta pintar\n")
    if how == "attached":
        made.add_attachment(words, filename="carta.txt")
    elif how == "sent along":
        inner = EmailMessage()
        inner["From"] = "tia@example.org"
        inner.set_content(words)
        made.add_attachment(inner)
    elif how == "only in the HTML":
        made.add_alternative(f"<p>Le gusta pintar</p><p>{words}</p>", subtype="html")
    elif how == "base64 in a wrong charset":
        made.set_content(f"Le gusta pintar\n\n-- \n{words}\n".encode(), maintype="text", subtype="plain", cte="base64")
        made.replace_header("Content-Type", "text/plain; charset=iso-8859-1")
    else:
        made.set_content(f"<p>Le gusta pintar</p><blockquote>{words}</blockquote>", subtype="html")
    found = read(made.as_bytes())
    item = mail(found.reply, full=found.text, about=row["id"], beside=found.beside)
    take(lite, item)
    assert [entry["answer_raw"] for entry in rows(lite, CaseEntry) if entry["kind"] == "strength"] == ["Le gusta pintar"]
    assert [one["visibility"] for one in rows(lite, Message)] == ["safety_only"]
    assert {("on_call", "danger_below"), ("on_call", "danger")} & set(reasons(lite))


def test_a_stop_in_what_was_sent_along_is_somebody_elses(lite):
    row = asked(lite)
    take(lite, mail("Mire esto", about=row["id"], beside="Oferta! Responda ALTO.\nya no me escriban\nUnsubscribe"))
    assert consent(lite) == "granted"


def test_danger_below_the_cut_brings_a_person(runtime):
    row = asked(runtime)
    full = quoting(row, "Le gusta pintar") + "\n-- \nmi hijo dice que quiere morirse\n"
    take(runtime, mail("", full=full, about=row["id"]))
    assert ("on_call", "danger_below") in reasons(runtime)
    assert [entry["answer_raw"] for entry in rows(runtime, CaseEntry)] == ["Le gusta pintar"]
    (page,) = rows(runtime, Timer, Timer.kind == "page")  # it climbs like any danger until somebody has it
    assert page["step_id"] == "2/1"
    assert {one["purpose"] for one in rows(runtime, Outbox, Outbox.handoff_id == page["subject_id"])} == {"page"}
    assert rows(runtime, Case, Case.id == "cas_demo_diego")[0]["safety_hold"]
    assert rows(runtime, Message)[0]["visibility"] == "safety_only"


def test_danger_below_a_milder_worry_brings_a_person_and_closes_the_whole_mail(lite):
    row = asked(lite)
    below = "mi hijo dice que quiere morirse\nquiero que evalúen a mi hija para educación especial\n"
    take(lite, mail("", full=quoting(row, "No tenemos comida en casa") + f"\n-- \n{below}", about=row["id"]))
    assert {("liaison", "basic_need"), ("on_call", "danger_below")} <= set(reasons(lite))
    assert rows(lite, Message)[0]["visibility"] == "safety_only"
    seen_by_more = [one["body"] or "" for one in rows(lite, Handoff) if one["visibility"] != "safety_only"]
    assert any("educación especial" in body for body in seen_by_more)
    assert not any("morirse" in body for body in seen_by_more)


def test_a_wish_below_the_cut_reaches_the_evaluation_contact(lite):
    row = asked(lite)
    full = quoting(row, "Le gusta pintar") + "\n-- \nquiero que evalúen a mi hija para educación especial\n"
    take(lite, mail("", full=full, about=row["id"]))
    assert ("evaluation_contact", "evaluation_possible") in reasons(lite)


def test_what_was_said_once_is_not_heard_again_in_a_quote(lite):
    row = asked(lite)
    take(lite, mail("mi hijo dice que quiere morirse", about=row["id"]))
    before = reasons(lite)
    take(lite, mail("", full="Gracias\n\n> mi hijo dice que quiere\n> morirse\n", about=row["id"]))
    assert reasons(lite)[: len(before)] == before
    assert ("on_call", "danger_below") not in reasons(lite)


def test_a_turn_that_failed_runs_again_with_all_a_mail_brings(lite):
    row = asked(lite)
    full = quoting(row, "Le gusta pintar") + "\n-- \nya no me escriban\n"
    with lite.database.begin() as conn:
        outcome = rescue(conn, replace(lite, library=None), mail("", full=full, about=row["id"]), ValueError(), lite.clock.now())
    with lite.database.begin() as conn:
        retry(conn, lite, outcome.message_id, lite.clock.now())
    assert rows(lite, Message)[0]["state"] == "done"
    assert consent(lite) == "stopped"


def test_only_new_words_are_left_of_a_quote():
    ours = "Hello. Reply STOP to end.\nSTOP\nHow is homework going at home this week?"
    whole = "Fine\n\n> Hello. Reply STOP to\n> end.\n> STOP\n> How is homework going at\n> home this week?\nnew words here\n"
    assert unread(whole, "Fine", [ours]) == ["new words here"]
    assert unread("Fine\nSTOP", "Fine", ["Hello"]) == ["STOP"]
    assert unread("", "", []) == []
    assert unread("How is homework STOP going", "", ["How is homework going at home"]) == ["How is homework STOP going"]
    assert unread("one two three four five six STOP", "", ["zero one two three four five six"]) == ["stop"]


def test_a_mail_with_nothing_below_its_words_is_just_a_mail(lite):
    give_email(lite, "con_demo_en")
    take(lite, mail("She loves building towers.", "dana@example.org", subject=""))
    assert [message["state"] for message in rows(lite, Message)] == ["done"]


@pytest.mark.parametrize("introduction", [*INTRODUCTIONS.values(), *BLOCKS.values(), *PHONES])
def test_what_a_mail_program_writes_is_nobodys_cry(introduction, lite_once):
    """Heads, introductions and a phone's signature below the cut raise nothing, in any language."""
    before = len(rows(lite_once, Handoff))
    take(lite_once, mail("", full=f"Todo bien\n\n{introduction}\n\n"))
    raised = {one["reason"] for one in rows(lite_once, Handoff)[before:]}
    assert raised <= {"free_note", "translation"}
    assert consent(lite_once) == "granted"
