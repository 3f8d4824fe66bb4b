"""Sends what the outbox holds: claim (leased), hand over (committed), post (outside any transaction), settle (in groups).

One loop thread with up to 32 posts in flight, and one thread beside it for the database. `wake` is called after a commit, so a reply in a
live talk leaves at once; what another process queued is seen within a second. A conversation's rows leave one after the other.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.log import get_log
from bot.service import pace, recover, settle
from bot.service.hand_over import GROUP, Going, hand_over
from bot.service.heartbeat import Heartbeat
from bot.service.runtime import Runtime
from bot.service.settle import Answer
from bot.store import outbox
from bot.store.outbox import Candidate
from channels.base import Receipt
from channels.errors import InDoubt, Misconfigured, NotAccepted, SendError, Throttled

_log = get_log("deliver")
_T = TypeVar("_T")

IN_FLIGHT = 32
FOR_LIVE = 4
"""Posts kept free for live replies, so that a provider slow on bulk does not make a family wait."""

CLAIM = 128
LEASE = timedelta(seconds=60)
SEND_SECONDS = 20.0
"""A post that takes longer is in doubt. Well below LEASE, which is well below the default wait of a row in doubt."""

STALE_SECONDS = 10.0
"""A row handed over longer ago is not posted any more: this process was stopped in between, and others may have taken over."""

SETTLE_GROUP = 64
SETTLE_SECONDS = 0.05
GLANCE_SECONDS = 1.0
DOUBTS_SECONDS = 120.0
GATE_SECONDS = 10.0
TROUBLE = 5
"""So many refusals of one sender in a row, and the sender rests."""


class Deliverer:
    """Delivers for one process, under its heartbeat: its leases bear the holder's name, so its death is known by everybody.

    :param live_only: leave everything but live replies to the workers.
    """

    def __init__(self, runtime: Runtime, *, live_only: bool = False) -> None:
        self.runtime = runtime
        self.heartbeat = Heartbeat(runtime)
        self.owner = self.heartbeat.holder
        self._top = pace.LIVE if live_only else 9
        self._started = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bell: asyncio.Event | None = None
        self._answered: asyncio.Event | None = None
        self._db = ThreadPoolExecutor(1, thread_name_prefix="deliver-db")
        self._lanes: dict[str, deque[Candidate]] = {}
        self._busy: set[str] = set()
        self._flying: set[asyncio.Task[None]] = set()
        self._answers: list[Answer] = []
        self._rest: dict[tuple[str, str], tuple[int, float]] = {}
        self._gate: tuple[float, tuple[str, ...] | None] = (0.0, None)
        self._more = True
        self._live = True

    # --- for everybody ------------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take a slot, look for what was left from before, and begin.

        :raises AlreadyServed: on SQLite, when another process delivers from this database.
        """
        self.heartbeat.start()
        self._thread = threading.Thread(target=self._run, name="deliver", daemon=True)
        self._thread.start()
        self._started.wait()

    def wake(self, _ids: Sequence[str] = ()) -> None:
        """Something was committed that is due. Never blocks; any thread may call it."""
        loop = self._loop
        if loop is not None and self._bell is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._ring)

    def stop(self, timeout: float = 4.0) -> None:
        """Take nothing new, let what is in flight end, write down how it ended. What does not end in time is in doubt."""
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout)
        self._db.shutdown(wait=False)
        self.heartbeat.stop()

    def sweep(self) -> recover.Swept:
        """Take over what dead processes left, look at held rows, and deliver what is due."""
        with self.runtime.database.begin() as conn:
            swept = recover.sweep(conn, self.runtime, self.runtime.clock.now())
        self.wake()
        return swept

    def settle_doubts(self) -> int:
        """Ask the providers about rows in doubt. Blocks; not for the loop's own thread."""
        settled: int = self.run(recover.ask_providers(self.runtime, self.in_db)).result(DOUBTS_SECONDS)
        self.wake()
        return settled

    def run(self, work: Any) -> Future[Any]:
        """Run a coroutine on the loop the channels' clients live in."""
        assert self._loop is not None, "the deliverer was not started"
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def in_db(self, work: Callable[[], _T]) -> _T:
        """Run a function that needs the database beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._db, work)

    # --- the loop -----------------------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except Exception:
            _log.exception("deliverer_ended")
            raise

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._bell, self._answered = asyncio.Event(), asyncio.Event()
        self._started.set()
        settler = asyncio.create_task(self._settle_answers())
        await self._open_channels()
        try:
            while not self._stopping:
                self._bell.clear()
                try:
                    await self._round()
                except Exception:  # noqa: BLE001 - the database may be full or away: nothing is sent meanwhile, and we try again (fault 21)
                    _log.exception("delivery_round_failed")
                    self._more = True
                    await asyncio.sleep(1.0)
                await self._wait()
            await self._finish(settler)
        finally:
            settler.cancel()
            for channel in {id(one): one for one in self.runtime.channels.values()}.values():
                await channel.close()

    async def _open_channels(self) -> None:
        """Load what is slow to load before somebody waits for it (an SDK takes a second)."""
        for channel in {id(one): one for one in self.runtime.channels.values()}.values():
            if (opener := getattr(channel, "open", None)) is not None and self.runtime.settings.delivery == "on":
                await opener()

    async def _round(self) -> None:
        """Claim if there is room, hand over what may fly."""
        full = sum(map(len, self._lanes.values())) >= GROUP
        if self._live if full else self._more:
            self._more, self._live = full, False
            claimed, wait_for_pace = await self.in_db(lambda: self._claim(pace.LIVE if full else self._top))
            for row in claimed:
                self._lanes.setdefault(row.conversation, deque()).append(row)
            if wait_for_pace:
                assert self._loop is not None
                self._loop.call_later(0.05 if claimed else 0.25, self._ring)
        while heads := self._heads():
            await self._hand(heads)

    async def _wait(self) -> None:
        """Until the bell rings; every second a glance at whether another process queued something meanwhile."""
        assert self._bell is not None
        try:
            await asyncio.wait_for(self._bell.wait(), GLANCE_SECONDS)
        except TimeoutError:
            self._more = self._more or await self.in_db(self._glance)

    def _glance(self) -> bool:
        """Whether a row is due: one look-up in the index, nothing written. On doubt yes, so that a real error shows where it matters."""
        try:
            with self.runtime.database.read() as conn:
                return outbox.any_due(conn, self.runtime.clock.now(), self._top)
        except sa.exc.SQLAlchemyError:
            return True

    def _ring(self) -> None:
        assert self._bell is not None
        self._more = self._live = True
        self._bell.set()

    def _claim(self, top: int) -> tuple[list[Candidate], bool]:
        """Claim rows of priorities up to `top`. While the lanes are full only live replies are, so that they pass a slow bulk."""
        audience = self._to_whom()
        if audience is None:
            return [], False
        now = self.runtime.clock.now()
        with self.runtime.database.begin() as conn:
            return pace.claim(
                conn,
                owner=self.owner,
                now=now,
                lease_until=now + LEASE,
                limit=CLAIM,
                max_priority=top,
                paused=self._resting(),
                audience=audience,
            )

    def _to_whom(self) -> str | None:
        """Who may be written to: "" for everybody; staff alone while, in production, the doctor finds something (asked every 10 s), so
        that the rota hears of danger whatever is missing; None for nobody."""
        settings = self.runtime.settings
        if settings.delivery != "on" or self.heartbeat.lost.is_set():
            return None
        if not settings.is_production:
            return ""
        asked, problems = self._gate
        if problems is None or time.monotonic() - asked > GATE_SECONDS:
            from bot.service import doctor

            with self.runtime.database.read() as conn:
                found = tuple(doctor.ready(conn, self.runtime))
            self._gate = (time.monotonic(), found)
            if found and found != problems:
                _log.error("delivery_shut", count=len(found))
            problems = found
        if "demo" in problems:  # nobody of a demo is a real person
            return None
        return "staff" if problems else ""

    def _heads(self) -> list[Candidate]:
        """The first rows of conversations with nothing in flight, as many as may fly now, most urgent first."""
        room = IN_FLIGHT - len(self._flying)
        heads = sorted(lane[0] for name, lane in self._lanes.items() if name not in self._busy)
        heads.sort(key=lambda row: row.priority)
        bulk = room - FOR_LIVE
        chosen = [row for place, row in enumerate(heads) if place < (room if row.priority <= pace.LIVE else bulk)]
        return chosen[: max(0, min(GROUP, room))]

    async def _hand(self, heads: list[Candidate]) -> None:
        """Hand a group over and post it. Rows that may not go now leave their lanes, those after them follow."""
        ids = [row.id for row in heads]

        def work() -> list[Going]:
            now = self.runtime.clock.now()
            with self.runtime.database.begin() as conn:
                return hand_over(conn, self.runtime, ids, owner=self.owner, now=now, lease_until=now + LEASE)

        for row in heads:
            self._advance(row.conversation)
        try:
            going = await self.in_db(work)
        except Exception:
            await self.in_db(lambda: self._unclaim(ids))  # what was not committed as handed was certainly not posted
            raise
        handed = time.monotonic()
        for one in going:
            self._busy.add(one.conversation)
            task = asyncio.create_task(self._send(one, handed))
            self._flying.add(task)
            task.add_done_callback(self._flying.discard)

    def _advance(self, conversation: str) -> None:
        lane = self._lanes[conversation]
        lane.popleft()
        if not lane:
            del self._lanes[conversation]

    async def _send(self, going: Going, handed: float) -> None:
        """Post one message, outside any transaction, and keep how it ended."""
        message = going.message
        channel = self.runtime.channels.get(message.channel)
        receipt: Receipt | None = None
        error: Exception | None = None
        try:
            if channel is None:
                raise Misconfigured(f"no channel is set up for {message.channel}")  # noqa: TRY301 - one place where every ending is kept
            if time.monotonic() - handed > STALE_SECONDS:
                raise NotAccepted("held up too long to be posted")  # noqa: TRY301 - the same
            receipt = await asyncio.wait_for(channel.send(message), SEND_SECONDS)
        except TimeoutError:
            error = InDoubt("no answer in time")
        except Exception as raised:  # noqa: BLE001 - an error carries its policy; one that is none of a channel's is in doubt
            error = raised
            if not isinstance(raised, SendError):
                _log.error("send_broke", outbox_id=message.outbox_id, exc_info=raised)
        self._busy.discard(going.conversation)
        self._note(message.channel, message.sender, error)
        self._answers.append(Answer(going, receipt, error))
        if error is not None and going.conversation in self._lanes:
            await self._give_back(going.conversation)
        assert self._bell is not None
        assert self._answered is not None
        self._answered.set()
        self._bell.set()

    async def _give_back(self, conversation: str) -> None:
        """What follows a message that did not go waits for it: its lane is queued again."""
        ids = [row.id for row in self._lanes.pop(conversation)]
        await self.in_db(lambda: self._unclaim(ids))

    def _unclaim(self, ids: Sequence[str]) -> None:
        with self.runtime.database.begin() as conn:
            outbox.unclaim(conn, ids, self.owner)

    def _note(self, channel: str, sender: str, error: Exception | None) -> None:
        """A sender refused again and again rests: a provider in trouble is not hammered (fault 22)."""
        key = (channel, sender)
        if not isinstance(error, Throttled | NotAccepted):
            self._rest.pop(key, None)
            return
        count = self._rest.get(key, (0, 0.0))[0] + 1
        seconds = max(getattr(error, "retry_after", 0.0), min(30.0, float(2 ** (count - TROUBLE)))) if count >= TROUBLE else 0.0
        self._rest[key] = (count, time.monotonic() + seconds)

    def _resting(self) -> list[tuple[str, str]]:
        now = time.monotonic()
        return [key for key, (_, until) in self._rest.items() if until > now]

    # --- writing down how it ended --------------------------------------------------------------------------------------------------------

    async def _settle_answers(self) -> None:
        assert self._answered is not None
        while True:
            await self._answered.wait()
            if len(self._answers) < SETTLE_GROUP:
                await asyncio.sleep(SETTLE_SECONDS)
            await self._settle_once()
            if not self._answers:
                self._answered.clear()

    async def _settle_once(self) -> None:
        """Settle up to 64 answers in one transaction; if it fails they stay, and the rows stay handed: in doubt at the worst."""
        group = self._answers[:SETTLE_GROUP]

        def work() -> datetime | None:
            with self.runtime.database.begin() as conn:
                return settle.settle(conn, self.runtime, group, self.runtime.clock.now())

        try:
            again = await self.in_db(work)
        except Exception:  # noqa: BLE001 - fail closed (fault 21): the ledger cannot be written now, so we try until it can
            _log.exception("settling_failed", count=len(group))
            await asyncio.sleep(0.5)
            return
        del self._answers[: len(group)]
        assert self._loop is not None
        if again is not None:
            seconds = (again - self.runtime.clock.now()).total_seconds()
            self._loop.call_later(max(0.0, seconds) + 0.01, self._ring)
        self._ring()

    async def _finish(self, settler: asyncio.Task[None]) -> None:
        """Leave nothing half done that can be done in a moment."""
        if self._flying:
            await asyncio.wait(set(self._flying), timeout=2.5)
        settler.cancel()
        for _ in range(1 + len(self._answers) // SETTLE_GROUP):
            if self._answers:
                await self._settle_once()
        ids = [row.id for lane in self._lanes.values() for row in lane]
        self._lanes.clear()
        await self.in_db(lambda: self._unclaim(ids))
