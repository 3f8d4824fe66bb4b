"""The district file: one TOML in which a district says who it is, before it goes live and whenever something of it changes.

`[district]` name, zone, region · `[settings]` the keys of domain.md 10.2 · `[[school]]` · `[[sender]]` · `[[staff]]` with roles ·
`[[on_call]]` in paging order · `[[evaluation]]` · `[golive.<item>]` who attests what a program cannot see, and when. A mistake is named
with its place; nothing of a file with mistakes is taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

ATTESTED: Mapping[str, str] = {
    "eval_clock_approved": "counsel has approved the state's evaluation clock as it is set",
    "vendor_terms": "the vendors' terms are signed (texts, mail, Slack, hosting)",
    "sender_registered": "the number is registered with the carriers",
    "profile_merged": "every school's profile is filled in and read by its office",
    "restricted_checked": "restricted contacts were compared with the school's court papers",
    "paper_forms": "the paper forms are printed for families without a phone",
    "staff_trained": "staff had their twenty minutes: rights, no child interpreters, reply times",
    "families_told": "families were told before the first text",
    "partnering_baseline": "the partnering checklist was filled in as a baseline",
}
"""What only people can know (domain.md 11): item -> what is attested."""

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_CHANNELS = ("sms", "whatsapp", "email", "slack")


class SchoolPart(NamedTuple):
    name: str
    phone: str
    zone: str


class SenderPart(NamedTuple):
    channel: str
    address: str
    segments_per_second: float


class StaffPart(NamedTuple):
    """`roles`: (role, school name or "" for the whole district)."""

    email: str
    name: str
    roles: tuple[tuple[str, str], ...]
    phone: str
    slack_user: str
    lang: str
    active: bool


class NamedPart(NamedTuple):
    """Somebody by e-mail address for a school ("" = all): on call, or for evaluations; `approved` only there."""

    email: str
    school: str
    approved: date | None


class Attested(NamedTuple):
    item: str
    email: str
    on: date


class DistrictFile(NamedTuple):
    """`on_call` and `evaluation` are None where the file says nothing: then what is there stays."""

    name: str
    zone: str
    settings: Mapping[str, Any]
    schools: tuple[SchoolPart, ...]
    senders: tuple[SenderPart, ...]
    staff: tuple[StaffPart, ...]
    on_call: tuple[NamedPart, ...] | None
    evaluation: tuple[NamedPart, ...] | None
    attested: tuple[Attested, ...]


class Mistakes(ValueError):
    """The file cannot be taken; one sentence a mistake."""

    def __init__(self, sentences: Collection[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = tuple(sentences)


class _Reader:
    """Collects mistakes instead of stopping at the first, so that a person mends a file once."""

    def __init__(self, data: Mapping[str, Any], roles: Collection[str]) -> None:
        self.data, self.roles, self.mistakes = data, roles, list[str]()
        self.region = "US"

    def wrong(self, place: str, says: str) -> None:
        self.mistakes.append(f"{place}: {says}")

    def table(self, name: str) -> Mapping[str, Any]:
        found = self.data.get(name, {})
        if isinstance(found, Mapping):
            return found
        self.wrong(name, "must be one table, [" + name + "].")
        return {}

    def rows(self, name: str) -> list[tuple[str, Mapping[str, Any]]]:
        found = self.data.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
            self.wrong(name, "must be a list of tables, [[" + name + "]].")
            return []
        return [(f"{name} {number}", one) for number, one in enumerate(found, 1)]

    def text(self, place: str, part: Mapping[str, Any], key: str, *, needed: bool = True, default: str = "") -> str:
        value = part.get(key, default)
        if not isinstance(value, str) or (needed and not value.strip()):
            self.wrong(place, f"{key} must be a text{'' if needed else ' or absent'}.")
            return default
        return value.strip()

    def only(self, place: str, part: Mapping[str, Any], allowed: Collection[str]) -> None:
        for key in sorted(set(part) - set(allowed)):
            self.wrong(place, f"{key} is not known here; known are {', '.join(sorted(allowed))}.")

    def zone(self, place: str, part: Mapping[str, Any], default: str) -> str:
        name = self.text(place, part, "zone", needed=not default, default=default)
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.wrong(place, "zone must be an IANA time zone such as America/Denver.")
        return name

    def phone(self, place: str, value: str) -> str:
        try:
            number = phonenumbers.parse(value, self.region)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            self.wrong(place, "that is no telephone number.")
            return value
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def email(self, place: str, part: Mapping[str, Any], key: str) -> str:
        value = self.text(place, part, key).casefold()
        if value and not _EMAIL.fullmatch(value):
            self.wrong(place, f"{key} must be an e-mail address.")
        return value

    def day(self, place: str, part: Mapping[str, Any], key: str) -> date | None:
        value = part.get(key)
        if value is None or type(value) is date:
            return value
        self.wrong(place, f"{key} must be a day, written without quotation marks: 2026-11-21.")
        return None


def read(text: str, roles: Collection[str]) -> DistrictFile:
    """The district this text describes. `roles` are the role names staff may have.

    :raises Mistakes: with every mistake of the file.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Mistakes([f"The file is no TOML: {error}."]) from error
    reader = _Reader(data, roles)
    parts: tuple[Callable[[_Reader], Any], ...] = (_district, _settings, _schools, _senders, _staff)
    reader.only("the file", data, ("district", "settings", "school", "sender", "staff", "on_call", "evaluation", "golive"))
    (name, zone), settings, schools, senders, staff = (part(reader) for part in parts)
    made = DistrictFile(
        name, zone, settings, schools, senders, staff, _named(reader, "on_call"), _named(reader, "evaluation"), _attested(reader)
    )
    _whole(reader, made)
    if reader.mistakes:
        raise Mistakes(reader.mistakes)
    return made


def _district(reader: _Reader) -> tuple[str, str]:
    part = reader.table("district")
    reader.only("district", part, ("name", "zone", "region"))
    reader.region = reader.text("district", part, "region", default="US")
    return reader.text("district", part, "name"), reader.zone("district", part, "")


def _settings(reader: _Reader) -> dict[str, Any]:
    """`"hours.allowed" = ...` and the same thing written as a table, `[settings.hours]`, are equal."""
    flat: dict[str, Any] = {"region": reader.region}

    def walk(prefix: str, part: Mapping[str, Any]) -> None:
        for key, value in part.items():
            if isinstance(value, Mapping):
                walk(f"{prefix}{key}.", value)
            elif isinstance(value, date):
                flat[prefix + key] = value.isoformat()
            elif isinstance(value, list):
                flat[prefix + key] = [one.isoformat() if isinstance(one, date) else one for one in value]
            else:
                flat[prefix + key] = value

    walk("", reader.table("settings"))
    return flat


def _schools(reader: _Reader) -> tuple[SchoolPart, ...]:
    home = str(reader.table("district").get("zone", ""))
    found = []
    for place, part in reader.rows("school"):
        reader.only(place, part, ("name", "phone", "zone"))
        phone = reader.phone(place, reader.text(place, part, "phone"))
        found.append(SchoolPart(reader.text(place, part, "name"), phone, reader.zone(place, part, home) if "zone" in part else home))
    return tuple(found)


def _senders(reader: _Reader) -> tuple[SenderPart, ...]:
    found = []
    for place, part in reader.rows("sender"):
        reader.only(place, part, ("channel", "address", "segments_per_second"))
        channel, address = reader.text(place, part, "channel"), reader.text(place, part, "address")
        if channel not in _CHANNELS:
            reader.wrong(place, f"channel must be one of {', '.join(_CHANNELS)}.")
        if channel in ("sms", "whatsapp"):
            address = reader.phone(place, address)
        pace = part.get("segments_per_second", 1.0)
        if isinstance(pace, bool) or not isinstance(pace, int | float) or not 0 < pace <= 1000:
            reader.wrong(place, "segments_per_second must be a number above 0: what your carrier registration allows.")
            pace = 1.0
        found.append(SenderPart(channel, address.casefold() if channel == "email" else address, float(pace)))
    return tuple(found)


def _staff(reader: _Reader) -> tuple[StaffPart, ...]:
    found = []
    for place, part in reader.rows("staff"):
        reader.only(place, part, ("email", "name", "roles", "phone", "slack_user", "lang", "active"))
        roles = part.get("roles", [])
        if not isinstance(roles, list) or not roles or not all(isinstance(one, str) for one in roles):
            reader.wrong(place, 'roles must be a list such as ["liaison", "teacher@Maple Elementary"].')
            roles = []
        pairs = tuple((one.partition("@")[0].strip(), one.partition("@")[2].strip()) for one in roles)
        for role in sorted({role for role, _ in pairs} - set(reader.roles)):
            reader.wrong(place, f"{role} is no role; roles are {', '.join(sorted(reader.roles))}.")
        phone = reader.text(place, part, "phone", needed=False)
        found.append(
            StaffPart(
                reader.email(place, part, "email"),
                reader.text(place, part, "name"),
                pairs,
                reader.phone(place, phone) if phone else "",
                reader.text(place, part, "slack_user", needed=False),
                reader.text(place, part, "lang", needed=False, default="en"),
                part.get("active", True) is True,
            )
        )
    return tuple(found)


def _named(reader: _Reader, name: str) -> tuple[NamedPart, ...] | None:
    if name not in reader.data:
        return None
    found = []
    for place, part in reader.rows(name):
        reader.only(place, part, ("staff", "school", "approved") if name == "evaluation" else ("staff", "school"))
        school = reader.text(place, part, "school", needed=False)
        found.append(NamedPart(reader.email(place, part, "staff"), school, reader.day(place, part, "approved")))
    return tuple(found)


def _attested(reader: _Reader) -> tuple[Attested, ...]:
    found = []
    for item, part in reader.table("golive").items():
        place = f"golive.{item}"
        if item not in ATTESTED:
            reader.wrong(place, f"is no item; items are {', '.join(ATTESTED)}.")
        elif not isinstance(part, Mapping):
            reader.wrong(place, 'must say who and when: { by = "name@example.org", on = 2026-11-21 }.')
        else:
            reader.only(place, part, ("by", "on"))
            on = reader.day(place, part, "on")
            if on is None:
                reader.wrong(place, "on must say the day.")
            else:
                found.append(Attested(item, reader.email(place, part, "by"), on))
    return tuple(found)


def _whole(reader: _Reader, made: DistrictFile) -> None:
    """What no part can know alone: schools and people are named as they are called elsewhere in the file, each once."""
    schools = [one.name.casefold() for one in made.schools]
    people = [one.email for one in made.staff]
    for kind, names in (("school", schools), ("staff", people), ("sender", [f"{one.channel} {one.address}" for one in made.senders])):
        for name in sorted({name for name in names if names.count(name) > 1}):
            reader.wrong(kind, f"{name} is there twice.")
    named = [("on_call", one.email, one.school) for one in made.on_call or ()]
    named += [("evaluation", one.email, one.school) for one in made.evaluation or ()]
    named += [(f"golive.{one.item}", one.email, "") for one in made.attested]
    named += [(f"staff {one.email}", one.email, school) for one in made.staff for _, school in one.roles]
    for place, email, school in named:
        if email not in people:
            reader.wrong(place, f"{email} is not among the staff of this file.")
        if school and school.casefold() not in schools:
            reader.wrong(place, f"{school} is not among the schools of this file.")
