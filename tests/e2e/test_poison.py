"""A turn that raises, for real: a talk whose state in the database is damaged. The words stay, the family's number is not hammered, a
person gets the message in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from bot.store import tables as t
from tests.e2e.house import House, wait_for

BROKEN = b'{"f":"home-observations","at":'
WORDS = "Le gusta inventar canciones de ajolotes"


def damage(house: House, contact_id: str, state: bytes) -> bytes:
    """Put these bytes in place of the contact's open talk; what stood there."""
    open_talk = sa.and_(t.Session.contact_id == contact_id, t.Session.status != "done")
    with house.database.begin() as conn:
        row = conn.execute(sa.select(t.Session.id, t.Session.state).where(open_talk)).one()
        conn.execute(sa.update(t.Session).where(t.Session.id == row.id).values(state=("dst_demo", state)))
    return bytes(row.state)


def message(house: House, body: str) -> Any:
    """The one row that holds these words."""
    (found,) = [one for one in house.rows(sa.select(t.Message.__table__)) if one.body == body]
    return found


def long_ago(house: House, message_id: str) -> None:
    """Let the time between two tries be over: it grows to hours."""
    with house.database.begin() as conn:
        moment = conn.execute(sa.select(t.Message.received_at).where(t.Message.id == message_id)).scalar_one()
        conn.execute(sa.update(t.Message).where(t.Message.id == message_id).values(received_at=moment - timedelta(days=1)))


def test_a_turn_that_fails_keeps_the_words_and_goes_through_once_the_damage_is_mended(house: House) -> None:
    family = house.talking("es")
    heard = house.heard(family.phone)
    whole = damage(house, family.contact_id, BROKEN)
    neighbour = house.talking("es")
    assert house.text(family.phone, WORDS).status_code == 200
    kept = message(house, WORDS)
    assert (kept.state, kept.attempts) == ("failed", 1)
    assert house.ask(neighbour.phone, "2"), "nobody else waits for it"

    damage(house, family.contact_id, whole)
    long_ago(house, kept.id)
    wait_for(lambda: message(house, WORDS).state == "done", "the second try")
    assert house.next_text(family.phone, len(heard))
    assert len(house.inbound(family.phone)) == 2
    house.quiet()
    assert len(house.heard(family.phone)) == len(heard) + 1


def test_a_turn_that_fails_five_times_is_put_aside_and_becomes_a_task_for_the_office(house: House) -> None:
    family = house.talking("en")
    heard = house.heard(family.phone)
    damage(house, family.contact_id, BROKEN)
    words = "She invents songs about axolotls and quokkas"
    assert house.text(family.phone, words).status_code == 200
    assert house.text(family.phone, words, MessageSid="SM" + "9" * 32).status_code == 200
    both = [one for one in house.rows(sa.select(t.Message.__table__)) if one.body == words]
    assert [one.state for one in both] == ["failed", "failed"]
    for one in both:
        long_ago(house, one.id)

    def put_aside() -> bool:
        states = sa.select(t.Message.state, t.Message.attempts).where(t.Message.id.in_([one.id for one in both]))
        return [tuple(row) for row in house.rows(states)] == [("quarantined", 5)] * 2

    wait_for(put_aside, "five tries")
    house.quiet()
    tasks = house.rows(sa.select(t.Handoff.__table__).where(t.Handoff.reason == "quarantine"))
    assert {one.message_id for one in tasks} == {one.id for one in both}
    assert [(one.to_role, one.owner_id, one.state) for one in tasks] == [("office", "stf_demo_office", "open")] * 2
    assert {(one.contact_id, one.case_id) for one in tasks} == {(family.contact_id, family.case_id)}
    assert len([one for one in house.direct("U0DEMOOFFIC") if family.code in one]) == 2
    assert house.heard(family.phone) == heard
    after = [one for one in house.rows(sa.select(t.Message.__table__)) if one.body == words]
    assert [one.body for one in after] == [words, words], "nothing is lost"
    assert words not in house.log()
