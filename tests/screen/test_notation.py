"""How a phrase of a list is written, and that a slip in a list is named instead of ignored."""

from __future__ import annotations

import pytest

from bot.screen.notation import Notation, NotationError, spellings
from bot.screen.screen import compile_words, screen


def finds(phrase: object, text: str, **more) -> bool:
    words = compile_words({"en": {"language": "en", "danger": {3: [phrase]}, **more}})
    return bool(screen(words, text).danger_level)


def test_words_choices_and_phrases():
    assert finds("want|wants to swim", "he wants to swim")
    assert finds("(passed away|died) today", "she passed away today")
    assert finds("(passed away|died) today", "she died today")
    assert not finds("(passed away|died) today", "she passed today")


def test_what_may_be_missing():
    assert finds("go away? now", "go away now")
    assert finds("go away? now", "go now")
    assert finds("go (far away|off)? now", "go far away now")


def test_gaps_are_short_and_stay_in_the_sentence():
    assert finds("red .. ball", "red big round ball")
    assert not finds("red .. ball", "red one two three ball")
    assert finds("red ... ball", "red one two three ball")
    assert not finds("red .. ball", "red. Big ball")


def test_edges():
    assert finds("^ red ball $", "red ball")
    assert finds("ball $", "a red ball. And more")
    assert not finds("^ ball", "red ball")
    assert not finds("ball $", "ball game")


def test_beginnings_of_words_and_exact_words():
    assert finds("elephan* walks", "elephants walks")
    assert finds("elephant", "elefant") is False
    assert finds("elephant", "elephnat")
    assert not finds("=elephant", "elephnat")


def test_sets():
    assert finds("<pet> sleeps", "the guinea pig sleeps", sets={"pet": ["cat", "guinea pig"]})
    assert finds("(<pet>|bird) sleeps", "the cat sleeps", sets={"pet": ["cat", "guinea pig"]})


def test_a_phrase_of_several_words_can_be_the_anchor_at_either_side():
    assert finds("(ice cream|hot dog)", "one ice cream")
    assert finds("(ice cream|hot dog) .. (big truck|old van)", "ice cream from a big truck")
    assert finds("eat (ice cream|hot dog)", "eat hot dog")
    assert not finds("eat (ice cream|hot dog)", "hot dog")


@pytest.mark.parametrize("phrase", ["<nothing> here", "(a|<nothing>) b", "good? ..", "(a|(b)", "wait - now", "a (b|) c", "^ $"])
def test_a_phrase_that_cannot_be_read_is_named(phrase):
    with pytest.raises(NotationError, match=r".+"):
        Notation({}).parse(phrase)


@pytest.mark.parametrize("phrase", ["a .. b", "stop* now", "^ stop"])
def test_whole_message_words_have_no_gaps_stars_or_edges(phrase):
    with pytest.raises(NotationError):
        spellings(Notation({}).parse(phrase), phrase)


def test_whole_message_words_are_counted():
    assert sorted(spellings(Notation({}).parse("stop (now|it)?"), "")) == ["stop", "stop it", "stop now"]
    with pytest.raises(NotationError, match="too many"):
        spellings(Notation({}).parse(" ".join(["(a|b|c|d)"] * 7)), "")


@pytest.mark.parametrize(
    "file",
    [{"dangers": {}}, {"danger": {9: ["x"]}}, {"danger": {1: [{"say": "x", "unless": ["never"]}]}}],
)
def test_a_list_nobody_knows_is_refused(file):
    with pytest.raises(NotationError):
        compile_words({"en": file})


def test_a_context_makes_a_phrase_harmless_in_the_same_message():
    row = {"say": ["so tired", "so done"], "unless": ["school"]}
    school = {"context": {"school": ["homework"]}}
    assert finds(row, "I am so tired", **school)
    assert finds(row, "so done", **school)
    assert not finds(row, "so tired of this homework", **school)


def test_shorthand_and_sound_alikes():
    assert finds("you go", "u go", short={"u": ["you"]})
    assert finds("quiero", "kiero", sounds=[["qui", "ki"]])
    assert not finds("vivir", "xxxx", sounds=[["v", "b"]])
    assert finds("paces", "pases", sounds=[["ce", "se"]])


def test_real_words_are_not_taken_for_slips():
    assert finds("kills", "killz")
    assert not finds("kills", "skills")
    assert not finds("beats", "boats", real_words=["boats"])


def test_signs_without_spaces_are_written_together_and_count_one_by_one():
    assert finds("不要 .. 发短信", "请不要再给发短信了")
    assert finds("(想死|不想活)", "他說不想活")
    assert not finds("不要发短信", "发短信 不要")
    assert finds("开始 .... 结束", "开始一二三四五六七八九十结束")


def test_letters_used_for_one_another_are_one():
    assert finds("بنتي", "بنتى")
    assert finds("مدرسة", "مدرسه")
    assert finds("بچے", "بچی")
    assert finds("911", "اتصلوا ٩١١")
    assert finds("danh toi", "nó đánh tôi")


def test_small_words_written_onto_the_next_one_do_not_hide_it():
    assert finds("سلاح", "معاه سلاح")
    assert not finds("سلاح", "والسلاح")
    assert finds("سلاح", "والسلاح", prefixes=["و", "ال", "وال"])
    assert not finds("البيت", "ويت", prefixes=["و"])


def test_what_one_language_hears_alike_is_no_matter_for_another():
    files = {
        "ur": {"language": "ur", "danger": {3: ["maarta hai"]}, "sounds": [["aa", "a"]]},
        "en": {"language": "en", "danger": {3: ["baazar now"]}},
    }
    words = compile_words(files)
    assert screen(words, "marta hai", "ur").danger_level == 3
    assert screen(words, "bazar now").danger_level == 3
    assert screen(words, "bzar now").danger_level == 0


def test_a_stop_word_may_need_its_accents():
    words = compile_words({"vi": {"language": "vi", "stop_words_as_written": {"number": ["dừng", "dừng ạ"]}}})
    assert [bool(screen(words, text).stop) for text in ("Dừng!", "dừng ạ", "DỪNG", "đúng", "dung", "đừng")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert screen(words, "Dừng").matched == ("stop_words_as_written.vi.number.0",)


def test_questions_may_be_asked_with_a_word_anywhere():
    words = compile_words({"zh": {"language": "zh", "question": {"starts": ["什么"], "anywhere": ["吗"]}}})
    assert screen(words, "明天有课吗").question
    assert not screen(words, "我不知道有什么").question


def test_a_word_may_need_its_accents_or_none():
    assert finds("muốn ~tự ~tử", "con muốn tự tử")
    assert finds("muốn ~tự ~tử", "con muon tu tu")
    assert not finds("muốn ~tự ~tử", "con muốn từ từ đọc")


def test_a_word_may_need_its_accents():
    assert finds("bị !bắn", "nó bị bắn rồi", accents=True)
    assert not finds("bị !bắn", "no bi ban roi", accents=True)
    assert not finds("bị !bắn", "nó bị bạn ghét", accents=True)


def test_a_list_may_ask_for_the_accents_of_all_its_words():
    said = {"accents": True, "short": {"mún": ["muốn"], "mun": ["muốn"]}}
    assert finds("muốn sống nữa", "không muốn sống nửa", **said)
    assert finds("muốn sống nữa", "khong muon song nua", **said)
    assert finds("muốn sống nữa", "mun sống nữa", **said)
    assert finds("hòa bình", "hoà bình", **said)
    assert not finds("muốn sống nữa", "muốn sông nữa", **said)


def test_another_languages_words_count_letter_for_letter():
    words = compile_words(
        {
            "en": {"language": "en", "frequent": ["the", "we"], "stop": ["zonking"]},
            "es": {"language": "es", "frequent": ["la"], "danger": {1: ["~grán fuego", "blanko*", "wrrr otra"]}},
        }
    )
    for text, own, other in (
        ("the blankote", 1, 1),
        ("gran fuego", 1, 0),
        ("grán fuego", 1, 1),
        ("grán fuego. ok", 1, 1),
        ("gran fuegoo", 1, 0),
        ("we gran fuegoo", 1, 0),
        ("la gran fuegoo", 1, 1),
        ("grán fuego " + "x" * 50, 1, 1),
        ("wrrrr otrra", 0, 0),
    ):
        assert (screen(words, text, "es").danger_level, screen(words, text, "en").danger_level) == (own, other), text
    assert screen(words, "we zonking", "en").stop
    assert screen(words, "the zonkingg", "es").stop
