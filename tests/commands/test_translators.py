"""A district's yes to a translator outside the house, at the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bot.commands.translators import translators
from bot.store.database import Database

NAME = "Google web translator"


@pytest.fixture
def run(world_sqlite: Database, monkeypatch: pytest.MonkeyPatch, tmp_path):
    url = world_sqlite.engine.url.render_as_string(hide_password=False)
    for name, value in {
        "MODE": "test",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": url,
        "TRANSLATORS": "googletrans",
        "MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "SESSION_SECRET": "test",
    }.items():
        monkeypatch.setenv(f"HEARTHLINE_{name}", value)

    def run(*arguments: str):
        return CliRunner().invoke(translators, arguments)

    return run


def test_nothing_is_turned_on_before_the_notice_was_read(run):
    listed = run("list")
    assert f"{NAME}: text leaves the house; waits for a yes of the district" in listed.output
    assert "disclosure under FERPA" in listed.output
    refused = run("allow", NAME, "--by", "stf_demo_admin")
    assert refused.exit_code == 1
    assert "--i-have-read-the-notice" in refused.output
    assert run("allow", NAME, "--by", "stf_nobody", "--i-have-read-the-notice").exit_code == 1
    assert "Only the district's administration" in run("allow", NAME, "--by", "teacher@demo.example", "--i-have-read-the-notice").output
    assert f"There is no translator Nobody here that needs a yes (there is: {NAME})" in run("allow", "Nobody", "--by", "x").output
    assert run("allow", NAME, "--by", "admin@demo.example", "--i-have-read-the-notice").exit_code == 0
    assert "; serves" in run("list").output
    nobody = run("forbid", NAME, "--by", "nobody@example.org")
    assert (nobody.exit_code, nobody.output) == (1, "Error: There is no such staff member in this district.\n")
    assert "not asked any more" in run("forbid", NAME, "--by", "stf_demo_admin").output
    assert "had no yes" in run("forbid", NAME, "--by", "stf_demo_admin").output


def test_without_a_translator_people_translate(run, monkeypatch):
    monkeypatch.setenv("HEARTHLINE_TRANSLATORS", "none")
    assert "people translate" in run("list").output
