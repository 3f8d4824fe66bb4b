"""Conditions in flows: `mood == 'sad' and 'slow' in reading_signs`, compiled once to closures.

Only names of answers, literals, comparisons, and/or/not and `heard('loss')` exist: a flow can ask what was said, and nothing else.
A name nobody answered yet is "" (and so equals nothing and holds nothing).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import FlowInvalid

Names = Mapping[str, Any]
Condition = Callable[[Names, tuple[str, ...]], Any]
"""(answers by name, ids of the screening rows that fired this turn) -> truth."""


def compile_condition(source: str) -> Condition:
    """Turn a condition into a function, or raise `FlowInvalid` naming what is wrong with it."""
    try:
        tree = ast.parse(source, mode="eval")
    except SyntaxError as error:
        raise FlowInvalid(f"condition {source!r} does not parse: {error.msg}") from error
    return _node(tree.body, source)


def names_in(source: str) -> frozenset[str]:
    """The answers a condition asks for; `flows check` compares them with the names a part has."""
    return frozenset(node.id for node in ast.walk(ast.parse(source, mode="eval")) if isinstance(node, ast.Name) and node.id != "heard")


def _node(node: ast.expr, source: str) -> Condition:
    if isinstance(node, ast.Constant):
        value = node.value
        return lambda _names, _heard: value
    if isinstance(node, ast.Name):
        name = node.id
        return lambda names, _heard: _known(names.get(name))
    if isinstance(node, (ast.List, ast.Tuple)):
        items = [_node(item, source) for item in node.elts]
        return lambda names, heard: [item(names, heard) for item in items]
    if isinstance(node, ast.BoolOp):
        parts = [_node(value, source) for value in node.values]
        if isinstance(node.op, ast.And):
            return lambda names, heard: all(part(names, heard) for part in parts)
        return lambda names, heard: any(part(names, heard) for part in parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _node(node.operand, source)
        return lambda names, heard: not inner(names, heard)
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return _compare(node, source)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "heard":
        return _heard(node, source)
    raise FlowInvalid(f"condition {source!r} uses more than names, comparisons, and/or/not and heard()")


def _known(value: Any) -> Any:
    return "" if value is None else value


def _compare(node: ast.Compare, source: str) -> Condition:
    left, right = _node(node.left, source), _node(node.comparators[0], source)
    operator = type(node.ops[0])
    if operator not in _OPERATORS:
        raise FlowInvalid(f"condition {source!r} compares in a way flows do not know")
    compare = _OPERATORS[operator]
    return lambda names, heard: compare(left(names, heard), right(names, heard))


def _in(left: Any, right: Any) -> bool:
    """A list on the left (several options chosen) is in the right when any of it is."""
    if isinstance(left, list):
        return any(item in right for item in left)
    return bool(right) and left in right


def _at_least(left: Any, right: Any) -> bool:
    return isinstance(left, (int, float)) and left >= right


def _at_most(left: Any, right: Any) -> bool:
    return isinstance(left, (int, float)) and left <= right


_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.In: _in,
    ast.NotIn: lambda left, right: not _in(left, right),
    ast.GtE: _at_least,
    ast.LtE: _at_most,
}


def _heard(node: ast.Call, source: str) -> Condition:
    if len(node.args) != 1 or not isinstance(node.args[0], ast.Constant) or not isinstance(node.args[0].value, str):
        raise FlowInvalid(f"condition {source!r}: heard() takes one word in quotes")
    word = node.args[0].value
    start = word + "."
    return lambda _names, heard: any(row == word or row.startswith(start) for row in heard)
