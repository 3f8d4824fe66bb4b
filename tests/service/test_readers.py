"""Who may be in a case's Slack channel (fault 14)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.clock import RealIds
from bot.service import hand_over, pace
from bot.service.readers import readers
from bot.service.seed import seed_families
from bot.store import tables as t
from bot.store.database import Database
from bot.store.types import Plain
from tests.fakes.clock import START
from tests.service.posting import DISTRICT, Noon, Provider, change, queue, runtime, staff_row

NOW = START + timedelta(hours=1)
TEAM = {"U0DEMOTEACH", "U0DEMOLIAIS", "U0DEMOCOUNS"}
WHOLE_SCHOOL = {"U0DEMOPRINC", "U0DEMOCOORD"}
DIEGO, LUIS = "cas_demo_diego", "cas_demo_luis"


def who(database: Database, case_id: str = DIEGO) -> set[str]:
    with database.read() as conn:
        return set(readers(conn, [case_id], NOW).get(case_id, ()))


def test_the_team_and_those_who_may_open_every_case_may_read_along(world: Database) -> None:
    assert who(world) == TEAM | WHOLE_SCHOOL
    assert who(world, LUIS) == TEAM - {"U0DEMOTEACH"} | {"U0DEMOCOORD"}  # the teacher's and the principal's roles are at the other school


def test_who_has_left_the_team_or_the_school_may_not(world: Database) -> None:
    change(world, t.CaseMember, t.CaseMember.staff_id == "stf_demo_counselor", until=NOW)
    change(world, t.Staff, t.Staff.id == "stf_demo_coordinator", active=False)
    assert who(world) == {"U0DEMOTEACH", "U0DEMOLIAIS", "U0DEMOPRINC"}


def test_a_seeded_family_has_the_same_team(world: Database) -> None:
    with world.begin() as conn:
        (family,) = seed_families(conn, world.vault, START, RealIds().new, 1)
    assert who(world, family.case_id) == TEAM | WHOLE_SCHOOL


def test_an_unknown_case_has_no_readers(world: Database) -> None:
    with world.read() as conn:
        assert readers(conn, ["cas_nobody"], NOW) == {}


def test_staff_of_another_district_never_may(world: Database) -> None:
    with world.begin() as conn:
        conn.execute(
            sa.insert(t.District),
            [{"id": "dst_b", "name": "B", "zone": "America/Denver", "settings": {}, "demo": True, "created_at": NOW}],
        )
        conn.execute(sa.update(t.Staff).where(t.Staff.id == "stf_demo_coordinator").values(district_id="dst_b"))
        conn.execute(sa.update(t.Case).where(t.Case.id == LUIS).values(district_id="dst_b"))
    assert who(world) == TEAM | {"U0DEMOPRINC"}
    with world.read() as conn:
        assert readers(conn, [DIEGO, LUIS], NOW) == {DIEGO: TEAM | {"U0DEMOPRINC"}, LUIS: {"U0DEMOCOORD"}}


def test_an_alert_for_a_channel_names_its_readers_and_one_for_a_person_does_not(world: Database, tmp_path: Path) -> None:
    queue(world, staff_row(1, NOW), staff_row(2, NOW, address=Plain(DISTRICT, "U0DEMOTEACH"), case_id=LUIS, staff_id="stf_demo_teacher"))
    with world.begin() as conn:
        rows, _ = pace.claim(conn, owner="one", now=NOW, lease_until=NOW + timedelta(minutes=1), limit=100)
        run = runtime(world, Noon(NOW), tmp_path, Provider())
        going = hand_over.hand_over(conn, run, [row.id for row in rows], owner="one", now=NOW, lease_until=NOW + timedelta(minutes=2))
    assert {one.message.to: one.message.readers for one in going} == {"C0DEMO1002": TEAM | WHOLE_SCHOOL, "U0DEMOTEACH": None}
