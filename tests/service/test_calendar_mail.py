"""A press on "Yes" in somebody's calendar comes as a mail: it answers no question of ours, and a person reads it."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest

from bot.store.tables import CaseEntry, Handoff, Message, Session
from channels.email.apart import read_apart
from channels.email.mime import read
from tests.service.mailing import give_email, mail
from tests.service.receiving import rows, start, take

SAID = "Dana Walker has declined this invitation."
REPLY = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nATTENDEE;PARTSTAT=DECLINED:mailto:dana@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def letter(words: str = SAID, **params: str) -> bytes:
    found = EmailMessage()
    found["From"], found["Subject"] = "dana@example.org", "Declined: Meeting @ Tue Dec 1"
    found.set_content(words + "\n")
    found.add_alternative(REPLY, subtype="calendar", params=params)
    return found.as_bytes()


def comes(runtime, raw: bytes) -> None:
    found = read(raw)
    item = mail(found.reply, found.sender, full=found.text, subject=found.subject, beside=found.beside)
    take(runtime, replace(item, raw={**item.raw, "calendar": found.calendar}))


def test_what_a_calendar_program_does_is_read_in_the_child_too() -> None:
    assert [one(letter(method="REPLY")).calendar for one in (read, read_apart)] == ["REPLY", "REPLY"]
    assert read(letter()).calendar == "", "a file beside words is a file"


@pytest.mark.parametrize("asked", [True, False])
def test_an_answer_from_a_calendar_goes_to_a_person_and_answers_no_question(lite, asked: bool) -> None:
    give_email(lite, "con_demo_en")
    if asked:
        start(lite)
    before = [(row["version"], row["status"]) for row in rows(lite, Session)]
    comes(lite, letter(method="REPLY"))
    assert rows(lite, CaseEntry) == []
    assert [(row["version"], row["status"]) for row in rows(lite, Session)] == before
    (task,) = rows(lite, Handoff)
    assert (task["to_role"], task["reason"], task["case_id"]) == ("liaison", "calendar_mail", "cas_demo_maya")
    assert task["body"].splitlines()[0] == "Declined: Meeting @ Tue Dec 1"
    assert SAID in task["body"]
    assert rows(lite, Message)[-1]["state"] == "done"


def test_danger_in_a_calendars_mail_is_danger(lite) -> None:
    give_email(lite, "con_demo_en")
    comes(lite, letter("I can not come, I want to kill myself", method="REPLY"))
    assert "on_call" in {row["to_role"] for row in rows(lite, Handoff)}
