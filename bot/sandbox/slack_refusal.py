"""Slack's own way of saying no: HTTP 200 and `"ok": false` with one word."""

from __future__ import annotations

from typing import Any


class SlackRefusal(Exception):
    """A call that Slack answers with an error word."""

    def __init__(self, error: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.headers = headers
        self.more = more
