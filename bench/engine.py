"""`hearthline bench engine`: turns a second of the conversation engine, on the shipped flows in Spanish, against dialog libraries.

Every turn loads the talk's JSON, reads the reply, writes the entry, says the next question, sets its timers and dumps the JSON.
Ours gets answers of every kind families send; the peers, which know nothing of that, get the plain number or words for the same
questions. All run here, one after the other and in turns, and are counted per second of processor time (of all a peer's threads),
so the figures are per core and a busy machine hurts all alike; the medians of the rounds are compared.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from bot.commands.serve import COLLECT
from bot.engine.library import Library, shipped
from bot.engine.runner import take
from bot.engine.scene import CaseRef, Scene
from channels.text import fits

PEERS = Path(__file__).parent / "peers"
PYTHON = Path(__file__).parent.parent / ".venv-peers" / "bin" / "python"
FLOW = "home-observations"
LANG = "es"
NOW = datetime(2026, 11, 18, 19, 0, tzinfo=UTC)
PEOPLE = {"liaison": "Sra. Ortiz", "teacher": "Sr. Lee", "school": "Escuela Cedar", "phone": "+15550100100"}
CASE = CaseRef("cas_bench", "Maya", "Maya", ("Maya",), PEOPLE)
VALUES = {**PEOPLE, "promise_day_school_day": "2026-11-19", "promise_day_same_day": "2026-11-18", "promise_day_four_hours": "2026-11-18"}

# Per variant: what families write (ours), and the same answers as a dialog library understands them.
SCRIPTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "core": (
        ("Le encantan los dinosaurios y el fútbol ⚽", "1 y 3", "1️⃣ 4️⃣", "Español con la abuela, inglés con su hermano", "Su abuela", "Que lea con gusto", "👍"),
        ("Le encantan los dinosaurios y el fútbol", "1,3", "1,4", "Español con la abuela, inglés con su hermano", "Su abuela", "Que lea con gusto", "1"),
    ),
    "reading": (
        ("Cuentos de animales", "2", "٢ و ٤", "Más difícil", "No", "Leer juntos en el sofá", "Bien"),
        ("Cuentos de animales", "2", "2,4", "3", "No", "Leer juntos en el sofá", "1"),
    ),
    "math": (
        ("En la cocina, con recetas", "2,4", "dos", "En español", "Contar con frijoles", "1"),
        ("En la cocina, con recetas", "2,4", "2", "En español", "Contar con frijoles", "1"),
    ),
    "behaviour": (
        ("Los fines de semana con sus primos", "Levantarse temprano", "mañana y tarea", "No sé", "La música", "Nos mudamos en agosto", "sí"),
        ("Los fines de semana con sus primos", "Levantarse temprano", "1,3", "No sé", "La música", "Nos mudamos en agosto", "1"),
    ),
    "attendance": (
        ("Sus amigos y el recreo", "3 y 6", "Los lunes", "Un aventón", "no", "1"),
        ("Sus amigos y el recreo", "3,6", "Los lunes", "Un aventón", "2", "1"),
    ),
    "feelings": (
        ("Su tía Lupe", "1 7", "1", "Dibuja en su cuarto", "2", "1"),
        ("Su tía Lupe", "1,7", "1", "Dibuja en su cuarto", "2", "1"),
    ),
}  # fmt: skip


class Round(NamedTuple):
    """One measurement of ours."""

    per_second: float
    bytes_held: int


def run(*, full: bool, progress: Callable[[str], None]) -> dict[str, Any]:
    """Measure, and return `results`, `ratios`, `missing` as the speed page defines them."""
    talks, rounds = (10_000, 5) if full else (1_500, 3)
    library = shipped()
    gc.collect()
    gc.freeze()  # as `hearthline serve` does: the compiled flows are here to stay
    gc.set_threshold(*COLLECT)
    _honest(library)
    dialog = _dialog(library)
    contestants = _contestants()
    found: dict[str, list[float]] = {"hearthline": []}
    held = 0
    for number in range(1, rounds + 1):
        progress(f"round {number} of {rounds}: hearthline")
        mine = ours(library, talks)
        found["hearthline"].append(mine.per_second)
        held = max(held, mine.bytes_held)
        for name, command, share in contestants:
            progress(f"round {number} of {rounds}: {name}")
            found.setdefault(name, []).append(_peer(command, dialog, max(12, int(talks * share))))
    medians = {name: statistics.median(values) for name, values in found.items()}
    if "xstate-pure" in medians:
        medians["xstate"] = max(medians["xstate"], medians.pop("xstate-pure"))
    mine_per_second = medians["hearthline"]
    peers = {name: value for name, value in medians.items() if name != "hearthline"}
    wanted = ("botbuilder-dialogs-py", "xstate", "botbuilder-dialogs-js")
    return {
        "bench": "engine",
        "results": {
            "hearthline": {"value": round(mine_per_second, 1), "unit": "turns/s"},
            "hearthline-us-a-turn": {"value": round(1e6 / mine_per_second, 2), "unit": "us"},
            "hearthline-state": {"value": held, "unit": "bytes at most"},
            **{name: {"value": round(value, 1), "unit": "turns/s"} for name, value in peers.items()},
        },
        "ratios": {name: round(mine_per_second / value, 2) for name, value in peers.items()},
        "missing": [name for name in wanted if name not in peers],
        "notes": [f"{talks} talks of {len(SCRIPTS)} shipped variants in Spanish, median of {rounds} rounds, per second of processor time"],
    }


def ours(library: Library, talks: int) -> Round:
    """Turns a second: every talk one turn forward, then every talk the next, so that no talk stays warm in a cache."""
    ids = count()

    def new_id(kind: str) -> str:
        return f"{kind}_01JD0N{next(ids):020d}"

    variants = [(part, script[0]) for part, script in SCRIPTS.items()]
    cases, enabled = (CASE,), ("en", "es")
    open_talks = []
    for number in range(talks):
        part, answers = variants[number % len(variants)]
        start = Scene(NOW, new_id, LANG, enabled, prompt="start", start=(FLOW, part), cases=cases, case=CASE, values=VALUES)
        open_talks.append((answers, take(library, start).session))
    turns, held, left = 0, 0, 0
    longest = max(len(answers) for _, answers in variants)
    began = time.process_time()
    for place in range(longest):
        for number, (answers, session) in enumerate(open_talks):
            if place >= len(answers) or session is None:
                continue
            scene = Scene(NOW, new_id, LANG, enabled, answers[place], session=session, cases=cases, case=CASE, values=VALUES)
            turn = take(library, scene)
            open_talks[number] = (answers, turn.session)
            turns += 1
    took = time.process_time() - began
    left = sum(session is not None for _, session in open_talks)
    assert left == 0, f"{left} talks did not come to their end"
    for part, answers in variants:
        held = max(held, _largest(library, part, answers, new_id))
    return Round(turns / took, held)


def _largest(library: Library, part: str, answers: Sequence[str], new_id: Callable[[str], str]) -> int:
    session = take(
        library, Scene(NOW, new_id, LANG, ("en", "es"), prompt="start", start=(FLOW, part), cases=(CASE,), case=CASE, values=VALUES)
    ).session
    largest = 0
    for answer in answers:
        assert session is not None
        largest = max(largest, len(session))
        session = take(
            library, Scene(NOW, new_id, LANG, ("en", "es"), answer, session=session, cases=(CASE,), case=CASE, values=VALUES)
        ).session
    return largest


def _honest(library: Library) -> None:
    """The flows must be there in Spanish, or the figure would be one of hand-offs."""
    for part in SCRIPTS:
        for step in library.flow(FLOW).parts[part].steps:
            spoken = step.spoken.get(LANG)
            assert spoken is not None, f"{step.ref} has no Spanish text"
            assert fits(spoken.format, library.length)


def _dialog(library: Library) -> dict[str, Any]:
    """The same questions for the peers: text, and for choices the numbers they accept."""
    dialogs = {}
    for part, (_, plain) in SCRIPTS.items():
        steps = []
        for step in library.flow(FLOW).parts[part].steps:
            spoken = step.spoken[LANG]
            if spoken is None or step.when is not None:
                continue
            options = [number for number, _ in spoken.options]
            steps.append({"name": step.name, "text": spoken.format.replace("%s", "{child}").replace("%%", "%"), "options": options})
        steps.append({"name": "readback", "text": "Escribí lo que me dijo de {child}. 1 Bien 2 Cambiar", "options": ["1", "2"]})
        assert len(steps) == len(plain), f"{part}: {len(steps)} questions, {len(plain)} answers"
        dialogs[part] = steps
    return {
        "child": "Maya",
        "bye": "Gracias. El equipo tiene sus palabras.",
        "dialogs": dialogs,
        "answers": {part: list(plain) for part, (_, plain) in SCRIPTS.items()},
    }


def _contestants() -> list[tuple[str, list[str], float]]:
    """Installed peers: name, command, and how many talks they get for one of ours (slow ones fewer: a rate needs no more)."""
    found: list[tuple[str, list[str], float]] = []
    if PYTHON.exists():
        found.append(("botbuilder-dialogs-py", [str(PYTHON), "-W", "ignore", str(PEERS / "talk.py")], 0.04))
    node = shutil.which("node")
    if node and (PEERS / "node_modules" / "xstate").is_dir():
        found.append(("xstate", [node, str(PEERS / "talk.js"), "xstate"], 1.0))
        found.append(("xstate-pure", [node, str(PEERS / "talk.js"), "xstate-pure"], 1.0))
    if node and (PEERS / "node_modules" / "botbuilder-dialogs").is_dir():
        found.append(("botbuilder-dialogs-js", [node, str(PEERS / "talk.js"), "botbuilder"], 0.3))
    return found


def _peer(command: list[str], dialog: dict[str, Any], talks: int) -> float:
    told = json.dumps({**dialog, "talks": talks})
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    answered = subprocess.run(command, input=told, stdout=subprocess.PIPE, text=True, timeout=120, check=True, env=environment)
    return float(json.loads(answered.stdout.strip().splitlines()[-1])["turns_per_second"])
