"""Messages that are stored and whose turn failed: tried again, later each time, so that a bug of ours loses no word (fault 8)."""

from __future__ import annotations

from datetime import timedelta

from bot.log import get_log
from bot.service import receive
from bot.service.runtime import Runtime
from bot.store import due

_log = get_log("retry")

BATCH = 100


def failed_messages(runtime: Runtime) -> int:
    """Run turns again that raised: each in its own transaction, later each time. `receive` quarantines a message after five."""
    now = runtime.clock.now()
    with runtime.database.read() as conn:
        waiting = due.failed_messages(conn, BATCH)
    done = 0
    for one in waiting:
        if one.received_at + timedelta(seconds=2 * (4**one.attempts - 1)) > now:
            continue
        try:
            with runtime.database.begin() as conn:
                wake = receive.retry(conn, runtime, one.id, now)
        except Exception:  # noqa: BLE001 - one poison message must not stop the others; receive has counted the try
            _log.exception("turn_retry_failed", message_id=one.id, attempts=one.attempts)
            continue
        runtime.wake(wake)
        done += 1
    return done
