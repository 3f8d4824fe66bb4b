"""Tell the team that a family shared something (F27): the case code, the kind, the language, and no name and no words.

To the case's own Slack channel; without one, to the case lead directly; in a district without Slack, as a task in the console.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from babel import Locale, UnknownLocaleError

from bot.engine.events import Alert, Handoff
from bot.service import directory
from bot.service.doing import PRIORITY_STAFF, Doing, outbox_row
from bot.service.handoff import hand_off
from bot.service.who import OpenCase

STAFF_LANGUAGE = "en"
NOT_FOR_CHANNELS = frozenset({"feelings"})
BUTTONS = (("open", "Open"), ("acknowledge", "Acknowledge"), ("say_thanks", "Say thanks"), ("ask_liaison", "Ask liaison"))


def alert(doing: Doing, event: Alert) -> None:
    """Queue the alert of one finished talk."""
    case = doing.case
    if case is None:
        return
    address, staff_id = _where(doing, case)
    text = alert_text(case.code, event, doing.place.endpoint.lang_written)
    if not address:
        hand_off(doing, Handoff("teacher", "alert", "school_day", text, STAFF_LANGUAGE))
        return
    row = outbox_row(
        doing,
        audience="staff",
        contact_id=doing.contact_id,
        staff_id=staff_id or None,
        case_id=case.id,
        session_id=doing.session_id or None,
        channel="slack",
        address=doing.sealed(address),
        body=doing.sealed(text),
        purpose="alert",
        ref="alert",
        priority=PRIORITY_STAFF,
    )
    row["blocks"] = doing.sealed(orjson.dumps(blocks(row["id"], text)).decode())
    doing.rows.outbox.append(row)
    doing.wake.append(row["id"])


def _where(doing: Doing, case: OpenCase) -> tuple[str, str]:
    """(Slack address, staff id when it is a direct message); ("", "") in a district without Slack."""
    if not doing.slack:
        return "", ""
    if case.slack_channel:
        return case.slack_channel, ""
    lead = directory.staff(doing.stage.batch.conn, [case.lead_id], doing.now).get(case.lead_id)
    return (lead.slack_user, lead.id) if lead and lead.slack_user else ("", "")


def alert_text(code: str, event: Alert, lang: str) -> str:
    """F27's words."""
    state = "not needed" if speaks(lang) else "waiting for the liaison"
    domain = "general" if event.domain in NOT_FOR_CHANNELS else event.domain
    kind = event.kind.replace("_", " ")
    return f"New family input on case {code}: {domain}, {kind}. Language: {language_name(lang)}, translation {state}."


def speaks(lang: str) -> bool:
    """Whether staff read this language without a translation."""
    return lang.partition("-")[0] == STAFF_LANGUAGE


@lru_cache(maxsize=256)
def language_name(lang: str) -> str:
    """A language's English name; its tag where nobody has named it."""
    try:
        return Locale.parse(lang, sep="-").get_display_name("en") or lang
    except (UnknownLocaleError, ValueError):
        return lang


def blocks(outbox_id: str, text: str) -> list[dict[str, Any]]:
    """Slack's richer form, see https://api.slack.com/reference/block-kit/blocks ."""
    buttons = [
        {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": label}, "value": outbox_id}
        for action, label in BUTTONS
    ]
    return [{"type": "section", "text": {"type": "plain_text", "text": text}}, {"type": "actions", "elements": buttons}]
