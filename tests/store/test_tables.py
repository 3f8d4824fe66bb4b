"""Every row says whose it is, and whatever tells something about a person is sealed: a new column has to be entered here by hand."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.tables import Base
from bot.store.types import Json, SealedBytes, SealedText

TABLES = Base.metadata.tables

NOBODYS = {"district", "executor_slot", "seen_event"}
"""The tenant itself; our own processes; events that providers name before we know whom they are about (their ids, nothing else)."""

SEALED = {
    ("attachment", "data"),
    ("attachment", "url"),
    ("break_glass", "note"),
    ("case_entry", "answer_norm"),
    ("case_entry", "answer_raw"),
    ("contact", "name"),
    ("contact", "source_id"),
    ("endpoint", "address"),
    ("entry_mark", "value"),
    ("family_text", "text"),
    ("handoff", "body"),
    ("handoff", "outcome"),
    ("meeting", "place"),
    ("message", "body"),
    ("message", "raw"),
    ("outbox", "address"),
    ("outbox", "blocks"),
    ("outbox", "body"),
    ("session", "state"),
    ("staff", "email"),
    ("staff", "name"),
    ("staff", "phone"),
    ("student", "birth_date"),
    ("student", "first_name"),
    ("student", "last_name"),
    ("student", "source_id"),
    ("translation", "text"),
    ("translation_memory", "text"),
}

OPEN = {
    ("attachment", "content_type"): "image/png and the like",
    ("attachment", "sha256"): "a digest",
    ("audit", "object_id"): "an id",
    ("audit", "reason"): "a code word, or a staff member's own reason",
    ("case_entry", "asked_text_ref"): "flow/step@version",
    ("case_entry", "media"): "attachment ids",
    ("case_entry", "requirement_refs"): "S1-12",
    ("cases", "domains"): "reading, math ...",
    ("catalogue_approval", "approved_by"): "a staff id, or which demo it was",
    ("catalogue_approval", "hash"): "a digest",
    ("consent", "stopped_for"): "student:id topic:reminders",
    ("consent_ledger", "scope"): "number, all, student:id, topic:reminders",
    ("consent_ledger", "source"): "message, provider, demo ...",
    ("contact", "zone"): "a time zone",
    ("district", "name"): "a public body",
    ("district", "settings"): "the keys of domain.md 10.2",
    ("district", "zone"): "a time zone",
    ("executor_slot", "holder"): "host, process number, chance",
    ("meeting", "planned_by"): "a staff id, or the command line",
    ("meeting", "zone"): "a time zone",
    ("family_text", "title"): "what a template is called",
    ("glossary_term", "term"): "a word of the school's",
    ("glossary_term", "translation"): "the same in another language",
    ("message", "error"): "the name of an exception",
    ("message", "provider_id"): "the provider's id",
    ("message", "screened"): "which lists fired",
    ("outbox", "dedupe_key"): "ids",
    ("outbox", "lease_owner"): "host, process number, chance",
    ("roster_import", "by"): "a staff id, or the command line",
    ("roster_import", "counts"): "numbers only",
    ("roster_import", "sha256"): "a digest",
    ("outbox", "provider_id"): "the provider's id",
    ("outbox", "reason"): "a code word",
    ("outbox", "ref"): "flow/step@version",
    ("outbox", "sender"): "a number of ours",
    ("scan_mark", "name"): "which sweep",
    ("school", "name"): "a public body",
    ("school", "zone"): "a time zone",
    ("press", "location"): "a path of the console: ids",
    ("seen_event", "event_id"): "the provider's id",
    ("sender", "address"): "a number of ours",
    ("sign_in_link", "way_back"): "a path of the console: ids",
    ("translation", "engine"): "a program's name, or person",
}
"""Columns long enough to hold words, and what is in them instead."""


def test_every_row_names_its_district() -> None:
    assert {name for name, table in TABLES.items() if "district_id" not in table.c} == NOBODYS
    assert not [name for name, table in TABLES.items() if name not in NOBODYS and table.c.district_id.nullable]


def test_what_tells_something_about_a_person_is_sealed() -> None:
    found = {
        (name, column.name) for name, table in TABLES.items() for column in table.c if isinstance(column.type, SealedText | SealedBytes)
    }
    assert found == SEALED


def test_a_column_that_could_hold_words_and_does_not_is_named_with_what_it_holds() -> None:
    wordy = {
        (name, column.name)
        for name, table in TABLES.items()
        for column in table.c
        if isinstance(column.type, Json) or (isinstance(column.type, sa.String) and (column.type.length or 999) >= 60)
    }
    assert wordy == set(OPEN)
