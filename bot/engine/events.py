"""What a turn says should happen. Services decide how; channels only talk.

Events are plain tuples with names: a turn makes a handful of them and the engine's speed rests on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple


class Say(NamedTuple):
    """One text to the family, final but for channel encoding. `message_class` is A-F (domain.md 0.3).

    `ref` names the catalogue text ("home-observations/R1"), for `asked_text_ref` and transcripts.
    `purpose`: ask | reply | readback | confirm_stop | nudge | crisis | notice | promise. `answers_family` is True when it answers a message
    of the family's (leaves at any hour); False for what the bot starts (hours and cap apply).
    `options` are (number, label) for channels with buttons.
    """

    text: str
    lang: str
    message_class: str
    ref: str
    purpose: str = "ask"
    answers_family: bool = True
    options: tuple[tuple[str, str], ...] = ()


class Write(NamedTuple):
    """One entry for the case record (domain.md 0.4). `norm` maps field -> value ({"interests": "..."}); `raw` is the family's own words.

    `corrects` is the id of the entry it replaces in meaning, "" otherwise; both stay.
    """

    entry_id: str
    kind: str
    norm: Mapping[str, Any]
    raw: str
    lang: str
    step_id: str
    asked_ref: str
    visibility: str = "team"
    media: tuple[str, ...] = ()
    corrects: str = ""
    refs: tuple[str, ...] = ()
    source_role: str = "family"
    flow_id: str = ""
    flow_version: int = 0


class Confirm(NamedTuple):
    """The family said the read-back is right: these entries are confirmed by the contact."""

    entry_ids: tuple[str, ...]


class Alert(NamedTuple):
    """Tell the team (F27): sent when the family finishes, or at once for "person". Never holds text or names.

    `domain` is reading, math, behaviour, attendance, feelings or "general"; `kind` the main entry kind ("strength", "question", ...).
    `words` is False when nothing but options, figures and signs was answered: there is nothing to translate.
    """

    kind: str
    domain: str
    urgent: bool = False
    words: bool = True


class Handoff(NamedTuple):
    """A person must take this. `within`: school_day | same_day | four_school_hours | now | dated.

    `to_role`: liaison | teacher | counselor | office | registrar | evaluation_contact | on_call | coordinator | nurse | principal.
    `reason` is one of a fixed vocabulary (person, question, misunderstood, free_note, not_screened, not_built, unread_language, evaluation,
    wrong_number, new_guardian, teen, safety_request, danger, stop_phrase, counselor_wish, minutes_high, bullying, translation, silence,
    attachment ...);
    `text` the family's words where staff need them (stored encrypted, never in a channel), `lang` their language.
    `announce` True when the family is told who and by when: the runner has already put the promise in a `Say`.
    """

    to_role: str
    reason: str
    within: str = "school_day"
    text: str = ""
    lang: str = ""
    step_id: str = ""
    entry_id: str = ""


class Page(NamedTuple):
    """Danger: page the on-call rota with the case code. `level` 1-5. The raising message is `safety_only` (1-3)."""

    level: int


class SetConsent(NamedTuple):
    """A line for the consent ledger. `state`: granted | reminders_only | refused | stopped | paused | started | less.

    `scope`: number (SMS and WhatsApp are one) | mail (their mail addresses) | all; for less what there shall be no more of, case:<id> |
    topic:reminders. `until` only for paused. `back`: how the rest stands after less, "" as it stood.
    """

    state: str
    scope: str = "number"
    until: datetime | None = None
    notice_version: str = ""
    back: str = ""


class UseAddress(NamedTuple):
    """From here on the person is written to by this channel: email at `address` (theirs, proved or on file), or sms."""

    channel: str
    address: str


class SendCode(NamedTuple):
    """A mail with a code and nothing else, to an address nobody has proved yet."""

    address: str
    text: str
    lang: str


class SetLanguage(NamedTuple):
    """The contact chose a language (BCP-47)."""

    lang: str


class SetIdentity(NamedTuple):
    """An identity signal took effect (F24). `signal`: confirmed | wrong_number | shared_phone | teen | new_guardian | safety_request."""

    signal: str


class ShareWords(NamedTuple):
    """The writer's answer to "May {reader} read this?" (rule 7b): yes | no | later."""

    reader_id: str
    answer: str


class ChooseCase(NamedTuple):
    """The family said which child this is about; holds for 24 h (fault 9)."""

    case_id: str


class SetTimer(NamedTuple):
    """A row that comes due: nudge | close | call | resume. One per (session, kind) is live; setting it again moves it."""

    kind: str
    due_at: datetime
    not_after: datetime | None = None
    step_id: str = ""


class CancelTimers(NamedTuple):
    """All live timers of this session are done with."""


class Finished(NamedTuple):
    """The talk is over. `outcome`: done | closed | stopped | silenced."""

    outcome: str
    flow_id: str = ""


class StartFlow(NamedTuple):
    """Another flow should start for this contact and case, now (`after_seconds` 0) or later; the service opens its session."""

    flow_id: str
    variant: str = ""
    after_seconds: int = 0


Event = (
    Say
    | Write
    | Confirm
    | Alert
    | Handoff
    | Page
    | SetConsent
    | UseAddress
    | SendCode
    | SetLanguage
    | SetIdentity
    | ShareWords
    | ChooseCase
    | SetTimer
    | CancelTimers
    | Finished
    | StartFlow
)
