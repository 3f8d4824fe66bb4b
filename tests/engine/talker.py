"""A family at the other end of the engine: sends, lets time pass, and keeps what came back.

Between every two turns the session is only bytes: nothing but its JSON reaches the next turn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from bot.engine.events import Alert, Confirm, Handoff, Say, SetTimer, Write
from bot.engine.library import Library
from bot.engine.runner import take
from bot.engine.scene import CaseRef, Scene, Turn
from bot.values.screening import NOTHING, Screening

NOON = datetime(2026, 11, 18, 19, 0, tzinfo=UTC)  # a Wednesday, noon in Denver
PEOPLE = {"liaison": "Ms. Ortiz", "school": "Cedar School", "teacher": "Mr. Lee", "phone": "+15550100100", "office": "The office"}
MAYA = CaseRef("cas_maya", "Maya", "Maya", ("Maya",), PEOPLE)
ANA = CaseRef("cas_ana", "Ana", "Ana", ("Ana", "Anita"), PEOPLE)
LUIS = CaseRef("cas_luis", "Luis", "Luis", ("Luis",), PEOPLE)
DAYS = {"promise_day_school_day": "2026-11-19", "promise_day_same_day": "2026-11-18", "promise_day_four_hours": "2026-11-18"}


class Talker:
    def __init__(self, library: Library, *, lang: str = "en", cases: tuple[CaseRef, ...] = (MAYA,), **scene: Any) -> None:
        self.library = library
        self.session: bytes | None = None
        self.turns: list[Turn] = []
        self.count = 0
        values = {"school": "Cedar School", "liaison": "Ms. Ortiz", "phone": "+15550100100", "contact_first": "Rosa", **DAYS}
        self.base = Scene(
            now=NOON,
            new_id=self._new_id,
            lang=lang,
            enabled=scene.pop("enabled", ("en", "es")),
            cases=cases,
            case=cases[0] if len(cases) == 1 else None,
            values={**values, **scene.pop("values", {})},
            **scene,
        )

    def _new_id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def start(self, flow: str, part: str = "") -> Turn:
        return self._take(replace(self.base, prompt="start", start=(flow, part)))

    def send(self, text: str, **scene: Any) -> Turn:
        found = scene.pop("found", {})
        screening = Screening(**found) if found else NOTHING
        return self._take(replace(self.base, text=text, screening=screening, **scene))

    def ring(self, prompt: str, **scene: Any) -> Turn:
        return self._take(replace(self.base, prompt=prompt, **scene))

    def later(self, **delta: float) -> None:
        self.base = replace(self.base, now=self.base.now + timedelta(**delta))

    def _take(self, scene: Scene) -> Turn:
        scene = replace(scene, session=self.session)
        turn = take(self.library, scene)
        self.session = turn.session
        if turn.session is not None:
            assert orjson.dumps(orjson.loads(turn.session)) == turn.session
        self.turns.append(turn)
        self.base = replace(self.base, now=self.base.now + timedelta(seconds=1))
        return turn

    @property
    def last(self) -> Turn:
        return self.turns[-1]

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.last.events if isinstance(event, Say)]

    @property
    def refs(self) -> list[str]:
        return [event.ref for event in self.last.events if isinstance(event, Say)]

    @property
    def frame(self) -> dict[str, Any]:
        assert self.session is not None
        frame: dict[str, Any] = orjson.loads(self.session)
        return frame

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.last.events if isinstance(event, kind)]

    def written(self) -> list[tuple[str, dict[str, Any]]]:
        return [(event.kind, dict(event.norm)) for turn in self.turns for event in turn.events if isinstance(event, Write)]

    def handed(self) -> list[tuple[str, str]]:
        return [(event.to_role, event.reason) for event in self.last.events if isinstance(event, Handoff)]

    def alerts(self) -> list[Alert]:
        return [event for turn in self.turns for event in turn.events if isinstance(event, Alert)]

    def timers(self) -> dict[str, datetime]:
        return {event.kind: event.due_at for event in self.last.events if isinstance(event, SetTimer)}

    def confirmed(self) -> tuple[str, ...]:
        return tuple(entry for event in self.last.events if isinstance(event, Confirm) for entry in event.entry_ids)


def talking(library: Library, **scene: Any) -> Talker:
    """In the middle of F07: the first question is answered."""
    talker = Talker(library, **scene)
    talker.start("home-observations")
    talker.send("Dinosaurs")
    return talker
