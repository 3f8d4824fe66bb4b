"""Anger at the school and grief are heard where they are the family's own; what others said, jokes and wonder are not taken for them."""

from __future__ import annotations

import pytest

from bot.screen.screen import screen
from bot.screen.wordlists import Words

HEARD = (
    ("en", "we are so mad!!", "anger"),
    ("en", "this is ridiculous, you never call me back", "anger"),
    ("en", "im going to call the superintendent and complain", "anger"),
    ("en", "she lost her grandma last month", "grief"),
    ("es", "estoy molesta con la maestra", "anger"),
    ("es", "voy a hablar con un abogado", "anger"),
    ("es", "murió mi mamá la semana pasada", "grief"),
)
NOT_MEANT = (
    ("en", "he says I hate this school"),
    ("en", "its not your fault"),
    ("en", "it's so ridiculous how much he loves legos"),
    ("en", "that is a joke we tell at bedtime"),
    ("en", "I was upset at school when I was a kid"),
    ("en", "worst teacher he had was in 2nd grade"),
    ("en", "I will call the district to ask about the bus"),
    ("en", "our dog died"),
    ("es", "no es culpa de la maestra"),
    ("es", "él dice que odia esa escuela"),
    ("es", "se enoja mucho cuando lee"),
    ("es", "su papá murió cuando era bebé"),
)


def feelings(words: Words, text: str, lang: str) -> set[str]:
    return {row.partition(".")[0] for row in screen(words, text, lang).matched} & {"anger", "grief"}


@pytest.mark.parametrize(("lang", "text", "what"), HEARD)
def test_it_is_heard(alone: Words, lang: str, text: str, what: str) -> None:
    assert feelings(alone, text, lang) == {what}


@pytest.mark.parametrize(("lang", "text"), NOT_MEANT)
def test_what_others_said_and_jokes_are_answers(alone: Words, lang: str, text: str) -> None:
    assert feelings(alone, text, lang) == set()
