"""What the database itself refuses, whoever asks it: triggers, the same on SQLite and PostgreSQL.

`RECORD`: rows that only grow (rule 4 of the house). A row is never deleted, and no column of it changes but the sealed ones, because key
rotation seals them again and a lawful erasure empties them together with the salt; the hash chain finds any other change of those.

`GUARDIAN`: no message about a child is handed to a provider for somebody who has no live right to that child at that moment (fault 1).
Class F, danger and the one confirmation of a STOP are exempt: they name no child and go to whoever wrote. The services decide the same
under locks before; this is the second lock on the door.

`recipients_*` is the same door with all its conditions (`bot.policy.recipients`): the right at queueing already, and at hand-over also an
open safety flag, a hold, whether the receiver holds education rights, a confirmed phone of their own, and a writer's yes. The 18th birthday
is not here because a birth date is sealed: `bot.service.of_age` ends the right itself on that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

Statements = Callable[[], Iterator[str]]

RECORD: Mapping[str, tuple[str, ...]] = {
    "case_entry": ("answer_raw", "answer_norm", "salt"),
    "entry_mark": ("value", "salt"),
    "audit": (),
    "consent_ledger": (),
}
"""Table -> the columns that may be written again."""

GUARDIAN = "outbox_guardian"

_ABOUT_A_CHILD = """new.state = 'handed' and new.audience = 'family' and new.case_id is not null
    and new.message_class <> 'F' and new.purpose not in ('confirm_stop', 'crisis')"""

_LIVE = """exists (
        select 1 from guardianship g join cases c on c.id = new.case_id
        where g.id = new.guardianship_id and g.contact_id = new.contact_id and g.student_id = c.student_id
          and g.may_receive and g.restriction = '' and g.valid_from <= coalesce(new.handed_at, new.created_at)
          and (g.valid_to is null or g.valid_to > coalesce(new.handed_at, new.created_at))
    )"""


_CHILD = (
    "new.audience = 'family' and new.case_id is not null and new.message_class <> 'F' and new.purpose not in ('confirm_stop', 'crisis')"
)

_OTHER_LINK = """exists (select 1 from guardianship o where o.contact_id = g.contact_id and o.student_id = g.student_id
            and {why} and o.valid_from <= {at} and (o.valid_to is null or o.valid_to > {at}))"""
"""Another live link of the same adult to the same child: of several the strictest counts."""

_CLOSED = "(o.restriction <> '' or not o.may_receive)"

_RIGHT = f"""g.id = new.guardianship_id and g.contact_id = new.contact_id and g.student_id = c.student_id
          and g.may_receive and g.restriction = '' and g.valid_from <= {{at}} and (g.valid_to is null or g.valid_to > {{at}})
          and not {_OTHER_LINK.replace("{why}", _CLOSED)}"""

_MAY_QUEUE = f"""exists (
        select 1 from guardianship g join cases c on c.id = new.case_id
        where {_RIGHT.format(at="new.created_at")}
    )"""  # noqa: S608 - column names of ours, nobody's values

_HELD = _OTHER_LINK.format(why="o.hold <> ''", at="coalesce(new.handed_at, new.created_at)")

_PLAIN = "(new.answers_family and new.message_class in ('A', 'E'))"

_MAY_GO = f"""exists (
        select 1 from guardianship g join cases c on c.id = new.case_id join contact k on k.id = new.contact_id
        left join endpoint e on e.id = new.endpoint_id
        where {_RIGHT.format(at="coalesce(new.handed_at, new.created_at)")}
          and not c.safety_hold and k.identity <> 'wrong_number'
          and (e.id is null or (e.contact_id = new.contact_id and e.state = 'active'))
          and ({_PLAIN} or (not {_HELD} and k.identity <> 'held'))
          and ({_PLAIN} or new.message_class in ('A', 'B') or (g.rights_holder and e.confirmed_at is not null))
          and ({_PLAIN} or new.message_class in ('A', 'B', 'C') or (k.identity = 'confirmed' and not e.shared))
          and (new.words_of is null or new.words_of = new.contact_id or exists (
            select 1 from word_sharing w where w.case_id = new.case_id and w.writer_id = new.words_of
              and w.reader_id = new.contact_id and w.state = 'yes'))
    )"""  # noqa: S608 - the same

QUEUED = "outbox_guardian_new"


def recipients_sqlite() -> Iterator[str]:
    """The whole door for SQLite, in place of the first one."""
    yield f"drop trigger if exists {GUARDIAN}"
    yield f"drop trigger if exists {QUEUED}"
    yield f"""create trigger {QUEUED} before insert on outbox when {_CHILD} and not {_MAY_QUEUE}
        begin select raise(abort, 'no live guardianship'); end"""
    yield f"""create trigger {GUARDIAN} before update of state on outbox when new.state = 'handed' and {_CHILD} and not {_MAY_GO}
        begin select raise(abort, 'no live guardianship'); end"""


def recipients_postgresql() -> Iterator[str]:
    """The same for PostgreSQL."""
    yield f"drop trigger if exists {GUARDIAN} on outbox"
    yield f"drop trigger if exists {QUEUED} on outbox"
    for name, may in (("hearthline_guardian", _MAY_GO), ("hearthline_guardian_new", _MAY_QUEUE)):
        yield f"""create or replace function {name}() returns trigger language plpgsql as $$
        begin
            if not {may} then
                raise exception using message = 'no live guardianship', errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$"""
    yield f"""create trigger {QUEUED} before insert on outbox for each row when ({_CHILD})
        execute function hearthline_guardian_new()"""
    yield f"""create trigger {GUARDIAN} before update of state on outbox for each row when (new.state = 'handed' and {_CHILD})
        execute function hearthline_guardian()"""


def queued_together() -> Iterator[str]:
    """The door of new messages on PostgreSQL, asked once a statement for all the rows it wrote: a function call a row cost a tenth of a
    turn. Each row's right is a question of its own (a sub-select that gives one value), so that it is always found by its key: a join the
    planner might turn into a walk through everybody's rights, and keep."""
    yield f"drop trigger if exists {QUEUED} on outbox"
    right = _MAY_QUEUE.strip().removeprefix("exists (").removesuffix(")").strip().removeprefix("select 1")
    yield f"""create or replace function hearthline_guardian_new() returns trigger language plpgsql as $$
        begin
            if exists (select 1 from queued where {_CHILD} and (select true {right} limit 1) is not true) then
                raise exception using message = 'no live guardianship', errcode = 'integrity_constraint_violation';
            end if;
            return null;
        end $$""".replace("new.", "queued.")  # noqa: S608 - column names of ours
    yield f"""create trigger {QUEUED} after insert on outbox referencing new table as queued for each statement
        execute function hearthline_guardian_new()"""


def fixed(table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a table that never change."""
    return tuple(column for column in columns if column not in RECORD[table])


def unchanging(table: str, columns: tuple[str, ...], dialect: str) -> Iterator[str]:
    """The trigger that keeps a table's columns as they were written, made again after a column was added."""
    name = f"{table}_no_change"
    on = f" on {table}" if dialect == "postgresql" else ""
    yield f"drop trigger if exists {name}{on}"
    before = f"create trigger {name} before update of {', '.join(fixed(table, columns))} on {table}"
    if dialect == "postgresql":
        yield f"{before} for each row execute function hearthline_only_grows()"
    else:
        yield f"{before} begin select raise(abort, '{table} only grows'); end"


def sqlite(columns: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The statements for SQLite. `columns`: every column of the tables in RECORD."""
    for table in RECORD:
        refuse = f"begin select raise(abort, '{table} only grows'); end"
        yield f"create trigger {table}_no_delete before delete on {table} {refuse}"
        yield f"create trigger {table}_no_change before update of {', '.join(fixed(table, columns[table]))} on {table} {refuse}"
    yield f"""create trigger {GUARDIAN} before update of state on outbox when {_ABOUT_A_CHILD} and not {_LIVE}
        begin select raise(abort, 'no live guardianship'); end"""


def postgresql(columns: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The same for PostgreSQL."""
    yield """create function hearthline_only_grows() returns trigger language plpgsql as $$
        begin raise exception using message = tg_table_name || ' only grows', errcode = 'integrity_constraint_violation'; end $$"""
    for table in RECORD:
        refuse = f"on {table} for each row execute function hearthline_only_grows()"
        yield f"create trigger {table}_no_delete before delete {refuse}"
        yield f"create trigger {table}_no_change before update of {', '.join(fixed(table, columns[table]))} {refuse}"
    yield f"""create function hearthline_guardian() returns trigger language plpgsql as $$
        begin
            if not {_LIVE} then
                raise exception using message = 'no live guardianship', errcode = 'integrity_constraint_violation';
            end if;
            return new;
        end $$"""
    yield f"""create trigger {GUARDIAN} before update of state on outbox for each row when ({_ABOUT_A_CHILD})
        execute function hearthline_guardian()"""


def removal(dialect: str) -> Iterator[str]:
    """The statements that take all of it away again."""
    on = dialect == "postgresql"
    for table in RECORD:
        for name in (f"{table}_no_delete", f"{table}_no_change"):
            yield f"drop trigger if exists {name}" + (f" on {table}" if on else "")
    for name in (GUARDIAN, QUEUED):
        yield f"drop trigger if exists {name}" + (" on outbox" if on else "")
    if on:
        yield "drop function if exists hearthline_guardian_new()"
        yield "drop function if exists hearthline_only_grows()"
        yield "drop function if exists hearthline_guardian()"
