"""`flows check` finds what is wrong, one line a problem; `flows graph` draws what is there; the shipped flows pass."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

import flows
from bot.commands.flows_check import check
from bot.commands.flows_graph import graph
from bot.engine.check import problems
from bot.engine.library import Library
from bot.engine.reading_level import count_syllables, too_hard
from bot.errors import FlowInvalid
from bot.i18n import Catalogues
from bot.render.flow_graph import draw

FLOWS = Path(flows.__file__).parent
STEP = {"id": "1", "name": "one", "say": "How is it?", "answer": "text", "write": "observation.one"}


def flow(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    part = {"steps": list(steps) or [STEP], "ends": "Thank you."}
    return {"flow": "tried", "version": 1, "class": "C", "title": "Tried", "parts": {"core": {**part, **more.pop("part", {})}}, **more}


def found(make: Callable[..., Library], source: dict[str, Any], catalogues: Catalogues, languages: tuple[str, ...] = ("en",)) -> list[str]:
    return [problem for problem in problems(make(source), catalogues, languages) if problem.startswith("tried")]


def test_the_shipped_flows_have_no_problems(library: Library, catalogues: Catalogues) -> None:
    assert problems(library, catalogues) == []


def test_the_shipped_flows_keep_to_the_schema() -> None:
    validator = jsonschema.Draft202012Validator(json.loads((FLOWS / "schema.json").read_text(encoding="utf-8")))
    for file in FLOWS.glob("*.yaml"):
        if file.name in {"limits.yaml", "keywords.yaml"}:
            continue
        errors = [
            f"{list(error.path)}: {error.message}" for error in validator.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))
        ]
        assert errors == [], file.name


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (flow({**STEP, "when": "nowhere == 'x'"}, part={}), "condition asks for 'nowhere', which no step of the part answers"),
        (flow({**STEP, "then": [{"end": "done"}]}, {**STEP, "id": "2", "name": "two"}), "tried/core: step 2 is unreachable"),
        (flow({**STEP, "say": "Reply DANCE to dance with us."}), "offers DANCE, which nothing handles"),
        (flow({**STEP, "say": "Reply INFO to hear more."}), "INFO is a carrier's word and must not be offered as an answer"),
        (flow({**STEP, "say": "x" * 307}), "307 GSM-7 characters with plausible values, 306 are allowed"),
        (flow({**STEP, "say": "ñandú é " * 34 + "ő"}), "UCS-2 characters with plausible values, 268 are allowed"),
        (
            flow({**STEP, "answer": "one", "options": [{"id": "cancel", "say": "Cancel"}, {"id": "go", "say": "Go on"}]}),
            "'Cancel' is a carrier's word and must not be offered as an answer",
        ),
        (flow({**STEP, "answer": "one", "options": [{"id": "go", "say": "Go on"}]}), "dead end: a choice with fewer than two options"),
        (flow({**STEP, "then": [{"start": {"flow": "no-such-flow"}}]}), "starts no-such-flow, which is not shipped"),
        (flow(STEP, by_mail={"Gone.": "By mail."}), "by_mail names a text that is not there: 'Gone.'"),
        (flow(STEP, part={"ends": ""}), "dead end: the last answer is met with silence"),
        (
            flow(
                {
                    **STEP,
                    "say": "The multidisciplinary intervention committee systematically evaluates differentiated instructional accommodations.",
                }
            ),
            "reading level is grade",
        ),
    ],
)
def test_a_problem_is_said_where_it_is(make: Callable[..., Library], catalogues: Catalogues, source: dict[str, Any], problem: str) -> None:
    assert [line for line in found(make, source, catalogues) if problem in line], found(make, source, catalogues)


def test_a_missing_translation_is_named(make: Callable[..., Library], catalogues: Catalogues) -> None:
    assert found(make, flow(), catalogues, ("en", "es")) == [
        "tried/1: no Español translation",
        "tried/core ends: no Español translation",
    ]


def test_a_translation_with_other_places_is_named(make: Callable[..., Library], catalogues: Catalogues) -> None:
    from bot.i18n import Catalogue, Message

    odd = Catalogue("es", {("tried", "How is {child}?"): Message(("¿Cómo está {niño}?",))}, lambda number: int(number != 1))
    broken = Catalogues({**catalogues.found, ("flows", "es"): odd})
    lines = [line for line in problems(make(flow({**STEP, "say": "How is {child}?"})), broken, ("es",)) if line.startswith("tried/1")]
    assert lines == ["tried/1 (es): places [] where English has ['child']"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({"flow": "tried"}, "a flow file needs `flow` (its id) and a whole `version`"),
        (flow({**STEP, "answer": "song"}), "step 1: answer 'song' is none of"),
        (flow(STEP, STEP), "step ids and names must be unique"),
        (flow({**STEP, "next": "9"}), "step 1 goes on to 9, which is not there"),
        (flow({**STEP, "then": [{"dance": 1}]}), "an action has exactly one verb"),
        (flow({**STEP, "when": "import os"}), "does not parse"),
        (flow({**STEP, "when": "one.upper()"}), "uses more than names"),
        (flow({**STEP, "when": "1 < one"}), "compares in a way flows do not know"),
        (flow({**STEP, "answer": "one"}), "answer one needs options"),
        (flow(timeout="never"), "timeout 'never' is none of"),
        (flow({**STEP, "visibility": "staff_only"}, part={"readback": {"sentences": ["You said {one}."]}}), "the read-back names ['one']"),
    ],
)
def test_a_broken_file_is_refused_with_its_own_words(make: Callable[..., Library], source: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FlowInvalid, match=r".+") as caught:
        make(source)
    assert sentence in str(caught.value)


def test_the_same_version_twice_is_refused(make: Callable[..., Library], flows_folder: Path) -> None:
    (flows_folder / "earlier").mkdir(exist_ok=True)
    (flows_folder / "earlier" / "tried.yaml").write_text(yaml.safe_dump(flow()), encoding="utf-8")
    with pytest.raises(FlowInvalid, match="version 1 is there twice"):
        make(flow())


def test_reading_levels_are_the_published_formulas() -> None:
    limits = {"en": {"scale": "flesch-kincaid", "at_most": 6.9}, "es": {"scale": "fernandez-huerta", "at_least": 65}}
    easy = "We help kids read. You can call us. We will tell you more when you want to know."
    assert too_hard(easy, "en", limits) == ""
    hard = "Multidisciplinary committees systematically evaluate differentiated accommodations considering institutional responsibilities throughout implementation."
    assert too_hard(hard, "en", limits).startswith("reading level is grade ")
    assert too_hard(
        "La responsabilidad institucional determina sistemáticamente las acomodaciones diferenciadas correspondientes a cada implementación.",
        "es",
        limits,
    ).startswith("reading ease is ")
    assert too_hard("Nosotros ayudamos.", "es", limits) == ""
    assert too_hard(hard, "so", limits) == ""
    assert [count_syllables(word, "es") for word in ("familia", "maestra", "día", "leer", "evaluación", "y")] == [3, 3, 2, 2, 4, 1]
    assert [count_syllables(word, "en") for word in ("help", "teacher", "family", "people")] == [1, 2, 3, 2]


def test_the_check_command_says_nothing_bad_of_what_we_ship() -> None:
    result = CliRunner().invoke(check, [])
    assert (result.exit_code, result.stdout) == (0, "")
    missing = CliRunner().invoke(check, ["--lang", "so"])
    assert missing.exit_code == 1
    assert "welcome/1: no Soomaali translation" in missing.stdout.splitlines()


def test_a_drawing_shows_every_question_and_option(library: Library) -> None:
    for flow_id in library.ids:
        drawn = draw(library.flow(flow_id).source)
        root = ET.fromstring(drawn)
        said = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
        for part in library.flow(flow_id).parts.values():
            for step in part.steps:
                assert step.id in said
                for option in step.options:
                    assert option.label.split()[0] in said


def test_the_graph_command_prints_or_writes_and_names_what_there_is(tmp_path: Path) -> None:
    printed = CliRunner().invoke(graph, ["home-observations", "--variant", "reading"])
    assert printed.exit_code == 0
    assert printed.stdout.startswith("<svg ")
    assert "When {child} reads" in printed.stdout
    target = tmp_path / "welcome.svg"
    assert CliRunner().invoke(graph, ["welcome", "--out", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<svg ")
    assert "Flows are: welcome" in CliRunner().invoke(graph, ["nothing"]).output
    assert "Its parts are: core" in CliRunner().invoke(graph, ["home-observations", "--variant", "dance"]).output
