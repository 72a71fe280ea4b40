"""What the server tells: one line a call without the question's words, spans and meters where there is an exporter, and no trouble when nobody takes its lines."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from http_site import COMMAND, body_of, site
from mcp import Client
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from training_router.server.app import DESCRIPTIONS, build_app
from training_router.server.telemetry import Journal, Telemetry
from training_router.taxonomy.entries import Library

WORDS = "zebrafish loss is nan"
OTHER_WAYS: dict[str, Callable[[], bytes]] = {
    "an unknown argument": lambda: body_of("route", **{WORDS: 1}),
    "an unknown tool": lambda: body_of(WORDS),
    "an unknown method": lambda: body_of("route", question=WORDS).replace(b"tools/call", WORDS.encode()),
    "arguments of a wrong type": lambda: body_of("route", question=WORDS).replace(b'"arguments": {', b'"arguments": ["' + WORDS.encode() + b'"], "more": {'),
    "no JSON": lambda: body_of("route", question=WORDS)[:-9],
}


def on_stdio(*bodies: bytes, **environment: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a server on its pipes answers, and the lines that it tells."""
    process = subprocess.Popen([*COMMAND, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment)
    assert process.stdin and process.stdout
    answers: list[dict[str, Any]] = []
    for body in (*bodies, body_of("route", question="loss is nan")):
        process.stdin.write(body + b"\n")
        process.stdin.flush()
        answers.append(json.loads(process.stdout.readline()) if b'"id"' in body and body.endswith(b"}") else {})
    _, told = process.communicate(timeout=30)
    return answers, [json.loads(line) for line in told.splitlines()]


def test_a_call_is_told_by_its_tool_status_phase_and_time():
    _, told = on_stdio(body_of("check_pressure", question=WORDS), body_of("route", question=""))
    assert [(line["tool"], line.get("status"), line.get("phase"), line.get("error")) for line in told] == [
        ("check_pressure", "route", None, None),
        ("route", None, None, "refused"),
        ("route", "route", "stability", None),
    ]
    assert all(line["event"] == "call" and line["level"] == "info" and line["milliseconds"] >= 0 and line["time"].endswith("+00:00") for line in told)


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_no_word_of_a_question_is_told_whatever_goes_wrong(way: str):
    _, told = on_stdio(OTHER_WAYS[way]())
    assert "zebrafish" not in json.dumps(told)


@pytest.mark.parametrize("way", OTHER_WAYS)
def test_no_word_of_a_question_is_told_over_http(way: str):
    with site() as at:
        for version in ("2026-07-28", "2025-11-25"):
            headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": version, "mcp-method": "tools/call"}
            at.asked("POST", "/mcp", OTHER_WAYS[way](), headers)
        assert at.routes()
        assert "zebrafish" not in at.log.read_text(encoding="utf-8")


def test_the_question_is_told_where_the_setting_says_so():
    _, told = on_stdio(body_of("route", question=WORDS + " x" * 50_000), TRAINING_ROUTER_LOG="questions")
    assert told[0]["question"].startswith(WORDS) and len(told[0]["question"]) == 500


def test_calls_are_not_told_where_the_setting_says_so():
    assert on_stdio(body_of("route", question=WORDS), TRAINING_ROUTER_LOG="off")[1] == []


def test_a_full_disk_for_the_lines_harms_nobody():
    with Path("/dev/full").open("wb") as full:
        _routes_on(full, b"no JSON\n", 3)


def test_lines_that_nobody_reads_harm_nobody():
    _routes_on(subprocess.PIPE, b"", 700)  # more lines than the pipe holds


def _routes_on(stderr: Any, before: bytes, times: int) -> None:
    process = subprocess.Popen([*COMMAND, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
    assert process.stdin and process.stdout
    for _ in range(times):
        process.stdin.write(before + body_of("route", question="loss is nan") + b"\n")
        process.stdin.flush()
        while b'"structuredContent"' not in (line := process.stdout.readline()):
            assert line
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.fixture(scope="module")
def exported() -> Iterator[tuple[InMemorySpanExporter, InMemoryMetricReader]]:
    spans, meters = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider()
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(MeterProvider([meters]))
    yield spans, meters
    tracing.shutdown()


async def test_spans_and_meters_have_the_outcome_and_no_words(library: Library, exported: tuple[InMemorySpanExporter, InMemoryMetricReader]):
    app = build_app(library, middleware=[Telemetry(Journal("off"), DESCRIPTIONS)])
    async with Client(app) as client:
        await client.call_tool("route", {"question": WORDS})
        await client.call_tool("route", {"question": ""})
    spans, meters = exported
    named = [span for span in spans.get_finished_spans() if span.name == "tools/call route" and "training_router.status" in (span.attributes or {})]
    assert [(span.attributes or {})["training_router.phase"] for span in named] == ["stability"]
    data = json.loads(meters.get_metrics_data().to_json())  # type: ignore[union-attr]
    found = {metric["name"]: metric["data"]["data_points"] for scope in data["resource_metrics"][0]["scope_metrics"] for metric in scope["metrics"]}
    counted = [(point["attributes"], point["value"]) for point in found["training_router.calls"]]
    assert ({"tool": "route", "status": "route", "phase": "stability"}, 1) in counted and ({"tool": "route", "error": "refused"}, 1) in counted
    assert found["training_router.duration"][0]["count"] == 1
    assert "zebrafish" not in json.dumps(data) + "".join(span.to_json() for span in spans.get_finished_spans())


def test_without_an_exporter_the_meters_are_not_even_loaded():
    program = (
        "import sys; from training_router.server.app import build_app; import training_router.server.telemetry as t; t._meters(); print('opentelemetry.metrics' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60).stdout == "False\n"
