"""Scores the router, through an MCP client, on the scenarios and the labelled sets beside two peers of the same run; -v names each miss."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import yaml
from mcp import Client

from evals.peers import Item, commonest, nearest_of
from evals.scenarios import SCENARIOS, considered, unmet
from training_router.server.app import build_app
from training_router.server.knowledge import library

STATUS = {"ask": "clarify", "route": "route", "out_of_scope": "out_of_scope"}
UNLABELLED: Item = {"status": "", "status_ok": [], "primary_ok": [], "required": [], "forbidden_first": [], "candidates": [], "pressures": None, "verdict": ""}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the router or a peer says to one text; `unmet` is what a scenario lacks, `phase` where the plan begins."""

    status: str
    plan: Sequence[str]
    considered: set[str]
    pressures: set[str]
    verdict: str
    unmet: Sequence[str] | None = None
    phase: str = ""


def is_right(item: Item, said: Answer) -> bool:
    """End to end: the right thing to do and, where that is to route, an acceptable first specialist."""
    return said.status in item["status_ok"] and (said.status != "route" or not item["primary_ok"] or said.plan[:1] in [[name] for name in item["primary_ok"]])


# What one answer adds to each metric: nothing, or hits and misses.
METRICS: dict[str, Callable[[Item, Answer], list[bool]]] = {
    "all expectations hold": lambda item, said: [] if said.unmet is None else [not said.unmet],
    "end to end": lambda item, said: [is_right(item, said)] if item["status_ok"] else [],
    "clear, not asked about": lambda item, said: [said.status != "clarify"] if item["status_ok"] == ["route"] else [],
    "unclear, asked about": lambda item, said: [said.status == "clarify"] if item["status_ok"] == ["clarify"] else [],
    "forbidden first not named": lambda item, said: [said.plan[0] not in item["forbidden_first"]] if item["status_ok"] and said.status == "route" else [],
    "other fields left alone": lambda item, said: [said.status == "out_of_scope"] if item["status_ok"] == ["out_of_scope"] else [],
    "training not refused": lambda item, said: [said.status != "out_of_scope"] if item["status_ok"] and "out_of_scope" not in item["status_ok"] else [],
    "candidates considered": lambda item, said: [name in said.considered for name in item["candidates"]],
    "required all in plan": lambda item, said: [set(item["required"]) <= set(said.plan)] if item["required"] else [],
    "pressures all found": lambda item, said: [set(item["pressures"]) <= said.pressures] if item["pressures"] else [],
    "silent where none pushes": lambda item, said: [not said.pressures] if item["pressures"] == [] else [],
    "bypass caught": lambda item, said: [said.verdict == "bypass"] if item["verdict"] == "bypass" else [],
    "good draft let through": lambda item, said: [said.verdict == "ok"] if item["verdict"] == "ok" else [],
}


def loaded(name: str) -> list[Item]:
    return [{**UNLABELLED, **item} for item in yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text(encoding="utf-8"))]


def as_labelled(scenario: Item) -> Item:
    """A scenario in the form of a labelled question."""
    expect = scenario["expect"]
    statuses = [expect["status"]] if isinstance(expect["status"], str) else expect["status"]
    named = {"primary_ok": "first", "required": "plan_holds", "candidates": "candidates"}
    labels = {ours: expect.get(theirs, []) for ours, theirs in named.items()}
    return {**UNLABELLED, **scenario, **labels, "status_ok": [STATUS[one] for one in statuses], "pressures": expect.get("pressures")}


def label(item: Item) -> tuple[Any, ...]:
    """What the majority is counted by: the first acceptable answer, or the pressures, or the verdict."""
    return (item["status"], *item["primary_ok"][:1]) if item["status"] else (item["verdict"], *sorted(item["pressures"] or ()))


def as_answer(example: Item) -> Answer:
    """The label of an example, said of another text."""
    plan = [*example["primary_ok"][:1], *example["required"]] if example["status"] == "route" else []
    return Answer(example["status"], plan, {*plan, *example["candidates"]}, set(example["pressures"] or ()), example["verdict"])


async def answered(client: Client, item: Item) -> Answer:
    """The router's answer by route in full and check_pressure, and for a scenario by clarify too."""

    async def called(tool: str, **arguments: str) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        assert not result.is_error and result.structured_content is not None, result.content
        return result.structured_content

    text = item.get("text") or item["user"]
    route = await called("route", question=text, detail="full")
    pressure = await called("check_pressure", question=text, **({"draft": item["draft"]} if "draft" in item else {}))
    lacking = unmet(item["expect"], route, await called("clarify", question=text), pressure) if "expect" in item else None
    plan, kinds = route.get("plan", []), {one["kind"] for one in pressure.get("pressures", ())}
    phase = plan[0]["phase"] if plan else "no phase"
    return Answer(STATUS[route["status"]], [step["specialist"] for step in plan], considered(route), kinds, pressure.get("draft", {}).get("verdict", ""), lacking, phase)


def interval(hits: Sequence[bool]) -> str:
    """The share with its 95 % Wilson interval."""
    if not hits:
        return "-"
    n, p, z = len(hits), sum(hits) / len(hits), 1.96
    centre, spread = (p + z * z / (2 * n)) / (1 + z * z / n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{p:.2f} [{max(0.0, centre - spread):.2f}, {min(1.0, centre + spread):.2f}] of {n}"


async def score(client: Client, name: str, items: Sequence[Item], examples: Sequence[Item], known: str, loud: bool) -> None:
    """Prints the metrics of one set for the router and its peers."""
    router = [await answered(client, item) for item in items]
    nearest = [as_answer(one) for one in nearest_of(items, examples, lambda item: f"{item.get('text') or item['user']} {item.get('draft', '')}")]
    majority = [as_answer(commonest(examples, label))] * len(items)
    print(f"\n{name}; the peers learn from {known}\n  {'':<30}{'router':<28}{'nearest by TF-IDF':<28}majority")
    for metric, counted in METRICS.items():
        columns = [[hit for item, said in zip(items, answers, strict=True) for hit in counted(item, said)] for answers in (router, nearest, majority)]
        if columns[0]:
            print(f"  {metric:<30}" + "".join(f"{interval(hits):<28}" for hits in columns).rstrip())
        if metric == "required all in plan":
            for phase in sorted({said.phase for item, said in zip(items, router, strict=True) if item["required"]}):
                print(f"  {f'    read as {phase}':<30}" + interval([hit for item, said in zip(items, router, strict=True) if said.phase == phase for hit in counted(item, said)]))
    for item, said in zip(items, router, strict=True) if loud else ():
        if missed := [metric for metric, counted in METRICS.items() if not all(counted(item, said))]:
            wanted = {key: value for key, value in item.items() if key in UNLABELLED and value}
            print(f"  {item['id']} misses {', '.join(missed)}\n    {item.get('text') or item['user']!r:.200}\n    said {said}\n    wanted {wanted}")


async def main(loud: bool) -> None:
    dev, own, later, pushes, drafts = map(loaded, ("questions-dev", "questions-own", "questions-later", "pressure-dev", "drafts-dev"))
    scenarios = list(map(as_labelled, SCENARIOS.values()))
    async with Client(build_app(library())) as client:
        await score(client, "scenarios", scenarios, [*dev, *own], "both sets of questions", loud)
        await score(client, "questions-dev", dev, own, "questions-own, without the same thread", loud)
        await score(client, "questions-own", own, dev, "questions-dev, without the same thread", loud)
        await score(client, "questions-later", later, [*dev, *own], "both other sets", loud)
        await score(client, "pressure-dev", pushes, pushes, "the same set, leaving one out", loud)
        await score(client, "drafts-dev", drafts, drafts, "the same set, leaving one out", loud)


if __name__ == "__main__":
    anyio.run(main, "-v" in sys.argv)
