"""What an import of a roster would do, in sentences: numbers first, then the lines a person must look at. Never a name or a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.exchange.contacts_csv import Sheet
from bot.service.roster import Plan


def sentences(made: Plan, sheet: Sheet, enabled: Sequence[str]) -> Sequence[str]:
    """The report people read: counts first, then every line that needs them, in the file's order.

    :param enabled: the languages the district writes in.
    """
    lines = [f"{number:6d}  {_SAYS.get(name, name)}" for name, number in sorted(made.counts.items()) if name and number]
    lines += _by_a_person(sheet, enabled)
    lines += [f"Not kept: the column {name}." for name in sheet.ignored]
    lines += [f"Line {problem.line} was not read: {problem.says}" for problem in sorted([*sheet.problems, *made.problems])]
    lines += [f"Line {note.line}: {note.says}" if note.line else note.says for note in sorted(made.notes)]
    return lines


def _by_a_person(sheet: Sheet, enabled: Sequence[str]) -> Iterator[str]:
    """A language mistyped for another one shows here, and how much people will have to write."""
    ours = {lang.partition("-")[0] for lang in enabled}
    read = {row.contact_id: row.lang_written for row in sheet.rows}
    for lang, number in sorted(Counter(read.values()).items()):
        if lang.partition("-")[0] not in ours:
            yield f"{number:6d}  contacts who read {lang}: the district does not write in it (lang.enabled), so a person does"


_SAYS = {
    "students_new": "new students",
    "students_changed": "students whose name, school, grade or birth date changes",
    "contacts_new": "new contacts",
    "contacts_changed": "contacts who change",
    "contacts_without_address": "contacts without number or e-mail address",
    "addresses_new": "new numbers and e-mail addresses",
    "addresses_replaced": "addresses the file no longer has, given up",
    "addresses_back": "addresses the file has again",
    "wrong_numbers": "numbers and e-mail addresses that were said to be wrong: nothing goes there",
    "links_new": "new links between a contact and a student",
    "links_changed": "links whose rights or restriction change",
    "links_missing": "links the file no longer has",
    "restricted": "links with a restriction",
    "rights_unknown": "links whose education rights nobody knows: general information only until a person confirms them",
    "texting_granted": "numbers with the family's yes to texts",
    "texting_refused": "numbers with the family's no to texts",
    "shared_numbers": "numbers and e-mail addresses that several people share",
    "kept_family_language": "languages the family chose with us, kept",
    "kept_family_address": "addresses the family confirmed, kept",
    "kept_restriction": "restrictions of ours the file does not have, kept",
    "of_age": "links not made because the student is 18",
}
