"""The words that always work, and the ones texts offer: HELP PAUSE START LANGUAGE PERSON SKIP BACK MENU MORE, TELL, CONCERN ..."""

from __future__ import annotations

from collections.abc import Callable

from bot.engine import actions, channel, children, less, person, question, readback, safety, waiting, walk
from bot.engine.answers import MISS
from bot.engine.events import SetConsent
from bot.engine.talk import Talk
from bot.engine.words import fold

HELP_FLOW = "stop-help"
OPEN_KINDS = frozenset({"text", "name", "ack"})


def meant(talk: Talk) -> str:
    """The command in the message, "" when it is an answer: at an open question only the exact word counts, and an option's own
    word ("Email") picks the option, unless it is one of the words that always work."""
    found = talk.scene.screening
    command = found.command
    step = talk.step
    if command and step is None and talk.frame is not None and talk.frame["at"] == "which" and readback.names_part(talk):
        return ""
    if not command or step is None:
        return command
    if command == "language" and walk.is_language_asked_for(talk, step):
        return ""
    if step.kind in OPEN_KINDS:
        # Other words than the ones that always work are answers here ("contar", "moving"), unless written as texts offer them.
        offered = command in ALWAYS or talk.text.strip().isupper()
        return command if found.command_exact and offered else ""
    said = fold(talk.text)
    if command not in ALWAYS and said in step.accepted.get(talk.lang, {}):
        return ""
    spoken = step.spoken.get(talk.lang)
    if command == "person" and spoken is not None and any(said == fold(label) for _, label in spoken.options):
        return ""  # "Que me llamen": what we offered ourselves is the answer, and the talk goes on
    if not found.command_exact and walk.understand(talk, step) is not MISS:
        return ""
    return command


def handle(talk: Talk, command: str) -> bool:
    """Do what the word says; False when nothing here knows it."""
    act = ALWAYS.get(command) or OFFERED.get(command)
    if act is not None:
        act(talk)
        return True
    keyword = talk.library.keywords.get(command)
    if keyword is None:
        return False
    if children.unknown(talk):
        children.ask(talk)
        return True
    flow_id = keyword.get("flow", "")
    if flow_id in talk.library.latest:
        if talk.scene.cases or talk.library.latest[flow_id].message_class in "AB":
            start_flow(talk, flow_id, "")
        else:  # it is about a child, and there is none we may speak of with them
            actions.hand_off(talk, "liaison", "free_note", "school_day")
            talk.say_key("no_case", purpose="promise")
            walk.repeat(talk)
        return True
    if keyword.get("faq") and question.say_answer(talk, keyword["faq"]):
        walk.repeat(talk)
    else:
        _not_built(talk, keyword["say"], keyword.get("to", ""))
    return True


def start_flow(talk: Talk, flow_id: str, part: str) -> bool:
    """Begin another flow over the open one; a flow that is not shipped yet is a dated hand-off that says so. True when one began."""
    flow = talk.library.latest.get(flow_id)
    if flow is None or (part and part not in flow.parts):
        _not_built(talk, ["not_built"], "liaison")
        return False
    if talk.frame is not None and any(frame.get("f") == flow_id for frame in (talk.frame, *talk.stack)):
        walk.repeat(talk)
        return True
    talk.push(flow, part)
    walk.proceed(talk, 0)
    return True


def _not_built(talk: Talk, keys: list[str], to: str) -> None:
    if to:
        within = "same_day" if to == "evaluation_contact" else "school_day"
        actions.hand_off(talk, to, "not_built", within)
    for key in keys:
        talk.say_key(key)
    walk.repeat(talk)


def _help(talk: Talk) -> None:
    talk.say_key("help", "A", HELP_FLOW)
    if talk.scene.consent != "stopped" and not talk.scene.stale:  # what lies still after a STOP is not asked
        walk.repeat(talk)


def _start(talk: Talk) -> None:
    if less.asking(talk) or (talk.frame is not None and talk.frame.get("p") == "pause" and talk.flow.id == HELP_FLOW):
        walk.leave(talk)
    settled = talk.frame is not None or talk.scene.trusted or talk.scene.stale or not talk.scene.cases
    away = talk.scene.consent in {"stopped", "paused", "refused", "reminders_only"} or talk.scene.wants_less
    help_flow = talk.library.latest.get(HELP_FLOW)
    if away:
        talk.events.append(SetConsent("started"))
        talk.write("consent", {"state": "started", "scope": "number"}, step_id="start", flow=help_flow)
    elif talk.scene.mail_stopped:  # texts go on already: what they want back is the mail they ended
        talk.events.append(SetConsent("started", "mail"))
        talk.write("consent", {"state": "started", "scope": "mail"}, step_id="start_mail", flow=help_flow)
    if away or settled:
        talk.say_key("start" if away else "start_mail" if talk.scene.mail_stopped else "started", "A", HELP_FLOW)
    if talk.scene.stale:
        return  # who has the number now is asked before anything else is said
    if talk.frame is not None and talk.frame["at"] == "rest":
        waiting.resume(talk)
    elif not settled:
        start_flow(talk, "welcome", "")  # F01 begins with START too: who has this number was never settled
    else:
        walk.repeat(talk)


def _pause(talk: Talk) -> None:
    _aside(talk, "pause")


def _language(talk: Talk) -> None:
    _aside(talk, "language")


def _choose(talk: Talk) -> None:
    _aside(talk, "less_several" if len(talk.scene.cases) > 1 else "less")


def _aside(talk: Talk, part: str) -> None:
    """A question of ours inside the talk; asked again it is not laid twice."""
    flow = talk.library.latest.get(HELP_FLOW)
    if flow is None or part not in flow.parts:
        _not_built(talk, ["not_built"], "liaison")
        return
    if flow.parts[part].steps[0].bare.get(talk.lang) is None:
        talk.blocked = True  # no words for it in this language: a person asks
        return
    if talk.frame is not None and talk.frame.get("f") == HELP_FLOW:
        talk.pop()
    talk.push(flow, part)
    walk.proceed(talk, 0)


def _person(talk: Talk) -> None:
    """A person, at once and with a day; the open question stays open but is not asked again."""
    person.hand(talk)
    person.promise(talk)


def _skip(talk: Talk) -> None:
    frame = talk.frame
    step = talk.step
    if step is not None:
        walk.skip(talk, step)
    elif frame is not None and frame["at"] == "nearest":
        talk.pop()
        walk.repeat(talk)
    elif frame is not None and frame["at"] == "call":
        frame["at"] = frame.pop("s")
        _skip(talk)
    elif frame is not None and frame["at"] in {"readback", "which"}:
        if talk.part.ends is None:
            talk.say_key("talk_over")
        walk.end(talk, "done")
    else:
        talk.say_key("nothing_more")


def _back(talk: Talk) -> None:
    if talk.frame is None or "f" not in talk.frame:
        talk.say_key("nothing_more")
    else:
        walk.back(talk)


def _menu(talk: Talk) -> None:
    talk.say_key("menu")
    walk.repeat(talk)


def _more(talk: Talk) -> None:
    if talk.frame is not None and talk.frame["at"] == "rest":
        waiting.resume(talk)
    elif not question.more(talk):
        talk.say_key("nothing_more")
        walk.repeat(talk)


def _evaluation(talk: Talk) -> None:
    safety.evaluation(talk, "possible")


ALWAYS: dict[str, Callable[[Talk], None]] = {
    "help": _help,
    "start": _start,
    "pause": _pause,
    "language": _language,
    "person": _person,
    "skip": _skip,
    "back": _back,
    "menu": _menu,
    "more": _more,
    "evaluation": _evaluation,
}

OFFERED: dict[str, Callable[[Talk], None]] = {"choose": _choose, "email": channel.email, "text": channel.text}
"""Words that do something here and are, at an open question, an answer unless written as texts offer them."""
