"""Somebody writes in another language than they are written to in: one question in both, and their answer is the setting."""

from __future__ import annotations

import pytest

from bot.store.tables import CaseEntry, Contact, Handoff, Outbox, Translation
from tests.service.receiving import EN, change, rows, runtime_for, sms, start, take
from tests.service.translating import Played, with_engines, work

SPANISH = "A ella le gusta mucho dibujar y leer con su abuela"


@pytest.fixture
def runtime(world_sqlite, clock):
    made = with_engines(runtime_for(world_sqlite, clock), Played())
    start(made)
    return made


def said(runtime, since=0):
    return [row["body"] for row in rows(runtime, Outbox) if row["audience"] == "family"][since:]


def contact(runtime):
    (row,) = rows(runtime, Contact, Contact.id == "con_demo_en")
    return row["lang_written"], row["lang_by"]


def test_it_is_proposed_in_both_languages_and_the_open_question_waits(runtime):
    before = len(said(runtime))
    take(runtime, sms(SPANISH, EN))
    (offer,) = said(runtime, before)
    assert offer.split("\n") == [
        "Usted escribió en español. ¿Le escribo en español?",
        "You wrote in Spanish. Shall I write in Spanish?",
        "1 Sí / Yes 2 No",
    ]
    assert contact(runtime)[0] == "en"
    (entry,) = rows(runtime, CaseEntry, CaseEntry.kind == "strength")
    assert (entry["answer_raw"], entry["answer_lang"]) == (SPANISH, "es")
    take(runtime, sms("1", EN))
    assert contact(runtime) == ("es", "family")
    assert "¿Qué clase de persona es Maya?" in " ".join(said(runtime)[-2:]) or "Maya" in said(runtime)[-1]
    assert "You" not in said(runtime)[-1]


def test_what_they_wrote_is_translated_for_staff_whatever_the_setting_says(runtime):
    take(runtime, sms(SPANISH, EN))
    work(runtime)
    (row,) = rows(runtime, Translation)
    assert (row["source_lang"], row["target_lang"], row["state"]) == ("es", "en", "machine")


@pytest.mark.parametrize("answer", ["2", "no"])
def test_no_keeps_the_language_goes_on_and_is_not_asked_again(runtime, answer):
    take(runtime, sms(SPANISH, EN))
    take(runtime, sms(answer, EN))
    assert contact(runtime) == ("en", "family")
    assert "What kind of person is Maya?" in said(runtime)[-1]
    take(runtime, sms("1", EN))
    before = len(said(runtime))
    take(runtime, sms("cuando todo está en calma y nadie la apura", EN))
    assert not [text for text in said(runtime, before) if "Usted escribió" in text]


def test_whoever_keeps_the_language_has_read_what_we_said_before(runtime):
    for text in ("frogs", "1", "1", "English", "grandma", "that she reads", "1"):
        take(runtime, sms(text, EN))
    take(runtime, sms(SPANISH, EN))
    before = len(said(runtime))
    take(runtime, sms("2", EN))
    assert said(runtime, before) == ["OK. I will write to you in English."]


def test_one_word_changes_nothing_and_asks_nothing(runtime):
    take(runtime, sms("ranas", EN))
    assert "What kind of person is Maya?" in said(runtime)[-1]
    assert contact(runtime)[0] == "en"


def test_a_language_we_do_not_write_is_asked_about_and_never_named(runtime):
    take(runtime, sms("Wiilkaygu wuxuu jecel yahay inuu sawiro oo uu la akhriyo ayeeyadiis", EN))
    assert said(runtime)[-1].startswith("Which language do you like best?")
    assert contact(runtime)[0] == "en"


def test_danger_comes_before_any_such_question(runtime):
    take(runtime, sms("mi hija dice que se quiere matar hoy", EN))
    assert not [text for text in said(runtime) if "Usted escribió" in text]
    assert rows(runtime, Handoff, Handoff.reason == "danger")


def test_a_family_that_chose_is_not_asked(runtime):
    change(runtime, Contact, Contact.id == "con_demo_en", lang_by="family")
    take(runtime, sms(SPANISH, EN))
    assert "What kind of person is Maya?" in said(runtime)[-1]


def test_words_of_ones_own_are_heard_before_the_offer_is_answered(runtime):
    """A mother who goes on in Spanish is not told to reply 1 or 2: her words are a note for a person, and the offer stays."""
    for words in (SPANISH, "Ayer leyó sola un cuento entero a su abuela"):
        take(runtime, sms(words, EN))
    assert "Ayer leyó sola un cuento entero a su abuela" in [row["answer_raw"] for row in rows(runtime, CaseEntry)]


def test_a_language_that_is_named_is_not_asked_for_once_more(runtime):
    take(runtime, sms("LANGUAGE", EN))
    take(runtime, sms("Kreyòl ayisyen", EN))
    (task,) = rows(runtime, Handoff, Handoff.reason == "unread_language")
    assert task["to_role"] == "liaison"
    assert [row["answer_raw"] for row in rows(runtime, CaseEntry)] == ["Kreyòl ayisyen", "Kreyòl ayisyen"]
