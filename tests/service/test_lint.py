"""What a colleague would say about a text before a family reads it."""

from __future__ import annotations

import pytest

from bot.service.lint import Finding, composer, lint, stops


def codes(text, lang="en", message_class="C", others=()):
    return [one.code for one in lint(text, lang, message_class, others)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Diego had a good week. He read 20 pages to his sister.", []),
        ("  ", ["empty"]),
        ("Why didn't you come to the meeting", ["word"]),
        ("He is at risk and lazy", ["word", "word"]),
        ("She is behind. Her real parents refused to come. It is your fault", ["word"] * 4),
        ("Maya read 45 words right", ["class_d"]),
        ("Can you come? At what time?", ["several_questions"]),
        ("The RTI team met today. OK?", ["acronym"]),
        ("His reading score is 45 this week", ["class_d"]),
        ("His reading score went up this week", []),
        ("We want to talk about special education", ["class_e"]),
        (
            "The multidisciplinary collaboration necessitates institutional prioritization of individualized instructional methodologies",
            ["hard_to_read"],
        ),
        ("Diego reads. " * 130, ["too_long"]),
    ],
)
def test_english_texts(text, found):
    assert codes(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Diego tuvo una buena semana. Leyó mucho con su hermana.", []),
        ("¿Por qué no vino? ¿Puede venir mañana?", ["several_questions", "word"]),
        ("Va mal. Es culpa de usted", ["word"] * 2),
        ("Hablemos de la educación especial", ["class_e"]),
    ],
)
def test_spanish_texts(text, found):
    assert codes(text, "es") == found


def test_another_childs_name_stops_a_text_and_a_hard_word_only_asks():
    found = lint("Diego and Carlos are lazy", "en", "C", ["Carlos", "Carlos"])
    assert stops(found) == [Finding("stop", "other_child", "Carlos")]
    assert [one.code for one in found] == ["other_child", "word"]


def test_a_class_e_text_is_not_told_that_it_is_one():
    assert codes("Your consent to the evaluation", message_class="E") == []


def test_a_language_without_lists_is_left_to_people():
    assert codes("Waan ku mahadsan tahay", "so") == ["no_list"]
    assert composer("so") == {}
