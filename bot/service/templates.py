"""Templates: texts a district checked once and sends often. The master is approved as it is, each translation is checked as it is; an edit
of the master makes its approval and every translation stale, and nothing stale is sent (fault 17, G10). Sending is `send_template`.

Places to fill are written {child}, {liaison}, {day} (`bot.policy.places`): they are taken out before an engine sees the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from bot.errors import Conflict, NotAllowed, NotFound
from bot.policy import language, letters, permissions, places
from bot.service import access, audit, directory, lint, tell_staff, translators, write_family
from bot.service.lint import Finding
from bot.service.runtime import Runtime
from bot.service.translate_new import index
from bot.service.viewer import Viewer
from bot.store import letters as store
from bot.store import timeline
from bot.store import translations as beside
from bot.store.types import Plain
from translations.base import primary


@dataclass(frozen=True, slots=True)
class Template:
    """A template as staff choose it. `approved`: its master is, as it is now; `changed`: it was, and has been edited since.

    `ready`: languages whose words are checked and fresh; `missing`: languages of the district without.
    """

    id: str
    title: str
    message_class: str
    text: str
    lang: str
    approved: bool
    changed: bool
    ready: tuple[str, ...]
    missing: tuple[str, ...]
    slots: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Words:
    """A template's words in one language. `state`: checked | machine | stale (the master has changed since) | none.

    `by` is a program's name, or the person who checked them."""

    lang: str
    text: str
    state: str
    by: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One template's page: itself, what a colleague would say about it, its words in every language, and what this reader may do."""

    template: Template
    author: str
    findings: tuple[Finding, ...]
    words: tuple[Words, ...]
    may_write: bool
    may_approve: bool
    may_check: bool


def every(conn: Connection, runtime: Runtime, who: Viewer, now: datetime) -> list[Template]:
    """The district's templates, by name."""
    langs = languages(conn, who, now)
    return [_shown(conn, runtime, row, langs) for row in store.templates(conn, who.district_id)]


def languages(conn: Connection, who: Viewer, now: datetime) -> tuple[str, ...]:
    """The languages this district writes in."""
    return tuple(dict.fromkeys(primary(one) for one in language.enabled(directory.district(conn, who.district_id, now).settings)))


def look(conn: Connection, runtime: Runtime, who: Viewer, template_id: str, now: datetime) -> Sheet:
    """One template with everything about it, for who keeps templates or checks their words."""
    grants = access.grants(conn, who)
    if not permissions.may_see_templates(grants):
        raise NotFound
    row = one(conn, who, template_id)
    shown = _shown(conn, runtime, row, languages(conn, who, now))
    digest = index(runtime, row.district_id, row.text)
    names = timeline.staff_names(conn, who.district_id)
    held = {words.target_lang: words for words in beside.of(conn, row.kind, [row.id])}
    wanted = dict.fromkeys([*languages(conn, who, now), *held])
    found = [_words(lang, held.get(lang), digest, names) for lang in wanted if lang != primary(row.lang)]
    may_approve = permissions.may_approve_templates(grants)
    return Sheet(
        template=shown,
        author=names.get(row.author_id, ""),
        findings=tuple(lint.lint(places.bare(row.text), row.lang, row.message_class)),
        words=tuple(found),
        may_write=may_approve or (permissions.may_write_templates(grants) and not shown.approved),
        may_approve=may_approve,
        may_check=permissions.may_check_translations(grants),
    )


def write(
    conn: Connection,
    runtime: Runtime,
    who: Viewer,
    title: str,
    message_class: str,
    text: str,
    now: datetime,
    template_id: str = "",
    seen: int | None = None,
) -> Template:
    """Write a template, or write it anew: then nobody has approved it, its translations are stale, and what waits to leave is taken back.

    Raises `NotAllowed` (also for a change of an approved one by who may only propose), and `Conflict` with a word for the page: empty,
    title, fixed_texts_only, places (something in braces that is no place).
    """
    grants = access.grants(conn, who)
    if not permissions.may_write_templates(grants):
        raise NotAllowed
    title, text = " ".join(title.split())[:80], text.strip()
    if why := _unfit(title, message_class, text):
        raise Conflict(why)
    known = {"title": title, "message_class": message_class, "text": Plain(who.district_id, text), "updated_at": now}
    langs = languages(conn, who, now)
    if template_id:
        row = one(conn, who, template_id, lock=True)
        write_family.as_seen(row.version, seen)
        if _shown(conn, runtime, row, langs).approved and not permissions.may_approve_templates(grants):
            raise NotAllowed
        if row.text != text:
            _take_back(conn, runtime, row, now)
        if (row.text, row.title, row.message_class) != (text, title, message_class):
            store.change(conn, row.id, version=row.version + 1, **known)
    else:
        template_id = runtime.ids.new("tpl")
        lang = translators.staff_lang(conn, who.district_id, now)
        fresh = {"district_id": who.district_id, "kind": letters.TEMPLATE, "author_id": who.staff_id, "lang": lang, "version": 1}
        store.add(conn, {"id": template_id, "state": "draft", "created_at": now, **fresh, **known})
    audit.by_staff(conn, runtime, who, "write_template", template_id, now, kind="family_text", message_class=message_class)
    return _shown(conn, runtime, one(conn, who, template_id), langs)


def _unfit(title: str, message_class: str, text: str) -> str:
    if not text:
        return "empty"
    if not title:
        return "title"
    if message_class not in letters.COMPOSED:
        return "fixed_texts_only"
    return "places" if places.unknown(text) else ""


def approve(conn: Connection, runtime: Runtime, who: Viewer, template_id: str, now: datetime, seen: int | None = None) -> Template:
    """The master is good as it stood when it was `seen`. What it lacks in the district's languages waits for who checks translations."""
    if not permissions.may_approve_templates(access.grants(conn, who)):
        raise NotAllowed
    row = one(conn, who, template_id, lock=True)
    write_family.as_seen(row.version, seen)
    if lint.stops(lint.lint(places.bare(row.text), row.lang, row.message_class)):
        raise Conflict("findings")
    store.change(conn, row.id, approved_index=index(runtime, who.district_id, row.text), approved_by=who.staff_id, state="approved")
    langs = languages(conn, who, now)
    for lang in _shown(conn, runtime, row, langs).missing:
        write_family.ask_for(conn, runtime, row, lang, now)
    audit.by_staff(conn, runtime, who, "approve_template", row.id, now, kind="family_text", message_class=row.message_class)
    return _shown(conn, runtime, one(conn, who, template_id), langs)


def withdraw(conn: Connection, runtime: Runtime, who: Viewer, template_id: str, now: datetime) -> None:
    """Nobody is offered it any more, and what was made from it and waits to leave is taken back; what was sent stays on record."""
    row = one(conn, who, template_id, lock=True)
    grants = access.grants(conn, who)
    mine = permissions.may_write_templates(grants) and row.author_id == who.staff_id and row.approved_index is None
    if not mine and not permissions.may_approve_templates(grants):
        raise NotAllowed
    store.change(conn, row.id, state="withdrawn", updated_at=now)
    _take_back(conn, runtime, row, now)
    beside.forget(conn, row.kind, row.id)
    audit.by_staff(conn, runtime, who, "withdraw_template", row.id, now, kind="family_text", message_class=row.message_class)


def _take_back(conn: Connection, runtime: Runtime, row: Any, now: datetime) -> None:
    """Nothing stale leaves (G10): who sent it thinks it did, so a person sees to each of these families."""
    for gone in store.take_back(conn, row.id, now):
        tell_staff.task(
            conn, runtime, now, "undelivered", district_id=row.district_id, case_id=gone.case_id, contact_id=gone.contact_id, about=gone.id
        )


def translate(runtime: Runtime, who: Viewer, template_id: str, lang: str, now: datetime) -> tuple[str, str, float]:
    """Make the words in a language where a machine may and can: (words, the same translated back, likeness). Its own transactions."""
    with runtime.database.read() as conn:
        if not permissions.may_check_translations(access.grants(conn, who)):
            raise NotAllowed
        row = one(conn, who, template_id)
        ready = write_family.ready(conn, runtime, row, _target(conn, who, row, lang, now), now)
    made, words, back = write_family.made_and_back(ready)
    if made is not None and made.text:
        with runtime.database.begin() as conn:
            if index(runtime, who.district_id, one(conn, who, template_id, lock=True).text) == ready.digest:
                write_family.keep(conn, runtime, row, ready, made, now)
    return words, *back


def check(
    conn: Connection, runtime: Runtime, who: Viewer, template_id: str, lang: str, now: datetime, text: str = "", seen: int | None = None
) -> Template:
    """A person's yes to the words of a language, or their own. Every place to fill must be in them (else `Conflict`: slots)."""
    row = one(conn, who, template_id, lock=True)
    write_family.as_seen(row.version, seen)
    target = _target(conn, who, row, lang, now)
    if text.strip() and not (places.same(text, row.text) and not places.unknown(text)):
        raise Conflict("slots")
    write_family.approve_words(conn, runtime, who, row, target, text, now)
    return _shown(conn, runtime, one(conn, who, template_id), languages(conn, who, now))


def one(conn: Connection, who: Viewer, template_id: str, *, lock: bool = False) -> Any:
    """The row of a template that is in use."""
    row = store.one(conn, who.district_id, template_id, lock=lock)
    if row is None or row.kind != letters.TEMPLATE or row.state == "withdrawn":
        raise NotFound
    return row


def _target(conn: Connection, who: Viewer, row: Any, lang: str, now: datetime) -> str:
    """A language the district writes in that is not the master's."""
    target = primary(lang)
    if target not in languages(conn, who, now) or target == primary(row.lang):
        raise NotFound
    return target


def _words(lang: str, row: Any, digest: bytes, names: dict[str, str]) -> Words:
    if row is None or not row.text:
        return Words(lang, "", "none", "")
    fresh = bytes(row.source_index) == digest and row.state in ("checked", "machine")
    state = row.state if fresh else "stale"
    return Words(lang, row.text, state, names.get(row.checked_by or "", "") if state == "checked" else row.engine)


def _shown(conn: Connection, runtime: Runtime, row: Any, langs: tuple[str, ...]) -> Template:
    digest = index(runtime, row.district_id, row.text)
    fresh = [one for one in beside.of(conn, row.kind, [row.id]) if one.state == "checked" and bytes(one.source_index) == digest]
    approved = row.approved_index is not None and bytes(row.approved_index) == digest
    ready = tuple(one.target_lang for one in fresh)
    return Template(
        id=row.id,
        title=row.title,
        message_class=row.message_class,
        text=row.text,
        lang=row.lang,
        approved=approved,
        changed=row.approved_index is not None and not approved,
        ready=ready,
        missing=tuple(one for one in langs if one not in ready and one != primary(row.lang)),
        slots=tuple(dict.fromkeys(places.found(row.text))),
        version=row.version,
    )
