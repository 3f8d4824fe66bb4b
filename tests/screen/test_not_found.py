"""A wish not to be found (F24): where we live, that we wrote, what the other parent may not hear. Told to the rota before anything else leaves."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen

WISHES = {
    "en": "her dad cant know we moved|please dont give my address to my ex|do not give our new address to anyone|my husband cant know i text you|"
    "hide our address please|nobody can know where we stay|we are in a shelter nobody can know|make sure his dad doesnt get these messages|"
    "he doesnt know where we are and i want to keep it that way|we moved to get away from him please dont share anything|"
    "dont tell her dad where we live|i have a restraining order against her dad",
    "es": "mi esposo no puede saber que les escribo|por favor que no sepa mi marido|no le manden nada al papa|escondan mi direccion por favor|"
    "nos cambiamos para escondernos de el|estamos en un albergue nadie puede saber|el papa no puede saber donde vivimos|"
    "el papa no debe saber nada de esto",
}
NONE = {
    "en": "his dad cant find out about the surprise party|her mom cant get this app to work|my husband cant read english|nobody can find his shoes|"
    "we went to the animal shelter|does her dad get these texts too|her dad should get these too|dont tell her i bought it its a surprise",
    "es": "mi esposo no puede ir a la junta|su papa no puede ver bien la letra|fuimos al albergue de perros|mandenle tambien al papa|"
    "que no sepa mi hijo que le compre un regalo|no le manden tarea a mi hijo|el papa tambien recibe estos mensajes?",
}


def lines(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(lang, text) for lang, texts in table.items() for text in texts.split("|")]


@pytest.mark.parametrize(("lang", "text"), lines(WISHES))
def test_a_wish_not_to_be_found_is_heard(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.identity, found.stop) == ("safety_request", "")


@pytest.mark.parametrize(("lang", "text"), lines(NONE))
def test_a_surprise_or_the_other_parent_is_none(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.identity, found.stop, found.danger_level) == ("", "", 0)
