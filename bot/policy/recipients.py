"""Whether a contact may receive a message now: the one function that decides it, at queueing and again at hand-over (faults 1 and 2).

Deny by default: a message about a child needs a live guardianship of this contact for this child, without restriction or hold.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bot.policy import classes

_PLAIN_ANSWERS = "AE"


class Standing(NamedTuple):
    """How a contact stands towards a case, as of now.

    :param endpoint_state: active | blocked (wrong number) | unreachable.
    :param shared: more than one person reads this phone.
    :param confirmed: somebody at this address said once "yes, that is me".
    :param identity: the contact's: unconfirmed | confirmed | wrong_number | held.
    :param live: a guardianship of this contact for this child is in force (valid_from <= now < valid_to).
    :param rights_holder: may hold education rights; False also when nobody knows, which means classes A and B only.
    :param restriction: a court order or the like; any word closes everything.
    :param hold: why a person must look first (new_guardian, teen, safety_request ...), "" if nothing.
    :param safety_hold: the case has an open safety flag: nothing else about this child, to anybody.
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


def is_live(valid_from: datetime | None, valid_to: datetime | None, now: datetime) -> bool:
    """Whether a guardianship with these dates is in force; the last moment is already outside."""
    return valid_from is not None and valid_from <= now and (valid_to is None or now < valid_to)


def refusal(standing: Standing, *, message_class: str, purpose: str, about_case: bool, now: datetime, answers_family: bool = False) -> str:
    """Why this contact may not receive it, "" when it may.

    endpoint_blocked | wrong_number | endpoint_unreachable | identity_held | restricted | no_guardianship | safety_hold | held |
    no_rights | not_confirmed | shared_phone. Class F, danger and the one confirmation go to whoever wrote; they name no child.

    :param answers_family: it answers what this contact has just written. Then class A may say that a person will call, and class E may date
        a request for an evaluation, whatever holds and whoever reads the phone: neither tells anything that was not just written.
    """
    del now  # `standing` was read as of now; the argument keeps callers from deciding once and sending later
    if classes.always(message_class, purpose):
        return ""
    plain_answer = answers_family and message_class in _PLAIN_ANSWERS
    return _address(standing, plain_answer=plain_answer) or (
        _about_child(standing, message_class, plain_answer=plain_answer)
        if about_case
        else _in_general(standing, "A" if plain_answer else message_class)
    )


def _address(standing: Standing, *, plain_answer: bool) -> str:
    if standing.endpoint_state == "blocked":
        return "endpoint_blocked"
    if standing.identity == "wrong_number":
        return "wrong_number"
    if standing.endpoint_state != "active":
        return "endpoint_unreachable"
    if standing.identity == "held" and not plain_answer:
        return "identity_held"
    return ""


def _about_child(standing: Standing, message_class: str, *, plain_answer: bool) -> str:
    if standing.restriction or not standing.may_receive:
        return "restricted" if standing.live else "no_guardianship"
    if not standing.live:
        return "no_guardianship"
    if plain_answer:
        return ""
    if standing.safety_hold:
        return "safety_hold"
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
