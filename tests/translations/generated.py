"""Texts as families and staff might write them, made by chance from a seed, with a list of what must survive a translation."""

from __future__ import annotations

import random
from dataclasses import dataclass

PEOPLE = ("Diego", "Ana María", "Luis", "Zahra", "Wanjiru", "O'Neil", "José Ángel", "Nguyen", "María")
ROSTER = ("Carlos Luna", "Rosa Paz", "Will Stone", "Abdi Noor")
MONTHS = {
    "en": "January February March April May June July August September October November December".split(),
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),
}
FRAMES = {
    "es": (
        "A {name} le gusta leer {number} minutos con su abuela.",
        "La cita es el {date} a las {time}, por favor confirme.",
        "Mi teléfono nuevo es {phone} y mi correo es {mail}.",
        "Vi el video en {link} y practicamos {number} palabras",
        "{name} y {name} pelearon en el recreo el {date}",
        "hola maestra, {name} faltó {number} días porque estaba enfermo",
        "¿Puede {name} quedarse hasta las {time}?",
        "Sacó {number} en la prueba; antes sacaba {number}.",
        "gracias por todo, nos vemos el {date}",
    ),
    "en": (
        "We would like to meet on {date} at {time}.",
        "{name} read {number} words a minute this week.",
        "Please call {phone} or write to {mail} any time.",
        "The reading log is at {link} and takes {number} minutes.",
        "{name} helped {name} with the science project on {date}.",
        "can {name} stay until {time}? the bus leaves at {time}",
        "Thank you for telling us that {name} likes books about animals",
        "The score went from {number} to {number} since {date}.",
    ),
}


@dataclass(frozen=True)
class Generated:
    text: str
    facts: tuple[str, ...]
    dates: tuple[tuple[str, str], ...]
    """(as written, as the other language says it)."""


def texts(count: int, lang: str, seed: int = 1) -> list[Generated]:
    dice = random.Random(f"{seed}/{lang}")
    return [_one(dice, lang) for _ in range(count)]


def _one(dice: random.Random, lang: str) -> Generated:
    facts: list[str] = []
    dates: list[tuple[str, str]] = []
    said = []
    for chosen in dice.sample(FRAMES[lang], dice.choice((1, 1, 1, 2))):
        frame = chosen
        while "{" in frame:
            kind = frame[frame.index("{") + 1 : frame.index("}")]
            fact = _DATES[lang](dice) if kind == "date" else _FACTS[kind](dice)
            if isinstance(fact, tuple):
                dates.append(fact)
                fact = fact[0]
            else:
                facts.append(fact)
            frame = frame.replace("{" + kind + "}", fact, 1)
        said.append(frame)
    return Generated(dice.choice((" ", " ", " ", "\n")).join(said), tuple(facts), tuple(dates))


def _name(dice: random.Random) -> str:
    name = dice.choice(PEOPLE + ROSTER)
    return dice.choice((name, name, name.split()[0], name.upper() if name in PEOPLE else name))


def _number(dice: random.Random) -> str:
    n = dice.randrange(2, 2000)
    return dice.choice((f"{n}", f"{n % 100}%", f"${n}.50", f"{n:,}", f"{n % 9 + 1}/{10}", f"{n % 12 + 1}B", f"{n % 100}.{n % 10}", f"#{n}"))


def _phone(dice: random.Random) -> str:
    last = dice.randrange(1000, 9999)
    return dice.choice((f"+1555010{last}", f"(555) 010-{last}", f"555-{last}", f"+1 555 010 {last}"))


def _mail(dice: random.Random) -> str:
    return f"{dice.choice(('ana', 'r.luna', 'family+2'))}{dice.randrange(99)}@{dice.choice(('example.org', 'mail.example.test'))}"


def _link(dice: random.Random) -> str:
    return f"{dice.choice(('https://', 'http://', 'www.'))}example.org/{dice.choice(('log', 'a/b', 'v'))}?id={dice.randrange(999)}&lang=es"


def _time(dice: random.Random) -> str:
    hour, minute = dice.randrange(1, 12), dice.choice((0, 15, 30, 45))
    return dice.choice(
        (f"{hour}:{minute:02d}", f"{hour}:{minute:02d} pm", f"{hour}:{minute:02d} p.m.", f"{hour} am", f"{hour + 12}:{minute:02d}")
    )


def _english_date(dice: random.Random) -> tuple[str, str]:
    month, day, year = dice.randrange(12), dice.randrange(1, 29), dice.choice(("", "", "2026"))
    english = f"{MONTHS['en'][month]} {day}" + (f", {year}" if year else "")
    return english, f"{day} de {MONTHS['es'][month]}" + (f" de {year}" if year else "")


def _spanish_date(dice: random.Random) -> tuple[str, str]:
    english, spanish = _english_date(dice)
    return spanish, english


def _figures(dice: random.Random) -> tuple[str, str]:
    date = dice.choice(("2026-05-0{}", "{}/12/2026", "{}.11.26")).format(dice.randrange(1, 9))
    return date, date


_FACTS = {"name": _name, "number": _number, "phone": _phone, "mail": _mail, "link": _link, "time": _time}
_DATES = {
    "en": lambda dice: dice.choice((_english_date, _english_date, _figures))(dice),
    "es": lambda dice: dice.choice((_spanish_date, _spanish_date, _figures))(dice),
}
