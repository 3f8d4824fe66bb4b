"""What a talk says by e-mail fits e-mail: no word of texting, no voice, and a question one can tell from a greeting."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.talker import Talker


def said_by(library: Library, flow: str, lang: str, channel: str) -> str:
    talker = Talker(library, channel=channel, lang=lang, trusted=False)
    talker.start(flow)
    return "\n".join(talker.said)


@pytest.mark.parametrize(("lang", "asked"), [("en", "Which language do you like best?"), ("es", "¿Qué idioma prefiere?")])
def test_the_welcome_by_mail_asks_for_the_language_in_every_language(library: Library, lang: str, asked: str) -> None:
    by_mail = said_by(library, "welcome", lang, "email")
    assert "Hello from Cedar School. Which language do you like best?\n" in by_mail
    assert asked in by_mail
    assert asked not in said_by(library, "welcome", lang, "sms")


@pytest.mark.parametrize(("lang", "words"), [("en", ("Text or voice",)), ("es", ("texto", "voz"))])
def test_the_first_question_about_the_child_speaks_of_texts_by_text_alone(library: Library, lang: str, words: tuple[str, ...]) -> None:
    by_mail, by_text = (said_by(library, "home-observations", lang, channel) for channel in ("email", "sms"))
    assert [word for word in words if word in by_text] == list(words)
    assert [word for word in words if word in by_mail] == []


@pytest.mark.parametrize("key", ["not_built", "not_built_teacher", "less_which"])
@pytest.mark.parametrize("lang", ["en", "es"])
def test_what_every_talk_says_has_its_words_for_mail(library: Library, key: str, lang: str) -> None:
    by_mail, by_text = (library.on(channel).text("common", key, lang).format for channel in ("email", "sms"))
    assert "text" in by_text
    assert "text" not in by_mail
