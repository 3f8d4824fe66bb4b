"""What a mail has beside its words: subject, threading, who wrote it, and the address that ends this kind of mail.

It travels in the outbox row's `blocks`, as a channel's richer form does elsewhere: `pack` when a row is queued, `dress` when it is handed
over. Nothing in it names a child: a subject is shown on locked screens and kept in every mail host's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from bot.service.runtime import Runtime
from bot.service.unsubscribe import address_for
from bot.service.wording import wording
from bot.store.hand_over import Facts
from channels.base import Outbound

CONTEXT = "common"
SUBJECT = "A message from your school"
_ = str
"""Marks a text for the console's catalogue; it is translated when it is said."""

STAFF_SUBJECT = _("Hearthline: something waits for you")
URGENT_SUBJECT = _("URGENT: Hearthline needs you now")
"""Of a page and of what is told by every way: a phone that is locked shows the subject and nothing else."""
BY_A_PERSON = frozenset({"letter"})
"""Purposes of rows whose words a person wrote for this family: not automatic mail."""


def pack(subject: str) -> str:
    """The value for the outbox row's `blocks`."""
    return orjson.dumps({"subject": subject}).decode()


def dress(message: Outbound, row: Facts, answered: str, runtime: Runtime) -> Outbound:
    """The message with what mail needs. `answered`: the raw fields of the mail it answers, "" for none."""
    theirs = _object(_object(answered).get("raw"))
    family = row.audience == "family"
    in_reply_to = str(theirs.get("message_id") or "")
    return replace(
        message,
        blocks=None,
        subject=_subject(str(_object(row.blocks).get("subject") or _plain(row, runtime)), answers=bool(in_reply_to)),
        in_reply_to=in_reply_to,
        references=(*map(str, theirs.get("references") or ()),),
        automatic=row.purpose not in BY_A_PERSON,
        unsubscribe=address_for(runtime, row.id) if family and row.message_class != "F" else "",
        reply_address=family,
        lang=row.lang,
    )


def _subject(subject: str, *, answers: bool) -> str:
    return f"Re: {subject}" if answers and not subject.lower().startswith("re:") else subject


def _plain(row: Facts, runtime: Runtime) -> str:
    """The subject of a row that has none of its own, in its language."""
    if row.audience != "family":
        return wording(row.lang).gettext(URGENT_SUBJECT if row.message_class == "F" else STAFF_SUBJECT)
    if runtime.catalogues is None:
        return SUBJECT
    lang = runtime.catalogues.resolve("flows", row.lang)
    return str(runtime.catalogues.text("flows", lang, CONTEXT, SUBJECT) or SUBJECT)


def subjects(runtime: Runtime) -> tuple[str, ...]:
    """Our subjects in every language: an answer carries them back, and they are nobody's words."""
    if runtime.catalogues is None:
        return (SUBJECT,)
    known = runtime.catalogues.languages("flows")
    return tuple(filter(None, (runtime.catalogues.text("flows", lang, CONTEXT, SUBJECT) for lang in known)))


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value) if value else {}
        except orjson.JSONDecodeError:
            return {}
    return value if isinstance(value, dict) else {}
