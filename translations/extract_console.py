"""`python -m translations.extract_console`: every text of the pages and of what staff are told, into console.po of every language.

Found in templates, in tables of words (`_("...")`) and in calls of `gettext` and `ngettext` with a text in them. A text nobody says any
more leaves the catalogues; a new one stands there without a translation and is named, so that it can be written at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

FOLDER = Path(__file__).parent
CODE = "bot"


def said(root: Path | None = None) -> dict[str, tuple[str, str]]:
    """Text -> (its plural or "", the first file that says it), over all code and templates."""
    from jinja2 import Environment

    root = root or Path(str(files(CODE)))
    env = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    found: dict[str, tuple[str, str]] = {}
    for template in sorted(root.rglob("*.html")):
        for _, _, message in env.extract_translations(template.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            one, *more = [part for part in ((message,) if isinstance(message, str) else message) if part]
            found.setdefault(one, (more[0] if more else "", template.name))
    for module in sorted(root.rglob("*.py")):
        for one, many in _calls(module):
            found.setdefault(one, (many, module.name))
    return found


def _calls(module: Path) -> Iterator[tuple[str, str]]:
    source = module.read_text(encoding="utf-8")
    if not any(call in source for call in ("gettext(", "_(", "say(")):
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
        texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if name in {"gettext", "say", "_"} and len(node.args) == len(texts) == 1:
            yield texts[0], ""
        elif name == "ngettext" and len(node.args) == 3 and len(texts) == 2:
            yield texts[0], texts[1]


def write(folder: Path = FOLDER) -> dict[str, list[str]]:
    """Bring console.po of every language up to date; the texts each has no translation for. English translates itself."""
    import polib

    everything = sorted(said().items(), key=lambda item: (item[1][1], item[0]))
    missing = {}
    for path in sorted(folder.glob("*/LC_MESSAGES/console.po")):
        lang = path.parent.parent.name
        old = polib.pofile(str(path), wrapwidth=118)
        have = {entry.msgid: entry for entry in old}
        new = polib.POFile(wrapwidth=118)
        new.header, new.metadata = old.header, old.metadata
        for text, (many, place) in everything:
            kept = have.get(text)
            entry = polib.POEntry(msgid=text, occurrences=[(place, "")], flags=["python-format"] if "%(" in text else [])
            if many:
                entry.msgid_plural = many
                entry.msgstr_plural = {0: text, 1: many} if lang == "en" else dict(kept.msgstr_plural) if kept else {0: "", 1: ""}
            else:
                entry.msgstr = text if lang == "en" else kept.msgstr if kept else ""
            new.append(entry)
        new.save(str(path))
        missing[lang] = [entry.msgid for entry in new if not entry.translated()]
    return missing


if __name__ == "__main__":
    for lang, texts in write().items():
        print(f"{lang}: {len(texts)} texts without a translation")  # noqa: T201
        for text in texts:
            print(f"  {text}")  # noqa: T201
