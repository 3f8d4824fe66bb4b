"""One thought in two or three texts."""

from __future__ import annotations

import pytest

from bot.engine.events import Alert, Confirm, Handoff, Say, Write
from bot.engine.library import Library
from tests.engine.talker import Talker, talking


def entries(talker: Talker) -> list[tuple[str, str, dict[str, object]]]:
    return [(event.kind, event.step_id, dict(event.norm)) for event in talker.of(Write)]


def test_the_rest_of_an_answer_is_kept_with_it_and_the_question_asked_again(library: Library) -> None:
    talker = talking(library)
    talker.send("1")  # what kind of person
    talker.send("Quiet")
    talker.send("English with me")  # which languages
    talker.send("and Spanish with her grandma", second="soon")
    assert entries(talker) == [("observation", "4", {"languages": "and Spanish with her grandma"})]
    assert talker.said == ["Thank you. I saved that. Here is the question again: Who helps Maya most? It can be someone outside the home."]
    talker.send("Her aunt")
    talker.send("That she reads")
    assert "English with me and Spanish with her grandma" in talker.said[0]
    talker.send("and she is happy", second="soon")
    assert entries(talker) == [("goal_input", "6", {"hope": "and she is happy"})]
    assert talker.of(Alert) == talker.of(Handoff) == []
    talker.send("1")
    assert len(talker.of(Confirm)[0].entry_ids) == 8


def test_only_one_text_is_the_rest_of_an_answer(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("Quiet")
    talker.send("English")
    talker.send("and Spanish", second="soon")
    talker.send("and her aunt too", second="soon")
    assert entries(talker)[0][1] == "5"


def test_words_that_pick_nothing_are_not_understood_however_soon_they_come(library: Library) -> None:
    reading = Talker(library)
    reading.start("home-observations", "reading")
    reading.send("Comics")
    reading.send("because of work", second="soon")
    assert "another way" in reading.said[0]
    reading.send("you know how it is", second="soon")
    assert reading.handed() == [("liaison", "misunderstood")]


def test_what_nobody_can_have_read_is_not_answered(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("Quiet")
    talker.send("English")
    talker.send("Spanish with grandma", second="unread")
    assert entries(talker) == [("observation", "4", {"languages": "Spanish with grandma"})]
    assert talker.of(Say) == []


def test_more_numbers_join_the_numbers_before(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("1")
    talker.send("3", second="soon")
    assert entries(talker) == [("strength", "3", {"conditions": ["quiet", "short_breaks"]})]
    assert talker.of(Write)[0].corrects


@pytest.mark.parametrize("text", ["2", "funny", "When is the meeting?", "hello", "luego contesto", "I don't know", "xyzzy"])
def test_an_answer_a_question_and_a_slip_are_heard_as_ever(library: Library, text: str) -> None:
    quick, slow = talking(library), talking(library)
    quick.send(text, second="soon")
    slow.send(text)
    assert quick.last == slow.last


def test_a_remark_behind_a_choice_stands_beside_it(library: Library) -> None:
    reading = Talker(library)
    reading.start("home-observations", "reading")
    reading.send("Comics")
    reading.send("2")
    reading.send("and only on weekends", second="soon")
    (write,) = reading.of(Write)
    assert (write.kind, write.step_id, write.raw) == ("observation", "R2", "and only on weekends")
    assert reading.frame["n"]["reading_routine"] == "some_days"


def test_nothing_is_the_rest_of_something_where_nothing_was_answered(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    talker.send("And she is kind", second="soon")
    assert entries(talker) == [("strength", "1", {"interests": "And she is kind"})]


def album(talker: Talker, count: int, second: str) -> list[str]:
    """Pictures one behind the other, each a message; what was said to them."""
    said = []
    for number in range(count):
        talker.send("", media=(f"att_{number}",), second=second if number else "")
        said += talker.said
    return said


def test_an_album_answers_one_question(library: Library) -> None:
    talker = Talker(library)
    talker.start("home-observations")
    assert [text.partition("?")[0] for text in album(talker, 4, "soon")] == [
        "Thank you. I saved it for the team. What kind of person is Maya"
    ]
    talker.send("1")
    talker.send("Quiet")
    said = album(talker, 3, "soon")
    assert [text.partition(".")[2].partition("?")[0] for text in said] == [" I saved it for the team. Who helps Maya most"]
    assert entries(talker) == [("observation", "4", {"languages": ""})]
    talker.send("Her aunt")
    assert entries(talker) == [("strength", "5", {"supports": "Her aunt"})]


def test_pictures_where_numbers_are_asked_for_are_kept_and_are_no_misunderstanding(library: Library) -> None:
    talker = talking(library)  # what kind of person
    for number in range(3):
        talker.send("", media=(f"att_{number}",))
        assert entries(talker) == [("observation", "", {"note": ""})]
        assert talker.said[0].startswith("Thank you. I saved it for the team. ")
        assert "What kind of person is Maya" in talker.said[0]
        assert talker.of(Handoff) == []


def test_a_picture_soon_after_words_goes_with_them(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("Quiet")
    talker.send("English with me")
    talker.send("", media=("att_1",), second="soon")
    assert entries(talker) == [("observation", "4", {"languages": ""})]
    assert "Who helps Maya most" in talker.said[0]


def test_a_voice_note_soon_after_another_answers_the_next_question(library: Library) -> None:
    talker = talking(library)
    talker.send("1")
    talker.send("Quiet")
    talker.send("", media=("att_1",), voice=True)
    talker.send("", media=("att_2",), voice=True, second="soon")
    assert entries(talker) == [("strength", "5", {"supports": ""})]
    assert "What do you hope" in talker.said[0]
