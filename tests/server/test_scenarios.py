"""The published scenarios hold, seen by an MCP client."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from mcp import Client

from training_router.server.app import build_app
from training_router.taxonomy.entries import Library

SCENARIOS = {one["id"]: one for one in yaml.safe_load((Path(__file__).parent.parent / "evals" / "scenarios.yaml").read_text(encoding="utf-8"))}

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


async def replies(text: str, library: Library) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    async with Client(build_app(library)) as client:
        called = [
            await client.call_tool("route", {"question": text, "detail": "full"}),
            await client.call_tool("clarify", {"question": text}),
            await client.call_tool("check_pressure", {"question": text}),
        ]
    route, clarify, pressure = (result.structured_content for result in called)
    assert route and clarify and pressure
    return route, clarify, pressure


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario_holds(name: str, library: Library):
    expect = SCENARIOS[name]["expect"]
    route, clarify, pressure = await replies(SCENARIOS[name]["text"], library)
    plan = [step["specialist"] for step in route.get("plan", [])]
    asked = {question["id"] for question in route.get("questions", [])}
    statuses = expect["status"] if isinstance(expect["status"], list) else [expect["status"]]
    assert route["status"] in statuses
    if route["status"] == "route" and "first" in expect:
        assert plan[0] in expect["first"]
    assert set(expect.get("plan_holds", [])) <= set(plan)
    positions = [plan.index(one) for one in expect.get("order", [])]
    assert positions == sorted(positions)
    for later in expect.get("later", []):
        step = next(step for step in route["plan"] if step["specialist"] == later)
        assert "when" in step and plan[0] != later
    considered = set(plan) | {one["specialist"] for issue in route.get("issues", []) for one in issue.get("candidates", [])}
    assert set(expect.get("candidates", [])) <= considered
    if "asks" in expect:
        assert len(asked) <= 3 and asked & set().union(*(TOPICS[topic] for topic in expect["asks"]))
    if "issues" in expect:
        assert [issue["phase"] for issue in route["issues"]] == expect["issues"]
    if "clarify" in expect:
        assert clarify["status"] == expect["clarify"]
    if "hold" in expect:
        assert route["hold"]
    assert set(expect.get("pressures", [])) <= {one["kind"] for one in pressure.get("pressures", [])}
    if "hypothesis" in expect:
        assert any(expect["hypothesis"] in str(belief) for belief in route.get("hypotheses", []))
