"""Families' words into the language staff read: after they are committed, in the worker, never in a turn, and nothing waits for it.

A sweep finds words without a translation, asks memory first and then the engines a district allows, outside any transaction, and writes
what came: a row, a mark on the record's line beside the family's own words, and whatever the screening finds in it. Where no engine
answers, staff have the original and a task, and the engine is tried again later. What is not for the whole team, and what was said about
student data, rights or safety (classes D to F), never leaves the house.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy.engine import Connection

from bot.clock import ALPHABET, letters
from bot.log import get_log
from bot.policy.letters import NO_MACHINE
from bot.policy.permissions import CLOSED_TO_TEACHERS
from bot.screen.screen import screen
from bot.service import tell_staff, translators
from bot.service.asked_text import asked, class_of
from bot.service.runtime import Runtime
from bot.service.screen_again import screen_again
from bot.service.staff_entry import Book
from bot.store import record
from bot.store import translations as store
from bot.store.translations import Source
from bot.store.types import Plain
from bot.values.wordless import wordless
from translations.base import TranslationError, Translator, primary

KINDS = ("entry", "handoff")
BATCH = 100
OVERLAP_MS = 5 * 60_000
"""How far behind the newest id a sweep looks again: a turn may commit after one that began later."""

AT_ONCE = 8
"""Cases written by one commit on SQLite: some 20 ms, which is how long a family's turn may then wait for the one writer's place."""

BREATH, PATIENCE = 0.005, 1.0
"""Seconds between two pieces of work, and how long each stands aside while families' turns are being committed in this process."""

TRIES = 6
FIRST_TRY_AGAIN = timedelta(minutes=2)
LATER_TRIES = 12
DAILY = timedelta(days=1)
"""A district may turn an engine on, and one that was down all night comes back: what nobody could translate is looked at again for some
days, once a day when the first tries failed."""
DOWN = frozenset({"no_engine", "unreachable", "slow", "unreadable", "asked_to_wait", "command_failed"})

PERSON = "person"
UNSEEN = "safety_only"

log = get_log("translate")


class Work(NamedTuple):
    """Words of one case in one language, and what is needed to translate them. `unseen`: for trained staff only. `needless` wait from
    before and need no translation."""

    case_id: str | None
    district_id: str
    lang: str
    staff_lang: str
    unseen: bool
    sources: tuple[Source, ...]
    engines: tuple[Translator, ...]
    names: Any
    glossary: Mapping[str, str]
    known: Mapping[str, Any]
    needless: tuple[Source, ...] = ()


class Made(NamedTuple):
    """What came of one text: the translation and what made it, or why there is none."""

    text: str = ""
    engine: str = ""
    why: str = "no_engine"
    checked_by: str | None = None
    checked_at: datetime | None = None


def run(runtime: Runtime) -> int:
    """One look. Gives how many texts were worked off. Without any engine, memory still knows what a person wrote before."""
    done = 0
    with runtime.database.read() as conn:
        districts = record.districts(conn)
    for district_id in districts:
        _stand_aside(runtime)
        now = runtime.clock.now()
        with runtime.database.read() as conn:
            tops = {kind: store.newest(conn, kind) for kind in KINDS}
            found, whole = _find(conn, district_id, tops, now)
            work = [_work(conn, runtime, one, now, stays=stays) for one, stays in _grouped(runtime, found)]
        made = []
        for one in work:
            made.append((one, _translate(one)))  # outside any transaction: an engine may take its time
        failed = _keep(runtime, made, now)
        done += sum(len(one.sources) for one in work)
        if whole and not failed:
            _move_marks(runtime, district_id, tops)
    return done


def _keep(runtime: Runtime, made: Sequence[tuple[Work, Mapping[str, Made]]], now: datetime) -> int:
    """Write all of it; how many cases could not be. A few by one commit on SQLite, whose one writer families' turns wait for; a commit a
    case on PostgreSQL, where two cases in one transaction would lock contacts and cases crosswise. One that cannot be written stops no
    other."""
    size = AT_ONCE if runtime.database.is_sqlite else 1
    failed = 0
    for start in range(0, len(made), size):
        _stand_aside(runtime)
        wake: list[str] = []
        with runtime.database.begin() as conn:
            for work, results in made[start : start + size]:
                try:
                    with conn.begin_nested():
                        wake += _store(conn, runtime, work, results, now)
                except Exception:
                    log.exception("translation_not_kept", district_id=work.district_id, case_id=work.case_id)
                    failed += 1
        runtime.wake(wake)
    return failed


def _stand_aside(runtime: Runtime) -> None:
    """Let families' turns go first: nothing waits for a translation. Under a load that never ends it goes on all the same, slowly."""
    until = time.monotonic() + PATIENCE
    time.sleep(BREATH)
    while runtime.committer is not None and runtime.committer.busy and time.monotonic() < until:
        time.sleep(BREATH)


def _find(conn: Connection, district_id: str, tops: Mapping[str, str], now: datetime) -> tuple[list[Source], bool]:
    """What waits, and whether that is all of it."""
    lang = translators.staff_lang(conn, district_id, now)
    found = store.to_retry(conn, district_id, now, BATCH)
    whole = True
    for kind in KINDS:
        after = store.reached(conn, f"translate:{kind}:{district_id}")
        rows = store.sources(conn, kind, district_id, lang, after, tops[kind], BATCH)
        whole = whole and len(rows) < BATCH
        found += rows
    return found, whole


def _move_marks(runtime: Runtime, district_id: str, tops: Mapping[str, str]) -> None:
    marks = {f"translate:{kind}:{district_id}": shortly_before(top) for kind, top in tops.items() if top}
    with runtime.database.read() as conn:
        moved = {name: mark for name, mark in marks.items() if mark > store.reached(conn, name)}
    if moved:
        with runtime.database.begin() as conn:
            for name, mark in moved.items():
                store.reach(conn, name, district_id, mark)


def shortly_before(made_id: str) -> str:
    """The smallest id of this kind five minutes earlier: "ent_01J..." as time, back, and as letters again."""
    kind, _, rest = made_id.partition("_")
    millis = 0
    for letter in rest[:10]:
        millis = millis * 32 + max(0, ALPHABET.find(letter))
    # whole minutes, so that an idle district writes no mark
    return f"{kind}_{letters(max(0, (millis - OVERLAP_MS) // 60_000 * 60_000), 50)}"


def _grouped(runtime: Runtime, found: Sequence[Source]) -> list[tuple[list[Source], bool]]:
    """By case and language, and whether the words stay in the house: all that one message became stays when one part of it does."""
    home = {one.message_id for one in found if one.message_id and stays_home(runtime, one)}
    groups: dict[tuple[Any, ...], list[Source]] = {}
    for one in found:
        stays = one.message_id in home or stays_home(runtime, one)
        groups.setdefault((one.case_id or "", one.lang, stays, one.visibility == UNSEEN), []).append(one)
    return [(groups[key], key[2]) for key in sorted(groups)]


def stays_home(runtime: Runtime, one: Source) -> bool:
    """Whether these words may not be sent to an engine on somebody else's computer."""
    return one.visibility != "team" or one.what in CLOSED_TO_TEACHERS or class_of(runtime.library, one.asked) in tuple(NO_MACHINE)


def _work(conn: Connection, runtime: Runtime, sources: Sequence[Source], now: datetime, *, stays: bool) -> Work:
    first = sources[0]
    target = translators.staff_lang(conn, first.district_id, now)
    unseen = first.visibility == UNSEEN
    engines = [one for one in translators.serving(conn, runtime, first.district_id) if not (stays and one.leaves_house)]
    indexes = {one.id: index(runtime, one.district_id, one.text) for one in sources}
    memory = store.remembered(conn, first.district_id, primary(first.lang), target, indexes.values())
    needed = tuple(one for one in sources if needs_words(runtime, one, target))
    return Work(
        case_id=first.case_id,
        district_id=first.district_id,
        lang=first.lang,
        staff_lang=target,
        unseen=unseen,
        sources=needed,
        engines=tuple(engines),
        names=translators.names(conn, first.district_id, first.case_id, first.lang, now) if engines else None,
        glossary=translators.glossary(conn, first.district_id, first.lang, target) if engines else {},
        known={one: memory[digest] for one, digest in indexes.items() if digest in memory},
        needless=tuple(one for one in sources if one.row_id and one not in needed),
    )


def needs_words(runtime: Runtime, one: Source, lang: str) -> bool:
    """An answer picked from a list needs no translation: what the option means is known in the reader's language. Nor do figures and
    signs."""
    if wordless(one.text):
        return False
    norm = orjson.loads(one.norm) if one.norm else {}
    return not (one.kind == "entry" and asked(runtime.library, one.asked, lang, one.child, norm).says_all)


def index(runtime: Runtime, district_id: str, text: str) -> bytes:
    """The keyed digest of a text, the same for other gaps and capitals."""
    return runtime.vault.index(district_id, " ".join(text.split()).casefold())


def _translate(work: Work) -> dict[str, Made]:
    """What memory knows, then each engine in turn for what is left. The same words twice are asked once."""
    made: dict[str, Made] = {}
    left: dict[str, list[str]] = {}
    for one in work.sources:
        if (known := work.known.get(one.id)) is not None:
            made[one.id] = Made(known.text, PERSON, "", known.by, known.at)
        else:
            left.setdefault(one.text, []).append(one.id)
    why = dict.fromkeys(left, "no_engine")
    for engine in work.engines:
        if not left:
            break
        for text, said in through(engine, list(left), work.lang, work.staff_lang, work.names, work.glossary).items():
            if said.text:
                made.update(dict.fromkeys(left.pop(text), said))
            else:
                why[text] = said.why
    for text, ids in left.items():
        made.update(dict.fromkeys(ids, Made(why=why[text])))
    return made


def through(engine: Translator, texts: Sequence[str], source: str, target: str, names: Any, glossary: Mapping[str, str]) -> dict[str, Made]:
    """Texts through one engine; its failure is a word for each of them."""
    from translations.through import translate

    try:
        if not engine.can(source, target):
            return {}
        results = translate(engine, texts, source, target, names, glossary)
    except TranslationError as error:
        log.warning("translator_failed", provider=engine.name, reason=error.why, count=len(texts))
        return {text: Made(why=error.why) for text in texts}
    return {text: Made(said.text, engine.name if said.text else "", said.why) for text, said in zip(texts, results, strict=True)}


def _store(conn: Connection, runtime: Runtime, work: Work, made: Mapping[str, Made], now: datetime) -> list[str]:
    """Rows, what the screening adds, marks on the record, and one task for what nobody could translate. Contact before case: the house's
    order of locks."""
    wake: list[str] = []
    for one in work.needless:
        store.forget(conn, one.kind, one.id)
    written = [one for one in work.sources if _row(conn, runtime, work, one, made[one.id], now)]
    good = [one for one in written if made[one.id].text]
    if not work.unseen:
        for message_id, text in sorted({(one.message_id, made[one.id].text) for one in good if one.message_id}):
            if adds(runtime, text, work.lang, work.staff_lang):
                wake += screen_again(conn, runtime, message_id, text, work.staff_lang, now)
    if work.case_id and any(one.kind == "entry" for one in good):
        book = Book(conn, runtime, work.case_id, now)
        for one in good:
            if one.kind == "entry":
                book.mark([one.id], "translation", mark_value(runtime, one, made[one.id]))
        book.close()
    if any(not made[one.id].text and not one.row_id for one in written):
        _task(conn, runtime, work, now)
    if good or any(not one.row_id for one in written):
        log.info("translated", district_id=work.district_id, case_id=work.case_id, count=len(good), backlog=len(written) - len(good))
    return wake


def adds(runtime: Runtime, text: str, source_lang: str, target_lang: str) -> bool:
    """Whether a translation says anything that must be looked at. Words of a language with lists of its own were heard in that language:
    there a machine's words count only when they are plain (danger to somebody, a STOP, a clear request), not for a mere likeness."""
    found = screen(runtime.words, text, target_lang, (target_lang,))
    if primary(source_lang) in runtime.words.languages:
        return found.grave or (bool(found.stop) and "learned.stop" not in found.matched) or found.evaluation == "clear"
    return bool(found.fired)


def mark_value(runtime: Runtime, source: Source, made: Made) -> dict[str, Any]:
    """What stands beside a line of the record (domain.md 0.4)."""
    return {
        "text": made.text,
        "engine_or_person": made.engine,
        "checked_by": made.checked_by,
        "checked_at": made.checked_at.isoformat() if made.checked_at else None,
        "source_hash": index(runtime, source.district_id, source.text).hex(),
    }


def _row(conn: Connection, runtime: Runtime, work: Work, one: Source, made: Made, now: datetime) -> bool:
    """Write what came of it; False when another worker was quicker, or nothing changed since the last try."""
    tries = one.tries + 1
    waits = not made.text
    pause = DAILY if made.why == "no_engine" or tries >= TRIES else FIRST_TRY_AGAIN * 2**one.tries
    again = now + pause if waits and tries < (LATER_TRIES if made.why in DOWN else TRIES) else None
    values: dict[str, Any] = {
        "text": Plain(work.district_id, made.text) if made.text else None,
        "engine": made.engine[:80],
        "state": "waiting" if waits else "checked" if made.checked_by else "machine",
        "why": made.why[:40],
        "tries": tries,
        "next_try": again,
        "checked_by": made.checked_by,
        "checked_at": made.checked_at,
    }
    if one.row_id:
        return store.change(conn, one.row_id, ("waiting",), **values)
    values |= {
        "id": runtime.ids.new("trn"),
        "district_id": work.district_id,
        "source_kind": one.kind,
        "source_id": one.id,
        "case_id": one.case_id,
        "contact_id": one.contact_id,
        "source_lang": one.lang,
        "target_lang": work.staff_lang,
        "source_index": index(runtime, one.district_id, one.text),
        "created_at": now,
    }
    return store.add(conn, values)


def _task(conn: Connection, runtime: Runtime, work: Work, now: datetime) -> None:
    reason, visibility = ("translation_unseen", UNSEEN) if work.unseen else ("translation", "team")
    first = work.sources[0]
    tell_staff.task(
        conn,
        runtime,
        now,
        reason,
        district_id=work.district_id,
        case_id=work.case_id,
        contact_id=first.contact_id,
        about=first.message_id,
        visibility=visibility,
    )
