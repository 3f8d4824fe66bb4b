"""One turn's effects in the making: what events have come to so far, as rows that are not written yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.service.turn import Stage
from bot.service.who import OpenCase, Place
from bot.store.turn_rows import TurnRows
from bot.store.types import Plain


@dataclass(slots=True)
class Doing:
    """`wake` are outbox ids that should leave at once; `body` the family's words ("" for a timer or a start by the school).

    `case` is what the turn is about; `cases` are all it touches when nobody said which (danger and STOP do not wait for an answer).
    `paged`: the rota knows, with a task of its own. `below`: level and words of a danger below the cut of a
    mail. `visibility` is what the message is stored with.
    `joined` are reasons whose words were put to a task that waits already.
    `muted` keeps back every text but class F and what `allowed` names: for stopped, blocked and unknown numbers.
    """

    stage: Stage
    rows: TurnRows
    place: Place
    message_id: str = ""
    session_id: str = ""
    body: str = ""
    replying: bool = True
    muted: bool = False
    allowed: frozenset[str] = frozenset()
    confirming: bool = False
    case: OpenCase | None = None
    heard_at: datetime | None = None
    wake: list[str] = field(default_factory=list)
    timers: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: int = 0
    joined: set[str] = field(default_factory=set)
    handed: list[str] = field(default_factory=list)
    paged: bool = False
    below: tuple[int, str] = (0, "")
    visibility: str = "team"
    now: datetime = field(init=False)
    district_id: str = field(init=False)
    contact_id: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.stage.batch.now
        self.district_id = self.place.district.id
        self.contact_id = self.place.contact_id or None

    @property
    def cases(self) -> list[OpenCase]:
        return [self.case] if self.case is not None else self.place.cases

    @property
    def zone(self) -> str:
        """Where the people who must act are: the school's zone."""
        first = self.cases
        return first[0].school.zone if first else self.place.district.zone

    def new_id(self, kind: str) -> str:
        return self.stage.runtime.ids.new(kind)

    def sealed(self, text: str) -> Plain:
        return Plain(self.district_id, text)

    @property
    def slack(self) -> bool:
        """Whether this installation speaks Slack at all."""
        runtime = self.stage.runtime
        return "slack" in runtime.channels and runtime.settings.slack_transport != "off"


PRIORITY_FIRST, PRIORITY_LIVE, PRIORITY_STAFF, PRIORITY_REST = 0, 1, 2, 5

EMPTY: Mapping[str, Any] = {
    "contact_id": None,
    "endpoint_id": None,
    "staff_id": None,
    "case_id": None,
    "guardianship_id": None,
    "session_id": None,
    "message_id": None,
    "handoff_id": None,
    "words_of": None,
    "sender": "",
    "address": None,
    "address_index": None,
    "message_class": "A",
    "answers_family": False,
    "ref": "",
    "blocks": None,
    "lang": "en",
    "segments": 1,
    "priority": PRIORITY_REST,
    "seq": 0,
    "not_after": None,
    "dedupe_key": None,
}
"""Every column an outbox row has, with what it holds unless somebody says otherwise."""


def outbox_row(doing: Doing, **known: Any) -> dict[str, Any]:
    """A whole outbox row, queued: every column has a value, so that all rows of a batch go in by one statement."""
    now = doing.now
    return {
        **EMPTY,
        "id": doing.new_id("out"),
        "district_id": doing.district_id,
        "message_id": doing.message_id or None,
        "not_before": now,
        "created_at": now,
        **known,
    }
