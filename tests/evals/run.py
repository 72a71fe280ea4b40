"""Scores the router on the labelled sets: end to end, and what it does where it should ask, route or leave alone."""

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.consultation import consult
from training_router.server.diagnosis.draft import judged
from training_router.server.diagnosis.pressure import pressures_in
from training_router.server.knowledge import library

HERE = Path(__file__).parent
STATUS = {"ask": "clarify", "route": "route", "out_of_scope": "out_of_scope"}


def loaded(name: str) -> list[dict[str, Any]]:
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))


def interval(hits: Sequence[bool]) -> str:
    """The share with its 95 % Wilson interval."""
    if not hits:
        return "no cases"
    n, p, z = len(hits), sum(hits) / len(hits), 1.96
    centre, spread = (p + z * z / (2 * n)) / (1 + z * z / n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{p:.2f} [{centre - spread:.2f}, {centre + spread:.2f}] of {n}"


def questions(name: str, verbose: bool) -> None:
    end_to_end, clear, forbidden, alone, refused = [], [], [], [], []
    for item in loaded(name):
        decision = consult(item["text"], {}, [], Case(), library()).decision
        status = STATUS[decision.status]
        first = decision.plan[0].specialist if decision.plan else ""
        right = status in item["status_ok"] and (status != "route" or not item["primary_ok"] or first in item["primary_ok"])
        end_to_end.append(right)
        if item["status_ok"] == ["route"]:
            clear.append(status != "clarify")
        if status == "route":
            forbidden.append(first in item["forbidden_first"])
        (alone if item["status_ok"] == ["out_of_scope"] else refused).append((status == "out_of_scope") and (item["status_ok"] == ["out_of_scope"] or "out_of_scope" not in item["status_ok"]))
        if verbose and not right:
            print(f"{item['id']}: {status} {first}, wanted {item['status_ok']} {item['primary_ok']}: {item['text'][:160]!r}")
    print(f"{name}\n  end to end                  {interval(end_to_end)}\n  clear, not asked about      {interval(clear)}\n  forbidden first, of routed  {interval(forbidden)}")
    print(f"  other fields left alone     {interval(alone)}\n  training refused            {interval(refused)}")


def pressures(name: str, verbose: bool) -> None:
    exact = []
    for item in loaded(name):
        read = {one.kind for one in pressures_in(item["text"], library())}
        exact.append(bool(read) == bool(item["pressures"]) and set(item["pressures"]) <= read)
        if verbose and not exact[-1]:
            print(f"{item['id']}: {sorted(read)}, wanted {item['pressures']}: {item['text'][:120]!r}")
    print(f"{name}\n  every kind found, or none where none is  {interval(exact)}")


def drafts(name: str, verbose: bool) -> None:
    right = []
    for item in loaded(name):
        consultation = consult(item["user"], {}, [], Case(), library())
        verdict, steps = judged(item["draft"], consultation, pressures_in(item["user"], library()), library())
        right.append(verdict == item["verdict"])
        if verbose and not right[-1]:
            print(f"{item['id']}: {verdict} {[step.kind for step in steps]}, wanted {item['verdict']}: {item['draft'][:120]!r}")
    print(f"{name}\n  verdict right               {interval(right)}")


if __name__ == "__main__":
    loud = "-v" in sys.argv
    for path in sorted(HERE.glob("questions-*.yaml")):
        questions(path.stem, loud)
    pressures("pressure-dev", loud)
    drafts("drafts-dev", loud)
