"""What an import of a roster would do, in sentences: numbers first, then the lines a person must look at. Never a name or a number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.exchange.contacts_csv import RowProblem, Sheet
from bot.service.roster import Note, Plan


def sentences(made: Plan, sheet: Sheet, enabled: Sequence[str]) -> Sequence[str]:
    """The report people read: counts first, then every line that needs them, in the file's order; what many lines have in common once.

    :param enabled: the languages the district writes in.
    """
    lines = [f"{number:6d}  {_SAYS.get(name, name)}" for name, number in sorted(made.counts.items()) if name and number]
    lines += _by_a_person(sheet, enabled)
    lines += [f"Not kept: the column {name}." for name in sheet.ignored]
    lines += _said_once(sorted([*sheet.problems, *made.problems]), " was not read", " were not read")
    lines += _said_once(sorted(made.notes), "", "")
    return lines


def _said_once(found: Sequence[RowProblem | Note], one: str, many: str) -> Iterator[str]:
    """A column that is wrong throughout is one sentence and not ten thousand."""
    where: dict[str, list[int]] = {}
    for line, says in dict.fromkeys((line, says) for line, says in found):
        where.setdefault(says, []).append(line)
    for says, lines in where.items():
        if lines == [0]:
            yield says
        elif len(lines) == 1:
            yield f"Line {lines[0]}{one}: {says}"
        else:
            yield f"{len(lines)} lines{many}: {says} Lines {_runs(lines)}."


def _runs(lines: Sequence[int]) -> str:
    """2, 5-7, 9: numbers in order, those that follow each other joined."""
    runs: list[list[int]] = []
    for line in lines:
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _named(lang: str) -> str:
    """A language by its English name and its tag; by the tag alone where nobody has a name for it."""
    from babel import Locale, UnknownLocaleError

    try:
        return f"{Locale.parse(lang, sep='-').get_display_name('en')} ({lang})"
    except (UnknownLocaleError, ValueError):
        return lang


def _by_a_person(sheet: Sheet, enabled: Sequence[str]) -> Iterator[str]:
    """A language mistyped for another one shows here, and how much people will have to write."""
    ours = {lang.partition("-")[0] for lang in enabled}
    read = {row.contact_id: row.lang_written for row in sheet.rows}
    for lang, number in sorted(Counter(read.values()).items()):
        if lang.partition("-")[0] not in ours:
            yield f"{number:6d}  contacts who read {_named(lang)}: the district does not write in it (lang.enabled), so a person does"


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
