"""Mail that comes in: whom it is believed to be from, which case it is about, and what is heard in the whole of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from bot.service import directory
from bot.service.receive import rescue, retry
from bot.store.readiness import mail_of_no_district
from bot.store.tables import (
    Attachment,
    Case,
    CaseEntry,
    Consent,
    District,
    Endpoint,
    Guardianship,
    Handoff,
    Message,
    Outbox,
    Sender,
    Session,
)
from channels.base import DOUBTS, MediaRef
from channels.email.mime import read
from tests.fakes.mail_programs import PROGRAMS
from tests.service.mailing import OURS, give_email, mail
from tests.service.receiving import change, family_rows, rows, start, take

SPANISH = "con_demo_es"


@pytest.fixture
def runtime(runtime):
    give_email(runtime)
    return runtime


@pytest.fixture
def lite(lite):
    give_email(lite)
    return lite


def consent(runtime, address: str = "lucia@example.org") -> str:
    index = runtime.vault.index("dst_demo", address)
    (row,) = rows(runtime, Consent, Consent.medium == "email", Consent.address_index == index)
    return row["state"]


def reasons(runtime):
    return [(one["to_role"], one["reason"]) for one in rows(runtime, Handoff)]


def asked(runtime, contact=SPANISH):
    start(runtime, contact)
    return family_rows(runtime)[0]


def quoting(row, reply: str) -> str:
    quoted = "\n".join(f"> {line}" for line in row["body"].splitlines())
    return f"{reply}\n\nEl sáb, 21 nov 2026 a las 16:10, Escuela (<r+a@mail.example.org>) escribió:\n\n{quoted}\n"


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubtful_mail_changes_nothing_and_is_kept_for_a_person(runtime, doubt):
    asked(runtime)
    before = (rows(runtime, Session), rows(runtime, CaseEntry), rows(runtime, Consent), family_rows(runtime), rows(runtime, Endpoint))
    (outcome,) = take(runtime, mail("STOP", doubt=doubt))
    assert outcome.state == "put_aside"
    assert (
        rows(runtime, Session),
        rows(runtime, CaseEntry),
        rows(runtime, Consent),
        family_rows(runtime),
        rows(runtime, Endpoint),
    ) == before
    (message,) = rows(runtime, Message)
    assert (message["state"], message["error"], message["visibility"]) == ("quarantined", f"doubt:{doubt}", "staff_only")
    assert (message["contact_id"], message["case_id"], message["body"]) == (None, None, "STOP")
    assert [one["content_type"] for one in rows(runtime, Attachment)] == ["message/rfc822"]
    assert reasons(runtime) == ([] if doubt == "automatic" else [("office", "doubtful_mail")])
    assert all(one["case_id"] is None and one["contact_id"] is None for one in rows(runtime, Handoff))


def test_danger_in_a_doubtful_mail_brings_a_person_at_once_and_no_answer(lite):
    take(lite, mail("voy a matarme", doubt="dmarc"))
    assert reasons(lite) == [("on_call", "doubtful_danger")]
    assert rows(lite, Message)[0]["visibility"] == "safety_only"
    assert family_rows(lite) == []
    take(lite, mail("quiero que evalúen a mi hijo para educación especial", doubt="automatic"))
    assert reasons(lite)[-1] == ("evaluation_contact", "doubtful_evaluation")


def test_who_floods_us_with_forged_mail_does_not_flood_the_people(lite):
    take(lite, *(mail(f"words {number}", f"forger{number}@example.net", doubt="dmarc") for number in range(40)))
    assert len(rows(lite, Message)) == 40
    tasks = rows(lite, Handoff)
    assert [one["reason"] for one in tasks] == ["doubtful_mail"] * 25 + ["doubtful_mail_more"]
    assert tasks[-1]["body"].startswith("\u00d715\n\nwords 25\n\nwords 26")


@pytest.mark.parametrize(
    ("words", "reason"),
    [("voy a matarme", "doubtful_danger"), ("quiero que evalúen a mi hijo para educación especial", "doubtful_evaluation")],
)
def test_forged_alarms_are_bounded_and_counted_and_none_is_lost(lite, clock, words, reason):
    def came() -> list[str]:
        return [one["reason"] for one in rows(lite, Handoff)]

    for number in range(4):
        take(lite, mail(f"{words} {number}", "forger@example.net", doubt="dmarc"))
    assert came() == [reason, f"{reason}_more"]
    calls = len(rows(lite, Outbox))
    take(lite, *(mail(f"{words} - {number}", f"forger{number}@example.net", doubt="dmarc") for number in range(60)))
    assert came() == [reason, f"{reason}_more", *[reason] * 4]
    assert len(rows(lite, Outbox)) <= calls + 3 * 4
    (counted,) = [one for one in rows(lite, Handoff) if one["reason"].endswith("_more")]
    assert counted["body"].startswith("\u00d759\n\n")
    assert len(counted["body"]) < 5_000
    assert counted["visibility"] == ("safety_only" if reason == "doubtful_danger" else "staff_only")
    assert len(rows(lite, Message)) == 64
    assert {one["state"] for one in rows(lite, Message)} == {"quarantined"}
    clock.set(clock.now() + timedelta(hours=1, minutes=1))
    take(lite, mail(f"{words} again", "forger@example.net", doubt="dmarc"))
    assert came()[-1] == reason
    change(lite, Handoff, Handoff.reason == f"{reason}_more", state="closed")
    take(lite, mail(f"{words} and again", "forger@example.net", doubt="dmarc"))
    assert came()[-1] == f"{reason}_more"


def test_a_mail_to_an_address_of_no_district_is_kept_and_told(lite):
    with lite.database.begin() as conn:
        other = {"id": "dst_other", "name": "Other", "zone": "America/Denver", "settings": {}, "demo": True, "created_at": lite.clock.now()}
        conn.execute(District.__table__.insert(), other)
        conn.execute(Sender.__table__.insert(), {"id": "snd_zz", "district_id": "dst_demo", "channel": "email", "address": OURS})
    directory.forget(lite.database.engine)
    item = replace(mail("Hello", "somebody@example.net"), to="nobody@mail.example.org")
    assert take(lite, item)[0].state == "put_aside"
    with lite.database.begin() as conn:
        rescue(conn, lite, replace(item, provider_id="mail_rescued"), ValueError(), lite.clock.now())
    first, second = rows(lite, Message)
    assert (first["district_id"], first["state"], first["error"]) == ("dst_demo", "quarantined", "doubt:no_district")
    assert (second["district_id"], second["state"]) == ("dst_demo", "failed")
    assert reasons(lite) == [("office", "doubtful_mail")]
    assert family_rows(lite) == []
    with lite.database.read() as conn:
        assert mail_of_no_district(conn, lite.clock.now()) == 1
        assert mail_of_no_district(conn, lite.clock.now() + timedelta(days=31)) == 0


def test_a_doubtful_mail_that_comes_again_is_one(lite):
    take(lite, mail("x", doubt="dmarc", message_id="mail_same"))
    assert take(lite, mail("x", doubt="dmarc", message_id="mail_same"))[0].state == "duplicate"
    assert len(rows(lite, Message)) == 1


def test_a_familys_mail_is_theirs_and_keeps_the_whole_original(runtime):
    row = asked(runtime)
    full = quoting(row, "Le encanta dibujar")
    (outcome,) = take(runtime, mail("", full=full, about=row["id"]))
    assert outcome.state == "done"
    (message,) = rows(runtime, Message)
    assert (message["contact_id"], message["body"]) == (SPANISH, "Le encanta dibujar")
    kept = orjson.loads(message["raw"])
    assert (kept["full_text"], kept["about"]) == (full, row["id"])
    entries = rows(runtime, CaseEntry)
    assert [entry["answer_raw"] for entry in entries] == ["Le encanta dibujar"]


def test_the_original_mail_is_not_a_familys_photo(lite):
    row = asked(lite)
    photo = MediaRef("image/jpeg", data=b"\xff\xd8", provider_id="a.jpg")
    take(lite, mail("Mire", about=row["id"], media=(photo, MediaRef("message/rfc822", data=b"raw", provider_id="original"))))
    attached = {one["content_type"]: one["id"] for one in rows(lite, Attachment)}
    assert set(attached) == {"image/jpeg", "message/rfc822"}
    (entry,) = rows(lite, CaseEntry)
    assert entry["media"] == [attached["image/jpeg"]]


def test_a_reply_address_in_another_persons_hands_is_doubtful(lite):
    give_email(lite, "con_demo_en")
    row = asked(lite)
    for sender in ("dana@example.org", "stranger@example.net"):
        assert take(lite, mail("Hola", sender, about=row["id"]))[0].state == "put_aside"
    assert {one["error"] for one in rows(lite, Message)} == {"doubt:reply_address"}
    assert family_rows(lite) == [row]
    assert rows(lite, CaseEntry) == []


def test_a_reply_address_that_names_nothing_is_doubtful(lite):
    assert take(lite, mail("Hola", about="out_nothing"))[0].state == "put_aside"


def test_the_reply_address_says_which_child(lite):
    give_email(lite, "con_demo_siblings")
    start(lite, "con_demo_siblings", case=_cases(lite)[1])
    row = family_rows(lite)[0]
    assert row["case_id"] == _cases(lite)[1]
    start(lite, "con_demo_siblings", case=_cases(lite)[0], flow="question")
    assert take(lite, mail("Le gusta pintar", "both@example.org", about=row["id"]))[0].state == "done"
    assert rows(lite, Message)[-1]["case_id"] == _cases(lite)[1]


def _cases(runtime) -> list[str]:
    mine = {one["student_id"] for one in rows(runtime, Guardianship, Guardianship.contact_id == "con_demo_siblings")}
    return [one["id"] for one in rows(runtime, Case) if one["student_id"] in mine]


@pytest.mark.parametrize("fails", [False, True])
def test_an_answer_is_its_own_districts_where_another_has_our_plain_address(lite, fails):
    row = asked(lite)
    with lite.database.begin() as conn:
        other = {"id": "dst_other", "name": "Other", "zone": "America/Denver", "settings": {}, "demo": True, "created_at": lite.clock.now()}
        conn.execute(District.__table__.insert(), other)
        conn.execute(Sender.__table__.insert(), {"id": "snd_other", "district_id": "dst_other", "channel": "email", "address": OURS})
    directory.forget(lite.database.engine)
    item = mail("Le encanta dibujar", about=row["id"])
    if fails:
        with lite.database.begin() as conn:
            outcome = rescue(conn, lite, item, ValueError(), lite.clock.now())
        with lite.database.begin() as conn:
            retry(conn, lite, outcome.message_id, lite.clock.now())
    else:
        take(lite, item)
    (message,) = rows(lite, Message)
    assert (message["district_id"], message["contact_id"], message["state"]) == ("dst_demo", SPANISH, "done")
    (question, *_) = [one for one in family_rows(lite) if one["id"] != row["id"]]
    assert question["sender"] == row["sender"]


def test_an_unknown_address_is_a_stranger(lite):
    assert take(lite, mail("Hello", "somebody@example.net"))[0].state == "unknown_sender"
    (answer,) = family_rows(lite)
    assert (answer["purpose"], answer["message_class"], answer["case_id"]) == ("notice", "A", None)
    assert "address" in answer["body"]


def test_danger_in_an_answer_under_an_unmarked_quote_pages_once_with_its_words(lite):
    row = asked(lite)
    answers = {1: "Le encanta dibujar", 5: "su papá le pega todas las noches y tiene miedo"}
    raw = PROGRAMS["outlook"]("lucia@example.org", OURS, row["body"], answers, in_reply_to="<p@x>", message_id="<1@x>", above="Hola")
    found = read(raw)
    take(lite, mail(found.reply, full=found.text, about=row["id"]))
    (task,) = [one for one in rows(lite, Handoff) if one["to_role"] == "on_call"]
    assert task["reason"] == "danger"
    assert answers[5] in task["body"]


def test_who_told_of_danger_by_mail_and_writes_again_hears_by_mail_that_it_was_passed_on(lite):
    take(lite, mail("mi hijo dice que se quiere morir"))
    take(lite, mail("mi telefono es 555 0100"))
    take(lite, mail("¿A qué hora nos llaman? Ya está más tranquilo en su cuarto."))
    last = family_rows(lite)[-1]
    assert (last["ref"], last["channel"], last["message_class"]) == ("crisis/passed_on", "email", "F")
    assert last["body"].startswith("Gracias. Ya se lo pasé al personal de la escuela.")
