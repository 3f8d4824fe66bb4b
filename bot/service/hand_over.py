"""The last look before a message leaves: one short transaction for up to 32 rows, committed directly before their first POST.

Whom a message may go to was decided when it was queued; minutes or days later it is decided again, under the locks that a STOP, a
guardianship change and a safety request also take. What may not go now is held, cancelled or expired, with a reason people can read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from bot.policy import approval, consent, hours, mail_pace, recipients
from bot.service import mail_form, tell_staff
from bot.service.readers import readers
from bot.service.runtime import Runtime
from bot.store import due, mail
from bot.store import hand_over as store
from bot.store.hand_over import ConsentKey, ConsentRow, Facts, Verdict
from bot.store.outbox import CHANGE
from channels.base import MAIL, Outbound

GROUP = 32
"""Rows handed over in one transaction: few enough that a STOP waits for milliseconds, not for a batch (G2)."""

LOOK_AGAIN = timedelta(minutes=10)
"""A held row is looked at again this often; what holds it (a pause, a safety call, an approval) is a person's to end."""

HELD = recipients.PASSING | {"paused", "consent_unknown", "not_approved"}
"""Reasons that may pass. Every other refusal is for good: the row is cancelled."""

LONGEST_HELD = timedelta(days=7)
"""What is held longer is of no use to the family any more; a person decides what to say instead."""

_NUMBERED = ("sms", "whatsapp")

SLACK_DIRECT = ("U", "W", "D")
"""How the ids of people and of direct messages begin in Slack. Whatever begins otherwise is a place where others may read along."""


class Going(NamedTuple):
    """A row that was handed over: the message, and what its answer is written with."""

    message: Outbound
    conversation: str
    attempts: int
    audience: str
    case_id: str | None


class Decision(NamedTuple):
    """`state` "handed" means go; anything else is where the row rests instead, and until when."""

    state: str
    reason: str
    not_before: datetime


def decide(fact: Facts, consent_now: consent.Said, now: datetime, *, approved: bool) -> Decision:
    """Whether this row may leave now. Pure: everything it rests on is in its arguments."""
    if fact.not_after is not None and fact.not_after < now:
        return Decision("expired", "too_late", now)
    if not fact.address:
        return Decision("cancelled", "no_address", now)
    if fact.audience == "staff":
        return Decision("cancelled", "staff_left", now) if fact.staff_active is False else Decision("handed", "", now)
    unapproved = not approved and approval.needed(fact.message_class, fact.purpose)
    refusal = _refusal(fact, consent_now, now) or ("not_approved" if unapproved else "")
    if refusal in HELD:
        until = consent_now.until if refusal == "paused" else None
        too_long = now - fact.created_at > LONGEST_HELD
        return Decision("expired", "held_too_long", now) if too_long else Decision("held", refusal, max(until or now, now + LOOK_AGAIN))
    if refusal:
        return Decision("cancelled", refusal, now)
    opens = hours.opens_at(
        message_class=fact.message_class,
        purpose=fact.purpose,
        answers_family=fact.answers_family,
        created_at=fact.created_at,
        zone=zone(fact),
        now=now,
        window=hours.window_of(fact.settings),
    )
    if opens > now:
        return Decision("queued", "outside_hours", opens)
    return Decision("handed", "", now)


def _refusal(fact: Facts, said: consent.Said, now: datetime) -> str:
    """What the policies say against it, "" for nothing: first what the family said about texts, then who they are to this child."""
    less = consent.covers(said.stopped_for, fact.case_student, fact.ref)
    asked = {"message_class": fact.message_class, "purpose": fact.purpose}
    refusal = consent.refusal(said.state, said.until, **asked, now=now, answers_family=fact.answers_family, less=less)
    if refusal or fact.contact_id is None:
        return refusal
    return recipients.refusal(
        standing(fact, now), **asked, about_case=fact.case_id is not None, now=now, answers_family=fact.answers_family, channel=fact.channel
    )


def standing(fact: Any, now: datetime) -> recipients.Standing:
    """The contact's standing towards the case, as the policy wants it: from `Facts`, or any row with the same names.

    A guardianship or an address of somebody else is none.
    """
    theirs = fact.guardianship_contact == fact.contact_id and fact.guardianship_student == fact.case_student
    return recipients.Standing(
        endpoint_state=(fact.endpoint_state or "active") if fact.endpoint_contact in (None, fact.contact_id) else "blocked",
        shared=bool(fact.shared),
        confirmed=recipients.is_confirmed(fact.confirmed_at, fact.heard_at, now),
        identity=fact.identity or "unconfirmed",
        live=theirs and recipients.is_live(fact.valid_from, fact.valid_to, now),
        may_receive=bool(fact.may_receive),
        rights_holder=bool(fact.rights_holder),
        restriction=fact.restriction or ("other_link" if fact.barred else ""),
        hold=fact.hold or ("other_link" if fact.held_too else ""),
        safety_hold=bool(fact.safety_hold),
        of_age=recipients.is_of_age(fact.birth_date, now.astimezone(hours.zone_of(fact.district_zone)).date()),
        themselves=fact.relation in recipients.THEMSELVES,
        others_words=fact.words_of is not None and fact.words_of != fact.contact_id,
        shared_with=fact.sharing == "yes",
    )


def zone(fact: Facts) -> str:
    """Whose clock the hours are read on: the family's own, else the district's."""
    return fact.contact_zone or fact.district_zone


def hand_over(conn: Connection, runtime: Runtime, ids: Sequence[str], *, owner: str, now: datetime, lease_until: datetime) -> list[Going]:
    """Decide about claimed rows and mark those that go as handed. The caller commits, and only then posts (never inside this).

    A message that came too late becomes a task for a person, not a late text (fault 16).
    """
    consents = store.lock_consents(conn, store.lock_people(conn, ids), now)
    rows = store.facts(conn, ids, owner, now)
    approved = _approved(conn, runtime, rows)
    decisions = {row.id: decide(row, _consent(consents, row), now, approved=(row.district_id, row.lang) in approved) for row in rows}
    answered = mail.answered(conn, [row.id for row in rows if row.channel == MAIL])
    decisions |= _paced(conn, [row for row in rows if row.id in answered and decisions[row.id].state == "handed"], answered, now)
    older = store.superseded(conn, [row.id for row in rows if row.purpose == CHANGE])
    decisions |= dict.fromkeys(older, Decision("cancelled", "superseded", now))
    going = [row for row in rows if decisions[row.id].state == "handed"]
    staying = [row for row in rows if decisions[row.id].state != "handed"]
    store.put_aside(conn, [Verdict(row.id, *decisions[row.id]) for row in staying], now)
    for row in staying:
        told = mail.LOOP if decisions[row.id].reason == mail.LOOP else "message_too_late"
        if row.audience == "family" and (decisions[row.id].state == "expired" or told == mail.LOOP):
            tell_staff.task(
                conn,
                runtime,
                now,
                told,
                district_id=row.district_id,
                case_id=row.case_id,
                contact_id=row.contact_id,
                about=row.id,
            )
    texts = _distinct(conn, going, now)
    posted = {row.case_id for row in going if row.case_id and row.channel == "slack" and not row.address.startswith(SLACK_DIRECT)}
    along = readers(conn, sorted(posted), now) if posted else {}
    store.hand(conn, [row.id for row in going], now, lease_until)
    sent = [_going(row, texts.get(row.id, row.body), now, along) for row in going]
    return [
        one._replace(message=mail_form.dress(one.message, row, mail.raw_of(answered, row.id), runtime)) if row.channel == MAIL else one
        for one, row in zip(sent, going, strict=True)
    ]


def _paced(conn: Connection, rows: Sequence[Facts], answered: Mapping[str, mail.Answered], now: datetime) -> dict[str, Decision]:
    """Answers by mail that must wait or end, because this address was answered a short while ago (fault 20)."""
    decided: dict[str, Decision] = {}
    here: set[tuple[str, bytes]] = set()
    for row in rows:
        own = answered[row.id]
        earlier: dict[str | None, mail_pace.Answer] = {}
        for one in mail.earlier_answers(conn, own, now - mail_pace.WEEK):
            if one.message_id != own.message_id:
                earlier.setdefault(one.message_id, mail_pace.Answer(one.at, one.moved))
        whose = (row.district_id, bytes(row.number or b""))
        before = [*earlier.values(), *([mail_pace.Answer(now, moved=True)] if whose in here else [])]
        at = mail_pace.leaves_at(row.message_class, row.purpose, before, now, moved=own.moved)
        here.add(whose)
        if at is None:
            decided[row.id] = Decision("cancelled", mail.LOOP, now)
        elif at > now:
            decided[row.id] = Decision("queued", "one_answer_a_day", at)
    return decided


def _consent(consents: Mapping[ConsentKey, ConsentRow], row: Facts) -> consent.Said:
    found = consents.get(row.consent_key) if row.consent_key is not None else None
    return consent.Said("unknown") if found is None else consent.Said(*found)


def _approved(conn: Connection, runtime: Runtime, rows: Sequence[Facts]) -> set[tuple[str, str]]:
    """The (district, language) pairs whose flow texts a person approved in exactly the version we ship."""
    wanted = {(row.district_id, row.lang) for row in rows if row.audience == "family"}
    hashes = {lang: runtime.catalogues.hash("flows", lang) for lang in {lang for _, lang in wanted}} if wanted else {}
    return due.approved(conn, [(district_id, lang, hashes[lang]) for district_id, lang in sorted(wanted)])


def _distinct(conn: Connection, rows: Sequence[Facts], now: datetime) -> dict[str, str]:
    """Keep two equal texts to one number within a day apart, or (To, Body) could not settle them (faults 2.1 (4)).

    The later one is worded so that only a machine sees the difference. A row on its second try keeps its words: it may have arrived.
    """
    numbered = [row for row in rows if row.channel in _NUMBERED and row.number is not None and not row.attempts]
    said = store.texts_today(conn, [bytes(row.number or b"") for row in numbered], now - timedelta(days=1))
    changed: dict[str, str] = {}
    for row in numbered:
        number, text, again = bytes(row.number or b""), row.body, 0
        while (number, text) in said:
            again += 1
            text = reworded(row.body, again)
        said.add((number, text))
        if again:
            store.reword(conn, row.district_id, row.id, text)
            changed[row.id] = text
    return changed


def reworded(text: str, again: int) -> str:
    """The same words with one gap wider: nobody reads it differently, no character leaves the phone network's alphabet."""
    gaps = [place for place, letter in enumerate(text) if letter == " "]
    if not gaps:
        return text + "." * again
    place = gaps[(again - 1) % len(gaps)]
    return text[:place] + " " * (1 + (again - 1) // len(gaps)) + text[place:]


def _valid_seconds(row: Facts, now: datetime) -> int:
    """How long the provider may try: within the family's hours, and never beyond the moment from which it is too late for us as well."""
    seconds = hours.ANSWER_VALID
    if row.audience != "staff":
        seconds = hours.valid_seconds(
            message_class=row.message_class,
            purpose=row.purpose,
            answers_family=row.answers_family,
            zone=zone(row),
            now=now,
            window=hours.window_of(row.settings),
            created_at=row.created_at,
        )
    left = seconds if row.not_after is None else int((row.not_after - now).total_seconds())
    return max(1, min(seconds, left))


def _going(row: Facts, text: str, now: datetime, along: Mapping[str, frozenset[str]]) -> Going:
    message = Outbound(
        outbox_id=row.id,
        channel=row.channel,
        sender=row.sender,
        to=row.address,
        text=text,
        valid_seconds=_valid_seconds(row, now),
        blocks=orjson.loads(row.blocks) if row.blocks and row.channel != MAIL else None,
        created_at=row.created_at,
        readers=along.get(row.case_id or "") if row.channel == "slack" else None,
    )
    changed = row.ref if row.purpose == CHANGE else ""
    return Going(message, row.contact_id or row.staff_id or changed or row.id, row.attempts + 1, row.audience, row.case_id)
