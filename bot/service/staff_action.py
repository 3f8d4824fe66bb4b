"""What staff do with an alert or a page: open, acknowledge, say thanks, ask the liaison, acknowledge a page (F27).

Slack repeats events and people press twice: an event counts once, and a thing done is not done again. Only who may open the case may
act on it; whoever else presses changes nothing. Nothing here calls a provider: every answer is an outbox row of the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.errors import NotAllowed, NotFound
from bot.log import get_log
from bot.policy import permissions
from bot.service import access, acknowledge, assign, audit, directory, family_chat, family_pin, staff_post, who_may
from bot.service.alert_seen import ONCE, is_done
from bot.service.runtime import Runtime
from bot.service.viewer import Viewer
from bot.service.wording import wording
from bot.store import family_queries, meetings, staff_queries, tasks, thanks, timeline
from bot.store.types import Plain
from channels.base import StaffAction
from channels.text import normalise, segments

LINK_AGAIN = timedelta(minutes=10)

_log = get_log("staff_action")


@dataclass(frozen=True, slots=True)
class _Press:
    """One press: by whom, on which message of ours, about which case."""

    conn: Connection
    runtime: Runtime
    who: Viewer
    row: Any
    case: Any
    now: datetime

    def say(self, text: str) -> str:
        """A text in the language of the message the button hangs on: whoever reads along reads that one."""
        return wording(self.row.lang or "en").gettext(text)

    def audited(self, action: str) -> None:
        kind, row = ("outbox", self.row) if self.case is None else ("case", self.case)
        audit.by_staff(self.conn, self.runtime, self.who, action, row.id, self.now, kind=kind)


def act(conn: Connection, runtime: Runtime, action: StaffAction, now: datetime) -> list[str]:
    """Do what was pressed, once; the ids of what should leave at once. Unknown people, messages and actions change nothing."""
    if not staff_queries.first_seen(conn, action.provider, action.event_id, now):
        return []
    row = staff_queries.outbox_row(conn, action.target)
    person = _person(conn, action.actor, row)
    do = _ACTIONS.get(action.action)
    if row is None or person is None or do is None:
        _log.info("staff_action_ignored", action=action.action if do else "unknown", reason="unknown")
        return []
    case = timeline.case_by_id(conn, person.district_id, row.case_id) if row.case_id else None
    if case is not None and not access.may_open(conn, person, case, now):
        _log.warning("staff_action_refused", staff_id=person.staff_id, case_id=case.id, action=action.action)
        return []
    if action.action in ONCE:
        row = staff_queries.outbox_row(conn, row.id, hold=True)
        if row is None or is_done(row, action.action):
            _log.info("staff_action_ignored", action=action.action, reason="done")
            return []
    _log.info("staff_action", staff_id=person.staff_id, outbox_id=row.id, action=action.action)
    return do(_Press(conn, runtime, person, row, case, now))


def send_chat_link(conn: Connection, runtime: Runtime, who: Viewer, code: str, contact_id: str, now: datetime) -> list[str]:
    """A team member texts an adult of the child the link to their own page; the code still goes to the number on file. A button pressed
    twice texts one; a link that did not arrive may be sent anew at once."""
    case = access.case_to_send(conn, who, code, "A", now)
    if contact_id not in {one.id for one in timeline.contacts(conn, case.district_id, case.student_id)}:
        raise NotFound
    meetings.lock_case(conn, case.id)
    if family_queries.link_under_way(conn, contact_id, now - LINK_AGAIN):
        return []
    queued = family_chat.send_link(conn, runtime, contact_id, now)
    audit.by_staff(conn, runtime, who, "send_chat_link", contact_id, now, kind="contact", message_class="A")
    return queued


def forget_pin(conn: Connection, runtime: Runtime, who: Viewer, code: str, contact_id: str, now: datetime) -> None:
    """Somebody who keeps the families' data lets a family that shares its phone choose another PIN (F24)."""
    case = access.case(conn, who, code, now)
    if not permissions.may_change_contact(access.grants(conn, who), school_id=case.school_id, what="language"):
        raise NotAllowed
    if contact_id not in {one.id for one in timeline.contacts(conn, case.district_id, case.student_id)}:
        raise NotFound
    family_pin.forget(conn, runtime, who.district_id, contact_id, who.staff_id, now)


def _person(conn: Connection, slack_user: str, row: Any) -> Viewer | None:
    """The staff member of the message's own district behind a Slack user; a direct message answers only to its receiver."""
    for one in staff_queries.staff_by_slack(conn, slack_user):
        if row is not None and one.district_id == row.district_id and row.staff_id in (None, one.id):
            return Viewer(one.id, one.district_id, one.name, one.lang, b"")
    return None


# --- what the buttons do ----------------------------------------------------------------------------------------------------------------


def _open(press: _Press) -> list[str]:
    """Send the address of the case to the person who asked; signing in decides what they see."""
    if press.case is None:
        return []
    link = f"{press.runtime.settings.base_url}/console/cases/{press.case.code}"
    text = wording(press.who.lang).gettext("Case {code}: {link}").format(code=press.case.code, link=link)
    return _tell(press, press.who.staff_id, text, "open", only=("slack",))


def _acknowledge_alert(press: _Press) -> list[str]:
    if press.row.handoff_id:
        tasks.take(press.conn, press.row.handoff_id, press.who.staff_id, press.now)
    press.audited("acknowledge")
    return _show(press, press.say("Acknowledged by {name}.").format(name=press.who.name), without="acknowledge")


def _say_thanks(press: _Press) -> list[str]:
    """A pre-translated text to the family; in a language nobody checked, a task for the liaison instead."""
    if press.case is None or not press.row.contact_id:
        return []
    family = who_may.first(
        press.conn,
        press.case.id,
        press.row.contact_id,
        message_class="C",
        now=press.now,
        prefer=thanks.talk_endpoint(press.conn, press.row.session_id),
    )
    text = _thanks_text(press, family) if family is not None else None
    if family is None or text is None:
        queued = _hand_to_liaison(press, "thanks")
        return [*queued, *_show(press, press.say("The liaison will thank the family in their language."), without="say_thanks")]
    outbox_id = press.runtime.ids.new("out")
    district_id = press.who.district_id
    queued_row = thanks.queue(
        press.conn,
        id=outbox_id,
        district_id=district_id,
        contact_id=press.row.contact_id,
        endpoint_id=family.endpoint_id,
        case_id=press.case.id,
        guardianship_id=family.guardianship_id,
        channel=family.channel,
        sender=family.sender,
        address_index=family.address_index,
        body=Plain(district_id, text),
        lang=family.lang,
        segments=segments(text),
        not_before=press.now,
        dedupe_key=f"thanks:{press.row.id}",
        created_at=press.now,
    )
    press.audited("say_thanks")
    shown = _show(press, press.say("{name} said thanks to the family.").format(name=press.who.name), without="say_thanks")
    return [*([outbox_id] if queued_row else []), *shown]


def _thanks_text(press: _Press, family: Any) -> str | None:
    """The checked words of the family's language, or None."""
    runtime = press.runtime
    lang = runtime.library.resolve(family.lang) if runtime.library is not None else ""
    if not lang or not thanks.is_approved(press.conn, press.who.district_id, lang, runtime.catalogues.hash("flows", lang)):
        return None
    text = runtime.library.text("common", "staff_thanks", lang)
    if text is None:
        return None
    values = {"teacher": press.who.name, "child": family.child}
    return normalise(text.format % tuple(values.get(name, "") for name in text.names))


def _ask_liaison(press: _Press) -> list[str]:
    if press.case is None:
        return []
    queued = _hand_to_liaison(press, "staff_asks")
    press.audited("ask_liaison")
    return [*queued, *_show(press, press.say("{name} asked the liaison.").format(name=press.who.name), without="ask_liaison")]


def _acknowledge_page(press: _Press) -> list[str]:
    """The page stops climbing the rota: this person has it, and everybody paged sees who."""
    if not press.row.handoff_id:
        return _show(press, press.say("{name} has it.").format(name=press.who.name), without="acknowledge_page")
    _, queued = acknowledge.acknowledge(press.conn, press.runtime, press.row.handoff_id, press.who.staff_id, "slack", press.now)
    return queued


_ACTIONS: dict[str, Callable[[_Press], list[str]]] = {
    "open": _open,
    "acknowledge": _acknowledge_alert,
    "say_thanks": _say_thanks,
    "ask_liaison": _ask_liaison,
    "acknowledge_page": _acknowledge_page,
}


# --- rows -------------------------------------------------------------------------------------------------------------------------------


def _hand_to_liaison(press: _Press, reason: str) -> list[str]:
    """A dated task for the case's liaison, and a word to them that names the case code only. One open task per reason is enough."""
    case, now = press.case, press.now
    have = [one for one in timeline.handoffs(press.conn, case.id) if one.reason == reason and one.state == "open"]
    if have:
        return []
    due_at = assign.due(press.conn, case, "school_day", now)
    handoff_id = assign.assign(
        press.conn, press.runtime, case, "liaison", case.liaison_id, reason, due_at, now, contact_id=press.row.contact_id
    )
    liaison = directory.staff(press.conn, [case.liaison_id], now).get(case.liaison_id)
    if liaison is None or liaison.id == press.who.staff_id:
        return []
    text = wording(liaison.lang).gettext("Case {code}: the team asks you for help. It waits for you in Hearthline.").format(code=case.code)
    return _tell(press, liaison.id, text, "handoff", handoff_id=handoff_id)


def _tell(press: _Press, staff_id: str, text: str, purpose: str, **known: Any) -> list[str]:
    known |= {"case_id": press.case.id, "purpose": purpose, "ref": purpose}
    return staff_post.post(press.conn, press.runtime, staff_id, text, now=press.now, **known)


def _show(press: _Press, note: str, *, without: str) -> list[str]:
    return acknowledge.show(press.conn, press.runtime, press.row, note, press.now, without=without)
