"""All a turn may know: who writes, what they wrote, what was found in it, where the talk stands, what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple

from bot.engine.events import Event
from bot.values.screening import NOTHING, Screening


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A child's open case as the family may hear of it. `label` is what the "which child?" question shows: the first name on a
    confirmed number, initials plus school on a shared or unconfirmed one (fault 9). `names` are words that pick it (first name,
    nickname)."""

    case_id: str
    child: str
    label: str
    names: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


_NOTHING_SET: Mapping[str, str] = MappingProxyType({})


def _nothing_set() -> Mapping[str, str]:
    return _NOTHING_SET


class Ways(NamedTuple):
    """How a person can be reached, for who wants another way.

    `may_choose`: they may change it themselves, and there is mail. `mail` is their address on file. `phone`: yes | stopped | "" (none).
    `code` gives the code that proves an address, "" where none may be sent; `spent`: no further one may go out today.
    """

    may_choose: bool
    mail: str
    mail_first: bool
    phone: str
    our_phone: str
    code: Callable[[str], str]
    spent: bool


@dataclass(slots=True)
class Scene:
    """One message (or timer) in its place. Nobody changes one; it is not frozen because that would cost a third of a turn.

    :param session: the talk's JSON as `Turn.session` gave it, None when no talk is open.
    :param text: the message as received; "" for a timer or a start by the school.
    :param prompt: why we are here: message | start | nudge | close | resume.
    :param start: (flow id, part) for prompt "start" and for `say`/`flows start`; part "" is the flow's own beginning.
    :param values: text for placeholders: school, liaison, phone, contact_first, staff_line, day promises ... Per-child ones are in the
    case.
    :param classes_ok: message classes that may be said in `lang` (an approved catalogue covers B-F; A and F are always in).
    :param approved: the same for every enabled language (lang -> classes), for a turn that changes the language.
    :param case: the case this talk is about, None while it must be asked (more than one open) or there is none.
    :param quiet_minutes: minutes since the family's last message; None if never.
    :param last_said: (class, language, text) of our last message here, when this one says that it was not understood and no talk is open.
    :param wrote: the language this message is surely in, where it is not `lang`; "?" where it must be asked; "" for nothing to say.
    :param trusted: False keeps names out: the number is unconfirmed or silent for long.
    :param whole: the whole mail that `text` was cut from, where answers may stand between quoted questions.
    :param second: the message came so soon after our last words that it may be the rest of the one before: "soon", or "unread" where those
    words cannot have been read yet.
    :param voice: a voice note is among the `media`.
    :param not_kept: which of the `media` are of a kind that is not kept: "" | some | all | told (they know it already).
    :param called_by: the day a person is to call them by, where they asked for one and that task is open still; told only to who asks.
    :param noted_by: the day by which a person is to answer the note about a case ("" for none) that they sent before this one and that
    nobody has taken yet; asked only for one more note.
    :param decides_by: the day by which a person was to decide about a new guardian who is told nothing until then.
    :param screens: looks at a part of the text alone.
    :param stale: the number was theirs once, but was silent for 90 days or bounced: ask before anything else is said (F24).
    :param mail_stopped: they write by text, and ended our mail once; told only for a START.
    :param ways: told only to who asks for another way, or is in the middle of it.
    :param wants_less: something of ours is stopped while the rest goes on.
    :param consent: "" unknown | granted | reminders_only | refused | stopped | paused.
    """

    now: datetime
    new_id: Callable[[str], str]
    lang: str
    enabled: tuple[str, ...]
    text: str = ""
    media: tuple[str, ...] = ()
    prompt: str = "message"
    start: tuple[str, str] = ("", "")
    session: bytes | None = None
    screening: Screening = NOTHING
    cases: tuple[CaseRef, ...] = ()
    case: CaseRef | None = None
    values: Mapping[str, str] = field(default_factory=_nothing_set)
    classes_ok: str = "ABCDEF"
    channel: str = "sms"
    consent: str = "granted"
    wants_less: bool = False
    mail_stopped: bool = False
    ways: Ways | None = None
    shared_phone: bool = False
    trusted: bool = True
    stale: bool = False
    answered_by_provider: bool = False
    zone: str = "America/Denver"
    approved: Mapping[str, str] = field(default_factory=_nothing_set)
    last_said: tuple[str, str, str] | None = None
    wrote: str = ""
    whole: str = ""
    second: str = ""
    voice: bool = False
    not_kept: str = ""
    called_by: date | None = None
    noted_by: Callable[[str], date | None] | None = None
    decides_by: date | None = None
    screens: Callable[[str], Screening] | None = None

    @property
    def written(self) -> str:
        """The language of the family's words, for the record."""
        return self.wrote if self.wrote not in ("", "?") else self.lang


@dataclass(slots=True)
class Turn:
    """What a turn came to: the talk's new JSON (None: no talk is open any more) and what should happen, in order. Not frozen either.

    `status`: waiting (a question is open) | resting (more on another day) | done | none. `case_id` is the case the talk is about, "" if
    none; `every_case`: what happens is about each of the family's children, whatever the talk was about.
    `flow_id`/`flow_version` are what the session pins. `message_visibility` is what the raising message must be stored with.
    """

    session: bytes | None
    events: tuple[Event, ...]
    status: str
    case_id: str = ""
    flow_id: str = ""
    flow_version: int = 0
    message_visibility: str = "team"
    every_case: bool = False
