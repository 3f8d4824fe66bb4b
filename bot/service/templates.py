"""Templates: texts a district checked once and sends often. The master is approved as it is, each translation is checked as it is; an edit
of the master makes its approval and every translation stale, and nothing stale is sent (fault 17, G10).

Places to fill are written {child}, {liaison}, {day}: they are taken out before an engine sees the text, and must all be filled to send.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.policy import letters, permissions
from bot.service import access, lint, post_letter, translators, write_family
from bot.service.runtime import Runtime
from bot.service.sign_in import Viewer
from bot.service.translate_new import index
from bot.store import letters as store
from bot.store import translations as beside
from bot.store.types import Plain
from translations.base import primary

_SLOT = re.compile(r"\{([a-z_]{1,40})\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template as staff choose it. `approved`: its master is, as it is now. `ready`: languages whose words are checked and fresh."""

    id: str
    title: str
    message_class: str
    text: str
    lang: str
    approved: bool
    ready: tuple[str, ...]
    slots: tuple[str, ...]


def every(conn: Connection, runtime: Runtime, who: Viewer) -> list[Template]:
    """The district's templates, by name."""
    return [_shown(conn, runtime, row) for row in store.templates(conn, who.district_id)]


def write(
    conn: Connection, runtime: Runtime, who: Viewer, title: str, message_class: str, text: str, now: datetime, template_id: str = ""
) -> Template:
    """Write a template, or write it anew: then nobody has approved it and its translations are stale."""
    if not permissions.may_approve_templates(access.grants(conn, who)) and not permissions.may_check_translations(access.grants(conn, who)):
        raise NotAllowed
    if message_class not in letters.COMPOSED or not text.strip():
        raise Conflict("empty" if not text.strip() else "fixed_texts_only")
    known = {"title": title.strip()[:80], "message_class": message_class, "text": Plain(who.district_id, text.strip()), "updated_at": now}
    if template_id:
        row = _one(conn, who, template_id, lock=True)
        store.change(conn, row.id, version=row.version + 1, **known)
    else:
        template_id = runtime.ids.new("tpl")
        lang = translators.staff_lang(conn, who.district_id, now)
        fresh = {"district_id": who.district_id, "kind": letters.TEMPLATE, "author_id": who.staff_id, "lang": lang, "version": 1}
        store.add(conn, {"id": template_id, "state": "draft", "created_at": now, **fresh, **known})
    return _shown(conn, runtime, _one(conn, who, template_id))


def approve(conn: Connection, runtime: Runtime, who: Viewer, template_id: str, now: datetime) -> Template:
    """The master is good as it stands."""
    if not permissions.may_approve_templates(access.grants(conn, who)):
        raise NotAllowed
    row = _one(conn, who, template_id, lock=True)
    if lint.stops(lint.lint(_SLOT.sub("", row.text), row.lang, row.message_class)):
        raise Conflict("findings")
    store.change(conn, row.id, approved_index=index(runtime, who.district_id, row.text), approved_by=who.staff_id, state="approved")
    write_family.note(conn, runtime, who, row.id, "approve_template", row.message_class, now)
    return _shown(conn, runtime, _one(conn, who, template_id))


def translate(runtime: Runtime, who: Viewer, template_id: str, lang: str, now: datetime) -> tuple[str, str, float]:
    """Make the words in a language where a machine may and can: (words, the same translated back, likeness). Its own transactions."""
    with runtime.database.read() as conn:
        row = _one(conn, who, template_id)
        ready = write_family.ready(conn, runtime, row, primary(lang), now)
    made = write_family.make(ready)
    words = made.text if made is not None else ready.current.text if ready.current is not None else ""
    back = write_family.back_again(ready, words)
    if made is not None:
        with runtime.database.begin() as conn:
            if index(runtime, who.district_id, _one(conn, who, template_id, lock=True).text) == ready.digest:
                write_family.keep(conn, runtime, row, ready, made, now)
    return words, *back


def check(conn: Connection, runtime: Runtime, who: Viewer, template_id: str, lang: str, now: datetime, text: str = "") -> Template:
    """A person's yes to the words of a language, or their own. Every place to fill must be in them."""
    row = _one(conn, who, template_id, lock=True)
    if text.strip() and sorted(_SLOT.findall(text)) != sorted(_SLOT.findall(row.text)):
        raise Conflict("slots")
    write_family.approve_words(conn, runtime, who, row, primary(lang), text, now)
    return _shown(conn, runtime, _one(conn, who, template_id))


def send(
    conn: Connection, runtime: Runtime, who: Viewer, template_id: str, code: str, contact_id: str, values: Mapping[str, str], now: datetime
) -> list[str]:
    """Fill a template and queue it for one contact about one case; outbox ids to wake.

    Raises `Conflict` with a word: a refusal of `bot.policy.letters`, slots, findings, or why this family may not be written to.
    """
    row = _one(conn, who, template_id, lock=True)
    case = access.case(conn, who, code, now)
    if not permissions.may_send(access.grants(conn, who), school_id=case.school_id, message_class=row.message_class):
        raise NotAllowed
    contact = store.contact(conn, who.district_id, contact_id, case.student_id)
    if contact is None:
        raise NotFound
    target = primary(contact.lang_written)
    words = next(iter(beside.of(conn, row.kind, [row.id], target)), None)
    same = primary(row.lang) == target
    to = post_letter.To(case.id, contact_id, row.message_class)
    why = letters.refusal(
        kind=letters.TEMPLATE,
        message_class=row.message_class,
        channel=post_letter.channel_of(conn, to, now),
        same_language=same,
        text_index=index(runtime, who.district_id, row.text),
        approved_index=None if row.approved_index is None else bytes(row.approved_index),
        words=None if words is None else letters.Words(words.state, bytes(words.source_index)),
    )
    if why:
        raise Conflict(why)
    said = row.text if same or words is None else words.text
    if sorted(_SLOT.findall(said)) != sorted(_SLOT.findall(row.text)):
        raise Conflict("slots")
    filled, master = fill(said, values), fill(row.text, values)
    others = translators.names(conn, row.district_id, case.id, row.lang, now).others(master)
    if lint.stops(lint.lint(filled, target, row.message_class, others)):
        raise Conflict("findings")
    letter = _letter(conn, runtime, who, row, case, contact_id, master, now)
    outbox_id = post_letter.post(conn, runtime, letter, case, filled, target, now)
    store.change(conn, letter.id, state="sent", outbox_id=outbox_id, sent_at=now)
    write_family.note(conn, runtime, who, letter.id, "send_template", row.message_class, now)
    return [outbox_id]


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into a template's places; raises `Conflict` ("slots") while one is empty."""
    if missing := [name for name in _SLOT.findall(text) if not values.get(name, "").strip()]:
        raise Conflict(f"slots: {', '.join(missing)}")
    return _SLOT.sub(lambda found: values[found.group(1)].strip(), text)


def _letter(conn: Connection, runtime: Runtime, who: Viewer, row: Any, case: Any, contact_id: str, text: str, now: datetime) -> Any:
    """What was sent to this family, with the template it came from."""
    letter_id = runtime.ids.new("ltr")
    known = {"district_id": who.district_id, "kind": letters.LETTER, "template_id": row.id, "author_id": who.staff_id, "title": row.title}
    words = {"message_class": row.message_class, "lang": row.lang, "text": Plain(who.district_id, text), "state": "draft", "version": 1}
    store.add(conn, {"id": letter_id, "case_id": case.id, "contact_id": contact_id, "created_at": now, "updated_at": now, **known, **words})
    return store.one(conn, who.district_id, letter_id)


def _one(conn: Connection, who: Viewer, template_id: str, *, lock: bool = False) -> Any:
    row = store.one(conn, who.district_id, template_id, lock=lock)
    if row is None or row.kind != letters.TEMPLATE or row.state == "withdrawn":
        raise NotFound
    return row


def _shown(conn: Connection, runtime: Runtime, row: Any) -> Template:
    digest = index(runtime, row.district_id, row.text)
    fresh = [one for one in beside.of(conn, row.kind, [row.id]) if one.state == "checked" and bytes(one.source_index) == digest]
    approved = row.approved_index is not None and bytes(row.approved_index) == digest
    return Template(
        row.id, row.title, row.message_class, row.text, row.lang, approved, tuple(one.target_lang for one in fresh),
        tuple(dict.fromkeys(_SLOT.findall(row.text))),
    )  # fmt: skip
