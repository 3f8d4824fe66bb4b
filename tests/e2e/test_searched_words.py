"""Faults 1, 2, 9 and 10 on the running product: each child has words of its own, and everything the outside world received is searched for them.

Siblings on one phone, two parents of whom one may not be told, a number with a new owner, a teenager who answers, and a cry for help: nobody
gets what is not theirs.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from bot.errors import Conflict, NotFound
from bot.store import tables as t
from bot.store.types import Plain
from tests.e2e.browser import Browser
from tests.e2e.house import DEMO, Family, House, wait_for

DISTRICT = "dst_demo"
FATHER, FATHER_PHONE = "con_canary_father", "+15550101901"
SIBLINGS = DEMO["con_demo_siblings"]


class Canary(NamedTuple):
    """A child's own name, and words only its family ever says."""

    child: str
    words: str


CANARIES = {
    "parents": Canary("Zuvaine", "brumplefrost"),
    "recycled": Canary("Tobrixa", "quillambert"),
    "teen": Canary("Morvenna", "snazzleberry"),
    "danger": Canary("Kelpirro", "grondolier"),
    "bystander": Canary("Ysolanda", "wimpleshade"),
}


def rename(house: House, family: Family, child: str) -> None:
    """Give a seeded family's child a name nobody else has."""
    with house.database.begin() as conn:
        student = sa.select(t.Case.student_id).where(t.Case.id == family.case_id).scalar_subquery()
        conn.execute(sa.update(t.Student).where(t.Student.id == student).values(first_name=Plain(DISTRICT, child), last_name=None))


def barred_father(house: House, family: Family) -> None:
    """A second parent with a confirmed phone of his own, whom a court keeps from being told."""
    now = datetime.now(UTC) - timedelta(days=1)
    with house.database.begin() as conn:
        student = conn.execute(sa.select(t.Case.student_id).where(t.Case.id == family.case_id)).scalar_one()
        person = {"id": FATHER, "district_id": DISTRICT, "name": Plain(DISTRICT, "Robin Sample"), "lang_written": "en", "lang_spoken": "en"}
        conn.execute(sa.insert(t.Contact).values(**person, zone="America/Denver", identity="confirmed", created_at=now))
        index = house.database.vault.index(DISTRICT, FATHER_PHONE)
        address = {"channel": "sms", "address": Plain(DISTRICT, FATHER_PHONE), "address_index": index, "confirmed_at": now}
        conn.execute(sa.insert(t.Endpoint).values(id="end_canary_father", district_id=DISTRICT, contact_id=FATHER, **address))
        right = {"relation": "father", "rights_holder": True, "may_receive": False, "restriction": "court_order", "valid_from": now}
        key = {"id": "gua_canary_father", "district_id": DISTRICT, "contact_id": FATHER, "student_id": student}
        conn.execute(sa.insert(t.Guardianship).values(**key, **right))


def long_silent(house: House, family: Family) -> None:
    ago = datetime.now(UTC) - timedelta(days=120)
    with house.database.begin() as conn:
        mine = t.Endpoint.contact_id == family.contact_id
        conn.execute(sa.update(t.Endpoint).where(mine).values(confirmed_at=ago, last_inbound_at=ago))


@pytest.fixture(scope="module")
def families(house: House) -> dict[str, Family]:
    """Everybody has said something of their own, and then what the test is about happens."""
    found = {name: house.talking("en") for name in CANARIES}
    for name, family in found.items():
        rename(house, family, CANARIES[name].child)
    for name, family in found.items():
        house.text(family.phone, f"We tell stories about a {CANARIES[name].words} every night")
    house.quiet()
    return found


def test_siblings_on_one_phone_are_asked_about_by_initials_and_never_mixed(house: House, families: dict[str, Family]) -> None:
    asked = house.ask(SIBLINGS.phone, "Le gusta el trombonario de su abuelo")
    assert (asked.count("1 "), asked.count("2 ")) == (1, 1) or "1" not in asked, "asked, or chosen less than a day ago"
    assert [name for name in ("Ana", "Luis") if name in asked] == []
    if "1 " in asked:
        house.ask(SIBLINGS.phone, "1")
    house.quiet()
    with_words = {
        one for one in ("cas_demo_ana", "cas_demo_luis") for entry in house.entries(one) if "trombonario" in (entry.answer_raw or "")
    }
    assert len(with_words) == 1


def test_a_parent_a_court_keeps_away_learns_nothing_and_his_words_reach_nobody_at_home(house: House, families: dict[str, Family]) -> None:
    family = families["parents"]
    barred_father(house, family)
    before = house.heard(family.phone)
    house.text(FATHER_PHONE, "How is my child doing? I heard of the pogglewort")
    house.text(FATHER_PHONE, "MENU")
    house.quiet()
    assert [text for text in house.heard(FATHER_PHONE) if CANARIES["parents"].child in text or "brumplefrost" in text] == []
    assert house.heard(family.phone) == before, "the mother hears nothing of it"
    with pytest.raises((Conflict, NotFound)):
        house.begin(FATHER)
    assert [one for one in house.entries(family.case_id) if one.contact_id == FATHER] == []


def test_the_new_owner_of_a_number_learns_no_childs_name(house: House, families: dict[str, Family]) -> None:
    family = families["recycled"]
    before = len(house.heard(family.phone))
    long_silent(house, family)
    asked = house.ask(family.phone, "Hello, who keeps writing to me?")
    assert asked.startswith("Hello from Maple Elementary. Is this still the phone of")
    assert house.ask(family.phone, "2") == "Sorry. I will not text this number again."
    house.text(family.phone, "What child is this about?")
    house.quiet()
    new = house.heard(family.phone)[before:]
    assert len(new) == 2
    assert [text for text in new if CANARIES["recycled"].child in text or "quillambert" in text] == []
    with pytest.raises(Conflict):
        house.begin(family.contact_id)


def test_a_teenager_who_answers_is_asked_for_the_grown_up_and_the_child_waits_for_a_person(
    house: House, families: dict[str, Family]
) -> None:
    family = families["teen"]
    before = len(house.heard(family.phone))
    assert house.ask(family.phone, "this is her son my mom is at work") == (
        "Thank you. Please ask the grown-up I am writing to when they are free."
    )
    with pytest.raises(Conflict):
        house.begin(family.contact_id)
    house.quiet()
    assert [text for text in house.heard(family.phone)[before:] if CANARIES["teen"].child in text] == []


def test_a_cry_for_help_is_seen_by_the_rota_alone(house: House, families: dict[str, Family]) -> None:
    family = families["danger"]
    before = len(house.heard(family.phone))
    house.text(family.phone, "I want to kill myself, I sit under the hemlockery bridge")
    first = house.next_text(family.phone, before)
    assert first.startswith(("I am glad you told me.", "If someone is in danger now, call 911.")), "the fixed text before anything else"
    wait_for(lambda: [text for text in house.direct("U0DEMOCOUNS") if family.code in text], "the page")
    house.quiet()
    with Browser(house) as browser:
        browser.sign_in("U0DEMOTEACH", "teacher@demo.example")
        assert "hemlockery" not in browser.get(f"/console/cases/{family.code}").text
        assert "hemlockery" not in browser.get("/console/").text
    with pytest.raises(Conflict):
        house.begin(family.contact_id)


def test_nothing_the_world_received_holds_what_is_not_its_receivers(house: House, families: dict[str, Family]) -> None:
    """The search over everything: every text to every phone, every post and direct message in Slack, every mail."""
    house.quiet()
    own = {family.phone: {*CANARIES[name]} for name, family in families.items()}
    secret = {word for canary in CANARIES.values() for word in canary} | {"hemlockery", "pogglewort", "trombonario"}
    texts = house.sandbox.ask("twilio/messages?direction=outbound")["messages"]
    assert len(texts) > 20
    named = 0
    for text in texts:
        for word in secret:
            if re.search(word, text["body"], re.IGNORECASE):
                assert word in own.get(text["to"], ()), "a text with somebody else's words"
                named += 1
    assert named >= len(CANARIES), "there was something to find"
    for room in house.rooms():
        shown = json.dumps(room["messages"], ensure_ascii=False).lower()
        assert [word for word in secret if word.lower() in shown] == [], room["id"]
    mails = json.dumps(house.sandbox.ask("mail/messages"), ensure_ascii=False).lower()
    assert [word for word in secret if word.lower() in mails] == []
    assert [word for word in secret if word.lower() in house.log().lower()] == []


def test_the_bystander_hears_what_is_theirs(house: House, families: dict[str, Family]) -> None:
    family = families["bystander"]
    house.ask(family.phone, "2")
    assert [text for text in house.heard(family.phone) if CANARIES["bystander"].child in text] != []
