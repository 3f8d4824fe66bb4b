"""Plain texts that hold no word of danger, stop, evaluation or wrong number and were taken for one; and despair in plain words."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen

HARMLESS = (
    ("en", "im not getting your messages"),
    ("en", "I did not get Monday's message"),
    ("en", "How often do you send these"),
    ("en", "My husband is back from his trip Friday"),
    ("en", "What time do you lock the school doors?"),
    ("en", "I am requesting a copy of her grades"),
    ("en", "That's not Luis that's Leo, they're twins haha"),
    ("es", "Que Dios se lo pague maestra"),
    ("es", "Sin más por el momento me despido, saludos"),
    ("es", "Quién lee estos mensajes"),
    ("es", "No me están llegando los mensajes de la maestra, por qué será"),
    ("es", "mi mamá le amarra las agujetas porque todavia no puede"),
    ("es", "Perdieron pero disparó bonito al arco"),
    ("es", "Me gustaría que le llamen la atención cuando no escucha."),
    ("ar", "مين يقرأ هذه الرسائل"),
    ("zh", "谁会看这些消息"),
    ("vi", "Ai đọc những tin nhắn này"),
    ("ht", "Kiyès ki li mesaj sa yo"),
    ("pt", "Meu marido volta de viagem na sexta"),
    ("uk", "Як часто ви надсилаєте повідомлення?"),
    ("ur", "یہ پیغامات کون پڑھتا ہے"),
)
DESPAIR = (
    ("es", "me estoy queriendo matar"),
    ("es", "no quiero estar mas aqui"),
    ("es", "siento que no valgo nada para nadie"),
    ("es", "quiero puro desaparecer"),
    ("es", "ya no quiero seguir asi, ya me canse de luchar"),
    ("es", "hoy me despido de todos, cuiden a mis hijos"),
    ("en", "he hates himself"),
    ("en", "im so done with being alive"),
)


@pytest.mark.parametrize(("lang", "text"), HARMLESS)
def test_a_plain_text_is_taken_for_nothing(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.grave, found.stop, found.evaluation, found.signs) == (False, "", "", ())


@pytest.mark.parametrize(("lang", "text"), DESPAIR)
def test_despair_in_plain_words_is_danger_and_ends_no_texts(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.danger_level, found.stop) == (2, "")
