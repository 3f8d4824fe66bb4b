"""A prepared text for one family: filled, shown as they will read it, and sent. What is shown is what leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.engine import Connection

from bot.errors import Conflict, NotFound
from bot.policy import letters, places
from bot.service import access, audit, lint, post_letter, rhythm, templates, translators, write_family
from bot.service.lint import Finding
from bot.service.runtime import Runtime
from bot.service.translate_new import index
from bot.service.viewer import Viewer
from bot.store import letters as store
from bot.store import translations as beside
from bot.store.types import Plain
from channels.text import normalise, segments
from translations.base import primary


class Ask(NamedTuple):
    """Which text, about which case, to whom, and what stands in its places. `once` is the id the page gave the letter when it was shown,
    so that a button pressed twice sends one."""

    template_id: str
    code: str
    contact_id: str
    values: Mapping[str, str]
    once: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text before it leaves. `master` in the staff's language, `words` as the family reads them, `back` what a machine makes of those
    in the staff's language ("" where none may or can). `refusal` says in a word why it cannot leave, "" when it can;
    `waits`: it goes later, because the family has heard enough this week."""

    title: str
    contact: str
    lang: str
    target_lang: str
    master: str
    words: str
    back: str
    likeness: float
    segments: int
    cost: str
    findings: tuple[Finding, ...]
    refusal: str
    waits: rhythm.Wait | None


class _Standing(NamedTuple):
    row: Any
    case: Any
    contact: Any
    target: str
    master: str
    words: str
    findings: tuple[Finding, ...]
    refusal: str


def preview(runtime: Runtime, who: Viewer, ask: Ask, now: datetime) -> Filled:
    """What would leave, and the same translated back. The engine is asked outside of any transaction.

    Raises `Conflict` ("slots") while a place is empty.
    """
    with runtime.database.read() as conn:
        found = _stand(conn, runtime, who, ask, now)
        ready = write_family.ready(conn, runtime, found.row, found.target, now)
        names = translators.names(conn, who.district_id, found.case.id, found.row.lang, now)
        count = segments(normalise(found.words))
        cost = write_family.cost(conn, who.district_id, count, now)
        waits = rhythm.waits(conn, ask.contact_id, now)
    back, likeness = write_family.back_again(ready._replace(text=found.master, names=names), found.words)
    return Filled(
        title=found.row.title,
        contact=found.contact.name,
        lang=found.row.lang,
        target_lang=found.target,
        master=found.master,
        words=found.words,
        back=back,
        likeness=likeness,
        segments=count,
        cost=cost,
        findings=found.findings,
        refusal=found.refusal,
        waits=waits,
    )


def send(conn: Connection, runtime: Runtime, who: Viewer, ask: Ask, now: datetime, seen: int | None = None) -> list[str]:
    """Fill a template and queue it for one contact about one case; outbox ids to wake.

    Raises `Conflict` with a word: a refusal of `bot.policy.letters`, slots, findings, or why this family may not be written to.
    """
    found = _stand(conn, runtime, who, ask, now, lock=True)
    once = ask.once if re.fullmatch(r"ltr_\w{1,40}", ask.once, re.ASCII) else ""
    if once and store.one(conn, who.district_id, once) is not None:
        return []
    write_family.as_seen(found.row.version, seen)
    if found.refusal:
        raise Conflict(found.refusal)
    if lint.stops(found.findings):
        raise Conflict("findings")
    letter = _letter(conn, who, found, once or runtime.ids.new("ltr"), now)
    outbox_id = post_letter.post(conn, runtime, letter, found.case, found.words, found.target, now)
    store.change(conn, letter.id, state="sent", outbox_id=outbox_id, sent_at=now)
    audit.by_staff(conn, runtime, who, "send_template", letter.id, now, kind="family_text", message_class=found.row.message_class)
    return [outbox_id]


def _stand(conn: Connection, runtime: Runtime, who: Viewer, ask: Ask, now: datetime, *, lock: bool = False) -> _Standing:
    """The text as it stands for this family: preview and sending judge it by one function."""
    row = templates.one(conn, who, ask.template_id, lock=lock)
    case = access.case_to_send(conn, who, ask.code, row.message_class, now)
    contact = store.contact(conn, who.district_id, ask.contact_id, case.student_id)
    if contact is None:
        raise NotFound
    target = primary(contact.lang_written)
    same = primary(row.lang) == target
    held = next(iter(beside.of(conn, row.kind, [row.id], target)), None)
    to = post_letter.To(case.id, ask.contact_id, row.message_class)
    why = letters.refusal(
        kind=letters.TEMPLATE,
        message_class=row.message_class,
        channel=post_letter.channel_of(conn, to, now),
        same_language=same,
        text_index=index(runtime, who.district_id, row.text),
        approved_index=None if row.approved_index is None else bytes(row.approved_index),
        words=None if held is None else letters.Words(held.state, bytes(held.source_index)),
    )
    if why in ("not_approved", "stale", "untranslated", "unchecked", "fixed_texts_only"):
        raise Conflict(why)  # there are no words to show
    said = row.text if same or held is None else held.text
    if not places.same(said, row.text) or places.missing(row.text, ask.values):
        raise Conflict("slots")
    filled, master = places.fill(said, ask.values, target), places.fill(row.text, ask.values, primary(row.lang))
    others = translators.names(conn, row.district_id, case.id, row.lang, now).others(master)
    findings = tuple(lint.lint(filled, target, row.message_class, others))
    return _Standing(row, case, contact, target, master, filled, findings, why or post_letter.refusal(conn, runtime, to, now))


def _letter(conn: Connection, who: Viewer, found: _Standing, letter_id: str, now: datetime) -> Any:
    """What was sent to this family, with the template it came from."""
    row = found.row
    known = {"district_id": who.district_id, "kind": letters.LETTER, "template_id": row.id, "author_id": who.staff_id, "title": row.title}
    words = {"message_class": row.message_class, "lang": row.lang, "text": Plain(who.district_id, found.master)}
    whose = {"case_id": found.case.id, "contact_id": found.contact.id, "state": "draft", "version": 1}
    store.add(conn, {"id": letter_id, "created_at": now, "updated_at": now, **known, **words, **whose})
    return store.one(conn, who.district_id, letter_id)
