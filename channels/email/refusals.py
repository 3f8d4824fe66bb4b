"""What an SMTP answer means for the message, as one table: the enhanced status (RFC 3463) first, then the plain code."""

from __future__ import annotations

import re
from typing import NamedTuple

from channels.errors import BadAddress, Misconfigured, NotAccepted, Permanent, SendError, Throttled, TooLong

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
GREYLIST_SECONDS = 60.0
"""A host that has not seen us before asks us to come again; most let us in after one to five minutes."""

BUSY_SECONDS = 30.0


class Said(NamedTuple):
    """An answer: where in the talk it came (connect, auth, sender, recipient, data), its code and its words, which may hold an address."""

    stage: str
    code: int
    words: str

    @property
    def enhanced(self) -> str:
        """The enhanced status, "" when the host gives none."""
        found = _ENHANCED.search(self.words)
        return ".".join(found.groups()) if found else ""

    @property
    def word(self) -> str:
        """For staff and logs: codes only, never the host's own words."""
        return f"{self.code} {self.enhanced}".strip()


def error_of(said: Said) -> SendError:
    """The error of a refusal; everything here came before the host took the message."""
    if said.code < 500:
        return _for_now(said)
    if said.stage in ("connect", "auth", "sender"):
        return Misconfigured("The mail host does not let us send; check address, user and password of the mail settings.", code=said.word)
    subject = said.enhanced[2:].partition(".")[0] if said.enhanced else ""
    if said.code == 552 or said.enhanced == "5.3.4":
        return TooLong("The receiving host does not take a mail of this size.", code=said.word)
    if said.stage == "recipient" and (subject in ("1", "2") or (not subject and said.code in (550, 551, 553))):
        return BadAddress("There is no such mailbox; reach the family another way.", code=said.word)
    return Permanent("The receiving host does not take this mail.", code=said.word)


def _for_now(said: Said) -> SendError:
    if said.code == 421 or said.enhanced.startswith("4.7.") or "grey" in said.words.lower() or "gray" in said.words.lower():
        seconds = GREYLIST_SECONDS if said.stage == "recipient" else BUSY_SECONDS
        return Throttled("The mail host asks us to come again later.", code=said.word, retry_after=seconds)
    return NotAccepted("The mail host cannot take the mail just now.", code=said.word)
