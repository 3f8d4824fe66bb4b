"""What is said of a text before it goes: what a colleague would remark, and why it may not leave."""

from __future__ import annotations

from collections.abc import Mapping

_ = str
"""Marks a text for the catalogue; it is translated when it is shown."""

FINDINGS: Mapping[str, str] = {
    "empty": _("There are no words yet"),
    "other_child": _("It names another child"),
    "too_long": _("It is too long for a text message"),
    "several_questions": _("It asks more than one question: families answer one at a time"),
    "no_list": _("Nobody has made a word list for this language: look twice"),
    "word": _("There is a kinder or plainer word"),
    "acronym": _("Families may not know these letters"),
    "hard_to_read": _("It is hard to read: use shorter sentences and everyday words"),
    "class_e": _("It may be about rights: such papers go another way"),
    "figures": _("A number, a time or a link is not the same in both languages"),
    "class_d": _("It may hold data about the child: choose that kind"),
}
REFUSALS: Mapping[str, str] = {
    "fixed_texts_only": _("Safety texts are fixed and written by nobody here."),
    "not_by_this_channel": _("This may not go by text message. Use paper, a call or the family's page."),
    "not_approved": _("Nobody has approved this text yet."),
    "changed": _("The original has changed meanwhile. Please go back and open it again."),
    "stale": _("The text has changed: its translation must be checked again."),
    "untranslated": _("There is no translation yet. It waits for somebody who checks translations."),
    "unchecked": _("A person must check the translation before it can go."),
    "slots": _("Please fill every place."),
    "findings": _("Something in it must be changed first."),
    "empty": _("Please write something first."),
    "endpoint_unreachable": _("There is no number or address that works. Please call the family."),
    "endpoint_blocked": _("This number said it is not theirs. The office looks for the right one."),
    "wrong_number": _("This number said it is not theirs. The office looks for the right one."),
    "identity_held": _("It is not clear who reads this phone. A person must look first."),
    "restricted": _("This person may not be told about the child. Ask the office."),
    "no_guardianship": _("This person has no right to this child's news today. Ask the office."),
    "of_age": _("The student is of age: the rights are theirs now."),
    "not_shared": _("It holds words another adult has not agreed to share."),
    "safety_hold": _("Messages about this child wait for a colleague. Ask the liaison."),
    "held": _("Messages about this child wait for a colleague. Ask the liaison."),
    "no_rights": _("This person may get general news only. Ask the office."),
    "not_confirmed": _("Nobody has confirmed yet whose number this is. Please call first."),
    "shared_phone": _("Others read this phone too. Use the family's page or a call."),
    "needs_link": _("This may not go by text message. Use paper, a call or the family's page."),
    "consent_unknown": _("The family has not said yet that we may write. Please ask first."),
    "reminders_only": _("The family wants reminders of meetings only."),
    "stopped": _("The family asked us to stop. Only they can start again."),
    "wants_less": _("The family wants no more messages about this."),
    "paused": _("The family asked for a pause."),
    "enough_this_week": _("The family has had as many messages from us this week as they should."),
    "refused": _("The family does not want texts."),
    "no_words": _("Nobody has checked texts in this language yet. Please call the family."),
}
