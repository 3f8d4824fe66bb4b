"""Photos and voice notes open from the timeline for who may read the line they came with, and nothing in them runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from bot.store.types import Plain, PlainBytes
from tests.fakes.clock import START
from tests.service import record_writer
from tests.web.conftest import Browser, enter

New = Callable[[], Browser]
DATA = bytes(range(256)) * 4
ADDRESS = "/console/attachments/att_1"


def arrive(runtime: Any, content_type: str = "audio/ogg", visibility: str = "team", **entry: Any) -> None:
    """A voice note comes in with words about Diego."""
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Message).values(
                id="msg_1", district_id="dst_demo", provider="twilio", provider_id="x", channel="sms", contact_id="con_demo_es",
                case_id=None, body=Plain("dst_demo", ""), lang="es", visibility=visibility, screened="", state="done", attempts=0, error="",
                received_at=START,
            )
        )  # fmt: skip
        conn.execute(
            sa.insert(t.Attachment).values(
                id="att_1", district_id="dst_demo", message_id="msg_1", content_type=content_type, data=PlainBytes("dst_demo", DATA),
                size=len(DATA), sha256="", state="stored", attempts=0, created_at=START,
            )
        )  # fmt: skip
    record_writer.write(runtime.database, {**record_writer.entry(1), "message_id": "msg_1", "media": ["att_1"], **entry})


def test_a_voice_note_plays_on_the_page_and_is_kept_nowhere(browser: New, runtime: Any) -> None:
    arrive(runtime)
    mine = enter(browser(), "stf_demo_teacher")
    assert f'<audio controls preload="none" src="{ADDRESS}"' in mine.get("/console/cases/CV-1002").text
    answer = mine.get(ADDRESS)
    assert (answer.status_code, answer.data, answer.headers["Content-Type"]) == (200, DATA, "audio/ogg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_player_may_ask_for_a_part_and_that_is_a_reading_too(browser: New, runtime: Any) -> None:
    arrive(runtime)
    part = enter(browser(), "stf_demo_teacher").get(ADDRESS, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, DATA[10:20])
    with runtime.database.read() as conn:
        found = conn.execute(sa.select(t.Audit.action, t.Audit.actor_id, t.Audit.object_id, t.Audit.message_class)).one()
    assert tuple(found) == ("open_attachment", "stf_demo_teacher", "att_1", "D")


@pytest.mark.parametrize(
    ("content_type", "told", "shown"),
    [
        ("image/jpeg", "image/jpeg", True),
        ("IMAGE/PNG; name=x", "image/png", True),
        ("image/svg+xml", "application/octet-stream", False),
        ("text/html", "application/octet-stream", False),
        ("application/xhtml+xml", "application/octet-stream", False),
        ("application/pdf", "application/octet-stream", False),
        ("", "application/octet-stream", False),
        ("a\r\nSet-Cookie: x", "application/octet-stream", False),
    ],
)
def test_only_what_cannot_run_is_shown(browser: New, runtime: Any, content_type: str, told: str, shown: bool) -> None:
    arrive(runtime, content_type)
    answer = enter(browser(), "stf_demo_teacher").get(ADDRESS)
    assert answer.headers["Content-Type"] == told
    assert answer.headers["Content-Disposition"].partition(";")[0] == ("inline" if shown else "attachment")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("login", "more", "status"),
    [
        ("teacher", {}, 200),
        ("other_teacher", {}, 404),
        ("office", {}, 404),
        ("teacher", {"visibility": "staff_only"}, 404),
        ("liaison", {"visibility": "staff_only"}, 200),
        ("liaison", {"visibility": "safety_only"}, 404),
        ("counselor", {"visibility": "safety_only"}, 200),
        ("teacher", {"kind": "eval_request"}, 404),
    ],
)
def test_a_closed_line_closes_its_file(browser: New, runtime: Any, login: str, more: dict[str, str], status: int) -> None:
    arrive(runtime, **({"kind": more["kind"]} if "kind" in more else {}), visibility=more.get("visibility", "team"))
    if "visibility" in more:
        record = {
            **record_writer.mark(9, "ent_1"),
            "kind": "visibility",
            "value": Plain("dst_demo", f'{{"visibility":"{more["visibility"]}"}}'),
        }
        record_writer.write(runtime.database, record)
    assert enter(browser(), f"stf_demo_{login}").get(ADDRESS).status_code == status


def test_a_line_closed_later_closes_the_file_of_an_open_message(browser: New, runtime: Any) -> None:
    arrive(runtime)
    mine = enter(browser(), "stf_demo_teacher")
    assert mine.get(ADDRESS).status_code == 200
    later = {**record_writer.mark(9, "ent_1"), "kind": "visibility", "value": Plain("dst_demo", '{"visibility":"staff_only"}')}
    record_writer.write(runtime.database, later)
    assert mine.get(ADDRESS).status_code == 404


@pytest.mark.parametrize("change", [{"state": "pending", "data": None}, {"state": "failed"}, {"district_id": "dst_other"}])
def test_what_is_not_here_or_not_ours_is_no_page(browser: New, runtime: Any, change: dict[str, Any]) -> None:
    arrive(runtime)
    with runtime.database.begin() as conn:
        if "district_id" in change:
            conn.execute(sa.insert(t.District).values(id="dst_other", name="O", zone="UTC", settings={}, demo=True, created_at=START))
        conn.execute(sa.update(t.Attachment).values(**change))
    assert enter(browser(), "stf_demo_teacher").get(ADDRESS).status_code == 404


@pytest.mark.parametrize(
    ("state", "said", "unsaid"), [("pending", "not here yet", "could not be kept"), ("failed", "could not be kept", "not here yet")]
)
def test_a_note_that_is_not_here_is_on_its_way_or_not_waited_for(browser: New, runtime: Any, state: str, said: str, unsaid: str) -> None:
    arrive(runtime)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Attachment).values(state=state, data=None))
    page = enter(browser(), "stf_demo_teacher").get("/console/cases/CV-1002").text
    assert f"voice note: {said}" in page
    assert unsaid not in page
    assert ADDRESS not in page
