"""A photo or a voice note is in the record whatever was written beside it (F07)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store.tables import Attachment, CaseEntry, Handoff
from channels.base import MediaRef
from tests.service.mailing import give_email, mail
from tests.service.receiving import EN, SIBLINGS, photo, rows, sms, start, take

ANSWERS = ["She loves dinosaurs", "1 and 3", "quiet", "English with me", "her grandma", "that she reads"]


def in_the_record(runtime) -> list[tuple[str, str | None, list[str]]]:
    """(kind, words, files) of the lines that hold files."""
    return [(row["kind"], row["answer_raw"], row["media"]) for row in rows(runtime, CaseEntry) if row["media"]]


@pytest.mark.parametrize("words", ["1", "she reads", "SKIP", "HELP", "PERSON", "thank you", "ok"])
@pytest.mark.parametrize("at", [0, 1, 6], ids=["at words", "at numbers", "at the read-back"])
def test_a_picture_is_kept_whatever_it_came_with(lite, words, at):
    start(lite)
    for text in ANSWERS[:at]:
        take(lite, sms(text, EN))
    take(lite, sms(words, EN, media=(photo(), photo())))
    files = [row["id"] for row in rows(lite, Attachment)]
    assert [media for _, _, media in in_the_record(lite)] == [files]


def test_a_picture_that_comes_after_the_talk_with_thanks_is_kept_for_the_team(lite):
    take(lite, sms("gracias", EN, media=(photo(),)))
    assert [row[0] for row in in_the_record(lite)] == ["observation"]


def test_a_picture_waits_with_its_words_for_which_child(lite):
    take(lite, sms("mira su dibujo", SIBLINGS, media=(photo(),)))
    assert in_the_record(lite) == []
    take(lite, sms("1", SIBLINGS))
    assert [len(row[2]) for row in in_the_record(lite)] == [1]


def test_a_picture_in_a_mail_that_only_says_good_is_kept(lite):
    give_email(lite, "con_demo_en")
    start(lite)
    for text in ANSWERS:
        take(lite, sms(text, EN))
    take(lite, mail("1", "dana@example.org", media=(photo(),)))
    assert [len(row[2]) for row in in_the_record(lite)] == [1]


def test_a_picture_with_danger_is_for_trained_staff_alone(lite):
    take(lite, sms("she wants to die", EN, media=(photo(),)))
    held = [row["visibility"] for row in rows(lite, CaseEntry) if row["media"]]
    assert held == ["safety_only"]
    assert [row["to_role"] for row in rows(lite, Handoff)] == ["on_call"]


def test_a_voice_note_is_known_as_one(lite, clock):
    clock.step = timedelta(0)
    start(lite)
    for words in ANSWERS[:3]:
        take(lite, sms(words, EN))
    clock.advance(minutes=1)
    voice = MediaRef("audio/ogg", url="https://media.example/2")
    for file in (voice, voice, photo()):
        take(lite, sms("", EN, media=(file,)))
    assert [row["step_id"] for row in rows(lite, CaseEntry) if row["media"]] == ["4", "5", "5"]
