"""The mailboxes of the played host, and the part of IMAP4rev1 (RFC 3501) with UIDPLUS (4315) that a careful reader uses.

CAPABILITY LOGIN SELECT EXAMINE NOOP CHECK UID SEARCH/FETCH/STORE/EXPUNGE EXPUNGE CLOSE LOGOUT. Mail is one folder, INBOX.
"""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

CAPABILITIES: Final = "IMAP4rev1 UIDPLUS"
UID_VALIDITY: Final = 1
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_PART = re.compile(r"^BODY\.PEEK\[(HEADER)?\](?:<(\d+)\.(\d+)>)?$|^BODY\[(HEADER)?\](?:<(\d+)\.(\d+)>)?$", re.IGNORECASE)


@dataclass(slots=True)
class Kept:
    """One mail in a mailbox."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


class MailBox:
    """One mailbox. A UID is given once and never again while `validity` stays."""

    def __init__(self) -> None:
        self.mails: list[Kept] = []
        self.next_uid = 1
        self.validity = UID_VALIDITY
        self.renew_before = ""
        """The command that comes too late: the mailbox is made again just before it."""

    def renew(self) -> None:
        """The mailbox is made again, as a host does that restores one: the same mails under other numbers."""
        self.renew_before = ""
        self.validity += 1
        for number, one in enumerate(self.mails, 1):
            one.uid = number
        self.next_uid = len(self.mails) + 1

    def keep(self, raw: bytes) -> int:
        self.mails.append(Kept(self.next_uid, raw))
        self.next_uid += 1
        return self.next_uid - 1

    def expunge(self, uids: set[int] | None = None) -> list[int]:
        """Remove what is marked deleted (of these UIDs); gives the sequence numbers as IMAP counts them, each after the ones before."""
        gone: list[int] = []
        place = 0
        for one in list(self.mails):
            place += 1
            if "\\Deleted" in one.flags and (uids is None or one.uid in uids):
                self.mails.remove(one)
                gone.append(place)
                place -= 1
        return gone


class ImapTalk:
    """One connection."""

    def __init__(self, box: MailBox, user: str, password: str, note: Callable[..., None]) -> None:
        self._box, self._user, self._password, self._note = box, user, password, note
        self._in = False
        self._selected = False
        self._valid = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk until the other side goes."""
        self._reader, self._writer = reader, writer
        self._say(f"* OK [CAPABILITY {CAPABILITIES}] sandbox ready")
        try:
            while line := await reader.readline():
                words = await self._words(line)
                if len(words) < 2:
                    self._say("* BAD what is this")
                    continue
                if not self._answer(words[0].decode(), words[1].decode().upper(), words[2:]):
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _words(self, line: bytes) -> list[bytes]:
        """The words of a command, literals ({5}) among them."""
        words: list[bytes] = []
        while True:
            literal = re.search(rb"\{(\d+)\+?\}\r?\n$", line)
            head = line[: literal.start()] if literal else line
            words += [quoted.replace(b'\\"', b'"').replace(b"\\\\", b"\\") if quoted or not bare else bare for quoted, bare in _split(head)]
            if literal is None:
                return words
            self._say("+ go on")
            await self._writer.drain()
            words.append(await self._reader.readexactly(int(literal[1])))
            line = await self._reader.readline()

    def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")

    def _answer(self, tag: str, command: str, words: list[bytes]) -> bool:
        """Do one command; False ends the talk."""
        if command == "UID" and words:
            command, words = f"UID {words[0].decode().upper()}", words[1:]
        if command == self._box.renew_before:
            self._box.renew()
        if self._selected and self._valid != self._box.validity:
            self._say("* BYE the mailbox was made again")
            return False
        act = getattr(self, "_do_" + command.lower().replace(" ", "_"), None)
        if act is None:
            self._say(f"{tag} BAD unknown command")
        elif not self._in and command not in ("LOGIN", "CAPABILITY", "NOOP", "LOGOUT", "ID"):
            self._say(f"{tag} NO log in first")
        elif not self._selected and command.startswith(("UID", "EXPUNGE", "CLOSE", "CHECK")):
            self._say(f"{tag} BAD select a folder first")
        else:
            self._say(f"{tag} {act([word.decode('utf-8', 'replace') for word in words]) or 'OK done'}")
        return command != "LOGOUT"

    def _do_capability(self, _: list[str]) -> None:
        self._say(f"* CAPABILITY {CAPABILITIES}")

    def _do_noop(self, _: list[str]) -> None:
        if self._selected:
            self._say(f"* {len(self._box.mails)} EXISTS")

    _do_check = _do_noop

    def _do_login(self, words: list[str]) -> str:
        given = [*words, "", ""][:2]
        right = hmac.compare_digest("\0".join(given).encode(), f"{self._user}\0{self._password}".encode())
        self._in = right
        self._note("imap_login", accepted=right)
        return f"OK [CAPABILITY {CAPABILITIES}] welcome" if right else "NO [AUTHENTICATIONFAILED] wrong user or password"

    def _do_select(self, words: list[str]) -> str:
        if [word.upper() for word in words[:1]] != ["INBOX"]:
            return "NO no such folder"
        self._selected, self._valid = True, self._box.validity
        self._say("* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)")
        self._say(f"* {len(self._box.mails)} EXISTS")
        self._say("* 0 RECENT")
        self._say(f"* OK [UIDVALIDITY {self._box.validity}] stays")
        self._say(f"* OK [UIDNEXT {self._box.next_uid}] next")
        return "OK [READ-WRITE] selected"

    _do_examine = _do_select

    def _do_uid_search(self, words: list[str]) -> None:
        wanted = [word.upper() for word in words]
        found = [str(one.uid) for one in self._box.mails if all(_matches(one, word) for word in wanted)]
        self._say(" ".join(["* SEARCH", *found]))

    def _do_uid_fetch(self, words: list[str]) -> None:
        items = [item.strip("()") for item in words[1:] if item.strip("()")]
        for place, one in self._of(words[0]):
            parts: list[bytes] = [f"UID {one.uid}".encode()]
            for item in items:
                parts += _item(one, item)
            self._writer.write(f"* {place} FETCH (".encode() + b" ".join(parts) + b")\r\n")

    def _do_uid_store(self, words: list[str]) -> None:
        change, flags = words[1].upper(), {word.strip("()") for word in words[2:] if word.strip("()")}
        for place, one in self._of(words[0]):
            one.flags = one.flags | flags if change[0] == "+" else one.flags - flags if change[0] == "-" else set(flags)
            if not change.endswith(".SILENT"):
                self._say(f"* {place} FETCH (UID {one.uid} FLAGS ({' '.join(sorted(one.flags))}))")

    def _do_uid_expunge(self, words: list[str]) -> None:
        self._gone(self._box.expunge({one.uid for _, one in self._of(words[0])}))

    def _do_expunge(self, _: list[str]) -> None:
        self._gone(self._box.expunge())

    def _do_close(self, _: list[str]) -> None:
        self._box.expunge()
        self._selected = False

    def _do_logout(self, _: list[str]) -> None:
        self._say("* BYE")

    def _gone(self, places: Iterable[int]) -> None:
        for place in places:
            self._say(f"* {place} EXPUNGE")

    def _of(self, numbers: str) -> list[tuple[int, Kept]]:
        """(sequence number, mail) of a UID set such as 1,4:6,9:*."""
        wanted: list[tuple[int, int]] = []
        last = self._box.next_uid
        for part in numbers.split(","):
            low, _, high = part.replace("*", str(last)).partition(":")
            if low.isdecimal() and (high or low).isdecimal():
                wanted.append((min(int(low), int(high or low)), max(int(low), int(high or low))))
        mails = enumerate(self._box.mails, 1)
        return [(place, one) for place, one in mails if any(low <= one.uid <= high for low, high in wanted)]


def _split(head: bytes) -> list[tuple[bytes, bytes]]:
    return [(found[0], found[1]) for found in _WORD.findall(head)]


def _matches(one: Kept, word: str) -> bool:
    flag = {"DELETED": "\\Deleted", "SEEN": "\\Seen", "FLAGGED": "\\Flagged", "ANSWERED": "\\Answered"}.get(word.removeprefix("UN"))
    return flag is None or (flag in one.flags) != word.startswith("UN")


def _item(one: Kept, item: str) -> list[bytes]:
    """One data item of a FETCH."""
    name = item.upper()
    if name == "FLAGS":
        return [f"FLAGS ({' '.join(sorted(one.flags))})".encode()]
    if name == "RFC822.SIZE":
        return [f"RFC822.SIZE {len(one.raw)}".encode()]
    found = _PART.match(item)
    if found is None:
        return []
    header, start, count = (first or second for first, second in zip(found.groups()[:3], found.groups()[3:], strict=True))
    data = one.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if header else one.raw
    place = f"<{start}>" if start is not None else ""
    data = data[int(start) : int(start) + int(count)] if start is not None else data
    return [f"BODY[{header or ''}]{place} {{{len(data)}}}\r\n".encode() + data]
