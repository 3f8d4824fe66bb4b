"""STOP, HELP, START and their neighbours: they count at once, whoever answered them (F25, faults 3 and 4)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.errors import Conflict
from bot.i18n import say_day
from bot.store.tables import CaseEntry, Consent, ConsentLedger, Contact, District, Handoff, Message, Outbox, Timer
from bot.store.types import Plain
from tests.fakes.clock import START, TickingClock
from tests.service.receiving import EN, SIBLINGS, change, family_rows, rows, runtime_for, sms, start, take


def consent_of(runtime, sender: str = EN, medium: str = "phone") -> str:
    index = runtime.vault.index("dst_demo", sender)
    (row,) = rows(runtime, Consent, Consent.address_index == index, Consent.medium == medium)
    return row["state"]


def texts_after(runtime, count: int) -> list[tuple[str, str]]:
    return [(row["purpose"], row["message_class"]) for row in family_rows(runtime)[count:]]


def test_stop_cancels_what_waits_confirms_once_and_is_in_the_ledger(runtime):
    start(runtime)
    outcome = take(runtime, sms("STOP"))[0]
    question, confirmation = family_rows(runtime)
    assert (question["state"], question["reason"]) == ("cancelled", "stopped")
    assert (confirmation["state"], confirmation["purpose"], confirmation["priority"]) == ("queued", "confirm_stop", 0)
    assert confirmation["id"] in outcome.wake
    assert consent_of(runtime) == "stopped"
    line = rows(runtime, ConsentLedger)[-1]
    assert (line["state"], line["contact_id"], line["message_id"], line["medium"]) == (
        "stopped",
        "con_demo_en",
        outcome.message_id,
        "phone",
    )
    assert [(one["kind"], one["state"]) for one in rows(runtime, Timer) if one["state"] == "pending"] == [("close", "pending")]
    assert [(one["to_role"], one["reason"]) for one in rows(runtime, Handoff)] == [("liaison", "stopped")]


def test_what_was_open_goes_on_after_start_and_another_address_need_not_wait_for_it(lite):
    start(lite)
    take(lite, sms("She loves dinosaurs"))
    take(lite, sms("STOP"))
    take(lite, sms("START"))
    assert "Welcome back" in said_to_family(lite)[-2]
    assert "What kind of person is Maya?" in said_to_family(lite)[-1]
    with pytest.raises(Conflict, match="open with the family already"):
        start(lite)
    take(lite, sms("STOP"))
    start(lite)
    assert family_rows(lite)[-1]["channel"] == "email"


def test_stop_covers_every_contact_on_the_number_and_whatsapp(lite):
    index = lite.vault.index("dst_demo", EN)
    from bot.store.tables import Endpoint

    change(lite, Endpoint, Endpoint.id == "end_demo_so_sms", address_index=index)
    change(lite, Contact, Contact.id == "con_demo_so", lang_written="en")
    start(lite, "con_demo_so")
    take(lite, sms("STOP", EN, channel="whatsapp"))
    assert [row["state"] for row in rows(lite, Outbox, Outbox.contact_id == "con_demo_so", Outbox.purpose == "ask")] == ["cancelled"]


def test_a_second_stop_gets_no_second_confirmation(lite):
    take(lite, sms("STOP"))
    count = len(family_rows(lite))
    take(lite, sms("stop"))
    assert texts_after(lite, count) == []


def test_a_stop_that_the_provider_answered_is_not_confirmed_by_us(lite):
    take(lite, sms("STOP", answered_by_provider=True))
    assert texts_after(lite, 0) == []
    assert consent_of(lite) == "stopped"


def test_words_after_a_stop_go_to_a_person_and_nothing_is_sent(lite):
    take(lite, sms("STOP"))
    count = len(family_rows(lite))
    take(lite, sms("Maya has a fever today"))
    assert texts_after(lite, count) == []
    assert rows(lite, Handoff)[-1]["reason"] == "after_stop"
    assert rows(lite, Handoff)[-1]["body"] == "Maya has a fever today"


def test_after_a_stop_help_is_answered_and_start_opens_the_line_again(lite):
    take(lite, sms("STOP"))
    count = len(family_rows(lite))
    take(lite, sms("HELP"))
    assert texts_after(lite, count) == [("confirm_stop", "A")]
    take(lite, sms("START"))
    assert consent_of(lite) == "granted"
    assert len(texts_after(lite, count)) >= 2
    assert [line["state"] for line in rows(lite, ConsentLedger)][-2:] == ["stopped", "started"] or consent_of(lite) == "granted"


def test_after_a_stop_danger_is_still_answered(lite):
    take(lite, sms("STOP"))
    count = len(family_rows(lite))
    take(lite, sms("I want to kill myself"))
    assert {message_class for _, message_class in texts_after(lite, count)} == {"F"}


def test_after_a_stop_a_request_for_an_evaluation_reaches_people_without_a_text(lite):
    take(lite, sms("STOP"))
    count = len(family_rows(lite))
    take(lite, sms("I want my child tested for special education"))
    assert texts_after(lite, count) == []
    assert "evaluation_contact" in {one["to_role"] for one in rows(lite, Handoff)}


def test_stop_everything_covers_every_address_of_the_contact(lite):
    take(lite, sms("stop everything"))
    states = {(row["medium"], row["state"]) for row in rows(lite, ConsentLedger, ConsentLedger.message_id.is_not(None))}
    assert states == {("phone", "stopped"), ("chat", "stopped"), ("email", "stopped")}
    assert consent_of(lite, "con_demo_en", "chat") == "stopped"


def test_we_have_got_to_stop_by_is_no_stop(lite):
    take(lite, sms("We have got to stop by the school tomorrow"))
    assert consent_of(lite) == "granted"
    assert rows(lite, ConsentLedger, ConsentLedger.message_id.is_not(None)) == []


def test_a_pause_ends_by_itself(lite, clock):
    change(lite, Consent, Consent.address_index == lite.vault.index("dst_demo", EN), state="paused", until=clock.now() + timedelta(days=7))
    from bot.errors import Conflict

    with pytest.raises(Conflict, match="pause"):
        start(lite)
    clock.advance(days=8)
    assert len(start(lite)) == 1
    assert [row["purpose"] for row in rows(lite, Outbox)] == ["ask"]


def test_a_language_is_the_persons_from_then_on(lite):
    take(lite, sms("LANGUAGE"))
    take(lite, sms("Español"))
    assert rows(lite, Contact, Contact.id == "con_demo_en")[0]["lang_written"] == "es"


def test_a_districts_languages_are_a_list_or_the_usual_two(lite):
    (district,) = rows(lite, District)
    change(lite, District, settings={**district["settings"], "lang.enabled": "en"})
    take(lite, sms("LANGUAGE"))
    assert "Español" in said_to_family(lite)[-1]


# --- identity (F24) -----------------------------------------------------------------------------------------------------------


def test_a_wrong_number_is_blocked_hears_one_sentence_and_becomes_an_office_task(runtime):
    from bot.store.tables import Endpoint

    start(runtime)
    take(runtime, sms("wrong number"))
    assert {
        row["state"] for row in rows(runtime, Endpoint, Endpoint.contact_id == "con_demo_en", Endpoint.channel.in_(["sms", "whatsapp"]))
    } == {"blocked"}
    assert rows(runtime, Contact, Contact.id == "con_demo_en")[0]["identity"] == "wrong_number"
    question, sorry = family_rows(runtime)
    assert (question["state"], question["reason"]) == ("cancelled", "wrong_number")
    assert (sorry["purpose"], sorry["priority"]) == ("confirm_stop", 0)
    assert "Maya" not in sorry["body"]
    assert [(one["to_role"], one["reason"], one["visibility"]) for one in rows(runtime, Handoff)] == [
        ("office", "wrong_number", "staff_only")
    ]
    take(runtime, sms("who is this"))
    assert len(family_rows(runtime)) == 2
    assert rows(runtime, Handoff)[-1]["reason"] == "blocked_number"
    assert rows(runtime, Message)[-1]["body"] == "who is this"
    take(runtime, sms("I want to kill myself"))
    assert [row["message_class"] for row in family_rows(runtime)[2:]] == ["F"]


def test_a_blocked_number_is_heard_when_it_says_stop_or_asks_for_an_evaluation(lite):
    take(lite, sms("wrong number"))
    take(lite, sms("I want my child tested for special education"))
    assert [one["to_role"] for one in rows(lite, Handoff)][1:] == ["evaluation_contact", "office"]
    take(lite, sms("STOP"))
    index = lite.vault.index("dst_demo", EN)
    assert [row["state"] for row in rows(lite, Consent, Consent.address_index == index, Consent.medium == "phone")] == ["stopped"]
    assert [row["purpose"] for row in family_rows(lite)] == ["confirm_stop"]  # nothing after the one sorry


def test_i_share_this_phone_is_recorded_on_the_number(lite):
    from bot.store.tables import Endpoint

    change(lite, Contact, Contact.id == "con_demo_en", identity="unconfirmed")
    take(lite, sms("I share this phone with my sister"))
    assert rows(lite, Contact, Contact.id == "con_demo_en")[0]["identity"] == "confirmed"
    phones = rows(lite, Endpoint, Endpoint.contact_id == "con_demo_en", Endpoint.channel.in_(["sms", "whatsapp"]))
    assert {row["shared"] for row in phones} == {True}
    assert [entry["kind"] for entry in rows(lite, CaseEntry)] == ["identity_event"]


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("this is her brother, mom is at work", "teen"),
        ("I am the new guardian, we went to court about custody", "new_guardian"),
    ],
)
def test_who_is_not_the_parent_holds_the_childs_messages_and_goes_to_a_person(lite, text, signal):
    from bot.store.tables import Guardianship

    take(lite, sms(text))
    assert rows(lite, Guardianship, Guardianship.contact_id == "con_demo_en")[0]["hold"] == signal
    assert signal in {one["reason"] for one in rows(lite, Handoff)}
    count = len(family_rows(lite))
    take(lite, sms("How is she doing in reading?"))
    assert all("Maya" not in row["body"] for row in family_rows(lite)[count:])


def test_a_safety_request_holds_the_child_for_everybody(lite):
    from bot.store.tables import Case

    take(lite, sms("do not tell my ex where we live"))
    assert rows(lite, Case, Case.id == "cas_demo_maya")[0]["safety_hold"]
    assert rows(lite, Message)[0]["visibility"] == "safety_only"
    assert {row["purpose"] for row in rows(lite, Outbox, Outbox.audience == "staff")} >= {"page"}
    assert {one["visibility"] for one in rows(lite, Handoff)} == {"safety_only"}


def test_yes_this_is_me_confirms_number_and_contact(lite):
    from bot.store.tables import Endpoint

    change(lite, Endpoint, Endpoint.contact_id == "con_demo_en", confirmed_at=None)
    change(lite, Contact, Contact.id == "con_demo_en", identity="unconfirmed")
    start(lite, flow="welcome")
    take(lite, sms("1"))
    take(lite, sms("1"))
    assert rows(lite, Contact, Contact.id == "con_demo_en")[0]["identity"] == "confirmed"
    assert rows(lite, Endpoint, Endpoint.id == "end_demo_en_sms")[0]["confirmed_at"] is not None


def test_siblings_stop_without_being_asked_which_child(lite):
    change(lite, Contact, Contact.id == "con_demo_siblings", lang_written="en")
    take(lite, sms("STOP", SIBLINGS))
    assert [row["purpose"] for row in family_rows(lite)] == ["confirm_stop"]
    assert {entry["case_id"] for entry in rows(lite, CaseEntry)} == {"cas_demo_ana", "cas_demo_luis"}


def test_after_language_the_last_message_is_said_once_more_in_it(lite):
    for text in ("MENU", "LANGUAGE", "2"):
        take(lite, sms(text))
    said = [row["body"] for row in family_rows(lite)]
    assert said[-2:] == [
        "Está bien. Le escribiré en español.",
        "Puede responder PERSONA para hablar con alguien, ELEGIR para menos textos, IDIOMA, PAUSA, AYUDA o ALTO. O escriba su pregunta.",
    ]


def said_to_family(runtime) -> list[str]:
    return [row["body"] for row in family_rows(runtime)]


def test_a_promise_said_again_keeps_the_day_that_was_promised(lite):
    take(lite, sms("fever today"))
    promised = said_to_family(lite)[-1]
    days = [START + timedelta(days=count) for count in range(-2, 9)]
    (day,) = [one.date() for one in days if say_day(one.date(), "en") in promised]
    later = runtime_for(lite.database, TickingClock(START + timedelta(days=2)))
    for text in ("LANGUAGE", "2"):
        take(later, sms(text))
    assert say_day(day, "es") in said_to_family(later)[-1]
    assert "Elena Soto" in said_to_family(later)[-1]


def test_help_is_said_again_with_the_number_to_call(lite):
    for text in ("HELP", "LANGUAGE", "2"):
        take(lite, sms(text))
    said = said_to_family(lite)
    (phone,) = re.findall(r"\(\d{3}\) \d{3}-\d{4}", said[0])
    assert said[-1].startswith("Soy el ayudante automático de ")
    assert phone in said[-1]


def test_a_letter_of_a_person_is_not_made_up_in_another_language_but_a_person_calls(lite):
    take(lite, sms("MENU"))
    change(lite, Outbox, Outbox.audience == "family", purpose="letter", ref="letter/ltr_1", body=Plain("dst_demo", "Maya read to us all."))
    for text in ("LANGUAGE", "2"):
        take(lite, sms(text))
    assert "le llamará" in said_to_family(lite)[-1]
    assert [(one["to_role"], one["reason"]) for one in rows(lite, Handoff)] == [("liaison", "not_understood")]


def test_an_open_question_asks_itself_in_the_new_language(lite):
    start(lite)
    for text in ("LANGUAGE", "2"):
        take(lite, sms(text))
    assert "¿Qué le encanta o qué hace bien Maya?" in family_rows(lite)[-1]["body"]
