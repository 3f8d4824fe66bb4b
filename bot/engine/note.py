"""A message that answers nothing and asks nothing: kept, and given to a person."""

from __future__ import annotations

from bot.engine import actions, values
from bot.engine.talk import Talk


def note(talk: Talk, *, silent: bool = False) -> None:
    """Keep the words, give them to a person, and say who answers by when; of one more that waits for the same person and day, that it is
    there too."""
    talk.entry_id = ""
    if talk.case is not None:
        talk.write("observation", {"note": talk.text}, visibility=talk.visibility)
    spoken = talk.library.text("common", "free_note", talk.lang)
    if silent:
        actions.hand_off(talk, "liaison", "free_note", "school_day")
    elif spoken is None or "A" not in talk.classes:
        actions.hand_off(talk, "liaison", "unread_language", "school_day")
    else:
        actions.hand_off(talk, "liaison", "free_note", "school_day")
        if not (_is_promised(talk) and talk.say_key("added", flow_id="question")):
            talk.say_key("free_note" if talk.case is not None or talk.scene.cases else "no_case", purpose="promise")


def _is_promised(talk: Talk) -> bool:
    """Whether a note before this one waits, and an answer to it was promised for the very day that would be promised now."""
    asks = talk.scene.noted_by
    by = asks(talk.case.case_id if talk.case is not None else "") if asks is not None else None
    return by is not None and by.isoformat() == talk.scene.values.get(values.SCHOOL_DAY)
