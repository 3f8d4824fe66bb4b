"""Cases, their teams, the append-only record and hand-offs. As of 0001; never edited after it shipped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=False),
        sa.Column("school_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("domains", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.String(length=40), nullable=True),
        sa.Column("liaison_id", sa.String(length=40), nullable=False),
        sa.Column("slack_channel", sa.String(length=40), nullable=False),
        sa.Column("safety_hold", sa.Boolean(), nullable=False),
        sa.Column("chain_seq", sa.Integer(), nullable=False),
        sa.Column("chain_head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_cases_district_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["staff.id"], name=op.f("fk_cases_lead_id")),
        sa.ForeignKeyConstraint(["liaison_id"], ["staff.id"], name=op.f("fk_cases_liaison_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_cases_school_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_cases_student_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("district_id", "code", name=op.f("uq_cases_district_id_code")),
    )
    op.create_index(op.f("ix_cases_district_id"), "cases", ["district_id"], unique=False)
    op.create_index(op.f("ix_cases_student_id"), "cases", ["student_id"], unique=False)


def case_entry() -> None:
    op.create_table(
        "case_entry",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("student_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("source_role", sa.String(length=40), nullable=False),
        sa.Column("contact_id", sa.String(length=40), nullable=True),
        sa.Column("entered_by", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("flow_id", sa.String(length=40), nullable=False),
        sa.Column("flow_version", sa.Integer(), nullable=False),
        sa.Column("step_id", sa.String(length=40), nullable=False),
        sa.Column("asked_text_ref", sa.String(length=120), nullable=False),
        sa.Column("answer_raw", sa.LargeBinary(), nullable=True),
        sa.Column("answer_lang", sa.String(length=35), nullable=False),
        sa.Column("answer_norm", sa.LargeBinary(), nullable=True),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=40), nullable=False),
        sa.Column("corrects_id", sa.String(length=40), nullable=True),
        sa.Column("requirement_refs", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_entry_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_case_entry_contact_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["staff.id"], name=op.f("fk_case_entry_entered_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_entry")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_case_entry_case_id_seq")),
    )


def case_member() -> None:
    op.create_table(
        "case_member",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_member_case_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_case_member_district_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_member_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_member")),
    )
    op.create_index(op.f("ix_case_member_case_id"), "case_member", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_member_staff_id"), "case_member", ["staff_id"], unique=False)


def handoff() -> None:
    op.create_table(
        "handoff",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("school_id", sa.String(length=40), nullable=True),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("contact_id", sa.String(length=40), nullable=True),
        sa.Column("entry_id", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=40), nullable=True),
        sa.Column("to_role", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("lang", sa.String(length=35), nullable=False),
        sa.Column("visibility", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handoff_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_handoff_contact_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_handoff_district_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_handoff_owner_id")),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_handoff_school_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )
    op.create_index(op.f("ix_handoff_case_id"), "handoff", ["case_id"], unique=False)
    op.create_index("ix_handoff_queue", "handoff", ["district_id", "state", "due_at"], unique=False)


def entry_mark() -> None:
    op.create_table(
        "entry_mark",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("district_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("entry_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("chain", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_entry_mark_case_id")),
        sa.ForeignKeyConstraint(["district_id"], ["district.id"], name=op.f("fk_entry_mark_district_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["case_entry.id"], name=op.f("fk_entry_mark_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_mark")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_entry_mark_case_id_seq")),
    )
    op.create_index(op.f("ix_entry_mark_entry_id"), "entry_mark", ["entry_id"], unique=False)
