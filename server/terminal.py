"""Replies as text for a person at a terminal."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 88


def shown(reply: Mapping[str, Any]) -> str:
    """A reply of any tool as readable lines."""
    return "\n".join(_lines(reply))


def _lines(reply: Mapping[str, Any]) -> Iterator[str]:
    yield from _paragraph({"ask": "ASK FIRST", "route": "ROUTE", "out_of_scope": "NOT A TRAINING QUESTION"}[reply["status"]], reply["next"])
    if "hold" in reply:
        yield from _paragraph("Meanwhile", reply["hold"])
    yield from _list("Read", reply.get("read", []))
    for number, question in enumerate(reply.get("questions", []), 1):
        yield from _question(number, question)
    if "plan" in reply:
        yield ""
        yield "Plan, provisional until the questions are answered" if reply.get("provisional") else "Plan"
        for number, step in enumerate(reply["plan"], 1):
            yield from _step(number, step)
    for issue in reply.get("issues", []) if "findings" in reply else []:
        yield from _issue(issue)
    for border in reply.get("boundaries", []):
        yield from _paragraph("Border", f"{border['from']} -> {border['to']}: {border['because']}")
    for hypothesis in reply.get("hypotheses", []):
        yield from _paragraph("To test", f"{hypothesis.get('cause') or hypothesis.get('remedy')}: {hypothesis['test']}")
    for pressure in reply.get("pressures", []):
        yield from _paragraph("Pressure", f"{pressure['kind']} ({pressure['quote']}): {pressure['counter']}")
    if "draft" in reply:
        yield from _paragraph("Draft", reply["draft"]["verdict"])
        yield from (f"  - {step['kind']} ({step['quote']}): the next message {step['instead']}" for step in reply["draft"].get("steps", []))
    for flip in reply.get("flips", []):
        yield from _paragraph("Would change the first step", f"{flip['finding']} -> {flip['then']}")
    yield from _list("Findings", [_finding(one) for one in reply.get("findings", [])])
    yield from _list("Could not be read", reply.get("unread", []))
    yield from _list("Unknown to this library", reply.get("dropped", []))
    yield ""
    yield f"Case: {reply['case']}"


def _paragraph(title: str, text: str) -> Iterator[str]:
    yield ""
    yield from textwrap.wrap(f"{title}: {text}", WIDTH, subsequent_indent="  ")


def _list(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from _paragraph(title, "; ".join(items))


def _question(number: int, question: Mapping[str, Any]) -> Iterator[str]:
    yield from _paragraph(f"Question {number}", question["ask"])
    for letter, option in zip("abcdef", question["options"], strict=False):
        yield f"  {letter}) {option.get('text', option['id'])}" + (f"   -> {option['then']}" if "then" in option else "")
    if "why" in question:
        yield from textwrap.wrap(f"why: {question['why']}", WIDTH, initial_indent="  ", subsequent_indent="  ")
    if "find_out" in question:
        yield f"  look: {question['find_out']}"


def _issue(issue: Mapping[str, Any]) -> Iterator[str]:
    """An issue with its candidates, as a full reply weighs them."""
    yield from _paragraph(f"Issue, {issue['phase']}", ", ".join(issue["symptoms"]))
    for one in issue.get("candidates", []):
        evidence = [*(f"+{name}" for name in one.get("for", [])), *(f"-{name}" for name in one.get("against", []))]
        line = f"{one['share']:.2f} {one['cause']} ({one['specialist']}): {', '.join(evidence)}"
        yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="       ")


def _finding(one: Mapping[str, Any]) -> str:
    return f"{one['symptom']} {one['state']}, {one['kind']}" + (f" ({one['quote']})" if "quote" in one else "")


def _step(number: int, step: Mapping[str, Any]) -> Iterator[str]:
    condition = f" [{step['when']}]" if "when" in step else ""
    reason = f": {step['because']}" if "because" in step else ""
    line = f"{number}. {step['specialist']} ({step['phase']}, {step['role']}){condition}{reason}"
    yield from textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="     ")
    yield from textwrap.wrap(f"done when {step['done_when']}", WIDTH, initial_indent="     ", subsequent_indent="     ")
