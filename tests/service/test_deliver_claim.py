"""Claiming: who may take which rows, in which order, and how fast."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.service import pace
from bot.store import outbox
from bot.store.database import Database
from bot.store.outbox import Candidate, Pace
from bot.store.tables import Sender
from tests.fakes.clock import START
from tests.service.posting import change, outbox_rows, queue, row, staff_row, states

NOW = START + timedelta(hours=1)
LATER = NOW + timedelta(minutes=1)


def fast(database: Database) -> None:
    change(database, Sender, Sender.id == "snd_demo_sms", segments_per_second=100.0)


def claim(database: Database, owner: str = "one", limit: int = 50, **more: object) -> list[int]:
    with database.begin() as conn:
        rows, _ = pace.claim(conn, owner=owner, now=more.pop("now", NOW), lease_until=LATER, limit=limit, **more)
    return [int(one.id[-26:]) for one in rows]


def test_due_rows_are_claimed_by_priority_then_time_then_id(world: Database) -> None:
    fast(world)
    queue(
        world,
        row(1, NOW, "demo_en", priority=5),
        row(2, NOW, "demo_es", not_before=NOW - timedelta(seconds=5)),
        row(3, NOW, "demo_ar", not_before=NOW - timedelta(seconds=9)),
        row(4, NOW, "demo_so", not_before=NOW + timedelta(seconds=1)),
        staff_row(5, NOW),
    )
    assert claim(world) == [3, 2, 5, 1]
    assert {n: (one.state, one.lease_owner) for n, one in outbox_rows(world).items()} == {
        1: ("claimed", "one"), 2: ("claimed", "one"), 3: ("claimed", "one"), 4: ("queued", ""), 5: ("claimed", "one"),
    }  # fmt: skip
    assert claim(world, "two") == []


def test_a_conversation_is_claimed_in_order_and_waits_for_what_is_unsettled(world: Database) -> None:
    queue(world, row(1, NOW), row(2, NOW), row(3, NOW))
    assert claim(world, limit=2) == [1, 2]
    assert claim(world) == []
    change(world, outbox.OUTBOX, outbox.OUTBOX.c.id.like("%2"), state="sent")
    assert claim(world) == []
    for state, expected in (("handed", []), ("in_doubt", []), ("queued", [])):
        change(world, outbox.OUTBOX, outbox.OUTBOX.c.id.like("%1"), state=state, attempts=1, not_before=LATER)
        assert claim(world) == expected, state
    change(world, outbox.OUTBOX, outbox.OUTBOX.c.id.like("%1"), state="in_doubt", reason=outbox.WITH_PERSON)
    assert claim(world) == [3]


def test_a_crisis_text_waits_for_nothing(world: Database) -> None:
    queue(world, row(1, NOW, state="handed"), row(2, NOW), row(3, NOW, priority=0, message_class="F"))
    assert claim(world) == [3]


def test_what_was_queued_first_leaves_first_however_urgent_what_came_later_is(world: Database) -> None:
    fast(world)
    queue(
        world,
        row(1, NOW, priority=5), row(2, NOW, priority=5, not_before=LATER), row(3, NOW, priority=1), row(4, NOW, priority=5),
        row(5, NOW, "demo_en", priority=1), row(6, NOW, "demo_ar", priority=5),
    )  # fmt: skip
    assert claim(world, max_priority=pace.LIVE) == [1, 3, 5]
    assert claim(world) == [6]
    assert states(world)[4] == ("queued", "")


def test_an_earlier_row_leaves_as_urgently_as_the_one_behind_it() -> None:
    found = [candidate(5, "con_b", priority=1), candidate(3, "con_a", priority=1), candidate(6, "con_a"), candidate(7, "con_c")]
    due = [candidate(1, "con_a"), candidate(2, "con_a"), candidate(4, "con_b"), candidate(8, "con_c"), candidate(9, "con_d")]
    assert [(one.id, one.priority) for one in pace.in_order(found, due)] == [
        ("out_4", 1), ("out_5", 1), ("out_1", 1), ("out_2", 1), ("out_3", 1), ("out_6", 5), ("out_7", 5),
    ]  # fmt: skip


def test_a_reply_does_not_wait_for_a_reminder_of_the_same_family(world: Database) -> None:
    queue(world, row(1, NOW, priority=5, state="in_doubt"), row(2, NOW, priority=1))
    assert claim(world) == [2]


def test_two_workers_at_once_never_share_a_row(world: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    queue(world, *(staff_row(n, NOW) for n in range(1, 101)))
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda n: claim(world, f"w{n}", 25), range(4)))
    assert sorted(n for part in parts for n in part) == list(range(1, 101))


def test_rows_given_back_are_queued_again_but_only_by_their_owner(world: Database) -> None:
    queue(world, row(1, NOW), row(2, NOW, "demo_en"))
    assert claim(world) == [1, 2]
    with world.begin() as conn:
        outbox.unclaim(conn, [f"out_{1:026d}"], "somebody else")
        outbox.unclaim(conn, [f"out_{2:026d}"], "one")
        outbox.unclaim(conn, [], "one")
    assert states(world) == {1: ("claimed", ""), 2: ("queued", "")}


# --- pace ---------------------------------------------------------------------------------------------------------------------------------


def bucket(tokens: float | None = None, rate: float = 1.0, filled: float = 0.0) -> Pace:
    return Pace("snd", "dst", "sms", "+1", rate, tokens, None if tokens is None else NOW - timedelta(seconds=filled))


@pytest.mark.parametrize(
    ("one", "tokens"),
    [
        (bucket(), 1.0),
        (bucket(rate=200.0), 200.0),
        (bucket(0.0, 1.0, 0.5), 0.5),
        (bucket(-3.0, 2.0, 1.0), -1.0),
        (bucket(0.5, 1.0, 60.0), 1.0),
        (bucket(0.5, 1.0, -5.0), 0.5),
    ],
)
def test_a_bucket_fills_at_the_senders_speed_up_to_one_second_of_it(one: Pace, tokens: float) -> None:
    assert pace.filled(one, NOW) == tokens


@pytest.mark.parametrize(
    ("tokens", "priority", "free"),
    [(0.1, 5, True), (0.0, 5, False), (0.0, 1, True), (-29.0, 1, True), (-30.0, 1, False), (-300.0, 0, True)],
)
def test_live_replies_may_run_ahead_by_thirty_seconds_and_a_crisis_text_always_goes(tokens: float, priority: int, free: bool) -> None:
    assert pace.room(tokens, 1.0, priority) is free


def candidate(n: int, conversation: str = "", segments: int = 1, priority: int = 5) -> Candidate:
    return Candidate(f"out_{n}", "dst", conversation or f"con_{n}", priority, "sms", "+1", segments)


def test_what_waits_for_its_token_holds_back_the_rest_of_its_conversation() -> None:
    rows = [
        candidate(1, segments=3),
        candidate(2, "a"),
        candidate(3, "a", priority=1),
        candidate(4, "a", priority=0),
        candidate(5, "b", priority=1),
    ]
    chosen, exhausted, left = pace.pick(rows, {("sms", "+1"): bucket()}, NOW)
    assert [one.id for one in chosen] == ["out_1", "out_4", "out_5"]
    assert exhausted == {("sms", "+1")}
    assert left["sms", "+1"].tokens == -4.0


def test_the_rate_over_ten_seconds_is_the_configured_one(world: Database) -> None:
    change(world, Sender, Sender.id == "snd_demo_sms", segments_per_second=20.0)
    queue(world, *(row(n, NOW, priority=5, contact_id=None, endpoint_id=None, guardianship_id=None, case_id=None) for n in range(1, 400)))
    claimed = 0
    for step in range(100):
        claimed += len(claim(world, f"w{step % 3}", now=NOW + timedelta(seconds=step / 10)))
    assert 20 * 9.9 <= claimed <= 20 * 10 + 20


def test_one_exhausted_sender_does_not_keep_another_from_sending(world: Database) -> None:
    other = {"channel": "whatsapp", "sender": "+15550100001", "endpoint_id": "end_demo_en_whatsapp"}
    queue(world, *(row(n, NOW, "demo_es", priority=5) for n in range(1, 5)), row(9, NOW, "demo_en", priority=5, **other))
    assert claim(world, limit=3) == [1, 9]


def test_a_sender_that_rests_is_passed_over_and_workers_for_live_replies_leave_the_rest(world: Database) -> None:
    fast(world)
    queue(world, row(1, NOW), row(2, NOW, "demo_en", priority=5), staff_row(3, NOW))
    assert claim(world, paused=[("sms", "+15550100001")]) == [3]
    assert claim(world, max_priority=pace.LIVE) == [1]
    assert claim(world) == [2]


def test_nothing_due_is_no_work(world: Database, tmp_path: Path) -> None:
    with world.begin() as conn:
        assert pace.claim(conn, owner="one", now=NOW, lease_until=LATER, limit=5) == ([], False)
        assert outbox.paces(conn, []) == []
