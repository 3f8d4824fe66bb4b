"""Honest lists: a message whose language nobody has reviewed goes to a person at once, every one, and rings that person once."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from bot.store.tables import CatalogueApproval, Handoff, Outbox
from tests.service.receiving import EN, family_rows, rows, sms, start, take


def unread(lite) -> list[dict[str, object]]:
    return rows(lite, Handoff, Handoff.reason == "not_screened")


def rings(lite) -> int:
    tasks = {task["id"] for task in unread(lite)}
    return len([row for row in rows(lite, Outbox, Outbox.audience == "staff") if row["handoff_id"] in tasks])


def nobody_reviewed_english(lite) -> None:
    with lite.database.begin() as conn:
        conn.execute(sa.delete(CatalogueApproval).where(CatalogueApproval.subject == "words"))


def test_a_reviewed_language_sends_nothing_to_a_person(lite):
    start(lite)
    take(lite, sms("She loves drums"))
    assert unread(lite) == []


def test_every_message_in_a_language_without_a_reviewed_list_goes_to_the_liaison_at_once(lite, clock):
    nobody_reviewed_english(lite)
    start(lite)
    take(lite, sms("She loves drums"))
    take(lite, sms("1 and 3"))
    tasks = unread(lite)
    assert [(task["to_role"], task["owner_id"], task["state"]) for task in tasks] == [("liaison", "stf_demo_liaison", "open")] * 2
    assert len({task["message_id"] for task in tasks}) == 2
    assert all(task["due_at"] <= clock.now() + timedelta(hours=1) for task in tasks)
    assert rings(lite) == 1


def test_a_request_in_such_a_language_is_not_for_the_whole_team(lite):
    nobody_reviewed_english(lite)
    take(lite, sms("I want my child tested for special education", EN))
    assert {(task["reason"], task["visibility"]) for task in rows(lite, Handoff)} == {
        ("not_screened", "staff_only"),
        ("evaluation", "staff_only"),
    }


def test_a_list_fires_though_nobody_has_reviewed_it(lite):
    nobody_reviewed_english(lite)
    take(lite, sms("please stop texting me", EN))
    assert {task["reason"] for task in rows(lite, Handoff)} >= {"not_screened"}
    assert [row["purpose"] for row in family_rows(lite)] == ["confirm_stop"]


def test_the_owner_is_told_again_after_a_quarter_of_an_hour_or_once_the_first_is_closed(lite, clock):
    nobody_reviewed_english(lite)
    take(lite, sms("She loves drums"))
    clock.advance(minutes=16)
    take(lite, sms("and painting"))
    assert (len(unread(lite)), rings(lite)) == (2, 2)
    with lite.database.begin() as conn:
        conn.execute(sa.update(Handoff).values(state="closed"))
    take(lite, sms("and her brother"))
    assert (len(unread(lite)), rings(lite)) == (3, 3)


def test_letters_of_a_language_nobody_reviewed_are_for_a_person_whatever_the_contact_chose(lite):
    take(lite, sms("хочу поговорить"))
    assert len(unread(lite)) == 1
