"""After everything the other tests said: what the world outside our database has seen of a child, a phone number, a family's words."""

from __future__ import annotations

import json
import re

import pytest

from bot.service.seed_people import CONTACTS, STAFF, STUDENTS
from tests.e2e.house import DEMO, House
from tests.e2e.test_searched_words import FATHER_PHONE

BOTH = ["house", pytest.param("postgres_house", marks=pytest.mark.postgres)]
WORDS = "Sueña con quetzales y guacamayas junto al río"
NAMES = {part for child in STUDENTS for part in (child.first_name, child.last_name)} | {
    part for parent in CONTACTS for part in parent.name.split() if len(part) > 3
}
NAMES |= {"Ejemplo", "Familia"}


@pytest.fixture(scope="module", params=BOTH)
def spoken_to(request: pytest.FixtureRequest) -> House:
    """A house in which somebody has said a good deal."""
    house: House = request.getfixturevalue(request.param)
    family = house.talking("es")
    house.text(family.phone, WORDS)
    house.text(DEMO["con_demo_ar"].phone, "ابنتي تحب الرسم والغناء")
    house.text(family.phone, "PERSONA")
    house.text(family.phone, "Mi hija dice que se quiere morir, escribió de quetzales")
    house.post(house.form(family.phone, WORDS), token="00" * 16)
    house.quiet()
    return house


def secrets(house: House) -> list[str]:
    """What must not be seen: each sentence a family wrote, the rarer words of them, names, and numbers however they are written."""
    sentences = {text for text in house.said if len(text) > 8}
    rare = {word for text in sentences for word in re.findall(r"\w{7,}", text)} - ORDINARY
    known = {who.phone for who in (*CONTACTS, *STAFF)} | {"+15552000"}
    phones = {phone[start:] for phone in known for start in (0, 1, 2)}
    return sorted(sentences | rare | phones | NAMES)


ORDINARY = frozenset(
    {"reading", "evaluation", "education", "special", "another", "different", "something", "message", "families", "waiting"}
)
"""Long words families used that our own English sentences to staff use as well."""


def seen_in(text: str, house: House) -> list[str]:
    return [one for one in secrets(house) if re.search(rf"(?<!\w){re.escape(one)}", text)]


def test_slack_holds_no_name_no_number_and_no_word_of_a_family(spoken_to: House) -> None:
    rooms = spoken_to.rooms()
    assert any(room["messages"] for room in rooms)
    for room in rooms:
        shown = json.dumps([{"text": post["text"], "blocks": post.get("blocks")} for post in room["messages"]], ensure_ascii=False)
        assert seen_in(shown, spoken_to) == [], room["id"]


def test_an_alert_is_never_unfurled_and_never_in_a_public_channel(spoken_to: House) -> None:
    for room in spoken_to.rooms():
        for post in room["messages"]:
            assert room["is_im"] or room["is_private"]
            assert post["unfurl"] == {"unfurl_links": False, "unfurl_media": False}


def test_what_our_processes_print_holds_none_of_it(spoken_to: House) -> None:
    printed = spoken_to.log()
    assert "slot_taken" in printed, "this is the log"
    assert seen_in(printed, spoken_to) == []
    assert spoken_to.token not in printed
    assert spoken_to.signing_secret not in printed


def test_no_line_of_the_log_is_a_traceback_or_free_text(spoken_to: House) -> None:
    lines = [line for line in spoken_to.log().splitlines() if line.strip() and not line.startswith("Hearthline ")]
    assert [line for line in lines if not line.startswith('{"') and not line.startswith("(no settings")] == []


def test_the_addresses_the_provider_calls_hold_ids_only(spoken_to: House) -> None:
    called = {one["status_callback"] for one in spoken_to.sandbox.ask("twilio/messages?direction=outbound-api")["messages"]}
    assert called
    pattern = re.escape(spoken_to.base) + r"/hooks/twilio/status/out_[0-9A-Z]{26}"
    assert [one for one in called if not re.fullmatch(pattern, one)] == []


def test_every_text_of_the_run_was_accepted_once_and_every_chain_holds(spoken_to: House) -> None:
    assert spoken_to.sandbox.ask("twilio/counts")["twice"] == []
    told = spoken_to.hearthline("case", "verify", "--all").splitlines()
    assert [line for line in told if not line.endswith(" links hold.")] == []


def test_nobody_but_the_family_and_the_rota_was_texted(spoken_to: House) -> None:
    to = {one["to"] for one in spoken_to.sandbox.ask("twilio/messages?direction=outbound")["messages"]}
    on_call = {one.phone for one in STAFF if one.on_call}
    families = {one.phone for one in CONTACTS}
    assert {one for one in to if not one.startswith("+1555200") and one not in families | on_call} <= {"+15559990001", FATHER_PHONE}
