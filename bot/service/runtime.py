"""What every service function may reach, in one frozen value; built once by `bot.app.build_runtime`, by tests as they need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.clock import Clock, Ids
from bot.config import Settings
from bot.store.database import Database
from bot.store.vault import Vault
from channels.base import Channel


def _nobody(_ids: Sequence[str]) -> None:
    """Nobody delivers in this process; the sweep of another one finds the rows."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """`channels` is keyed by the kind of address ("sms", "whatsapp", "slack", "email", "webchat"); one channel may serve two.

    `library` are the engine's compiled flows, `catalogues` the gettext texts, `words` the compiled screening lists, `translators` the
    engines this installation may use. `wake(outbox_ids)` nudges delivery after a commit; it never blocks and may be called from any thread.
    """

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    vault: Vault
    channels: Mapping[str, Channel] = field(default_factory=dict)
    library: Any = None
    catalogues: Any = None
    words: Any = None
    translators: Sequence[Any] = ()
    committer: Any = None
    wake: Callable[[Sequence[str]], None] = _nobody
