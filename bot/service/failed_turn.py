"""A turn raised twice: whatever is wrong, what must not wait for it is heard now (faults 4, 19 and 25).

Danger pages the rota, a STOP stops, a wish for an evaluation reaches who answers for it. The family is not answered: a later try may
still go through and do that, and then people hear of it once more, which is better than not at all.
"""

from __future__ import annotations

from sqlalchemy import Connection

from bot.engine import safety
from bot.engine.events import Handoff, Page, SetConsent
from bot.log import get_log
from bot.service.consent import set_consent
from bot.service.doing import Doing
from bot.service.handoff import hand_off
from bot.service.page import page
from bot.values.screening import GRAVEST

log = get_log("failed_turn")


def hear(conn: Connection, doing: Doing) -> None:
    """Screen the words of a message whose turn fails. What breaks here as well costs nothing but this."""
    try:
        with conn.begin_nested():
            _hear(doing)
            doing.rows.write(conn)
    except Exception:  # the words are kept, the tries go on, and a person has them after the last
        log.exception("failed_turn_unheard", message_id=doing.message_id)


def _hear(doing: Doing) -> None:
    place = doing.place
    lang = place.endpoint.lang_written if place.endpoint is not None else "en"
    found = doing.stage.screened(place, doing.body, lang)
    if found.danger_level:
        page(doing, Page(found.danger_level), lang=lang)
    if found.danger_level > GRAVEST:
        to, reason, within = safety.TO[found.danger_level]
        hand_off(doing, Handoff(to, reason, within, doing.body, lang))
    if found.stop:
        set_consent(doing, SetConsent("stopped", found.stop_scope or "number"))
        hand_off(doing, Handoff("liaison", "stopped", "school_day", doing.body, lang))
    if found.evaluation:
        hand_off(doing, Handoff("evaluation_contact", "evaluation_possible", "same_day", doing.body, lang))
    if found.fired:
        log.warning("failed_turn_heard", message_id=doing.message_id, fired=found.fired)
