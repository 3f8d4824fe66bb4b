"""What families write short on a telephone is read as the words it stands for; what goes into the record stays as it was written."""

from __future__ import annotations

import pytest

from bot.engine.library import Library
from tests.engine.talker import Talker


def asked(library: Library, lang: str, part: str, *replies: str) -> Talker:
    talker = Talker(library, lang=lang)
    talker.start("home-observations", part)
    for reply in replies:
        talker.send(reply)
    return talker


@pytest.mark.parametrize(("lang", "text"), [("en", "what do u mean"), ("en", "wat do u mean?"), ("es", "no entiendo q quiere decir")])
def test_not_understanding_is_heard_and_the_question_said_in_parts(library: Library, lang: str, text: str) -> None:
    talker = asked(library, lang, "core", "soccer")
    talker.send(text, found={"question": True})
    assert talker.handed() == []
    assert talker.said[0].count("\n") > 5, talker.said


@pytest.mark.parametrize(
    ("lang", "part", "replies", "value"),
    [
        ("en", "reading", ("comics", "b4 bed most nites"), {"reading.routine": "most_days"}),
        ("en", "reading", ("comics", "evry nite b4 bed"), {"reading.routine": "most_days"}),
        ("es", "feelings", ("su tia", "1", "bn"), {"sel.body": "good"}),
    ],
)
def test_an_answer_written_short_picks_its_option(
    library: Library, lang: str, part: str, replies: tuple[str, ...], value: dict[str, str]
) -> None:
    assert value in [norm for _, norm in asked(library, lang, part, *replies).written()]


@pytest.mark.parametrize(("lang", "text"), [("en", "yea pls"), ("en", "yes plz"), ("es", "si x favor"), ("es", "si xfa")])
def test_yes_please_is_a_yes(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send("food", found={"danger_level": 5})
    talker.send(text)
    assert ("access_need", {"basic": "yes"}) in talker.written()


@pytest.mark.parametrize(
    ("lang", "text"),
    [("en", one) for one in ("ur welcome", "thank u", "no problem", "thanks for explaining")]
    + [("es", one) for one in ("gracias x todo", "ok grax", "gracias maestra q dios la bendiga", "mxas grasias")]
    + [("es", one) for one in ("gracias x su ayuda", "muchas gracias q tenga bonita tarde")],
)
def test_thanks_are_thanks_and_no_work_for_a_person(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send(text)
    assert (talker.said, talker.handed(), talker.written()) == ([], [], [])


@pytest.mark.parametrize(("lang", "text"), [("en", "thats good thank u"), ("es", "si esta bn gracias"), ("es", "bn grax")])
def test_what_was_read_back_is_confirmed(library: Library, lang: str, text: str) -> None:
    talker = asked(library, lang, "feelings", "her aunt", "1", "1", "a hug", "2")
    talker.send(text)
    assert talker.confirmed()
    assert talker.handed() == []


@pytest.mark.parametrize("text", ["ya no", "siete u ocho", "grade D"])
def test_words_that_only_look_short_stay_as_they_are(library: Library, text: str) -> None:
    assert asked(library, "es", "core", text).written()[-1][1] == {"interests": text}


def test_a_question_of_the_bank_is_found(library: Library) -> None:
    assert library.bank.match("what r the tiers 4 u guys").sure == library.bank.match("what are the tiers 4 you guys").sure
    assert library.bank.match("do u need my ok").score == library.bank.match("do you need my ok").score


@pytest.mark.parametrize(
    ("lang", "text"),
    [("es", one) for one in ("si asi es", "Sí, así es, gracias", "si claro esta bien", "esta perfecto todo bien")]
    + [("en", one) for one in ("yes thats right ty", "yep perfect thanks", "ok looks good")],
)
def test_good_said_in_several_pieces_confirms_what_was_read_back(library: Library, lang: str, text: str) -> None:
    talker = asked(library, lang, "feelings", "her aunt", "1", "1", "a hug", "2")
    talker.send(text)
    assert talker.confirmed()
    assert talker.handed() == []


@pytest.mark.parametrize(("lang", "text"), [("es", "si pero no es su prima"), ("en", "ok but the dog is Coco"), ("en", "yes no")])
def test_good_with_something_beside_it_does_not(library: Library, lang: str, text: str) -> None:
    talker = asked(library, lang, "feelings", "her aunt", "1", "1", "a hug", "2")
    talker.send(text)
    assert talker.confirmed() == ()


@pytest.mark.parametrize(("lang", "text"), [("en", "kk thx"), ("en", "thanks 4 explaining"), ("en", "ty 4 everything")])
def test_thanks_with_a_number_for_a_word_are_thanks(library: Library, lang: str, text: str) -> None:
    talker = Talker(library, lang=lang)
    talker.send(text)
    assert (talker.said, talker.handed()) == ([], [])
