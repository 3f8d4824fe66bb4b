"""`hearthline serve` and `hearthline work` as an operator meets them: one clear line when they cannot, a clean end when they may."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.postgres import answers_at, free_port

TOP = Path(__file__).resolve().parents[2]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEARTHLINE_")}
    port = str(free_port())
    return {
        **clean,
        "PYTHONPATH": str(TOP),
        "HEARTHLINE_MODE": "test",
        "HEARTHLINE_DATA_DIR": str(tmp_path),
        "HEARTHLINE_PORT": port,
        "HEARTHLINE_SLACK_TRANSPORT": "off",
        "HEARTHLINE_THREADS": "2",
    }


def hearthline(env: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "bot", *arguments], env=env, capture_output=True, text=True, timeout=180, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def ready(env: dict[str, str]) -> dict[str, str]:
    assert hearthline(env, "db", "migrate")[0] == 0
    return env


@pytest.fixture
def serving(ready: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = started(ready, tmp_path)
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def started(env: Mapping[str, str], tmp_path: Path) -> subprocess.Popen[bytes]:
    with (tmp_path / "serve.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        answered(int(env["HEARTHLINE_PORT"]), tmp_path / "serve.log")
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process


def answered(port: int, log: Path) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)


def one_line(output: str) -> str:
    (line,) = [line for line in output.splitlines() if line]
    return line


def test_a_database_that_is_not_set_up_is_said_in_one_line(env: dict[str, str]) -> None:
    code, output = hearthline(env, "serve")
    assert (code, one_line(output)) == (2, "Error: The database is not set up for this version. Run: hearthline db migrate")


def test_work_on_sqlite_is_said_in_one_line(ready: dict[str, str]) -> None:
    code, output = hearthline(ready, "work")
    assert (code, one_line(output)) == (2, "Error: On SQLite `hearthline serve` does the background work itself; `work` is for PostgreSQL.")


def test_more_processes_on_sqlite_are_said_in_one_line(ready: dict[str, str]) -> None:
    code, output = hearthline(ready, "serve", "--workers", "2")
    assert (code, one_line(output)) == (2, "Error: SQLite is served by one process. Leave --workers out, or use PostgreSQL.")


def test_settings_that_make_no_sense_are_said_in_one_line(env: dict[str, str]) -> None:
    code, output = hearthline({**env, "HEARTHLINE_MODE": "production"}, "serve")
    assert code == 2
    assert one_line(output).startswith("Error: In production HEARTHLINE_MASTER_KEY must be set")


def test_a_port_in_use_and_a_database_in_use_are_said_in_one_line(serving: subprocess.Popen[bytes], ready: dict[str, str]) -> None:
    port = ready["HEARTHLINE_PORT"]
    code, output = hearthline(ready, "serve")
    assert (code, one_line(output)) == (
        2, f"Error: Port {port} on 127.0.0.1 is in use. Stop what uses it, or choose another with --port.",
    )  # fmt: skip
    code, output = hearthline(ready, "serve", "--port", str(free_port()))
    assert (code, one_line(output)) == (
        2, "Error: Another hearthline process works on this database; SQLite serves one. Stop it first, or use PostgreSQL.",
    )  # fmt: skip
    assert serving.poll() is None


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(serving: subprocess.Popen[bytes], ready: dict[str, str], tmp_path: Path, name: signal.Signals) -> None:
    serving.send_signal(name)
    assert serving.wait(60) == 0
    log = (tmp_path / "serve.log").read_text()
    assert "Traceback" not in log
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(ready["HEARTHLINE_PORT"])))


def test_the_serving_process_does_not_outlive_a_killed_watcher_and_the_next_start_takes_over(
    serving: subprocess.Popen[bytes], ready: dict[str, str], tmp_path: Path
) -> None:
    os.kill(serving.pid, signal.SIGKILL)
    serving.wait(60)
    end = time.monotonic() + 60
    while answers_at(int(ready["HEARTHLINE_PORT"])):
        assert time.monotonic() < end, "an orphan keeps the port"
        time.sleep(0.1)
    again = started(ready, tmp_path)
    again.send_signal(signal.SIGTERM)
    assert again.wait(60) == 0
