"""Which child? (fault 9) With more than one open case nothing is guessed: it is asked, the message is kept, the talk goes on with it."""

from __future__ import annotations

from dataclasses import replace

from bot.engine import actions
from bot.engine.events import ChooseCase, Finished
from bot.engine.scene import CaseRef
from bot.engine.talk import Frame, Talk
from bot.engine.words import fold
from bot.values.screening import Screening

KEPT_MOST = 1600
"""Characters of a kept message; one text message holds no more."""


def unknown(talk: Talk) -> bool:
    """Whether it must be asked first."""
    return talk.case is None and len(talk.scene.cases) > 1


def ask(talk: Talk, evaluation: str = "") -> None:
    """Ask which child, keeping the message (and the date of an evaluation request) for afterwards."""
    scene = talk.scene
    if talk.frame is not None:
        talk.stack.append(talk.frame)
    found = scene.screening
    frame: Frame = {"at": "child", "w": [talk.text[:KEPT_MOST], list(scene.media)]}
    if found.question or found.command or found.matched:
        frame["w"].append([found.question, found.command, found.command_exact, list(found.matched)])
    if scene.not_kept:
        frame["lost"] = scene.not_kept
    if evaluation:
        frame["d"] = evaluation
    talk.bind(frame)
    say(talk, "which_child")


def say(talk: Talk, key: str) -> None:
    """Say "Is this about 1 Ana 2 Luis?" with the labels this phone may see."""
    text = talk.library.text("common", key, talk.lang)
    if text is None:
        talk.blocked = True
        return
    options = tuple((str(place), case.label) for place, case in enumerate(talk.scene.cases, 1))
    listed = " ".join(f"{number} {label}" for number, label in options)
    talk.speak(f"{text.format} {listed}?", "A", f"common/{key}", "ask", options)


def reply(talk: Talk) -> bool:
    """Handle the message as the choice of a child. True: the kept message is in place and is to be handled now."""
    frame = talk.open()
    picked = chosen(talk)
    if "d" in frame and talk.visibility == "team":
        talk.visibility = "staff_only"  # no teacher reads what belongs to a request for an evaluation
    if picked is None and fold(talk.text) in talk.library.words.both:
        _about_both(talk, frame)
        return False
    if picked is None:
        _again(talk, frame)
        return False
    talk.pop()
    if talk.frame is not None and talk.frame.get("c") != picked.case_id:
        # The open talk is about the other child: it waits, and the words are taken by themselves.
        talk.aside = talk.frames()
        talk.stack = []
        talk.bind(None)
    talk.case = picked
    talk.events.append(ChooseCase(picked.case_id))
    words, media, *found = frame["w"]
    question, command, exact, matched = found[0] if found else (False, "", False, [])
    screening = Screening(question=question, command=command, command_exact=exact, matched=tuple(matched))
    talk.scene = replace(talk.scene, text=words, media=tuple(media), not_kept=frame.get("lost", ""), screening=screening, case=picked)
    talk.text = words
    if "d" in frame:
        from bot.engine import safety

        safety.request(talk, frame["d"], words)
        talk.before("child_chosen")
        safety.details(talk, frame["d"])
        return False
    return True


def lay_down(talk: Talk) -> None:
    """Take up the talk about the other child again, in silence, unless the words began one of their own."""
    if talk.aside:
        if talk.frame is None:
            *talk.stack, frame = talk.aside
            talk.bind(frame)
        else:
            talk.events.append(Finished("closed", talk.aside[-1].get("f", "")))
        talk.aside = []


def names_another(talk: Talk) -> bool:
    """Whether the message names another child of this family and not the one the talk is about: then it is asked, not guessed."""
    return bool(_others_named(talk))


def asked_for_all(talk: Talk) -> bool:
    """Whether an evaluation is clearly asked for every child by name, or for "both my kids" of two; then no one case is the talk's."""
    from bot.engine import safety

    found = talk.scene.screening
    if found.evaluation != "clear" or found.danger_level or safety.in_details(talk) or not _speaks_of_all(talk):
        return False
    talk.case = None
    return True


def _speaks_of_all(talk: Talk) -> bool:
    """Whether the message names every child of this family, or says "both my kids" of two."""
    cases, padded = talk.scene.cases, f" {fold(talk.text)} "
    if len(cases) < 2:
        return False
    both = len(cases) == 2 and any(f" {phrase} " in padded for phrase in talk.library.words.both_children)
    return both or all(named(case, padded) for case in cases)


def after_request(talk: Talk, *, for_all: bool) -> None:
    """What is left of a request for an evaluation that two people have by now: its date in every record, or which child it is about."""
    from bot.engine import safety, walk

    found, dated = talk.scene.screening, talk.local().date().isoformat()
    silent = talk.quiet or found.identity == "wrong_number"
    if for_all:
        safety.request(talk, dated, None, about="both")
        if not silent:
            talk.say_key("free_note")
            walk.repeat(talk)
    elif found.evaluation and unknown(talk):
        if not silent and not found.danger_level:
            ask(talk, dated)
        else:  # nobody is asked anything now; words of danger stay out of it
            safety.request(talk, dated, "" if found.danger_level else None)


def follow(talk: Talk) -> None:
    """Words that cannot wait for "which child?" are about the one other child they name, and so is what is asked because of them; danger
    that is told of every child is about each."""
    if talk.scene.screening.grave and _speaks_of_all(talk):  # what is sent about either of them is held
        talk.case, talk.every_case = None, True
        return
    found = _others_named(talk)
    if len(found) == 1:
        talk.case = found[0]
        talk.events.append(ChooseCase(found[0].case_id))


def _others_named(talk: Talk) -> list[CaseRef]:
    """The children the message names; none where it names the one the talk is about."""
    if talk.case is None or len(talk.scene.cases) < 2 or not talk.text:
        return []
    padded = f" {fold(talk.text)} "
    if named(talk.case, padded):
        return []
    return [case for case in talk.scene.cases if case.case_id != talk.case.case_id and named(case, padded)]


def named(case: CaseRef, padded: str) -> bool:
    """Whether folded text, with a space at both ends, names this child."""
    return any(f" {fold(name)} " in padded for name in (case.child, *case.names) if len(name) > 1)


def _about_both(talk: Talk, frame: Frame) -> None:
    """Words about two children are filed by a person, not twice by us; a request for an evaluation is one for each, with its date."""
    words = frame["w"][0]
    if "d" in frame:
        from bot.engine import safety

        if len(talk.scene.cases) == 2:
            safety.request(talk, frame["d"], words, about="both")
        for to in ("evaluation_contact", "liaison"):
            actions.hand_off(talk, to, "both_children", "same_day", text=words)
    else:
        talk.entry_id = talk.write("handoff", {"note": words, "about": "both"}, raw=words)
        actions.hand_off(talk, "liaison", "both_children", "school_day", text=words)
    talk.say_key("free_note")
    _go_on(talk)


def chosen(talk: Talk) -> CaseRef | None:
    """The child a reply picks, by number or name; None when it is not clear."""
    cases = talk.scene.cases
    folded = fold(talk.text)
    number = int(folded) if folded.isdigit() and len(folded) < 3 else talk.library.words.number.get(folded, 0)
    if 1 <= number <= len(cases):
        return cases[number - 1]
    padded = f" {folded} "
    found = [case for case in cases if any(f" {name} " in padded for name in _handles(case))]
    if len(found) != 1:
        return None
    words = folded.split()
    return found[0] if len(words) <= 4 else None


def _handles(case: CaseRef) -> list[str]:
    """What picks a child: its names, and each part of the label that was shown ("A.O., Maple Elementary"; "AO" as well)."""
    shown = case.label.split(", ")
    return [folded for name in (case.label, *shown, shown[0].replace(".", ""), case.child, *case.names) if (folded := fold(name))]


def _again(talk: Talk, frame: Frame) -> None:
    """Not a choice. Words are kept with the others; the second time a person sorts it out."""
    if len(talk.text.split()) >= talk.library.limits.labels_for_other:
        frame["w"][0] = f"{frame['w'][0]}\n{talk.text}"[:KEPT_MOST]
    frame["m"] = frame.get("m", 0) + 1
    if frame["m"] < talk.library.limits.misunderstood:
        say(talk, "which_child_again")
        return
    date_request(talk, frame)
    actions.hand_off(talk, "liaison", "misunderstood", "school_day", text=frame["w"][0])
    talk.say_key("misunderstood")
    if talk.stack:
        _go_on(talk)
    else:
        talk.drop("closed")


def date_request(talk: Talk, frame: Frame) -> bool:
    """Nobody will choose a child any more for these kept words: a request for an evaluation is dated in every record it may be about.
    Says whether it was one (two people have its words since it came)."""
    if "d" not in frame or talk.case is not None:
        return False
    from bot.engine import safety

    safety.request(talk, frame["d"], frame["w"][0])
    return True


def _go_on(talk: Talk) -> None:
    """Leave "which child?"; the question it came upon is asked once more."""
    from bot.engine import walk

    talk.pop()
    walk.repeat(talk)
