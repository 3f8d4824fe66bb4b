"""Sixteen random bytes at a time, drawn from the kernel in blocks: every sealed value and every link of a chain needs some.

A turn needs about eight. Asked for one by one each is a call that gives up the interpreter's lock, and costs as much as the sealing.
A forked child draws its own: bytes used twice under one key would undo the seal.
"""

from __future__ import annotations

import os
from collections import deque

SIZE = 16
_BLOCK = 256

_drawn: deque[bytes] = deque()
os.register_at_fork(after_in_child=_drawn.clear)


def fresh() -> bytes:
    """Bytes nobody was given before, from any thread."""
    while True:
        try:
            return _drawn.popleft()
        except IndexError:
            block = os.urandom(SIZE * _BLOCK)
            _drawn.extend([block[at : at + SIZE] for at in range(0, len(block), SIZE)])
