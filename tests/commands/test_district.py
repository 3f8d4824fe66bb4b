"""A district from nothing by one file and one roster, as it is typed; then changed, approved and left alone by the same file again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.clock import RealClock, RealIds
from bot.commands.here import open_database
from bot.config import Settings
from bot.service import rota
from bot.service.runtime import Runtime
from bot.service.verify import verify
from bot.service.viewer import Viewer
from bot.store import tables as t
from bot.store.database import Database
from tests.commands.test_store_commands import MASTER_KEY, Run, run
from tests.exchange.test_contacts_csv import GOOD, sheet
from tests.exchange.test_district_file import FILE

__all__ = ["run"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "district.toml"
    path.write_text(FILE, "utf-8")
    return path


@pytest.fixture
def made(run: Run, file: Path) -> Run:
    assert run("db", "migrate").exit_code == 0
    assert run("district", "setup", str(file), "--apply").exit_code == 0
    return run


def ask(tmp_path: Path, query: sa.Select[tuple[object, ...]]) -> list[tuple[object, ...]]:
    database = open_database(f"sqlite:///{tmp_path}/new.db", MASTER_KEY)
    try:
        with database.read() as conn:
            return [tuple(row) for row in conn.execute(query)]
    finally:
        database.close()


def test_a_dry_run_says_everything_and_writes_nothing(run: Run, file: Path, tmp_path: Path) -> None:
    run("db", "migrate")
    said = run("district", "setup", str(file))
    assert said.exit_code == 0
    assert "New school Maple Elementary." in said.output
    assert said.output.endswith("Dry run: nothing was written. Say --apply to write it.\n")
    assert ask(tmp_path, sa.select(t.District.id)) == []
    assert run("district", "list").output == "There is no district yet.\n"


def test_the_file_makes_the_district_and_the_same_file_again_changes_nothing(made: Run, file: Path, tmp_path: Path) -> None:
    roles = sa.select(t.StaffRole.role, t.School.name).join_from(t.StaffRole, t.School, isouter=True).order_by(t.StaffRole.role)
    assert ask(tmp_path, roles) == [("coordinator", None), ("liaison", "Maple Elementary")]
    assert ask(tmp_path, sa.select(t.OnCall.position)) == [(0,)]
    assert ask(tmp_path, sa.select(t.EvaluationContact.approved_at.is_not(None))) == [(True,)]
    ((settings,),) = ask(tmp_path, sa.select(t.District.settings))
    assert settings["golive.paper_forms"]["on"] == "2026-11-02"  # type: ignore[index]
    assert made("district", "setup", str(file), "--apply").output == "Everything is so already.\n"
    assert "Juniper Unified  America/Denver  Maple Elementary" in made("district", "list").output


def test_what_changes_in_the_file_changes_in_the_district(made: Run, file: Path, tmp_path: Path) -> None:
    changed = (
        FILE.replace("years = 5", "years = 7").replace("555-0100", "555-0109").replace("= 3", "= 1").replace("2026-11-01", "2026-11-05")
    )
    file.write_text(
        changed.replace('name = "Ms. Lee"', 'name = "Ms. Lee"\nactive = false').replace(
            'zone = "America/Denver"', 'zone = "America/Boise"'
        ),
        "utf-8",
    )
    said = made("district", "setup", str(file), "--apply")
    assert said.output.splitlines() == [
        "The district's time zone is America/Boise.",
        "Maple Elementary changes.",
        "The pace of sms +12125550101 changes.",
        "lee@example.org has left.",
        "Setting retention.years changes.",
        "Written. See what is still missing: hearthline doctor",
    ]
    file.write_text(FILE.replace('"liaison@Maple Elementary", ', "").replace("approved = 2026-11-01", ""), "utf-8")
    again = made("district", "setup", str(file), "--apply").output
    assert "lee@example.org is coordinator." in again
    assert "The evaluation contacts: lee@example.org." in again
    database = open_database(f"sqlite:///{tmp_path}/new.db", MASTER_KEY)
    with database.read() as conn:
        assert all(finding.holds for finding in verify(conn, database.vault, ""))
    database.close()


def test_the_tasks_of_who_left_are_open_again_for_their_role(made: Run, file: Path, tmp_path: Path) -> None:
    database, now = open_database(f"sqlite:///{tmp_path}/new.db", MASTER_KEY), RealClock().now()
    with database.begin() as conn:
        district_id, staff_id = conn.execute(sa.select(t.Staff.district_id, t.Staff.id)).one()
        task = {"district_id": district_id, "owner_id": staff_id, "to_role": "on_call", "reason": "danger", "lang": "", "due_at": now}
        for handoff_id, state in (("hnd_1", "acknowledged"), ("hnd_2", "closed")):
            conn.execute(sa.insert(t.Handoff).values(id=handoff_id, **task, state=state, visibility="safety_only", created_at=now))
        ring = {"district_id": district_id, "subject_id": "hnd_1", "kind": "page", "step_id": "1/1", "due_at": now, "state": "done"}
        conn.execute(sa.insert(t.Timer).values(id="tmr_1_page", **ring))
    database.close()
    file.write_text(FILE.replace('name = "Ms. Lee"', 'name = "Ms. Lee"\nactive = false'), "utf-8")
    said = made("district", "setup", str(file), "--apply").output.splitlines()
    assert said[:2] == ["lee@example.org has left.", "Open tasks of lee@example.org: 1. Each is for its role again."]
    tasks = sa.select(t.Handoff.state, t.Handoff.owner_id).order_by(t.Handoff.id)
    assert ask(tmp_path, tasks) == [("open", None), ("closed", staff_id)]
    assert ask(tmp_path, sa.select(t.Timer.state)) == [("pending",)]


def test_a_language_is_approved_by_a_named_person(made: Run, tmp_path: Path) -> None:
    assert made("district", "approve", "--lang", "es", "--by", "LEE@example.org").output == "flows in es: approved as they are now.\n"
    assert ask(tmp_path, sa.select(t.CatalogueApproval.subject, t.CatalogueApproval.lang, t.CatalogueApproval.demo)) == [
        ("flows", "es", False)
    ]
    nobody = made("district", "approve", "--lang", "es", "--by", "x@example.org")
    assert (nobody.exit_code, nobody.output) == (1, "Error: No active staff member of this district has that e-mail address.\n")


@pytest.mark.parametrize(("what", "lang"), [("flows", "so"), ("words", "ess")])
def test_nobody_approves_a_language_that_is_not_there(made: Run, tmp_path: Path, what: str, lang: str) -> None:
    said = made("district", "approve", "--what", what, "--lang", lang, "--by", "lee@example.org")
    assert (said.exit_code, said.output.startswith(f"Error: There are no {what} in {lang}; there are: en, ")) == (1, True)
    assert ask(tmp_path, sa.select(t.CatalogueApproval.lang)) == []


def test_a_file_with_mistakes_is_not_taken(run: Run, file: Path, tmp_path: Path) -> None:
    run("db", "migrate")
    file.write_text(FILE.replace('channel = "sms"', 'channel = "fax"'), "utf-8")
    refused = run("district", "setup", str(file), "--apply")
    assert refused.exit_code == 1
    assert "sender 1: channel must be one of sms, whatsapp, email, slack." in refused.output
    assert ask(tmp_path, sa.select(t.District.id)) == []


def test_a_demo_district_is_not_made_real(run: Run, file: Path, world_sqlite: Database) -> None:
    file.write_text(FILE.replace("Juniper Unified", "Cedar Valley (demo)"), "utf-8")
    refused = run("district", "setup", str(file), url=world_sqlite.url)
    assert refused.exit_code == 1
    assert "a demo district" in refused.output


def test_a_roster_is_said_then_written(made: Run, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(sheet(GOOD, {**GOOD, "studentId": "S-9", "email": "?"}))
    said = made("roster", "import", str(path))
    assert said.exit_code == 1
    assert (
        "Line 3 was not read: email is no e-mail address.\n1 line read, 1 could not be read.\nDry run: nothing was written." in said.output
    )
    held = made("roster", "import", str(path), "--apply")
    assert (held.exit_code, held.output.splitlines()[-1]) == (1, "Nothing was written: mend the lines above, or say --skip-unreadable.")
    assert ask(tmp_path, sa.select(t.Student.id)) == []
    done = made("roster", "import", str(path), "--apply", "--skip-unreadable")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Written. 0 waiting messages were cancelled. Nothing was sent.")
    assert ask(tmp_path, sa.select(t.Student.first_name)) == [("Rosa",)]
    path.write_bytes(b"nothing")
    assert "contacts.csv: The first line lacks the columns" in made("roster", "import", str(path)).output


def test_commands_say_which_district_is_meant(run: Run, made: Run, file: Path, tmp_path: Path) -> None:
    file.write_text(FILE.replace("Juniper Unified", "Aspen Unified").replace("212 555 0101", "212 555 0104"), "utf-8")
    made("district", "setup", str(file), "--apply")
    path = tmp_path / "contacts.csv"
    path.write_bytes(sheet(GOOD))
    assert "Say which district with --district: dst_" in made("roster", "import", str(path)).output
    assert "There is no district dst_x: dst_" in made("roster", "import", str(path), "--district", "dst_x").output


def test_a_rota_people_keep_in_the_console_stays_unless_the_file_is_told_to_replace_it(made: Run, file: Path, tmp_path: Path) -> None:
    turns = sa.select(t.Staff.lang, t.OnCall.position, t.OnCall.ends_at.is_not(None)).join_from(t.OnCall, t.Staff)
    one = ask(tmp_path, turns)
    _add_a_turn(tmp_path)
    kept = made("district", "setup", str(file), "--apply").output
    assert kept == (
        "The rota stays as it is in the console (2 turns). --replace-rota puts the file's in its place.\nEverything else is so already.\n"
    )
    assert len(ask(tmp_path, turns)) == 2
    assert "The on call: lee@example.org." in made("district", "setup", str(file), "--replace-rota").output, "a dry run says it"
    assert len(ask(tmp_path, turns)) == 2
    assert "The on call: lee@example.org." in made("district", "setup", str(file), "--apply", "--replace-rota").output
    assert ask(tmp_path, turns) == one
    assert made("district", "setup", str(file), "--apply").output == "Everything is so already.\n"


def _add_a_turn(tmp_path: Path) -> None:
    """What the rota's page does: a turn with an end, by somebody who may."""
    database = open_database(f"sqlite:///{tmp_path}/new.db", MASTER_KEY)
    now = datetime.now(UTC)
    runtime = Runtime(Settings(mode="test"), RealClock(), RealIds(), database, database.vault)
    with database.begin() as conn:
        row = conn.execute(sa.select(t.Staff.id, t.Staff.district_id, t.Staff.name)).one()
        who = Viewer(row.id, row.district_id, row.name, "en", b"")
        rota.add(conn, runtime, who, "", row.id, "", (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"), now)
    database.close()
