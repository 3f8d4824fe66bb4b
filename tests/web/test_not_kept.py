"""A family sends a zip, a drawing a browser would run, an album: what they are told of it is true, and staff hear of it as ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service.runtime import Runtime
from bot.store import tables as t

ES, EN = "+15550101002", "+15550101001"
LOST = {EN: "I could not save", ES: "No pude guardar"}
SAVED = {EN: "saved it for the team", ES: "para el equipo"}
Texts = Callable[..., Any]


def files(*kinds: str) -> dict[str, str]:
    at = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME"
    found = {"NumMedia": str(len(kinds))}
    for number, kind in enumerate(kinds):
        found |= {f"MediaUrl{number}": f"{at}{number}", f"MediaContentType{number}": kind}
    return found


def said(runtime: Runtime) -> str:
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.body).where(t.Outbox.audience == "family").order_by(t.Outbox.created_at, t.Outbox.id)
        return " ".join(conn.execute(query).scalars())


@pytest.mark.parametrize("kind", ["application/zip", "image/svg+xml", "text/html", "application/x-msdownload"])
@pytest.mark.parametrize(("phone", "text"), [(EN, ""), (ES, ""), (EN, "this is her homework"), (ES, "es su tarea")])
def test_a_file_of_a_kind_nobody_may_send_is_not_said_to_be_saved(
    runtime: Runtime, texts_in: Texts, kind: str, phone: str, text: str
) -> None:
    assert texts_in(phone, text, **files(kind)).status_code == 200
    assert LOST[phone] in said(runtime)
    assert SAVED[phone] not in said(runtime)
    with runtime.database.read() as conn:
        assert conn.execute(sa.select(t.Attachment.content_type, t.Attachment.state)).all() == [(kind, "pending")]


def test_of_an_album_with_one_good_photo_that_is_said_to_be_kept(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, "", **files("image/jpeg", "application/zip"))
    assert "I saved what I could. Not every file could be saved" in said(runtime)


def test_photos_and_voice_notes_are_nothing_to_speak_of(runtime: Runtime, texts_in: Texts) -> None:
    texts_in(EN, "", **files("image/jpeg", "audio/ogg"))
    assert said(runtime)
    assert "could not" not in said(runtime)
