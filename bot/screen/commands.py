"""The words that always work (help, person, skip ...): the whole message, in any language, close spellings told apart from exact ones."""

from __future__ import annotations

from bot.screen.wordlists import Words

_LONGEST = 60
WHO = "who"
"""A bare question who we are: HELP answers it. Who has a wrong number says more than that."""
ALWAYS = frozenset(
    ("help", WHO, "pause", "start", "language", "person", "skip", "back", "menu", "more", "mtss", "progress", "copies", "evaluation")
)
"""Words that work anywhere as they are. The others ("moving", "ideas") are ordinary answers too: to an open question they count only
in capitals, as our texts offer them."""


def command(words: Words, text: str, plain: str, bare: str) -> tuple[str, bool, str]:
    """(English command word, as we offer it?, id of the row); "" for none.

    Close spelling is a guess, good enough where we offered choices and not where we asked for the family's own words.
    """
    if len(bare) > _LONGEST:
        return "", False, ""
    found = words.commands.get(plain) or words.commands.get(bare)
    if found is not None:
        return found[0], found[0] in ALWAYS or text.isupper(), found[1]
    near = words.near_commands[bare].meant if bare and " " not in bare else ()
    commands = {words.commands[word] for word in near}
    if len({name for name, _ in commands}) != 1:
        return "", False, ""
    name, row_id = min(commands)
    return name, False, row_id
