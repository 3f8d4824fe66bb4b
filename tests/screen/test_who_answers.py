"""Who has the phone (F24): a child, more people than one, a new guardian. A child that answers is in no danger, unless it says so."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen

WHO = (
    ("en", "new_guardian", "i have custody now not her mom"),
    ("en", "new_guardian", "she lives with me now im her grandma the court gave me custody"),
    ("en", "new_guardian", "we are his new foster parents"),
    ("en", "new_guardian", "dcf placed him with us last week"),
    ("en", "new_guardian", "the judge gave me full custody"),
    ("en", "new_guardian", "his mom lost custody hes with me"),
    ("en", "new_guardian", "im the legal guardian now"),
    ("en", "new_guardian", "i adopted her in june"),
    ("en", "new_guardian", "parental rights were terminated im the guardian"),
    ("es", "new_guardian", "ahora yo tengo la custodia"),
    ("es", "new_guardian", "el juez me dio la custodia"),
    ("es", "new_guardian", "soy la nueva mama de acogida"),
    ("es", "new_guardian", "dcf me lo dio a mi la semana pasada"),
    ("es", "new_guardian", "la mama perdio la custodia ahora vive conmigo"),
    ("es", "new_guardian", "yo soy la tutora legal ahora"),
    ("es", "new_guardian", "lo adoptamos en junio"),
    ("en", "teen", "this is his sister mom is at work"),
    ("en", "teen", "im 13 my mom is at work"),
    ("en", "teen", "its her son she cant answer"),
    ("en", "teen", "my mom is sleeping this is maya"),
    ("en", "teen", "yo this is diego mom left her phone"),
    ("en", "teen", "im the kid lol"),
    ("es", "teen", "soy el hijo mi mama no esta"),
    ("es", "teen", "tengo 12 mi mama esta trabajando"),
    ("es", "teen", "soy diego el telefono es de mi mama"),
    ("es", "teen", "mi mama no puede contestar soy su hija"),
    ("en", "shared_phone", "this phone is shared w my roommates"),
    ("en", "shared_phone", "we all use this phone"),
    ("en", "shared_phone", "my kids use this phone too"),
    ("en", "shared_phone", "this is me and my husbands phone"),
    ("en", "shared_phone", "other people read this phone"),
    ("en", "shared_phone", "my mother in law sees these texts"),
    ("es", "shared_phone", "compartimos el telefono"),
    ("es", "shared_phone", "este telefono lo usamos todos"),
    ("es", "shared_phone", "mis hijos tambien usan este telefono"),
    ("es", "shared_phone", "mi suegra ve estos mensajes"),
    ("es", "shared_phone", "el celular es de los dos"),
)
ANSWERS = (
    ("es", "soy el hijo mi mama no esta"),
    ("es", "soy la hija mi mama esta trabajando"),
    ("es", "mi mama no esta soy su hijo"),
    ("es", "soy diego el telefono es de mi mama"),
    ("es", "tengo 12 mi mama esta trabajando"),
    ("es", "mi mama salio al rato le contesta"),
    ("es", "soy su hermana mi mama esta dormida"),
    ("es", "mi papa no esta, soy el hijo"),
    ("es", "habla la hija, mi mama anda en la tienda"),
    ("es", "mi mama no puede contestar soy su hija"),
    ("es", "soy el hermano, mi mama dejo su celular"),
    ("es", "mi mama esta en el trabajo le digo cuando llegue"),
    ("en", "this is his sister mom is at work"),
    ("en", "im 13 my mom is at work"),
    ("en", "its her son she cant answer"),
    ("en", "yo this is diego mom left her phone"),
    ("en", "my mom aint here this is her son"),
    ("en", "mom is asleep ill tell her"),
    ("en", "this is the kid, moms at the store"),
    ("en", "hi this is maya my mom is driving"),
    ("en", "my dads not home rn im his son"),
    ("en", "my mom went to the store she'll text u back"),
)
IN_DANGER = (
    ("es", "soy el hijo mi mama no despierta"),
    ("es", "soy la hija mi papa le esta pegando a mi mama"),
    ("es", "mi mama no esta hace dos dias y no hay comida"),
    ("es", "tengo 8 años y estoy solo mi mama no llega desde ayer"),
    ("es", "soy su hijo mi padrastro tiene un cuchillo"),
    ("es", "mi mama no esta y mi tio me toca"),
    ("es", "tengo 13 y ya no quiero vivir"),
    ("en", "this is her son she wont wake up"),
    ("en", "im 13 my mom is hurting herself"),
    ("en", "mom isnt here and her boyfriend is hitting me"),
    ("en", "my mom left 3 days ago theres no food"),
    ("en", "im 9 im home alone and someone is banging on the door"),
    ("en", "this is his sister he took all the pills"),
    ("en", "my dads not home my brother is cutting himself"),
)


@pytest.mark.parametrize(("lang", "who", "text"), WHO)
def test_who_has_the_phone_is_heard(lang: str, who: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.identity, found.stop, found.grave) == (who, "", False)


@pytest.mark.parametrize(("lang", "text"), ANSWERS)
def test_a_child_that_answers_is_in_no_danger(lang: str, text: str) -> None:
    assert not screen(shipped_words(), text, lang).grave


@pytest.mark.parametrize(("lang", "text"), IN_DANGER)
def test_a_child_that_tells_of_danger_is_heard(lang: str, text: str) -> None:
    assert screen(shipped_words(), text, lang).grave
