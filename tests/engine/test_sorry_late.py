"""Who comes back late and says why is told that there is no rush; it is no answer, and nothing that was not understood."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.talker import Talker

AT = {"reading_routine": ("reading", ["comics"]), "signs": ("reading", ["comics", "1"]), "interest": ("reading", [])}


def nudged(library: Library, lang: str, at: str) -> Talker:
    part, replies = AT[at]
    talker = Talker(library, lang=lang)
    talker.start("home-observations", part)
    for reply in replies:
        talker.send(reply)
    talker.later(days=1)
    talker.ring("nudge")
    talker.later(days=1)
    return talker


SAID = [("en", one) for one in ("sry been workin doubles", "Sorry, my phone was off", "so sorry been so busy w work")] + [
    ("es", one) for one in ("perdon ando trabajando doble", "disculpe maestra no tenia saldo", "perdón por la tardanza")
]


@pytest.mark.parametrize(("lang", "text"), SAID)
@pytest.mark.parametrize("at", AT)
def test_no_rush_and_the_same_question(library: Library, lang: str, text: str, at: str) -> None:
    talker = nudged(library, lang, at)
    asked = talker.said[-1].partition(": ")[2]
    talker.send(text)
    assert (len(talker.said), talker.handed()) == (1, [])
    assert talker.said[0].endswith(asked)
    assert talker.said[0].startswith({"en": "No rush.", "es": "Sin prisa."}[lang])
    assert talker.written()[-1] == ("observation", {"note": text})


def test_an_answer_behind_sorry_is_an_answer(library: Library) -> None:
    talker = nudged(library, "en", "interest")
    talker.send("sorry! she likes comics and horses")
    assert talker.written()[-1] == ("strength", {"reading_interest": "sorry! she likes comics and horses"})
    talker = nudged(library, "es", "reading_routine")
    talker.send("perdón, algunos días")
    assert talker.written()[-1] == ("observation", {"reading.routine": "some_days"})


def test_it_is_no_second_misunderstanding_but_the_next_one_is(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations", "reading")
    for text in ("comics", "purple"):
        talker.send(text)
    talker.ring("nudge")
    talker.send("sry been workin doubles")
    assert talker.handed() == []
    talker.send("sorry what a day")
    assert talker.handed() == [("liaison", "misunderstood")]
