"""The spine: every table of the first whole, in the order their foreign keys allow. New tables need no care for locks."""

from __future__ import annotations

from bot.store.migrations.spine import cases, messages, people, staff

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    people.district()
    staff.executor_slot()
    messages.message()
    messages.seen_event()
    messages.attachment()
    staff.audit()
    people.catalogue_approval()
    messages.consent()
    people.contact()
    people.district_key()
    people.school()
    people.sender()
    staff.staff()
    messages.consent_ledger()
    people.endpoint()
    staff.evaluation_contact()
    staff.family_link()
    staff.on_call()
    messages.sender_pace()
    staff.sign_in_link()
    staff.staff_role()
    staff.staff_session()
    people.student()
    cases.cases()
    people.guardianship()
    messages.case_choice()
    cases.case_entry()
    cases.case_member()
    cases.handoff()
    messages.outbox()
    messages.session()
    cases.entry_mark()
    messages.timer()
