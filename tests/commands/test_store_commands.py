"""hearthline db, case and doctor, as they are typed."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.service.doctor import Problem
from bot.store import tables as t
from bot.store.database import Database
from tests.conftest import MASTER_KEY, newest_revision
from tests.fakes.clock import START
from tests.service.posting import queue, row
from tests.service.record_writer import entry, intrude, write

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    def run(*words: str, url: str = f"sqlite:///{tmp_path}/new.db", **env: str) -> Result:
        settings = {
            "HEARTHLINE_MODE": "test",
            "HEARTHLINE_DATA_DIR": str(tmp_path),
            "HEARTHLINE_DATABASE_URL": url,
            "HEARTHLINE_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
            **env,
        }
        return CliRunner().invoke(main, words, env=settings)

    return run


def test_a_new_database_is_migrated_then_checked(run: Run) -> None:
    assert run("db", "check").exit_code == 1
    made = run("db", "migrate")
    assert (made.exit_code, made.output) == (0, f"The database is at revision {newest_revision()}.\n")
    checked = run("db", "check")
    assert (checked.exit_code, checked.output) == (0, f"The database is at revision {newest_revision()} and as this version needs it.\n")


def test_a_seeded_database_is_as_it_should_be(run: Run, world: Database) -> None:
    assert run("db", "check", url=world.url).exit_code == 0


def test_a_row_without_its_parent_is_named(run: Run, world_sqlite: Database) -> None:
    with world_sqlite.engine.connect() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("pragma foreign_keys=off")
        raw.execute("delete from school where id = 'sch_demo_river'")
        raw.execute("pragma foreign_keys=on")
    result = run("db", "check", url=world_sqlite.url)
    assert result.exit_code == 1
    assert "row without its parent in student" in result.output


def test_a_database_that_is_not_ready_is_one_line(run: Run) -> None:
    result = run("case", "verify", "--all")
    assert result.exit_code == 1
    assert result.output == "Error: the database does not answer as it should (OperationalError). Try: hearthline db migrate\n"


def test_settings_that_make_no_sense_are_one_line(run: Run) -> None:
    result = run("db", "migrate", HEARTHLINE_MODE="prod")
    assert (result.exit_code, result.output) == (2, "Error: HEARTHLINE_MODE must be one of: production, demo, test, bench.\n")


def test_a_case_that_holds_and_one_that_does_not(run: Run, world: Database) -> None:
    write(world, entry(1), entry(2))
    held = run("case", "verify", "CV-1002", url=world.url)
    assert (held.exit_code, held.output) == (0, "CV-1002: 2 links hold.\n")
    intrude(world, sa.update(t.CaseEntry).where(t.CaseEntry.id == "ent_1").values(kind="concern"))
    broken = run("case", "verify", "CV-1002", url=world.url)
    assert (broken.exit_code, broken.output) == (1, "CV-1002: broken at link 1 (ent_1): changed.\n")
    everything = run("case", "verify", "--all", url=world.url)
    assert everything.exit_code == 1
    assert everything.output.splitlines()[1:3] == ["CV-1002: broken at link 1 (ent_1): changed.", "CV-1003: 0 links hold."]


def test_a_broken_end_without_a_row_is_said_without_one(run: Run, world_sqlite: Database) -> None:
    with world_sqlite.begin() as conn:
        conn.execute(sa.update(t.Case).where(t.Case.code == "CV-1001").values(chain_seq=3))
    assert run("case", "verify", "CV-1001", url=world_sqlite.url).output == "CV-1001: broken at link 1: cut.\n"


def test_a_case_is_named_or_all_are_meant(run: Run, world_sqlite: Database) -> None:
    assert run("case", "verify", url=world_sqlite.url).exit_code == 2
    assert run("case", "verify", "CV-1", "--all", url=world_sqlite.url).exit_code == 2
    unknown = run("case", "verify", "CV-9", url=world_sqlite.url)
    assert (unknown.exit_code, unknown.output) == (1, "Error: No case has this code or id.\n")


def test_keys_are_rotated_district_by_district(run: Run, world: Database) -> None:
    result = run("db", "rotate-keys", url=world.url)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("dst_demo: new key, ")
    assert run("db", "rotate-keys", "--district", "dst_none", url=world.url).output == "Error: There is no such district.\n"
    assert run("case", "verify", "--all", url=world.url).exit_code == 0


def test_keys_need_a_district(run: Run) -> None:
    run("db", "migrate")
    assert run("db", "rotate-keys").output == "Error: There is no district yet.\n"


def test_a_new_master_key_takes_the_place_of_the_old(run: Run, world: Database, tmp_path: Path) -> None:
    new = base64.b64encode(b"n" * 32).decode()
    (tmp_path / "new.key").write_text(new + "\n")
    result = run("db", "rotate-master", str(tmp_path / "new.key"), url=world.url)
    assert (result.exit_code, result.output) == (0, "2 keys wrapped again. Set HEARTHLINE_MASTER_KEY to the new key now.\n")
    assert "does not open" in run("doctor", url=world.url).output
    assert "does not open" not in run("doctor", url=world.url, HEARTHLINE_MASTER_KEY=new).output


@pytest.mark.parametrize(("text", "says"), [("not base64!", "does not hold base64"), ("QUJD", "32 bytes")])
def test_a_master_key_file_that_holds_none_is_refused(run: Run, world_sqlite: Database, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "new.key").write_text(text)
    result = run("db", "rotate-master", str(tmp_path / "new.key"), url=world_sqlite.url)
    assert result.exit_code == 1
    assert says in result.output


def test_the_doctor_names_what_is_missing_and_says_so_with_its_exit_code(run: Run, world_sqlite: Database) -> None:
    result = run("doctor", url=world_sqlite.url, HEARTHLINE_SLACK_TRANSPORT="off")
    assert result.exit_code == 1
    assert "provider [twilio]: Set HEARTHLINE_TWILIO_ACCOUNT_SID" in result.output
    assert result.output.endswith("Mode test: only shown.\n")


def test_the_doctor_counts_what_it_holds_back_and_says_whom_to_call(
    run: Run, world_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.commands.doctor.examine", lambda *_args: [Problem("rota", "dst_demo", "Nobody is on call.")])
    real = {"HEARTHLINE_MODE": "production", "HEARTHLINE_SESSION_SECRET": "x" * 40, "HEARTHLINE_PUBLIC_BASE_URL": "https://school.example"}
    queue(world_sqlite, row(1, START), row(2, START, message_class="F", purpose="crisis"))
    assert run("doctor", url=world_sqlite.url, **real).output.splitlines()[-2:] == [
        "1 to do. No family is written to until this is done.",
        "Held back: 2 messages to families, 1 of them answers to words about danger: CALL THESE FAMILIES NOW, staff were paged.",
    ]


def test_the_doctor_tells_what_shuts_the_gate_from_what_is_worth_doing(
    run: Run, world_sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill = Problem("drill_again", "dst_demo", "Try the rota.")
    monkeypatch.setattr("bot.commands.doctor.examine", lambda *_args: [drill, Problem("rota", "dst_demo", "Nobody is on call.")])
    result = run("doctor", url=world_sqlite.url)
    assert (result.exit_code, result.output.splitlines()) == (
        1,
        [
            "rota [dst_demo]: Nobody is on call.",
            "Worth doing, shuts nothing:",
            "drill_again [dst_demo]: Try the rota.",
            "1 to do. Mode test: only shown.",
        ],
    )
    monkeypatch.setattr("bot.commands.doctor.examine", lambda *_args: [drill])
    result = run("doctor", url=world_sqlite.url)
    assert (result.exit_code, result.output.splitlines()[-1]) == (1, "Messages may leave. 1 left of the go-live list.")


def test_the_doctor_of_a_district_with_everything_says_ready(run: Run, world_sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.doctor.examine", lambda *_args: [])
    result = run("doctor", url=world_sqlite.url)
    assert (result.exit_code, result.output) == (0, "Ready: every check holds.\n")


def test_the_doctor_of_an_empty_installation_says_there_is_no_district(run: Run) -> None:
    run("db", "migrate")
    assert "district: There is no district yet: make one with `hearthline district setup FILE`.\n" in run("doctor").output


def test_without_any_setting_the_demo_of_this_machine_is_meant(
    world_sqlite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("HEARTHLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("bot.commands.here.demo_folder", lambda: tmp_path / ".demo")
    without = CliRunner().invoke(main, ["case", "verify", "CV-1001"])
    assert without.exit_code == 2
    assert "HEARTHLINE_MASTER_KEY must be set" in without.output
    (tmp_path / ".demo").mkdir()
    kept = {
        "MODE": "demo",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": world_sqlite.url,
        "MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
    }
    (tmp_path / ".demo/demo.env").write_text("".join(f"HEARTHLINE_{name}={value}\n" for name, value in kept.items()))
    result = CliRunner().invoke(main, ["case", "verify", "CV-1001"])
    assert (result.exit_code, result.stdout) == (0, "CV-1001: 0 links hold.\n")
