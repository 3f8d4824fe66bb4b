"""The newcomer's one command, in a home folder of its own: it answers, says what to open, starts again quickly and stops cleanly."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from twilio.request_validator import RequestValidator

from tests.e2e.house import TOP, wait_for
from tests.fakes.postgres import answers_at, free_port

PATIENCE = 240.0
"""Seconds for a start or an end: far more than either takes, because a limit on speed is for `hearthline bench`."""

MOTHER = "+15550101002"
ROOMS = ("bot", "channels", "flows", "translations")
SAID = {
    "sid": r"account SID +(AC\w{32})",
    "token": r"auth token +(\w{32})",
    "webhook": r"webhook URL +(http://\S+/hooks/twilio/message)",
    "number": r"our number +(\+1555\d{7})",
    "control": r"Sandbox control +(http://\S+/sandbox)",
    "page": r"Open the demo +(http://\S+/)",
}


@dataclass
class Machine:
    """A home folder with Hearthline installed: our packages outside a checkout, as a wheel puts them there."""

    home: Path
    port: int

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEARTHLINE_", "XDG_"))}
        return {**kept, "HOME": str(self.home), "PYTHONPATH": str(self.home / "site"), "PYTHONUNBUFFERED": "1"}

    def start(self) -> Demo:
        log = self.home / f"demo-{time.monotonic_ns()}.log"
        with log.open("wb") as out:
            command = [sys.executable, "-m", "bot", "demo", "--port", str(self.port)]
            process = subprocess.Popen(command, env=self.env, cwd=self.home, stdout=out, stderr=out, start_new_session=True)
        return Demo(self, process, log, httpx.Client(timeout=60))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bot", *words]
        return subprocess.run(command, env=self.env, cwd=self.home, capture_output=True, text=True, timeout=180, check=False)


@dataclass
class Demo:
    """One `hearthline demo`."""

    machine: Machine
    process: subprocess.Popen[bytes]
    log: Path
    http: httpx.Client

    def ready(self) -> Demo:
        """Wait until the page answers."""

        def answers() -> bool:
            assert self.process.poll() is None, self.printed()
            with suppress(httpx.HTTPError):
                return answers_at(self.machine.port) and self.http.get(f"http://127.0.0.1:{self.machine.port}/").status_code == 200
            return False

        wait_for(answers, "the demo page answers", PATIENCE)
        return self

    def printed(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def kept(self) -> Path:
        return self.machine.home / ".local/share/hearthline/demo/hearthline.log"

    def said(self) -> dict[str, str]:
        """What a newcomer reads on the screen."""
        text = self.printed()
        found = {name: re.search(pattern, text) for name, pattern in SAID.items()}
        assert None not in found.values(), text
        return {name: match[1] for name, match in found.items() if match}

    def text(self, body: str, sid: str) -> int:
        """A reply, signed with what was printed, posted where it was printed."""
        said = self.said()
        form = {"MessageSid": sid, "AccountSid": said["sid"], "From": MOTHER, "To": said["number"], "Body": body, "NumMedia": "0"}
        signature = RequestValidator(said["token"]).compute_signature(said["webhook"], form)
        return self.http.post(said["webhook"], data=form, headers={"X-Twilio-Signature": signature}).status_code

    def heard(self) -> list[str]:
        found = self.http.get(f"{self.said()['control']}/twilio/messages", params={"to": MOTHER}).json()
        return [one["body"] for one in found["messages"] if one["direction"].startswith("outbound")]

    def page(self) -> str:
        """The demo page with the mother's phone on it."""
        return self.http.get(f"{self.said()['page']}?family=con_demo_es").text

    def family_tree(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def stopped(self, *, by_terminal: bool) -> tuple[int, list[psutil.Process]]:
        """Ctrl-C (a terminal tells the whole group) or kill -INT; the exit code and who is still alive a while later."""
        everybody = self.family_tree()
        if by_terminal:
            os.killpg(self.process.pid, signal.SIGINT)
        else:
            self.process.send_signal(signal.SIGINT)
        until = time.monotonic() + PATIENCE
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        alive = psutil.wait_procs(everybody, timeout=max(0.0, until - time.monotonic()))[1]
        code = self.process.poll()
        self.kill()
        return -99 if code is None else code, alive

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    home = tmp_path_factory.mktemp("home")
    for room in ROOMS:
        shutil.copytree(TOP / room, home / "site" / room)
    return Machine(home, free_port())


@pytest.fixture(scope="module")
def started(machine: Machine) -> Iterator[list[Demo]]:
    """Every demo this module started, oldest first."""
    demos: list[Demo] = []
    yield demos
    for demo in demos:
        demo.kill()
        demo.http.close()


@pytest.fixture
def demo(machine: Machine, started: list[Demo]) -> Demo:
    """One that runs: the one the last test used, where it left it running."""
    if not started or started[-1].process.poll() is not None:
        started.append(machine.start())
    return started[-1].ready()


def talk(machine: Machine, demo: Demo) -> None:
    """The newcomer is the mother on the phone: asked the first question, she answers it. Once is enough for the module."""
    if "ajolotes" in demo.page():
        return
    told = machine.run("flows", "start", "home-observations", "--variant", "reading", "--contact", "con_demo_es")
    assert told.returncode == 0, told.stderr
    wait_for(demo.heard, "the first question", PATIENCE)
    assert demo.text("Le gusta leer sobre ajolotes", "SM" + "1" * 32) == 200
    wait_for(lambda: len(demo.heard()) == 2, "the second question", PATIENCE)


def test_a_newcomer_is_the_mother_on_the_phone(machine: Machine, demo: Demo) -> None:
    talk(machine, demo)
    assert "ajolotes" in demo.page()
    assert "ajolotes" not in demo.printed()
    assert "ajolotes" not in demo.kept().read_text("utf-8")


def test_a_newcomer_reads_sentences_and_the_log_is_in_its_file(demo: Demo) -> None:
    assert "{" not in demo.printed()
    assert f"The log is in {demo.kept()}." in demo.printed()
    assert '"event":"slot_taken"' in demo.kept().read_text("utf-8")


def test_a_port_in_use_is_one_clear_line(machine: Machine, demo: Demo) -> None:
    again = machine.run("demo", "--port", str(machine.port))
    assert again.returncode == 1
    lines = [line for line in (again.stdout + again.stderr).splitlines() if line.strip()]
    assert len(lines) == 1
    assert str(machine.port) in lines[0]
    assert demo.process.poll() is None


def test_ctrl_c_ends_everything_and_the_second_start_remembers(machine: Machine, demo: Demo, started: list[Demo]) -> None:
    talk(machine, demo)
    code, alive = demo.stopped(by_terminal=True)
    assert (code, alive) == (0, []), demo.printed()
    assert demo.printed().rstrip().splitlines()[-1].startswith("Stopped.")
    assert "Traceback" not in demo.printed()
    second = machine.start()
    started.append(second)
    second.ready()
    assert "Setting up" not in second.printed()
    assert "ajolotes" in second.page()
    code, alive = second.stopped(by_terminal=False)
    assert (code, alive) == (0, []), second.printed()
