"""A mail that answers a page: each answer is taken as if it had been texted, in the order of the questions, and one mail goes back.

What the family leaves out is left out, once they showed which answer is whose; an answer nobody understood, and a question that only
now comes up, is asked again. Words that mean more than an answer (danger, an evaluation, STOP) take effect after the answers beside them
are kept, and what they say is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import orjson

from bot.engine import actions, children, page, page_answers, person, pictures, question, readback, safety, walk
from bot.engine.answers import read_one
from bot.engine.events import Event, Say
from bot.engine.flow import Step
from bot.engine.library import Library
from bot.engine.scene import Scene, Turn
from bot.engine.talk import Frame, Talk
from bot.values.screening import NOTHING, SELF_HARM, Screening
from bot.values.visibility import SEEN_BY

WORDS_OF_A_GREETING = 12
"""So many words above the answers are "Good afternoon, here are my answers, thank you", and no note of their own."""

_CARE = ("safety_request", "wrong_number", "new_guardian", "teen", "shared_phone", "")
"""Signs of who writes, the one that needs most care first."""

HELD = frozenset({"ask", "readback"})
"""What is said between two answers and is not said here: the next question."""


def take_page(library: Library, scene: Scene, frame: Frame) -> Turn | None:
    """The turn, when the mail answers a page (or corrects its read-back); None when it is an ordinary message."""
    if scene.prompt != "message" or "f" not in frame or (frame["f"], frame["v"]) not in library.flows:
        return None
    case = scene.case or (scene.cases[0] if len(scene.cases) == 1 else None)
    if "c" in frame and (case is None or frame["c"] != case.case_id):
        return None
    if scene.screening.command or scene.consent == "stopped":
        return None
    talk = Talk(library, scene)
    talk.load(dict(frame, n=dict(frame["n"]), e=dict(frame["e"]), h=list(frame["h"])))
    talk.case = case
    if frame["at"] == "readback":
        steps = [step for step in talk.part.steps if step.kind != "none"]
        answers = _corrections(talk, steps)
    else:
        steps = page.asked(talk) or _lone(talk)
        questions = [step for step in steps if step.kind != "none"]
        answers = _answers(talk, questions) if questions else page_answers.Answers({})
        if not answers.structured and _said_before(talk):
            # Whoever says the same again to the next questions is a machine: no answer, no mail, a person looks (fault 20).
            actions.hand_off(talk, "liaison", "free_note", "school_day")
            pictures.keep(talk)
            return talk.turn()
    return _Reply(talk, steps, answers).turn() if answers.by_number else None


def _lone(talk: Talk) -> list[Step]:
    """The one question that is left of a page: its number may still stand before the answer."""
    step = talk.step
    several = sum(one.kind != "none" for one in talk.part.steps) > 1
    return [step] if step is not None and several and page.on_page(talk) else []


def _corrections(talk: Talk, steps: list[Step]) -> page_answers.Answers:
    """What a reply to the read-back changes: "3: Sundays". "1. Good" is no new answer to the first question."""
    found, above = page_answers.by_number(talk.text, [page.number(talk.part, step) for step in steps])
    if len(found) == 1:
        ((number, said),) = found.items()
        if read_one(talk.library.inner["readback"], said, talk.lang, talk.library.words, held=False) == number - 1:
            return page_answers.Answers({})
    return page_answers.Answers(found, loose=above)


def _answers(talk: Talk, steps: list[Step]) -> page_answers.Answers:
    numbers = [page.number(talk.part, step) for step in steps]
    if len(steps) == 1:
        found, above = page_answers.by_number(talk.text, numbers)
        return page_answers.Answers(found, loose=above)
    answers = page_answers.read(talk.text, talk.scene.whole, page.body_of(talk), numbers)
    if answers.in_order and (talk.scene.screening.question or children.names_another(talk)):
        answers = page_answers.Answers({}, structured=False)  # a letter of as many paragraphs
    if not answers.by_number and _plain(talk, steps[0]):
        return page_answers.Answers({numbers[0]: talk.text.strip()}, structured=False)
    return answers


def _said_before(talk: Talk) -> bool:
    said = talk.text.strip()[: talk.library.limits.answer_kept]
    return bool(said) and said in talk.open()["n"].values()


def _plain(talk: Talk, step: Step) -> bool:
    """Whether words with no sign of order are the answer to the first question."""
    found, text = talk.scene.screening, talk.scene.text
    if _grave(talk, found) or found.question or not text.strip() or talk.library.words.puts_off(text) or talk.library.words.wonders(text):
        return False
    return (
        step.kind == "text"
        and not children.names_another(talk)
        and not talk.library.words.says_nothing(text)
        and not question.alone(text, talk.library.words)
    )


def _grave(talk: Talk, found: Screening) -> bool:
    """Whether words mean more than an answer. While we ask what worries them, an evaluation is what the answer is about."""
    asked_for = found.evaluation and not safety.in_details(talk)
    return bool(found.danger_level or found.stop or asked_for or found.identity)


class _Reply:
    """One mail being taken."""

    def __init__(self, talk: Talk, steps: list[Step], answers: page_answers.Answers) -> None:
        self.talk = talk
        self.scene = talk.scene
        self.steps = steps
        self.answers = answers
        self.frame = talk.open()
        self.lang = talk.lang
        self.correcting = self.frame["at"] == "readback"
        self.shown = frozenset(step.ref for step in steps if step.kind == "none")
        self.whole_is_grave = _grave(talk, self.scene.screening)
        self.found = {step.name: self._screened(text) for step in steps if (text := self._words(step))}
        self.heavy = frozenset(name for name, one in self.found.items() if _grave(talk, one))
        self.grave: list[str] = []
        self.unclear: list[Step] = []
        self.left: list[str] = []

    def _words(self, step: Step) -> str:
        return self.answers.by_number.get(page.number(self.talk.part, step), "") if step.kind != "none" else ""

    def _screened(self, text: str) -> Screening:
        return self.scene.screens(text) if self.scene.screens is not None else NOTHING

    @property
    def here(self) -> bool:
        """Whether the talk is still where the page was asked."""
        return self.talk.frame is self.frame

    def turn(self) -> Turn:
        talk, media = self.talk, self.scene.media
        for step in self.steps:
            text = self._words(step)
            if not text:
                self._nothing_said(step)
            elif step.name in self.heavy:
                self.grave.append(text)
            elif not self.here or not self._applies(step):
                self.left.append(text)  # an answer before it made this question nobody's: a person reads it
            elif self._answer(step, text, self.found[step.name], media):
                media = ()
        talk.scene, talk.text, talk.prefix = self.scene, self.scene.text, ""
        if self.scene.screening.lang_unreviewed:
            actions.hand_off(talk, "liaison", "not_screened", "now")
        if person.sure(talk, self.scene.text):
            person.hand(talk)
            talk.before("person")
        if len(self.answers.loose.split()) > WORDS_OF_A_GREETING:
            self._loose(self.answers.loose)
        if not self.here:
            self.left += [self._words(step) for step in self.unclear]
        if self.left:
            actions.hand_off(talk, "liaison", "free_note", "school_day", text="\n".join(self.left))
        if self.grave or self.whole_is_grave:
            return self._grave_turn()
        if self.here:
            self._go_on()
        if talk.blocked:
            actions.hand_off(talk, "liaison", "unread_language", "school_day")
        pictures.keep(talk)
        return talk.turn()

    def _applies(self, step: Step) -> bool:
        return self.correcting or step.when is None or bool(step.when(self.frame["n"], self.scene.screening.matched))

    def _nothing_said(self, step: Step) -> None:
        """A statement takes its place in the record once everything before it is done with; a question nobody answered is left out, if
        the family showed which answer is whose and could read it."""
        if self.correcting or not self.here or self.heavy or self.whole_is_grave or not self._applies(step):
            return
        names = self.frame["n"]
        if step.kind == "none":
            open_before = any(one.kind != "none" and one.name not in names for one in self.steps[: self.steps.index(step)])
            if not open_before and step.name not in names:
                with self._silently():
                    walk.state(self.talk, step)
        elif self.answers.structured and not step.required and self.talk.lang == self.lang:
            names.setdefault(step.name, None)

    @contextmanager
    def _silently(self) -> Iterator[None]:
        """Without the next question, and without what the page said already."""
        events = self.talk.events
        before = len(events)
        yield
        events[before:] = [event for event in events[before:] if not self._said_already(event)]

    def _said_already(self, event: Event) -> bool:
        """What this page said, and the next question of its talk; where the talk ended, what it goes on with is said."""
        return type(event) is Say and ((event.purpose in HELD and self.here) or (event.ref in self.shown and event.lang == self.lang))

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
        with self._silently():
            understood = walk.reply(talk, step)
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
        talk, frame = self.talk, self.frame
        frame["q"] = 0
        talk.steps_left = talk.library.limits.steps_per_turn
        if self.correcting:
            if not self.unclear:
                talk.before("changed")
            elif not self._once_more():
                return
            tries = frame.get("m", 0) if self.unclear else 0  # a read-back begins by forgetting them
            if not readback.begin(talk):
                walk.end(talk, "done")
            elif tries:
                frame["m"] = tries
        elif not self.unclear or self._once_more():
            walk.proceed(talk, 0)

    def _once_more(self) -> bool:
        """Ask what nobody understood once more; the second time a person takes over, and only what is required stays open, unasked."""
        talk, frame = self.talk, self.frame
        again = frame["m"] = frame.get("m", 0) + 1
        needed = [step for step in self.unclear if step.required]
        if again < talk.library.limits.misunderstood or (needed and again > talk.library.limits.misunderstood):
            talk.before("page_unclear", talk.flow.message_class)
            return True
        actions.hand_off(talk, "liaison", "misunderstood", "school_day", self.unclear[0].id)
        for step in self.unclear:
            if not step.required:
                frame["n"].setdefault(step.name, None)
        if not needed:
            frame.pop("m")
            return True
        frame["at"] = needed[0].index
        talk.say_key("misunderstood")
        return False

    def _still(self) -> list[Step]:
        """Questions of the part that have no answer and were not left out."""
        names, matched = self.talk.open()["n"], self.scene.screening.matched
        known = [step for step in self.talk.part.steps if step.kind != "none" and step.name not in names]
        return [step for step in known if step.when is None or step.when(names, matched)]

    def _grave_turn(self) -> Turn:
        """The answers are kept; now what must not wait."""
        from bot.engine.runner import take_step_by_step  # runner begins with this room: a circle

        talk = self.talk
        if self.here:
            still = self._still()
            self.frame["at"] = still[0].index if still else "readback"
        kept = talk.turn()
        text = "\n".join(self.grave) or self.scene.text
        media = () if pictures.kept(kept.events) else self.scene.media
        after = replace(self.scene, session=kept.session, text=text, media=media)
        if not self.whole_is_grave:
            after = replace(after, screening=together([one for name, one in self.found.items() if name in self.heavy]))
        then = take_step_by_step(talk.library, after, orjson.loads(kept.session) if kept.session is not None else None)
        said = tuple(event for event in kept.events if type(event) is not Say)
        seen = max(kept.message_visibility, then.message_visibility, key=SEEN_BY.index)
        return replace(then, events=said + then.events, message_visibility=seen)


def together(found: list[Screening]) -> Screening:
    """What several answers hold, as one finding: of each kind the gravest."""
    grave = min((one for one in found if one.danger_level), key=lambda one: one.danger_level, default=NOTHING)
    stop = next((one for one in sorted(found, key=lambda one: one.stop_scope != "all") if one.stop), NOTHING)
    asks = min((one for one in found if one.evaluation), key=lambda one: one.evaluation != "clear", default=NOTHING)
    who = min((one for one in found if one.identity), key=lambda one: _CARE.index(one.identity), default=NOTHING)
    return Screening(
        danger_level=grave.danger_level,
        self_harm=any(one.self_harm or one.danger_level == SELF_HARM for one in found),
        stop=stop.stop,
        stop_scope=stop.stop_scope,
        evaluation=asks.evaluation,
        identity=who.identity,
        signs=tuple(dict.fromkeys(sign for one in found for sign in one.signs)),
        matched=tuple(dict.fromkeys(row for one in found for row in one.matched)),
    )
