"""The chain's links: stable, ordered, and blind to how a value arrives."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.store.chain import ENTRY_FIELDS, GENESIS, MARK_FIELDS, entry_content, joined, link, mark_content
from bot.store.tables import CaseEntry, EntryMark
from bot.store.types import Plain

ENTRY: dict[str, Any] = {
    "id": "ent_1",
    "district_id": "dst_1",
    "case_id": "cas_1",
    "student_id": "stu_1",
    "seq": 1,
    "kind": "strength",
    "source_role": "family",
    "contact_id": "con_1",
    "entered_by": None,
    "message_id": "msg_1",
    "channel": "sms",
    "flow_id": "home-observations",
    "flow_version": 1,
    "step_id": "1",
    "asked_text_ref": "home-observations/1@1",
    "answer_raw": "Le encanta el fútbol",
    "answer_lang": "es",
    "answer_norm": '{"interests":"Le encanta el fútbol"}',
    "media": [],
    "visibility": "team",
    "corrects_id": None,
    "requirement_refs": ["S1-12"],
    "created_at": datetime(2026, 11, 17, 16, 0, tzinfo=UTC),
}


def test_every_column_of_the_record_is_covered() -> None:
    links = {"salt", "digest", "chain"}
    assert set(ENTRY_FIELDS) == {column.name for column in CaseEntry.__table__.columns} - links
    assert set(MARK_FIELDS) == {column.name for column in EntryMark.__table__.columns} - links


def test_a_link_is_what_was_written_down_once_for_ever() -> None:
    digest, chain = link(GENESIS, entry_content(ENTRY), b"s" * 16)
    assert digest.hex() == "f40d54b9462bbab3563a5c300e335030fc2064b9f3b6ef3e47d8391f85ce19bf"
    assert chain == hashlib.sha256(GENESIS + digest).digest() == joined(GENESIS, digest)


def test_the_writer_and_the_reader_see_the_same_content() -> None:
    elsewhere = ENTRY["created_at"].astimezone(timezone(timedelta(hours=-7)))
    written = {**ENTRY, "answer_raw": Plain("dst_1", ENTRY["answer_raw"]), "created_at": elsewhere, "salt": b"x", "digest": b"y"}
    assert entry_content(written) == entry_content(ENTRY)


@pytest.mark.parametrize("name", ENTRY_FIELDS)
def test_any_changed_field_changes_the_digest(name: str) -> None:
    changed = {**ENTRY, name: "something else"}
    assert link(GENESIS, entry_content(changed), b"s" * 16)[0] != link(GENESIS, entry_content(ENTRY), b"s" * 16)[0]


def test_the_salt_and_the_link_before_change_the_link() -> None:
    content = mark_content({"id": "mrk_1", "seq": 2, "kind": "confirmed", "value": Plain("dst_1", '{"by":"con_1"}')})
    one = link(GENESIS, content, b"a" * 16)
    assert content["value"] == '{"by":"con_1"}'
    assert link(GENESIS, content, b"b" * 16)[0] != one[0]
    assert link(b"1" * 32, content, b"a" * 16) == (one[0], joined(b"1" * 32, one[0]))
