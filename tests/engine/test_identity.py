"""Who is at the other end (F24): each sign ends the talk or marks it, and goes to its person."""

from __future__ import annotations

import pytest

from bot.engine.events import Finished, Page, Say, SetIdentity, Write
from bot.engine.library import Library
from tests.engine.talker import ANA, LUIS, Talker, talking


def test_in_the_welcome_not_me_is_a_wrong_number(library: Library) -> None:
    talker = Talker(library, trusted=False)
    talker.start("welcome")
    talker.send("1")
    talker.send("I am not Rosa")
    assert talker.of(SetIdentity) == [SetIdentity("wrong_number")]


@pytest.mark.parametrize(
    ("signal", "to", "outcome"),
    [
        ("wrong_number", "office", "stopped"),
        ("teen", "liaison", "silenced"),
        ("new_guardian", "registrar", "silenced"),
        ("safety_request", "on_call", "silenced"),
    ],
)
def test_an_identity_signal_ends_the_talk_and_goes_to_its_person(library: Library, signal: str, to: str, outcome: str) -> None:
    talker = talking(library)
    talker.send("some words", found={"identity": signal})
    assert talker.of(SetIdentity) == [SetIdentity(signal)]
    assert talker.handed()[0] == (to, signal)
    assert talker.of(Finished) == [Finished(outcome, "home-observations")]
    assert talker.written()[-1][0] in {"identity_event", "safety_flag", "contact_attempt"}
    assert {(one.flow_id, one.flow_version) for one in talker.of(Write)} == {("identity", library.latest["identity"].version)}
    assert len(talker.said) == 1
    assert "Maya" not in talker.said[0] or signal in {"new_guardian", "safety_request"}


@pytest.mark.parametrize("text", ["I am not Rosa", "I'm not Rosa.", "no soy Rosa", "this is not Rosa"])
def test_somebody_else_at_the_phone_is_believed(library: Library, text: str) -> None:
    talker = talking(library)
    talker.send(text)
    assert talker.of(SetIdentity) == [SetIdentity("teen")]
    assert talker.session is None


@pytest.mark.parametrize(
    "text", ["this is Maya, my mom is at work", "Hi, its Maya", "Maya here", "soy Maya", "hola soy Maya. mi mam\u00e1 no est\u00e1"]
)
def test_the_child_at_the_phone_is_no_answer_of_the_mother(library: Library, text: str) -> None:
    talker = talking(library)
    talker.send(text)
    assert talker.of(SetIdentity) == [SetIdentity("teen")]
    assert talker.handed() == [("liaison", "teen")]


@pytest.mark.parametrize(
    "text", ["Maya loves this", "this is Maya's grandma", "I am Maya's mom, hello", "Maya", "soy la mam\u00e1 de Maya"]
)
def test_the_childs_name_alone_is_no_sign(library: Library, text: str) -> None:
    talker = talking(library)
    talker.send(text)
    assert talker.of(SetIdentity) == []


@pytest.mark.parametrize("text", ["this is Maya my mom is at work", "Hi, I am Maya my dad is driving", "soy Maya mi mamá está trabajando"])
def test_a_child_that_answers_is_no_wrong_number(library: Library, text: str) -> None:
    for found in ({}, {"identity": "wrong_number", "matched": ("learned.wrong_number",)}):
        talker = Talker(library)
        talker.send(text, found=found)
        assert talker.of(SetIdentity) == [SetIdentity("teen")]


def test_a_mother_that_names_her_child_is_no_child(library: Library) -> None:
    talker = talking(library)
    talker.send("This is Maya my daughter in the picture")
    assert talker.of(SetIdentity) == []


def test_a_childs_name_picks_the_child_where_that_is_asked(library: Library) -> None:
    talker = Talker(library, cases=(ANA, LUIS))
    talker.send("She did not sleep well")
    talker.send("this is Ana")
    assert (talker.of(SetIdentity), talker.last.case_id) == ([], "cas_ana")


def test_a_phone_said_to_be_shared_where_that_is_asked_is_that_answer(library: Library) -> None:
    talker = Talker(library)
    talker.start("welcome")
    for text, found in (("1", {}), ("Yes but my husband has it too", {"identity": "shared_phone"})):
        talker.send(text, found=found)
    assert talker.written()[1] == ("identity_event", {"phone": "shared"})
    assert talker.refs[-1] == "welcome/4"


def test_a_shared_phone_is_recorded_and_the_talk_goes_on(library: Library) -> None:
    talker = talking(library)
    talker.send("my sister uses this phone too", found={"identity": "shared_phone"})
    assert talker.of(SetIdentity) == [SetIdentity("shared_phone")]
    assert talker.handed() == []
    assert talker.refs == ["identity/shared_phone", "home-observations/2"]


def test_a_safety_request_is_handled_like_violence_at_home(library: Library) -> None:
    talker = talking(library)
    turn = talker.send("do not tell my ex where we live", found={"identity": "safety_request"})
    assert talker.of(Page) == [Page(3)]
    assert turn.message_visibility == "safety_only"
    assert {write.kind: write.visibility for write in talker.of(Write)} == {"identity_event": "safety_only", "safety_flag": "safety_only"}
    shared = talking(library, shared_phone=True)
    shared.send("do not tell my ex where we live", found={"identity": "safety_request"})
    assert shared.said == ["Thank you. A person from school will contact you."]


def test_a_wrong_number_said_in_the_welcome_has_the_same_effect(library: Library) -> None:
    talker = Talker(library, trusted=False)
    talker.start("welcome")
    talker.send("1")
    talker.send("2")
    assert talker.of(SetIdentity) == [SetIdentity("wrong_number")]
    assert talker.handed() == [("office", "wrong_number")]
    assert [write.kind for write in talker.of(Write)] == ["identity_event", "contact_attempt"]
    assert talker.of(Say)[0].purpose == "confirm_stop"
    assert talker.said == ["Sorry. I will not text this number again."]
    assert talker.session is None


def test_the_answer_about_a_shared_phone_in_its_own_words_answers_the_question(library: Library) -> None:
    talker = Talker(library, trusted=False)
    talker.start("welcome")
    talker.send("1")
    talker.send("I share this phone", found={"identity": "shared_phone"})
    assert talker.of(SetIdentity) == [SetIdentity("shared_phone")]
    assert "welcome/4" in talker.refs, "and the welcome goes on"


GUESSED = {"identity": "wrong_number", "signs": ("wrong_number",), "matched": ("learned.wrong_number",)}


@pytest.mark.parametrize(("words", "found"), [("That is wrong", GUESSED), ("No, that's wrong", GUESSED | {"matched": ()})])
def test_a_no_to_what_we_wrote_is_no_wrong_number(library: Library, words: str, found: dict[str, object]) -> None:
    talker = talking(library)
    for reply in ("1", "1", "English", "Grandma", "joy"):
        talker.send(reply)
    talker.send(words, found=found)
    assert (talker.refs, talker.handed()) == (["common/which_part"], [])
    talker.send("you mixed it all up", found=GUESSED)
    assert talker.handed() == [("liaison", "free_note")]
    talker.send("wrong number", found=GUESSED | {"matched": ("identity.en.wrong_number.0",)})
    assert talker.handed() == [("office", "wrong_number")]


def test_an_answer_we_offer_is_that_answer_however_it_sounds(library: Library) -> None:
    talker = Talker(library, lang="es", trusted=False)
    talker.start("welcome")
    talker.send("2")
    talker.send("no soy yo", found=GUESSED)
    assert ("identity_event", {"phone": "no"}) in talker.written()
    assert talker.of(SetIdentity) == [SetIdentity("wrong_number")]
