"""Conditions over figures: `train_accuracy - validation_accuracy >= 0.10`."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

Tree = list[Any]

ARITHMETIC: dict[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
OPERATIONS: dict[str, Callable[[float, float], Any]] = ARITHMETIC | COMPARISONS
SIGNS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=="}


class ConditionError(ValueError):
    """A condition that cannot be read: says what is wrong."""


def parsed(text: str, is_condition: bool) -> Tree:
    """The condition, or else the formula, as a tree of lists; raises ConditionError."""
    try:
        tree = _tree(ast.parse(text, mode="eval").body)
    except SyntaxError as error:
        raise ConditionError(f"cannot be read near column {error.offset or 1}") from None
    except OverflowError:
        raise ConditionError("holds a number that is too large") from None
    if _is_truth(tree) != is_condition:
        raise ConditionError("is a number and compares nothing" if is_condition else "compares, but should work out a number")
    return tree


def _is_truth(tree: Tree) -> bool:
    """Whether the tree is true or false rather than a number; raises ConditionError where it mixes the two."""
    parts = [_is_truth(part) for part in tree[1:] if isinstance(part, list)]
    if any(parts) if tree[0] != "and" else not all(parts):
        raise ConditionError("joins a comparison and a number")
    return tree[0] == "and" or tree[0] in COMPARISONS


def _tree(node: ast.expr) -> Tree:
    match node:
        case ast.Name(id=name):
            return ["figure", name.replace("_", "-")]
        case ast.Constant(value=int() | float() as number):
            return ["number", float(number)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ["-", ["number", 0.0], _tree(operand)]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
            return [SIGNS[type(op)], _tree(left), _tree(right)]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in SIGNS:
            return [SIGNS[type(op)], _tree(left), _tree(right)]
        case ast.BoolOp(op=ast.And(), values=values):
            return ["and", *map(_tree, values)]
        case ast.Call(func=ast.Name(id="ln"), args=[argument], keywords=[]):
            return ["ln", _tree(argument)]
        case _:
            raise ConditionError(f"holds {ast.unparse(node)!r}; it may hold names, numbers, + - * /, ln(x), one comparison at a time, and")


def figures_in(tree: Tree) -> set[str]:
    """The ids of the figures that a condition needs."""
    if tree[0] == "figure":
        return {tree[1]}
    return set().union(*(figures_in(part) for part in tree[1:] if isinstance(part, list)))


def worked_out(tree: Tree, figures: Mapping[str, float]) -> Any:
    """The value or truth of the tree, or None where a figure is missing or the arithmetic has no result."""
    kind = tree[0]
    if kind == "number":
        return tree[1]
    if kind == "figure":
        return figures.get(tree[1])
    parts = [worked_out(part, figures) for part in tree[1:]]
    if None in parts:
        return None
    if kind == "and":
        return all(parts)
    try:
        if kind == "ln":
            return math.log(parts[0])
        return OPERATIONS[kind](parts[0], parts[1])
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
