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
    ("en", "did you stop sending the weekly update?"),
    ("en", "the messages stopped coming, can you check my number"),
    ("en", "I want more messages not less lol"),
    ("en", "hw takes 2 hrs n she cries every nite"),
    ("en", "my sister gonna come w me"),
    ("en", "are yall coming to the house"),
    ("es", "Que Dios se lo pague maestra"),
    ("es", "prefiero mensajes que llamadas"),
    ("es", "mensaje de texto nomas"),
    ("es", "me lo puede volver a mandar, lo borre"),
    ("es", "vimos una película de balazos y le dio miedo"),
    ("es", "le cortaron el pelo y no se quiere quitar la gorra"),
    ("es", "Q tal, es sobre luis"),
    ("es", "van a venir a la casa?"),
    ("es", "ya no tengo saldo"),
    ("es", "tengo una bebe y no puedo ir"),
    ("es", "estoy embarazada y me canso mucho"),
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


@pytest.mark.parametrize("text", ["no more please", "pls no more", "please no more thanks"])
def test_no_more_is_a_stop_and_never_the_command_more(text: str) -> None:
    found = screen(shipped_words(), text, "en")
    assert (found.stop, found.command) == ("word", "")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "me va a matar si sabe que les escribo"),
        ("es", "mi esposo me va a matar"),
        ("en", "he will kill me if he finds out"),
        ("en", "my husband will kill me if he knows i text you"),
        ("en", "hes going to kill me when he gets home"),
        ("en", "they will kill us if we tell"),
        ("pt", "meu marido me mata se descobrir"),
        ("ru", "муж убьет меня если узнает"),
        ("zh", "我老公知道了会打死我"),
        ("so", "ninkaygu wuu i dilayaa haddii uu ogaado"),
    ],
)
def test_who_is_killed_if_it_is_found_out_is_in_danger_now(lang: str, text: str) -> None:
    assert screen(shipped_words(), text, lang).danger_level == 1


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "me va a matar si rompo otro plato jaja"),
        ("en", "my wife will kill me if i forget lol"),
        ("en", "mom will kill me if i get a bad grade"),
        ("en", "his teacher is going to kill me for this lol"),
        ("en", "she will kill me if she sees this mess lol"),
    ],
)
def test_who_is_only_scolded_is_not(lang: str, text: str) -> None:
    assert not screen(shipped_words(), text, lang).grave


def test_who_goes_out_of_the_way_means_it() -> None:
    assert screen(shipped_words(), "me voy a quitar de en medio", "es").danger_level == 2


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "start txting again"),
        ("en", "text me again pls"),
        ("en", "sign me back up please"),
        ("es", "vuelvan a escribirme por favor"),
        ("es", "ya pueden escribirme otra vez"),
        ("es", "quiero recibir los mensajes otra vez, gracias"),
    ],
)
def test_who_wants_texts_again_says_start(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.command, found.command_exact, found.stop) == ("start", True, "")


@pytest.mark.parametrize(("lang", "text"), [("en", "never text me again"), ("es", "por favor no vuelvan a escribirme")])
def test_who_wants_none_again_says_stop(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.command, found.stop) == ("", "phrase")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "viene a mi casa y tengo miedo"),
        ("es", "va a venir a la casa con una pistola"),
        ("es", "dice que va a venir a la casa a quitarme los niños"),
        ("es", "estoy embarazada y me golpea"),
        ("en", "are they coming to my house to take my kids"),
    ],
)
def test_who_is_afraid_of_who_comes_is_heard(lang: str, text: str) -> None:
    assert screen(shipped_words(), text, lang).grave
