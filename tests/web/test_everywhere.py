"""Every page of the console for every role, of our district and of another: what is not given is closed (fault 23, domain.md 10.1).

A new page without a row here fails; so does a page that opens for a role its row does not name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from bot import app
from bot.clock import RealIds
from bot.policy.permissions import ROLES
from bot.service import write_family
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.store import tables as t
from bot.store.database import open_database
from bot.store.types import Plain, PlainBytes
from tests.conftest import MASTER_KEY
from tests.conftest import _fill as fill
from tests.fakes.clock import START, TickingClock
from tests.service import record_writer
from tests.web.conftest import Browser, counts, enter, runtime_over
from tests.web.test_write import prepare

WORDS = "palabras-que-nadie-mas-debe-leer"
NAMES = ("Diego", "Delgado", "Lucía", "CV-1002", WORDS)
"""What tells of the case: none of it may be on any page of somebody it is closed to."""

TEAM = frozenset(
    {"liaison", "teacher", "specialist", "counselor", "psychologist", "social_worker", "nurse", "evaluation_contact", "language_liaison"}
)
"""Who opens a case because they are on its team."""

CASE = TEAM | {"coordinator", "principal"}
EVERYBODY = frozenset(ROLES) | {"no role"}
BEGIN = frozenset({"coordinator", "principal", "liaison"})
CARE = frozenset({"counselor", "psychologist", "social_worker", "nurse"})
CHECK = frozenset({"language_liaison", "interpreter"})
KEEP = frozenset({"district_admin", "coordinator", "principal", "liaison"})
"""Who writes prepared texts; the language liaison checks their words, and an interpreter finds those on the page of translations."""

TRAINED = CARE | {"principal", "liaison"}
ROTA = CARE | {"coordinator", "principal", "district_admin", "liaison"}


@dataclass(frozen=True)
class Door:
    """One page: its address, to whom it opens, what a form would say, and to whom it opens without being on the team."""

    path: str
    opens: frozenset[str]
    form: tuple[tuple[str, str], ...] = ()
    outside: frozenset[str] = frozenset()


TEMPLATE, LETTER = f"tpl_{1:026d}", f"ltr_{1:026d}"

GET = {
    "console.cases": Door("/console/", EVERYBODY),
    "console.tasks": Door("/console/tasks", EVERYBODY),
    "console.task": Door("/console/tasks/hnd_team", CASE),
    "console.case": Door("/console/cases/CV-1002", CASE),
    "console.timeline": Door("/console/cases/CV-1002/timeline?seen=", CASE),
    "console.team": Door("/console/cases/CV-1002/team", BEGIN),
    "console.attachment": Door("/console/attachments/att_team", CASE),
    "console.find_child": Door("/console/open-case", BEGIN),
    "console.name_team": Door("/console/open-case/stu_demo_diego", BEGIN),
    "console.write": Door("/console/cases/CV-1002/write/con_demo_es", CASE),
    "console.meetings": Door("/console/cases/CV-1002/meetings", CASE),
    "console.evaluation": Door("/console/cases/CV-1002/evaluation", CASE),
    "console.concern": Door("/console/cases/CV-1002/concern", CASE),
    "console.emergency": Door("/console/emergency", TRAINED),
    "console.prepared": Door(f"/console/cases/CV-1002/write/con_demo_es/{TEMPLATE}", CASE),
    "console.letter": Door(f"/console/letters/{LETTER}", CASE),
    "console.translations": Door("/console/translations", CHECK),
    "console.translation": Door("/console/translations/trn_team", CHECK, outside=frozenset({"interpreter"})),
    "console.line_translation": Door("/console/cases/CV-1002/lines/ent_1/translation", frozenset({"language_liaison"})),
    "console.texts": Door("/console/texts", KEEP | {"language_liaison"}),
    "console.new_text": Door("/console/texts/new", KEEP),
    "console.text": Door(f"/console/texts/{TEMPLATE}", KEEP | {"language_liaison"}),
    "console.text_words": Door(f"/console/texts/{TEMPLATE}/es", frozenset({"language_liaison"})),
    "console.on_call": Door("/console/on-call", ROTA),
    "console.privacy": Door("/console/privacy", frozenset({"privacy_officer"})),
}
POST = {
    "console.find_case": Door("/console/find", EVERYBODY, (("wanted", "Diego"),)),
    "console.find_child": Door("/console/open-case", BEGIN, (("wanted", "Diego"),)),
    "console.language": Door("/console/language", EVERYBODY, (("lang", "en"),)),
    "console.privacy_table": Door("/console/privacy.csv", frozenset({"privacy_officer"})),
    "console.take_task": Door("/console/tasks/hnd_team/take", CASE),
    "console.close_task": Door("/console/tasks/hnd_team/done", CASE, (("how", "called"),)),
    "console.give_task": Door("/console/tasks/hnd_team/give", CASE, (("staff_id", "stf_demo_counselor"),)),
    "console.chat_link": Door("/console/cases/CV-1002/chat-link/con_demo_es", CASE),
    "console.forget_pin": Door("/console/cases/CV-1002/forget-pin/con_demo_es", frozenset({"liaison", "language_liaison"})),
    "console.change_meetings": Door(
        "/console/cases/CV-1002/meetings",
        CASE,
        (("do", "plan"), ("day", "2027-05-03"), ("time", "15:00"), ("mode", "phone"), ("place", "here")),
    ),
    "console.raise_evaluation": Door("/console/cases/CV-1002/evaluation", CASE, (("words", "x"),)),
    "console.begin_concern": Door(
        "/console/cases/CV-1002/concern",
        CASE,
        (
            ("do", "tell"),
            ("strength", "kind"),
            ("topic", "math"),
            ("sees", "x"),
            ("first_try", "y"),
            ("contact", "con_demo_es"),
            ("review_on", f"{START + timedelta(days=9):%Y-%m-%d}"),
        ),
    ),
    "console.open_emergency": Door("/console/emergency", TRAINED, (("code", "CV-1002"), ("why", "danger_now"), ("note", "x"))),
    "console.end_emergency": Door("/console/cases/CV-1002/emergency-over", frozenset()),
    "console.review_emergency": Door("/console/privacy/emergency/none", frozenset({"privacy_officer"})),
    "console.begin_letter": Door("/console/cases/CV-1002/write/con_demo_es", CASE, (("text", "words"), ("class", "C"))),
    "console.send_prepared": Door(
        f"/console/cases/CV-1002/write/con_demo_es/{TEMPLATE}", CASE, (("do", "send"), ("child", "x"), ("day", "2026-12-01"))
    ),
    "console.new_text": Door("/console/texts/new", KEEP, (("title", "x"), ("text", "words"), ("class", "A"))),
    "console.change_text": Door(f"/console/texts/{TEMPLATE}", KEEP - {"liaison"}, (("do", "approve"),)),
    "console.change_words": Door(
        f"/console/texts/{TEMPLATE}/es", CHECK, (("do", "check"), ("text", "{child} puede traer un libro el {day}."))
    ),
    "console.letter_preview": Door(f"/console/letters/{LETTER}/preview", CASE),
    "console.change_letter": Door(f"/console/letters/{LETTER}", CASE, (("do", "send"),)),
    "console.check_translation": Door("/console/translations/trn_team", CHECK, (("text", "words"),), outside=frozenset({"interpreter"})),
    "console.write_translation": Door(
        "/console/cases/CV-1002/lines/ent_1/translation", frozenset({"language_liaison"}), (("text", "words"),)
    ),
    "console.begin_case": Door("/console/open-case/stu_demo_diego", BEGIN, (("liaison_id", "stf_demo_liaison"), ("domains", "reading"))),
    "console.change_team": Door("/console/cases/CV-1002/team", BEGIN, (("do", "add"), ("staff_id", "stf_demo_nurse"))),
    "console.change_rota": Door("/console/on-call", ROTA - {"liaison"}, (("do", "up"), ("turn_id", "onc_none"))),
    "console.start_drill": Door("/console/on-call/drill", ROTA),
    "console.release_hold": Door("/console/cases/CV-1002/release", CARE, (("why", "safe_now"),)),
}
"""Forms with a body that would do something."""

OPEN = {"console.ask", "console.sent", "console.link", "console.account", "console.account_back", "console.sign_out"}
"""The way in and out: no case stands behind it."""


@pytest.fixture(scope="module")
def place(compiled: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Any]]:
    """One site for all of it: the demo district with a case full of words, people of every role here and in another district."""
    url = f"sqlite:///{tmp_path_factory.mktemp('everywhere')}/world.db"
    fill(url, seeded=True)
    database = open_database(url, MASTER_KEY)
    record_writer.write(database, {**record_writer.entry(1, WORDS), "message_id": "msg_team", "media": ["att_team"]})
    with database.begin() as conn:
        _things(conn)
        _people(conn, database, "dst_demo", "here")
        conn.execute(
            sa.insert(t.District).values(id="dst_two", name="Two", zone="America/Denver", settings={}, demo=True, created_at=START)
        )
        database.vault.new_keys(conn, "dst_two", START, RealIds().new)
        conn.execute(sa.insert(t.School).values(id="sch_two", district_id="dst_two", name="Second", phone="", zone="America/Denver"))
        _people(conn, database, "dst_two", "there")
    runtime = runtime_over(compiled, database, TickingClock())
    _texts(runtime)
    site = app.create_app(runtime)
    yield site, database
    site.extensions["hearthline"].committer.close()
    database.close()


def _things(conn: Any) -> None:
    """What the pages are about, beside the line of the record."""
    common = {"district_id": "dst_demo", "lang": "es", "visibility": "team"}
    conn.execute(
        sa.insert(t.Message).values(
            id="msg_team", provider="twilio", provider_id="x", channel="sms", contact_id="con_demo_es", case_id="cas_demo_diego",
            body=Plain("dst_demo", WORDS), screened="", state="done", attempts=0, error="", received_at=START, **common,
        )
    )  # fmt: skip
    conn.execute(
        sa.insert(t.Attachment).values(
            id="att_team", district_id="dst_demo", message_id="msg_team", content_type="image/png",
            data=PlainBytes("dst_demo", WORDS.encode()), size=1, sha256="", state="stored", attempts=0, created_at=START,
        )
    )  # fmt: skip
    conn.execute(
        sa.insert(t.Handoff).values(
            id="hnd_team", school_id="sch_demo_maple", case_id="cas_demo_diego", contact_id="con_demo_es", to_role="nobody", owner_id=None,
            reason="person", body=Plain("dst_demo", WORDS), state="open", due_at=START, created_at=START, **common,
        )
    )  # fmt: skip
    conn.execute(
        sa.insert(t.Translation).values(
            id="trn_team", district_id="dst_demo", source_kind="entry", source_id="ent_1", case_id="cas_demo_diego", contact_id="con_demo_es",
            source_lang="es", target_lang="en", source_index=b"x" * 32, text=Plain("dst_demo", "words"), engine="test", state="machine",
            why="", tries=1, created_at=START,
        )
    )  # fmt: skip
    conn.execute(sa.update(t.Case).where(t.Case.id == "cas_demo_diego").values(safety_hold=True))


def _texts(runtime: Runtime) -> None:
    """A prepared text and a letter somebody began."""
    liaison = Viewer("stf_demo_liaison", "dst_demo", "Elena Soto", "en", b"")
    assert prepare(runtime) == TEMPLATE
    with runtime.database.begin() as conn:
        assert write_family.draft(conn, runtime, liaison, "CV-1002", "con_demo_es", "C", WORDS, START).id == LETTER


def _people(conn: Any, database: Any, district_id: str, where: str) -> None:
    """One person of each role; `on` the team of the case (ours only) and `off` it."""
    for role in sorted(EVERYBODY):
        for side in ("on", "off"):
            staff_id = f"stf_{where}_{side}_{role.replace(' ', '_')}"[:40]
            conn.execute(
                sa.insert(t.Staff).values(
                    id=staff_id, district_id=district_id, name=Plain(district_id, f"Person {role}"), email=None, email_index=None,
                    slack_user="", lang="en", active=True,
                )
            )  # fmt: skip
            if role != "no role":
                conn.execute(
                    sa.insert(t.StaffRole).values(
                        id=f"rol_{staff_id}"[:40], district_id=district_id, staff_id=staff_id, school_id=None, role=role
                    )
                )
            if side == "on" and where == "here":
                conn.execute(
                    sa.insert(t.CaseMember).values(
                        id=f"mem_{staff_id}"[:40],
                        district_id=district_id,
                        case_id="cas_demo_diego",
                        staff_id=staff_id,
                        role="x",
                        since=START,
                    )
                )


def _browser(place: tuple[Flask, Any], where: str, side: str, role: str) -> Browser:
    site, database = place
    return enter(Browser(site.test_client(), database), f"stf_{where}_{side}_{role.replace(' ', '_')}"[:40])


def _is_about_the_case(door: Door) -> bool:
    return any(mark in door.path for mark in ("CV-1002", "_team", LETTER))


def _opens(door: Door, side: str, role: str) -> bool:
    """By the row, and for who is not on the team by what the role opens without one."""
    if role not in door.opens:
        return False
    about_the_case = _is_about_the_case(door)
    return side == "on" or not about_the_case or role in door.outside or ROLES[role].opens in ("all", "school")


def test_every_page_of_the_console_has_a_row(place: tuple[Flask, Any]) -> None:
    rules = [rule for rule in place[0].url_map.iter_rules() if rule.endpoint.startswith("console.") and rule.endpoint not in OPEN]
    assert {rule.endpoint for rule in rules if "GET" in (rule.methods or ())} == set(GET)
    assert {rule.endpoint for rule in rules if "POST" in (rule.methods or ())} == set(POST)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_role_opens_its_pages_and_no_other(place: tuple[Flask, Any], role: str) -> None:
    for side in ("on", "off"):
        mine = _browser(place, "here", side, role)
        found = {name: mine.get(door.path).status_code for name, door in GET.items()}
        assert found == {
            name: 200 if _opens(door, side, role) else 404 if name != "console.team" or not _opens(GET["console.case"], side, role) else 403
            for name, door in GET.items()
        }, side


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_form_that_is_not_ones_own_does_nothing(place: tuple[Flask, Any], role: str) -> None:
    for side in ("on", "off"):
        mine = _browser(place, "here", side, role)
        token = mine.token("/console/tasks")
        before = counts(mine.database)
        for name, door in POST.items():
            if not _opens(door, side, role):
                answer = mine.post(door.path, csrf=token, **dict(door.form))
                assert answer.status_code in (403, 404), (name, side)
        assert counts(mine.database) == before


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_the_case_leaves_no_trace_where_it_is_closed(place: tuple[Flask, Any], role: str) -> None:
    for where, side in (("here", "off"), ("there", "off")):
        if where == "here" and role in ROLES and (ROLES[role].opens in ("all", "school") or ROLES[role].log or ROLES[role].begins):
            continue  # these know of the case, of the log, or of children they might open a case for
        mine = _browser(place, where, side, role)
        token = mine.token("/console/tasks")
        # an interpreter reads the one text they are asked to check, and learns no more from it
        pages = [mine.get(door.path).text for door in GET.values() if where == "there" or role not in door.outside]
        pages += [mine.post(POST[name].path, csrf=token, wanted="Diego").text for name in ("console.find_case", "console.find_child")]
        assert [name for name in NAMES for page in pages if name in page.replace('value="Diego"', "")] == [], where


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_another_districts_people_reach_nothing_of_ours(place: tuple[Flask, Any], role: str) -> None:
    mine = _browser(place, "there", "on", role)
    token = mine.token("/console/tasks")
    before = counts(mine.database)
    ours = {name: door for name, door in GET.items() if _is_about_the_case(door) or "stu_" in door.path}
    assert {name: mine.get(door.path).status_code for name, door in ours.items()} == dict.fromkeys(ours, 404)
    forms = {name: door for name, door in POST.items() if _is_about_the_case(door) or "stu_" in door.path}
    answers = {name: mine.post(door.path, csrf=token, **dict(door.form)).status_code for name, door in forms.items()}
    # 403 is what a role without the right hears before anything is looked for
    assert {name: status for name, status in answers.items() if status not in (403, 404)} == {}
    assert counts(mine.database) == before


@pytest.mark.parametrize("name", sorted(GET))
def test_nobody_reads_without_signing_in(place: tuple[Flask, Any], name: str) -> None:
    stranger = Browser(place[0].test_client(), place[1])
    path = GET[name].path
    answer = stranger.get(path)
    way = "" if name == "console.cases" else f"?to={path.partition('?')[0]}"
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/sign-in" + way)


AUDITED = {
    "console.case": "read",
    "console.timeline": "read",
    "console.task": "read",
    "console.attachment": "open_attachment",
    "console.name_team": "read",
    "console.translation": "read",
    "console.line_translation": "read",
    "console.letter": "read",
    "console.privacy": "read_log",
}
"""Pages that show what a family said, who a child's family is, or who read it."""


@pytest.mark.parametrize("name", AUDITED)
def test_every_reading_of_student_data_is_one_line_in_the_log(place: tuple[Flask, Any], name: str) -> None:
    role = "privacy_officer" if name == "console.privacy" else "language_liaison" if "translation" in name else "coordinator"
    mine = _browser(place, "here", "on", role)
    before = counts(mine.database)["audit"]
    assert mine.get(GET[name].path).status_code == 200
    with mine.database.read() as conn:
        query = sa.select(t.Audit.actor_id, t.Audit.action).where(t.Audit.district_id == "dst_demo").order_by(t.Audit.seq.desc()).limit(1)
        assert tuple(conn.execute(query).one()) == (f"stf_here_on_{role}", AUDITED[name])
    assert counts(mine.database)["audit"] == before + 1
