"""What the server tells of itself: JSON lines on standard error, and OpenTelemetry attributes, counts and times."""

import json
import logging
import os
import select
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from opentelemetry import trace

from training_router.server.arguments import Refused

CALLS, QUESTIONS, OFF = "calls", "questions", "off"
LONGEST_LINE = 4096  # what a pipe takes whole, so that lines of several processes never mix
LONGEST_TEXT = 500
FRAMES = 6


class Journal:
    """JSON lines on standard error. A line that nobody takes (full disk, closed or unread pipe) is dropped: the server neither waits nor fails."""

    def __init__(self, told: str = CALLS) -> None:
        """Raises Refused for anything but calls, questions and off."""
        if told not in (CALLS, QUESTIONS, OFF):
            raise Refused(f"TRAINING_ROUTER_LOG is {told[:20]!r}; write one of calls, questions, off.")
        self.calls, self.questions = told != OFF, told == QUESTIONS
        self.descriptor = sys.stderr.fileno() if sys.stderr else -1

    def adopt(self) -> Self:
        """The journal, which from now on also takes what other loggers tell."""
        logging.basicConfig(handlers=[_Handler(self)], level=logging.WARNING, force=True)
        return self

    def tell(self, level: str, event: str, **fields: Any) -> None:
        """Writes one line; a time stands first, and empty fields are left out."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "event": event}
        line |= {name: value for name, value in fields.items() if value not in (None, "")}
        written = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        if self.descriptor >= 0 and len(written) <= LONGEST_LINE and _takes(self.descriptor):
            try:
                os.write(self.descriptor, written)
            except OSError:
                return


def _takes(descriptor: int) -> bool:
    """Whether a write returns at once."""
    try:
        return bool(select.select([], [descriptor], [], 0)[1])
    except (OSError, ValueError):  # Windows tells it of sockets alone
        return True


class _Handler(logging.Handler):
    """What other loggers tell, as lines of the journal; an exception by its type and place, since its message may hold a question's words."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """Tells one record."""
        kind, _, where = record.exc_info or (None, None, None)
        frames = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(where)[-FRAMES:]]
        error = kind.__name__ if kind else None
        record.args = tuple(type(one).__name__ if isinstance(one, BaseException) else one for one in record.args) if isinstance(record.args, tuple) else record.args
        self.journal.tell(record.levelname.lower(), "log", logger=record.name, message=record.getMessage()[:LONGEST_TEXT], error=error, at=frames or None)

    def handleError(self, record: logging.LogRecord) -> None:
        """Lets a record go that cannot be told, where the base class would print it."""
        return


class Telemetry:
    """A middleware of the SDK: tells every tool call, and gives its outcome to the span and the meters where OpenTelemetry has an exporter."""

    def __init__(self, journal: Journal, tools: Collection[str]) -> None:
        self.journal, self.tools = journal, frozenset(tools)
        self.count, self.duration = _meters()

    async def __call__(self, context: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        if context.method != "tools/call":
            return await call_next(context)
        start = time.perf_counter()
        try:
            result = await call_next(context)
        except BaseException as error:
            self._tell(context.params or {}, {"error": type(error).__name__}, time.perf_counter() - start)
            raise
        self._tell(context.params or {}, _outcome(result), time.perf_counter() - start)
        return result

    def _tell(self, params: Mapping[str, Any], outcome: Mapping[str, str], seconds: float) -> None:
        name = params.get("name")
        seen = {"tool": name if name in self.tools else "other", **outcome}
        self.count(1, seen)
        self.duration(seconds, seen)
        span = trace.get_current_span()
        context = span.get_span_context()
        if context.is_valid:
            span.set_attributes({f"training_router.{key}": value for key, value in outcome.items()})
        if self.journal.calls:
            traced = trace.format_trace_id(context.trace_id) if context.is_valid else None
            question = _question(params) if self.journal.questions else None
            self.journal.tell("info", "call", **seen, milliseconds=round(seconds * 1000, 2), trace=traced, question=question)


def _meters() -> tuple[Callable[[float, Mapping[str, str]], None], Callable[[float, Mapping[str, str]], None]]:
    """The call counter and the seconds per call. Without this module nobody can have set a provider, and importing it would slow the start."""
    metrics = sys.modules.get("opentelemetry.metrics")
    if metrics is None:
        return _nothing, _nothing
    meter = metrics.get_meter("training-router")
    count = meter.create_counter("training_router.calls", description="tool calls by tool, status, phase and error")
    duration = meter.create_histogram("training_router.duration", unit="s", description="seconds per tool call")
    return count.add, duration.record


def _nothing(_amount: float, _attributes: Mapping[str, str]) -> None:
    return


def _outcome(result: Any) -> dict[str, str]:
    """The status and phase of a reply, or what kept it from being one; never its words."""
    if not isinstance(result, Mapping):
        return {}
    if result.get("isError"):
        text = str((result.get("content") or [{}])[0].get("text", ""))
        return {"error": "refused" if ": " in text else "internal"}
    if result.get("resultType") == "input_required":
        return {"status": "input_required"}
    reply = result.get("structuredContent") or {}
    steps = reply.get("plan") or reply.get("issues") or [{}]
    return {key: value for key, value in (("status", reply.get("status")), ("phase", steps[0].get("phase"))) if value}


def _question(params: Mapping[str, Any]) -> str | None:
    arguments = params.get("arguments")
    text = arguments.get("question") if isinstance(arguments, Mapping) else None
    return str(text)[:LONGEST_TEXT] if text else None
