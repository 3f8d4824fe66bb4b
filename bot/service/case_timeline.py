"""One case as its team reads it: the family's own words, strengths first, with who, when, where, and what is still waited for.

Who may read what is decided by `bot.policy.permissions`; a line that may not be read leaves no trace in the answer. Each reading of the
content is audited in the same transaction (G11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.policy import permissions
from bot.service import access, audit, kept, open_attachment, outcome, task_words, translators
from bot.service.asked_text import Asked, asked
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.service.who import standing
from bot.store import timeline
from bot.values.wordless import wordless
from channels.base import MAIL
from translations.base import primary


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the record. `words` are the family's own, byte for byte; `chosen` what the options they picked say to this reader.

    `translation` is "" (not needed), "waiting" or the text beside, with `translated_by` (a program's name,
    or "person") and whether a person has checked it. `whole` is the uncut mail where these words were cut out of one.
    """

    id: str
    kind: str
    question: str
    words: str
    lang: str
    chosen: tuple[str, ...]
    who: str
    relation: str
    role: str
    channel: str
    at: datetime
    visibility: str
    confirmed: bool
    translation: str
    translated_by: str
    translation_checked: bool
    changed_by: str
    media: tuple[Medium, ...]
    whole: str
    corrects: str


@dataclass(frozen=True, slots=True)
class Medium:
    """A photo or voice note. `kind`: image | audio | video | file. It can be opened once it is `here`; one that is `lost` never will be."""

    id: str
    kind: str
    here: bool
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A hand-off as the team sees it."""

    id: str
    to_role: str
    owner: str
    mine: bool
    reason: str
    words: task_words.Words
    state: str
    late: bool
    visibility: str
    due_at: datetime
    at: datetime
    outcome: outcome.Outcome


@dataclass(frozen=True, slots=True)
class Told:
    """A message to staff about this case: that it was sent, never what it said."""

    purpose: str
    channel: str
    to: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write to an adult, best liked first. `standing` is what they said of it (`bot.policy.consent`), or unreachable | blocked
    where nothing arrives."""

    channel: str
    standing: str


@dataclass(frozen=True, slots=True)
class Adult:
    """An adult of the family, as the team needs to know them: name, relation, language, whether they read or listen, how to reach them."""

    id: str
    name: str
    relation: str
    lang: str
    modality: str
    has_pin: bool = False
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """All a page of a case shows. `glass_until`: it is open only because of an emergency, until then, and for reading only."""

    case_id: str
    code: str
    child: str
    grade: str
    school: str
    zone: str
    state: str
    domains: tuple[str, ...]
    liaison: str
    lead: str
    safety_hold: bool
    adults: tuple[Adult, ...]
    strengths: tuple[Line, ...]
    lines: tuple[Line, ...]
    tasks: tuple[Task, ...]
    told: tuple[Told, ...]
    version: str
    may_translate: bool = False
    glass_until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.strengths or self.lines or self.tasks or self.told)


def version(conn: Connection, who: Viewer, code: str, now: datetime) -> str:
    """Changes whenever the page would. Reads no content, so it is not audited."""
    return timeline.version(conn, access.case(conn, who, code, now, reading=True).id)


def read(conn: Connection, runtime: Runtime, who: Viewer, code: str, now: datetime) -> Timeline:
    """The whole timeline for this reader, and the line in the audit log that they read it."""
    case = access.case(conn, who, code, now, reading=True)
    until = None if access.may_open(conn, who, case, now) else access.glass(conn, who, case.id, case.school_id, now)
    shown = _compose(conn, runtime, who, case, now, until)
    reason = "break_glass" if until else "timeline"
    audit.by_staff(conn, runtime, who, "read", case.id, now, message_class="D", reason=reason)
    return shown


def _compose(conn: Connection, runtime: Runtime, who: Viewer, case: Any, now: datetime, until: datetime | None) -> Timeline:
    may_read = access.reader(conn, who, case.school_id, now, case.id).may_read
    adults = timeline.contacts(conn, case.district_id, case.student_id)
    ways = _ways(conn, [a.id for a in adults], now)
    names = timeline.staff_names(conn, case.district_id)
    rows = timeline.entries(conn, case.id)
    marks = _newest_marks(timeline.marks(conn, case.id))
    staff_lang = translators.staff_lang(conn, case.district_id, now)
    writer = _Writer({a.id: (a.name, a.relation) for a in adults}, names, case.child, runtime, who.lang, staff_lang)
    changed = {row.corrects_id: row.id for row in rows if row.corrects_id}
    pictures = _media(conn, rows)
    open_to = {row.id: may_read(_visibility(row, marks), row.kind, row.entered_by) for row in rows}
    mails = _whole_mails(conn, rows, open_to, may_read)
    lines = [
        writer.line(row, marks.get(row.id, {}), changed.get(row.id, ""), pictures.get(row.message_id or "", ()), mails.get(row.id, ""))
        for row in rows
        if open_to[row.id]
    ]
    tasks = [row for row in timeline.handoffs(conn, case.id) if may_read(row.visibility, task_kind(row.reason), row.owner_id)]
    said = task_words.words(conn, runtime, case.district_id, tasks, now)
    known = {row.id for row in tasks}
    told = [
        Told(row.purpose, row.channel, names.get(row.staff_id or "", ""), row.state, row.created_at)
        for row in timeline.staff_messages(conn, case.id)
        if _may_know_of(row, known, pages=may_read("safety_only", "safety_flag", None))
    ]
    return Timeline(
        case_id=case.id,
        code=case.code,
        child=case.child,
        grade=case.grade or "",
        school=case.school,
        zone=case.zone,
        state=case.state,
        domains=tuple(case.domains),
        liaison=names.get(case.liaison_id, ""),
        lead=names.get(case.lead_id or "", ""),
        safety_hold=bool(case.safety_hold) and may_read("team", "safety_flag"),
        adults=tuple(Adult(a.id, a.name, a.relation, a.lang_written, a.modality, bool(a.has_pin), ways.get(a.id, ())) for a in adults),
        strengths=tuple(line for line in lines if line.kind == "strength"),
        lines=tuple(line for line in lines if line.kind != "strength"),
        tasks=tuple(_task(row, names, who.staff_id, said.get(row.id, task_words.Words()), now) for row in tasks),
        told=tuple(told),
        version=timeline.version(conn, case.id),
        glass_until=until,
        may_translate=permissions.may_check_translations(access.grants(conn, who)),
    )


def _visibility(row: Any, marks: Mapping[str, Any]) -> str:
    """Who may see a line now: the newest word about it counts."""
    return str(marks.get(row.id, {}).get("visibility", {}).get("visibility", row.visibility))


def _whole_mails(conn: Connection, rows: Sequence[Any], open_to: Mapping[str, bool], may_read: Callable[..., bool]) -> dict[str, str]:
    """The uncut mail behind a line, under the first line that came of it: a reply is cut by a program, and programs cut wrongly.

    It holds everything that was written, so one line of it that this reader may not see closes it. It may also quote what they wrote in
    an earlier mail, so it is for readers of what only staff may see.
    """
    first: dict[str, Any] = {}
    closed = {row.message_id for row in rows if not open_to[row.id]}
    for row in rows:
        if row.channel == MAIL and row.message_id and row.message_id not in closed:
            first.setdefault(row.message_id, row)
    found = {}
    for mail in timeline.mails(conn, list(first)):
        whole = kept.whole_mail(mail.raw).strip()
        line = first[mail.id]
        if (
            whole
            and whole != (line.answer_raw or "").strip()
            and may_read(mail.visibility, line.kind, None)
            and may_read("staff_only", line.kind, None)
        ):
            found[line.id] = whole
    return found


def task_kind(reason: str) -> str:
    """What a task is to the permissions: evaluation requests, even possible ones, are closed to teachers."""
    return "eval_request" if reason.startswith("evaluation") else "handoff"


def _may_know_of(row: Any, tasks: set[str], *, pages: bool) -> bool:
    """A message about a task one may not see would tell of it: to whom it went is enough to guess."""
    if row.purpose == "page" or row.message_class == "F":
        return pages
    return row.handoff_id is None or row.handoff_id in tasks


def _newest_marks(rows: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """Per entry, the newest mark of each kind."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row.entry_id, {})[row.kind] = orjson.loads(row.value) if row.value else {}
    return found


def _media(conn: Connection, rows: Sequence[Any]) -> dict[str, tuple[Medium, ...]]:
    with_media = [row.message_id for row in rows if row.media and row.message_id]
    found: dict[str, tuple[Medium, ...]] = {}
    for row in timeline.attachments(conn, with_media):
        one = Medium(row.id, open_attachment.kind(row.content_type), row.state == "stored", row.state == "failed")
        found[row.message_id] = (*found.get(row.message_id, ()), one)
    return found


def _task(row: Any, names: Mapping[str, str], reader_id: str, words: task_words.Words, now: datetime) -> Task:
    return Task(
        id=row.id,
        to_role=row.to_role,
        owner=names.get(row.owner_id or "", ""),
        mine=row.owner_id == reader_id,
        reason=row.reason,
        words=words,
        state=row.state,
        late=row.state == "open" and row.due_at < now,
        visibility=row.visibility,
        due_at=row.due_at,
        at=row.created_at,
        outcome=outcome.read(row.outcome),
    )


def _ways(conn: Connection, contact_ids: Sequence[str], now: datetime) -> Mapping[str, tuple[Way, ...]]:
    found: dict[str, tuple[Way, ...]] = {}
    for row in timeline.ways(conn, contact_ids):
        said = standing(row.state or "unknown", row.until, now)
        way = Way(row.channel, said if row.address_state == "active" else row.address_state)
        if way not in found.get(row.contact_id, ()):
            found[row.contact_id] = (*found.get(row.contact_id, ()), way)
    return found


@dataclass(frozen=True, slots=True)
class _Writer:
    """Turns rows into lines for one reader."""

    adults: Mapping[str, tuple[str, str]]
    staff: Mapping[str, str]
    child: str
    runtime: Runtime
    reader_lang: str
    staff_lang: str

    def line(self, row: Any, marks: Mapping[str, Any], changed_by: str, media: tuple[Medium, ...], whole: str) -> Line:
        name, relation = self.adults.get(row.contact_id or "", ("", ""))
        if row.entered_by:
            name, relation = self.staff.get(row.entered_by, ""), ""
        words = row.answer_raw or ""
        norm = orjson.loads(row.answer_norm) if row.answer_norm else {}
        step = asked(self.runtime.library, row.asked_text_ref, self.reader_lang, self.child, norm, row.channel)
        beside, by, checked = self._translation(row, marks, step)
        return Line(
            id=row.id,
            kind=row.kind,
            question=step.question,
            words=words,
            lang=row.answer_lang,
            chosen=step.chosen,
            who=name,
            relation=relation,
            role=row.source_role,
            channel=row.channel,
            at=row.created_at,
            visibility=marks.get("visibility", {}).get("visibility", row.visibility),
            confirmed="confirmed" in marks,
            translation=beside,
            translated_by=by,
            translation_checked=checked,
            changed_by=changed_by,
            media=media,
            whole=whole,
            corrects=row.corrects_id or "",
        )

    def _translation(self, row: Any, marks: Mapping[str, Any], step: Asked) -> tuple[str, str, bool]:
        """What stands beside the words. An answer picked from a list needs none: the option is known in the reader's language. Nor does
        one without a word, unless a person wrote something beside it."""
        if wordless(row.answer_raw or "") and not marks.get("translation", {}).get("checked_by"):
            return "", "", False
        if mark := marks.get("translation"):
            return str(mark.get("text", "")), str(mark.get("engine_or_person", "")), bool(mark.get("checked_by"))
        # words are translated into the language of the district's staff alone: theirs need none, nor do those in this reader's own
        own = primary(row.answer_lang) in (primary(self.reader_lang), self.staff_lang)
        if own or step.says_all or row.source_role != "family":
            return "", "", False
        return "waiting", "", False
