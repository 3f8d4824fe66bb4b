"""What staff press in Slack counts once, is shown to the team, and reaches the family only in words somebody checked (F27, fault 14)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from bot.clock import RealIds
from bot.service import staff_action
from bot.service.alert import blocks
from bot.store import tables as t
from bot.store.types import Plain
from channels.base import StaffAction
from tests.web.conftest import counts

TEACHER = "U0DEMOTEACH"
ALERT = "out_alert"


@pytest.fixture
def alert(runtime: Any) -> Any:
    """An alert that stands in the case's channel; gives a function that makes it about another family."""

    def make(contact_id: str = "con_demo_es", case_id: str = "cas_demo_diego", outbox_id: str = ALERT, **more: Any) -> None:
        now = runtime.clock.now()
        text = "New family input on case CV-1002: reading, strength. Language: Spanish, translation waiting for the liaison."
        row = {
            "id": outbox_id,
            "district_id": "dst_demo",
            "audience": "staff",
            "contact_id": contact_id,
            "case_id": case_id,
            "channel": "slack",
            "sender": "",
            "address": Plain("dst_demo", "C0DEMO1002"),
            "message_class": "A",
            "purpose": "alert",
            "ref": "alert",
            "body": Plain("dst_demo", text),
            "blocks": Plain("dst_demo", orjson.dumps(blocks(outbox_id, text)).decode()),
            "lang": "en",
            "state": "delivered",
            "provider_id": "C0DEMO1002:1712345.6789",
            "not_before": now,
            "created_at": now,
            **more,
        }
        with runtime.database.begin() as conn:
            conn.execute(sa.insert(t.Outbox).values(**row))

    make()
    return make


def press(runtime: Any, action: str, *, user: str = TEACHER, event: str = "Ev1", target: str = ALERT) -> list[str]:
    with runtime.database.begin() as conn:
        return staff_action.act(conn, runtime, StaffAction("slack", event, user, action, target), runtime.clock.now())


def queued(runtime: Any, *names: str) -> list[tuple[Any, ...]]:
    with runtime.database.read() as conn:
        query = sa.select(*(getattr(t.Outbox, name) for name in names)).where(t.Outbox.state == "queued").order_by(t.Outbox.id)
        return [tuple(row) for row in conn.execute(query)]


def tasks(runtime: Any) -> list[tuple[str, ...]]:
    with runtime.database.read() as conn:
        return [tuple(row) for row in conn.execute(sa.select(t.Handoff.reason, t.Handoff.to_role, t.Handoff.owner_id, t.Handoff.state))]


def test_acknowledge_is_shown_in_the_message_and_its_button_is_gone(runtime: Any, alert: Any) -> None:
    woken = press(runtime, "acknowledge")
    assert queued(runtime, "address", "purpose", "audience") == [("C0DEMO1002:1712345.6789", "update", "staff")]
    shown = orjson.loads(queued(runtime, "blocks")[0][0])
    assert [one["action_id"] for block in shown if block["type"] == "actions" for one in block["elements"]] == [
        "open",
        "say_thanks",
        "ask_liaison",
    ]
    assert shown[-1]["elements"][0]["text"] == "Acknowledged by Ms. Bennett."
    assert len(woken) == 1


def test_the_note_is_in_the_language_of_the_message(runtime: Any, alert: Any) -> None:
    alert(outbox_id="out_alert_es", lang="es")
    press(runtime, "acknowledge", target="out_alert_es")
    shown = orjson.loads(queued(runtime, "blocks")[-1][0])
    assert shown[-1]["elements"][0]["text"] == "Recibido por Ms. Bennett."


def test_two_presses_are_both_shown(runtime: Any, alert: Any) -> None:
    press(runtime, "acknowledge", event="Ev1")
    press(runtime, "ask_liaison", event="Ev2", user="U0DEMOCOUNS")
    last = orjson.loads([row[1] for row in queued(runtime, "purpose", "blocks") if row[0] == "update"][-1])
    assert [block["elements"][0]["text"] for block in last if block["type"] == "context"] == [
        "Acknowledged by Ms. Bennett.",
        "Mr. Adler asked the liaison.",
    ]


def test_who_works_in_two_districts_acts_in_the_one_the_message_is_from(runtime: Any, alert: Any) -> None:
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        other = {"id": "dst_other", "name": "Other", "zone": "America/Denver", "settings": {}, "demo": True, "created_at": now}
        conn.execute(sa.insert(t.District).values(**other))
        runtime.vault.new_keys(conn, "dst_other", now, RealIds().new)
        there = {"id": "stf_a_other", "district_id": "dst_other", "name": Plain("dst_other", "Ms. Bennett"), "slack_user": TEACHER}
        conn.execute(sa.insert(t.Staff).values(**there))
    press(runtime, "acknowledge")
    assert [row[0] for row in queued(runtime, "purpose")] == ["update"]
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Staff).where(t.Staff.id == "stf_demo_teacher").values(active=False))
    assert press(runtime, "ask_liaison", event="Ev2") == [], "the other district is no way in"


def test_slack_saying_it_twice_changes_nothing(runtime: Any, alert: Any) -> None:
    press(runtime, "ask_liaison")
    before = counts(runtime.database)
    assert [press(runtime, "ask_liaison") for _ in range(3)] == [[], [], []]
    assert counts(runtime.database) == before


def test_asking_the_liaison_makes_one_dated_task_and_tells_her_the_code_only(runtime: Any, alert: Any) -> None:
    press(runtime, "ask_liaison", event="Ev1")
    press(runtime, "ask_liaison", event="Ev2", user="U0DEMOCOUNS")
    assert tasks(runtime) == [("staff_asks", "liaison", "stf_demo_liaison", "open")]
    told = [row for row in queued(runtime, "address", "body") if row[0] == "U0DEMOLIAIS"]
    assert told == [("U0DEMOLIAIS", "Case CV-1002: the team asks you for help. It waits for you in Hearthline.")]


def test_a_liaison_without_slack_is_told_by_mail_in_their_own_language(runtime: Any, alert: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Staff).where(t.Staff.id == "stf_demo_liaison").values(slack_user="", phone=None, lang="es"))
    press(replace(runtime, channels={**runtime.channels, "email": object()}), "ask_liaison")
    told = [row for row in queued(runtime, "purpose", "channel", "lang", "body") if row[0] == "handoff"]
    assert told == [("handoff", "email", "es", "Caso CV-1002: el equipo le pide ayuda. Le espera en Hearthline.")]


def test_thanks_are_said_in_the_familys_checked_language_with_the_right_that_allows_it(runtime: Any, alert: Any) -> None:
    press(runtime, "say_thanks")
    row = next(
        row
        for row in queued(runtime, "audience", "contact_id", "lang", "message_class", "guardianship_id", "endpoint_id", "body")
        if row[0] == "family"
    )
    assert row[:6] == ("family", "con_demo_es", "es", "C", "gua_demo_es_demo_diego", "end_demo_es_sms")
    assert "Ms. Bennett" in row[6]
    assert "Diego" in row[6]


def test_thanks_for_one_alert_are_said_once_whoever_presses(runtime: Any, alert: Any) -> None:
    press(runtime, "say_thanks", event="Ev1")
    press(runtime, "say_thanks", event="Ev2", user="U0DEMOCOUNS")
    assert [row[0] for row in queued(runtime, "audience")].count("family") == 1


@pytest.mark.parametrize("action", ["acknowledge", "say_thanks", "ask_liaison"])
def test_the_message_names_only_who_did_it_not_who_pressed_after_them(runtime: Any, alert: Any, action: str) -> None:
    press(runtime, action, event="Ev1")
    before = counts(runtime.database)
    assert press(runtime, action, event="Ev2", user="U0DEMOCOUNS") == []
    assert press(runtime, action, event="Ev3") == [], "the same person again"
    after = counts(runtime.database)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"seen_event": 2}
    notes = [
        block["elements"][0]["text"] for row in queued(runtime, "purpose", "blocks") if row[0] == "update" for block in contexts(row[1])
    ]
    assert len(notes) == 1
    assert "Ms. Bennett" in notes[0]


def contexts(shown: str) -> list[Any]:
    return [block for block in orjson.loads(shown) if block["type"] == "context"]


def test_a_language_nobody_checked_becomes_a_task_and_no_text(runtime: Any, alert: Any) -> None:
    alert("con_demo_ar", "cas_demo_yusuf", "out_arabic")
    press(runtime, "say_thanks", target="out_arabic")
    assert tasks(runtime) == [("thanks", "liaison", "stf_demo_liaison", "open")]
    assert [row for row in queued(runtime, "audience") if row[0] == "family"] == []


def test_a_catalogue_whose_approval_was_for_other_words_is_not_used(runtime: Any, alert: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.CatalogueApproval).values(hash="0" * 64))
    press(runtime, "say_thanks")
    assert [row[0] for row in tasks(runtime)] == ["thanks"]


def test_open_sends_the_address_of_the_case_to_who_asked(runtime: Any, alert: Any) -> None:
    press(runtime, "open")
    assert queued(runtime, "address", "body") == [(TEACHER, "Case CV-1002: https://hearthline.example/console/cases/CV-1002")]


def test_who_acknowledges_a_page_has_the_task(runtime: Any, alert: Any) -> None:
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Handoff).values(
                id="hnd_page",
                district_id="dst_demo",
                case_id="cas_demo_diego",
                to_role="on_call",
                reason="danger",
                lang="es",
                visibility="safety_only",
                state="open",
                due_at=now,
                created_at=now,
            )
        )
    page = [{"type": "actions", "elements": [{"type": "button", "action_id": "acknowledge_page", "value": "out_page"}]}]
    alert(
        outbox_id="out_page",
        purpose="page",
        handoff_id="hnd_page",
        staff_id="stf_demo_counselor",
        address=Plain("dst_demo", "U0DEMOCOUNS"),
        provider_id="D0COUNS:1.5",
        blocks=Plain("dst_demo", orjson.dumps(page).decode()),
    )
    assert press(runtime, "acknowledge_page", user=TEACHER, target="out_page", event="Ev1") == []
    press(runtime, "acknowledge_page", user="U0DEMOCOUNS", target="out_page", event="Ev2")
    assert tasks(runtime) == [("danger", "on_call", "stf_demo_counselor", "acknowledged")]
    shown = orjson.loads(queued(runtime, "blocks")[-1][0])
    assert [block["type"] for block in shown] == ["context"]


STRANGERS = {
    "no such user": {"user": "U0NOBODY"},
    "no user": {"user": ""},
    "not on the case": {"user": "U0DEMOOTHER"},
    "office": {"user": "U0DEMOOFFIC"},
    "no such message": {"target": "out_nothing"},
    "no target": {"target": ""},
    "no such action": {"action": "delete_everything"},
}


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_and_nonsense_change_nothing_but_the_memory_of_the_event(runtime: Any, alert: Any, who: str) -> None:
    before = counts(runtime.database)
    wish = {"action": "say_thanks", **STRANGERS[who]}
    assert press(runtime, wish.pop("action"), **wish) == []
    after = counts(runtime.database)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"seen_event": 1}


def test_somebody_who_left_presses_in_vain(runtime: Any, alert: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Staff).where(t.Staff.slack_user == TEACHER).values(active=False))
    assert press(runtime, "acknowledge") == []


def test_a_message_that_slack_never_took_is_not_changed(runtime: Any, alert: Any) -> None:
    alert(outbox_id="out_unsent", provider_id="")
    assert press(runtime, "acknowledge", target="out_unsent") == []
