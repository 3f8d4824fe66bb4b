"""Translations as staff see and check them: what stands beside words, what waits for a checker, corrections and approvals.

A machine's work is labelled as such until a person has looked. What a person makes of a text goes into the district's memory and is used
before any engine; terms they lock go into its glossary. Only who may check translations (domain.md 10.1) changes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.policy import letters, permissions, places
from bot.service import access, audit, translators
from bot.service.runtime import Runtime
from bot.service.screen_again import screen_again
from bot.service.staff_entry import Book
from bot.service.translate_new import PERSON, UNSEEN, Made, index, mark_value
from bot.service.viewer import Viewer
from bot.store import review_lists, timeline
from bot.store import translations as store
from bot.store.translations import Source
from bot.store.types import Plain
from translations.base import primary

RECORD = frozenset({"entry", "handoff"})


@dataclass(frozen=True, slots=True)
class Beside:
    """A translation that stands beside words. `state`: machine | checked | waiting. `engine` is a program's name, or "person"."""

    id: str
    text: str
    lang: str
    engine: str
    state: str
    checked_by: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Something to check. `code` is "" for who sees the item but not the case (an interpreter from outside)."""

    id: str
    kind: str
    code: str
    source: str
    source_lang: str
    text: str
    target_lang: str
    engine: str
    state: str
    why: str
    at: datetime
    mark: str


def beside(conn: Connection, runtime: Runtime, district_id: str, kind: str, texts: Mapping[str, str], lang: str) -> dict[str, Beside]:
    """What stands beside these words (source id -> the words as they are now) in a language. A stale one is left out."""
    names = timeline.staff_names(conn, district_id)
    found = {}
    for row in store.of(conn, kind, texts, primary(lang)):
        if bytes(row.source_index) == index(runtime, district_id, texts[row.source_id]):
            found[row.source_id] = Beside(
                row.id, row.text or "", row.target_lang, row.engine, row.state, names.get(row.checked_by or "", ""), row.checked_at
            )
    return found


def open_item(conn: Connection, runtime: Runtime, who: Viewer, translation_id: str, now: datetime) -> ReviewItem:
    """One item in full; reading it is audited."""
    grants = access.grants(conn, who)
    found = review_lists.unchecked(conn, who.district_id, translation_id)
    item = _item(conn, who, grants, found, {}, now) if found is not None and permissions.may_check_translations(grants) else None
    if item is None:
        raise NotFound
    audit.by_staff(conn, runtime, who, "read", translation_id, now, kind="translation", message_class="D")
    return item


def correct(
    conn: Connection,
    runtime: Runtime,
    who: Viewer,
    translation_id: str,
    text: str,
    now: datetime,
    terms: Sequence[tuple[str, str]] = (),
    mark: str = "",
) -> list[str]:
    """A person's own words for it; into memory, and `terms` (source, translation) into the glossary. Gives outbox ids to wake.

    Raises `NotFound`, `NotAllowed`, and `Conflict` with a word for the page: empty, stale (the source has changed meanwhile).
    """
    text = text.strip()
    if not text:
        raise Conflict("empty")
    row = _checkable(conn, who, translation_id, now)
    source = _source(conn, row)
    if source is None or bytes(row.source_index) != index(runtime, who.district_id, source.text) or mark not in ("", _mark(row)):
        raise Conflict("stale")
    if row.source_kind == letters.TEMPLATE and (not places.same(text, source.text) or places.unknown(text)):
        raise Conflict("slots")
    wake: list[str] = []
    sealed = Plain(who.district_id, text)
    for one, words in ((row, source), *_twins(conn, row, source)):
        engine = one.engine if one.text == text and one.engine else PERSON
        store.change(
            conn, one.id, text=sealed, engine=engine, state="checked", why="", next_try=None, checked_by=who.staff_id, checked_at=now
        )
        if one.source_kind in RECORD:
            wake += _on_the_record(conn, runtime, one, words, Made(text, engine, "", who.staff_id, now), now)
    _remember(conn, runtime, who, row, text, now)
    for term, translation in terms:
        lock_term(conn, runtime, who, row.source_lang, row.target_lang, term, translation, now)
    action = "approve_translation" if row.text == text and row.engine else "correct_translation"
    audit.by_staff(conn, runtime, who, action, row.id, now, kind="translation", message_class="D")
    return wake


def _twins(conn: Connection, row: Any, source: Source) -> list[tuple[Any, Source]]:
    """The same words elsewhere in the case, a line of the record and the tasks made of it: nobody writes their translation twice."""
    if row.source_kind not in RECORD:
        return []
    found = [(one, _source(conn, one)) for one in store.twins(conn, row) if one.source_kind in RECORD]
    return [(one, words) for one, words in found if words is not None and words.text == source.text]


def _mark(row: Any) -> str:
    """What a text's translation is made from, as a page carries it: who checks it must have had this text before them."""
    return bytes(row.source_index).hex()


def approve(conn: Connection, runtime: Runtime, who: Viewer, translation_id: str, now: datetime) -> list[str]:
    """The machine's words are right as they stand."""
    row = _checkable(conn, who, translation_id, now)
    if not row.text:
        raise Conflict("empty")
    return correct(conn, runtime, who, translation_id, row.text, now)


def write_by_hand(conn: Connection, runtime: Runtime, who: Viewer, entry_id: str, text: str, now: datetime) -> list[str]:
    """A translation of a line that has none yet, by a person."""
    source = store.one_source(conn, "entry", who.district_id, entry_id)
    if source is None or source.case_id is None:
        raise NotFound
    lang = translators.staff_lang(conn, who.district_id, now)
    rows = store.of(conn, "entry", [entry_id], lang)
    if rows:
        return correct(conn, runtime, who, rows[0].id, text, now)
    values = {
        "id": runtime.ids.new("trn"),
        "district_id": who.district_id,
        "source_kind": "entry",
        "source_id": entry_id,
        "case_id": source.case_id,
        "contact_id": source.contact_id,
        "source_lang": source.lang,
        "target_lang": lang,
        "source_index": index(runtime, who.district_id, source.text),
        "text": None,
        "engine": "",
        "state": "waiting",
        "why": "by_hand",
        "tries": 0,
        "next_try": None,
        "created_at": now,
    }
    store.add(conn, values)
    return correct(conn, runtime, who, store.of(conn, "entry", [entry_id], lang)[0].id, text, now)


def lock_term(
    conn: Connection, runtime: Runtime, who: Viewer, source_lang: str, target_lang: str, term: str, translation: str, now: datetime
) -> None:
    """Lock a term in both directions, so that what comes back is what went out."""
    if not permissions.may_check_translations(access.grants(conn, who)):
        raise NotAllowed
    term, translation = " ".join(term.split())[:80], " ".join(translation.split())[:80]
    if not term or not translation:
        raise Conflict("empty")
    for source, target, here, there in ((source_lang, target_lang, term, translation), (target_lang, source_lang, translation, term)):
        store.lock_term(
            conn,
            {
                "id": runtime.ids.new("gls"),
                "district_id": who.district_id,
                "source_lang": primary(source),
                "target_lang": primary(target),
                "term": here,
                "translation": there,
                "by": who.staff_id,
                "at": now,
            },
        )


def _on_the_record(conn: Connection, runtime: Runtime, row: Any, source: Source, made: Made, now: datetime) -> list[str]:
    wake: list[str] = []
    if source.message_id and source.visibility != UNSEEN:
        wake = screen_again(conn, runtime, source.message_id, made.text, row.target_lang, now)
    if row.source_kind == "entry" and row.case_id:
        book = Book(conn, runtime, row.case_id, now)
        book.mark([source.id], "translation", mark_value(runtime, source, made))
        book.close()
    return wake


def _remember(conn: Connection, runtime: Runtime, who: Viewer, row: Any, text: str, now: datetime) -> None:
    store.remember(
        conn,
        {
            "id": runtime.ids.new("mem"),
            "district_id": who.district_id,
            "source_lang": primary(row.source_lang),
            "target_lang": primary(row.target_lang),
            "source_index": bytes(row.source_index),
            "text": Plain(who.district_id, text),
            "by": who.staff_id,
            "at": now,
        },
    )


def _source(conn: Connection, row: Any) -> Source | None:
    if row.source_kind in RECORD:
        return store.one_source(conn, row.source_kind, row.district_id, row.source_id)
    return store.written_source(conn, row.district_id, row.source_id)


def _checkable(conn: Connection, who: Viewer, translation_id: str, now: datetime) -> Any:
    grants = access.grants(conn, who)
    if not permissions.may_check_translations(grants):
        raise NotAllowed
    row = store.one(conn, who.district_id, translation_id, lock=True)
    source = None if row is None else _source(conn, row)
    if source is None or not _may_see(conn, who, grants, source, {}, now):
        raise NotFound
    return row


def _item(
    conn: Connection, who: Viewer, grants: Sequence[tuple[str, str | None]], row: Any, opens: dict[str, bool], now: datetime
) -> ReviewItem | None:
    source = _source(conn, row)
    if source is None or not _may_see(conn, who, grants, source, opens, now):
        return None
    code = (row.code or "") if opens.get(row.case_id or "") else ""
    words = (row.source_lang, row.text or "", row.target_lang, row.engine, row.state, row.why, row.created_at, _mark(row))
    return ReviewItem(row.id, row.source_kind, code, source.text, *words)


def _may_see(
    conn: Connection, who: Viewer, grants: Sequence[tuple[str, str | None]], source: Source, opens: dict[str, bool], now: datetime
) -> bool:
    """Items of cases this person may open, as far as they may read them; an interpreter from outside sees items that the whole team may."""
    if source.case_id is None:
        return source.visibility == "team"
    case = timeline.case_by_id(conn, who.district_id, source.case_id)
    if case is None:
        return False
    if source.case_id not in opens:
        opens[source.case_id] = access.may_open(conn, who, case, now)
    if not opens[source.case_id]:
        closed = source.what in permissions.CLOSED_TO_TEACHERS
        return source.visibility == "team" and not closed and any(role == "interpreter" for role, _ in grants)
    return access.reader(conn, who, case.school_id, now).may_read(source.visibility, source.what)
