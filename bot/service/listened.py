"""A text listened to where it is taken in, before its turn: most answers hold nothing that any list or weight hears.

To find that out is a seventh of a turn's work, to write down what came a hundredth. Where another process plays the turns
(`bot.service.apart`), this one has time for both, and the turn is told; a text in which something is heard is screened in its turn as
always, when it is known who wrote it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from bot.screen.screen import silence
from bot.screen.wordlists import Words
from bot.service import kept
from channels.base import MAIL, Inbound

LONGEST = 320
"""Signs of a text listened to here: a longer one would keep the others waiting that this process takes in."""

Item = TypeVar("Item")


def listened_to(words: Words, item: Item) -> Item:
    """The item; a short text knows whether it is `silent`, and has what is kept of it `ready`."""
    if not isinstance(item, Inbound) or len(item.text) > LONGEST or item.channel == MAIL:
        return item
    try:
        return replace(item, silent=silence(words, kept.clean(item.text)), ready=kept.raw_of(item), raw={})
    except Exception:  # noqa: BLE001 - its turn meets the same, and there its words are kept
        return item
