"""What must never wait and never leak: danger, STOP, a request for an evaluation, a wrong number, a language nobody checked."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from bot.errors import Conflict
from bot.store import tables as t
from tests.e2e.browser import Browser
from tests.e2e.house import DEMO, FIRST_ANSWER, House, wait_for

ROTA = {"U0DEMOCOUNS": "+15550102003", "U0DEMOPRINC": "+15550102004"}
DANGER = {
    "en": ("My husband is hitting her right now please help, we hid in the pantry", 1),
    "es": ("Mi hija me dijo que se quiere morir, está en el tejado", 2),
}
LEVEL = {
    1: "If someone is in danger now, call 911. I am an automated helper and cannot send help.",
    2: "I am glad you told me. You matter. Please call or text 988 now, any time. If in danger now, call 911. What number is best?",
}

STAFF_TOLD = "School staff were told at {time} and will call you."


@pytest.mark.parametrize("lang", DANGER)
def test_danger_in_the_middle_of_a_talk_is_answered_first_and_seen_by_the_rota_alone(house: House, lang: str) -> None:
    words, level = DANGER[lang]
    family = house.talking(lang)
    said = house.heard(family.phone)
    house.text(family.phone, words)
    house.quiet()
    told = wait_for(lambda: house.heard(family.phone)[len(said) + 1 :], "that staff were told")
    assert house.heard(family.phone)[: len(said) + 1] == [*said, house.words(lang, "crisis", LEVEL[level])]
    assert [text[:20] for text in told] == [house.words(lang, "crisis", STAFF_TOLD, time="")[:20]]

    talks = house.rows(sa.select(t.Session.flow_id, t.Session.status).where(t.Session.contact_id == family.contact_id))
    assert ("home-observations", "waiting") not in [tuple(one) for one in talks]
    stored = house.rows(sa.select(t.Message.visibility, t.Message.body).where(t.Message.contact_id == family.contact_id))
    assert [row.visibility for row in stored if row.body == words] == ["safety_only"]
    assert [row.visibility for row in stored if row.body == FIRST_ANSWER[lang]] == ["team"]
    flags = [one for one in house.entries(family.case_id) if one.kind == "safety_flag"]
    assert [(one.visibility, json.loads(one.answer_norm)) for one in flags] == [("safety_only", {"level": level})]

    page = f"URGENT. Case {family.code}: a message needs you now. Open Hearthline and acknowledge."
    (task,) = [one for one in house.handoffs(family) if one.reason == "danger"]
    first, second = ROTA
    assert [text for text in house.direct(first) if family.code in text] == [page]
    assert [text for text in house.heard(ROTA[first]) if family.code in text] == [f"{page} Or reply OK {task.id[-4:]}."]
    assert [text for text in [*house.direct(second), *house.heard(ROTA[second])] if family.code in text] == [], "the next one later"
    assert house.channel(family.slack_channel) == []
    assert [post for post in house.all_channels() if family.code in post] == []
    others = [one for room in house.rooms() if room["is_im"] and room["user"] not in ROTA for one in room["messages"]]
    assert [one for one in others if family.code in one["text"]] == []

    house.text(family.phone, "2")
    house.quiet()
    later = house.heard(family.phone)[len(said) + 2 :]
    assert [text for text in later if "leen" in text or "read" in text] == [], "the talk about reading does not go on"


def test_a_teacher_does_not_find_the_words_of_danger_and_the_rota_does(house: House) -> None:
    family = house.talking("en")
    house.text(family.phone, "He says he wants to kill himself, he wrote it in his sketchbook")
    house.quiet()
    with Browser(house) as browser:
        browser.sign_in("U0DEMOTEACH", "teacher@demo.example")
        seen_by_teacher = browser.get(f"/console/cases/{family.code}").text
    with Browser(house) as browser:
        browser.sign_in("U0DEMOCOUNS", "counselor@demo.example")
        seen_by_counselor = browser.get(f"/console/cases/{family.code}").text
    assert ("sketchbook" in seen_by_teacher, "axolotls" in seen_by_teacher) == (False, True)
    assert "sketchbook" in seen_by_counselor


def stop_text(house: House, lang: str) -> str:
    english = "You will get no more texts from {school} support. Call {phone} for help. Reply START to come back."
    return house.words(lang, "stop-help", english, school="Maple Elementary", phone="(555) 010-0100")


@pytest.mark.parametrize(("lang", "word"), [("en", "Stop texting me please"), ("es", "ALTO"), ("en", "STOP")])
def test_stop_is_confirmed_once_and_then_there_is_silence_until_start(house: House, lang: str, word: str) -> None:
    family = house.talking(lang)
    said = house.heard(family.phone)
    house.text(family.phone, word)
    house.next_text(family.phone, len(said))
    house.text(family.phone, word)
    house.text(family.phone, "2")
    house.quiet()
    assert house.heard(family.phone) == [*said, stop_text(house, lang)]
    with pytest.raises(Conflict, match="START"):
        house.begin(family.contact_id)

    assert house.ask(family.phone, "START") == house.words(
        lang,
        "stop-help",
        "Welcome back. You will get texts from {school} support again. Reply STOP any time.",
        school="Maple Elementary",
    )
    consent = sa.select(t.ConsentLedger.state).where(t.ConsentLedger.contact_id == family.contact_id, t.ConsentLedger.source == "message")
    assert [row.state for row in house.rows(consent.order_by(t.ConsentLedger.id))] == ["stopped", "stopped", "started"]


def test_stopping_by_is_no_stop(house: House) -> None:
    family = house.talking("en")
    house.ask(family.phone, "We have got to stop by the office on Friday")
    ledger = sa.select(t.ConsentLedger.state).where(t.ConsentLedger.contact_id == family.contact_id, t.ConsentLedger.source == "message")
    assert house.rows(ledger) == []
    assert house.ask(family.phone, "2").startswith("When Sol reads, what do you see?")


@pytest.mark.postgres
def test_where_the_provider_answers_stop_its_confirmation_is_the_only_one(postgres_house: House) -> None:
    house = postgres_house
    family = house.talking("es")
    said = house.messages(family.phone)
    house.sandbox.ask("twilio/inbound", {"from": family.phone, "body": "STOP"})
    house.quiet()
    new = house.messages(family.phone)[len(said) :]
    assert [one["direction"] for one in new] == ["outbound-reply"]
    house.sandbox.ask("twilio/inbound", {"from": family.phone, "body": "2"})
    house.quiet()
    assert len(house.messages(family.phone)) == len(said) + 1
    house.sandbox.ask("twilio/inbound", {"from": family.phone, "body": "START"})
    house.quiet()
    new = house.messages(family.phone)[len(said) + 1 :]
    assert [one["direction"] for one in new] == ["outbound-reply"]
    wait_for(lambda: house.ask(family.phone, "¿Qué es MTSS?"), "an answer after START")


@pytest.mark.postgres
def test_a_default_account_says_nothing_of_having_answered_and_we_know_it_has(postgres_house: House) -> None:
    """Twilio's default handling sends the webhook without OptOutType."""
    house = postgres_house
    family = house.talking("en")
    said = house.heard(family.phone)
    house.text(family.phone, "stop")
    house.quiet()
    assert house.heard(family.phone) == said
    states = house.rows(
        sa.select(t.ConsentLedger.state).where(t.ConsentLedger.contact_id == family.contact_id, t.ConsentLedger.source == "message")
    )
    assert [one.state for one in states] == ["stopped"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "I want my son evaluated for special education, he confuses letters on cereal boxes"),
        ("es", "Quiero que evalúen a mi hijo para educación especial, confunde letras en los cereales"),
    ],
)
def test_a_request_for_an_evaluation_is_dated_at_once_and_goes_to_two_people(house: House, lang: str, words: str) -> None:
    family = house.talking(lang)
    question = house.heard(family.phone)[-1]
    said = len(house.heard(family.phone))
    house.text(family.phone, words)
    house.quiet()
    told = house.heard(family.phone)[said:]
    (request,) = [one for one in house.entries(family.case_id) if one.kind == "eval_request"]
    assert (request.answer_raw, request.visibility) == (words, "staff_only")
    (asked,) = told
    assert "Ms. Okafor" in asked

    def about(user: str) -> int:
        return len([one for one in house.direct(user) if family.code in one])

    assert {user: about(user) for user in ("U0DEMOEVALU", "U0DEMOLIAIS", "U0DEMOTEACH", "U0DEMOPRINC")} == {
        "U0DEMOEVALU": 1,
        "U0DEMOLIAIS": 1,
        "U0DEMOTEACH": 0,
        "U0DEMOPRINC": 0,
    }
    assert house.channel(family.slack_channel) == []
    # the answer before the request waits for a person who translates, sooner or later
    tasks = {(one.to_role, one.reason, one.visibility) for one in house.handoffs(family) if one.reason != "translation"}
    assert tasks == {("evaluation_contact", "evaluation", "staff_only"), ("liaison", "evaluation", "staff_only")}
    with Browser(house) as browser:
        browser.sign_in("U0DEMOTEACH", "teacher@demo.example")
        assert "cereal" not in browser.get(f"/console/cases/{family.code}").text
    dated = house.ask(family.phone, "He mixes up the letters")
    assert f"{house.base}/chat/" in dated, "the family's copy"
    needs = house.next_text(family.phone, said + 2)
    assert "http" not in needs
    assert "Ms. Okafor" in house.ask(family.phone, "4"), "a word of thanks"
    assert question in house.next_text(family.phone, said + 4), "and the talk goes on where it was"
    (task,) = [one for one in house.handoffs(family) if (one.to_role, one.reason) == ("evaluation_contact", "evaluation")]
    (message,) = [one for one in house.inbound(family.phone) if one.body == words]
    assert abs((task.created_at - message.received_at).total_seconds()) < 1, "with the first message's time"


@pytest.mark.parametrize(("lang", "words"), [("en", "Wrong number"), ("es", "Número equivocado")])
def test_a_wrong_number_hears_one_sentence_and_never_again_from_us(house: House, lang: str, words: str) -> None:
    family = house.talking(lang)
    said = house.heard(family.phone)
    assert house.ask(family.phone, words) == house.words(lang, "identity", "Sorry. I will not text this number again.")
    house.text(family.phone, "Who is this child you wrote about?")
    house.text(family.phone, "1")
    house.quiet()
    assert len(house.heard(family.phone)) == len(said) + 1
    with pytest.raises(Conflict):
        house.begin(family.contact_id)
    assert ("office", "wrong_number") in {(one.to_role, one.reason) for one in house.handoffs(family)}
    assert [one for one in house.direct("U0DEMOOFFIC") if family.code in one] != []


def test_siblings_on_one_phone_are_told_apart_once_a_day(house: House) -> None:
    family = DEMO["con_demo_siblings"]
    with house.database.begin() as conn:  # as if nobody had chosen today
        conn.execute(sa.delete(t.CaseChoice).where(t.CaseChoice.contact_id == family.contact_id))
    kept = {one: len(house.entries(one)) for one in ("cas_demo_ana", "cas_demo_luis")}

    def new(case_id: str) -> list[str]:
        return [one.answer_raw for one in house.entries(case_id)[kept[case_id] :]]

    asked = house.ask(family.phone, "Le cuesta mucho leer los letreros del mercado")
    assert (asked.count("1 "), asked.count("2 ")) == (1, 1)
    assert [name for name in ("Ana", "Luis", "Ortega") if name in asked] == [], "a shared phone shows initials"
    assert new("cas_demo_ana") == new("cas_demo_luis") == []
    house.ask(family.phone, "2")
    assert new("cas_demo_luis") == ["Le cuesta mucho leer los letreros del mercado"]
    again = house.ask(family.phone, "También le gusta el papalote")
    assert again != asked
    assert new("cas_demo_luis")[-1] == "También le gusta el papalote"
    assert new("cas_demo_ana") == []


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        ("con_demo_ar", "يحب ابني كرة القدم والرسم"),
        ("con_demo_so", "Wiilkaygu wuxuu jecel yahay kubbadda cagta"),
    ],
)
def test_a_language_nobody_checked_gets_a_person_and_no_wrong_words(house: House, contact: str, words: str) -> None:
    family = DEMO[contact]
    entries, tasks = len(house.entries(family.case_id)), len(house.handoffs(family))
    house.text(family.phone, words)
    house.quiet()
    assert house.heard(family.phone) == []
    assert [(one.answer_raw, one.answer_lang) for one in house.entries(family.case_id)[entries:]] == [(words, family.lang)]
    assert [(one.to_role, one.body) for one in house.handoffs(family)[tasks:] if one.reason != "translation"] == [("liaison", words)]
    assert len([one for one in house.direct("U0DEMOLIAIS") if family.code in one]) == 1, "told once, however much comes"
    house.begin(contact)
    house.quiet()
    assert house.heard(family.phone) == []


def test_a_number_nobody_knows_learns_nothing(house: House) -> None:
    stranger = "+15559990001"
    house.text(stranger, "Hello, is this about Maya Walker?")
    first = house.next_text(stranger, 0)
    house.text(stranger, "Please tell me")
    house.quiet()
    assert house.heard(stranger) == [first], "one answer a day, not a talk with a robot"
    assert [word for word in ("Maya", "Walker", "case", "Bennett") if word in first] == []
