"""One turn in the making: the open frame of the talk, what is said and written, and how one question leads to the next.

A frame is where a talk stands, as plain JSON with short keys (a session is stored sealed on every turn):
  f v p   flow, version, part          at   open step (its place) or a state: readback which rest call child nearest
  c       case                         n e  answers and entry ids by step name
  h       places asked, for BACK       q t  questions this sitting, furthest one asked
  m g     misunderstood here, nudges   x    the answer that is being corrected
  k       frames underneath: a question inside a talk is answered, then the talk goes on where it was
  u       places that were asked on one page
  j       entry ids, by step name, of what came in a text of its own after the answer
Only the keys that are needed are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson

from bot.engine import page, values
from bot.engine.events import CancelTimers, Event, Finished, Say, SetTimer, Write
from bot.engine.flow import Flow, Part, Step, Text
from bot.engine.library import Library
from bot.engine.own_words import kept_under, own_words
from bot.engine.scene import CaseRef, Scene, Turn
from channels.text import fits

Frame = dict[str, Any]
ALL_CLASSES = "ABCDEF"
NOTICE = "common/notice"
"""The ref of short words that were to stand in front of something that then did not come."""
SEVERAL = "mul"
"""The tag (ISO 639-2) of a text for somebody whose language we do not have: it is said once in each that we have."""


class Talk:
    """A turn's working state. `take` makes one, lets it handle the message or timer, and asks it for the `Turn`."""

    __slots__ = (
        "answers", "aside", "blocked", "case", "classes", "day", "entry_id", "events", "every_case", "flow", "frame", "lang", "library",
        "now", "part", "prefix", "quiet", "scene", "stack", "steps_left", "text", "visibility",
    )  # fmt: skip

    def __init__(self, library: Library, scene: Scene) -> None:
        self.library = library
        self.scene = scene
        self.now = scene.now
        self.text = scene.text
        self.lang = scene.lang if scene.lang in library.languages else library.resolve(scene.lang)
        self.classes = scene.classes_ok
        self.answers = scene.prompt == "message"
        self.case: CaseRef | None = scene.case
        self.events: list[Event] = []
        self.frame: Frame | None = None
        self.stack: list[Frame] = []
        self.aside: list[Frame] = []
        self.flow: Flow = None  # type: ignore[assignment]  # set with the frame, always together
        self.part: Part = None  # type: ignore[assignment]
        self.prefix = ""
        self.day: str | date = values.SCHOOL_DAY
        self.entry_id = ""
        self.blocked = False
        self.quiet = False
        self.every_case = False
        self.visibility = "team"
        self.steps_left = library.limits.steps_per_turn

    # -- the frame ----------------------------------------------------------------------------------------------------

    def load(self, frame: Frame) -> None:
        """Open the talk as it was left. Raises `FlowUnknown` when its version is no longer shipped."""
        self.stack = frame.pop("k", [])
        self.bind(frame)

    def bind(self, frame: Frame | None) -> None:
        """Make a frame the open one. "Which child?" has no flow: nothing has begun yet."""
        self.frame = frame
        if frame is not None and "f" in frame:
            self.flow = self.library.flows.get((frame["f"], frame["v"])) or self.library.flow(frame["f"], frame["v"])
            self.part = self.flow.parts[frame["p"]]

    def push(self, flow: Flow, part: str) -> Frame:
        """Lay a frame over the open one (which is gone on with afterwards), and return it."""
        if self.frame is not None:
            self.stack.append(self.frame)
            del self.stack[: -self.library.limits.frames]
        frame: Frame = {"f": flow.id, "v": flow.version, "p": part or flow.first, "at": 0, "n": {}, "e": {}, "h": []}
        if self.case is not None:
            frame["c"] = self.case.case_id
        self.bind(frame)
        return frame

    def open(self) -> Frame:
        """The open frame, for code that runs only when there is one."""
        assert self.frame is not None
        return self.frame

    def pop(self) -> bool:
        """Take the open frame away; say whether another lay underneath."""
        self.bind(self.stack.pop() if self.stack else None)
        return self.frame is not None

    def frames(self) -> list[Frame]:
        """All that is open, the frame on top last."""
        return [] if self.frame is None else [*self.stack, self.frame]

    def keep(self, frames: list[Frame], ended: str) -> None:
        """Leave only these of the open frames, the last on top; without any the talk ends as `drop` has it."""
        if frames:
            *self.stack, last = frames
            self.bind(last)
        else:
            self.drop(ended)

    @property
    def step(self) -> Step | None:
        """The open question, None in a state of its own (read-back, rest ...) or without a talk."""
        at = self.frame["at"] if self.frame is not None and "f" in self.frame else None
        return self.part.steps[at] if isinstance(at, int) else None

    def turn(self) -> Turn:
        """What the turn came to."""
        frame = self.frame
        if frame is None:
            return Turn(None, tuple(self.events), "done" if self.quiet or _ended(self.events) else "none",
                        self.case.case_id if self.case is not None else "", "", 0, self.visibility, self.every_case)  # fmt: skip
        if self.stack:
            frame["k"] = self.stack
        return Turn(
            orjson.dumps(frame),
            tuple(self.events),
            "resting" if frame["at"] == "rest" else "waiting",
            self.case.case_id if self.case is not None else frame.get("c", ""),
            frame.get("f", ""),
            frame.get("v", 0),
            self.visibility,
            self.every_case,
        )

    @property
    def roomy(self) -> bool:
        """Whether what is said here need not fit a text message."""
        return self.scene.channel in page.CHANNELS

    # -- saying -------------------------------------------------------------------------------------------------------

    def fill(self, text: Text) -> str:
        """The text with its values in it."""
        names = text.names
        if not names:
            return text.format
        case = self.case
        if names == ("child",) and case is not None and self.scene.trusted:
            return text.format % case.child
        return values.tidy(text.format % tuple([values.of(self, name) for name in names]))

    def say(self, text: Text | None, message_class: str, ref: str, purpose: str = "reply") -> bool:
        """Say a text if there is one in the family's language and its class may be said; a person takes over if not."""
        if text is None or message_class not in self.classes:
            self.blocked = True
            return False
        self.speak(self.fill(text), message_class, ref, purpose, text.options)
        return True

    def speak(self, body: str, message_class: str, ref: str, purpose: str, options: tuple[tuple[str, str], ...] = ()) -> None:
        """Put a finished text out, with what was to be said before it in front when both fit one message."""
        if self.prefix:
            together = f"{self.prefix}\n\n{body}" if self.roomy else f"{self.prefix} {body}"
            if self.roomy or fits(together, self.library.length):
                body = together
            else:
                self.events.append(Say(self.prefix, self.lang, message_class, ref, "reply", self.answers))
            self.prefix = ""
        self.events.append(Say(body, self.lang or SEVERAL, message_class, ref, purpose, self.answers, options))

    def say_key(self, key: str, message_class: str = "A", flow_id: str = "common", purpose: str = "reply") -> bool:
        """Say a named text; common ones are logistics (class A) unless told otherwise."""
        return self.say(self.library.text(flow_id, key, self.lang), message_class, f"{flow_id}/{key}", purpose)

    def before(self, key: str, message_class: str = "A") -> None:
        """Have a short named text stand in front of what is said next."""
        if key == "saved_media" and self.scene.not_kept:
            return  # `pictures.say_not_kept` said what is true
        text = self.library.text("common", key, self.lang)
        if text is not None and message_class in self.classes:
            self.prefix = f"{self.prefix} {self.fill(text)}".strip()

    def flush(self) -> None:
        """Say what was to stand in front of something that now does not come."""
        if self.prefix:
            body, self.prefix = self.prefix, ""
            self.speak(body, "A", NOTICE, "reply")

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(
        self,
        kind: str,
        norm: Mapping[str, Any],
        *,
        step_id: str = "",
        asked_ref: str | None = None,
        visibility: str = "team",
        raw: str | None = None,
        refs: tuple[str, ...] = (),
        corrects: str = "",
        source_role: str = "family",
        flow: Flow | None = None,
    ) -> str:
        """Write an entry that is not the plain answer to a step, and return its id.

        :param asked_ref: what was asked, where that is not the step itself; "" where nothing was.
        """
        scene = self.scene
        if asked_ref is None:
            asked_ref = f"{flow.id}/{step_id}@{flow.version}" if flow is not None and step_id else ""
        entry_id = scene.new_id("ent")
        self.events.append(
            Write(entry_id, kind, norm, self.text if raw is None else raw, scene.written, step_id, asked_ref, visibility,
                  scene.media, corrects, refs, source_role, flow.id if flow else "", flow.version if flow else 0)
        )  # fmt: skip
        self.entry_id = entry_id
        return entry_id

    def record(self, step: Step, value: Any) -> None:
        """Keep an answer for conditions and the read-back, and write it into the record."""
        frame = self.frame
        assert frame is not None
        name = step.name
        kept = self.library.limits.answer_kept
        frame["n"][name] = value[:kept] if isinstance(value, str) else value
        frame["n"].pop(kept_under(name), None)
        if own := own_words(step, value, self.text, self.lang, self.library.words):
            frame["n"][kept_under(name)] = own[:kept]
        if step.field:
            scene = self.scene
            entry_id = scene.new_id("ent")
            entries = frame["e"]
            self.events.append(
                Write(entry_id, step.entry_kind, {step.field: value}, self.text, scene.written, step.id, step.asked_ref,
                      step.visibility, scene.media, entries.get(name, ""), step.refs, "family", self.flow.id, self.flow.version)
            )  # fmt: skip
            entries[name] = self.entry_id = entry_id
            if step.visibility != "team":
                self.visibility = step.visibility

    # -- asking -------------------------------------------------------------------------------------------------------

    def ask(self, step: Step, purpose: str = "ask") -> bool:
        """Ask a question and set what happens if nobody answers."""
        frame = self.frame
        assert frame is not None
        if page.on_page(self) and page.ask(self, step, purpose):
            said = True
        elif step.say_in or step.options_from:
            said = values.ask_in_languages(self, step, purpose)
        else:
            said = self.say(step.spoken.get(self.lang), step.message_class, step.ref, purpose)
        frame["at"] = step.index
        if said and self.flow.timeout != "none":
            self.remind(step.id)
        return said

    def remind(self, step_id: str) -> None:
        """Nudge after a day, close after a week (T-std), or have a person call after two days (T-fast)."""
        now, limits, events = self.now, self.library.limits, self.events
        events.append(SetTimer("nudge", now + limits.first_nudge, now + limits.late, step_id))
        if self.flow.timeout == "fast":
            events.append(SetTimer("call", now + limits.call, None, step_id))
        else:
            events.append(SetTimer("close", now + limits.close, None, step_id))

    def local(self) -> datetime:
        """Now, where the family lives."""
        return values.local(self.now, self.scene.zone)

    # -- the end ------------------------------------------------------------------------------------------------------

    def drop(self, outcome: str) -> None:
        """End the whole talk, frames underneath and all."""
        if self.frame is not None:
            flow_id = self.stack[0].get("f", "") if self.stack else self.frame.get("f", "")
            self.events.append(CancelTimers())
            if flow_id:
                self.events.append(Finished(outcome, flow_id))
        self.stack = []
        self.bind(None)


def _ended(events: list[Event]) -> bool:
    return any(type(event) is Finished for event in events)
