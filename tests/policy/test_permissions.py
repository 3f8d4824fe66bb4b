"""domain.md 10.1, cell by cell: who may open which case, and which line of it they see."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.policy import approval, permissions
from bot.policy.permissions import ROLES, may_open_case, may_read, may_send

HERE, ELSEWHERE = "sch_here", "sch_elsewhere"

OPENS = {
    # role: (own case, other case of the school, other case with an evaluation request, other case while on call)
    "district_admin": (False, False, False, False),
    "coordinator": (True, True, True, True),
    "principal": (True, True, True, True),
    "liaison": (True, False, False, True),
    "teacher": (True, False, False, False),
    "specialist": (True, False, False, False),
    "counselor": (True, False, False, True),
    "psychologist": (True, False, False, True),
    "social_worker": (True, False, False, True),
    "nurse": (True, False, False, True),
    "evaluation_contact": (True, False, True, False),
    "language_liaison": (True, False, False, False),
    "interpreter": (False, False, False, False),
    "office": (False, False, False, False),
    "registrar": (False, False, False, False),
    "privacy_officer": (False, False, False, False),
    "operator": (False, False, False, False),
    "a role from tomorrow": (False, False, False, False),
}

READS = {
    # role: (family words, staff_only of others, own staff_only, safety_only, safety_only on call, evaluation request)
    "coordinator": (True, True, True, False, False, True),
    "principal": (True, True, True, False, True, True),
    "liaison": (True, True, True, False, True, True),
    "teacher": (True, False, True, False, False, False),
    "specialist": (True, False, True, False, False, False),
    "counselor": (True, True, True, True, True, True),
    "psychologist": (True, True, True, True, True, True),
    "social_worker": (True, True, True, True, True, True),
    "nurse": (True, True, True, True, True, True),
    "evaluation_contact": (True, True, True, False, False, True),
    "language_liaison": (True, False, False, False, False, False),
}


def test_every_role_has_its_rows() -> None:
    assert set(OPENS) - {"a role from tomorrow"} == set(ROLES)
    assert set(READS) == {name for name, role in ROLES.items() if role.words}


@pytest.mark.parametrize("role", OPENS)
def test_who_opens_which_case(role: str) -> None:
    def opens(where: str | None, **facts: bool) -> bool:
        return may_open_case([(role, where)], school_id=HERE, **{"on_team": False, **facts})

    assert (opens(HERE, on_team=True), opens(HERE), opens(HERE, asked_for_evaluation=True), opens(HERE, on_call=True)) == OPENS[role]
    assert opens(None, on_team=True) == OPENS[role][0]
    assert not opens(ELSEWHERE, on_team=True, asked_for_evaluation=True, on_call=True)


@pytest.mark.parametrize("role", ROLES)
def test_who_reads_which_line(role: str) -> None:
    def reads(visibility: str, kind: str = "observation", *, own: bool = False, on_call: bool = False, where: str = HERE) -> bool:
        return may_read([(role, where)], school_id=HERE, visibility=visibility, kind=kind, own=own, on_call=on_call)

    found = (
        reads("team"),
        reads("staff_only"),
        reads("staff_only", own=True),
        reads("safety_only"),
        reads("safety_only", on_call=True),
        reads("team", "eval_request"),
    )
    assert found == READS.get(role, (False,) * 6)
    assert reads("team", "safety_flag") == found[5]
    assert not reads("family_private_draft", own=True)
    assert not reads("a word from tomorrow", own=True)
    assert not reads("team", own=True, on_call=True, where=ELSEWHERE)


def test_nobody_without_a_role_reads_or_opens_anything() -> None:
    assert not may_open_case([], school_id=HERE, on_team=True, asked_for_evaluation=True, on_call=True)
    assert not may_read([], school_id=HERE, visibility="team", kind="strength", own=True, on_call=True)


def test_two_roles_add_up_and_one_elsewhere_adds_nothing() -> None:
    grants = [("teacher", HERE), ("counselor", ELSEWHERE)]
    assert may_read(grants, school_id=HERE, visibility="team", kind="strength", own=False, on_call=False)
    assert not may_read(grants, school_id=HERE, visibility="safety_only", kind="strength", own=False, on_call=False)


@pytest.mark.parametrize(
    ("role", "letters"), [("teacher", "ABC"), ("office", "A"), ("evaluation_contact", "ABCDE"), ("operator", ""), ("counselor", "ABCD")]
)
def test_who_may_write_what_to_a_family(role: str, letters: str) -> None:
    assert "".join(one for one in "ABCDEF" if may_send([(role, None)], school_id=HERE, message_class=one)) == letters


@pytest.mark.parametrize("paper", ["agreement", "prior_notice", "documents", "rights", "reports", "records", "oral"])
def test_a_paper_of_rights_goes_out_by_who_answers_for_it_and_by_nobody_else(paper: str) -> None:
    senders = {role for role in ROLES if may_send([(role, HERE)], school_id=HERE, message_class="E", paper=paper)}
    assert (
        senders
        == {
            "agreement": {"coordinator", "principal", "evaluation_contact"},
            "prior_notice": {"principal", "evaluation_contact"},
            "documents": {"liaison", "evaluation_contact"},
            "rights": {"evaluation_contact"},
            "reports": {"specialist", "evaluation_contact"},
            "records": {"evaluation_contact", "privacy_officer"},
            "oral": {"language_liaison"},
        }[paper]
    )


def test_who_opens_new_cases_checks_translations_and_reads_the_log() -> None:
    def roles(asks: Callable[[list[tuple[str, str | None]]], bool], where: str | None = HERE) -> set[str]:
        return {role for role in ROLES if asks([(role, where)])}

    assert roles(lambda grants: permissions.may_begin_case(grants, school_id=HERE)) == {"coordinator", "principal", "liaison"}
    assert roles(lambda grants: permissions.may_begin_case(grants, school_id=ELSEWHERE)) == set()
    assert roles(permissions.may_check_translations) == {"language_liaison", "interpreter"}
    trained = {"counselor", "psychologist", "social_worker", "nurse", "principal", "liaison"}
    assert roles(lambda grants: permissions.may_break_glass(grants, school_id=HERE)) == trained
    assert roles(lambda grants: permissions.may_break_glass(grants, school_id=ELSEWHERE)) == set()
    assert roles(permissions.may_break_glass) == trained
    assert roles(permissions.may_approve_templates) == {"district_admin", "coordinator", "principal"}
    assert roles(permissions.may_write_templates) == {"district_admin", "coordinator", "principal", "liaison"}
    assert roles(permissions.may_see_templates) == {"district_admin", "coordinator", "principal", "liaison", "language_liaison"}
    assert roles(permissions.may_see_log, None) == {"privacy_officer"}
    assert roles(permissions.may_see_log, HERE) == set()


def test_who_sees_the_rota_and_who_writes_it() -> None:
    care = {"counselor", "psychologist", "social_worker", "nurse"}
    seen = {role for role in ROLES if permissions.may_see_rota([(role, HERE)])}
    kept = {role for role in ROLES if permissions.may_keep_rota([(role, HERE)], school_id=HERE)}
    assert kept == {*care, "principal", "coordinator", "district_admin"}
    assert seen == kept | {"liaison"}
    assert [role for role in ROLES if permissions.may_keep_rota([(role, HERE)], school_id=None)] == []


@pytest.mark.parametrize(
    ("what", "roles"),
    [
        ("language", {"liaison", "language_liaison", "office", "registrar"}),
        ("preferences", {"liaison", "office", "registrar"}),
        ("all", {"office", "registrar"}),
        ("a word from tomorrow", set()),
    ],
)
def test_who_changes_what_of_a_contact(what: str, roles: set[str]) -> None:
    assert {role for role in ROLES if permissions.may_change_contact([(role, HERE)], school_id=HERE, what=what)} == roles


def test_a_language_nobody_approved_says_logistics_and_danger_only() -> None:
    assert [letter for letter in "ABCDEF" if not approval.needed(letter)] == ["A", "F"]


def test_the_table_is_the_only_source() -> None:
    assert permissions.NOBODY.opens == "none"
