"""`hearthline sandbox`: it serves until it is told to stop, and nowhere but in demo, test and bench."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from contextlib import suppress
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main


def run(*arguments: str, mode: str | None = "test") -> Result:
    return CliRunner().invoke(main, ["sandbox", *arguments], env={"HEARTHLINE_MODE": mode})


@pytest.mark.parametrize("mode", ["production", None])
def test_it_refuses_to_start_where_families_could_be_met(mode: str | None) -> None:
    refused = run("--port", "0", mode=mode)
    assert refused.exit_code == 2
    assert refused.output.count("\n") == 1
    assert "HEARTHLINE_MODE" in refused.output


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = run("--port", str(port))
    assert (refused.exit_code, refused.output) == (1, f"Cannot listen on 127.0.0.1:{port}: the port is in use or not ours.\n")


def test_it_serves_with_what_it_is_told_and_stops_cleanly() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told: list[dict[str, object]] = []

    def visit() -> None:
        for _ in range(1200):
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/sandbox", timeout=5) as answer:
                told.append(json.load(answer))
                break
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    visitor = threading.Thread(target=visit)
    visitor.start()
    served = run("--port", str(port), "--account-sid", "AC" + "7" * 32, "--sender", "+15550100009", "--stop-replies", "provider")
    visitor.join(60)
    base = f"http://127.0.0.1:{port}"
    said = re.sub(r"SMTP \d+  IMAP \d+", "SMTP n  IMAP n", served.output)
    assert (served.exit_code, said) == (0, f"Sandbox: Twilio {base}  Slack {base}/api/  SMTP n  IMAP n  control {base}/sandbox\n")
    assert [one["account_sid"] for one in told] == ["AC" + "7" * 32]
