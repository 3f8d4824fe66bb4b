"""Every page of the console in every state, in both languages of the console, with families who write from left and from right (G12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from bot.service.translate_new import index
from bot.store import tables as t
from bot.store.types import Plain, PlainBytes
from tests.browser.conftest import House
from tests.browser.test_access import WIDTHS, check
from tests.service import record_writer

pytestmark = pytest.mark.browser
Enter = Callable[..., None]
WIDE_ONCE = {"en": WIDTHS, "es": WIDTHS[:1]}
"""Spanish is longer, so the phone is where it could break; that the wide page holds is seen once."""


@pytest.fixture(scope="module")
def busy(full_house: House) -> Iterator[House]:
    """With tasks in every state, a voice note and a photo, a hold, a drill and a child without a case."""
    now = full_house.runtime.clock.now()
    with full_house.runtime.database.begin() as conn:
        _tasks(conn, now)
        conn.execute(sa.update(t.Case).where(t.Case.code == "CV-1005").values(safety_hold=True))
        conn.execute(
            sa.insert(t.Student).values(
                id="stu_free", district_id="dst_demo", school_id="sch_demo_maple", first_name=Plain("dst_demo", "Noor"),
                last_name=Plain("dst_demo", "Example"), birth_date=None, grade="1",
            )
        )  # fmt: skip
        conn.execute(
            sa.insert(t.Guardianship).values(
                id="gua_free", district_id="dst_demo", contact_id="con_demo_ar", student_id="stu_free", relation="mother", rights_holder=True,
                may_receive=True, restriction="", hold="", valid_from=now - timedelta(days=1), valid_to=None,
            )
        )  # fmt: skip
    _media(full_house, now)
    _written(full_house, now)
    _prepared(full_house, now)
    _opened(full_house, now)
    yield full_house
    with full_house.runtime.database.begin() as conn:
        conn.execute(sa.update(t.Case).where(t.Case.code == "CV-1005").values(safety_hold=False))


def _tasks(conn: Any, now: Any) -> None:
    common = {
        "district_id": "dst_demo", "school_id": "sch_demo_maple", "case_id": "cas_demo_yusuf", "contact_id": "con_demo_ar", "lang": "ar",
        "body": Plain("dst_demo", "هل يمكن أن يتصل بي أحد؟"), "visibility": "team", "created_at": now - timedelta(hours=9),
    }  # fmt: skip
    for number, more in enumerate(
        (
            {"reason": "call_wish", "state": "open", "owner_id": "stf_demo_liaison", "due_at": now - timedelta(hours=2)},
            {"reason": "question", "state": "acknowledged", "owner_id": "stf_demo_liaison", "due_at": now + timedelta(hours=20)},
            {"reason": "person", "state": "acknowledged", "owner_id": "stf_demo_teacher", "due_at": now + timedelta(days=3)},
            {
                "reason": "attachment", "state": "closed", "owner_id": "stf_demo_liaison", "due_at": now, "closed_at": now,
                "outcome": Plain("dst_demo", '{"how":"called","note":"تحدثنا مع الأم"}'),
            },
        )
    ):  # fmt: skip
        conn.execute(sa.insert(t.Handoff).values(id=f"hnd_busy_{number}", to_role="liaison", **common, **more))
    drill = {"to_role": "on_call", "owner_id": "stf_demo_counselor", "reason": "drill", "lang": "", "visibility": "staff_only"}
    conn.execute(
        sa.insert(t.Handoff).values(
            id="hnd_drill", district_id="dst_demo", state="closed", due_at=now, created_at=now - timedelta(days=1),
            acknowledged_at=now - timedelta(days=1, seconds=-42), **drill,
        )
    )  # fmt: skip


def _media(house: House, now: Any) -> None:
    """A voice note and a photo with words of the Spanish family."""
    with house.runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.Message).values(
                id="msg_busy", district_id="dst_demo", provider="twilio", provider_id="busy", channel="sms", contact_id="con_demo_es",
                case_id="cas_demo_diego", body=Plain("dst_demo", ""), lang="es", visibility="team", screened="", state="done", attempts=0,
                error="", received_at=now,
            )
        )  # fmt: skip
        for number, kind in enumerate(("audio/ogg", "image/png")):
            conn.execute(
                sa.insert(t.Attachment).values(
                    id=f"att_busy_{number}", district_id="dst_demo", message_id="msg_busy", content_type=kind,
                    data=PlainBytes("dst_demo", b"x"), size=1, sha256="", state="stored", attempts=0, created_at=now,
                )
            )  # fmt: skip
    line = {
        **record_writer.entry(1, "Mire lo que dibujó"),
        "message_id": "msg_busy",
        "media": ["att_busy_0", "att_busy_1"],
        "created_at": now,
    }
    record_writer.write(house.runtime.database, line)


def _written(house: House, now: Any) -> None:
    """A letter to the Arabic contact with a machine's words and everything to remark on, and the words it was made from."""
    text = "The MTSS team met. Is 3 PM good? Can you come?"
    with house.runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.FamilyText).values(
                id="ltr_busy", district_id="dst_demo", kind="letter", case_id="cas_demo_yusuf", contact_id="con_demo_ar",
                author_id="stf_demo_liaison", message_class="C", title="", lang="en", text=Plain("dst_demo", text), state="draft", version=1,
                created_at=now, updated_at=now,
            )
        )  # fmt: skip
        conn.execute(
            sa.insert(t.Translation).values(
                id="trn_busy", district_id="dst_demo", source_kind="letter", source_id="ltr_busy", case_id="cas_demo_yusuf",
                contact_id="con_demo_ar", source_lang="en", target_lang="ar", source_index=index(house.runtime, "dst_demo", text),
                text=Plain("dst_demo", "اجتمع الفريق. هل الساعة 3 مناسبة؟"), engine="an engine", state="machine", why="", tries=1, created_at=now,
            )
        )  # fmt: skip


def _prepared(house: House, now: Any) -> None:
    """A prepared text with checked Spanish words and stale Arabic ones, and one that nobody has approved."""
    texts = {"tpl_busy": "{child} may bring a book on {day}.", "tpl_new": "The MTSS team meets. Is 3 PM good? Can you come?"}
    with house.runtime.database.begin() as conn:
        settings = conn.execute(sa.select(t.District.settings).where(t.District.id == "dst_demo")).scalar_one()
        conn.execute(
            sa.update(t.District).where(t.District.id == "dst_demo").values(settings={**settings, "lang.enabled": ["en", "es", "ar"]})
        )
        for key, text in texts.items():
            conn.execute(
                sa.insert(t.FamilyText).values(
                    id=key, district_id="dst_demo", kind="template", author_id="stf_demo_coordinator", message_class="C", title=f"Text {key}",
                    lang="en", text=Plain("dst_demo", text), state="approved", version=1, created_at=now, updated_at=now,
                    approved_index=index(house.runtime, "dst_demo", text) if key == "tpl_busy" else None,
                )
            )  # fmt: skip
        for lang, words, of in (
            ("es", "{child} puede traer un libro el {day}.", texts["tpl_busy"]),
            ("ar", "يمكن أن يحضر {child} كتابا يوم {day}.", "old"),
        ):
            conn.execute(
                sa.insert(t.Translation).values(
                    id=f"trn_tpl_{lang}", district_id="dst_demo", source_kind="template", source_id="tpl_busy", source_lang="en",
                    target_lang=lang, source_index=index(house.runtime, "dst_demo", of), text=Plain("dst_demo", words), engine="person",
                    state="checked", why="", tries=0, created_at=now, checked_by="stf_demo_liaison", checked_at=now,
                )
            )  # fmt: skip


def _opened(house: House, now: Any) -> None:
    """A case opened in an emergency, and not looked at yet."""
    with house.runtime.database.begin() as conn:
        conn.execute(
            sa.insert(t.BreakGlass).values(
                id="glass_busy", district_id="dst_demo", staff_id="stf_demo_nurse", case_id="cas_demo_diego", why="danger_now",
                note=Plain("dst_demo", "A neighbor called"), opened_at=now, ends_at=now + timedelta(hours=1),
            )
        )  # fmt: skip


PAGES = {
    "other.teacher": ("/console/", "/console/tasks", "/console/cases/CV-1001"),
    "liaison": (
        "/console/",
        "/console/tasks",
        "/console/tasks/hnd_busy_0",
        "/console/tasks/hnd_busy_3",
        "/console/cases/CV-1002",
        "/console/cases/CV-1003",
        "/console/cases/CV-1004",
        "/console/cases/CV-1003/team",
        "/console/open-case",
        "/console/open-case/stu_free",
        "/console/translations",
        "/console/translations/trn_busy",
        "/console/cases/CV-1003/write/con_demo_ar",
        "/console/letters/ltr_busy",
        "/console/tasks?show=done&page=2",
        "/console/cases/CV-1003/meetings",
        "/console/cases/CV-1003/concern",
        "/console/texts",
        "/console/texts/new",
        "/console/texts/tpl_busy",
        "/console/texts/tpl_busy/ar",
        "/console/cases/CV-1002/write/con_demo_es/tpl_busy",
    ),
    "principal": ("/console/texts/tpl_new",),
    "nurse": ("/console/cases/CV-1002", "/console/emergency"),
    "counselor": ("/console/cases/CV-1005", "/console/on-call"),
    "teacher": ("/console/cases/CV-1003", "/console/letters/ltr_busy", "/console/?done=astray"),
    "admin": ("/console/privacy?case=CV-1003", "/console/privacy?kind=sent&case=CV-1001", "/console/privacy?case=none"),
}


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("login", PAGES)
def test_pages_empty_and_full(busy: House, page: Page, enter: Enter, login: str, lang: str) -> None:
    enter(page, login, lang)
    for path in PAGES[login]:
        page.goto(busy.url + path)
        assert page.get_attribute("html", "lang") == lang
        check(page, f"{login} {path}", WIDE_ONCE[lang])


@pytest.mark.parametrize("lang", ["en", "es"])
def test_pages_with_something_open_or_something_wrong(busy: House, page: Page, enter: Enter, lang: str) -> None:
    enter(page, "liaison", lang)
    page.goto(f"{busy.url}/console/tasks/hnd_busy_1")
    page.click("details.me summary")
    page.click("details.card summary")
    check(page, "a task with its menus open", WIDE_ONCE[lang])
    page.evaluate("for (const one of document.querySelectorAll('form')) one.noValidate = true")
    page.click(".outcome button")
    page.wait_for_selector("[role=alert]")
    check(page, "a task without what was done", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/open-case/stu_free")
    page.click("main form button")
    page.wait_for_selector("[role=alert]")
    check(page, "a case about nothing", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/translations/trn_busy")
    page.click("details.term summary")
    page.fill("#text", " ")
    page.evaluate("for (const one of document.querySelectorAll('form')) one.noValidate = true")
    page.click("main form button")
    page.wait_for_selector("[role=alert]")
    check(page, "a translation without words", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/letters/ltr_busy")
    page.click("details.change summary")
    check(page, "a letter with its words open", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/open-case")
    page.fill("#wanted", "xyz")
    page.press("#wanted", "Enter")
    page.wait_for_selector("main [role=status]")
    check(page, "no child of that name", WIDE_ONCE[lang])


@pytest.mark.parametrize("lang", ["en", "es"])
def test_forms_that_show_what_will_be_sent(busy: House, page: Page, enter: Enter, lang: str) -> None:
    enter(page, "liaison", lang)
    day = f"{busy.runtime.clock.now() + timedelta(days=12):%Y-%m-%d}"
    page.goto(f"{busy.url}/console/cases/CV-1002/meetings")
    page.fill("#day", day)
    page.fill("#time", "15:30")
    page.fill("#place", "Room 4")
    page.press("#place", "Enter")
    page.wait_for_selector("#shown-head")
    check(page, "a meeting before it is planned", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/cases/CV-1003/concern")
    page.check("[name=strength][value=kind]")
    page.check("[name=topic][value=math]")
    page.fill("#sees", "He stops. She stops too?")
    page.fill("#first_try", "MTSS pairs")
    page.press("#review_on", "Enter")
    page.wait_for_selector("#shown-head")
    check(page, "a concern before it is told", WIDE_ONCE[lang])
    page.evaluate("for (const one of document.querySelectorAll('form')) one.noValidate = true")
    page.fill("#first_try", "")
    page.press("#review_on", "Enter")
    page.wait_for_selector("[role=alert]")
    check(page, "a concern without a first try", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/cases/CV-1002/write/con_demo_es/tpl_busy")
    page.fill("#slot-day", day)
    page.press("#slot-child", "Enter")
    page.wait_for_selector("#theirs-head")
    check(page, "a prepared text before it goes", WIDE_ONCE[lang])
    page.goto(f"{busy.url}/console/texts/new")
    page.fill("#title", "x")
    page.fill("#text", "Bring {thing}")
    page.check("[name=class][value=A]")
    page.press("#title", "Enter")
    page.wait_for_selector("[role=alert]")
    check(page, "a text with an unknown place", WIDE_ONCE[lang])


def test_the_privacy_log_says_what_it_is_about_on_a_phone_too(house: House, page: Page, enter: Enter) -> None:
    enter(page, "liaison", "es")
    for path in ("/console/cases/CV-1002", "/console/cases/CV-1005", "/console/open-case/stu_demo_diego"):
        page.goto(house.url + path)
    page.context.clear_cookies()
    enter(page, "admin", "es")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{house.url}/console/privacy")
    assert "CV-1002" in page.inner_text(".table-box")
    width, seen = page.eval_on_selector(".table-box", "one => [one.scrollWidth, one.clientWidth]")
    assert width <= seen


def test_the_arabic_words_stand_right_to_left_in_the_record(busy: House, page: Page, enter: Enter) -> None:
    enter(page, "liaison")
    page.goto(f"{busy.url}/console/cases/CV-1003")
    words = page.locator("blockquote.words", has_text="يحب ابني كرة القدم").first
    assert (words.get_attribute("lang"), words.get_attribute("dir")) == ("ar", "rtl")
    assert page.get_by_text("Translation: waiting for the liaison").first.is_visible()


def test_a_task_is_done_by_keyboard_alone(busy: House, page: Page, enter: Enter) -> None:
    enter(page, "liaison")
    page.goto(f"{busy.url}/console/tasks/hnd_busy_1")
    keys = page.keyboard
    page.locator(".outcome input[type=radio]").first.focus()
    keys.press("ArrowDown")
    keys.press("ArrowUp")
    expect(page.locator(".outcome input[type=radio]").first).to_be_checked()
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid"
    keys.press("Tab")
    keys.type("She will come on Thursday")
    keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**/console/tasks")
    page.goto(f"{busy.url}/console/cases/CV-1003")
    expect(page.get_by_text("She will come on Thursday")).to_be_visible()
