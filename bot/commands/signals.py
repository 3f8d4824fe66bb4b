"""Ctrl-C and SIGTERM reach the main thread, whichever thread the kernel gave them to."""

from __future__ import annotations

import signal
import socket
import threading

_POKE = signal.SIGURG
"""Ignored by default and used by nobody else: its handler does nothing, its arrival ends a wait."""


def hear_signals() -> None:
    """Call once in a process's main thread before it sleeps for good.

    Python runs handlers in the main thread alone. A signal that another thread took marks them as due and wakes nobody: a main thread
    in an endless wait would hear Ctrl-C only when something else wakes it, and with forty threads that is every second time.
    """
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    signal.signal(_POKE, lambda *_: None)
    signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
    main = threading.main_thread().ident
    assert main is not None

    def pass_on(_kept_open: socket.socket) -> None:
        while number := theirs.recv(1):
            if number[0] != _POKE:
                signal.pthread_kill(main, _POKE)

    threading.Thread(target=pass_on, args=(ours,), name="signals", daemon=True).start()
