"""LANGUAGE, then the last message once more (F25): what we said last is said again in the language just chosen, where no question is open.

Only a text of our own that names nothing but the child or the school: a promised day, or words of a person, are not made twice.
"""

from __future__ import annotations

from bot.engine.events import Say, SetLanguage
from bot.engine.scene import Turn
from bot.service.doing import Doing
from bot.store import said

NOT_AGAIN = frozenset({"stop-help", "language-offer", "unclear"})
"""The talk about the language itself."""


def again(doing: Doing, turn: Turn) -> Say | None:
    """The text to say once more behind this turn; None when a question is open (it asks itself) or there is nothing to repeat."""
    chosen = next((one.lang for one in turn.events if isinstance(one, SetLanguage)), "")
    place = doing.place
    if not chosen or turn.session is not None or place.endpoint is None or doing.muted:
        return None
    library = doing.stage.runtime.library.on(place.channel)
    lang = library.resolve(chosen)
    for message_class, ref in said.refs(doing.stage.batch.conn, place.contact_id, place.endpoint.id, doing.now):
        flow_id, _, key = ref.partition("/")
        if flow_id in NOT_AGAIN:
            continue
        text = library.text(flow_id, key, lang)
        case = doing.case or place.case()
        known = {"child": case.child if case and place.trusted(doing.now) else "", "school": case.school.name if case else ""}
        if text is None or not all(known.get(name) for name in text.names):
            return None
        return Say(text.format % tuple(known[name] for name in text.names), lang, message_class, ref, "reply")
    return None
