"""A text is listened to by the process that takes it in, where another one plays the turns."""

from __future__ import annotations

from dataclasses import replace

import orjson

from bot.service import listened, turn
from bot.service.commits import Commits
from bot.service.listened import listened_to
from bot.service.receive import commits_for, committer_for
from bot.store.tables import Message
from bot.values.screening import Silence
from channels.base import StatusUpdate
from tests.service.receiving import rows, runtime_for, sms, take


class Elsewhere:
    """Commits of this process that say they are done by another."""

    apart = True

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self.given: list = []

    def __call__(self, items, then) -> None:
        self.given += items
        self._commits(items, then)

    def close(self) -> None:
        self._commits.close()


def test_a_text_goes_to_the_other_process_with_what_was_found_out_of_it(world_sqlite, clock):
    runtime = runtime_for(world_sqlite, clock)
    elsewhere = Elsewhere(commits_for(runtime))
    committer = committer_for(runtime, elsewhere)
    assert committer.submit(sms("She loves to draw horses")).state == "done"
    assert committer.submit(sms("I want to die")).state == "done"
    committer.close()
    assert [item.silent for item in elsewhere.given] == [Silence(), None]
    assert [row["screened"] for row in rows(runtime, Message)] == ["", "danger:2"]


def test_a_process_that_plays_its_turns_itself_screens_in_the_turn(world_sqlite, clock, monkeypatch):
    monkeypatch.setattr(listened, "silence", None)
    committer = committer_for(runtime_for(world_sqlite, clock))
    assert committer.submit(sms("She loves to draw horses")).state == "done"
    committer.close()


def test_a_silent_text_is_not_listened_to_again(world_sqlite, clock, monkeypatch):
    runtime = runtime_for(world_sqlite, clock)
    asked = []
    monkeypatch.setattr(turn, "screen", lambda *given, **named: asked.append(named["silent"]) or heard(*given, **named))
    heard = listened.silence.__globals__["screen"]
    take(runtime, listened_to(runtime.words, sms("She loves to draw horses")))
    take(runtime, sms("She loves to draw horses"))
    assert asked == [Silence(), None]


def test_long_texts_and_news_are_left_to_their_turn(world_sqlite, clock):
    words = runtime_for(world_sqlite, clock).words
    assert listened_to(words, sms("ha " * 200)).silent is None
    news = StatusUpdate("twilio", "SM1", "delivered", "", {})
    assert listened_to(words, news) is news


def test_what_cannot_be_listened_to_is_left_to_its_turn_which_keeps_it(monkeypatch):
    def broken(_words, _text):
        raise ValueError("broken")

    monkeypatch.setattr(listened, "silence", broken)
    item = sms("She loves to draw horses")
    assert listened_to(None, item) is item


def test_what_is_kept_of_a_text_to_run_its_turn_again_is_the_same_either_way(world_sqlite, clock):
    runtime = runtime_for(world_sqlite, clock)
    item = replace(sms("She loves to draw horses"), raw={"Body": "She loves to draw horses", "NumMedia": "0"})
    ready = listened_to(runtime.words, item)
    assert ready.raw == {}
    take(runtime, ready)
    take(runtime, replace(item, provider_id="SM2"))
    one, other = (row["raw"] for row in rows(runtime, Message))
    assert one == other
    assert orjson.loads(one)["raw"] == item.raw
