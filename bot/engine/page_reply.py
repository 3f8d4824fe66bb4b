"""A mail that answers a page: each answer is taken as if it had been texted, in the order of the questions, and one mail goes back.

What the family leaves out is left out, once they showed which answer is whose; an answer nobody understood, and a question that only
now comes up, is asked again. Words that mean more than an answer (danger, an evaluation, STOP) take effect after the answers beside them
are kept, and what they say is said.
"""

from __future__ import annotations

from dataclasses import replace

import orjson

from bot.engine import actions, page, page_answers, question, readback, walk
from bot.engine.answers import read_one
from bot.engine.events import Event, Say
from bot.engine.flow import Step
from bot.engine.library import Library
from bot.engine.scene import Scene, Turn
from bot.engine.talk import Frame, Talk
from bot.values.screening import NOTHING, Screening

WORDS_OF_A_GREETING = 12
"""So many words above the answers are "Good afternoon, here are my answers, thank you", and no note of their own."""

HELD = frozenset({"ask", "readback"})
"""What is said between two answers and is not said here: the next question."""


def take_page(library: Library, scene: Scene, frame: Frame) -> Turn | None:
    """The turn, when the mail answers a page (or corrects its read-back); None when it is an ordinary message."""
    if scene.prompt != "message" or scene.case is None or "k" in frame or frame.get("c") != scene.case.case_id or "f" not in frame:
        return None
    if scene.screening.command or scene.consent == "stopped" or (frame["f"], frame["v"]) not in library.flows:
        return None
    talk = Talk(library, scene)
    talk.load(dict(frame, n=dict(frame["n"]), e=dict(frame["e"]), h=list(frame["h"])))
    talk.case = scene.case
    if frame["at"] == "readback":
        steps = [step for step in talk.part.steps if step.kind != "none"]
        answers = _corrections(talk, steps)
    else:
        steps = page.asked(talk)
        answers = _answers(talk, steps) if steps else page_answers.Answers({})
        if not answers.structured and _said_before(talk):
            # Whoever says the same again to the next questions is a machine: no answer, no mail, a person looks (fault 20).
            actions.hand_off(talk, "liaison", "free_note", "school_day")
            return talk.turn()
    return _Reply(talk, steps, answers).turn() if answers.by_number else None


def _corrections(talk: Talk, steps: list[Step]) -> page_answers.Answers:
    """What a reply to the read-back changes: "3: Sundays". "1. Good" is no new answer to the first question."""
    found, above = page_answers.by_number(talk.text, [page.number(talk.part, step) for step in steps])
    if len(found) == 1:
        ((number, said),) = found.items()
        if read_one(talk.library.inner["readback"], said, talk.lang, held=False) == number - 1:
            return page_answers.Answers({})
    return page_answers.Answers(found, loose=above)


def _answers(talk: Talk, steps: list[Step]) -> page_answers.Answers:
    numbers = [page.number(talk.part, step) for step in steps]
    answers = page_answers.read(talk.text, talk.scene.whole, page.body_of(talk), numbers)
    if not answers.by_number and _plain(talk, steps[0]):
        return page_answers.Answers({numbers[0]: talk.text.strip()}, structured=False)
    return answers


def _said_before(talk: Talk) -> bool:
    said = talk.text.strip()[: talk.library.limits.answer_kept]
    return bool(said) and said in talk.open()["n"].values()


def _plain(talk: Talk, step: Step) -> bool:
    """Whether words with no sign of order are the answer to the first question."""
    found, text = talk.scene.screening, talk.scene.text
    if _grave(found) or found.question or not text.strip() or talk.library.words.greets(text) or talk.library.words.wonders(text):
        return False
    return step.kind == "text" and not talk.library.words.says_nothing(text) and not question.alone(text)


def _grave(found: Screening) -> bool:
    return bool(found.danger_level or found.stop or found.evaluation or found.identity)


class _Reply:
    """One mail being taken."""

    def __init__(self, talk: Talk, steps: list[Step], answers: page_answers.Answers) -> None:
        self.talk = talk
        self.scene = talk.scene
        self.steps = steps
        self.answers = answers
        self.correcting = talk.open()["at"] == "readback"
        self.grave: list[str] = []
        self.unclear: list[Step] = []
        self.left: list[str] = []

    def turn(self) -> Turn:
        talk, flow = self.talk, self.talk.flow
        media = self.scene.media
        for step in self.steps:
            text = self.answers.by_number.get(page.number(talk.part, step), "")
            if not text:
                continue
            found = self.scene.screens(text) if self.scene.screens is not None else NOTHING
            if _grave(found):
                self.grave.append(text)
            elif talk.frame is None or talk.stack or talk.flow is not flow:
                self.left.append(text)  # an answer turned the talk elsewhere: a person reads the rest
            elif self._answer(step, text, found, media):
                media = ()
        talk.scene, talk.text, talk.prefix = self.scene, self.scene.text, ""
        if self.scene.screening.lang_unreviewed:
            actions.hand_off(talk, "liaison", "not_screened", "now")
        if len(self.answers.loose.split()) > WORDS_OF_A_GREETING:
            self._loose(self.answers.loose)
        if self.left:
            actions.hand_off(talk, "liaison", "free_note", "school_day", text="\n".join(self.left))
        if self.grave or _grave(self.scene.screening):
            return self._grave_turn()
        if talk.frame is not None and not talk.stack and talk.flow is flow:
            self._go_on()
        if talk.blocked:
            actions.hand_off(talk, "liaison", "unread_language", "school_day")
        return talk.turn()

    def _answer(self, step: Step, text: str, found: Screening, media: tuple[str, ...]) -> bool:
        """Take one answer; say whether it was understood."""
        talk = self.talk
        frame = talk.open()
        if self.correcting and frame["n"].get(step.name) is not None:
            frame["x"] = step.name
        talk.scene = replace(self.scene, text=text, screening=found, media=media)
        talk.text, talk.prefix, talk.steps_left = text, "", talk.library.limits.steps_per_turn
        frame["at"], frame["q"] = step.index, 0
        if found.question and step.kind == "text":
            actions.hand_off(talk, "liaison", "question", "school_day", step.id)
        before = len(talk.events)
        understood = walk.reply(talk, step)
        talk.events[before:] = [event for event in talk.events[before:] if not _between_answers(event)]
        if not understood:
            self.unclear.append(step)
        if talk.frame is frame:
            frame.pop("x", None)
        return understood

    def _loose(self, text: str) -> None:
        """Words beside the answers that are no greeting: a note of theirs."""
        talk = self.talk
        talk.text = text
        talk.write("observation", {"note": text}, flow=talk.flow)
        actions.hand_off(talk, "liaison", "free_note", "school_day", text=text)
        talk.text = self.scene.text

    def _go_on(self) -> None:
        """Ask what is still open, or read back."""
        talk = self.talk
        frame, part = talk.open(), talk.part
        names = frame["n"]
        frame["q"] = 0
        if self.answers.structured and not self.correcting:
            for step in self.steps:
                if step not in self.unclear and step.when is None and not step.required:
                    names.setdefault(step.name, None)
        still = self._still()
        if self.unclear and not self.correcting:
            again = frame["m"] = frame.get("m", 0) + 1
            if again >= talk.library.limits.misunderstood:
                frame.pop("m")
                actions.hand_off(talk, "liaison", "misunderstood", "school_day", self.unclear[0].id)
                for step in self.unclear:
                    names.setdefault(step.name, None)
                still = [step for step in still if step.name not in names]
            else:
                talk.before("page_unclear", talk.flow.message_class)
        if self.correcting:
            talk.before("changed")
            if not readback.begin(talk):
                walk.end(talk, "done")
        elif still:
            frame["h"].append(still[0].index)
            talk.ask(still[0])
        else:
            walk.finish(talk, part)

    def _still(self) -> list[Step]:
        """Questions of the part that have no answer and were not left out."""
        names, matched = self.talk.open()["n"], self.scene.screening.matched
        known = [step for step in self.talk.part.steps if step.kind != "none" and step.name not in names]
        return [step for step in known if step.when is None or step.when(names, matched)]

    def _grave_turn(self) -> Turn:
        """The answers are kept; now what must not wait."""
        from bot.engine.runner import take_step_by_step  # runner begins with this room: a circle

        talk = self.talk
        if talk.frame is not None:
            still = self._still()
            talk.frame["at"] = still[0].index if still else "readback"
        kept = talk.turn()
        text = "\n".join(self.grave) or self.scene.text
        after = replace(self.scene, session=kept.session, text=text, media=())
        found = [self.scene.screens(one) for one in self.grave] if self.scene.screens is not None else []
        if not _grave(self.scene.screening) and found:
            after = replace(after, screening=found[0])
        then = take_step_by_step(talk.library, after, orjson.loads(kept.session) if kept.session is not None else None)
        said = tuple(event for event in kept.events if type(event) is not Say)
        seen = max(kept.message_visibility, then.message_visibility, key=("team", "staff_only", "safety_only").index)
        return replace(then, events=said + then.events, message_visibility=seen)


def _between_answers(event: Event) -> bool:
    return type(event) is Say and event.purpose in HELD
