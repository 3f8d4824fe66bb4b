"""Days and times in replies: "Monday", "mañana", "4 de mayo", "May 4", "11/24", "3 pm", "a las 3 de la tarde".

"11/4" is November 4 to one family and April 11 to another: where both readings are days, neither is taken and the question is
asked again with an example in words.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from functools import lru_cache

from bot.engine.words import AnswerWords, apart, fold

_ISO = re.compile(r"^(\d{4}) (\d{1,2}) (\d{1,2})$")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|er|o|a)\b")
_AND_A_HALF = re.compile(r"(\d)[.,]5(?!\d)")
_WEEK = 7
_FEW = 2
"""Words of a reply that is a time and no more ("sept", "last May")."""
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})(?:[:.h]\s?(\d{2}))?(?!\d)")


def read_date(text: str, today: date, words: AnswerWords) -> date | None:
    """The day a reply names, the next one of that name from today on; None when it names none or two."""
    folded = fold(text)
    if folded in words.days:
        return today + timedelta(days=int(words.days[folded]))
    iso = _ISO.match(folded)
    if iso:
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    tokens = _ORDINAL.sub(r"\1", folded).split()
    numbers = [int(token) for token in tokens if token.isdigit()]
    months = {month for token in tokens if (month := _names(tuple(words.by_lang))[0].get(token))}
    if len(months) == 1 and numbers:
        return _next(months.pop(), numbers[0], numbers[1] if len(numbers) > 1 else 0, today)
    if not months and len(numbers) in {2, 3} and len(tokens) == len(numbers):
        return _slashed(numbers, today)
    weekdays = {day for token in tokens if (day := _names(tuple(words.by_lang))[1].get(token)) is not None}
    if len(weekdays) == 1 and not numbers:
        return today + timedelta(days=(weekdays.pop() - today.weekday() - 1) % 7 + 1)
    number = _span(tokens, words)  # "2 weeks": so long from today
    return today + timedelta(days=number) if number else None


def read_days_ago(text: str, today: date, words: AnswerWords) -> int | None:
    """How many days ago a reply says something began: "since September", "desde el lunes", "since school started", "10 days"; None when it
    names no day, or two. A month counts from its first day; "may" and "mar" only where they are said as a time."""
    tokens = apart(fold(text)).split()
    if number := _span(tokens, words):
        return number
    months, weekdays = _names(tuple(words.by_lang))
    timely = [token for at, token in enumerate(tokens) if len(tokens) <= _FEW or (at and tokens[at - 1] in words.since)]
    named = {(months[token], 1) for token in timely if token in months}
    named |= {(when, 1) if isinstance(when, int) else (when[0], when[1]) for said, when in words.began.items() if _holds(tokens, said)}
    if len(named) == 1:
        month, day = named.pop()
        return (today - date(today.year - ((month, day) > (today.month, today.day)), month, day)).days
    days = {weekdays[token] for token in timely if token in weekdays}
    return (today.weekday() - days.pop() - 1) % 7 + 1 if len(days) == 1 and not named else None


def names_span(text: str, words: AnswerWords) -> bool:
    """Whether a reply says how long ("10 days", "3 semanas")."""
    return bool(_span(apart(fold(text)).split(), words))


def _span(tokens: list[str], words: AnswerWords) -> int:
    for at, token in enumerate(tokens):
        before = reversed(tokens[max(0, at - 2) : at]) if token in words.spans else ()
        if number := next(filter(None, (_number(word, words) for word in before)), 0):
            return number * int(words.spans[token])
    return 0


def read_per_week(text: str, words: AnswerWords) -> int | None:
    """How often a week a reply says ("4 times a week", "2 o 3 noches por semana": the more of two), None where it says none."""
    tokens = apart(fold(text)).split()
    for at, token in enumerate(tokens):
        if words.spans.get(token) == _WEEK and at and not _number(tokens[at - 1], words):
            counted = [number for one in tokens[max(0, at - 6) : at] if one not in words.articles and (number := _number(one, words))]
            if counted:
                return max(counted)
    return None


def _holds(tokens: list[str], said: str) -> bool:
    return f" {said} " in f" {' '.join(tokens)} "


def read_time(text: str, words: AnswerWords) -> time | None:
    """The time a reply names. Without am or pm: 7 to 11 is the morning, 12 and 1 to 6 the afternoon, as school hours go."""
    folded = fold(text)
    if folded in words.times:
        return time.fromisoformat(str(words.times[folded]))
    plain = "".join(fold(char) if char.isdecimal() else char for char in text)
    found = _CLOCK.findall(plain)
    if len(found) != 1:
        return None
    hour, minute = int(found[0][0]), int(found[0][1] or 0)
    if hour > 23 or minute > 59:
        return None
    padded = f" {apart(folded)} "
    late = any(f" {word} " in padded for word in words.evening)
    early = any(f" {word} " in padded for word in words.morning)
    if late and hour < 12:
        hour += 12
    elif early and hour == 12:
        hour = 0
    elif not (early or late) and 1 <= hour <= 6 and len(found[0][0]) < 2:
        hour += 12
    return time(hour, minute)


def read_minutes(text: str, words: AnswerWords) -> int | None:
    """How many minutes a reply names ("40 min", "una hora y media", "like 2 hours", "1.5 hrs"); None where no unit is named."""
    tokens = apart(fold(_AND_A_HALF.sub(r"\1 half ", text))).split()
    total, found = 0.0, False
    for at, token in enumerate(tokens):
        if token not in words.minutes and token not in words.hours:
            continue
        unit = 60 if token in words.hours else 1
        before, after = tokens[max(0, at - 3) : at], tokens[at + 1 : at + 4]
        number = next((_number(word, words) for word in reversed(before) if _number(word, words)), 0)
        halves = words.half_words.intersection(before)
        if not number and not halves and not words.articles.intersection(before):
            continue
        number = number if number and not (halves and before[-1] in words.articles) else int(not halves)
        total += unit * (number + (0.5 if halves or (unit == 60 and words.half_words.intersection(after)) else 0))
        found = True
    return round(total) if found else None


def _number(word: str, words: AnswerWords) -> int:
    return int(word) if word.isdigit() and len(word) < 4 else words.number.get(word, 0)


def _slashed(numbers: list[int], today: date) -> date | None:
    first, second = numbers[0], numbers[1]
    year = numbers[2] if len(numbers) == 3 else 0
    if first == second or (first <= 12 < second):
        return _next(first, second, year, today)
    if second <= 12 < first:
        return _next(second, first, year, today)
    return None


def _next(month: int, day: int, year: int, today: date) -> date | None:
    if year:
        return _day(year if year > 99 else 2000 + year, month, day)
    found = _day(today.year, month, day)
    return found if found is None or found >= today else _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=8)
def _names(languages: tuple[str, ...]) -> tuple[dict[str, int], dict[str, int]]:
    """Folded month names -> 1..12 and weekday names -> 0..6 of these languages, long and short."""
    from babel import Locale

    months: dict[str, int] = {}
    weekdays: dict[str, int] = {}
    for lang in languages:
        locale = Locale.parse(lang.replace("-", "_"))
        for style in ("wide", "abbreviated"):
            for month, name in locale.months["format"][style].items():
                months.setdefault(fold(name), month)
            for day, name in locale.days["format"][style].items():
                weekdays.setdefault(fold(name), day)
    return months, weekdays
