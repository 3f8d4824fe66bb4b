"""Families as they live: a made-up history of enrolments, moves, court orders, opt-outs, flags, birthdays and messages, told twice.

`World` keeps rows, as the services write them, for the code under test. `Telling` keeps only what happened and when, and answers from that
alone, in the words of domain.md (0.2, 0.3, 0.4, F01, F23 to F25) and faults 1, 2, 9 and 10: it shares nothing with the code but the facts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.policy.consent import Said
from bot.service.hand_over import Decision, decide
from bot.store.hand_over import Facts

ADULTS = ("ana", "ben", "cleo", "young")
CHILDREN = ("kim", "lou")
HOME = ZoneInfo("America/Denver")
BORN = {"kim": datetime(2009, 1, 20, tzinfo=HOME), "lou": datetime(2016, 5, 2, tzinfo=HOME)}
"""Kim comes of age in many of these histories. "young" is Kim's own phone, or anybody else's."""

START = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)


class Happened(NamedTuple):
    """One thing that happened. `child` and `other` are "" where there is none."""

    at: datetime
    what: str
    who: str = ""
    child: str = ""
    other: str = ""
    until: datetime | None = None


class Letter(NamedTuple):
    """One message somebody wants to send."""

    to: str
    child: str
    letter: str
    purpose: str
    answers: bool
    channel: str
    words_of: str
    written_at: datetime
    reminds: bool = False


# --- told from what happened alone ---------------------------------------------------------------------------------------------------------


class Telling:
    """What happened, and what may therefore be said to whom."""

    def __init__(self) -> None:
        self.log: list[Happened] = []

    def _last(self, who: str, *kinds: str, child: str = "", other: str = "") -> Happened | None:
        for one in reversed(self.log):
            if one.what in kinds and one.who == who and (not child or one.child == child) and (not other or one.other == other):
                return one
        return None

    def _since(self, who: str, what: str, *ends: str, child: str = "") -> bool:
        """Whether `what` happened and none of `ends` after it."""
        last = self._last(who, what, *ends, child=child)
        return last is not None and last.what == what

    def may(self, letter: Letter, now: datetime) -> bool:
        """Whether this may go out now."""
        if letter.letter == "F" or letter.purpose in ("crisis", "confirm_stop"):
            return True  # safety goes to whoever wrote, and the one confirmation of a stop
        if self._since(letter.to, "wrong number", "new number"):
            return False  # a stranger's phone
        plain = letter.answers and letter.letter in "AE"
        if self._since(letter.to, "bounced", "new number", "said it is me") and not (plain and not letter.child):
            return False
        if not self._wants(letter, now):
            return False
        if letter.letter == "D" and letter.channel in ("sms", "email"):
            return False  # student data goes behind a link
        if letter.child and not self._right(letter.to, letter.child, now):
            return False
        if letter.child and not self._shared_with(letter):
            return False
        if letter.child and self._since("school", "flag", "release", child=letter.child):
            return False  # an open safety flag holds everything about this child
        if plain:
            return True  # "a person will call", "your request is dated"
        if letter.child and self._since(letter.to, "must be looked at", "looked at", child=letter.child):
            return False
        return self._fits_the_reader(letter, now)

    def _wants(self, letter: Letter, now: datetime) -> bool:
        """F01 and F25: what this adult said about being written to."""
        said = self._last(letter.to, "stop", "start", "yes to texts", "no to texts", "reminders only", "pause")
        answer = letter.answers and letter.letter != "D"
        if said is not None and said.what == "stop":
            return False
        if self._wants_less(letter) and not answer:
            return False
        if said is None or said.what == "reminders only":
            return answer or letter.letter == "A"
        if said.what == "no to texts":
            return answer
        if said.what == "pause" and (said.until is None or said.until > now):
            return answer
        return True

    def _wants_less(self, letter: Letter) -> bool:
        """Nothing about this child, or no reminders, since they last took all texts back."""
        for one in reversed(self.log):
            if one.who != letter.to:
                continue
            if one.what in ("stop", "start", "yes to texts"):
                return False
            if (one.what == "not about this child" and one.child == letter.child) or (one.what == "no reminders" and letter.reminds):
                return True
        return False

    def _right(self, who: str, child: str, now: datetime) -> bool:
        """A right to this child that is in force, closed by no court; at 18 it is the student's own."""
        link = self._last(who, "became guardian", "became caregiver", "is the student", "moved away", child=child)
        if link is None or link.what == "moved away":
            return False
        if self._since(who, "court order", "court lifted", child=child):
            return False
        if self._since(who, "barred at the other school", "freed at the other school", "moved away", child=child):
            return False  # two links of one adult to one child: the stricter counts
        eighteen = BORN[child].replace(year=BORN[child].year + 18)
        return now < eighteen or link.what == "is the student"

    def _shared_with(self, letter: Letter) -> bool:
        """Each adult owns their own words."""
        if letter.words_of in ("", letter.to):
            return True
        pair = [
            one
            for one in self.log
            if (one.what in ("may read", "may not read") and (one.who, one.other, one.child) == (letter.words_of, letter.to, letter.child))
            or (one.what in ("do not tell", "asked again") and one.who in (letter.words_of, letter.to))
        ]
        yes, frozen = False, set()
        for one in pair:
            if one.what == "do not tell":
                yes, frozen = False, frozen | {one.who}
            elif one.what == "asked again":
                yes, frozen = yes and not frozen, set()
            elif not frozen:
                yes = one.what == "may read"
        return yes and not frozen

    def _fits_the_reader(self, letter: Letter, now: datetime) -> bool:
        if letter.letter in "AB":
            return True
        if letter.child:
            link = self._last(letter.to, "became guardian", "became caregiver", "is the student", child=letter.child)
            if link is None or link.what == "became caregiver":
                return False  # unknown education rights: general information only
        me = self._last(letter.to, "said it is me")
        gone = self._last(letter.to, "new number", "bounced")
        if me is None or (gone is not None and self.log.index(gone) > self.log.index(me)):
            return False
        heard = self._last(letter.to, "said it is me", "wrote")
        assert heard is not None
        if heard.at <= now - timedelta(days=90):
            return False  # a number silent for so long may have a new owner
        return letter.letter == "C" or not self._since(letter.to, "shares the phone", "new number")


# --- told in rows, as the services write them ----------------------------------------------------------------------------------------------


class World:
    """The rows of the same families."""

    def __init__(self) -> None:
        self.now = START
        self.phone: dict[str, dict[str, Any]] = {one: self._new_phone() for one in ADULTS}
        self.consent: dict[str, tuple[str, datetime | None]] = dict.fromkeys(ADULTS, ("unknown", None))
        self.links: dict[tuple[str, str], dict[str, Any]] = {}
        self.second: set[tuple[str, str]] = set()
        self.less: dict[str, set[str]] = {one: set() for one in ADULTS}
        self.flags: dict[str, bool] = dict.fromkeys(CHILDREN, False)
        self.sharing: dict[tuple[str, str, str], str] = {}
        self.identity = dict.fromkeys(ADULTS, "unconfirmed")

    @staticmethod
    def _new_phone() -> dict[str, Any]:
        return {"endpoint_state": "active", "shared": False, "confirmed_at": None, "heard_at": None}

    def do(self, one: Happened) -> None:
        link = self.links.get((one.who, one.child))
        phone = self.phone.get(one.who, {})
        match one.what:
            case "became guardian" | "became caregiver" | "is the student":
                before = link["restriction"] if link else ""
                hold = link["hold"] if link else ""
                self.links[one.who, one.child] = {
                    "rights_holder": one.what != "became caregiver", "restriction": before, "may_receive": not before, "hold": hold,
                    "valid_from": one.at, "valid_to": None, "relation": "self" if one.what == "is the student" else "mother",
                }  # fmt: skip
            case "moved away" if link:
                link["valid_to"] = one.at
                self.second.discard((one.who, one.child))
            case "barred at the other school":
                self.second.add((one.who, one.child))
            case "freed at the other school":
                self.second.discard((one.who, one.child))
            case "court order" if link:
                link.update(restriction="court_order", may_receive=False)
            case "court lifted" if link:
                link.update(restriction="", may_receive=True)
            case "must be looked at" if link:
                link["hold"] = "new_guardian"
            case "looked at" if link:
                link["hold"] = ""
            case "not about this child":
                self.less[one.who].add(f"student:{one.child}")
            case "no reminders":
                self.less[one.who].add("topic:reminders")
            case "stop":
                self.less[one.who].clear()
                self.consent[one.who] = ("stopped", None)
            case "start" | "yes to texts":
                self.less[one.who].clear()
                self.consent[one.who] = ("granted", None)
            case "no to texts":
                self.consent[one.who] = ("refused", None)
            case "reminders only":
                self.consent[one.who] = ("reminders_only", None)
            case "pause":
                self.consent[one.who] = ("paused", one.until)
            case "flag" | "release":
                self.flags[one.child] = one.what == "flag"
            case "wrong number":
                phone["endpoint_state"] = "blocked"
                self.identity[one.who] = "wrong_number"
            case "new number":
                self.phone[one.who] = self._new_phone()
                self.identity[one.who] = "unconfirmed"
            case "bounced" if phone["endpoint_state"] == "active":
                phone.update(endpoint_state="unreachable", confirmed_at=None)
            case "said it is me" if phone["endpoint_state"] != "blocked":
                phone.update(endpoint_state="active", confirmed_at=one.at, heard_at=one.at)
                self.identity[one.who] = "confirmed"
            case "wrote":
                phone["heard_at"] = one.at
            case "shares the phone":
                phone["shared"] = True
            case "may read" | "may not read":
                key = (one.child, one.who, one.other)
                if self.sharing.get(key) != "frozen":
                    self.sharing[key] = "yes" if one.what == "may read" else "no"
            case "do not tell":
                for child in CHILDREN:
                    for other in ADULTS:
                        self.sharing[child, one.who, other] = self.sharing[child, other, one.who] = "frozen"
            case "asked again":
                for key, state in self.sharing.items():
                    if one.who in key[1:] and state == "frozen":
                        self.sharing[key] = "no"

    def decide(self, letter: Letter) -> Decision:
        """What the code under test says now."""
        return decide(self.facts(letter), Said(*self.consent[letter.to], " ".join(self.less[letter.to])), self.now, approved=True)

    def facts(self, letter: Letter) -> Facts:
        link = self.links.get((letter.to, letter.child)) if letter.child else None
        known = {
            "guardianship_contact": letter.to, "guardianship_student": letter.child, **link,
        } if link else dict.fromkeys(("guardianship_contact", "guardianship_student", "rights_holder", "may_receive", "restriction", "hold",
                                       "valid_from", "valid_to", "relation"))  # fmt: skip
        phone = self.phone[letter.to]
        return Facts(
            id="out", district_id="dst", audience="family", contact_id=letter.to, staff_id=None, case_id=letter.child or None,
            channel=letter.channel, sender="+1", own_address=None, own_index=None, message_class=letter.letter, purpose=letter.purpose,
            answers_family=letter.answers, body="", blocks=None, lang="en", attempts=0, not_after=None, created_at=letter.written_at,
            demo=True, settings={"hours.allowed": "00:00-23:59"}, district_zone=HOME.key, contact_zone=HOME.key,
            identity=self.identity[letter.to], endpoint_address="+2", endpoint_index=b"x", endpoint_contact=letter.to,
            case_student=letter.child or None, safety_hold=self.flags[letter.child] if letter.child else None, staff_active=None,
            birth_date=BORN[letter.child].date().isoformat() if letter.child else None,
            ref="reminder/1" if letter.reminds else "", barred=(letter.to, letter.child) in self.second, words_of=letter.words_of or None, sharing=self.sharing.get((letter.child, letter.words_of, letter.to)), **phone, **known,
            **MAIL,
        )  # fmt: skip


MAIL: dict[str, Any] = {
    name: default
    for name, default in Facts._field_defaults.items()
    if name not in ("endpoint_contact", "heard_at", "relation", "birth_date", "words_of", "sharing", "barred", "ref")
}
"""What other checks of the hand-over want to know, at rest."""

# --- chance --------------------------------------------------------------------------------------------------------------------------------

PAIRED = (
    "became guardian",
    "became caregiver",
    "is the student",
    "moved away",
    "court order",
    "court lifted",
    "must be looked at",
    "looked at",
    "barred at the other school",
    "freed at the other school",
    "freed at the other school",
)
ALONE = (
    "no reminders",
    "stop", "start", "yes to texts", "yes to texts", "no to texts", "reminders only", "pause", "wrong number", "new number", "bounced",
    "said it is me", "said it is me", "wrote", "shares the phone", "do not tell", "asked again",
)  # fmt: skip


def something(chance: random.Random, now: datetime) -> Happened:
    """What happens next."""
    kind = chance.random()
    who, child = chance.choice(ADULTS), chance.choice(CHILDREN)
    if kind < 0.45:
        what = chance.choice((*PAIRED, "became guardian", "became guardian"))
        return Happened(now, what, who, child)
    if kind < 0.85:
        until = now + timedelta(days=chance.choice((1, 7, 30))) if chance.random() < 0.7 else None
        return Happened(now, chance.choice(ALONE), who, until=until)
    if kind < 0.87:
        return Happened(now, "not about this child", who, child)
    if kind < 0.93:
        return Happened(now, chance.choice(("flag", "release", "release")), "school", child)
    return Happened(now, chance.choice(("may read", "may read", "may not read")), who, child, chance.choice(ADULTS))


def a_letter(chance: random.Random, now: datetime) -> Letter:
    """Something somebody wants to send."""
    return Letter(
        to=chance.choice(ADULTS),
        child=chance.choice((*CHILDREN, *CHILDREN, "")),
        letter=chance.choice("ABCCCDEF"),
        purpose=chance.choice(("ask", "reply", "notice", "nudge", "ask", "crisis" if chance.random() < 0.1 else "ask")),
        answers=chance.random() < 0.4,
        channel=chance.choice(("sms", "email", "webchat", "sms")),
        words_of=chance.choice(ADULTS) if chance.random() < 0.15 else "",
        written_at=now,
        reminds=chance.random() < 0.2,
    )


def live(seed: int, decisions: int) -> Iterator[tuple[Letter, datetime, Decision, bool, list[Happened]]]:
    """A history with so many decisions in it: each letter is decided when it is written and again after things have happened."""
    chance = random.Random(seed)
    world, telling = World(), Telling()
    waiting: list[Letter] = []
    made = 0
    while made < decisions:
        world.now += timedelta(minutes=chance.choice((1, 1, 5, 60, 600, 3000, 30000)))
        for _ in range(chance.choice((1, 2))):
            one = something(chance, world.now)
            if _makes_sense(telling, one):
                world.do(one)
                telling.log.append(one)
        waiting = [*waiting[-6:], *(a_letter(chance, world.now) for _ in range(6))]
        for letter in waiting:
            made += 1
            yield letter, world.now, world.decide(letter), telling.may(letter, world.now), telling.log


def _makes_sense(telling: Telling, one: Happened) -> bool:
    """A blocked number says nothing more; nobody's link cannot end; a person asks again only after a freeze."""
    if one.what in ("said it is me", "wrote", "bounced", "shares the phone") and telling._since(one.who, "wrong number", "new number"):
        return False
    if one.what in PAIRED[3:]:
        return telling._last(one.who, "became guardian", "became caregiver", "is the student", child=one.child) is not None
    return one.who != one.other
