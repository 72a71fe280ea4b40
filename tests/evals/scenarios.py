"""The published scenarios, and what of them does not hold in the replies of the router."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

SCENARIOS: dict[str, dict[str, Any]] = {one["id"]: one for one in yaml.safe_load((Path(__file__).parent / "scenarios.yaml").read_text(encoding="utf-8"))}

# A topic of the scenarios -> the questions of the library that are about it.
TOPICS = {
    "shape of the loss curve": {"curve-shape"},
    "optimizer and learning rate": {"learning-rate-and-optimizer"},
    "mixed precision": {"which-precision"},
    "learning rate and schedule": {"learning-rate-and-optimizer", "schedule-at-trouble"},
    "loss function": {"which-loss-function"},
    "is utilisation constantly low or fluctuating": {"gpu-utilization-level"},
    "augmentation or loading cost": {"cached-batch", "loader-workers", "augmentation-how"},
    "what exactly is not working": {"what-is-wrong"},
    "current and target performance": {"target-and-baseline"},
    "errors or symptoms": {"what-is-wrong", "curve-shape"},
    "is DDP set up correctly": {"one-gpu-speed", "which-rank-stops", "fits-on-one-gpu"},
    "does it fit on one GPU": {"fits-on-one-gpu"},
    "what 'not converging' looks like": {"curve-shape"},
    "optimizer": {"learning-rate-and-optimizer"},
    "task": {"which-task"},
    "current symptoms": {"what-is-wrong"},
}


def unmet(expect: Mapping[str, Any], route: Mapping[str, Any], clarify: Mapping[str, Any], pressure: Mapping[str, Any]) -> list[str]:
    """What a scenario expects and the replies (route in full) do not hold."""
    return [*_plan_unmet(expect, route), *_questions_unmet(expect, route, clarify), *_hypotheses_unmet(expect, route, pressure)]


def considered(route: Mapping[str, Any]) -> set[str]:
    """The specialists of the plan and of the differential."""
    return {step["specialist"] for step in route.get("plan", [])} | {one["specialist"] for issue in route.get("issues", []) for one in issue.get("candidates", [])}


def _plan_unmet(expect: Mapping[str, Any], route: Mapping[str, Any]) -> Iterator[str]:
    plan = [step["specialist"] for step in route.get("plan", [])]
    if route["status"] not in expect["status"] if isinstance(expect["status"], list) else route["status"] != expect["status"]:
        yield f"status {route['status']}, wanted {expect['status']}"
    if route["status"] == "route" and "first" in expect and plan[:1] not in [[name] for name in expect["first"]]:
        yield f"first {plan[:1]}, wanted {expect['first']}"
    if lacking := set(expect.get("plan_holds", [])) - set(plan):
        yield f"plan {plan} without {sorted(lacking)}"
    order = expect.get("order", [])
    if [name for name in plan if name in order] != order:
        yield f"plan {plan} not in the order {order}"
    for later in expect.get("later", []):
        step = next((step for step in route.get("plan", [])[1:] if step["specialist"] == later), {})
        if "when" not in step:
            yield f"{later} is not a later step with its condition"
    if lacking := set(expect.get("candidates", [])) - considered(route):
        yield f"not considered: {sorted(lacking)}"


def _questions_unmet(expect: Mapping[str, Any], route: Mapping[str, Any], clarify: Mapping[str, Any]) -> Iterator[str]:
    asked = {question["id"] for question in route.get("questions", [])}
    if len(asked) > 3 or ("asks" in expect and not asked & set[str]().union(*(TOPICS[topic] for topic in expect["asks"]))):
        yield f"asks {sorted(asked)}, wanted one about {expect.get('asks')}"
    if "clarify" in expect and clarify["status"] != expect["clarify"]:
        yield f"clarify says {clarify['status']}"


def _hypotheses_unmet(expect: Mapping[str, Any], route: Mapping[str, Any], pressure: Mapping[str, Any]) -> Iterator[str]:
    phases = [issue["phase"] for issue in route.get("issues", [])]
    if "issues" in expect and phases != expect["issues"]:
        yield f"issues {phases}, wanted {expect['issues']}"
    if "hold" in expect and not route.get("hold"):
        yield "no holding action"
    if lacking := set(expect.get("pressures", [])) - {one["kind"] for one in pressure.get("pressures", [])}:
        yield f"pressures not found: {sorted(lacking)}"
    if "hypothesis" in expect and not any(expect["hypothesis"] in str(hypothesis) for hypothesis in route.get("hypotheses", [])):
        yield f"no hypothesis about {expect['hypothesis']}"
