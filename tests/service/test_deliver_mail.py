"""Mail at hand-over and after: what it carries beside its words, how often it answers by itself, what a bounce means, and a blind second try."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from bot.policy import mail_pace
from bot.service import mail_form, recover, settle, unsubscribe
from bot.service.hand_over import Going, hand_over
from bot.service.runtime import Runtime
from bot.store import fate
from bot.store.database import Database
from bot.store.outbox import WITH_PERSON
from bot.store.tables import Consent, ConsentLedger, Endpoint, Message, Outbox
from bot.store.types import Plain
from channels.base import Found, StatusUpdate
from tests.fakes.clock import START
from tests.service.posting import DISTRICT, Noon, Provider, change, outbox_rows, queue, row, runtime, staff_row, states, tasks

NOW = START + timedelta(hours=1)
SCHOOL = "school@families.demo.example"
MINE = {"state": "claimed", "lease_owner": "me", "lease_until": NOW + timedelta(days=30)}


@pytest.fixture
def run(world: Database, tmp_path: Path) -> Runtime:
    made = runtime(world, Noon(NOW), tmp_path, Provider(), session_secret="s" * 64, public_base_url="https://hearthline.example")
    return replace(made, channels={**made.channels, "email": made.channels["sms"]})


def mail(number: int, now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    """One claimed mail to the Spanish family."""
    given: dict[str, Any] = {"channel": "email", "sender": SCHOOL, "endpoint_id": "end_demo_es_email", "message_id": None}
    return row(number, now, **given | MINE | changes)


def wrote(number: int, message_id: str = "<1@home.test>") -> dict[str, Any]:
    """A mail of the family, as it is kept."""
    raw = {"to": SCHOOL, "sender": "es@home.test", "raw": {"message_id": message_id, "references": ["<0@home.test>"]}}
    return {
        "id": f"msg_{number:026d}",
        "district_id": DISTRICT,
        "provider": "email",
        "provider_id": f"mail_{number}",
        "channel": "email",
        "body": Plain(DISTRICT, "words"),
        "raw": Plain(DISTRICT, orjson.dumps(raw).decode()),
        "lang": "es",
        "screened": "",
        "state": "done",
        "received_at": NOW,
    }


def keep(run: Runtime, *messages: dict[str, Any]) -> None:
    with run.database.begin() as conn:
        conn.execute(sa.insert(Message), list(messages))


def hand(run: Runtime, *numbers: int, now: datetime = NOW) -> list[Going]:
    """Hand these rows over, claimed by us."""
    ids = [f"out_{number:026d}" for number in numbers]
    change(run.database, Outbox, sa.and_(Outbox.id.in_(ids), Outbox.state == "queued"), **MINE)
    with run.database.begin() as conn:
        return hand_over(conn, run, ids, owner="me", now=now, lease_until=now + timedelta(minutes=1))


def test_a_family_mail_has_a_plain_subject_threading_and_a_way_out(run: Runtime) -> None:
    keep(run, wrote(1))
    queue(run.database, mail(1, message_id=f"msg_{1:026d}"))
    (one,) = (each.message for each in hand(run, 1))
    assert (one.subject, one.in_reply_to, one.references) == ("Re: Un mensaje de su escuela", "<1@home.test>", ("<0@home.test>",))
    assert (one.automatic, one.reply_address, one.lang, one.blocks, one.to) == (True, True, "es", None, "es@home.test")
    assert one.unsubscribe.startswith("https://hearthline.example/mail/stop/out_")


def test_a_row_may_bring_its_own_subject_and_a_person_may_have_written_it(run: Runtime) -> None:
    queue(run.database, mail(1, blocks=Plain(DISTRICT, mail_form.pack("Su cita")), answers_family=False, purpose="letter"))
    (one,) = (each.message for each in hand(run, 1))
    assert (one.subject, one.in_reply_to, one.references, one.automatic) == ("Su cita", "", (), False)


def test_staff_mail_says_nothing_of_a_family_and_has_no_way_out(run: Runtime) -> None:
    way = {"channel": "email", "address": Plain(DISTRICT, "teacher@demo.example"), "purpose": "handoff"}
    queue(run.database, staff_row(1, NOW, **way, **MINE))
    queue(run.database, staff_row(2, NOW, **way, blocks=Plain(DISTRICT, "no json"), staff_id="stf_demo_teacher", **MINE))
    for number in (1, 2):
        (one,) = (each.message for each in hand(run, number))
        assert (one.subject, one.unsubscribe, one.reply_address) == (mail_form.STAFF_SUBJECT, "", False)


@pytest.mark.parametrize(("lang", "subject"), [("en", "URGENT: Hearthline needs you now"), ("es", "URGENTE: Hearthline le necesita ahora")])
def test_a_page_says_in_its_subject_that_it_is_urgent(run: Runtime, lang: str, subject: str) -> None:
    way = {"channel": "email", "address": Plain(DISTRICT, "counselor@demo.example"), "lang": lang}
    queue(run.database, staff_row(1, NOW, **way, purpose="page", message_class="F", **MINE))
    queue(run.database, staff_row(2, NOW, **way, purpose="handoff", **MINE))
    page, task = (each.message.subject for number in (1, 2) for each in hand(run, number))
    assert page == subject
    assert task == {"en": "Hearthline: something waits for you", "es": "Hearthline: algo le espera"}[lang]


def test_a_crisis_text_has_no_way_out_and_waits_for_nothing(run: Runtime) -> None:
    keep(run, wrote(1), wrote(2))
    crisis = {"message_class": "F", "purpose": "crisis", "case_id": None, "guardianship_id": None}
    queue(run.database, mail(1, message_id=f"msg_{1:026d}"), mail(2, message_id=f"msg_{2:026d}", **crisis))
    hand(run, 1)
    (one,) = (each.message for each in hand(run, 2))
    assert one.unsubscribe == ""


def test_an_address_is_answered_once_in_a_day_whatever_it_writes(run: Runtime) -> None:
    keep(run, wrote(1), wrote(2), wrote(3))
    first = {"message_id": f"msg_{1:026d}"}
    queue(run.database, mail(1, **first), mail(2, **first), mail(3, message_id=f"msg_{2:026d}"))
    assert len(hand(run, 1)) == 1
    assert len(hand(run, 2)) == 1  # more of the same answer
    assert hand(run, 3) == []
    kept = outbox_rows(run.database)[3]
    assert (kept.state, kept.reason, kept.not_before) == ("queued", "one_answer_a_day", NOW + mail_pace.EVERY)
    assert len(hand(run, 3, now=NOW + mail_pace.EVERY)) == 1


def test_a_talk_that_a_family_moves_on_goes_on_the_same_day(run: Runtime) -> None:
    keep(run, wrote(1), wrote(2), wrote(3))
    queue(run.database, *(mail(number, message_id=f"msg_{number:026d}") for number in (1, 2, 3)))
    consented(run, 2)
    assert [len(hand(run, number)) for number in (1, 2, 3)] == [1, 1, 0]


def test_who_did_not_understand_hears_it_again_at_once(run: Runtime) -> None:
    keep(run, wrote(1), wrote(2), wrote(3))
    refs = {1: "faq/Q01", 2: "unclear/again", 3: "faq/Q02"}
    queue(run.database, *(mail(number, message_id=f"msg_{number:026d}", ref=ref) for number, ref in refs.items()))
    assert [len(hand(run, number)) for number in (1, 2, 3)] == [1, 1, 0]


@pytest.mark.parametrize(("word", "purpose"), [("help", "reply"), ("person", "promise")])
def test_help_is_answered_whenever_it_is_asked_for(run: Runtime, word: str, purpose: str) -> None:
    keep(run, wrote(1), wrote(2) | {"screened": f"command:{word}"})
    queue(run.database, *(mail(number, message_id=f"msg_{number:026d}", purpose=purpose) for number in (1, 2)))
    assert [len(hand(run, number)) for number in (1, 2)] == [1, 1]


def test_two_answers_of_one_group_are_not_both_the_first(run: Runtime) -> None:
    keep(run, wrote(1), wrote(2))
    queue(run.database, *(mail(number, message_id=f"msg_{number:026d}") for number in (1, 2)))
    assert [each.message.outbox_id[-1] for each in hand(run, 1, 2)] == ["1"]


def test_a_robot_that_answers_everything_gets_a_mail_a_day_and_then_none(run: Runtime) -> None:
    keep(run, *(wrote(number) for number in range(1, 11)))
    sent = []
    for day in range(10):
        now = NOW + timedelta(days=day, minutes=day)
        queue(run.database, mail(day + 1, now, message_id=f"msg_{day + 1:026d}", lease_until=now + timedelta(minutes=1)))
        if hand(run, day + 1, now=now):
            sent.append(day)
    assert sent == [0, 1, 2, 3, 4]
    assert ("liaison", "mail_loop", "con_demo_es") in tasks(run.database)
    assert states(run.database)[6] == ("cancelled", "mail_loop")


def test_a_soft_bounce_changes_nothing_until_the_third_in_a_fortnight(run: Runtime) -> None:
    queue(run.database, *(mail(number, state="sent", rank=20, handed_at=NOW) for number in (1, 2, 3)))
    for number in (1, 2, 2, 3):
        assert endpoint(run) == "active"
        news(run, number, "delayed", "soft_bounce")
    assert endpoint(run) == "unreachable"
    assert tasks(run.database) == [("liaison", "bad_address", "con_demo_es")]
    assert {state for state, _ in states(run.database).values()} == {"sent"}


def test_a_hard_bounce_ends_the_address_and_tells_staff(run: Runtime) -> None:
    queue(run.database, mail(1, state="sent", rank=20, handed_at=NOW))
    news(run, 1, "undelivered", "bad_address")
    assert (endpoint(run), tasks(run.database)) == ("unreachable", [("liaison", "bad_address", "con_demo_es")])


@pytest.mark.parametrize(("status", "advice"), [("undelivered", "bad_address"), ("delayed", "soft_bounce")])
def test_a_report_about_another_address_changes_nothing_and_is_told(run: Runtime, status: str, advice: str) -> None:
    """Whoever was shown a mail of ours knows its reply address, and could say that it did not arrive."""
    queue(run.database, mail(1, state="sent", rank=2))
    told = {"advice": advice, "addresses": ["somebody@else.test"]}
    update = StatusUpdate("email", "mail_1", status, f"out_{1:026d}", error_code=advice, raw=told)
    for _ in range(3):
        with run.database.begin() as conn:
            settle.apply_status(conn, run, [update], NOW)
    assert states(run.database)[1][0] == "sent"
    assert tasks(run.database) == [("liaison", "undelivered", "con_demo_es")]
    genuine = StatusUpdate("email", "mail_2", status, f"out_{1:026d}", error_code=advice, raw=told | {"addresses": ["es@home.test"]})
    with run.database.begin() as conn:
        settle.apply_status(conn, run, [genuine], NOW)
    assert states(run.database)[1][0] == ("undelivered" if status == "undelivered" else "sent")


def test_a_bounce_of_a_mail_that_is_no_more_changes_nothing(run: Runtime) -> None:
    news(run, 9, "delayed", "soft_bounce")
    news(run, 9, "undelivered", "bad_address")
    assert (endpoint(run), tasks(run.database)) == ("active", [])


def test_a_mail_in_doubt_is_sent_again_at_most_twice_then_a_person_decides_at_once(run: Runtime) -> None:
    """Nobody can be asked, so nothing is won by waiting, and what comes after it in the family's talk would wait as well."""
    for tries, state in ((1, "queued"), (2, "queued"), (3, "in_doubt")):
        queue(run.database, mail(tries, state="in_doubt", attempts=tries, handed_at=NOW - timedelta(seconds=1), lease_owner=""))
        with run.database.begin() as conn:
            (doubt,) = fate.doubts(conn, NOW, NOW, 10)
            recover.resolve(conn, run, doubt, Found(None, certain=True, blind=True), NOW)
        assert outbox_rows(run.database)[tries].state == state
    assert states(run.database)[3] == ("in_doubt", WITH_PERSON)
    assert tasks(run.database) == [("liaison", "in_doubt", "con_demo_es")]


def test_the_address_in_a_mail_ends_mail_and_nothing_else(run: Runtime) -> None:
    queue(run.database, mail(1, state="sent", handed_at=NOW), mail(2, state="queued"), row(3, NOW, message_id=None))
    token = unsubscribe.address_for(run, f"out_{1:026d}").rpartition("/")[2]
    with run.database.begin() as conn:
        assert unsubscribe.look(conn, run, token) is not None
        for wrong in ("", "x", token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace("1.", "2.")):
            assert unsubscribe.stop(conn, run, wrong, NOW) is None
    assert states(run.database)[2][0] == "queued"
    for _ in range(2):
        with run.database.begin() as conn:
            assert unsubscribe.stop(conn, run, token, NOW) is not None
    assert {number: state for number, (state, _) in states(run.database).items()} == {1: "sent", 2: "cancelled", 3: "queued"}
    with run.database.read() as conn:
        ledger = conn.execute(sa.select(ConsentLedger.medium).where(ConsentLedger.source == "unsubscribe")).scalars().all()
        stopped = conn.execute(sa.select(Consent.medium).where(Consent.state == "stopped")).scalars().all()
    assert (list(ledger), list(stopped), tasks(run.database)) == (["email"], ["email"], [("liaison", "stopped", "con_demo_es")])


def test_the_address_of_a_staff_mail_ends_nothing(run: Runtime) -> None:
    queue(run.database, staff_row(1, NOW, channel="email", address=Plain(DISTRICT, "teacher@demo.example"), state="sent"))
    token = unsubscribe.address_for(run, f"out_{1:026d}").rpartition("/")[2]
    with run.database.begin() as conn:
        assert unsubscribe.stop(conn, run, token, NOW) is None


def consented(run: Runtime, number: int) -> None:
    """The turn of this message changed consent; the others were heard at another moment."""
    change(run.database, Message, Message.id != f"msg_{number:026d}", received_at=NOW - timedelta(hours=1))
    change(run.database, Consent, Consent.medium == "email", changed_at=NOW)


def news(run: Runtime, number: int, status: str, advice: str) -> None:
    update = StatusUpdate("email", f"mail_{number}", status, f"out_{number:026d}", error_code=advice, raw={"advice": advice})
    with run.database.begin() as conn:
        settle.apply_status(conn, run, [update], NOW)


def endpoint(run: Runtime) -> str:
    with run.database.read() as conn:
        return str(conn.scalar(sa.select(Endpoint.state).where(Endpoint.id == "end_demo_es_email")))
