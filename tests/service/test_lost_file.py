"""A photo that was thanked for and cannot be kept after all: who sent it hears it once, in their language, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.service import sweep
from bot.store.tables import Case, Consent, Message, Outbox
from channels.base import MediaRef
from channels.errors import NotAccepted, Permanent, Untaken
from tests.service.receiving import EN, ES, Quiet, change, family_rows, photo, rows, sms, take

TEXTS = {
    EN: "I could not keep a photo or file from your message. It is too big, or of a kind I cannot open. You can send a smaller photo. "
    "A person at school will ask you about it.",
    ES: "No pude guardar una foto o un archivo de su mensaje. Pesa mucho, o es de un tipo que no puedo abrir. "
    "Puede mandar una foto menos pesada. Una persona de la escuela le va a preguntar.",
}


class Spoilt(Quiet):
    """A provider whose files are never what was said."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble

    async def fetch(self, media: MediaRef) -> tuple[str, bytes]:
        raise self.trouble


class AtOnce:
    """What the deliverer's thread does for the sweep, done here."""

    def run(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(asyncio.run(work))
        except Exception as error:
            done.set_exception(error)
        return done


def fetched(lite, clock, trouble: Exception, *, times: int = 1, wait: timedelta = timedelta(minutes=2)) -> list[str]:
    """What families are told while the worker fetches, and what is handed on at once."""
    woken: list[str] = []
    run = replace(lite, channels=dict.fromkeys(lite.channels, Spoilt(trouble)), wake=woken.extend)
    before = len(family_rows(lite))
    for _ in range(times):
        clock.advance(seconds=wait.total_seconds())
        sweep.attachments(run, AtOnce())
    late = family_rows(lite)[before:]
    assert set(woken) <= {row["id"] for row in late}
    return [row["body"] for row in late]


@pytest.mark.parametrize("who", [EN, ES])
def test_a_message_of_spoilt_files_is_told_of_once(lite, clock, who):
    take(lite, sms("", who, media=(photo(), photo())))
    assert fetched(lite, clock, Untaken(code="size"), times=3) == [TEXTS[who]]
    (row,) = (row for row in family_rows(lite) if row["ref"] == "common/file_lost")
    assert (row["message_class"], row["purpose"], row["contact_id"] is not None) == ("A", "reply", True)


def test_another_message_is_told_of_as_well(lite, clock):
    take(lite, sms("", EN, media=(photo(),)))
    assert fetched(lite, clock, Untaken()) == [TEXTS[EN]]
    take(lite, sms("", EN, media=(photo(),)))
    assert fetched(lite, clock, Untaken()) == [TEXTS[EN]]


def test_soon_after_it_is_an_answer_and_later_it_keeps_the_hours(lite, clock):
    take(lite, sms("", EN, media=(photo(),)))
    fetched(lite, clock, Untaken())
    take(lite, sms("", ES, media=(photo(),)))
    fetched(lite, clock, Untaken(), wait=timedelta(hours=2))
    told = rows(lite, Outbox, Outbox.ref == "common/file_lost")
    assert {row["lang"]: row["answers_family"] for row in told} == {"en": True, "es": False}


@pytest.mark.parametrize("trouble", [NotAccepted(), Permanent("not at Twilio", code="host")])
def test_what_is_wrong_with_us_is_not_told_as_wrong_with_the_file(lite, clock, trouble):
    take(lite, sms("", EN, media=(photo(),)))
    assert fetched(lite, clock, trouble) == []


def test_nothing_is_said_while_a_child_is_held(lite, clock):
    take(lite, sms("", EN, media=(photo(),)))
    change(lite, Case, Case.id == "cas_demo_maya", safety_hold=True)
    assert fetched(lite, clock, Untaken()) == []


@pytest.mark.parametrize("visibility", ["safety_only", "staff_only"])
def test_nothing_is_said_of_what_trained_staff_alone_may_see(lite, clock, visibility):
    take(lite, sms("", EN, media=(photo(),)))
    change(lite, Message, visibility=visibility)
    assert fetched(lite, clock, Untaken()) == []


def test_nothing_is_said_after_stop(lite, clock):
    take(lite, sms("", EN, media=(photo(),)))
    take(lite, sms("STOP", EN))
    assert rows(lite, Consent)
    assert fetched(lite, clock, Untaken()) == []


def test_nothing_is_said_of_a_file_nobody_known_sent(lite, clock):
    take(lite, sms("", "+15550109999", media=(photo(),)))
    assert fetched(lite, clock, Untaken()) == []
