"""What is special about a family's mail: whom it may be believed to be from, which case it is about, and words below the cut.

A mail with a doubt is kept and shown to a person; it is nobody's words: no contact, no case, no answer, nothing else changes (fault 11).
The full original is screened (trap 5): STOP counts wherever it stands; danger or a wish for an evaluation that only stands below the
cut brings a person to look. Words that we or the family wrote before and the mail only quotes are not heard a second time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from bot.engine import quoted
from bot.engine.events import Handoff
from bot.service import kept, mail_form
from bot.service.doing import Doing
from bot.service.handoff import hand_off
from bot.service.turn import Stage
from bot.service.who import bare
from bot.store import mail_in
from bot.values.screening import Screening
from channels.base import Inbound

if TYPE_CHECKING:
    from bot.service.receive import Arrival

CHANNEL = "email"
SILENT_DOUBTS = frozenset({"automatic"})
"""Mail of machines: kept, and nobody's task unless it tells of danger."""

MOST_TASKS = 25
"""Open tasks about doubtful mail: who floods us with forged mail does not flood the people."""

GRAVE = 3
BELOW = "danger_below"
"""Grave words below the cut: the whole mail is for trained staff, whatever stands above."""

_SAID_WHO = re.compile(r"[<(][^<>()\s]+@[^<>()\s]+[>)][^@]{0,40}[:\uff1a]?\s*$")
_HEAD_LINE = re.compile(r"\s*\*?[^\W\d_][^:\uff1a]{0,22}[:\uff1a]")
_SHOWN = 4_000


def read_addresses(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    """Look up what signed reply addresses named. An address that names nothing any more is as good as forged."""
    wanted = sorted({one.item.about for one in arrivals if one.item.about and not one.item.doubt})
    rows = mail_in.named(conn, wanted) if wanted else {}
    for one in arrivals:
        one.doubt = one.item.doubt
        if one.item.about and not one.doubt:
            one.about = rows.get(one.item.about)
            if one.about is None or one.about.audience != "family":
                one.doubt = "reply_address"


def index_of(item: Inbound, doubt: str) -> str:
    """What an address is known by: a doubtful one is nobody's, whoever it names."""
    return f"doubt:{item.sender}" if doubt else bare(item.sender)


def settle_writer(arrival: Arrival) -> None:
    """The reply address names a person, and From must be that person; then it also says which child."""
    about, place = arrival.about, arrival.place
    assert place is not None
    if place.endpoint is None or about.contact_id != place.contact_id or about.district_id != place.district.id:
        arrival.doubt = "reply_address"
        place.writer(None)


def settle_case(arrival: Arrival) -> None:
    """The case the answered mail was about is the case of the answer, while the family has a right to it."""
    about, place = arrival.about, arrival.place
    assert place is not None
    if not arrival.doubt and any(one.id == about.case_id for one in place.cases):
        place.chosen = about.case_id


def put_aside(doing: Doing, arrival: Arrival, message: dict[str, Any]) -> None:
    """Keep a mail nobody can vouch for, and give it to a person."""
    place, item = doing.place, arrival.item
    place.writer(None)
    doing.contact_id, doing.visibility, place.cases = None, "staff_only", []
    words = kept.clean(item.full_text or item.text)
    found = doing.stage.screened(place, words, "en")
    grave = 0 < found.danger_level <= GRAVE
    message.update(state="quarantined", error=f"doubt:{arrival.doubt}"[:200], screened=",".join(found.fired)[:200])
    message["visibility"] = doing.visibility = "safety_only" if grave else "staff_only"
    if grave:
        hand_off(doing, Handoff("on_call", "doubtful_danger", "now", words[:_SHOWN]))
    elif found.evaluation:
        hand_off(doing, Handoff("evaluation_contact", "doubtful_evaluation", "same_day", words[:_SHOWN]))
    elif arrival.doubt not in SILENT_DOUBTS and _room(doing):
        hand_off(doing, Handoff("office", "doubtful_mail", "school_day", words[:_SHOWN]))


def _room(doing: Doing) -> bool:
    waiting = sum(one["reason"] == "doubtful_mail" for one in doing.rows.handoff)
    return bool(waiting + mail_in.open_tasks(doing.stage.batch.conn, doing.district_id, "doubtful_mail") < MOST_TASKS)


def hear_below(stage: Stage, doing: Doing, item: Inbound, found: Screening, lang: str) -> Screening:
    """What the whole mail says beside the words above the cut; gives the finding the turn goes on with.

    Only what a list knows counts here: what is likely by its likeness alone is too often a mail program's or a phone's own line.
    """
    lines = _below(stage, doing, item)
    level, evaluation, wishes = 0, "", []
    for line in lines:
        heard = stage.screened(doing.place, line, lang)
        likely = {row.split(".")[1] for row in heard.matched if row.startswith("learned.")}
        if heard.stop and not found.stop and "stop" not in likely:
            found = found._replace(stop="phrase", stop_scope=heard.stop_scope, matched=found.matched + heard.matched)
        if heard.danger_level and (not level or heard.danger_level < level) and "danger" not in likely:
            level = heard.danger_level
        if "evaluation" not in likely:
            evaluation = evaluation or heard.evaluation
            wishes += [line] if heard.evaluation and not 0 < heard.danger_level <= GRAVE else []
    words = "\n".join(lines)[:_SHOWN]
    if level and (not found.danger_level or level < found.danger_level):  # a milder worry above hides no graver one below
        to_role, reason, within = ("on_call", BELOW, "now") if level <= GRAVE else ("liaison", "distress", "same_day")
        hand_off(doing, Handoff(to_role, reason, within, words, lang))
    if evaluation and not found.evaluation:
        hand_off(doing, Handoff("evaluation_contact", "evaluation_possible", "same_day", "\n".join(wishes)[:_SHOWN], lang))
    return found


def _below(stage: Stage, doing: Doing, item: Inbound) -> list[str]:
    whole = kept.clean(f"{item.subject}\n{item.full_text}")
    earlier = mail_in.quotable(stage.batch.conn, doing.contact_id, doing.message_id) if doing.contact_id else []
    return _words(quoted.unread(whole, item.text, [*mail_form.subjects(stage.runtime), *earlier]))


def _words(lines: Sequence[str]) -> list[str]:
    """The lines a person wrote: not what mail programs set over a quote ("On Saturday Name <address> wrote:", broken in two at times, or
    a head of "From: Sent: To: Subject:")."""
    lines = [line for block in _blocks(lines) for line in block if not _is_head(block)]
    said_who = [bool(_SAID_WHO.search(line)) for line in lines]
    broken = [one and line.lstrip().startswith(("<", "r+")) for one, line in zip(said_who, lines, strict=True)]
    return [line for line, here, below in zip(lines, said_who, [*broken, False][1:], strict=True) if not here and not below]


def _blocks(lines: Sequence[str]) -> list[list[str]]:
    """Neighbouring lines of the form "Name: value" together, every other line alone."""
    blocks: list[list[str]] = []
    for line in lines:
        if _HEAD_LINE.match(line) and blocks and _HEAD_LINE.match(blocks[-1][-1]):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _is_head(block: Sequence[str]) -> bool:
    return len(block) > 1 and any("@" in line for line in block)
