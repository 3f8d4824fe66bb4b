"""Column types: what goes in comes out, and does not lie there in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from bot.store import tables as t
from bot.store.database import Database
from bot.store.types import Json, Plain, PlainBytes, Utc
from tests.fakes.clock import START

DISTRICT = "dst_demo"


def attachment(data: PlainBytes | None, url: str | None) -> dict[str, object]:
    return {
        "id": "att_1",
        "district_id": DISTRICT,
        "message_id": "msg_1",
        "content_type": "image/png",
        "url": None if url is None else Plain(DISTRICT, url),
        "data": data,
        "state": "stored",
        "created_at": START,
    }


@pytest.mark.parametrize(("data", "url"), [(b"a photo of a child", "https://example.org/a"), (None, None), (b"", "")])
def test_bytes_and_text_are_sealed_and_opened_again(world: Database, data: bytes | None, url: str | None) -> None:
    message = {
        "id": "msg_1", "district_id": DISTRICT, "provider": "twilio", "provider_id": "MM1", "channel": "sms",
        "body": Plain(DISTRICT, ""), "lang": "en", "received_at": START,
    }  # fmt: skip
    with world.begin() as conn:
        conn.execute(sa.insert(t.Message), [message])
        conn.execute(sa.insert(t.Attachment), [attachment(None if data is None else PlainBytes(DISTRICT, data), url)])
    with world.read() as conn:
        assert tuple(conn.execute(sa.select(t.Attachment.data, t.Attachment.url)).one()) == (data, url)
        lies = bytes(conn.execute(sa.text("select data from attachment")).scalar() or b"")
    assert b"photo" not in lies


def test_a_time_without_a_zone_is_refused(world: Database) -> None:
    with world.begin() as conn, pytest.raises(sa.exc.StatementError, match="zone"):
        conn.execute(sa.update(t.Contact).values(created_at=datetime(2026, 11, 21, 8, 0)))


def test_times_come_back_in_utc_whatever_zone_they_went_in(world: Database) -> None:
    there = datetime(2026, 11, 21, 8, 0, tzinfo=timezone(-timedelta(hours=7)))
    with world.begin() as conn:
        conn.execute(sa.update(t.Contact).values(created_at=there))
    with world.read() as conn:
        assert {str(one) for one in conn.scalars(sa.select(t.Contact.created_at))} == {"2026-11-21 15:00:00+00:00"}


def test_nothing_stays_nothing() -> None:
    dialect = sa.create_engine("sqlite://").dialect
    for kind in (Utc(), Json()):
        assert (kind.process_bind_param(None, dialect), kind.process_result_value(None, dialect)) == (None, None)
    assert Utc().process_result_value(datetime(2026, 1, 1, tzinfo=UTC), dialect) == datetime(2026, 1, 1, tzinfo=UTC)
