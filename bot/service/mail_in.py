"""What is special about a family's mail: whom it may be believed to be from, which case it is about, and words below the cut.

A mail with a doubt is kept and shown to a person; it is nobody's words: no contact, no case, no answer, nothing else changes (fault 11).
The full original is screened (trap 5): STOP counts wherever it stands; danger or a wish for an evaluation that only stands below the
cut brings a person to look. Words that we or the family wrote before and the mail only quotes are not heard a second time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from bot.engine import quoted
from bot.engine.events import Handoff, Page
from bot.log import get_log
from bot.service import kept, mail_form, page
from bot.service.doing import Doing
from bot.service.handoff import hand_off
from bot.service.turn import Stage
from bot.service.who import bare
from bot.store import mail_in, tasks
from bot.values.screening import GRAVEST, Screening
from channels.base import MAIL, Inbound

if TYPE_CHECKING:
    from bot.service.receive import Arrival

log = get_log("mail_in")

SILENT_DOUBTS = frozenset({"automatic"})
"""Mail of machines: kept, and nobody's task unless it tells of danger."""

MOST_TASKS = 25
"""Open tasks about doubtful mail: who floods us with forged mail does not flood the people."""

ALARM_HOUR = timedelta(hours=1)
ALARMS_AN_HOUR = 5
"""Mails nobody can vouch for that call people out of their work by themselves within an hour: a sixth calls nobody, and is counted."""

BELOW = "danger_below"
"""Grave words below the cut: the whole mail is for trained staff, whatever stands above."""

_SAID_WHO = re.compile(r"[<(][^<>()\s]+@[^<>()\s]+[>)][^@]{0,40}[:\uff1a]?\s*$")
_HEAD_LINE = re.compile(r"\s*\*?[^\W\d_][^:\uff1a]{0,22}[:\uff1a]")
_SHOWN = 4_000
_BEGINNING = 200


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
    if arrival.doubt == "no_district" and mail_in.first_alarm(doing.stage.batch.conn, "no_district", doing.now):
        log.error("mail_of_no_district", message_id=message["id"])
    beside = "" if arrival.doubt in SILENT_DOUBTS else item.beside  # a bounce brings our own mail back
    words = kept.clean("\n".join(filter(None, (item.full_text or item.text, beside))))
    found = doing.stage.screened(place, words, "en")
    message.update(state="quarantined", error=f"doubt:{arrival.doubt}"[:200], screened=",".join(found.fired)[:200])
    message["visibility"] = doing.visibility = "safety_only" if found.grave else "staff_only"
    if found.grave and _may_alarm(doing, "doubtful_danger"):
        page.page(doing, Page(found.danger_level), reason="doubtful_danger", words=words[:_SHOWN], lang="")
    elif found.grave:
        _count(doing, Handoff("on_call", "doubtful_danger_more", "now", words))
    elif found.evaluation and _may_alarm(doing, "doubtful_evaluation"):
        hand_off(doing, Handoff("evaluation_contact", "doubtful_evaluation", "same_day", words[:_SHOWN]))
    elif found.evaluation:
        _count(doing, Handoff("evaluation_contact", "doubtful_evaluation_more", "same_day", words))
    elif arrival.doubt not in SILENT_DOUBTS and _waiting(doing, "doubtful_mail") < MOST_TASKS:
        hand_off(doing, Handoff("office", "doubtful_mail", "school_day", words[:_SHOWN]))
    elif arrival.doubt not in SILENT_DOUBTS:
        _count(doing, Handoff("office", "doubtful_mail_more", "school_day", words))


def _waiting(doing: Doing, reason: str) -> int:
    """Open tasks with this reason, those of this batch among them."""
    return _new(doing, reason) + int(mail_in.open_tasks(doing.stage.batch.conn, doing.district_id, reason))


def _new(doing: Doing, reason: str) -> int:
    """Tasks with this reason that this batch makes."""
    return len([one for one in doing.rows.handoff if one["reason"] == reason and one["district_id"] == doing.district_id])


def _may_alarm(doing: Doing, reason: str) -> bool:
    """Whether people are called for this mail by itself: once an hour for each sender it names, and a few times for all of them."""
    conn = doing.stage.batch.conn
    if _new(doing, reason) + mail_in.tasks_since(conn, doing.district_id, reason, doing.now - ALARM_HOUR) >= ALARMS_AN_HOUR:
        return False
    return mail_in.first_alarm(conn, f"{reason}:{doing.district_id}:{doing.place.address_index.hex()[:32]}", doing.now)


def _count(doing: Doing, event: Handoff) -> None:
    """Add a mail to the one task that holds those nobody is called for by itself: how many, and the beginnings of their words."""
    conn, shown = doing.stage.batch.conn, " ".join(event.text.split())[:_BEGINNING]
    pending = next((one for one in doing.rows.handoff if one["reason"] == event.reason and one["district_id"] == doing.district_id), None)
    if pending is not None:
        pending["body"] = doing.sealed(_counted(pending["body"].text if pending["body"] else "", shown))
    elif (task := mail_in.open_task(conn, doing.district_id, event.reason)) is not None:
        tasks.reword(conn, task.id, doing.sealed(_counted(task.body or "", shown)))
    else:
        hand_off(doing, event._replace(text=_counted("", shown)))


def _counted(body: str, words: str) -> str:
    head, _, rest = body.partition("\n\n")
    number = int(head[1:]) if head[:1] == "\u00d7" and head[1:].isdecimal() else 0
    longer = "\n\n".join(filter(None, (rest, words)))
    return f"\u00d7{number + 1}\n\n{longer if len(longer) <= _SHOWN else rest}"


def hear_below(stage: Stage, doing: Doing, item: Inbound, found: Screening, lang: str) -> Screening:
    """What the whole mail says beside the words above the cut; gives the finding the turn goes on with.

    Only what a list knows counts here: what is likely by its likeness alone is too often a mail program's or a phone's own line.
    """
    if _goes_on(item):
        hand_off(doing, Handoff("liaison", "mail_too_long", "same_day", lang=lang))
    lines = _below(stage, doing, item)
    level, evaluation, wishes = 0, "", []
    beside = _beside(stage, doing, item) if item.beside else []
    for place, line in enumerate((*lines, *beside)):
        heard = stage.screened(doing.place, line, lang)
        likely = {row.split(".")[1] for row in heard.matched if row.startswith("learned.")}
        if heard.stop and place < len(lines) and not found.stop and "stop" not in likely:
            found = found._replace(stop="phrase", stop_scope=heard.stop_scope, matched=found.matched + heard.matched)
        if heard.danger_level and (not level or heard.danger_level < level) and "danger" not in likely:
            level = heard.danger_level
        if "evaluation" not in likely:
            evaluation = evaluation or heard.evaluation
            wishes += [line] if heard.evaluation and not heard.grave else []
    words = "\n".join((*lines, *beside))[:_SHOWN]
    if level and (not found.danger_level or level < found.danger_level):  # a milder worry above hides no graver one below
        if level <= GRAVEST:
            doing.below = (level, words)
        else:
            hand_off(doing, Handoff("liaison", "distress", "same_day", words, lang))
    if evaluation and not found.evaluation:
        hand_off(doing, Handoff("evaluation_contact", "evaluation_possible", "same_day", "\n".join(wishes)[:_SHOWN], lang))
    return found


def _goes_on(item: Inbound) -> bool:
    """Whether the mail is longer than what is searched: a person reads the original for danger and wishes in the rest."""
    return "text_cut" in item.raw.get("defects", ()) or len(quoted.words_of(item.full_text)) >= quoted.LONGEST


def is_of_a_calendar(doing: Doing, item: Inbound) -> bool:
    """Whether a calendar program wrote it because somebody pressed "Yes" or asked us to a meeting: no answer to a question of ours, and a
    person's to read."""
    if item.channel != MAIL or not item.raw.get("calendar"):
        return False
    doing.case = doing.place.case()
    words = kept.clean("\n".join(filter(None, (item.subject, item.full_text))))[:_SHOWN]
    hand_off(doing, Handoff("liaison", "calendar_mail", "same_day", words, doing.place.endpoint.lang_written))
    return True


def page_below(doing: Doing, lang: str, message: dict[str, Any]) -> None:
    """Danger that stood below the cut pages the rota like any other, once the mail itself is answered, and closes the whole mail."""
    level, words = doing.below
    if level:
        page.page(doing, Page(level), reason=BELOW, words=words, lang=lang)
        message["visibility"] = "safety_only"


def _below(stage: Stage, doing: Doing, item: Inbound) -> list[str]:
    return _words(quoted.unread(kept.clean(f"{item.subject}\n{item.full_text}"), item.text, _known(stage, doing)))


def _beside(stage: Stage, doing: Doing, item: Inbound) -> list[str]:
    """What is only in the HTML, in a text that was attached or in a mail sent along. A STOP there is somebody else's or a program's."""
    return _words(quoted.unread(kept.clean(item.beside), kept.clean(f"{item.subject}\n{item.full_text}"), _known(stage, doing)))


def _known(stage: Stage, doing: Doing) -> list[str]:
    """Words that were read when they were new."""
    earlier = mail_in.quotable(stage.batch.conn, doing.contact_id, doing.message_id) if doing.contact_id else []
    return [*mail_form.subjects(stage.runtime), *earlier]


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
