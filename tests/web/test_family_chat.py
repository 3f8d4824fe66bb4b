"""The family's chat: a signed link, a code to the number on file, and then the same way as a text message (faults 13, 23)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.service import family_chat, start_flow
from bot.store import tables as t
from bot.store.types import Plain
from tests.fakes.clock import TickingClock
from tests.web.conftest import Browser, counts

New = Callable[[], Browser]
MOTHER = "con_demo_es"


def link(runtime: Any, contact_id: str = MOTHER) -> str:
    with runtime.database.begin() as conn:
        return f"/chat/{family_chat.make_link(conn, runtime, contact_id, runtime.clock.now())}"


def codes(runtime: Any) -> list[str]:
    """The digits of every code that would be sent, oldest first."""
    with runtime.database.read() as conn:
        query = sa.select(t.Outbox.body).where(t.Outbox.ref == "chat_code").order_by(t.Outbox.id)
        return [re.search(r"\d{6}", body)[0] for body in conn.execute(query).scalars()]


def enter(browser: Browser, runtime: Any, path: str) -> Browser:
    assert browser.post(f"{path}/code", page=path).status_code == 303
    assert browser.post(f"{path}/enter", page=path, code=codes(runtime)[-1]).status_code == 303
    return browser


def test_the_code_from_the_phone_opens_the_page(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    assert re.search(rf'<noscript>.*href="{path}">Ver mensajes nuevos.*id="text"', mine.get(path).text, re.DOTALL)


def test_the_school_s_telephone_is_written_as_people_write_it(browser: New, runtime: Any) -> None:
    page = browser().get(link(runtime)).text
    assert re.search(r'href="tel:\+1555\d{7}">\(555\) \d{3}-\d{4}</a>', page)


def test_the_code_goes_to_the_number_on_file_in_the_familys_language(browser: New, runtime: Any) -> None:
    path = link(runtime)
    browser().post(f"{path}/code", page=path)
    with runtime.database.read() as conn:
        row = conn.execute(
            sa.select(t.Outbox.contact_id, t.Outbox.endpoint_id, t.Outbox.channel, t.Outbox.message_class, t.Outbox.lang, t.Outbox.body)
        ).one()
    assert tuple(row)[:5] == (MOTHER, "end_demo_es_sms", "sms", "A", "es")
    assert re.fullmatch(r"\d{6} es su código de Maple Elementary\. Sirve 10 minutos\. Por favor no lo comparta\.", row.body)


def test_a_language_we_have_no_words_for_gets_the_digits_alone(browser: New, runtime: Any) -> None:
    path = link(runtime, "con_demo_ar")
    browser().post(f"{path}/code", page=path)
    with runtime.database.read() as conn:
        assert re.fullmatch(r"Maple Elementary: \d{6}", conn.execute(sa.select(t.Outbox.body)).scalar_one())


def test_the_page_tells_a_stranger_nothing(browser: New, runtime: Any) -> None:
    text = browser().get(link(runtime)).text
    assert not any(word in text for word in ("Lucía", "Delgado", "Diego", "5550101002", MOTHER))


@pytest.mark.parametrize(
    "change", [lambda p: p[:-1] + ("A" if p[-1] != "A" else "B"), lambda p: p.partition(".")[0], lambda _: "/chat/x.y", lambda p: p + "é"]
)
def test_a_forged_link_is_no_page(browser: New, runtime: Any, change: Callable[[str], str]) -> None:
    assert browser().get(change(link(runtime))).status_code == 404


def test_a_link_ends_after_two_weeks(browser: New, runtime: Any, clock: TickingClock) -> None:
    path = link(runtime)
    clock.advance(days=14)
    assert browser().get(path).status_code == 410


def test_looking_changes_nothing_however_often(browser: New, runtime: Any) -> None:
    path = link(runtime)
    before = counts(runtime.database)
    mine = browser()
    for _ in range(3):
        mine.get(path)
        mine.client.head(path, base_url=mine.base)
        assert mine.get(f"{path}/news").status_code == 403
    assert counts(runtime.database) == before


def test_a_scanner_that_presses_the_button_sends_a_code_and_opens_nothing(browser: New, runtime: Any) -> None:
    path = link(runtime)
    scanner = browser()
    scanner.post(f"{path}/code", page=path)
    assert scanner.post(f"{path}/enter", page=path, code="").status_code == 403
    assert 'id="text"' not in scanner.get(path).text
    assert browser().post(f"{path}/enter", page=path, code=codes(runtime)[-1]).status_code == 303


def test_five_wrong_codes_close_the_link_for_good(browser: New, runtime: Any, clock: TickingClock) -> None:
    path = link(runtime)
    mine = browser()
    mine.post(f"{path}/code", page=path)
    wrong = f"{(int(codes(runtime)[0]) + 1) % 1_000_000:06d}"
    assert [mine.post(f"{path}/enter", page=path, code=wrong).status_code for _ in range(5)] == [403, 403, 403, 403, 410]
    assert (
        mine.client.post(
            f"{path}/enter", data={"csrf": mine.token("/console/sign-in"), "code": codes(runtime)[0]}, base_url=mine.base
        ).status_code
        == 410
    )
    clock.advance(hours=1)
    mine.client.post(f"{path}/code", data={"csrf": mine.token("/console/sign-in")}, base_url=mine.base)
    assert len(codes(runtime)) == 1


def test_asking_again_gives_no_more_guesses_and_does_not_flood_the_phone(browser: New, runtime: Any, clock: TickingClock) -> None:
    path = link(runtime)
    mine = browser()
    for _ in range(5):
        mine.post(f"{path}/code", page=path)
    assert len(codes(runtime)) == 1
    for _ in range(20):
        clock.advance(minutes=1)
        mine.post(f"{path}/code", page=path)
    assert len(codes(runtime)) == family_chat.CODES_A_DAY


def test_a_code_ends_after_ten_minutes_and_works_once(browser: New, runtime: Any, clock: TickingClock) -> None:
    path = link(runtime)
    mine = browser()
    mine.post(f"{path}/code", page=path)
    clock.advance(minutes=10)
    assert mine.post(f"{path}/enter", page=path, code=codes(runtime)[0]).status_code == 403
    enter(mine, runtime, path)
    assert browser().post(f"{path}/enter", page=path, code=codes(runtime)[-1]).status_code == 403


@pytest.mark.parametrize(
    "write", [lambda c: " ".join(c), lambda c: c.translate({0x30 + n: 0x660 + n for n in range(10)}), lambda c: f"{c[:3]}-{c[3:]}"]
)
def test_the_digits_may_be_typed_in_any_script_and_with_spaces(browser: New, runtime: Any, write: Callable[[str], str]) -> None:
    path = link(runtime)
    mine = browser()
    mine.post(f"{path}/code", page=path)
    assert mine.post(f"{path}/enter", page=path, code=write(codes(runtime)[0])).status_code == 303


def test_only_hashes_of_link_code_and_session_are_kept(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    session = mine.client.get_cookie("hl_chat", domain="hearthline.example", path=path).value
    with runtime.database.read() as conn:
        row = conn.execute(sa.select(*t.FamilyLink.__table__.columns)).one()
    kept = repr(tuple(row))
    assert not any(secret in kept for secret in (path.rpartition("/")[2], session, codes(runtime)[0]))


def _messages(runtime: Any) -> list[str]:
    with runtime.database.read() as conn:
        return list(conn.execute(sa.select(t.Message.body).order_by(t.Message.id)).scalars())


def test_a_message_sent_again_with_the_pages_id_is_one_message(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    for _ in range(5):
        assert mine.post(f"{path}/messages", page=path, text="Hola, ¿qué tal?", client_id="a1b2c3d4e5f6").status_code == 303
    assert _messages(runtime) == ["Hola, ¿qué tal?"]


@pytest.mark.parametrize("client_id", ["", "é", "../../x", "x" * 500, "' OR 1=1"])
def test_a_strange_id_of_the_page_loses_no_message(browser: New, runtime: Any, client_id: str) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    mine.post(f"{path}/messages", page=path, text="uno", client_id=client_id)
    mine.post(f"{path}/messages", page=path, text="dos", client_id=client_id)
    assert sorted(_messages(runtime)) == ["dos", "uno"]


def test_nobody_writes_without_the_code(browser: New, runtime: Any) -> None:
    path = link(runtime)
    assert browser().post(f"{path}/messages", page=path, text="hola").status_code == 403
    assert _messages(runtime) == []


def test_an_empty_message_is_none_and_a_book_is_too_long(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    assert mine.post(f"{path}/messages", page=path, text=" \n ").status_code == 303
    assert mine.post(f"{path}/messages", page=path, text="x" * 4001).status_code == 413
    assert _messages(runtime) == []
    assert mine.post(f"{path}/messages", page=path, text="and\r\n" * 1000).status_code == 303  # 4,000 signs to whoever typed them
    assert _messages(runtime) == ["and\n" * 1000]


def _say(runtime: Any, words: str, *, state: str = "delivered", visibility: str = "team", blocks: str | None = None) -> None:
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Outbox).values(
                id=runtime.ids.new("out"),
                district_id="dst_demo",
                audience="family",
                contact_id=MOTHER,
                channel="webchat",
                sender="dst_demo",
                message_class="C",
                purpose="ask",
                body=Plain("dst_demo", words),
                blocks=Plain("dst_demo", blocks) if blocks else None,
                lang="es",
                state=state,
                not_before=now,
                created_at=now,
            )
        )


def test_what_was_not_handed_over_is_not_on_the_page(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    for state in ("queued", "held", "cancelled", "expired", "delivered"):
        _say(runtime, f"estado {state}.", state=state)
    text = mine.get(path).text
    assert re.findall(r"estado (\w+)\.", text) == ["delivered"]


def test_the_newest_question_has_buttons(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    _say(runtime, "¿Sí o no? 1 Sí 2 No", blocks='[{"number":"1","label":"Sí"},{"number":"2","label":"No"}]')
    assert re.findall(r'name="press" value="(\d)"[^>]*>([^<]+)<', mine.get(path).text) == [("1", "Sí"), ("2", "No")]
    _say(runtime, "Gracias.")
    assert 'name="press"' not in mine.get(path).text


def test_words_that_raised_danger_are_never_shown_again(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    mine.post(f"{path}/messages", page=path, text="Quiero morir")
    assert _messages(runtime) == ["Quiero morir"]
    assert "morir" not in mine.get(path).text


def test_the_fixed_text_is_shown_while_it_may_help_and_not_to_who_opens_the_page_tomorrow(
    browser: New, runtime: Any, clock: TickingClock
) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    _say(runtime, "Call 988 now")
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Outbox).where(t.Outbox.channel == "webchat").values(message_class="F"))
    shown = 'Call <a href="tel:988">988</a> now'
    assert shown in mine.get(path).text
    clock.advance(hours=2)
    assert shown not in mine.get(path).text


def test_the_numbers_of_help_lines_can_be_pressed_in_our_words_alone(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    mine.post(f"{path}/messages", page=path, text="Room 911 <b>")
    _say(runtime, "Llame al 988 <i>, al 911. Aula 2110, (555) 988-0911 o &#988;")
    bubbles = re.findall(r'<p class="bubble"[^>]*>(.*?)</p>', mine.get(path).text)
    assert "Room 911 &lt;b&gt;" in bubbles
    dialled = '<a href="tel:988">988</a> &lt;i&gt;, al <a href="tel:911">911</a>. Aula 2110, (555) 988-0911 o &amp;#988;'
    assert f"Llame al {dialled}" in bubbles


def test_news_come_only_when_there_are_some(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    seen = re.search(r'data-version="([^"]+)"', mine.get(path).text)[1]
    assert mine.get(f"{path}/news?seen={seen}").status_code == 204
    _say(runtime, "Hola.")
    news = mine.get(f"{path}/news?seen={seen}")
    assert (news.status_code, "Hola." in news.text) == (200, True)


REPLIES = ("Cuentos de dinosaurios", "1", "2 y 4", "3", "saltar", "Leer juntos en el sofá", "1")


def _entries(runtime: Any) -> list[tuple[Any, ...]]:
    with runtime.database.read() as conn:
        e = t.CaseEntry
        query = sa.select(
            e.kind,
            e.step_id,
            e.flow_id,
            e.flow_version,
            e.asked_text_ref,
            e.answer_raw,
            e.answer_lang,
            e.answer_norm,
            e.visibility,
            e.source_role,
        )
        return [tuple(row) for row in conn.execute(query.order_by(e.seq))]


def _start(runtime: Any) -> None:
    with runtime.database.begin() as conn:
        start_flow.start_flow(conn, runtime, MOTHER, None, "home-observations", "reading", runtime.clock.now())


def test_the_same_talk_by_chat_and_by_text_writes_the_same_entries(
    browser: New, runtime: Any, texts_in: Callable[..., Any], tmp_path: Any
) -> None:
    _start(runtime)
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    for words in REPLIES:
        assert mine.post(f"{path}/messages", page=path, text=words).status_code == 303
    by_chat = _entries(runtime)
    _start(runtime)
    for words in REPLIES:
        assert texts_in("+15550101002", words).status_code == 200
    by_text = _entries(runtime)[len(by_chat) :]
    assert by_chat == by_text
    assert [(row[0], row[5]) for row in by_chat] == [
        ("strength", "Cuentos de dinosaurios"),
        ("observation", "1"),
        ("observation", "2 y 4"),
        ("observation", "3"),
        ("strength", "Leer juntos en el sofá"),
    ]


def _sent(runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Outbox).where(t.Outbox.audience == "family").values(state="sent"))


def test_the_question_that_is_open_by_text_is_on_the_page_and_answered_there(browser: New, runtime: Any) -> None:
    path = link(runtime)
    mine = enter(browser(), runtime, path)
    seen = re.search(r'data-version="([^"]+)"', mine.get(path).text)[1]
    _start(runtime)
    assert mine.get(f"{path}/news?seen={seen}").status_code == 204  # it waits for its hours
    _sent(runtime)
    assert mine.get(f"{path}/news?seen={seen}").status_code == 200
    with runtime.database.read() as conn:
        question = conn.execute(sa.select(t.Outbox.body).where(t.Outbox.purpose == "ask")).scalar_one()
    assert question in html.unescape(mine.get(path).text)
    mine.post(f"{path}/messages", page=path, text="Cuentos de dinosaurios")
    assert [(row[0], row[5]) for row in _entries(runtime)] == [("strength", "Cuentos de dinosaurios")]
    shown = html.unescape(mine.get(path).text)
    assert shown.index(question) < shown.index("Cuentos de dinosaurios")


def test_a_question_asked_by_text_has_its_answers_as_buttons(browser: New, runtime: Any, texts_in: Callable[..., Any]) -> None:
    _start(runtime)
    texts_in("+15550101002", "Cuentos de dinosaurios")
    _sent(runtime)
    path = link(runtime)
    buttons = re.findall(r'name="press" value="(\d)"[^>]*>([^<]+)<', enter(browser(), runtime, path).get(path).text)
    assert [number for number, _ in buttons][:3] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("table", "change"),
    [(t.Guardianship, {"restriction": "court_order"}), (t.Guardianship, {"hold": "new_guardian"}), (t.Case, {"safety_hold": True})],
)
def test_an_open_question_is_not_shown_to_who_may_read_it_no_more(browser: New, runtime: Any, table: Any, change: dict[str, Any]) -> None:
    _start(runtime)
    _sent(runtime)
    with runtime.database.begin() as conn:
        conn.execute(sa.update(table).values(**change))
    path = link(runtime)
    assert "chat-empty" in enter(browser(), runtime, path).get(path).text


def test_a_question_of_a_safety_talk_is_not_shown_on_the_page(browser: New, runtime: Any, texts_in: Callable[..., Any]) -> None:
    texts_in("+15550101002", "Quiero morir")
    _sent(runtime)
    path = link(runtime)
    assert "chat-empty" in enter(browser(), runtime, path).get(path).text


def test_a_link_for_nobody_is_refused(runtime: Any) -> None:
    from bot.errors import NotFound

    with runtime.database.begin() as conn, pytest.raises(NotFound):
        family_chat.make_link(conn, runtime, "con_nobody", runtime.clock.now())


def test_without_a_number_on_file_the_page_says_the_same_and_no_code_is_sent(browser: New, runtime: Any) -> None:
    with runtime.database.begin() as conn:
        conn.execute(sa.update(t.Endpoint).where(t.Endpoint.channel.in_(["sms", "whatsapp"])).values(state="blocked"))
    path = link(runtime)
    assert browser().post(f"{path}/code", page=path).status_code == 303
    assert codes(runtime) == []


def test_the_session_cookie_belongs_to_one_link_only(browser: New, runtime: Any) -> None:
    first, second = link(runtime), link(runtime, "con_demo_en")
    mine = enter(browser(), runtime, first)
    cookie = mine.client.get_cookie("hl_chat", domain="hearthline.example", path=first)
    assert (cookie.path, cookie.http_only, cookie.secure) == (first, True, True)
    assert 'id="text"' not in mine.get(second).text
    assert cookie.max_age == timedelta(days=14).total_seconds()
