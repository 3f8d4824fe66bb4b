"""A person's browser without a screen: cookies, and forms posted with the token their page carried."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import httpx

from tests.e2e.house import House, wait_for


@dataclass
class Browser:
    """`with Browser(house) as browser:`"""

    house: House

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.house.base, timeout=60, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def submit(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Open `page`, then post to `action` what its form would."""
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', self.get(page).text)
        assert found is not None, f"no form on {page}"
        return self.client.post(action, data={"csrf": found[1], **fields})

    def sign_in(self, slack_user: str, email: str) -> None:
        """The one-time link comes by Slack; its page has a button."""
        before = len(self.house.direct(slack_user))
        self.submit("/console/sign-in", "/console/sign-in", email=email)
        text = wait_for(lambda: self.house.direct(slack_user)[before:], "a sign-in link in Slack")[-1]
        link = re.search(r"/console/sign-in/[\w.~-]+", text)
        assert link is not None, text
        answer = self.submit(link[0], link[0])
        assert (answer.status_code, answer.url.path) == (200, "/console/")
