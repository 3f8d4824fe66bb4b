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
from bot.exchange.district_file import ATTESTED
from bot.policy.permissions import ROLES
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


def test_every_check_of_the_doctor_is_documented():
    code = "".join((ROOT / "bot" / "service" / name).read_text(encoding="utf-8") for name in ("doctor.py", "go_live.py"))
    checks = {*re.findall(r'Problem\("(\w+)"', code), *re.findall(r'yield "(\w+)", ', code), *ATTESTED}
    assert len(checks) > 20
    assert [check for check in sorted(checks) if f"`{check}`" not in doc("district.md")] == []


def test_documents_name_no_page_that_does_not_ship():
    shipped = {path.name for path in [*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md"), *ROOT.glob("bench/*/*.md")]}
    pages = [ROOT / "README.md", *DOCS.glob("*.md"), ROOT / "flows" / "README.md", ROOT / "channels" / "ADDING_A_CHANNEL.md"]
    named = [(page.name, name) for page in pages for name in re.findall(r"[\w.-]+\.md\b", page.read_text(encoding="utf-8"))]
    assert [one for one in named if one[1] not in shipped] == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_role_is_documented(role):
    assert re.search(rf"\b{role}\b", doc("district.md"))


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
