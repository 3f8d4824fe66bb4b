"""What Twilio checks before it accepts a message, in the vendor's order; pure."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.sandbox.options import Options
from bot.sandbox.twilio_errors import REFUSED_FROM, REFUSED_TO

E164: Final = re.compile(r"\+[1-9]\d{7,14}")
NORTH_AMERICA: Final = re.compile(r"\+1[2-9]\d{9}")
MAX_BODY: Final = 1_600
MAX_MEDIA: Final = 10
MAX_QUEUE_SECONDS: Final = 36_000
SOONEST_SCHEDULE: Final = 300
LATEST_SCHEDULE: Final = 35 * 86_400
WHATSAPP: Final = "whatsapp:"

Form = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A create request that is not accepted: the vendor's code and the value its sentence names."""

    code: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A create request that may be accepted."""

    sender: str
    to: str
    body: str
    callback: str
    valid_seconds: int
    service: str | None
    send_at: float | None
    content_sid: str
    media_urls: tuple[str, ...]


def is_phone(address: str) -> bool:
    """Whether a number could exist; +1555... numbers do here, though no phone company gives them out."""
    if not E164.fullmatch(address):
        return False
    return not address.startswith("+1") or bool(NORTH_AMERICA.fullmatch(address))


def first(form: Form, name: str) -> str:
    return form.get(name, [""])[0].strip()


def check(form: Form, options: Options, stopped: AbstractSet[tuple[str, str]], now: float) -> Wanted | Refusal:
    """Return what may be accepted, or the first reason against it."""
    to, body = first(form, "To"), form.get("Body", [""])[0]
    sender, service = first(form, "From"), first(form, "MessagingServiceSid") or None
    media = tuple(url for url in form.get("MediaUrl", []) if url)
    content = first(form, "ContentSid")
    if not to:
        return Refusal(21604)
    if not sender and service is None:
        return Refusal(21603)
    if service is not None and service != options.messaging_service_sid:
        return Refusal(21701)
    if not sender:
        sender = (WHATSAPP if to.startswith(WHATSAPP) else "") + options.senders[0]
    if not body.strip() and not media and not content:
        return Refusal(21602)
    refusal = _check_numbers(to, sender, options)
    if refusal is not None:
        return refusal
    if len(body) > MAX_BODY:
        return Refusal(21617)
    if len(media) > MAX_MEDIA:
        return Refusal(21623)
    if (sender, to) in stopped:
        return Refusal(21610)
    valid = first(form, "ValidityPeriod") or str(MAX_QUEUE_SECONDS)
    if not valid.isdecimal() or not 1 <= int(valid) <= MAX_QUEUE_SECONDS:
        return Refusal(20001)
    send_at: float | None = None
    if first(form, "ScheduleType"):
        send_at = _moment(first(form, "SendAt"))
        too_soon_or_late = send_at is None or not now + SOONEST_SCHEDULE <= send_at <= now + LATEST_SCHEDULE
        if service is None or first(form, "ScheduleType") != "fixed" or too_soon_or_late:
            return Refusal(35111)
    return Wanted(sender, to, body, first(form, "StatusCallback"), int(valid), service, send_at, content, media)


def _check_numbers(to: str, sender: str, options: Options) -> Refusal | None:
    by_whatsapp = to.startswith(WHATSAPP)
    if by_whatsapp != sender.startswith(WHATSAPP):
        return Refusal(21910)
    to_number, from_number = to.removeprefix(WHATSAPP), sender.removeprefix(WHATSAPP)
    if from_number in REFUSED_FROM:
        return Refusal(REFUSED_FROM[from_number], sender)
    if not is_phone(from_number):
        return Refusal(63007 if by_whatsapp else 21212, sender)
    if from_number not in options.senders:
        return Refusal(63007 if by_whatsapp else 21606, sender)
    if to_number in REFUSED_TO:
        return Refusal(REFUSED_TO[to_number], to)
    if not is_phone(to_number):
        return Refusal(21211, to)
    if to_number == from_number:
        return Refusal(21266, to)
    return None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()
