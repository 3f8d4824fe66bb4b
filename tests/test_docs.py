"""Documentation cannot drift: every setting, command, flow, channel and number cited in the code is explained."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.__main__ import COMMANDS
from bot.config import Settings
from bot.engine.events import Alert
from bot.service.alert import BUTTONS, alert_text
from channels import registry

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def doc(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Settings)])
def test_every_setting_is_documented(field):
    assert f"`HEARTHLINE_{field.upper()}`" in doc("settings.md")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(command):
    assert f"`hearthline {command}" in doc("commands.md")


def shipped_flows():
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "flows").glob("*.yaml"))]
    return [content for content in found if "number" in content]


@pytest.mark.parametrize("content", shipped_flows(), ids=lambda c: c["flow"])
def test_every_flow_is_documented(content):
    assert f"`{content['flow']}`" in doc("flows.md")
    assert content["number"] in doc("flows.md")


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_every_channel_is_documented(kind):
    assert f"`{kind}`" in doc("channels.md")


def test_every_dependency_has_a_reason():
    text = doc("dependencies.md")
    names = []
    for line in (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names.append(re.split(r"[\[<>=; ]", line)[0])
    assert [name for name in names if f"**{name}**" not in text] == []


def test_the_alert_quoted_for_teachers_is_the_one_slack_shows():
    said = alert_text("CV-1002", Alert("strength", "reading"), "es")
    assert f'**"{said}"**' in doc("teachers.md")
    page = doc("teachers.md")
    assert [label for _, label in BUTTONS if f"**{label}**" not in page] == []


def test_the_numbers_cited_are_explained():
    text = doc("numbers.md")
    out = subprocess.run(
        [
            "git",
            "grep",
            "-I",
            "-ohE",
            r"\b(S[12]-[0-9]{2}|F[0-9]{2}|fault [0-9]+)\b",
            "--",
            "bot",
            "channels",
            "flows",
            "translations",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    cited = sorted(set(out.split("\n")) - {""})
    assert [number for number in cited if number not in text] == []


def test_links_between_documents_lead_somewhere():
    dead = []
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("[a-z]*/*.md"), *ROOT.glob("bench/peers/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                dead.append(f"{page.name} -> {target}")
    assert dead == []
