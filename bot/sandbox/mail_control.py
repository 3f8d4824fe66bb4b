"""The mail part of the control address.

POST /sandbox/mail/inbound   {"from", "to", "subject"?, "text"?, "html"?, "raw"?, "in_reply_to"?, "dmarc"?: pass|fail|none, "times"?,
                              "envelope_from"?, "keep_forged"?}   somebody writes to us; `to` may be "reply:<n>", the reply address of
                              our mail number n
POST /sandbox/mail/fate      {"to", "fate": deliver|hard|soft|away|robot}   what becomes of our mail to one address
POST /sandbox/mail/renew     {"before"?: "UID EXPUNGE"}   the mailbox is made again: another UIDVALIDITY, other UIDs, and who had it open
                              is sent away. Now, or when somebody next gives that command, which is then not done
GET  /sandbox/mail/messages  ?to=&after=&limit=          our mail as the host took it, in order
GET  /sandbox/mail/heads                                 only n, to and message_id of each
GET  /sandbox/mail/counts                                taken, distinct Message-IDs, those taken more than once
GET  /sandbox/mail/coming                                mail to us, and what our listener answered
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bot.sandbox.mail_host import FATES, BadMail, MailHost, shown
from bot.sandbox.mail_letters import head

Wish = dict[str, Any]


class MailControl:
    """What answers under /sandbox/mail."""

    def __init__(self, host: MailHost) -> None:
        self.host = host

    async def inbound(self, wish: Wish) -> Wish:
        to = str(wish.get("to", ""))
        if to.startswith("reply:"):
            wish = {**wish, **self._answering(to.removeprefix("reply:"), wish)}
        coming = await self.host.write(wish)
        message_id = head(coming.raw, "message-id")
        return {"id": coming.id, "message_id": message_id, "delivered": coming.delivered, "answers": coming.answers}

    async def fate(self, wish: Wish) -> Wish:
        fate, to = str(wish.get("fate", "")), str(wish.get("to", "")).lower()
        if fate not in FATES or not to:
            raise BadMail(f"fate is one of {', '.join(FATES)}")
        self.host.fates[to] = fate
        return {"fates": len(self.host.fates)}

    async def renew(self, wish: Wish) -> Wish:
        self.host.box.renew_before = str(wish.get("before", "")).upper()
        if not self.host.box.renew_before:
            self.host.box.renew()
        return {"validity": self.host.box.validity}

    def messages(self, query: Mapping[str, str]) -> Wish:
        after, limit = int(query.get("after", 0)), int(query.get("limit", 100_000))
        found = [one for one in self.host.taken if one.n > after and query.get("to", one.to).lower() == one.to.lower()]
        return {"messages": [shown(one) for one in found[:limit]], "last": self.host.last}

    def heads(self, _: Mapping[str, str]) -> Wish:
        """To whom and under which Message-ID, for who counts many."""
        return {"mails": [{"n": one.n, "to": one.to, "message_id": one.message_id} for one in self.host.taken]}

    def counts(self, _: Mapping[str, str]) -> Wish:
        times = Counter((one.message_id, one.to) for one in self.host.taken)
        twice = [{"message_id": name, "count": count} for (name, _), count in times.items() if count > 1]
        return {"accepted": len(self.host.taken), "distinct": len(times), "twice": twice}

    def coming(self, _: Mapping[str, str]) -> Wish:
        return {
            "coming": [
                {"id": one.id, "to": one.letter.to, "delivered": one.delivered, "answers": one.answers, "subject": head(one.raw, "subject")}
                for one in self.host.coming
            ],
            "in_mailbox": len(self.host.box.mails),
        }

    def _answering(self, number: str, wish: Wish) -> Wish:
        """To whom, and to which mail, an answer to our mail number n goes, as a mail program fills it in."""
        mail = next((one for one in self.host.taken if str(one.n) == number), None)
        if mail is None:
            raise BadMail("no mail of ours has this number")
        answer_to = head(mail.raw, "reply-to") or head(mail.raw, "from")
        subject = head(mail.raw, "subject")
        plain = {"from": mail.to, "subject": subject if subject.lower().startswith("re:") else f"Re: {subject}"}
        return {**plain, **wish, "to": answer_to, "in_reply_to": mail.message_id}
