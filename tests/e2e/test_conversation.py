"""A mother who reads Spanish is asked about reading at home: by text, by web chat, on SQLite and on PostgreSQL."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from tests.e2e.browser import Browser
from tests.e2e.house import DEMO, Family, House, wait_for

MOTHER = DEMO["con_demo_es"]
ANSWERS = (
    "Le encantan los cuentos de su abuela en mixteco y los cómics de dinosaurios 🦕 ¡qué niño!",
    "٢",
    "1 y 3",
    "más fácil",
    "Su papá también batalló, allá en Ñuu Savi.",
    "Leer juntos en voz alta, con canciones",
)
GOOD = "1"
RECORD = (
    ("strength", "R1", "reading_interest", ANSWERS[0], "team"),
    ("observation", "R2", "reading.routine", "some_days", "team"),
    ("observation", "R3", "reading.signs", ["with_ease", "guesses"], "team"),
    ("observation", "R4", "reading.l1", "easier", "team"),
    ("observation", "R5", "reading.family", ANSWERS[4], "staff_only"),
    ("strength", "R6", "strategies", ANSWERS[5], "team"),
)
FIRST = "What does {child} like to read, look at or listen to, in any language?"
ALERT = "New family input on case CV-1002: reading, strength. Language: Spanish, translation waiting for the liaison."
BOTH = ["house", pytest.param("postgres_house", marks=pytest.mark.postgres)]


@dataclass(frozen=True)
class Played:
    """The mother's conversation by text, and how the house stood right after it."""

    heard: list[str]
    entries: list[Any]
    accepted: list[str]
    rows: list[Any]
    posts: list[dict[str, Any]]
    verified: list[str]


_played: dict[str, Played] = {}


def talk_by_text(house: House) -> Played:
    """The whole conversation, signed webhook by signed webhook: once a house, whichever test asks first."""
    if house.url not in _played:
        heard = [house.start(MOTHER)]
        heard += [house.ask(MOTHER.phone, answer) for answer in (*ANSWERS, GOOD)]
        house.quiet()
        mine = sa.and_(t.Outbox.contact_id == MOTHER.contact_id, t.Outbox.channel == "sms")
        _played[house.url] = Played(
            heard,
            house.entries(MOTHER.case_id),
            house.heard(MOTHER.phone),
            house.rows(sa.select(t.Outbox.state, t.Outbox.body).where(mine)),
            house.channel(MOTHER.slack_channel),
            house.hearthline("case", "verify", "--all").splitlines(),
        )
    return _played[house.url]


@pytest.mark.parametrize("where", BOTH)
def test_signed_texts_in_spanish_walk_the_talk_to_its_read_back_and_into_the_record(where: str, request: pytest.FixtureRequest) -> None:
    house: House = request.getfixturevalue(where)
    played = talk_by_text(house)
    heard, entries = played.heard, played.entries
    assert heard[0] == house.words("es", "home-observations", FIRST, child="Diego")
    assert heard[-2].startswith(house.words("es", "home-observations", "I wrote:"))
    assert heard[-2].endswith(f" 1 {house.words('es', 'common', 'Good')} 2 {house.words('es', 'common', 'Change')}")

    assert [one.answer_raw.encode() for one in entries] == [answer.encode() for answer in ANSWERS]
    found = [(one.kind, one.step_id, *next(iter(json.loads(one.answer_norm).items())), one.visibility) for one in entries]
    assert found == list(RECORD)
    assert {(one.channel, one.answer_lang, one.source_role, one.contact_id) for one in entries} == {("sms", "es", "family", "con_demo_es")}
    ids = [one.id for one in entries]
    confirmed = house.rows(sa.select(t.EntryMark.entry_id).where(t.EntryMark.kind == "confirmed", t.EntryMark.entry_id.in_(ids)))
    assert {one.id for one in entries if one.visibility == "team"} == {row.entry_id for row in confirmed}, "what was read back"

    assert played.accepted == heard, "each text was accepted, in order, and none twice"
    assert house.sandbox.ask("twilio/counts")["twice"] == []
    assert sorted((row.state, row.body) for row in played.rows) == sorted(("delivered", body) for body in heard)

    assert [post["text"] for post in played.posts] == [ALERT]
    shown = json.dumps(played.posts, ensure_ascii=False)
    assert [word for word in family_words() if word in shown] == []

    told = played.verified
    assert [line for line in told if not line.endswith(" links hold.")] == []
    assert any(line.startswith("CV-1002") and "11 links" in line for line in told), told


def family_words() -> list[str]:
    """The names of this family, and every word the mother wrote that is not also the name of something else."""
    words = {word for answer in ANSWERS for word in re.findall(r"\w{4,}", answer)}
    return sorted({"Diego", "Delgado", "Lucía", MOTHER.phone, MOTHER.phone[1:], *words, *ANSWERS})


def test_the_liaison_reads_the_words_on_the_timeline_with_strengths_first(house: House) -> None:
    talk_by_text(house)
    with Browser(house) as browser:
        browser.sign_in("U0DEMOLIAIS", "liaison@demo.example")
        page = browser.get("/console/cases/CV-1002")
    assert page.status_code == 200
    words = [
        html.unescape(one) for one in re.findall(r'<blockquote class="words"[^>]*lang="es"[^>]*>(.*?)</blockquote>', page.text, re.DOTALL)
    ]
    spoken_words = [one for one in words if one in ANSWERS]
    strengths = [ANSWERS[0], ANSWERS[5]]
    first = [one in strengths for one in spoken_words]
    assert first == sorted(first, reverse=True)
    assert set(strengths) <= set(spoken_words)
    assert ANSWERS[4] in spoken_words


def test_a_teacher_of_another_school_finds_no_such_page(house: House) -> None:
    with Browser(house) as browser:
        browser.sign_in("U0DEMOOTHER", "other.teacher@demo.example")
        refused = browser.get("/console/cases/CV-1002")
        unknown = browser.get("/console/cases/CV-9999")
    assert (refused.status_code, unknown.status_code) == (404, 404)
    assert "Diego" not in refused.text


def open_chat(house: House, browser: Browser, family: Family) -> str:
    """Through the family's door: the link, the code that comes by text, the cookie. Gives the page's path."""
    knocked = browser.submit("/", "/demo/chat", family=family.contact_id)
    path = knocked.url.path
    assert path.startswith("/chat/")
    seen = len(house.heard(family.phone))
    asked = browser.submit(path, f"{path}/code")
    assert (asked.status_code, asked.url.path) == (200, path)
    code = re.search(r"\b\d{6}\b", house.next_text(family.phone, seen))
    assert code is not None
    opened = browser.submit(path, f"{path}/enter", code=code[0])
    assert (opened.status_code, opened.url.path) == (200, path)
    return path


def bubbles(browser: Browser, path: str) -> list[tuple[str, str]]:
    """(who, words) as the page shows them."""
    shown = re.findall(r'<li class="(mine|theirs)">.*?<p class="bubble"[^>]*>(.*?)</p>', browser.get(path).text, re.DOTALL)
    return [(who, html.unescape(words)) for who, words in shown]


def say_in_chat(browser: Browser, path: str, words: str, number: int) -> list[tuple[str, str]]:
    """Write on the page and wait for an answer to appear below one's own words."""
    browser.submit(path, f"{path}/messages", text=words, client_id=f"page-{number:04d}")

    def answered() -> list[tuple[str, str]]:
        shown = bubbles(browser, path)
        return shown if shown[-1][0] == "theirs" else []

    return wait_for(answered, f"an answer to line {number}")


def spoken(entry: Any) -> dict[str, Any]:
    """An entry without ids, times and channel: what must be equal whatever way the family wrote."""
    without = {"id", "seq", "message_id", "channel", "created_at", "salt", "digest", "chain", "corrects_id"}
    return {name: value for name, value in entry._mapping.items() if name not in without}


def test_the_same_talk_by_web_chat_writes_the_same_entries(house: House) -> None:
    by_text = talk_by_text(house).entries
    house.start(MOTHER)
    with Browser(house) as browser:
        path = open_chat(house, browser, MOTHER)
        texts = len(house.heard(MOTHER.phone))
        for number, answer in enumerate((*ANSWERS, GOOD)):
            shown = say_in_chat(browser, path, answer, number)
    by_chat = house.entries(MOTHER.case_id)[len(by_text) :]
    assert [spoken(one) for one in by_chat] == [spoken(one) for one in by_text]
    assert {one.channel for one in by_chat} == {"webchat"}
    assert [words for who, words in shown if who == "mine"][-7:] == [*ANSWERS, "Bien"], "a number pressed is shown in its words"
    assert len(house.heard(MOTHER.phone)) == texts, "who writes in the chat is answered in the chat"
    house.quiet()
    assert [post["text"] for post in house.channel(MOTHER.slack_channel)] == [ALERT, ALERT]


def test_a_chat_page_stays_shut_without_the_code(house: House) -> None:
    with Browser(house) as browser, Browser(house) as stranger:
        path = open_chat(house, browser, DEMO["con_demo_en"])
        say_in_chat(browser, path, "She draws axolotls", 1)
        house.quiet()
        before = house.everything()
        seen = stranger.get(path)
        posted = stranger.submit(path, f"{path}/messages", text="Soy otra persona", client_id="stranger-1")
        forged = stranger.get(path[:-1] + ("A" if path[-1] != "A" else "B"))
    assert "axolotls" not in seen.text
    assert (posted.status_code, forged.status_code) == (403, 404)
    assert house.everything() == before


def test_a_button_of_the_demo_page_starts_the_talk(house: House) -> None:
    family = DEMO["con_demo_en"]
    seen = len(house.heard(family.phone))
    with Browser(house) as browser:
        browser.submit("/", "/demo/start", family=family.contact_id, talk="home-observations/reading")
        assert house.next_text(family.phone, seen) == FIRST.format(child="Maya")
        browser.submit("/", "/demo/text", family=family.contact_id, body="She draws comics about axolotls")
    assert house.next_text(family.phone, seen + 1).startswith("How often do you read, sing or tell stories together?")
    assert house.entries(family.case_id)[-1].answer_raw == "She draws comics about axolotls"
