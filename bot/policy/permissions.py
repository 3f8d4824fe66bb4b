"""Who among staff may open which case, read which line, write what and set what: domain.md 10.1 as one table.

A grant is (role, school id or None for the whole district). Nothing here opens a door by itself: every caller also checks the district,
and what a role is not given here it does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Grant = tuple[str, str | None]


class Role(NamedTuple):
    """One row of the table; the fields are its columns, and a field left out is "no".

    `opens`: all | school | team (own cases) | request (own, or where an evaluation was asked for) | none.
    `words`: may read what families wrote. `staff_only`: all | own | none. `safety_only`: yes | on_call | none.
    `evaluation`: may read evaluation requests and safety flags (never a teacher).
    `sends`: message classes this role may write itself; `papers`: which papers of class E (agreement, prior_notice, documents, rights,
    reports, records, oral). `campaigns`: may write to many.
    `approves`: may check a translation and let it go out. `roster`: all | preferences | language | none, what may be changed of contacts
    and consent. `begins`: may open a case and name its team.
    `content`: the texts this role keeps. `settings`: the settings it may set, "propose" or "all". `reports`: whose numbers it sees.
    `log`: may read who read and sent what.
    """

    opens: str = "none"
    words: bool = False
    staff_only: str = "none"
    safety_only: str = "none"
    evaluation: bool = False
    sends: str = ""
    papers: tuple[str, ...] = ()
    campaigns: bool = False
    approves: bool = False
    roster: str = "none"
    begins: bool = False
    content: str = ""
    settings: str = ""
    reports: str = ""
    log: bool = False


_CARE = Role(
    "team",
    words=True,
    staff_only="all",
    safety_only="yes",
    evaluation=True,
    sends="ABCD",
    content="crisis",
    settings="crisis",
    reports="counts",
)

ROLES: Mapping[str, Role] = {
    "district_admin": Role(campaigns=True, content="approve", settings="all", reports="district"),
    "coordinator": Role(
        "all", words=True, staff_only="all", evaluation=True, sends="ABCDE", papers=("agreement",), campaigns=True, begins=True,
        content="edit", settings="propose", reports="all",
    ),
    "principal": Role(
        "school", words=True, staff_only="all", safety_only="on_call", evaluation=True, sends="ABCDE", papers=("agreement", "prior_notice"),
        begins=True, content="school", settings="school", reports="school",
    ),
    "liaison": Role(
        "team", words=True, staff_only="all", safety_only="on_call", evaluation=True, sends="ABCDE", papers=("documents",),
        roster="preferences", begins=True, content="propose", reports="own",
    ),
    "teacher": Role("team", words=True, staff_only="own", sends="ABC", reports="own"),
    "specialist": Role("team", words=True, staff_only="own", sends="ABCDE", papers=("reports",), content="measures", reports="goals"),
    "counselor": _CARE,
    "psychologist": _CARE,
    "social_worker": _CARE,
    "nurse": _CARE,
    "evaluation_contact": Role(
        "request", words=True, staff_only="all", evaluation=True, sends="ABCDE",
        papers=("agreement", "prior_notice", "documents", "rights", "reports", "records"), content="rights", settings="evaluation",
        reports="evaluation",
    ),
    "language_liaison": Role(
        "team", words=True, sends="ABCE", papers=("oral",), approves=True, roster="language", content="glossary", reports="language"
    ),
    "interpreter": Role(approves=True),
    "office": Role(sends="A", roster="all", settings="calendar", reports="delivery"),
    "registrar": Role(sends="A", roster="all", settings="calendar", reports="delivery"),
    "privacy_officer": Role(sends="E", papers=("records",), content="privacy", settings="retention", reports="log", log=True),
    "operator": Role(settings="infrastructure", reports="health"),
}  # fmt: skip

NOBODY = Role()

CLOSED_TO_TEACHERS = frozenset({"eval_request", "safety_flag"})

ROTA_KEEPERS = frozenset({"crisis", "school", "all", "propose"})
"""`settings` of who may write the on-call rota: counselling, the principal for a school, the coordinator, the district."""


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


def may_send(grants: Sequence[Grant], *, school_id: str, message_class: str, paper: str = "") -> bool:
    """Whether this person may write a message of this class to a family. Of class E, only the papers of the role.

    :param paper: which paper of class E it is; "" asks whether there is any.
    """
    return any(
        message_class in role.sends and (message_class != "E" or not paper or paper in role.papers) for role in _roles(grants, school_id)
    )


def may_begin_case(grants: Sequence[Grant], *, school_id: str) -> bool:
    """Whether this person may open a case at this school and name its team."""
    return any(role.begins for role in _roles(grants, school_id))


def may_check_translations(grants: Sequence[Grant]) -> bool:
    """Whether this person may look at other people's words in two languages and say that they mean the same."""
    return any(role.approves for role in _everywhere(grants))


def may_approve_templates(grants: Sequence[Grant]) -> bool:
    """Whether this person may say that a template is good to be sent as it stands."""
    return any(role.content in ("edit", "approve", "school") for role in _everywhere(grants))


def may_write_templates(grants: Sequence[Grant]) -> bool:
    """Whether this person may write a prepared text, or propose one: it goes nowhere before somebody who may has approved it."""
    return any(role.content in ("propose", "edit", "approve", "school") for role in _everywhere(grants))


def may_see_templates(grants: Sequence[Grant]) -> bool:
    """Whether the page of the prepared texts is theirs: who writes them, and who of the school's own people checks their translations."""
    return may_write_templates(grants) or any(role.approves and role.opens != "none" for role in _everywhere(grants))


def checks_from_outside(grants: Sequence[Grant]) -> bool:
    """Whether this person checks single texts without being on any team: an interpreter of a vendor. They see the text and no case."""
    return any(role.approves and role.opens == "none" for role in _everywhere(grants))


def may_change_contact(grants: Sequence[Grant], *, school_id: str, what: str) -> bool:
    """Whether this person may change a contact. `what`: language | preferences | all (numbers, rights, consent)."""
    enough = {"language": ("language", "preferences", "all"), "preferences": ("preferences", "all"), "all": ("all",)}.get(what, ())
    return any(role.roster in enough for role in _roles(grants, school_id))


def is_trained(role: str) -> bool:
    """Whether this role is trained for safety: it may be on call."""
    return ROLES.get(role, NOBODY).safety_only != "none"


def may_try_rota(grants: Sequence[Grant]) -> bool:
    """Who is trained for safety, or keeps settings, may start a drill."""
    return any(role.safety_only != "none" or role.settings for role in _everywhere(grants))


def may_see_rota(grants: Sequence[Grant]) -> bool:
    """Who is on call is for those who may be, and for those who see to it that somebody is."""
    return any(role.safety_only != "none" or role.settings in ROTA_KEEPERS for role in _everywhere(grants))


def may_keep_rota(grants: Sequence[Grant], *, school_id: str | None) -> bool:
    """Whether this person may change the rota of this school; None is the one of the whole district."""
    return any(role.settings in ROTA_KEEPERS for role in _roles(grants, school_id))


def may_allow_vendor(grants: Sequence[Grant]) -> bool:
    """Whether this person may say yes to somebody outside the house for the whole district: its office, or who answers for privacy."""
    return any(role.settings in ("all", "retention") for role in _roles(grants, None))


def may_break_glass(grants: Sequence[Grant], *, school_id: str | None = None) -> bool:
    """Whether this person may open a case in an emergency: trained for safety, at its school.

    :param school_id: None asks whether there is any such school.
    """
    roles = _everywhere(grants) if school_id is None else _roles(grants, school_id)
    return any(role.safety_only != "none" for role in roles)


def may_see_log(grants: Sequence[Grant]) -> bool:
    """Whether this person may read who read and sent what. The log is the district's: a role at one school is not enough."""
    return any(role.log for role in _roles(grants, None))


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


def _roles(grants: Sequence[Grant], school_id: str | None) -> list[Role]:
    """The roles that count at this school; None is the whole district."""
    return [ROLES.get(name, NOBODY) for name, where in grants if where is None or where == school_id]


def _everywhere(grants: Sequence[Grant]) -> list[Role]:
    return [ROLES.get(name, NOBODY) for name, _ in grants]
