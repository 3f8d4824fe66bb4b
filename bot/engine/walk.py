"""From an answer to the next question: read, record, act, go on; misunderstood, skip, back; the end of a part."""

from __future__ import annotations

from typing import Any

from bot.engine import actions, again, page, readback, values, waiting
from bot.engine.answers import MISS, denies, no_answer, read
from bot.engine.events import Alert, CancelTimers, Finished, SetLanguage
from bot.engine.flow import Part, Step
from bot.engine.own_words import has_words
from bot.engine.slips import answer_behind, apologizes
from bot.engine.talk import Talk
from bot.engine.words import fold
from bot.i18n import language_name

_ASK_AGAIN = {
    "one": "pick_number",
    "yn": "pick_yes_no",
    "many": "pick_numbers",
    "scale": "pick_scale",
    "num": "say_number",
    "date": "say_date",
    "time": "say_time",
    "name": "say_name",
}


_SHORT_REPLY = 6
"""Words in which a language is named and nothing else is told."""
_SPOKEN = 4
"""Words that say which language somebody speaks, and end with its name."""


def understand(talk: Talk, step: Step) -> Any:
    """The value of the reply at the open question, or MISS."""
    if step.options_from == "languages":
        return language_meant(talk, step)
    # A question is never taken for "something else" of one's own.
    own_words = 99 if talk.scene.screening.question else talk.library.limits.labels_for_other
    found = read(step, talk.text, talk.lang, talk.library.words, talk.now.date(), own_words)
    if found is MISS and (spelled := talk.library.words.spelled(talk.text)) is not talk.text:
        found = read(step, spelled, talk.lang, talk.library.words, talk.now.date(), own_words)
    if found is MISS and (said := answer_behind(talk.library.words, talk.text)):  # "hi sorry, yes"
        found = read(step, said, talk.lang, talk.library.words, talk.now.date(), 99)
    spoken = step.spoken.get(talk.lang)
    if found is MISS and spoken is not None and "contact_first" in spoken.names:  # "Is this the phone of Dana?" "Yes, this is Dana"
        name = fold(talk.scene.values.get("contact_first", ""))
        behind = answer_behind(talk.library.words, talk.text) or fold(talk.text)
        said = " ".join(word for word in behind.split() if word != name)
        found = read(step, said, talk.lang, talk.library.words, talk.now.date(), 99)
    heard = talk.scene.screening.identity
    if found is MISS and heard:  # "Yes, but my husband has it too": what screening heard is one of the answers offered
        offered = (one.id for one in step.options if any(line.verb == "identity" and line.value == heard for line in one.actions))
        found = next(offered, MISS)
    return found


def language_meant(talk: Talk, step: Step) -> Any:
    """The language a reply picks: by number, by its own name or by its name in the language of the talk."""
    offered = talk.scene.enabled[:8]
    folded = fold(talk.text)
    number = int(folded) if folded.isdigit() and len(folded) < 3 else talk.library.words.number.get(folded, 0)
    if 1 <= number <= len(offered):
        return offered[number - 1]
    if len(offered) < number <= len(offered) + len(step.options):
        return step.options[number - len(offered) - 1].id
    for lang in offered:
        if folded in {fold(language_name(lang)), lang.lower(), *map(fold, waiting.names_of(lang, talk.library.languages))}:
            return lang
    if (found := _named_in(talk, folded)) is not MISS:
        return found
    said = " ".join(word for word in fold(talk.library.words.spelled(talk.text)).split() if word not in talk.library.words.polite)
    folded = said or folded
    accepted = step.accepted.get(talk.lang, {})
    place = -1 if folded.isdigit() else accepted.get(folded, -1)
    if place < 0 and _other_named(talk, folded):
        place = next((at for at, option in enumerate(step.options) if option.id == "other"), -1)
    return MISS if place < 0 else step.options[place].id


def _named_in(talk: Talk, folded: str) -> Any:
    """The one offered language that a short reply names among other words ("english pls", "en español por favor"), and does not deny."""
    tokens = folded.split()
    if len(tokens) > _SHORT_REPLY or denies(tokens):
        return MISS
    known = talk.library.languages
    found = [lang for lang in talk.scene.enabled[:8] if not {fold(one) for one in waiting.names_of(lang, known)}.isdisjoint(tokens)]
    return found[0] if len(found) == 1 else MISS


def _other_named(talk: Talk, folded: str) -> bool:
    """Whether a reply is the name of some language, or ends with the only one it names ("I only speak Somali")."""
    tokens = folded.split()
    names = waiting.language_names(talk.library.languages) | talk.library.words.languages
    if folded in names:
        return True
    return 0 < len(tokens) <= _SPOKEN and not denies(tokens) and [one for one in tokens if one in names] == tokens[-1:]


def is_language_asked_for(talk: Talk, step: Step) -> bool:
    """Whether the reply names a language where we ask for one: "Soomaali" is the LANGUAGE word anywhere else."""
    if step.options_from == "languages" and language_meant(talk, step) is not MISS:
        return True  # "I speak English"
    return (step.options_from == "languages" or step.name == "other_language") and _names_one(talk)


def _names_one(talk: Talk) -> bool:
    """Whether the reply is the name of a language, and not just the word for another one."""
    folded = fold(talk.text)
    return folded in waiting.language_names(talk.library.languages) or folded in talk.library.words.languages


def answer(talk: Talk, step: Step, value: Any) -> None:
    """Take an understood answer: record it, do what it asks for, go on."""
    frame = talk.open()
    frame.pop("m", None)
    frame.pop("g", None)
    talk.record(step, value)
    if talk.scene.media and not talk.text:
        talk.before("saved_media")
    if value == "other" and step.options_from == "languages" and _names_one(talk):
        follower = talk.part.steps[step.index + 1]
        frame["at"] = follower.index
        answer(talk, follower, talk.text.strip())  # they named it: it is not asked once more
        return
    following = talk.part.steps[step.index + 1 : step.index + 2] if value == "day" else ()
    if following and following[0].kind == "date" and (named := understand(talk, following[0])) is not MISS:
        frame["at"] = following[0].index
        answer(talk, following[0], named)  # "until January 10"
        return
    if step.plain:
        if "x" in frame:
            readback.corrected(talk)
        else:
            proceed(talk, step.index + 1 if not step.next_id else talk.part.by_id[step.next_id])
        return
    if not actions.after(talk, step, value):
        onward(talk, step)


def onward(talk: Talk, step: Step) -> None:
    """Go on behind a step: to the read-back if this was a correction, else to what comes next."""
    if "x" in talk.open():
        readback.corrected(talk)
    else:
        proceed(talk, talk.part.by_id[step.next_id] if step.next_id else step.index + 1)


def _past(talk: Talk, step: Step) -> None:
    """Go on without an answer; what was to be corrected stays as it was."""
    if "x" in talk.open():
        readback.again(talk)
    else:
        onward(talk, step)


def reply(talk: Talk, step: Step) -> bool:
    """Handle the message as a reply to the open question; say whether it was one."""
    text = talk.text
    if step.kind == "text":
        if not text.strip() and not talk.scene.media:
            return False
        if not step.required and talk.flow.id != "crisis" and no_answer(step, text, talk.library.words):
            leave_out(talk, step, "dont_know")
            return True
        if talk.library.words.says_nothing(text) and not talk.scene.media:
            return False
        answer(talk, step, text.strip())
        return True
    value = understand(talk, step)
    if value is MISS:
        if not step.required and talk.library.words.means_dont_know(text):
            leave_out(talk, step, "dont_know")
            return True
        return False
    answer(talk, step, value)
    return True


def leave_out(talk: Talk, step: Step, key: str) -> None:
    """Go on without an answer."""
    frame = talk.open()
    frame.pop("m", None)
    frame.pop("g", None)
    frame["n"].setdefault(step.name, None)
    talk.before(key)
    _past(talk, step)


def misunderstood(talk: Talk, step: Step) -> None:
    """Try once in another way; the second time a person takes over and the talk goes on without this question."""
    frame = talk.open()
    if talk.flow.id == "crisis":
        talk.visibility = step.visibility
        actions.hand_off(talk, "on_call", "danger", "now", step.id)
        talk.drop("silenced")
        return
    if apologizes(talk.library.words, talk.text) and (frame.pop("g", 0) or "m" not in frame):
        excused(talk, step)
        return
    frame["m"] = frame.get("m", 0) + 1
    if frame["m"] < talk.library.limits.misunderstood or (step.required and frame["m"] > talk.library.limits.misunderstood):
        ask_again(talk, step)
        return
    actions.hand_off(talk, "liaison", "misunderstood", "school_day", step.id)
    if step.required:  # a person takes over, but an answer is still heard
        talk.say_key("misunderstood")
        return
    frame.pop("m")
    if step.options_from:
        talk.say_key("misunderstood")
        end(talk, "closed", quiet=True)
        return
    frame["n"].setdefault(step.name, None)
    found, names = talk.scene.screening.matched, frame["n"]
    left = any(one.when is None or one.when(names, found) for one in talk.part.steps[step.index + 1 :])
    more = "x" in frame or left or talk.part.readback is not None
    talk.before("misunderstood_go_on" if more else "misunderstood")
    _past(talk, step)


def excused(talk: Talk, step: Step) -> None:
    """Who says sorry for coming late has all the time there is: the same question, in as many words as ever."""
    talk.open().setdefault("m", 0)
    talk.before("nudge_1", step.message_class)
    talk.ask(step)


def ask_again(talk: Talk, step: Step) -> None:
    """The question in other words: how to answer, and the options without the sentence that was not understood."""
    key = _ASK_AGAIN.get(step.kind)
    text = talk.library.text("common", key, talk.lang) if key is not None else None
    spoken = step.spoken.get(talk.lang)
    if step.options_from:
        if page.on_page(talk) or not (key and values.ask_in_languages(talk, step, "ask", key)):
            talk.ask(step)
        elif talk.flow.timeout != "none":
            talk.remind(step.id)
        return
    if text is None or spoken is None or step.message_class not in talk.classes:
        talk.before("nudge_2", step.message_class)
        talk.ask(step)
        return
    listed = " ".join(f"{number} {label}" for number, label in spoken.options)
    body = f"{talk.fill(text)} {listed}".strip()
    talk.speak(body, step.message_class, step.ref, "ask", spoken.options)
    if talk.flow.timeout != "none":
        talk.remind(step.id)


def repeat(talk: Talk, *, whole: bool = False) -> None:
    """Ask the open question again, after something else was answered. A page of questions is sent again only in another language.

    :param whole: or when other questions came between it and now.
    """
    step = talk.step
    whole = whole or any(type(event) is SetLanguage for event in talk.events)
    if step is not None and not whole and page.still_there(talk):
        talk.say_key("page_open", step.message_class)
    elif step is not None:
        talk.before("go_on", step.message_class)
        talk.ask(step)
    elif talk.frame is not None and talk.frame["at"] == "readback":
        readback.say(talk)


def proceed(talk: Talk, index: int) -> None:
    """Ask the next question that applies, saying statements on the way; at the end of the part, read back."""
    frame = talk.open()
    part = talk.part
    steps = part.steps
    names = frame["n"]
    while index < len(steps):
        step = steps[index]
        if step.name in names or (step.when is not None and not step.when(names, talk.scene.screening.matched)):
            index += 1
            continue
        talk.steps_left -= 1
        if talk.steps_left <= 0:
            actions.hand_off(talk, "liaison", "misunderstood", "school_day", step.id)
            talk.drop("closed")
            return
        if step.kind == "none":
            if state(talk, step):
                return
            index = talk.part.by_id[step.next_id] if step.next_id else index + 1
            continue
        if index > frame.get("t", -1):  # a question asked again is not a new one
            asked = frame.get("q", 0)
            if asked >= talk.library.limits.questions_per_sitting and not part.whole and not talk.stack:
                waiting.rest(talk, index)
                return
            frame["q"] = asked + 1
            frame["t"] = index
        frame["h"].append(index)
        talk.ask(step)
        return
    finish(talk, part)


def state(talk: Talk, step: Step) -> bool:
    """Say a statement that waits for no reply, write that it was said, do what hangs on it; True when the talk turned elsewhere."""
    purpose = "crisis" if talk.flow.id == "crisis" else "notice"
    said = talk.say(step.spoken.get(talk.lang), step.message_class, step.ref, purpose)
    frame = talk.open()
    frame["n"][step.name] = "said" if said else None
    if said and step.field:
        frame["e"][step.name] = talk.write(
            step.entry_kind, {step.field: step.asked_ref}, step_id=step.id, visibility=step.visibility,
            raw="", refs=step.refs, source_role="bot", flow=talk.flow,
        )  # fmt: skip
    return actions.run(talk, step, step.actions)


def finish(talk: Talk, part: Part) -> None:
    """The last question of a part is answered: tell the team, read back what was understood."""
    tell_team(talk)
    if part.readback is not None and readback.begin(talk):
        return
    end(talk, "done")


def tell_team(talk: Talk) -> None:
    """One alert a talk, when the family has finished and something was written."""
    frame = talk.open()
    if talk.flow.alert and "a" not in frame and frame["e"]:
        frame["a"] = 1
        talk.events.append(Alert(talk.flow.alert, talk.part.domain, words=has_words(talk.part, frame)))


def end(talk: Talk, outcome: str, *, quiet: bool = False) -> None:
    """End the open frame. What lies underneath is gone on with, unless silence was asked for."""
    if outcome == "done" and not quiet and talk.part.ends is not None:
        talk.say(talk.part.ends.get(talk.lang), talk.flow.message_class, f"{talk.flow.id}/ends")
    if talk.frame is not None and talk.frame.get("e"):
        tell_team(talk)
    talk.flush()
    if not talk.stack:
        talk.drop(outcome)
        return
    several = talk.flow.id not in page.APART and sum(step.kind != "none" for step in talk.part.steps) > 1
    leave(talk)
    if talk.frame is not None and talk.case is not None and talk.frame.get("c", talk.case.case_id) != talk.case.case_id:
        # It is about another child, and the words of this turn are filed under one: its own nudge takes it up again.
        if talk.step is not None and talk.flow.timeout != "none":
            talk.remind(talk.step.id)
    elif not talk.quiet:
        again.go_on(talk, whole=several)


def leave(talk: Talk) -> None:
    """Take a question of ours off the talk once it is answered, with the timers it had set."""
    flow = talk.flow
    if flow.timeout != "none":
        talk.events.append(CancelTimers())
    if not talk.pop():
        talk.events.append(Finished("done", flow.id))


def skip(talk: Talk, step: Step) -> None:
    """SKIP: every question can be left out unless it is marked required."""
    if step.required:
        talk.before("not_skippable")
        talk.ask(step)
    else:
        leave_out(talk, step, "skipped")


def back(talk: Talk) -> None:
    """BACK: the question before, asked again; a new answer corrects the old entry."""
    frame = talk.open()
    asked: list[int] = frame["h"]
    if isinstance(frame["at"], int) and asked and asked[-1] == frame["at"]:
        asked.pop()
    elif not isinstance(frame["at"], int) and frame["at"] not in {"readback", "which"}:
        repeat(talk)
        return
    if not asked:
        step = talk.step
        talk.before("no_back")
        if step is not None:
            asked.append(step.index)
            talk.ask(step)
        return
    # What was asked after it is answered again only if it has no answer yet: `proceed` steps over names it knows.
    frame.pop("x", None)
    talk.ask(talk.part.steps[asked[-1]])
