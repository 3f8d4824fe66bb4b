"""Families' words in the language staff read: beside the original, after the turn, checked by people, and never where they must not go."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa

from bot.errors import Conflict, NotAllowed, NotFound
from bot.lists import shipped_words
from bot.service import case_timeline, review_queue, translate, translate_new, translators
from bot.service.staff_entry import Book
from bot.service.translate_new import shortly_before
from bot.service.verify import verify
from bot.store.tables import Audit, Case, CaseEntry, EntryMark, Message, StaffRole, Translation, TranslationMemory
from bot.store.tables import Handoff as HandoffRow
from bot.store.types import Plain
from tests.service.receiving import AR, EN, ES, change, rows, runtime_for, sms, start, take
from tests.service.translating import Played, down, viewer, with_engines, work

LIAISON, TEACHER = viewer("stf_demo_liaison"), viewer("stf_demo_teacher")
WORDS = "A Diego le gusta leer con su abuela a las 3:30 pm, 20 minutos"


@pytest.fixture
def engine():
    return Played()


@pytest.fixture
def runtime(world_sqlite, clock, engine):
    runtime = with_engines(runtime_for(world_sqlite, clock), engine)
    start(runtime, "con_demo_es", "cas_demo_diego")
    take(runtime, sms(WORDS, ES))
    return runtime


@pytest.fixture
def loose(world_sqlite, clock, engine):
    """No talk is open: what comes is a note, and a task with the same words."""
    return with_engines(runtime_for(world_sqlite, clock), engine)


def marks(runtime):
    return [orjson.loads(row["value"]) for row in rows(runtime, EntryMark, EntryMark.kind == "translation")]


def lines(runtime, who=LIAISON):
    with runtime.database.begin() as conn:
        code = conn.execute(sa.select(Case.code).where(Case.id == "cas_demo_diego")).scalar_one()
        shown = case_timeline.read(conn, runtime, who, code, runtime.clock.now())
    return [line for line in (*shown.strengths, *shown.lines) if line.words == WORDS]


def do(runtime, act, *given):
    with runtime.database.begin() as conn:
        return act(conn, runtime, *given, runtime.clock.now())


def waiting(runtime, who=LIAISON):
    """The queue with each item opened; nothing for whom there is no queue."""
    now = runtime.clock.now()
    with runtime.database.begin() as conn:
        try:
            rows = review_queue.waiting(conn, who, now).rows
        except NotFound:
            return []
        return [translate.open_item(conn, runtime, who, row.id, now) for row in rows]


def test_the_turn_asks_nobody_and_the_worker_puts_a_machine_s_words_beside_the_family_s(runtime, engine):
    assert engine.heard == []
    assert [line.translation for line in lines(runtime)] == ["waiting"]
    assert work(runtime) == 1
    (line,) = lines(runtime)
    assert line.words == WORDS
    assert (line.translated_by, line.translation_checked) == ("played", False)
    assert "Diego" in line.translation
    assert "3:30 pm" in line.translation
    (mark,) = marks(runtime)
    assert mark["engine_or_person"] == "played"
    assert mark["checked_by"] is None
    (row,) = rows(runtime, Translation)
    assert (row["source_kind"], row["state"], row["source_lang"], row["target_lang"]) == ("entry", "machine", "es", "en")
    with runtime.database.read() as conn:
        assert [finding for finding in verify(conn, runtime.vault, lines_code(runtime)) if not finding.holds] == []


def test_the_worker_stands_aside_while_turns_are_committed_and_goes_on_under_a_load_that_never_ends(runtime, monkeypatch):
    looked = []

    class Committer:
        @property
        def busy(self) -> bool:
            looked.append(len(rows(runtime, Translation)))
            return len(looked) < 4 or never_ends

    never_ends, busy = False, replace(runtime, committer=Committer())
    assert translate_new.run(busy) == 1
    assert looked[:4] == [0, 0, 0, 0]
    assert len(rows(runtime, Translation)) == 1
    never_ends = True
    monkeypatch.setattr(translate_new, "PATIENCE", 0.05)
    assert translate_new.run(busy) == 0


def test_nobody_is_asked_twice_for_the_same_words(runtime, engine):
    work(runtime)
    take(runtime, sms(WORDS, ES))
    assert work(runtime) >= 0
    assert work(runtime) == 0
    assert len([text for text in engine.heard if "abuela" in text]) <= 2


def test_no_name_leaves(loose, engine):
    runtime = loose
    take(runtime, sms("ayer diego y Maya Walker jugaron con Mrs. Bennett y Pedro", ES))
    work(loose)
    heard = " ".join(engine.heard).lower()
    assert "jugaron" in heard
    assert [name for name in ("diego", "maya", "walker", "bennett", "pedro") if name in heard] == []


def test_an_answer_picked_from_a_list_and_english_need_none(world_sqlite, clock, engine):
    runtime = with_engines(runtime_for(world_sqlite, clock), engine)
    start(runtime, "con_demo_en", "cas_demo_maya")
    take(runtime, sms("She loves to draw", EN))
    assert work(runtime) == 0
    assert engine.heard == []


@pytest.mark.parametrize("text", ["2", "1 y 3", "3, 5 y 8", "\N{THUMBS UP SIGN}", "2\ufe0f\u20e3", "555 010 0199"])
def test_what_has_no_words_needs_no_translation(world_sqlite, clock, engine, text):
    runtime = with_engines(runtime_for(world_sqlite, clock), engine)
    take(runtime, sms(text, ES))
    start(runtime, "con_demo_es", "cas_demo_diego")
    take(runtime, sms(text, ES))
    kept = [row for row in rows(runtime, CaseEntry) if row["answer_raw"] == text and row["source_role"] == "family"]
    tasks = [row for row in rows(runtime, HandoffRow) if row["body"] == text]
    assert kept or tasks
    work(runtime)
    assert [one for one in engine.heard if one == text] == []
    assert [row for row in rows(runtime, Translation) if row["source_id"] in {one["id"] for one in (*kept, *tasks)}] == []
    assert {item.source for item in waiting(runtime)}.isdisjoint({text})
    with runtime.database.begin() as conn:
        code = conn.execute(sa.select(Case.code).where(Case.id == "cas_demo_diego")).scalar_one()
        shown = case_timeline.read(conn, runtime, LIAISON, code, clock.now())
    assert {line.translation for line in (*shown.strengths, *shown.lines) if line.words == text} <= {""}
    assert {task.words.translation for task in shown.tasks if task.words.text == text} <= {""}


def test_what_has_no_words_and_waits_from_before_leaves_the_queue(world_sqlite, clock, monkeypatch):
    runtime = with_engines(runtime_for(world_sqlite, clock))
    start(runtime, "con_demo_es", "cas_demo_diego")
    take(runtime, sms("2", ES))
    with monkeypatch.context() as before:
        before.setattr(translate_new, "wordless", lambda text: False)
        before.setattr(translate_new, "asked", lambda *given: type("Asked", (), {"says_all": False}))
        work(runtime)
    assert {row["state"] for row in rows(runtime, Translation)} == {"waiting"}
    clock.advance(days=1, minutes=1)
    work(runtime)
    assert rows(runtime, Translation) == []


def test_a_sweep_that_came_to_nothing_says_nothing(loose, clock, monkeypatch):
    runtime = with_engines(loose)
    take(runtime, sms("le gusta mucho dibujar casas", ES))
    work(runtime)
    said = []
    monkeypatch.setattr(translate_new.log, "info", lambda event, **known: said.append(event))
    clock.advance(days=1, minutes=1)
    work(runtime)
    assert {row["tries"] for row in rows(runtime, Translation)} == {2}, "it was looked at"
    assert said == []
    clock.advance(days=1, minutes=1)
    work(with_engines(runtime, Played()))
    assert said == ["translated"]


def test_the_familys_own_words_behind_other_are_translated(world_sqlite, clock, engine):
    runtime = with_engines(runtime_for(world_sqlite, clock), engine)
    start(runtime, "con_demo_es", "cas_demo_diego")
    for line in ("dragones", "8 le gusta leer con su abuela", "8"):
        take(runtime, sms(line, ES))

    def beside():
        with runtime.database.begin() as conn:
            shown = case_timeline.read(conn, runtime, LIAISON, lines_code(runtime), clock.now())
        return {line.words: (line.chosen, line.translation) for line in (*shown.strengths, *shown.lines)}

    assert beside()["8 le gusta leer con su abuela"] == (("Other",), "waiting")
    work(runtime)
    assert any("leer" in text for text in engine.heard)
    chosen, translation = beside()["8 le gusta leer con su abuela"]
    assert (chosen, translation not in ("", "waiting")) == (("Other",), True)
    assert beside()["8"] == (("Other",), "")


def test_a_machines_line_beside_a_bare_digit_from_before_is_not_shown(world_sqlite, clock, engine):
    runtime = with_engines(runtime_for(world_sqlite, clock), engine)
    start(runtime, "con_demo_es", "cas_demo_diego")
    take(runtime, sms("2", ES))
    (kept,) = [row for row in rows(runtime, CaseEntry) if row["answer_raw"] == "2"]
    with runtime.database.begin() as conn:
        book = Book(conn, runtime, "cas_demo_diego", clock.now())
        book.mark([kept["id"]], "translation", {"text": "2", "engine_or_person": "played", "checked_by": None})
        book.close()
        shown = case_timeline.read(conn, runtime, LIAISON, lines_code(runtime), clock.now())
    assert [(line.words, line.translation) for line in (*shown.strengths, *shown.lines)] == [("2", "")]


def test_without_an_engine_there_is_the_original_and_a_task_at_once(world_sqlite, clock):
    runtime = with_engines(runtime_for(world_sqlite, clock))
    assert work(runtime) == 0
    runtime = with_engines(runtime, Played(langs="es en"))
    take(runtime, sms("ابني يحب الرسم كثيرا في البيت", AR))
    work(runtime)
    tasks = rows(runtime, HandoffRow, HandoffRow.reason == "translation")
    assert [(row["to_role"], row["case_id"] is not None) for row in tasks] == [("liaison", True)]
    assert {row["state"] for row in rows(runtime, Translation)} == {"waiting"}


def test_an_engine_that_is_down_is_tried_again_and_nothing_waits(runtime, engine, clock):
    engine.say = down
    work(runtime)
    (row,) = rows(runtime, Translation)
    assert (row["state"], row["why"], row["tries"]) == ("waiting", "unreachable", 1)
    assert len(rows(runtime, HandoffRow, HandoffRow.reason == "translation")) == 1
    clock.advance(minutes=3)
    work(runtime)
    assert len(rows(runtime, HandoffRow, HandoffRow.reason == "translation")) == 1
    engine.say = Played().say
    clock.advance(minutes=10)
    assert work(runtime) == 1
    (row,) = rows(runtime, Translation)
    assert (row["state"], row["tries"]) == ("machine", 3)
    assert len(marks(runtime)) == 1


def test_an_engine_that_was_down_all_night_is_tried_once_a_day_for_some_days(runtime, engine, clock):
    engine.say = down
    for _ in range(8):
        work(runtime)
        clock.advance(hours=3)
    (row,) = rows(runtime, Translation)
    assert row["tries"] == 6
    for _ in range(8):
        clock.advance(days=1)
        work(runtime)
    (row,) = rows(runtime, Translation)
    assert (row["tries"], row["next_try"]) == (12, None)
    assert len(rows(runtime, HandoffRow, HandoffRow.reason == "translation")) == 1


def test_a_result_that_is_refused_six_times_is_a_persons_alone(runtime, engine, clock):
    engine.say = lambda text, *_: "all of it wrong"
    for _ in range(8):
        work(runtime)
        clock.advance(days=1)
    (row,) = rows(runtime, Translation)
    assert row["state"] == "waiting"
    assert (row["tries"], row["next_try"]) == (6, None)


def test_a_refused_result_goes_to_the_next_engine(runtime, engine, clock):
    engine.say = lambda text, *_: "all of it wrong"
    second = Played("second", leaves_house=False)
    work(with_engines(runtime, engine, second))
    (row,) = rows(runtime, Translation)
    assert (row["engine"], row["state"]) == ("second", "machine")


def test_what_only_trained_staff_may_see_goes_to_no_engine_outside_the_house(runtime, engine):
    inside = Played("inside", leaves_house=False)
    take(runtime, sms("mi hijo dice que se quiere matar", ES))
    work(with_engines(runtime, engine, inside))
    assert not [text for text in engine.heard if "matar" in text]
    assert [text for text in inside.heard if "matar" in text]


def test_and_where_there_is_none_inside_trained_staff_have_a_task(runtime, engine):
    take(runtime, sms("mi hijo dice que se quiere matar", ES))
    work(runtime)
    tasks = rows(runtime, HandoffRow, HandoffRow.reason == "translation_unseen")
    assert [(row["to_role"], row["visibility"]) for row in tasks] == [("on_call", "safety_only")]


def test_a_wish_for_an_evaluation_and_what_is_not_for_the_whole_team_goes_to_no_engine_outside_the_house(loose, engine):
    """Whatever else the same message became: no part of it leaves."""
    runtime, inside = loose, Played("inside", leaves_house=False)
    take(runtime, sms("por favor quiero que evalúen a mi hijo para educación especial", ES))
    work(with_engines(runtime, engine, inside))
    assert engine.heard == []
    assert [text for text in inside.heard if "evalúen" in text]


def test_without_any_engine_memory_still_knows_what_a_person_wrote(loose):
    runtime = with_engines(loose)
    take(runtime, sms("le gusta mucho dibujar casas", ES, sid="SM" + "1" * 32))
    work(runtime)
    (first,) = rows(runtime, Translation, Translation.source_kind == "entry", Translation.state == "waiting")
    with runtime.database.begin() as conn:
        translate.correct(conn, runtime, LIAISON, first["id"], "He loves to draw houses", runtime.clock.now())
    take(runtime, sms("Le gusta mucho  dibujar casas", ES, sid="SM" + "2" * 32))
    work(runtime)
    known = rows(runtime, Translation, Translation.source_kind == "entry", Translation.state == "checked")
    assert [row["text"] for row in known] == ["He loves to draw houses"] * 2


def test_what_nobody_served_is_looked_at_again_when_a_district_has_an_engine(loose, engine, clock):
    runtime = with_engines(loose)
    take(runtime, sms("le gusta mucho dibujar casas", ES))
    work(runtime)
    assert {row["why"] for row in rows(runtime, Translation)} == {"no_engine"}
    clock.advance(days=1, minutes=1)
    work(with_engines(runtime, engine))
    assert {row["state"] for row in rows(runtime, Translation)} == {"machine"}


def test_a_translation_is_screened_and_what_it_adds_has_the_first_messages_time(loose, engine):
    runtime = loose
    take(runtime, sms("hoy estuvo raro todo el dia en la casa con la abuela", ES, sid="SM" + "9" * 32))
    (heard,) = rows(runtime, Message, Message.provider_id == "SM" + "9" * 32)
    assert heard["visibility"] == "team"
    engine.say = lambda text, *_: "he wants to kill himself and said so all day at home with his grandmother"
    work(loose)
    (heard,) = rows(runtime, Message, Message.provider_id == "SM" + "9" * 32)
    assert heard["visibility"] == "safety_only"
    assert [row["created_at"] for row in rows(runtime, HandoffRow, HandoffRow.reason == "danger")] == [heard["received_at"]]


def test_an_engine_that_needs_a_yes_serves_only_after_somebody_said_it(loose):
    runtime = loose
    outside = Played("web", notice="It goes to a stranger.")
    runtime = with_engines(runtime, outside)
    work(runtime)
    assert outside.heard == []
    with runtime.database.begin() as conn:
        now = runtime.clock.now()
        assert [one.serves for one in translators.standing(conn, runtime, "dst_demo")] == [False]
        with pytest.raises(NotFound):
            translators.allow(conn, runtime, "dst_demo", "web", "stf_nobody", now)
        with pytest.raises(NotFound):
            translators.allow(conn, runtime, "dst_demo", "other", "stf_demo_admin", now)
        with pytest.raises(NotAllowed):
            translators.allow(conn, runtime, "dst_demo", "web", "stf_demo_teacher", now)
        for _ in range(2):
            translators.allow(conn, runtime, "dst_demo", "web", "stf_demo_admin", now)
        assert [one.serves for one in translators.standing(conn, runtime, "dst_demo")] == [True]
    take(runtime, sms("y le gusta dibujar", ES))
    work(runtime)
    assert outside.heard
    said = rows(runtime, Audit, Audit.action == "allow_translator")
    assert [(row["actor_id"], row["reason"]) for row in said] == [("stf_demo_admin", "web")]
    with runtime.database.begin() as conn:
        assert translators.forbid(conn, runtime, "dst_demo", "web", "stf_demo_admin", runtime.clock.now())
        assert not translators.forbid(conn, runtime, "dst_demo", "web", "stf_demo_admin", runtime.clock.now())
        changed = with_engines(runtime, Played("web", notice="Other words."))
        assert [one.serves for one in translators.standing(conn, changed, "dst_demo")] == [False]


def test_a_mere_likeness_in_a_machines_words_raises_nothing_where_the_language_has_lists_of_its_own(loose):
    from bot.service.translate_new import adds

    assert adds(loose, "he wants to kill himself", "es", "en")
    assert adds(loose, "please stop texting me", "es", "en")
    assert not adds(loose, "good evening, he likes to read with his grandmother", "es", "en")
    shipped = replace(loose, words=shipped_words())  # with the learned weights
    assert not adds(shipped, "They do not call me to the work please, better send me text", "es", "en")
    assert adds(shipped, "please stop texting me", "es", "en")


def test_one_case_that_cannot_be_written_stops_no_other(loose, engine, monkeypatch):
    from bot.service import translate_new

    kept = translate_new._store

    def breaks(conn, runtime, work, made, now):
        if work.case_id == "cas_demo_diego":
            raise ValueError("no")
        return kept(conn, runtime, work, made, now)

    monkeypatch.setattr(translate_new, "_store", breaks)
    take(loose, sms(WORDS, ES), sms("mi hija lee muy bien en la casa con su abuela", EN))
    work(loose)
    assert {row["case_id"] for row in rows(loose, Translation)} == {"cas_demo_maya"}
    monkeypatch.undo()
    work(loose)
    assert {row["case_id"] for row in rows(loose, Translation)} == {"cas_demo_maya", "cas_demo_diego"}


def test_a_correction_stands_beside_the_words_wherever_they_wait_and_is_used_before_any_engine(loose, engine):
    runtime = loose
    take(runtime, sms(WORDS, ES))
    work(runtime)
    (item,) = [one for one in waiting(runtime) if one.source == WORDS]
    assert (item.code, item.engine, item.state) == (lines_code(runtime), "played", "machine")
    right = "Diego likes to read with his grandmother at 3:30 pm, 20 minutes"
    with runtime.database.begin() as conn:
        translate.correct(conn, runtime, LIAISON, item.id, f" {right} ", runtime.clock.now(), [("abuela", "grandmother")])
    (line,) = lines(runtime)
    assert (line.translation, line.translated_by, line.translation_checked) == (right, "person", True)
    assert waiting(runtime) == []
    assert [(row["text"], row["engine"]) for row in rows(runtime, Translation)] == [(right, "person")] * 2
    heard = len(engine.heard)
    take(runtime, sms(WORDS.upper(), ES))
    work(runtime)
    assert [row["engine"] for row in rows(runtime, Translation)][-1] == "person"
    assert len(engine.heard) == heard
    take(runtime, sms("la Abuela lee mejor que yo", ES))
    work(runtime)
    assert "abuela" not in engine.heard[-1].lower()
    assert "grandmother" in rows(runtime, Translation)[-1]["text"]
    assert len(rows(runtime, TranslationMemory)) == 1


def lines_code(runtime):
    return rows(runtime, Case, Case.id == "cas_demo_diego")[0]["code"]


def test_an_approval_keeps_the_machines_name_and_says_who_looked(runtime):
    work(runtime)
    (item,) = waiting(runtime)
    do(runtime, translate.approve, LIAISON, item.id)
    (line,) = lines(runtime)
    assert (line.translated_by, line.translation_checked) == ("played", True)
    assert marks(runtime)[-1]["checked_by"] == "stf_demo_liaison"
    actions = [row["action"] for row in rows(runtime, Audit) if row["object_kind"] == "translation"]
    assert actions == ["read", "approve_translation"]


def test_only_who_may_check_translations_does(runtime):
    work(runtime)
    (item,) = waiting(runtime)
    assert waiting(runtime, TEACHER) == []
    for act, given in ((translate.correct, ("x",)), (translate.approve, ())):
        with pytest.raises(NotAllowed), runtime.database.begin() as conn:
            act(conn, runtime, TEACHER, item.id, *given, runtime.clock.now())
    with pytest.raises(NotFound), runtime.database.begin() as conn:
        translate.open_item(conn, runtime, TEACHER, item.id, runtime.clock.now())
    with pytest.raises(NotAllowed), runtime.database.begin() as conn:
        translate.lock_term(conn, runtime, TEACHER, "es", "en", "a", "b", runtime.clock.now())


def test_an_interpreter_from_outside_sees_items_without_a_case(runtime):
    work(runtime)
    change(runtime, StaffRole, StaffRole.staff_id == "stf_demo_other_teacher", role="interpreter")
    interpreter = viewer("stf_demo_other_teacher")
    (item,) = waiting(runtime, interpreter)
    assert (item.code, item.source) == ("", WORDS)
    with runtime.database.begin() as conn:
        translate.approve(conn, runtime, interpreter, item.id, runtime.clock.now())
    assert waiting(runtime, interpreter) == []


def test_a_translation_of_words_that_changed_is_stale(runtime):
    work(runtime)
    (item,) = waiting(runtime)
    change(runtime, CaseEntry, CaseEntry.answer_raw.is_not(None), answer_raw=Plain("dst_demo", "otras palabras"))
    with pytest.raises(Conflict, match="stale"), runtime.database.begin() as conn:
        translate.approve(conn, runtime, LIAISON, item.id, runtime.clock.now())
    (row,) = rows(runtime, Translation)
    with runtime.database.read() as conn:
        assert translate.beside(conn, runtime, "dst_demo", "entry", {row["source_id"]: WORDS}, "en")[row["source_id"]].state == "machine"
        assert translate.beside(conn, runtime, "dst_demo", "entry", {row["source_id"]: "otras palabras"}, "en") == {}


def test_a_line_without_a_translation_can_be_translated_by_hand(runtime):
    (entry,) = [row for row in rows(runtime, CaseEntry) if row["answer_raw"] == WORDS]
    for text in ("Diego likes reading", "Diego loves reading"):
        with runtime.database.begin() as conn:
            translate.write_by_hand(conn, runtime, LIAISON, entry["id"], text, runtime.clock.now())
    (line,) = lines(runtime)
    assert (line.translation, line.translated_by) == ("Diego loves reading", "person")
    with pytest.raises(NotFound), runtime.database.begin() as conn:
        translate.write_by_hand(conn, runtime, LIAISON, "ent_none", "x", runtime.clock.now())
    with pytest.raises(Conflict, match="empty"), runtime.database.begin() as conn:
        translate.write_by_hand(conn, runtime, LIAISON, entry["id"], " ", runtime.clock.now())


def test_a_sweep_looks_again_at_what_may_have_committed_late():
    assert shortly_before("ent_01KAJ3M4Z0ABCDEFGHJKMNPQRS") < "ent_01KAJ3M4Z0"
    assert shortly_before("ent_" + "0" * 26) == "ent_" + "0" * 10
    assert shortly_before("hnd_01KAJ3M4Z0ABCDEFGHJKMNPQRS").startswith("hnd_01KAJ3")


def test_the_shipped_terms_go_both_ways_and_an_unknown_pair_has_none():
    assert translators.shipped_terms("en", "es")["evaluations"] == "evaluación"
    assert translators.shipped_terms("es", "en")["remisión"] == "referral"
    assert translators.shipped_terms("so", "en") == {}


def test_nothing_of_the_words_is_in_the_log_or_in_an_open_column(runtime, capsys):
    work(runtime)
    out = capsys.readouterr()
    assert "abuela" not in out.out + out.err
    with runtime.database.engine.connect() as conn:
        raw = conn.exec_driver_sql("select * from translation").all()
    assert "Diego" not in repr(raw)
