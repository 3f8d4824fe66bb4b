"""Staff write to one family: draft, a second pair of eyes, the words in the family's language and back again, a person's yes, and out.

A machine may make the first version of classes A to C; nothing leaves in another language before somebody who may check translations has
approved or rewritten exactly these words. Whoever changes the text starts anew: its translation is stale and cannot be sent (fault 17).
Engines are asked outside of any transaction, so `preview` has its own; everything else runs in the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.policy import letters, permissions
from bot.service import access, audit, directory, lint, post_letter, rhythm, translate, translators
from bot.service.lint import Finding
from bot.service.runtime import Runtime
from bot.service.translate_new import PERSON, Made, index, through
from bot.service.viewer import Viewer
from bot.store import letters as store
from bot.store import timeline
from bot.store import translations as beside
from bot.store.types import Plain
from channels.text import normalise, segments
from translations.base import primary
from translations.names import Names

COST = "cost.segment"
"""District setting: what one text segment costs in dollars, as a number ("0.0083"); unset, no cost is shown."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter in the making. `preview` are the words as the family would read them ("" while nobody has made them), `back` what a machine
    makes of them in the staff's language, `likeness` how alike that is to the original (0 to 1, a warning light only).

    `refusal` says in a word why it cannot leave as it stands, "" when it can (`findings` of level "look" must then be confirmed).
    `waits`: it goes later, because the family has heard enough this week.
    """

    id: str
    code: str
    contact_id: str
    contact: str
    message_class: str
    text: str
    lang: str
    target_lang: str
    findings: tuple[Finding, ...]
    preview: str
    engine: str
    checked: bool
    translation_id: str
    back: str
    likeness: float
    segments: int
    cost: str
    state: str
    version: int
    refusal: str
    waits: rhythm.Wait | None


def draft(
    conn: Connection,
    runtime: Runtime,
    who: Viewer,
    code: str,
    contact_id: str,
    message_class: str,
    text: str,
    now: datetime,
    draft_id: str = "",
    seen: int | None = None,
) -> Draft:
    """Write a draft, or write it anew (`draft_id`): an edit makes every translation of it stale. The same words to the same adult begun
    twice are one draft."""
    case = access.case_to_send(conn, who, code, message_class, now)
    if store.contact(conn, who.district_id, contact_id, case.student_id) is None:
        raise NotFound
    words = Plain(who.district_id, text.strip())
    if draft_id:
        row = _mine(conn, who, draft_id, now, lock=True)
        if row.case_id != case.id:
            raise NotFound
        if row.state != "draft":
            raise Conflict("sent")
        as_seen(row.version, seen)
        store.change(conn, row.id, text=words, message_class=message_class, contact_id=contact_id, version=row.version + 1, updated_at=now)
    elif same := store.same_draft(conn, case.id, contact_id, who.staff_id, message_class, text.strip()):
        draft_id = same
    else:
        draft_id = runtime.ids.new("ltr")
        row_values = {
            "id": draft_id, "district_id": who.district_id, "kind": letters.LETTER, "case_id": case.id, "contact_id": contact_id,
            "author_id": who.staff_id, "message_class": message_class, "title": "",
            "lang": translators.staff_lang(conn, who.district_id, now), "text": words, "state": "draft", "version": 1,
            "created_at": now, "updated_at": now,
        }  # fmt: skip
        store.add(conn, row_values)
    return look(conn, runtime, who, draft_id, now)


def look(conn: Connection, runtime: Runtime, who: Viewer, draft_id: str, now: datetime, back: tuple[str, float] = ("", 0.0)) -> Draft:
    """The draft as it stands now."""
    return _shown(conn, runtime, who, _mine(conn, who, draft_id, now), now, back)


def preview(runtime: Runtime, who: Viewer, draft_id: str, now: datetime) -> Draft:
    """Make the words in the family's language where a machine may and can, and translate them back. Opens its own transactions: the engine
    is asked between them."""
    with runtime.database.read() as conn:
        row = _mine(conn, who, draft_id, now)
        found = ready(conn, runtime, row, _target(conn, row, who), now)
    made, _, back = made_and_back(found)
    with runtime.database.begin() as conn:
        if made is not None and index(runtime, who.district_id, _mine(conn, who, draft_id, now, lock=True).text) == found.digest:
            keep(conn, runtime, row, found, made, now)
        return look(conn, runtime, who, draft_id, now, back)


def approve(
    conn: Connection, runtime: Runtime, who: Viewer, draft_id: str, now: datetime, text: str = "", seen: int | None = None
) -> Draft:
    """Somebody who may check translations says yes to these words, or writes better ones (`text`); they are remembered."""
    row = _mine(conn, who, draft_id, now, lock=True)
    if row.state != "draft":
        raise Conflict("sent")
    as_seen(row.version, seen)
    approve_words(conn, runtime, who, row, _target(conn, row, who), text, now)
    return look(conn, runtime, who, draft_id, now)


def send(
    conn: Connection, runtime: Runtime, who: Viewer, draft_id: str, now: datetime, read: Sequence[str] = (), seen: int | None = None
) -> list[str]:
    """Queue the letter; outbox ids to wake.

    :param read: codes of the "look" findings whoever sends has read.
    :param seen: the version they had before them.

    Raises `Conflict` with a word for the page: sent, a refusal of `bot.policy.letters`, of the recipients function or of consent, or
    findings.
    """
    row = _mine(conn, who, draft_id, now, lock=True)
    if row.state != "draft":
        raise Conflict("sent")
    as_seen(row.version, seen)
    shown = _shown(conn, runtime, who, row, now, ("", 0.0))
    case = access.case_to_send(conn, who, shown.code, row.message_class, now)
    if lint.stops(shown.findings) or {one.code for one in shown.findings} - set(read):
        raise Conflict("findings")
    if shown.refusal:
        raise Conflict(shown.refusal)
    outbox_id = post_letter.post(conn, runtime, row, case, shown.preview or row.text, shown.target_lang, now)
    store.change(conn, row.id, state="sent", outbox_id=outbox_id, sent_at=now)
    audit.by_staff(conn, runtime, who, "send_letter", row.id, now, kind="family_text", message_class=row.message_class)
    return [outbox_id]


def as_seen(version: int, seen: int | None) -> None:
    """Nobody says yes to, sends or overwrites words they did not have before them. None: nothing was shown that could differ.

    :raises Conflict: changed - a colleague wrote it anew meanwhile.
    """
    if seen not in (None, version):
        raise Conflict("changed")


# --- words in another language: letters and templates alike ----------------------------------------------------------------------


class Ready(NamedTuple):
    """What is needed to make a text's words in another language."""

    text: str
    digest: bytes
    lang: str
    target: str
    message_class: str
    known: Any
    current: Any
    engines: tuple[Any, ...]
    names: Any
    glossary: dict[str, str]
    glossary_back: dict[str, str]


def ready(conn: Connection, runtime: Runtime, row: Any, target: str, now: datetime) -> Ready:
    digest = index(runtime, row.district_id, row.text)
    current = next(iter(beside.of(conn, row.kind, [row.id], target)), None)
    return Ready(
        row.text,
        digest,
        row.lang,
        target,
        row.message_class,
        beside.remembered(conn, row.district_id, primary(row.lang), target, [digest]).get(digest),
        current if current is not None and bytes(current.source_index) == digest else None,
        tuple(translators.serving(conn, runtime, row.district_id)),
        translators.names(conn, row.district_id, row.case_id, row.lang, now),
        translators.glossary(conn, row.district_id, row.lang, target),
        translators.glossary(conn, row.district_id, target, row.lang),
    )


def make(ready: Ready) -> Made | None:
    """Memory first, then the engines, for classes a machine may help with; None when there are good words already, or none are needed."""
    current = ready.current
    if primary(ready.lang) == ready.target or (current is not None and current.text and current.state != "waiting"):
        return None
    if ready.known is not None:
        return Made(ready.known.text, PERSON, "", ready.known.by, ready.known.at)
    made = Made(why="by_hand")
    if letters.machine_may(ready.message_class):
        made = Made()
        for engine in ready.engines:
            made = through(engine, [ready.text], ready.lang, ready.target, ready.names, ready.glossary).get(ready.text, made)
            if made.text:
                break
    return made


def keep(conn: Connection, runtime: Runtime, row: Any, ready: Ready, made: Made, now: datetime) -> None:
    """Write what came of it, over a stale one."""
    values: dict[str, Any] = {
        "source_index": ready.digest,
        "text": Plain(row.district_id, made.text) if made.text else None,
        "engine": made.engine[:80],
        "state": "checked" if made.checked_by else "machine" if made.text else "waiting",
        "why": made.why[:40],
        "next_try": None,
        "checked_by": made.checked_by,
        "checked_at": made.checked_at,
    }
    old = next(iter(beside.of(conn, row.kind, [row.id], ready.target)), None)
    if old is not None:
        beside.change(conn, old.id, **values)
        return
    whose = {"id": runtime.ids.new("trn"), "district_id": row.district_id, "source_kind": row.kind, "source_id": row.id, "tries": 0}
    langs = {"case_id": row.case_id, "contact_id": row.contact_id, "source_lang": row.lang, "target_lang": ready.target}
    beside.add(conn, {**whose, **langs, **values, "created_at": now})


def ask_for(conn: Connection, runtime: Runtime, row: Any, target: str, now: datetime) -> None:
    """Let a text's words in a language wait for who checks translations; those it had before it changed stay as a draft to go over."""
    old = next(iter(beside.of(conn, row.kind, [row.id], target)), None)
    digest = index(runtime, row.district_id, row.text)
    if old is None:
        keep(conn, runtime, row, ready(conn, runtime, row, target, now), Made(why="by_hand"), now)
    elif bytes(old.source_index) != digest:
        beside.change(
            conn, old.id, source_index=digest, state="waiting", engine="", why="by_hand", next_try=None, checked_by=None, checked_at=None
        )


def approve_words(conn: Connection, runtime: Runtime, who: Viewer, row: Any, target: str, text: str, now: datetime) -> None:
    """A person's yes to a translation, or their own words where there is none or a stale one."""
    if not permissions.may_check_translations(access.grants(conn, who)):
        raise NotAllowed
    current = next(iter(beside.of(conn, row.kind, [row.id], target)), None)
    digest = index(runtime, row.district_id, row.text)
    fresh = current is not None and bytes(current.source_index) == digest
    if not fresh and not text.strip():
        raise Conflict("stale" if current is not None else "empty")
    if not fresh or current is None:
        keep(conn, runtime, row, ready(conn, runtime, row, target, now), Made(why="by_hand"), now)
        current = beside.of(conn, row.kind, [row.id], target)[0]
    if text.strip():
        translate.correct(conn, runtime, who, current.id, text, now)
    else:
        translate.approve(conn, runtime, who, current.id, now)


# --- one letter ----------------------------------------------------------------------


def _mine(conn: Connection, who: Viewer, draft_id: str, now: datetime, *, lock: bool = False) -> Any:
    """The letter, if this person may open its case."""
    row = store.one(conn, who.district_id, draft_id, lock=lock)
    if row is None or row.kind != letters.LETTER:
        raise NotFound
    case = timeline.case_by_id(conn, who.district_id, row.case_id)
    if case is None or not access.may_open(conn, who, case, now):
        raise NotFound
    return row


def _target(conn: Connection, row: Any, who: Viewer) -> str:
    case = timeline.case_by_id(conn, who.district_id, row.case_id)
    found = store.contact(conn, who.district_id, row.contact_id, case.student_id) if case is not None else None
    if found is None:
        raise NotFound
    return primary(found.lang_written)


def made_and_back(ready: Ready) -> tuple[Made | None, str, tuple[str, float]]:
    """What `make` made, the words there are now, and those translated back."""
    made = make(ready)
    words = made.text if made is not None else ready.current.text if ready.current is not None else ""
    return made, words, back_again(ready, words)


def back_again(ready: Ready, words: str) -> tuple[str, float]:
    """The family's words in the staff's language by a machine, and how alike they are. Only where a machine may see the text at all."""
    from translations.checks import likeness

    if not words or primary(ready.lang) == ready.target or not letters.machine_may(ready.message_class):
        return "", 0.0
    for engine in ready.engines:
        said = through(engine, [words], ready.target, ready.lang, ready.names, ready.glossary_back).get(words)
        if said is not None and said.text:
            return said.text, likeness(ready.text, said.text)
    return "", 0.0


def _shown(conn: Connection, runtime: Runtime, who: Viewer, row: Any, now: datetime, back: tuple[str, float]) -> Draft:
    case = timeline.case_by_id(conn, who.district_id, row.case_id)
    target = _target(conn, row, who)
    found = store.contact(conn, who.district_id, row.contact_id, case.student_id) if case is not None else None
    assert case is not None
    assert found is not None
    names: Names = translators.names(conn, row.district_id, row.case_id, row.lang, now)
    same = primary(row.lang) == target
    digest = index(runtime, row.district_id, row.text)
    words = next(iter(beside.of(conn, row.kind, [row.id], target)), None)
    fresh = words is not None and bytes(words.source_index) == digest
    said = row.text if same else (words.text or "") if words is not None and fresh else ""
    refusal = letters.refusal(
        kind=letters.LETTER,
        message_class=row.message_class,
        channel=post_letter.channel_of(conn, row, now),
        same_language=same,
        text_index=digest,
        words=None if words is None else letters.Words(words.state, bytes(words.source_index)),
    )
    refusal = refusal or post_letter.refusal(conn, runtime, row, now)
    count = segments(normalise(said or row.text))
    findings = lint.lint(row.text, row.lang, row.message_class, names.others(row.text))
    if said and not same:
        findings = list(dict.fromkeys([*findings, *lint.across(row.text, said, names.others(said))]))
    return Draft(
        id=row.id, code=case.code, contact_id=found.id, contact=found.name, message_class=row.message_class, text=row.text, lang=row.lang,
        target_lang=target, findings=tuple(findings),
        preview="" if same else said, engine=words.engine if words is not None and fresh else "",
        checked=bool(words is not None and fresh and words.state == "checked"),
        translation_id=words.id if words is not None and fresh else "", back=back[0], likeness=back[1], segments=count,
        cost=cost(conn, row.district_id, count, now), state=row.state, version=row.version, refusal=refusal,
        waits=rhythm.waits(conn, row.contact_id, now),
    )  # fmt: skip


def cost(conn: Connection, district_id: str, count: int, now: datetime) -> str:
    """What so many segments cost by the district's own price; "" where it has named none."""
    price = directory.district(conn, district_id, now).settings.get(COST)
    try:
        return f"{float(price) * count:.4f}".rstrip("0").rstrip(".") if price else ""
    except (TypeError, ValueError):
        return ""
