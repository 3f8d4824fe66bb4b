"""`hearthline demo`: starts with nothing set up, says one clear line when it cannot, stops cleanly on Ctrl-C, and starts again quickly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bot.commands import demo as command
from bot.errors import SettingsError
from bot.service.demo_reset import empty_database
from bot.store.database import Database
from tests.fakes.postgres import free_port

TOP = Path(__file__).resolve().parents[2]


def _start(folder: Path, port: int, *more: str) -> subprocess.Popen[str]:
    """The demo in a home folder of its own, as an installed one would run."""
    code = "import bot.commands.here as h, bot.commands.demo as d; from pathlib import Path; "
    code += f"d.demo_folder = h.demo_folder = lambda: Path({str(folder)!r}); d.demo()"
    env = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHLINE_")}
    return subprocess.Popen(
        [sys.executable, "-c", code, "--port", str(port), *more],
        cwd=TOP,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _answers(port: int, process: subprocess.Popen[str], seconds: float = 240) -> float:
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        assert process.poll() is None, "the demo ended by itself"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
                assert answer.status == 200
                return time.monotonic() - began
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the demo never answered")


def _stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=180)
    assert process.returncode == 0
    return said


@pytest.mark.slow
def test_it_starts_from_nothing_says_what_to_open_stops_cleanly_and_keeps_what_was_said(tmp_path: Path) -> None:
    folder, port = tmp_path / "demo", free_port()
    process = _start(folder, port)
    try:
        _answers(port, process)
    finally:
        said = _stop(process)
    assert f"http://127.0.0.1:{port}/" in said
    assert f"http://127.0.0.1:{port}/hooks/twilio/message" in said
    assert re.search(r"account SID +AC[0-9a-f]{32}", said)
    assert re.search(r"auth token +[0-9a-f]{32}", said)
    assert "hearthline flows start home-observations --variant reading --contact con_demo_es" in said
    assert (folder / "demo.env").stat().st_mode & 0o777 == 0o600
    again = _start(folder, port)
    try:
        _answers(port, again)
    finally:
        second = _stop(again)
    assert "Setting up" in said
    assert "Setting up" not in second


def test_a_port_in_use_gives_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command.demo, ["--port", str(port)])
    assert (result.exit_code, result.output) == (
        1,
        f'Port {port} is in use. Stop what uses it, or choose another: make demo ARGS="--port {port + 1}"\n',
    )


@pytest.mark.parametrize(
    ("port", "refused", "said"),
    [
        (80, PermissionError(), 'Port 80 is not for this user to serve on. Choose another: make demo ARGS="--port 8000"\n'),
        (65_535, OSError(), 'Port 65535 is in use. Stop what uses it, or choose another: make demo ARGS="--port 8000"\n'),
    ],
)
def test_a_port_that_cannot_be_had_is_told_with_one_that_can(
    monkeypatch: pytest.MonkeyPatch, port: int, refused: OSError, said: str
) -> None:
    monkeypatch.setattr(command, "refusal", lambda _host, _port: refused)
    result = CliRunner().invoke(command.demo, ["--port", str(port)])
    assert (result.exit_code, result.output) == (1, said)


def test_a_folder_that_cannot_be_made_gives_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(command, "demo_folder", lambda: tmp_path / "file" / "demo")
    result = CliRunner().invoke(command.demo, ["--port", str(free_port())])
    assert (result.exit_code, result.output) == (1, f"The demo's folder {tmp_path}/file/demo cannot be made: Not a directory.\n")


def test_another_terminal_is_told_a_command_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command.sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setenv("PATH", "")
    assert command._our_command() == "hearthline"
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/hearthline").touch(0o755)
    assert command._our_command() == ".venv/bin/hearthline"
    monkeypatch.setenv("PATH", str(tmp_path / ".venv/bin"))
    assert command._our_command() == "hearthline"


def test_a_database_that_does_not_answer_gives_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "demo_folder", lambda: tmp_path)
    monkeypatch.setattr(command, "hand_on", lambda _: None)
    nobody = f"postgresql://postgres@127.0.0.1:{free_port()}/none"
    result = CliRunner().invoke(command.demo, ["--port", str(free_port()), "--database", nobody, "--reset"])
    assert result.exit_code == 1
    assert result.output.startswith("The database does not answer: ")
    assert len(result.output.splitlines()) == 1


def test_a_file_that_is_no_database_gives_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "demo_folder", lambda: tmp_path / "demo")
    monkeypatch.setattr(command, "hand_on", lambda _: None)
    (tmp_path / "notes.db").write_text("a shopping list, and no database at all\n" * 100)
    result = CliRunner().invoke(command.demo, ["--port", str(free_port()), "--database", f"sqlite:///{tmp_path}/notes.db", "--reset"])
    assert (result.exit_code, result.output) == (1, "The database does not answer: file is not a database\n")


def test_a_reset_empties_a_demo_and_keeps_its_keys(tmp_path: Path) -> None:
    for name in ("master.key", "session.key", "hearthline.db", "sandbox.jsonl"):
        (tmp_path / name).write_text("x")
    (tmp_path / "more").mkdir()
    command._forget(command.Place(tmp_path, 8000, f"sqlite:///{tmp_path}/hearthline.db"))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["master.key", "session.key"]


def test_another_database_is_emptied_too(world: Database, tmp_path: Path) -> None:
    world.close()
    folder = tmp_path / "demo"
    folder.mkdir()
    place = command.Place(folder, 8000, world.url)
    for path in (place.journal, folder / "hearthline.db", folder / "sandbox.jsonl"):
        path.write_text("x")
    command._forget(place)
    assert sorted(entry.name for entry in folder.iterdir()) == ["hearthline.db", "sandbox.jsonl"]  # the demo's own is another one
    engine = sa.create_engine(world.url.replace("postgresql://", "postgresql+psycopg://"))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_database_with_a_real_district_is_never_emptied(world: Database) -> None:
    with world.begin() as conn:
        conn.execute(sa.text("UPDATE district SET demo = false"))
    with pytest.raises(SettingsError, match="not a demo"):
        empty_database(world.url)
    with world.read() as conn:
        assert conn.execute(sa.text("SELECT count(*) FROM contact")).scalar_one() == 5


@pytest.mark.parametrize("url", ["nonsense", "mysql://127.0.0.1/demo"])
def test_an_address_that_is_no_database_of_ours_is_said_in_a_sentence(url: str) -> None:
    with pytest.raises(SettingsError, match="HEARTHLINE_DATABASE_URL"):
        empty_database(url)
