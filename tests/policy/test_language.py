"""Detection proposes: never by one word, never in a language detectors get wrong, never what the district does not write (G9, fault 18)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bot.policy.language import ASK, enabled, proposal, words_in
from bot.service.wrote import wrote

ROSTER, CHOSEN = SimpleNamespace(lang_by="roster"), SimpleNamespace(lang_by="family")

SINGLE = {
    "es": "no sí gracias hola claro", "en": "no yes ok thanks hello", "pt": "não sim obrigado olá", "fr": "non oui merci bonjour",
    "ht": "non wi mèsi bonjou", "vi": "không có cảmơn chào", "zh": "不 好 谢谢 你好", "ar": "لا نعم شكرا مرحبا", "ru": "нет да спасибо привет",
    "uk": "ні так дякую привіт", "so": "maya haa mahadsanid salaan", "hmn": "tsis yog tsaug nyob", "ur": "نہیں ہاں شکریہ سلام",
    "fa": "نه بله ممنون سلام", "ps": "نه هو مننه سلام", "ne": "होइन हो धन्यवाद नमस्ते", "hi": "नहीं हाँ धन्यवाद नमस्ते", "bn": "না হ্যাঁ ধন্যবাদ",
    "my": "မဟုတ်ဘူး ဟုတ်ကဲ့", "am": "አይ አዎ አመሰግናለሁ", "ti": "ኣይፋል እወ", "om": "lakki eeyyee galatoomi", "sw": "hapana ndiyo asante",
    "ko": "아니요 네 감사합니다", "ja": "いいえ はい ありがとう", "tl": "hindi oo salamat", "km": "ទេ បាទ អរគុណ", "de": "nein ja danke hallo",
}  # fmt: skip
SENTENCES = {
    "es": "A mi hijo le gusta mucho dibujar y leer con su abuela",
    "en": "My son really likes to draw and to read with his grandmother",
    "ar": "ابني يحب الرسم والقراءة مع جدته كل ليلة",
    "zh": "我的儿子喜欢画画，每天晚上和奶奶一起看书",
    "vi": "Con trai tôi rất thích vẽ và đọc sách với bà mỗi tối",
    "ru": "Мой сын любит рисовать и читать с бабушкой каждый вечер",
}
RARE = {
    "ht": "Pitit gason mwen renmen desine epi li ak grann li chak swa",
    "hmn": "Kuv tus tub nyiam kos duab thiab nyeem ntawv nrog nws pog txhua hmo",
    "so": "Wiilkaygu wuxuu jecel yahay inuu sawiro oo uu la akhriyo ayeeyadiis habeen kasta",
    "ne": "मेरो छोरालाई हरेक रात हजुरआमासँग पढ्न र चित्र बनाउन मन पर्छ",
    "am": "ልጄ በየምሽቱ ከአያቱ ጋር ማንበብ እና መሳል ይወዳል",
}
BOTH = ("en", "es")


@pytest.mark.parametrize("lang", sorted(SINGLE))
def test_single_words_in_28_languages_change_nothing(lang):
    assert len(SINGLE) == 28
    said = [wrote(word, own, tuple(SINGLE), ROSTER) for word in SINGLE[lang].split() for own in ("en", "es", "ar", "zh")]
    assert set(said) == {""}


@pytest.mark.parametrize("lang", sorted(SENTENCES))
def test_a_sentence_is_proposed_where_the_district_writes_that_language_and_asked_about_where_not(lang):
    own = "es" if lang == "en" else "en"
    assert wrote(SENTENCES[lang], own, ("en", "es", "ar", "zh-Hans", "vi", "ru"), ROSTER) == ("zh-Hans" if lang == "zh" else lang)
    assert wrote(SENTENCES[lang], own, BOTH, ROSTER) == (lang if lang in BOTH else ASK)
    assert wrote(SENTENCES[lang], lang, BOTH, ROSTER) == ""
    assert wrote(SENTENCES[lang], own, BOTH, CHOSEN) == ""


@pytest.mark.parametrize(
    "text",
    ["que no lee nada", "no lee nada solo", "cómics de superhéroes", "por favor borrenme", "no hablo ingles va aver interprete?"],
)
def test_spanish_that_detectors_take_for_english_is_no_english(text):
    assert wrote(text, "es", BOTH, ROSTER) == ""


@pytest.mark.parametrize("lang", sorted(RARE))
def test_a_language_detectors_get_wrong_is_asked_about_even_if_we_write_it(lang):
    assert wrote(RARE[lang], "en", ("en", "es", lang), ROSTER) == ASK


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"sure": False}, ""),
        ({"share": 0.89}, ""),
        ({"guess": ""}, ""),
        ({"guess": "en", "own": "es"}, "en"),
        ({"guess": "en", "own": "es", "enabled": ("es",)}, ""),
        ({"guess": "gl"}, ""),
        ({"text": "dos palabras"}, ""),
        ({"own": "es-US"}, ""),
        ({}, "es"),
    ],
)
def test_every_doubt_says_nothing(known, said):
    given = {"text": "mi hijo lee mucho", "guess": "es", "share": 1.0, "sure": True, "own": "en", "enabled": BOTH} | known
    assert proposal(given.pop("text"), given.pop("guess"), given.pop("share"), **given) == said


def test_words_are_counted_where_there_are_no_gaps():
    assert words_in("我的儿子喜欢画画") == 4
    assert words_in("ok :) 5 a") == 1


@pytest.mark.parametrize("settings", [{}, {"lang.enabled": "so"}, {"lang.enabled": []}])
def test_a_district_writes_in_english_and_spanish_unless_it_lists_others(settings: dict[str, object]) -> None:
    assert enabled(settings) == ("en", "es")
    assert enabled({"lang.enabled": ["en", "so"]}) == ("en", "so")


@pytest.mark.parametrize(
    "text",
    ["pq esta cansado", "correr, nunca se cansa", "ah ya entendi", "perfecto ahi estare", "esta aqui adentro", "ya no mande mensages"],
)
def test_a_few_words_without_accents_are_the_spanish_they_are(text):
    assert wrote(text, "es", BOTH, ROSTER) == ""
