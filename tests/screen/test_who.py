"""A bare question who we are is answered like HELP and blocks nothing; who says more than that has a wrong number."""

from __future__ import annotations

import pytest

from bot.lists import shipped_words
from bot.screen.screen import screen

BARE = {
    "en": "who is this?|Hi who is this please|whos this|who are you?|who r u|who dis|who is texting me?|I don't know this number|"
    "excuse me who are you|dont know this number who is it|who am i talking to?|whose number is this?|im sorry, who is this",
    "es": "¿Quién es?|quien eres|quién habla|buenas tardes, ¿quién es?|disculpe quien es|¿de quién es este número?|quien me escribe|"
    "no conozco este número|no tengo este numero guardado, quien es usted|quiénes son ustedes|con quién tengo el gusto",
    "ar": "مين معي|من انت؟|مين هاد|السلام عليكم مين معي|رقم مين هذا|meen enta|ما بعرف هالرقم",
    "zh": "你是谁？|请问哪位|您哪位|這是誰|谁啊|你们是谁|你好，请问你是谁",
    "vi": "ai vậy?|bạn là ai|xin hỏi ai vậy|ai day|số này của ai|ai đang nhắn tin cho tôi",
    "so": "waa kuma?|kumaad tahay|yaa tahay|waa ayo|fadlan waa kuma",
    "ht": "ki moun sa?|kiyès ou ye|bonjou ki moun sa|ki moun k ap ekri m|nimewo ki moun sa",
    "pt": "quem é?|quem é você|quem tá falando|oi quem é|de quem é esse número?|não conheço esse número",
    "ru": "кто это?|вы кто|здравствуйте, кто это?|а кто это|кто мне пишет|чей это номер?|kto eto|извините, вы кто",
    "hmn": "koj yog leej twg?|leej twg|tus no yog leej twg|nej yog leej twg",
    "ur": "آپ کون ہیں؟|کون بول رہا ہے|aap kaun hain|kon|یہ کس کا نمبر ہے|سلام آپ کون",
    "uk": "хто це?|ви хто|добрий день, хто це?|чий це номер?|хто пише|вибачте а хто це",
}
WHY = {
    "es": "por que me mandan esto|por que me escriben|porque me mandan mensajes|por que me llegan estos mensajes|por que me estan escribiendo|de donde sacaron mi numero|para que me mandan esto|quien les dio mi numero",
    "en": "why are u texting me|why did i get this text|why do i get these messages|why are you sending me this|how did you get my number|who gave you my number",
    "ht": "poukisa w ap ekri m",
    "vi": "sao nhắn tin cho tôi vậy",
    "pt": "por que vocês me mandam isso",
    "ru": "почему вы мне пишете",
    "zh": "你们为什么给我发这个",
    "ar": "ليش بتبعتولي هاي الرسائل",
    "so": "maxaad iigu soo diraysaa fariimahan",
    "uk": "чому ви мені пишете",
    "ur": "آپ مجھے یہ کیوں بھیج رہے ہیں",
    "hmn": "vim li cas koj xa ntawv rau kuv",
}
WITH_MORE = {
    "en": "who is this, I have no kids|you have the wrong number who is this|who dis?? I got no kids in that school|new phone who dis",
    "es": "quién es, yo no tengo hijos|número equivocado, ¿quién es?|¿quién habla? aquí no vive ningún Diego",
    "ar": "مين انت؟ ما عندي اولاد|رقم غلط مين معي",
    "zh": "你是谁？我没有孩子|打错了，你是谁",
    "vi": "ai vậy? tôi không có con|nhầm số rồi, ai vậy",
    "so": "yaa tahay? carruur ma lihi|numbarku waa khalad, waa kuma",
    "ht": "ki moun sa? mwen pa gen pitit|ou twonpe nimewo, ki moun sa",
    "pt": "quem é? não tenho filho|número errado, quem é",
    "ru": "кто это? у меня нет детей|вы ошиблись номером, кто это",
    "hmn": "koj yog leej twg? kuv tsis muaj menyuam|koj hu yuam kev, koj yog leej twg",
    "ur": "آپ کون ہیں؟ میرا کوئی بچہ نہیں|wrong number, aap kaun hain",
    "uk": "хто це? в мене нема дітей|ви помилились номером, хто це",
}
NUMBERED = [(lang, text) for lang, texts in BARE.items() for text in texts.split("|")]
STRANGERS = [(lang, text) for lang, texts in WITH_MORE.items() for text in texts.split("|")]


@pytest.fixture(scope="module")
def shipped():
    return shipped_words()


@pytest.mark.parametrize("lang, text", NUMBERED)
def test_a_bare_question_who_we_are_is_help_and_nothing_else(shipped, lang, text):
    for told in (text, text.upper()):
        found = screen(shipped, told, lang)
        assert (found.fired, found.command_exact) == (("command:help",), True)


@pytest.mark.parametrize("lang, text", STRANGERS)
def test_with_more_it_is_a_wrong_number(shipped, lang, text):
    assert "wrong_number" in screen(shipped, text, lang).signs


PARENTS = """
who is this? is it about Maya's bus
who is this? I got a text about Maya
who is this? my daughter goes to Maple
who gave you my number
¿quién es? ¿de la escuela de Diego?
quién habla? soy la mamá de Diego
who is his teacher
quién es su maestra
"""


@pytest.mark.parametrize("text", PARENTS.strip().splitlines())
def test_a_parent_who_asks_about_the_child_is_no_stranger(shipped, text):
    for lang in ("en", "es"):
        assert screen(shipped, text, lang).signs == ()


@pytest.mark.parametrize(("lang", "text"), [(lang, text) for lang, texts in WHY.items() for text in texts.split("|")])
def test_why_we_write_is_asked_and_ends_no_texts(lang: str, text: str) -> None:
    found = screen(shipped_words(), text, lang)
    assert (found.command, found.stop, found.identity) == ("help", "", "")


@pytest.mark.parametrize(
    "text", ["why do you keep texting me", "why are you still texting me", "por que me siguen mandando mensajes si ya dije que no"]
)
def test_why_we_do_not_stop_is_a_stop(text: str) -> None:
    assert screen(shipped_words(), text, "es" if "por" in text else "en").stop
