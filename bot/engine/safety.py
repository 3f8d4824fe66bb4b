"""What comes before everything else: danger (F23), STOP (F25), a request for an evaluation (F26).

Several may fire on one message and each takes effect; only the first speaks, so that nobody in need gets three texts.
"""

from __future__ import annotations

from bot.engine import actions, identity, less, values, waiting, walk
from bot.engine.answers import MISS, read
from bot.engine.events import CancelTimers, Finished, Page, Say, SetConsent, SetTimer, Write
from bot.engine.flow import Step
from bot.engine.own_words import only_picks
from bot.engine.talk import Talk
from bot.engine.words import fold
from bot.values.screening import GRAVEST
from bot.values.visibility import SEEN_BY

CRISIS = "crisis"
EVALUATION = "evaluation-request"
RIGHT_TO_ASK = "Q45"
ABOUT_EVALUATION = ("Q45", "Q46", "Q47", "Q48", "Q49", "Q50")
TO = {1: ("on_call", "danger", "now"), 2: ("on_call", "danger", "now"), 3: ("on_call", "danger", "now"),
      4: ("counselor", "distress", "same_day"), 5: ("liaison", "basic_need", "school_day")}  # fmt: skip
"""Who hears of a level, as what, by when."""
DISTRESS = 4
"""From this level on the talk stays open: nobody is in danger, and no message of the child is held."""


def screened(talk: Talk) -> bool:
    """Put into effect what screening found before commands and answers; True when the message is dealt with."""
    spoken = _take_effect(talk)
    _seal(talk)
    return spoken


def _seal(talk: Talk) -> None:
    """What the whole message may be seen by, its words may in every entry: "stop texting me, my ex must not know where we live" is in no
    consent that the team reads, and words of danger are in no request for an evaluation."""
    for place, event in enumerate(talk.events):
        if type(event) is Write and event.raw == talk.text and SEEN_BY.index(event.visibility) < SEEN_BY.index(talk.visibility):
            talk.events[place] = event._replace(raw="")


def _take_effect(talk: Talk) -> bool:
    found = talk.scene.screening
    spoken = False
    if found.danger_level:
        danger(talk, found.danger_level, self_harm=found.self_harm)
        spoken = True
    if found.stop:
        stop(talk, speak=not spoken)
        spoken = True
    if found.evaluation and not in_details(talk):
        # who says that the number is not theirs is asked nothing more
        speak = not spoken and found.identity != "wrong_number"
        evaluation(talk, found.evaluation, speak=speak)
        spoken = spoken or speak
    if found.identity and not identity.is_answer(talk, found.identity):
        child = found.identity == "wrong_number" and identity.is_child(talk)  # the number is right, another one reads it
        identity.take_effect(talk, "teen" if child else found.identity, speak=not spoken)
        spoken = True
    return spoken


def danger(talk: Talk, level: int, *, self_harm: bool = False) -> None:
    """The fixed text at once, the rota paged, the talk stopped (in distress or need: laid aside), the message kept from every eye that need
    not see it. `self_harm` beside another level changes the text alone: that of level 2 names 988 and 911 both."""
    talk.visibility = "safety_only" if level <= GRAVEST else "staff_only"
    part = f"level_{level}"
    if level == 3 and talk.scene.shared_phone:
        part = "level_3_shared"
    elif self_harm:
        part = "level_2"
    flow = talk.library.latest.get(CRISIS)
    if level >= DISTRESS:
        _lay_aside(talk)
    else:
        talk.drop("silenced")
    talk.write("safety_flag", {"level": level}, visibility="safety_only", step_id=part, flow=flow)
    talk.events.append(Page(level))
    to, reason, within = TO[level]
    actions.hand_off(talk, to, reason, within)
    steps = flow.parts[part].steps if flow is not None and part in flow.parts else ()
    if any(step.spoken.get(talk.lang) is None for step in steps) or not steps:
        _in_two_languages(talk, part, level)
    else:
        identity.play(talk, CRISIS, part, "crisis")


def _lay_aside(talk: Talk) -> None:
    """Leave the talk open where it stands: nothing more is asked or reminded of, and who goes on with it is answered as before."""
    open_still = [frame for frame in talk.frames() if frame.get("f") != CRISIS and "f" in frame]
    if not open_still:
        talk.drop("silenced")
        return
    talk.keep(open_still, "silenced")
    talk.events += (CancelTimers(), SetTimer("close", talk.now + talk.library.limits.close, None))


def _in_two_languages(talk: Talk, part: str, level: int) -> None:
    """No checked text in this language: English and Spanish, and a person phones: the rota in danger, else who has the task already."""
    flow = talk.library.latest.get(CRISIS)
    for step in flow.parts[part].steps[:1] if flow is not None and part in flow.parts else ():
        for lang in ("en", "es"):
            text = step.spoken.get(lang)
            if text is not None:
                talk.events.append(Say(talk.fill(text), lang, "F", step.ref, "crisis", talk.answers, text.options))
    if level <= GRAVEST:
        actions.hand_off(talk, "on_call", "unread_language", "now")


def who_calls(talk: Talk, step: Step) -> None:
    """The reply to "would you like the counselor or the liaison?" (level 4). Whatever it says is kept and told; without a choice to the
    counselor, who has it since the first message. Choices of the question that was open before answer that one."""
    chosen = _chosen_person(talk)
    if not chosen and _goes_on(talk):
        return
    talk.record(step, talk.text.strip())
    if chosen or not talk.library.words.thanks_only(talk.text):
        actions.hand_off(talk, chosen or "counselor", "distress", "same_day", step.id)
    _told(talk)


def _goes_on(talk: Talk) -> bool:
    """Take a reply of nothing but choices of the question laid aside as the answer to it; False for every other."""
    below = talk.stack[-1] if talk.stack else {}
    flow = talk.library.flows.get((below.get("f", ""), below.get("v", 0)))
    if flow is None or not isinstance(below["at"], int) or talk.case is None or below.get("c") != talk.case.case_id:
        return False
    step = flow.parts[below["p"]].steps[below["at"]]
    if step.kind not in {"one", "many"} or not only_picks(talk.text, step.accepted.get(talk.lang, {}), talk.library.words):
        return False
    value = read(step, talk.text, talk.lang, talk.library.words, talk.now.date(), 99)
    if value is MISS or not value:
        return False
    talk.pop()
    walk.answer(talk, step, value)
    return True


def find_help(talk: Talk, step: Step) -> None:
    """The reply to "may the liaison help?" (level 5). Words that are neither yes nor no go to the liaison too; nothing more is asked."""
    talk.quiet = True
    if walk.reply(talk, step):
        return
    talk.visibility = step.visibility
    talk.write("observation", {"note": talk.text}, step_id=step.id, visibility=step.visibility, flow=talk.flow)
    actions.hand_off(talk, "liaison", "basic_need", "school_day", step.id)
    _told(talk)


LAYS_ASIDE = {"who_calls": who_calls, "find_help": find_help}
"""Questions over a talk laid aside, by name."""


def _told(talk: Talk) -> None:
    """Say that they will be told, and leave what was open until the family goes on with it."""
    talk.say_key("will_tell", "F", CRISIS)
    talk.quiet = True
    walk.end(talk, "done", quiet=True)


def _chosen_person(talk: Talk) -> str:
    """Counselor | liaison by name, role or place in the question; "" when the words name neither, or both."""
    folded, words = fold(talk.text), talk.library.words
    padded = f" {folded} "

    def named(role: str, known: frozenset[str], place: str) -> bool:
        names = [part for part in fold(values.of(talk, role)).split() if len(part) > 2]
        roles = [word for word in known if len(word) > 5]
        return folded in known | {place} or any(f" {word} " in padded for word in (*names, *roles))

    chosen = [
        role for role, known, place in (("counselor", words.counselor, "1"), ("liaison", words.liaison, "2")) if named(role, known, place)
    ]
    return chosen[0] if len(chosen) == 1 else ""


def stop(talk: Talk, *, speak: bool) -> None:
    """STOP works at once: one confirmation, then silence. A phrase inside a sentence also goes to a person to look at."""
    found = talk.scene.screening
    again = talk.scene.consent == "stopped"
    talk.events.append(SetConsent("stopped", found.stop_scope or "number"))
    stop_help = talk.library.latest.get("stop-help")
    talk.write("consent", {"state": "stopped", "scope": found.stop_scope or "number"}, step_id="stop", flow=stop_help)
    if found.danger_level:
        actions.hand_off(talk, "on_call", "stopped_in_danger", "now")
    else:
        # A note for staff: which papers the law wants sent now go by mail.
        actions.hand_off(talk, "liaison", "stop_phrase" if found.stop == "phrase" else "stopped", "school_day")
    if found.danger_level:
        pass  # the question for a safe number stays open: class F goes on after STOP
    elif talk.frame is not None:
        waiting.put_by(talk)
    elif not any(type(event) is Finished for event in talk.events):
        talk.events.append(CancelTimers())
    if speak and not again and not talk.scene.answered_by_provider:
        only = less.narrower(talk)
        if not only or not less.confirm(talk, only):
            talk.say_key("stop", "A", "stop-help", "confirm_stop")
    talk.quiet = True


def evaluation(talk: Talk, grade: str, *, speak: bool = True) -> None:
    """A parent may ask at any time. The words go to two people the same day, dated by this message; nothing is asked of a clear request.

    Words that only may be a request are handed over too: silence after our question must not bury them.
    """
    if talk.visibility == "team":
        talk.visibility = "staff_only"
    if in_details(talk):
        walk.repeat(talk)  # the bare keyword again: the request is on its way, and nothing in it is new
        return
    if speak and talk.frame is not None and talk.frame.get("f") == EVALUATION:
        confirm(talk)  # asked for again while we ask: that is a yes
        return
    clear = grade == "clear" or not speak
    reason = "evaluation" if clear else "evaluation_possible"
    if talk.case is None and len(talk.scene.cases) > 1:
        # Which child it is about is asked afterwards; the hand-over does not wait for it.
        talk.entry_id = ""
    elif clear:
        request(talk, talk.local().date().isoformat(), None)
    for to in ("evaluation_contact", "liaison"):
        actions.hand_off(talk, to, reason, "same_day")
    if not speak or (talk.case is None and len(talk.scene.cases) > 1):
        return  # with several children it is asked which, and gone on from there
    flow = talk.library.latest.get(EVALUATION)
    if clear or flow is None or "ask" not in flow.parts:
        details(talk, talk.local().date().isoformat())
        return
    if _asked_by_heart(talk):
        return
    _leave_answers(talk)
    frame = talk.push(flow, "ask")
    frame["w"] = [talk.text, talk.local().date().isoformat()]
    walk.proceed(talk, 0)


def _asked_by_heart(talk: Talk) -> bool:
    """A question of the bank in the bank's own words ("How long does the evaluation take?") is answered; it was handed over all the same.

    Not the question whether one may ask: that is near enough to asking.
    """
    from bot.engine import question

    found = talk.library.bank.match(talk.text)
    if found.score < 1 or found.sure in {"", RIGHT_TO_ASK} or not question.say_answer(talk, found.sure):
        return False
    walk.repeat(talk)
    return True


def request(talk: Talk, dated: str, raw: str | None, **more: str) -> None:
    """The entry that carries the request: its date is the first message's, not the confirmation's."""
    flow = talk.library.latest.get(EVALUATION)
    norm = {"date": dated, "language": talk.scene.lang, **more}
    talk.write("eval_request", norm, step_id="3", visibility="staff_only", raw=raw, refs=("S1-11",), flow=flow)


def details(talk: Talk, dated: str) -> None:
    """F26 from step 2 on: what worries them, the dated copy, what they need. The hand-over is done already, whatever is answered."""
    flow = talk.library.latest.get(EVALUATION)
    if flow is None or "details" not in flow.parts:
        talk.blocked = True
        return
    _leave_answers(talk)
    talk.push(flow, "details")["d"] = dated
    walk.proceed(talk, 0)
    if talk.blocked:  # not one word of it may be said in this language: the two people have it all the same
        walk.leave(talk)


def _leave_answers(talk: Talk) -> None:
    """Nobody is asked "Did that help?" about an answer of long ago once the request is on its way."""
    while talk.frame is not None and talk.frame.get("f") == "question":
        walk.leave(talk)


def in_details(talk: Talk) -> bool:
    """While we ask what worries them, the words of the request come again: that is the answer and no second request."""
    return talk.frame is not None and talk.frame.get("f") == EVALUATION and talk.frame.get("p") == "details"


def confirm(talk: Talk) -> None:
    """The family means it: the request carries the first message's words and date, and what was written now as well."""
    words, dated = talk.open()["w"]
    walk.leave(talk)
    _confirmed(talk, words if talk.text in words else f"{words}\n{talk.text}", dated)


def _confirmed(talk: Talk, words: str, dated: str) -> None:
    request(talk, dated, words)
    for to in ("evaluation_contact", "liaison"):
        actions.hand_off(talk, to, "evaluation", "same_day", text=words)
    details(talk, dated)


def _more(talk: Talk) -> None:
    """Who wants to know more gets, each time, the next answer of the bank that the district has the facts for; after the last, a person."""
    from bot.engine import question

    frame = talk.open()
    left = [one for one in ABOUT_EVALUATION if one not in frame.get("r", ())]
    told = next((one for one in left if question.say_answer(talk, one)), "")
    if told:
        frame["r"] = [*frame.get("r", ()), *left[: left.index(told) + 1]]
    else:
        talk.say_key("person", purpose="promise")  # the two people were told with the first message
    walk.repeat(talk)


def evaluation_reply(talk: Talk) -> str | None:
    """Handle the reply to "Do you want to ask now?". Returns the first message when it meant something else and is to be read again."""
    step = talk.step
    assert step is not None
    value = walk.understand(talk, step)
    words, dated = talk.open()["w"]
    if not isinstance(value, str) and talk.library.words.puzzled(talk.text):
        value = "more"  # "What is that?" wants to know before it is asked for
    if isinstance(value, str):
        talk.record(step, value)
        if value != "more":
            walk.leave(talk)
    if value == "yes":
        _confirmed(talk, words, dated)
    elif value == "more":
        _more(talk)
    elif value == "no":
        if talk.frame is None:
            talk.say_key("meant_other", "A", EVALUATION)
        if len(words.split()) > 1:
            return str(words)
        walk.repeat(talk)  # the bare keyword has no other meaning
    elif not _asked_by_heart(talk):
        _neither(talk, step)
    return None


def _neither(talk: Talk, step: Step) -> None:
    """Words that say neither yes nor no belong to what may be a request: the two people who have it get them, and the question stays open
    so that none of them becomes a note for the team."""
    frame = talk.open()
    _add_words(talk, step, "liaison")
    talk.visibility = step.visibility
    frame["m"] = frame.get("m", 0) + 1
    if frame["m"] < talk.library.limits.misunderstood:
        walk.ask_again(talk, step)
        return
    talk.day = values.PROMISE["same_day"]
    talk.say_key("misunderstood" if frame["m"] == talk.library.limits.misunderstood else "person_again")


def misunderstood(talk: Talk, step: Step) -> None:
    """As everywhere; what was written while we ask about an evaluation, who answers for it hears too."""
    if talk.flow.id == EVALUATION:
        _add_words(talk, step)
    walk.misunderstood(talk, step)


def _add_words(talk: Talk, step: Step, *others: str) -> None:
    """Give these words to who answers for the request, the same day."""
    if fold(talk.text) and not talk.library.words.says_nothing(talk.text):
        for to in ("evaluation_contact", *others):
            actions.hand_off(talk, to, "evaluation_words", "same_day", step.id)
