"""Whose people are these? A user id names somebody within one workspace only, so a request counts when every team it names is ours.

    {"team": {"id": "T.."}, "user": {"id": "U..", "team_id": "T.."}}              a press; in a shared channel the two differ
    {"team_id": "T..", "event": {"user_team": "T.."}}                             an event; a slash command has `team_id` alone

Which workspace is ours the bot's own token tells, asked once a process. https://docs.slack.dev/reference/methods/auth.test
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from channels.errors import Refused
from channels.slack.client import Workspace

PATIENCE_SECONDS = 2
"""Slack waits three seconds for our answer to the request that made us ask."""


class Home:
    """Our own workspace, and the organization it belongs to on Enterprise Grid.

    :param team_id: the workspace, where it is known; else it is asked for.
    """

    def __init__(self, workspace: Workspace, team_id: str = "") -> None:
        self._workspace = workspace
        self._ours = frozenset({team_id} if team_id else ())
        self._lock = threading.Lock()

    def is_home_of(self, payload: Mapping[str, Any]) -> bool:
        """Whether a request names no workspace but ours. Slack's always name one; of one that names none the signature says that it is of
        our app. `Refused` while we cannot know."""
        named = set(teams(payload))
        return not named or named <= self._known()

    def _known(self) -> frozenset[str]:
        with self._lock:
            if not self._ours:
                self._ours = self._asked()
            return self._ours

    def _asked(self) -> frozenset[str]:
        from slack_sdk.errors import SlackClientError

        client = self._workspace.waiting_client()
        client.timeout = PATIENCE_SECONDS
        try:
            said = client.auth_test(token=self._workspace.token)
        except (SlackClientError, OSError, ValueError) as error:
            raise Refused("Slack does not say which workspace is ours.") from error
        found = frozenset(one for name in ("team_id", "enterprise_id") if isinstance(one := said.get(name), str) and one)
        if not found:
            raise Refused("Slack does not say which workspace is ours.")
        return found


def teams(payload: Mapping[str, Any]) -> Iterator[str]:
    """Every workspace a request names: where it happened, and whose its person is."""
    user, team, event = (payload.get(name) for name in ("user", "team", "event"))
    yield from _ids(payload, "team_id", "user_team")
    yield from _ids(user, "team_id")
    yield from _ids(team, "id")
    yield from _ids(event, "user_team", "source_team")


def _ids(thing: object, *names: str) -> Iterator[str]:
    if isinstance(thing, Mapping):
        yield from (str(found) for name in names if (found := thing.get(name)) not in (None, ""))
