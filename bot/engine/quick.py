"""The ordinary turn, in one breath: an understood answer to a plain question, followed by another plain question or, after the last
one, by the read-back; or a plain "Good".

Most turns of most talks are this and nothing else, and the speed of the whole rests on them; so what `runner` would do in a dozen
small steps is done here in one, without a `Talk`. Whatever is in any way out of the ordinary gives None, and `runner` does it. A test
runs both on the same scenes and demands the same turn, to the byte.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from bot.engine.answers import MISS, no_answer, read, read_one
from bot.engine.events import Alert, CancelTimers, Confirm, Event, Finished, Say, SetTimer, Write
from bot.engine.flow import Flow, Step, Text
from bot.engine.identity import SHORT
from bot.engine.library import Library
from bot.engine.own_words import has_words
from bot.engine.page import beside_the_form
from bot.engine.readback import said, written
from bot.engine.scene import Scene, Turn
from bot.engine.slips import taken_back
from bot.values.screening import NOTHING
from channels.text import fits

_DIGIT = re.compile(r"\d")


def take_ordinary(library: Library, scene: Scene, frame: dict[str, Any]) -> Turn | None:
    """The turn, if it is an ordinary one. `frame` is the session; it is left as it was when the answer is None."""
    text, case, at = scene.text, scene.case, frame["at"]
    if at == "readback":
        return _confirmed(library, scene, frame)
    if (
        case is None
        or at.__class__ is not int
        or not _plain(library, scene)
        or "k" in frame
        or "x" in frame
        or "g" in frame  # they were nudged, and may say sorry
        or ("u" in frame and beside_the_form(library, scene, frame))
        or frame.get("c") != case.case_id
    ):
        return None
    flow = library.flows.get((frame["f"], frame["v"]))
    if flow is None or not flow.ordinary or flow.timeout != "std":
        return None
    part = flow.parts[frame["p"]]
    step = part.steps[at]
    limits = library.limits
    asked = frame.get("q", 0)
    if scene.second and _rest(library, scene, step):
        return None
    if not (step.followers or step.last) or frame.get("t", -1) > at:
        return None
    lang, names, name = scene.lang, frame["n"], step.name
    if step.kind == "text" and (not text[0].isalpha() or (len(text) < SHORT and _DIGIT.search(text))):
        return None  # a late answer to the choice before, perhaps
    if step.kind == "text":
        value = _words(library, step, text)
    elif text[0].isalpha() and (library.words.puts_off(text) or library.words.wonders(text) or text.lower() in library.words.changing):
        return None  # "I don't understand" and "later" are no "Other", and "cambiar" is not nearly "caminar"
    else:
        value = read(step, text, lang, library.words, scene.now.date(), limits.labels_for_other)
    if value is MISS:
        return _left_out(library, scene, frame, flow, step)
    if step.loaded and _loaded(step, value):
        return None
    kept = value[: limits.answer_kept] if value.__class__ is str else value
    follower = step.followers[0] if step.followers else None
    if follower is None or follower.when is not None or follower.name in names:
        follower = _next(step, {**names, name: kept})
        if follower is None:
            return _read_back(library, scene, frame, flow, step, value, {**names, name: kept}) if step.last else None
    spoken = follower.spoken.get(lang)
    if spoken is None or follower.message_class not in scene.classes_ok or (asked >= limits.questions_per_sitting and not part.whole):
        return None
    names[name] = kept
    frame["q"] = asked + 1
    return _played(library, scene, frame, flow, step, value, follower, spoken)


def _played(
    library: Library, scene: Scene, frame: dict[str, Any], flow: Flow, step: Step, value: Any, follower: Step, spoken: Text
) -> Turn:
    """Write the answer, ask the next question, set its timers."""
    case, lang = scene.case, scene.lang
    assert case is not None
    events = _written(scene, frame, flow, step, value)
    body = spoken.format % ((case.child,) * len(spoken.names)) if spoken.names else spoken.format
    events.append(Say(body, lang, follower.message_class, follower.ref, "ask", True, spoken.options))  # noqa: FBT003  a row of fields
    return _asked(library, scene, frame, flow, follower, events, step.visibility if step.field else "team")


def _asked(library: Library, scene: Scene, frame: dict[str, Any], flow: Flow, step: Step, events: list[Event], seen_by: str) -> Turn:
    """The turn that ends with this question being open."""
    now, limits, case = scene.now, library.limits, scene.case
    assert case is not None
    events += (
        SetTimer("nudge", now + limits.first_nudge, now + limits.late, step.id),
        SetTimer("close", now + limits.close, None, step.id),
    )
    frame.pop("m", None)
    frame.pop("g", None)
    frame["at"] = index = step.index
    frame["h"].append(index)
    frame["t"] = index
    return Turn(orjson.dumps(frame), tuple(events), "waiting", case.case_id, flow.id, flow.version, seen_by)


def _rest(library: Library, scene: Scene, step: Step) -> bool:
    """Whether this may be the rest of the answer before."""
    text = scene.text
    return scene.second == "unread" or library.words.goes_on(text) or (step.kind == "text" and text[0].isdigit())


def _left_out(library: Library, scene: Scene, frame: dict[str, Any], flow: Flow, step: Step) -> Turn | None:
    """Say that it is all right not to know, and ask the next question."""
    words, text, lang, names, case = library.words, scene.text, scene.lang, frame["n"], scene.case
    if step.required or not no_answer(step, text, words) or words.puts_off(text) or words.wonders(text):
        return None
    follower = _next(step, {**names, step.name: None})
    spoken = follower.spoken.get(lang) if follower is not None else None
    comfort = library.text("common", "dont_know", lang)
    asked, part = frame.get("q", 0), flow.parts[frame["p"]]
    if (
        follower is None
        or spoken is None
        or comfort is None
        or comfort.names
        or follower.message_class not in scene.classes_ok
        or "A" not in scene.classes_ok
        or (asked >= library.limits.questions_per_sitting and not part.whole)
    ):
        return None
    assert case is not None
    body = spoken.format % ((case.child,) * len(spoken.names)) if spoken.names else spoken.format
    together = f"{comfort.format} {body}"
    if not fits(together, library.length):
        return None
    names.setdefault(step.name, None)
    frame["q"] = asked + 1
    say = Say(together, lang, follower.message_class, follower.ref, "ask", True, spoken.options)  # noqa: FBT003  a row of fields
    return _asked(library, scene, frame, flow, follower, [say], "team")


def _written(scene: Scene, frame: dict[str, Any], flow: Flow, step: Step, value: Any) -> list[Event]:
    """The entry of an answer, where it makes one."""
    if not step.field:
        return []
    entries, entry_id = frame["e"], scene.new_id("ent")
    entry = Write(entry_id, step.entry_kind, {step.field: value}, scene.text, scene.lang, step.id, step.asked_ref, step.visibility, (),
                  entries.get(step.name, ""), step.refs, "family", flow.id, flow.version)  # fmt: skip
    entries[step.name] = entry_id
    return [entry]


def _read_back(
    library: Library, scene: Scene, frame: dict[str, Any], flow: Flow, step: Step, value: Any, answers: dict[str, Any]
) -> Turn | None:
    """Behind the last question: write its answer, tell the team, read back what was understood."""
    case, lang, limits = scene.case, scene.lang, library.limits
    part = flow.parts[frame["p"]]
    readback, spoken = part.readback, library.inner["readback"].spoken.get(lang)
    if (
        readback is None
        or spoken is None
        or not readback.plain
        or flow.message_class not in scene.classes_ok
        or not any(said(answers, (name,)) for name in readback.names)
    ):
        return None
    assert case is not None
    child = case.child
    bodies = written(readback, answers, lang, lambda _: child, spoken.format, library.length)
    frame["n"] = answers
    events = _written(scene, frame, flow, step, value)
    if flow.alert and "a" not in frame and frame["e"]:
        frame["a"] = 1
        events.append(Alert(flow.alert, part.domain, words=has_words(part, frame)))
    now = scene.now
    ref = f"{flow.id}/readback"
    for body in bodies:
        options = spoken.options if body is bodies[-1] else ()
        events.append(Say(body, lang, flow.message_class, ref, "readback", True, options))  # noqa: FBT003  a row of fields
    events += (
        SetTimer("nudge", now + limits.first_nudge, now + limits.late, "readback"),
        SetTimer("close", now + limits.close, None, "readback"),
    )
    frame.pop("m", None)
    frame.pop("g", None)
    frame["at"] = "readback"
    seen_by = step.visibility if step.field else "team"
    return Turn(orjson.dumps(frame), tuple(events), "waiting", case.case_id, flow.id, flow.version, seen_by)


def _confirmed(library: Library, scene: Scene, frame: dict[str, Any]) -> Turn | None:
    """A plain "Good" to the read-back: what was shown is confirmed, and the talk is over."""
    case, lang = scene.case, scene.lang
    if case is None or "k" in frame or "x" in frame or "j" in frame or frame.get("c") != case.case_id or not _plain(library, scene):
        return None
    if read_one(library.inner["readback"], scene.text, lang, library.words, held=False) != 0:
        return None
    flow = library.flows.get((frame["f"], frame["v"]))
    thanks = library.text("common", "confirmed", lang)
    if flow is None or thanks is None or thanks.names or (flow.alert and "a" not in frame and frame["e"]) or "A" not in scene.classes_ok:
        return None
    part = flow.parts[frame["p"]]
    if part.ends is not None or part.readback is None:
        return None
    names, entries = frame["n"], frame["e"]
    shown = [entries[name] for name in part.readback.names if name in entries and _has(names.get(name))]
    events = (
        Confirm(tuple(shown)),
        Say(thanks.format, lang, "A", "common/confirmed", "reply", True, thanks.options),  # noqa: FBT003  a row of fields
        CancelTimers(),
        Finished("done", flow.id),
    )
    return Turn(None, events, "done", case.case_id, "", 0, "team")


def _has(value: Any) -> bool:
    return bool(value) or value == 0


def _plain(library: Library, scene: Scene) -> bool:
    """A message of words alone, with nothing found in it, from somebody we know and may write to, in a language we have."""
    text = scene.text
    if (
        not text
        or scene.prompt != "message"
        or scene.media
        or scene.wrote
        or scene.consent == "stopped"
        or not scene.trusted
        or (scene.screening is not NOTHING and scene.screening != NOTHING)
        or scene.lang not in library.languages
        or len(scene.cases) > 1
    ):
        return False
    writer, case, said = scene.values.get("contact_first"), scene.case, text.lower()
    if case is not None and case.child.lower() in said[:SHORT]:
        return False  # "This is Maya"
    return not writer or writer.lower() not in said  # "I am not Rosa"


def _next(step: Step, names: dict[str, Any]) -> Step | None:
    """The first of the followers that applies and has no answer yet; None when that is not known from them alone."""
    for follower in step.followers:
        if follower.name not in names and (follower.when is None or follower.when(names, ())):
            return follower
    return None


def _loaded(step: Step, value: Any) -> bool:
    """Whether something hangs on what was chosen."""
    return not step.loaded.isdisjoint(value) if value.__class__ is list else value in step.loaded


def _words(library: Library, step: Step, text: str) -> Any:
    """Words of one's own, as `walk.reply` takes them."""
    found = text.strip()
    words = library.words
    if (
        not found
        or (not step.required and no_answer(step, text, words))
        or words.says_nothing(found)
        or words.puts_off(found)
        or words.wonders(found)
        or taken_back(words, found)
        or found.lower() in words.changing
    ):
        return MISS
    return found
