"""Yes and no as families say them, and never the one for the other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.engine import readback, walk
from bot.engine.answers import MISS
from bot.engine.library import Library
from bot.engine.talk import Talk
from tests.engine.talker import Talker

ASKED = {"phone": ("welcome", "core"), "consent": ("welcome", "core"), "wants_help": ("home-observations", "attendance")}


def meant(library: Library, name: str, lang: str, reply: str) -> object:
    flow, part = ASKED[name]
    step = next(one for one in library.latest[flow].parts[part].steps if one.name == name)
    return walk.understand(Talk(library, replace(Talker(library, lang=lang).base, text=reply)), step)


@pytest.mark.parametrize(
    ("lang", "reply"),
    [("en", one) for one in ("yes it's me", "Yes, this is Rosa", "speaking", "yes I am", "yes ma'am")]
    + [("es", one) for one in ("sí, soy Rosa", "soy yo", "con ella habla", "sí señora")],
)
def test_who_says_that_it_is_them_has_said_yes(library: Library, lang: str, reply: str) -> None:
    assert meant(library, "phone", lang, reply) == "yes"


@pytest.mark.parametrize(
    ("lang", "reply", "value"),
    [("en", one, "yes") for one in ("yes you can", "you can text me", "go ahead", "Yes, thank you", "k")]
    + [("es", one, "yes") for one in ("sí pueden", "adelante", "sí, está bien", "sale")]
    + [("en", one, "no") for one in ("not right now", "please don't", "no sir", "not interested")]
    + [("es", one, "no") for one in ("ahorita no", "mejor no", "no señora", "por el momento no")],
)
def test_yes_and_no_have_many_words(library: Library, lang: str, reply: str, value: str) -> None:
    assert meant(library, "wants_help", lang, reply) == value


@pytest.mark.parametrize(
    ("lang", "reply"),
    [("en", one) for one in ("yes i think", "Yes, I think so", "i think so", "I guess so")]
    + [("es", one) for one in ("creo que sí", "sí, creo que sí", "pues sí")],
)
def test_a_careful_yes_asks_for_the_evaluation(library: Library, lang: str, reply: str) -> None:
    step = next(one for one in library.latest["evaluation-request"].parts["ask"].steps if one.name == "intent")
    assert walk.understand(Talk(library, replace(Talker(library, lang=lang).base, text=reply)), step) == "yes"


@pytest.mark.parametrize(("lang", "reply"), [("en", "what is it?"), ("en", "what's it"), ("es", "¿qué es?")])
def test_what_is_it_is_not_understood(library: Library, lang: str, reply: str) -> None:
    assert library.words.wonders(reply), lang


@pytest.mark.parametrize("name", ["phone", "consent"])
@pytest.mark.parametrize(
    ("lang", "reply"),
    [("en", one) for one in ("you can't text me", "no you can text me", "yes but no", "yes it's not me", "is this Rosa?", "don't go ahead")]
    + [("es", one) for one in ("no me gustaría", "no, soy su hermana", "no puede", "ella no habla")],
)
def test_a_denial_is_never_nearly_a_yes(library: Library, name: str, lang: str, reply: str) -> None:
    assert meant(library, name, lang, reply) in (MISS, "no")


@pytest.mark.parametrize(
    ("name", "lang", "reply", "value"),
    [
        ("consent", "en", "yeah but only bout meetings", "reminders_only"),
        ("consent", "en", "sure but just reminders", "reminders_only"),
        ("consent", "en", "yeah only if its important", MISS),
        ("consent", "es", "claro pero nomas de las reuniones", "reminders_only"),
        ("consent", "es", "si nomas avisos", "reminders_only"),
        ("consent", "es", "esta bien pero solo lo importante", MISS),
        ("consent", "es", "sale pero por llamada", MISS),
        ("phone", "en", "yeah but its my sisters too", MISS),
        ("phone", "es", "bueno es de mi hija", MISS),
        ("phone", "es", "si es de los dos", MISS),
        ("phone", "es", "claro soy yo", "yes"),
        ("consent", "en", "yeah go ahead", "yes"),
        ("phone", "en", "hi sry yes its rosa", "yes"),
        ("phone", "es", "hola perdón sí soy rosa", "yes"),
        ("consent", "es", "perdon la 2", "reminders_only"),
        ("consent", "en", "sorry no", "no"),
    ],
)
def test_a_yes_with_limits_is_no_whole_yes_and_one_behind_hello_and_sorry_is(
    library: Library, name: str, lang: str, reply: str, value: object
) -> None:
    assert meant(library, name, lang, reply) == value


@pytest.mark.parametrize(
    ("lang", "reply", "place"),
    [("en", "no it's ok", 0), ("en", "no changes", 0), ("es", "no, así está bien", 0), ("en", "no that's wrong", 1), ("es", "está mal", 1)],
)
def test_no_change_is_good(library: Library, lang: str, reply: str, place: int) -> None:
    assert readback.picked(Talk(library, replace(Talker(library, lang=lang).base, text=reply))) == place
