"""Who among staff may open which case and read which line of it: domain.md 10.1 as one table.

A grant is (role, school id or None for the whole district). Nothing here opens a door by itself: every caller also checks the district.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Grant = tuple[str, str | None]


class Role(NamedTuple):
    """One row of the table.

    `opens`: all | school | team (own cases) | request (own, or where an evaluation was asked for) | none.
    `words`: may read what families wrote. `staff_only`: all | own | none. `safety_only`: yes | on_call | none.
    `evaluation`: may read evaluation requests and safety flags (never a teacher). `sends`: message classes this role may write itself.
    `roster`: may edit contacts and consent. `approves`: may approve a language.
    """

    opens: str
    words: bool = False
    staff_only: str = "none"
    safety_only: str = "none"
    evaluation: bool = False
    sends: str = ""
    roster: bool = False
    approves: bool = False


_CARE = Role("team", words=True, staff_only="all", safety_only="yes", evaluation=True, sends="ABCD")

ROLES: Mapping[str, Role] = {
    "district_admin": Role("none"),
    "coordinator": Role("all", words=True, staff_only="all", evaluation=True, sends="ABCDE"),
    "principal": Role("school", words=True, staff_only="all", safety_only="on_call", evaluation=True, sends="ABCDE"),
    "liaison": Role("team", words=True, staff_only="all", safety_only="on_call", evaluation=True, sends="ABCD", roster=True),
    "teacher": Role("team", words=True, staff_only="own", sends="ABC"),
    "specialist": Role("team", words=True, staff_only="own", sends="ABCD"),
    "counselor": _CARE,
    "psychologist": _CARE,
    "social_worker": _CARE,
    "nurse": _CARE,
    "evaluation_contact": Role("request", words=True, staff_only="all", evaluation=True, sends="ABCDE"),
    "language_liaison": Role("team", words=True, sends="ABC", approves=True),
    "interpreter": Role("none", approves=True),
    "office": Role("none", sends="A", roster=True),
    "registrar": Role("none", sends="A", roster=True),
    "privacy_officer": Role("none"),
    "operator": Role("none"),
}

NOBODY = Role("none")

CLOSED_TO_TEACHERS = frozenset({"eval_request", "safety_flag"})


def may_open_case(
    grants: Sequence[Grant], *, school_id: str, on_team: bool, asked_for_evaluation: bool = False, on_call: bool = False
) -> bool:
    """Whether the case may be opened at all. `on_call`: this person is on the rota now; a page must lead somewhere."""
    for role in _roles(grants, school_id):
        if role.opens in ("all", "school"):
            return True
        if on_team and role.opens != "none":
            return True
        if asked_for_evaluation and role.opens == "request":
            return True
        if on_call and role.safety_only != "none":
            return True
    return False


def may_read(grants: Sequence[Grant], *, school_id: str, visibility: str, kind: str, own: bool, on_call: bool) -> bool:
    """Whether one line of a case that may be opened may be read.

    :param own: this person wrote the line.
    :param on_call: this person is on the rota now.
    """
    return any(_reads(role, visibility, kind, own=own, on_call=on_call) for role in _roles(grants, school_id))


def may_send(grants: Sequence[Grant], *, school_id: str, message_class: str) -> bool:
    """Whether this person may write a message of this class to a family."""
    return any(message_class in role.sends for role in _roles(grants, school_id))


def _reads(role: Role, visibility: str, kind: str, *, own: bool, on_call: bool) -> bool:
    if kind in CLOSED_TO_TEACHERS and not role.evaluation:
        return False
    if visibility == "team":
        return role.words
    if visibility == "staff_only":
        return role.staff_only == "all" or (role.staff_only == "own" and own)
    if visibility == "safety_only":
        return role.safety_only == "yes" or (role.safety_only == "on_call" and on_call)
    return False  # a family's private draft, and any word this table does not know


def _roles(grants: Sequence[Grant], school_id: str) -> list[Role]:
    return [ROLES.get(name, NOBODY) for name, where in grants if where is None or where == school_id]
