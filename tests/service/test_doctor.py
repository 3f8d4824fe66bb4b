"""The gate is shut while one thing is missing, and says which."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.config import Settings
from bot.exchange import district_file
from bot.service import doctor
from bot.service.runtime import Runtime
from bot.service.seed_people import DISTRICT_SETTINGS
from bot.store import mail_in
from bot.store import tables as t
from bot.store.database import Database
from tests.conftest import MASTER_KEY
from tests.fakes.clock import START, CountingIds, TickingClock

CRISIS = ("Call 911 now.", "Call or text 988.")
SETTINGS = Settings(
    mode="production",
    master_key=MASTER_KEY,
    twilio_account_sid="AC" + "0" * 32,
    twilio_auth_token="t",
    slack_bot_token="b",
    slack_signing_secret="s",
)


class Texts:
    """Spanish has the crisis texts; every catalogue's hash is its name."""

    def __init__(self, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing

    def text(self, domain: str, lang: str, context: str, source: str) -> str | None:
        assert (domain, context) == ("flows", "crisis")
        return None if lang in self.missing else f"{lang}: {source}"

    def hash(self, domain: str, lang: str) -> str:
        return f"{domain}-{lang}"


ATTESTED = {f"golive.{item}": {"by": "stf_demo_coordinator", "on": "2026-01-05"} for item in district_file.ATTESTED}


def settings_of(**values: Any) -> sa.Executable:
    return sa.update(t.District).values(settings={**DISTRICT_SETTINGS, **ATTESTED, **values})


@pytest.fixture
def district(world: Database) -> Database:
    """Cedar Valley as if it were real and had everything."""
    with world.begin() as conn:
        conn.execute(sa.delete(t.CatalogueApproval))
        conn.execute(sa.update(t.District).values(demo=False))
        conn.execute(settings_of())
        for subject, lang in itertools.product(("flows", "words"), ("en", "es")):
            conn.execute(
                sa.insert(t.CatalogueApproval).values(
                    id=f"apr_{subject}_{lang}", district_id="dst_demo", subject=subject, lang=lang, hash=f"{subject}-{lang}",
                    approved_by="language lead", approved_at=START, demo=False,
                )
            )  # fmt: skip
        drill = {"id": "hnd_drill", "district_id": "dst_demo", "to_role": "on_call", "reason": "drill", "lang": "", "state": "closed"}
        conn.execute(sa.insert(t.Handoff).values(**drill, due_at=START, created_at=START, acknowledged_at=START))
        row = {"id": "rim_1", "district_id": "dst_demo", "sha256": "ab" * 32, "by": "stf_demo_office", "applied": True}
        conn.execute(sa.insert(t.RosterImport), [{**row, "counts": {"students_new": 6, "unreadable": 0}, "at": START}])
    return world


def examine(
    database: Database, settings: Settings = SETTINGS, texts: Any = None, crisis: tuple[str, ...] = CRISIS
) -> list[tuple[str, str]]:
    with database.read() as conn:
        found = doctor.examine(conn, settings, database.vault, texts or Texts(), START, crisis)
    assert all(one.sentence.endswith((".", ")")) for one in found)
    return [(one.check, one.subject) for one in found]


def test_a_district_with_everything_may_go_live(district: Database) -> None:
    assert examine(district) == []


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        (lambda: sa.delete(t.OnCall), "rota"),
        (lambda: sa.update(t.Handoff).values(acknowledged_at=None), "drill"),
        (lambda: sa.update(t.OnCall).values(ends_at=START), "rota"),
        (lambda: sa.update(t.OnCall).values(starts_at=START.replace(year=2027)), "rota"),
        (lambda: sa.update(t.Staff).where(t.Staff.id.in_(["stf_demo_counselor", "stf_demo_principal"])).values(active=False), "rota"),
        (lambda: sa.update(t.Staff).values(phone=None, slack_user=""), "rota"),
        (lambda: sa.delete(t.EvaluationContact), "evaluation"),
        (lambda: sa.update(t.EvaluationContact).values(approved_at=None), "evaluation"),
        (lambda: settings_of(**{"retention.years": None}), "retention"),
        (lambda: sa.delete(t.CatalogueApproval).where(t.CatalogueApproval.id == "apr_words_es"), "unscreened"),
        (lambda: settings_of(**{"eval.timeline_days": None}), "eval_clock"),
        (lambda: settings_of(**{"calendar.closed": []}), "calendar"),
        (lambda: settings_of(**{"hours.school": ""}), "calendar"),
        (lambda: sa.delete(t.StaffRole).where(t.StaffRole.role.in_(["liaison", "coordinator"])), "liaison_named"),
        (lambda: settings_of(**{"calendar.closed": ["2027-01-01", "spring break"]}), "calendar"),
        (lambda: settings_of(**{"hours.allowed": "8 to 20"}), "calendar"),
        (
            lambda: sa.update(t.StaffRole).where(t.StaffRole.role.in_(["liaison", "coordinator"])).values(school_id="sch_demo_river"),
            "liaison_named",
        ),
        (lambda: settings_of(**{"golive.eval_clock_approved": None}), "eval_clock_approved"),
        (lambda: sa.update(t.School).where(t.School.id == "sch_demo_maple").values(phone=""), "school"),
        (lambda: sa.delete(t.RosterImport), "roster"),
        (lambda: sa.update(t.RosterImport).values(counts={"unreadable": 2}), "roster"),
        (lambda: settings_of(**{"golive.paper_forms": None}), "paper_forms"),
        (lambda: settings_of(**{"golive.staff_trained": {"by": "stf_nobody", "on": "2026-01-05"}}), "staff_trained"),
        (lambda: settings_of(**{"golive.families_told": {"by": "stf_demo_office", "on": "2099-01-05"}}), "families_told"),
        (lambda: sa.delete(t.Sender).where(t.Sender.channel == "sms"), "sender"),
        (lambda: sa.update(t.Staff).where(t.Staff.id == "stf_demo_liaison").values(active=False), "liaison"),
        (lambda: sa.update(t.District).values(demo=True), "demo"),
        (lambda: sa.delete(t.DistrictKey).where(t.DistrictKey.purpose == "index"), "master_key"),
        (lambda: sa.text("update district_key set wrapped = :junk where purpose = 'seal'").bindparams(junk=b"junk"), "master_key"),
    ],
)
def test_one_missing_thing_shuts_the_gate(district: Database, statement: Callable[[], sa.Executable], check: str) -> None:
    with district.begin() as conn:
        if check == "sender":
            conn.execute(sa.delete(t.SenderPace))
        conn.execute(statement())
    assert {name for name, _ in examine(district)} == {check}


def test_a_bad_line_after_a_clean_roster_is_told_and_shuts_nothing(district: Database) -> None:
    with district.begin() as conn:
        row = {"id": "rim_2", "district_id": "dst_demo", "sha256": "ab" * 32, "by": "stf_demo_office", "applied": True}
        conn.execute(sa.insert(t.RosterImport), [{**row, "counts": {"unreadable": 1}, "at": START + timedelta(days=1)}])
    assert examine(district) == [("roster_lines", "dst_demo")]
    assert "roster_lines" in doctor.ADVICE


def test_a_calendar_of_last_year_is_told_and_shuts_nothing(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(settings_of(**{"calendar.closed": ["2025-12-25", (START + timedelta(days=-2)).date().isoformat()]}))
    assert examine(district) == [("calendar_past", "dst_demo")]
    assert "calendar_past" in doctor.ADVICE
    with district.begin() as conn:
        conn.execute(settings_of(**{"calendar.closed": ["2025-12-25", (START + timedelta(days=2)).date().isoformat()]}))
    assert examine(district) == []


def test_a_rota_never_tried_shuts_the_gate_and_one_tried_long_ago_does_not(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(sa.update(t.Handoff).values(created_at=START - timedelta(days=181)))
    assert examine(district) == [("drill_again", "dst_demo")]
    with district.begin() as conn:
        assert "drill_again" in doctor.ADVICE
        conn.execute(sa.update(t.Handoff).values(acknowledged_at=None))
        assert "drill" in doctor.ready(conn, runtime(district, "production"))


def test_a_rota_of_school_hours_does_not_shut_the_gate_at_night(district: Database) -> None:
    """The district's clock is Denver's: 3 a.m. on a Wednesday, and the rota begins when school does."""
    night = START.replace(hour=10) + timedelta(days=1)
    with district.begin() as conn:
        conn.execute(sa.update(t.OnCall).values(starts_at=night + timedelta(hours=4)))
        assert [one.check for one in doctor.examine(conn, SETTINGS, district.vault, Texts(), night, CRISIS)] == []
        conn.execute(sa.update(t.OnCall).values(starts_at=night + timedelta(hours=6)))
        found = doctor.examine(conn, SETTINGS, district.vault, Texts(), night, CRISIS)
    assert [(one.check, one.sentence[:41]) for one in found] == [("rota", "Nobody is on call when school opens next ")]


def test_a_language_nobody_checked_is_named_for_its_texts_and_its_lists(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(settings_of(**{"lang.enabled": ["en", "es", "so"]}))
    assert [check for check, _ in examine(district)] == ["crisis_texts", "unreviewed", "unscreened"]
    with district.begin() as conn:
        conn.execute(settings_of())
        conn.execute(sa.update(t.CatalogueApproval).where(t.CatalogueApproval.id == "apr_flows_es").values(hash="older"))
    assert [check for check, _ in examine(district)] == ["crisis_texts", "unreviewed"]


def test_a_district_of_nothing_but_a_name_lacks_the_whole_list(world_sqlite: Database) -> None:
    with world_sqlite.begin() as conn:
        row = {"id": "dst_new", "name": "New", "zone": "UTC", "settings": {}, "demo": False, "created_at": START}
        conn.execute(sa.insert(t.District), [row])
    found = [check for check, subject in examine(world_sqlite) if subject == "dst_new"]
    seen = ["master_key", "sender", "crisis_texts", "crisis_texts", "language", "rota", "drill", "evaluation", "retention"]
    counted = ["eval_clock", "calendar", "school", "roster"]
    languages = ["unreviewed", "unscreened", "unreviewed", "unscreened"]
    assert found == [*seen, *counted, *district_file.ATTESTED, *languages]


def test_every_sentence_says_where_it_is_put_right(world_sqlite: Database) -> None:
    row = {"id": "dst_new", "name": "New", "zone": "UTC", "settings": {"lang.enabled": ["en", "so"]}, "demo": False, "created_at": START}
    with world_sqlite.begin() as conn:
        conn.execute(sa.insert(t.District), [row])
        conn.execute(sa.insert(t.School).values(id="sch_new", district_id="dst_new", name="Elm", zone="UTC", phone=""))
    with world_sqlite.read() as conn:
        found = doctor.examine(
            conn, dataclasses.replace(SETTINGS, mail_smtp_host="mail"), world_sqlite.vault, Texts(("so",)), START, CRISIS
        )
    where = re.compile(r"HEARTHLINE_|hearthline \w+|\[\[?[a-z_.]+\]|\b(eval|hours|calendar|retention|lang)\.[a-z_]+")
    of_new = [one for one in found if one.subject == "dst_new" and one.check != "master_key"]
    assert len(of_new) > 20
    assert [one.sentence for one in of_new if not where.search(one.sentence)] == []


def test_no_approved_language_is_two_problems_in_one(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(sa.delete(t.CatalogueApproval).where(t.CatalogueApproval.subject == "flows"))
    found = [one for one in examine(district) if one[0] != "unreviewed"]
    assert found == [("crisis_texts", "dst_demo"), ("crisis_texts", "dst_demo"), ("language", "dst_demo")]


def test_a_demo_s_approval_counts_nowhere_else(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(sa.update(t.CatalogueApproval).values(demo=True))
    assert ("language", "dst_demo") in examine(district)


def test_a_crisis_text_without_translation_is_named_by_language(district: Database) -> None:
    assert examine(district, texts=Texts(missing=("es",))) == [("crisis_texts", "dst_demo")]
    assert examine(district, crisis=()) == [("crisis_texts", "dst_demo")]


@pytest.mark.parametrize(
    ("change", "subjects"),
    [
        ({"twilio_account_sid": ""}, ["twilio"]),
        ({"twilio_auth_token": ""}, ["twilio"]),
        ({"slack_bot_token": ""}, ["slack"]),
        ({"slack_signing_secret": ""}, ["slack"]),
        ({"slack_transport": "socket", "slack_signing_secret": ""}, ["slack"]),
        ({"slack_transport": "socket", "slack_app_token": "xapp"}, []),
        ({"slack_transport": "off", "slack_bot_token": ""}, []),
    ],
)
def test_a_provider_without_credentials_is_named(district: Database, change: dict[str, str], subjects: list[str]) -> None:
    assert examine(district, dataclasses.replace(SETTINGS, **change)) == [("provider", subject) for subject in subjects]


def runtime(database: Database, mode: str) -> Runtime:
    settings = dataclasses.replace(SETTINGS, mode=mode)
    return Runtime(settings, TickingClock(), CountingIds(), database, database.vault, catalogues=Texts())


def test_mail_that_cannot_come_back_or_has_no_sender_is_named_and_shuts_nothing(district: Database) -> None:
    settings = dataclasses.replace(SETTINGS, mail_smtp_host="mail.example.org", mail_from="school@families.example.org")
    with district.begin() as conn:
        conn.execute(sa.delete(t.Sender).where(t.Sender.channel == "email"))
        found = [one.check for one in doctor.examine(conn, settings, district.vault, Texts(), START, CRISIS)]
    assert found == ["mail_in", "mail_sender"]
    assert set(found) <= doctor.ADVICE


def test_mail_to_addresses_of_no_district_is_told(district: Database) -> None:
    with district.begin() as conn:
        assert mail_in.first_alarm(conn, "no_district", START)
        assert not mail_in.first_alarm(conn, "no_district", START)
        found = [one.check for one in doctor.examine(conn, SETTINGS, district.vault, Texts(), START, CRISIS)]
    assert found == ["mail_receiver"]
    assert set(found) <= doctor.ADVICE


def test_production_asks_and_a_demo_only_shows(world: Database) -> None:
    with world.read() as conn:
        assert "demo" in doctor.ready(conn, runtime(world, "production"))
        assert doctor.ready(conn, runtime(world, "demo")) == []


def test_a_liaison_who_left_is_named_and_silences_nobody(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(sa.update(t.Staff).where(t.Staff.id == "stf_demo_liaison").values(active=False))
    assert {check for check, _ in examine(district)} == {"liaison"}
    with district.read() as conn:
        assert "liaison" not in doctor.ready(conn, runtime(district, "production"))


def test_who_is_on_call_by_slack_alone_is_not_reached_without_slack(district: Database) -> None:
    with district.begin() as conn:
        conn.execute(sa.update(t.Staff).values(phone=None))
    assert examine(district) == []
    assert examine(district, dataclasses.replace(SETTINGS, slack_transport="off")) == [("rota", "dst_demo")]


def test_the_shipped_crisis_texts_cover_every_level() -> None:
    assert len(doctor.crisis_texts()) >= len(doctor.LEVELS)


@pytest.mark.parametrize("text", ["parts: {level_1: {steps: []}}", "parts: [", "- a", "parts: {}"])
def test_a_crisis_file_with_a_level_missing_is_no_crisis_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    (tmp_path / "crisis.yaml").write_text(text)
    monkeypatch.setattr(doctor, "files", lambda _package: tmp_path)
    assert doctor.crisis_texts.__wrapped__() == ()


def test_a_level_that_says_nothing_is_no_crisis_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    levels = "".join(f"  level_{n}:\n    steps: [{{id: '1', say: 'x'}}]\n" for n in range(1, 5)) + "  level_5:\n    steps: [{id: '1'}]\n"
    (tmp_path / "crisis.yaml").write_text("parts:\n" + levels)
    monkeypatch.setattr(doctor, "files", lambda _package: tmp_path)
    assert doctor.crisis_texts.__wrapped__() == ()
