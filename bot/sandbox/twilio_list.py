"""The list of messages: filters, pages and the page tokens of the vendor; pure but for reading the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from bot.sandbox.ledger import Ledger
from bot.sandbox.message import Message

PAGE_SIZE: Final = 50
LARGEST_PAGE: Final = 1_000
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Query:
    """The filters of one list request; `wishes` are kept as they came, for the addresses of other pages."""

    to: str
    sender: str
    earliest: float
    latest: float
    size: int
    number: int
    token: str
    wishes: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Query | None:
        """Read the query, None when a date or number in it makes no sense."""
        earliest, latest = float("-inf"), float("inf")
        try:
            if "DateSent" in query:
                start = _moment(query["DateSent"]) // DAY * DAY
                earliest, latest = start, start + DAY - 0.001
            if "DateSent>" in query:
                earliest = _moment(query["DateSent>"])
            if "DateSent<" in query:
                text = query["DateSent<"]
                latest = _moment(text) + (DAY - 0.001 if len(text) == len("2026-11-21") else 0.999)
            size = min(LARGEST_PAGE, max(1, int(query.get("PageSize", PAGE_SIZE))))
            number = max(0, int(query.get("Page", 0)))
        except ValueError:
            return None
        wishes = tuple((name, value) for name, value in query.items() if name not in {"Page", "PageToken", "PageSize"})
        to, sender, token = query.get("To", ""), query.get("From", ""), query.get("PageToken", "")
        return cls(to, sender, earliest, latest, size, number, token, wishes)

    def matches(self, message: Message) -> bool:
        if self.to and message.to != self.to:
            return False
        if self.sender and message.sender != self.sender:
            return False
        # Not sent yet: the vendor files it under the time it was created.
        return self.earliest <= (message.created if message.sent is None else message.sent) <= self.latest


def page(ledger: Ledger, query: Query, visible_until: float, path: str, as_json: Callable[[Message], dict[str, Any]]) -> dict[str, Any]:
    """Return one page. A token (PA + sid) means "what is older than that message", so new arrivals do not shift pages."""
    older_than = float("inf")
    if query.token.startswith("PA") and query.token[2:] in ledger.by_sid:
        older_than = ledger.by_sid[query.token[2:]].n
    rows: list[Message] = []
    more = False
    skip = 0 if query.token else query.number * query.size
    for message in ledger.newest_first(query.to or query.sender):
        if message.n >= older_than or message.created > visible_until or message.sid not in ledger.by_sid:
            continue
        if not query.matches(message):
            continue
        if skip:
            skip -= 1
            continue
        if len(rows) == query.size:
            more = True
            break
        rows.append(message)

    def address(number: int, token: str = "") -> str:
        parts = [*query.wishes, ("PageSize", str(query.size)), ("Page", str(number))]
        return f"{path}?{urlencode([*parts, ('PageToken', token)] if token else parts)}"

    start = query.number * query.size
    return {
        "messages": [as_json(message) for message in rows],
        "end": start + max(0, len(rows) - 1),
        "first_page_uri": address(0),
        "next_page_uri": address(query.number + 1, "PA" + rows[-1].sid) if more else None,
        "page": query.number,
        "page_size": query.size,
        "previous_page_uri": address(query.number - 1) if query.number else None,
        "start": start,
        "uri": address(query.number, query.token),
    }


def single_page(path: str, count: int) -> dict[str, Any]:
    """The paging fields of a list that always fits."""
    first = f"{path}?PageSize={PAGE_SIZE}&Page=0"
    return {
        "end": max(0, count - 1),
        "first_page_uri": first,
        "next_page_uri": None,
        "page": 0,
        "page_size": PAGE_SIZE,
        "previous_page_uri": None,
        "start": 0,
        "uri": first,
    }


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).timestamp()
