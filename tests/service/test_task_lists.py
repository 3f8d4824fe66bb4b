"""The lists of tasks and of translations say what the table of roles says, row by row, however much there is before it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.policy import permissions
from bot.policy.permissions import ROLES
from bot.service import review_queue, task_desk
from bot.service.case_timeline import task_kind
from bot.service.viewer import Viewer
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import START

HERE, CASE = "sch_demo_maple", "cas_demo_diego"
REASONS = ("person", "evaluation", "evaluation_possible")
OWNERS = (None, "stf_me", "stf_demo_teacher")
TO = ("liaison", "on_call", "teacher")


@pytest.fixture
def lists(world_sqlite: Any) -> Any:
    return with_every_task(world_sqlite)


@pytest.fixture
def both(world: Any) -> Any:
    """On each of the two engines: the queries are the same, and must mean the same."""
    return with_every_task(world)


def with_every_task(database: Any) -> Any:
    """Every kind of task there can be, and a person without a role yet who is on the case's team."""
    with database.begin() as conn:
        schools = list(conn.execute(sa.select(t.School.id)).scalars())
        assert HERE in schools
        conn.execute(
            sa.insert(t.Staff).values(
                id="stf_me", district_id="dst_demo", name=Plain("dst_demo", "Me"), slack_user="", lang="en", active=True
            )
        )
        conn.execute(
            sa.insert(t.CaseMember).values(
                id="mem_me", district_id="dst_demo", case_id=CASE, staff_id="stf_me", role="x", since=START - timedelta(days=1)
            )
        )
        kinds = itertools.product(REASONS, OWNERS, TO, ("team", "staff_only", "safety_only"), ("open", "acknowledged"))
        for number, (reason, owner, to_role, visibility, state) in enumerate(kinds):
            conn.execute(
                sa.insert(t.Handoff).values(
                    id=f"hnd_{number:03d}", district_id="dst_demo", school_id=HERE, case_id=CASE, to_role=to_role, owner_id=owner,
                    reason=reason, lang="", visibility=visibility, state=state, due_at=START + timedelta(minutes=number), created_at=START,
                )
            )  # fmt: skip
    return database


def expected(row: Any, grants: list[tuple[str, str | None]], on_call: bool, opens: bool) -> str:
    """What the rules say of one task, one by one."""
    if row.to_role == "on_call" and row.state == "open" and on_call:
        return "mine"
    if row.owner_id == "stf_me" or (row.owner_id is None and any(role == row.to_role and where in (None, HERE) for role, where in grants)):
        return "mine"
    reads = permissions.may_read(
        grants, school_id=HERE, visibility=row.visibility, kind=task_kind(row.reason), own=False, on_call=on_call
    )  # fmt: skip
    return "teams" if opens and reads else ""


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_query_knows_what_the_table_knows(lists: Any, role: str) -> None:
    for where, on_call in itertools.product((HERE, None), (False, True)):
        grants: list[tuple[str, str | None]] = [(role, where)]
        who = Viewer("stf_me", "dst_demo", "Me", "en", b"", tuple(grants))
        with lists.begin() as conn:
            conn.execute(sa.delete(t.OnCall).where(t.OnCall.staff_id == "stf_me"))
            if on_call:
                conn.execute(sa.insert(t.OnCall).values(id="onc_me", district_id="dst_demo", school_id=HERE, staff_id="stf_me", position=9))
            desk = task_desk.Desk(conn, who, START)
            found = {one.id: which for which in ("mine", "teams") for one in desk.part(which, size=1000).rows}
            rows = conn.execute(sa.select(*t.Handoff.__table__.c)).all()
            opens = CASE in desk.cases
            waiting = desk.waiting().get(CASE)
        wanted = {row.id: which for row in rows if (which := expected(row, grants, on_call, opens))}
        assert found == wanted, (where, on_call)
        is_open = {row.id for row in rows if row.state == "open"}
        assert (waiting.number if waiting else 0) == (len(is_open & set(wanted)) if opens else 0)


def test_what_others_may_not_see_does_not_push_out_what_they_may(both: Any) -> None:
    """A hundred tasks of a kind that is not the teacher's come first by their due time."""
    with both.begin() as conn:
        for number in range(100):
            conn.execute(
                sa.insert(t.Handoff).values(
                    id=f"hnd_first_{number:03d}", district_id="dst_demo", school_id=HERE, case_id=CASE, to_role="liaison",
                    owner_id="stf_demo_liaison", reason="danger", lang="", visibility="safety_only", state="open",
                    due_at=START - timedelta(days=1), created_at=START,
                )
            )  # fmt: skip
        desk = task_desk.Desk(conn, Viewer("stf_me", "dst_demo", "Me", "en", b"", (("teacher", HERE),)), START)
        first = desk.part("teams", size=5)
        assert (len(first.rows), {one.reason for one in first.rows}) == (5, {"person"})
        every = [one.id for number in range(1, first.pages + 1) for one in desk.part("teams", page=number, size=5).rows]
        assert (len(every), len(set(every))) == (first.total, first.total)
        assert desk.part("teams", page=first.pages + 1, size=5).rows == ()


def test_the_queue_of_translations_is_whole_behind_many_that_are_somebody_elses(both: Any) -> None:
    ids = RealIds()

    def row(case_id: str | None, source_id: str, kind: str, lang: str) -> dict[str, Any]:
        return {
            "id": ids.new("trn"), "district_id": "dst_demo", "source_kind": kind, "source_id": source_id, "case_id": case_id,
            "source_lang": lang, "target_lang": "en", "source_index": source_id.encode().ljust(32), "text": None, "engine": "", "state": "waiting", "why": "",
            "tries": 0, "created_at": START,
        }  # fmt: skip

    with both.begin() as conn:
        hidden = [f"hnd_{number:03d}" for number in range(108) if "safety_only" in _visibility(conn, f"hnd_{number:03d}")]
        seen = [f"hnd_{number:03d}" for number in range(108) if _visibility(conn, f"hnd_{number:03d}") == "team:person"]
        conn.execute(sa.insert(t.Translation), [row(CASE, one, "handoff", "es") for one in hidden])
        conn.execute(sa.insert(t.Translation), [row(CASE, one, "handoff", "ar") for one in seen])
        who = Viewer("stf_me", "dst_demo", "Me", "en", b"", (("language_liaison", HERE),))
        queue = review_queue.waiting(conn, who, START)
        assert (queue.total, len(queue.rows), queue.langs) == (len(seen), len(seen), (("ar", len(seen)),))
        assert review_queue.waiting(conn, who, START, "es").rows == ()
        outside = Viewer("stf_me", "dst_demo", "Me", "en", b"", (("interpreter", None),))
        conn.execute(sa.delete(t.CaseMember).where(t.CaseMember.id == "mem_me"))
        assert {(one.code, one.child) for one in review_queue.waiting(conn, outside, START).rows} == {("", "")}


def _visibility(conn: Any, handoff_id: str) -> str:
    row = conn.execute(sa.select(t.Handoff.visibility, t.Handoff.reason).where(t.Handoff.id == handoff_id)).one()
    return f"{row.visibility}:{row.reason}"
