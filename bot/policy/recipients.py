"""Whether a contact may receive a message now: the one function that decides it, at queueing and again at hand-over (faults 1 and 2).

Deny by default: a message about a child needs a live guardianship of this contact for this child, without restriction or hold; at 18
the rights are the student's; an open safety flag holds everything; what another adult wrote needs that adult's yes (domain.md 0.2, 7b).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.policy import classes

_PLAIN_ANSWERS = "AE"
_TEXTED = frozenset({"sms", "whatsapp", "email", "voice"})
"""Channels that carry words of class D in the open: they get a link instead (domain.md 0.3)."""

SILENT = timedelta(days=90)
"""A number not heard from for this long may have a new owner (fault 10)."""

PASSING = frozenset(
    (
        "identity_held",
        "held",
        "safety_hold",
        "not_confirmed",
        "shared_phone",
        "endpoint_unreachable",
    )
)
"""Refusals that a person or time may end: the message waits. Every other one is for good."""

OF_AGE = 18
THEMSELVES = frozenset({"self", "student"})
"""Relations by which a contact is the student."""


class Standing(NamedTuple):
    """How a contact stands towards a case, as of now.

    :param endpoint_state: active | blocked (wrong number) | unreachable.
    :param shared: more than one person reads this phone.
    :param confirmed: somebody at this address said "yes, that is me", and was heard from since within 90 days (`is_confirmed`).
    :param identity: the contact's: unconfirmed | confirmed | wrong_number | held.
    :param live: a guardianship of this contact for this child is in force (valid_from <= now < valid_to).
    :param rights_holder: may hold education rights; False also when nobody knows, which means classes A and B only.
    :param restriction: a court order or the like; any word closes everything.
    :param hold: why a person must look first (new_guardian, teen, safety_request ...), "" if nothing.
    :param safety_hold: the case has an open safety flag: nothing else about this child, to anybody.
    :param of_age: the student is 18: rights are theirs alone.
    :param themselves: the contact is the student.
    :param others_words: the message holds what another adult wrote.
    :param shared_with: that adult said yes to this one reading it, and nothing froze it since.
    """

    endpoint_state: str = "active"
    shared: bool = False
    confirmed: bool = False
    identity: str = "unconfirmed"
    live: bool = False
    may_receive: bool = False
    rights_holder: bool = False
    restriction: str = ""
    hold: str = ""
    safety_hold: bool = False
    of_age: bool = False
    themselves: bool = False
    others_words: bool = False
    shared_with: bool = False


def is_confirmed(confirmed_at: datetime | None, heard_at: datetime | None, now: datetime) -> bool:
    """Whether a number is known to be its contact's: confirmed once, and not silent for so long that it may have a new owner."""
    return confirmed_at is not None and max(heard_at or confirmed_at, confirmed_at) > now - SILENT


def is_of_age(birth_date: str | None, today: date) -> bool:
    """Whether a student born then is 18 on this day; who was born on a 29th of February is so on the 1st of March. Unknown: a child."""
    try:
        born = date.fromisoformat(birth_date or "")
    except ValueError:
        return False
    return (today.year - born.year, today.month, today.day) >= (OF_AGE, born.month, born.day)


def is_live(valid_from: datetime | None, valid_to: datetime | None, now: datetime) -> bool:
    """Whether a guardianship with these dates is in force; the last moment is already outside."""
    return valid_from is not None and valid_from <= now and (valid_to is None or now < valid_to)


def refusal(
    standing: Standing,
    *,
    message_class: str,
    purpose: str,
    about_case: bool,
    now: datetime,
    answers_family: bool = False,
    channel: str = "",
) -> str:
    """Why this contact may not receive it, "" when it may.

    endpoint_blocked | wrong_number | endpoint_unreachable | identity_held | restricted | no_guardianship | of_age | not_shared |
    safety_hold | held | no_rights | not_confirmed | shared_phone | needs_link. Class F, danger and the one confirmation go to whoever
    wrote; they name no child.

    :param answers_family: it answers what this contact has just written. Then class A may say that a person will call, and class E may date
        a request for an evaluation, whatever else holds and whoever reads the phone: neither tells anything that was not just written.
        Under an open safety flag neither goes.
    :param channel: where it would go; "" where that is not known yet.
    """
    del now  # `standing` was read as of now; the argument keeps callers from deciding once and sending later
    if classes.always(message_class, purpose):
        return ""
    plain_answer = answers_family and message_class in _PLAIN_ANSWERS
    return (
        _address(standing, plain_answer=plain_answer, about_case=about_case)
        or (
            _about_child(standing, message_class, plain_answer=plain_answer)
            if about_case
            else _in_general(standing, "A" if plain_answer else message_class)
        )
        or ("needs_link" if message_class == "D" and channel in _TEXTED else "")
    )


def _address(standing: Standing, *, plain_answer: bool, about_case: bool) -> str:
    if standing.endpoint_state == "blocked":
        return "endpoint_blocked"
    if standing.identity == "wrong_number":
        return "wrong_number"
    if standing.endpoint_state != "active" and not (standing.endpoint_state == "unreachable" and plain_answer and not about_case):
        return "endpoint_unreachable"  # who has just written from there is asked whether it is still they
    if standing.identity == "held" and not plain_answer:
        return "identity_held"
    return ""


def _about_child(standing: Standing, message_class: str, *, plain_answer: bool) -> str:
    if standing.restriction or not standing.may_receive:
        return "restricted" if standing.live else "no_guardianship"
    if not standing.live:
        return "no_guardianship"
    if standing.of_age and not standing.themselves:
        return "of_age"
    if standing.others_words and not standing.shared_with:
        return "not_shared"
    if standing.safety_hold:
        return "safety_hold"
    if plain_answer:
        return ""
    if standing.hold:
        return "held"
    if not classes.of(message_class).about_child:
        return ""
    return "no_rights" if not standing.rights_holder else _in_general(standing, message_class)


def _in_general(standing: Standing, message_class: str) -> str:
    """What the class asks of the receiver: nothing (A, B), a confirmed number (C), and that nobody else reads it (D, E)."""
    needs = classes.of(message_class).identity
    if needs in ("none", "number"):
        return ""
    if not standing.confirmed:
        return "not_confirmed"
    if needs == "confirmed":
        return ""
    if standing.identity != "confirmed":
        return "not_confirmed"
    return "shared_phone" if standing.shared else ""
