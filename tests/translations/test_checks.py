"""The second look at a translation, from outside."""

from __future__ import annotations

import pytest

from translations.base import Refused
from translations.checks import likeness, verify
from translations.detect import NONE, detect

SOURCE = "Diego lee 20 minutos los lunes con sus dos hermanas en https://example.org/a."
GOOD = "Diego reads 20 minutes on Mondays with his two sisters at https://example.org/a."


def test_a_good_translation_passes():
    verify(SOURCE, GOOD, "es", "en", ["Diego"])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (GOOD, " ", "empty"),
        ("20", "30", "figures"),
        ("20", "20 or 20", "figures"),
        ("example.org/a", "example.org/b", "links"),
        ("Diego", "James", "names"),
        ("Mondays", "Tuesdays", "weekdays"),
        ("two", "three", "number_words"),
        ("reads", "<b>reads</b>", "markup"),
        ("reads", "reads " * 60, "length"),
        (GOOD, "Diego liest jeden Montag 20 Minuten mit seinen Schwestern auf https://example.org/a.", "other_language"),
    ],
)
def test_a_wrong_one_is_refused_and_says_why_in_one_word(old, new, why):
    result = GOOD.replace(old, new)
    source = SOURCE if why != "other_language" else SOURCE.replace("los lunes con sus dos hermanas", "con sus hermanas")
    with pytest.raises(Refused) as refused:
        verify(source, result, "es", "en", ["Diego"])
    assert refused.value.why == why


def test_the_source_given_back_is_no_translation():
    text = "Me preocupa que mi hijo no quiere leer en la casa con nosotros"
    with pytest.raises(Refused) as refused:
        verify(text, text, "es", "en")
    assert refused.value.why == "untranslated"


def test_short_texts_may_look_alike_in_two_languages():
    verify("no", "no", "es", "en")
    verify("Minecraft y fútbol", "Minecraft and football", "es", "en")


def test_there_and_back_is_compared_as_a_warning_light():
    assert likeness("He likes to read at home", "at home he likes to read") == 1
    assert likeness("He likes to read", "The bus is late") < 0.5


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Pitit gason mwen renmen desine epi li ak grann li chak swa", "ht"),
        ("Kuv tus tub nyiam kos duab thiab nyeem ntawv nrog nws pog txhua hmo", "hmn"),
        ("Wiilkaygu wuxuu jecel yahay inuu sawiro oo uu la akhriyo ayeeyadiis habeen kasta", "so"),
        ("मेरो छोरालाई हरेक रात हजुरआमासँग पढ्न र चित्र बनाउन मन पर्छ", "ne"),
        ("ልጄ በየምሽቱ ከአያቱ ጋር ማንበብ እና መሳል ይወዳል", "am"),
        ("我的儿子喜欢画画，每天晚上和奶奶一起看书", "zh"),
    ],
)
def test_the_languages_of_our_schools_are_known(text, lang):
    assert detect(text) == (lang, detect(text).share, True)


@pytest.mark.parametrize("text", ["", "12345", "\x00\ud800", "???"])
def test_what_is_no_language_is_none(text):
    assert detect(text) == NONE
