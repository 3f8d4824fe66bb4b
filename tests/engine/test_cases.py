"""Conversations as families have them, played through screening and engine, each answer as it was last looked at and found right.

`HEARTHLINE_UPDATE_CASES=1 pytest tests/engine/test_cases.py` writes what comes out now into the cases; read the difference before it is kept.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine.events import Alert, Event, Handoff, Say, SetConsent, SetTimer, Write
from bot.engine.library import Library
from bot.lists import ready
from bot.screen.screen import screen
from channels.text import fits
from tests.engine.talker import ANA, LUIS, MAYA, Talker

pytestmark = pytest.mark.no_cover

CASES = Path(__file__).parent / "cases"
UPDATE = bool(os.environ.get("HEARTHLINE_UPDATE_CASES"))
CHILDREN = {"Maya": MAYA, "Ana": ANA, "Luis": LUIS}


@cache
def words() -> Any:
    return ready(files("flows") / "words")


def line(event: Event, talker: Talker) -> str:
    """One event as a line a person can read."""
    if isinstance(event, Say):
        return f"say {event.message_class} {event.lang}: {event.text}"
    if isinstance(event, Write):
        marks = "".join([f" [{event.visibility}]" if event.visibility != "team" else "", " corrects" if event.corrects else ""])
        return f"write {event.kind} {event.step_id}: {dict(event.norm)}{marks}"
    if isinstance(event, Handoff):
        return f"hand to {event.to_role}: {event.reason}, {event.within}"
    if isinstance(event, Alert):
        return f"alert {event.kind} {event.domain}{' now' if event.urgent else ''}"
    if isinstance(event, SetTimer):
        hours = round((event.due_at - talker.base.now).total_seconds() / 3600)
        return f"timer {event.kind} {hours} h"
    if isinstance(event, SetConsent):
        return f"consent {event.state} {event.scope}"
    values = ", ".join(str(value) for value in event)
    return f"{type(event).__name__} {values}".strip()


def play(case: dict[str, Any], library: Library) -> list[dict[str, Any]]:
    children = tuple(CHILDREN[name] for name in case.get("children", ["Maya"]))
    talker = Talker(library, lang=case.get("lang", "en"), cases=children, **case.get("scene", {}))
    played = []
    for turn in case["talk"]:
        if "start" in turn:
            talker.start(*turn["start"].split("/"))
        elif "ring" in turn:
            talker.later(hours=turn.get("after_hours", 0))
            talker.ring(turn["ring"])
        else:
            talker.base = replace(talker.base, lang=talker.base.lang)
            found = screen(words(), turn["family"], talker.base.lang, talker.base.enabled)
            talker.send(turn["family"], found=found._asdict())
        for event in talker.last.events:
            if isinstance(event, Say):
                limits = library.faq_length if event.ref.startswith("faq/") else library.length
                assert fits(event.text, limits), event.text
        seen = [line(event, talker) for event in talker.last.events]
        inputs = {key: value for key, value in turn.items() if key not in {"out", "status"}}
        played.append({**inputs, "status": talker.last.status, "out": seen})
    return played


@pytest.mark.parametrize("file", sorted(CASES.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_conversation_goes_as_it_did_when_it_was_last_looked_at(file: Path, library: Library) -> None:
    cases = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    played = [{**case, "talk": play(case, library)} for case in cases]
    if UPDATE:
        file.write_text(yaml.safe_dump_all(played, allow_unicode=True, sort_keys=False, width=160), encoding="utf-8")
        return
    for before, now in zip(cases, played, strict=True):
        assert now["talk"] == before["talk"], before["case"]


def test_there_are_cases_for_every_flow_that_can_begin(library: Library) -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in CASES.glob("*.yaml"))
    for flow_id in ("home-observations", "welcome", "question", "stop-help", "crisis", "identity", "evaluation-request"):
        assert f"write {''}" in text
        assert flow_id in text or flow_id.split("-")[0] in text, flow_id
