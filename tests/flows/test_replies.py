"""Answers as families write them, beside the numbers we offer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine import walk
from bot.engine.library import Library
from bot.engine.talk import Talk
from tests.engine.talker import Talker

SAID: dict[tuple[str, str], dict[str, dict[str, str]]] = {
    ("home-observations", "reading_routine"): {
        "en": {"every sunday": "some_days", "maybe twice a week": "some_days", "not really": "rarely", "we used to": "not_now"},
        "es": {"cuando puedo": "some_days", "una vez a la semana": "some_days", "ya no": "not_now", "no tengo tiempo": "not_now"},
    },
    ("home-observations", "reading_l1"): {
        "en": {"he only knows English": "does_not_read", "she can't read Spanish": "does_not_read", "much harder": "harder"},
        "es": {"le cuesta más": "harder", "no sabe": "does_not_read"},
    },
    ("home-observations", "body"): {
        "en": {"not good, he wakes up at 3am": "not_so_good", "terrible": "poor"},
        "es": {"más o menos": "not_so_good", "duerme poco": "not_so_good", "no come nada": "poor"},
    },
    ("early-concern", "since"): {
        "en": {
            "3 days": "week",
            "yesterday": "week",
            "1 month ago": "month",
            "since he was little": "longer",
            "since the divorce": "change",
        },
        "es": {"3 semanas": "month", "la semana pasada": "month", "este año": "longer", "cuando nació el bebé": "change"},
    },
    ("early-concern", "wish"): {
        "en": {"I want to talk to the teacher": "call", "can we meet": "meet", "whatever you think": "unsure"},
        "es": {"una cita": "meet", "hablar con la maestra": "call"},
    },
    ("welcome", "consent"): {
        "en": {"only for meetings": "reminders_only", "email please": "no", "yes you can": "yes"},
        "es": {"solo para las juntas": "reminders_only", "no me manden": "no", "sí pueden": "yes"},
    },
    ("reminder", "coming"): {"en": {"confirmed": "ok", "I'll try": "ok"}, "es": {"confirmado": "ok", "voy en camino": "late"}},
}


@pytest.mark.parametrize(
    ("flow", "name", "lang", "reply", "value"),
    [(*step, lang, reply, value) for step, by_lang in SAID.items() for lang, said in by_lang.items() for reply, value in said.items()],
)
def test_what_families_say_is_the_option_they_mean(library: Library, flow: str, name: str, lang: str, reply: str, value: str) -> None:
    step = next(one for part in library.latest[flow].parts.values() for one in part.steps if one.name == name)
    assert walk.understand(Talk(library, replace(Talker(library, lang=lang).base, text=reply)), step) == value
