"""Tell the team that a family shared something (F27): the case code, the kind, the language, and no name and no words.

To the case's own Slack channel; without one, to the case lead directly; in a district without Slack, and where the lead has left, as a
task in the console.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from bot.engine.events import Alert, Handoff
from bot.service import directory
from bot.service.alert_seen import watch
from bot.service.doing import PRIORITY_STAFF, Doing, outbox_row
from bot.service.handoff import hand_off
from bot.service.who import OpenCase
from bot.service.wording import Wording, wording

_ = str
"""Marks a text for the catalogue; it is translated when it is said."""

STAFF_LANGUAGE = "en"
"""Where a district does not say which language its staff read (`lang.staff`)."""

NOT_FOR_CHANNELS = frozenset({"feelings"})
BUTTONS = (("open", _("Open")), ("acknowledge", _("Acknowledge")), ("say_thanks", _("Say thanks")), ("ask_liaison", _("Ask liaison")))
_NAMED = {"behaviour": "Behavior", "social-emotional": "Feelings and friends"}
"""Domains whose name on the pages is not their code word."""


def alert(doing: Doing, event: Alert) -> None:
    """Queue the alert of one finished talk."""
    case = doing.case
    if case is None or event.kind in doing.joined:  # the team was told when the task was made
        return
    address, staff_id = _where(doing, case)
    reads = staff_language(doing.place.district.settings)
    text = alert_text(case.code, event, doing.place.endpoint.lang_written, reads)
    if not address:
        hand_off(doing, Handoff("teacher", "alert", "school_day", text, reads))
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
    row["lang"] = reads
    row["blocks"] = doing.sealed(orjson.dumps(blocks(row["id"], text, reads)).decode())
    doing.rows.outbox.append(row)
    doing.wake.append(row["id"])
    if not event.urgent:  # who wishes a person is a task already
        watch(doing, row["id"])


def _where(doing: Doing, case: OpenCase) -> tuple[str, str]:
    """(Slack address, staff id when it is a direct message); ("", "") in a district without Slack, and when the lead has left."""
    if not doing.slack:
        return "", ""
    if case.slack_channel:
        return case.slack_channel, ""
    lead = directory.staff(doing.stage.batch.conn, [case.lead_id], doing.now).get(case.lead_id)
    return (lead.slack_user, lead.id) if lead and lead.active and lead.slack_user else ("", "")


def staff_language(settings: Mapping[str, Any]) -> str:
    """The language a district's staff are told things in where many read along, as in a channel."""
    return wording(str(settings.get("lang.staff") or STAFF_LANGUAGE)).lang


def alert_text(code: str, event: Alert, lang: str, reads: str = STAFF_LANGUAGE) -> str:
    """F27's words, in the language staff read."""
    say = wording(reads)
    domain = _named("general" if event.domain in NOT_FOR_CHANNELS else event.domain, say)
    about = {"code": code, "domain": domain, "kind": _named(event.kind, say), "language": say.language(lang)}
    if speaks(lang, reads) or not event.words:
        text = say.gettext("New family input on case {code}: {domain}, {kind}. Language: {language}, translation not needed.")
    else:
        text = say.gettext("New family input on case {code}: {domain}, {kind}. Language: {language}, translation waiting for the liaison.")
    return text.format(**about)


def _named(word: str, say: Wording) -> str:
    """A code word as the pages say it; in English it is one already."""
    plain = word.replace("_", " ")
    return plain if say.lang == STAFF_LANGUAGE else say.gettext(_NAMED.get(word, plain.capitalize())).lower()


def speaks(lang: str, reads: str = STAFF_LANGUAGE) -> bool:
    """Whether staff read this language without a translation."""
    return lang.partition("-")[0] == reads


def blocks(outbox_id: str, text: str, reads: str = STAFF_LANGUAGE) -> list[dict[str, Any]]:
    """Slack's richer form, see https://api.slack.com/reference/block-kit/blocks ."""
    say = wording(reads).gettext
    buttons = [
        {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": say(label)}, "value": outbox_id}
        for action, label in BUTTONS
    ]
    return [{"type": "section", "text": {"type": "plain_text", "text": text}}, {"type": "actions", "elements": buttons}]
