"""The budgets of the router beside a hello-world server on the same SDK: interleaved runs, medians, ratios, one table."""

import asyncio
import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import larger, texts
from bench.web import HELLO_HTTP, ROUTER_HTTP, Line, Site, reply_in, request
from bench.wire import HELLO, ROUTER, Wire
from training_router.server.arguments import consultation_of
from training_router.server.knowledge import library, library_of, skills_of
from training_router.server.reply import routed
from training_router.taxonomy.entries import Library

STARTS, CALLS, BLOCK, ROUTES, HOSTILE = 11, 2000, 20, 15, 5
LINES, ROUNDS = 16, 8


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure that is to stay within its budget, or reach it; unit `x` is a multiple of the peer's."""

    what: str
    budget: float
    figure: float
    unit: str
    note: str = ""
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its budget."""
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget

    def __str__(self) -> str:
        budget, figure = (f"{number:.{0 if number >= 100 else 2}f} {self.unit}" for number in (self.budget, self.figure))
        return f"{self.what:<62}{budget:>14}{figure:>14}   {'ok ' if self.holds else 'NOT'}  {self.note}".rstrip()


def route(question: str, known: Library) -> dict[str, Any]:
    """The brief reply of route, made in this process."""
    consultation, dropped = consultation_of({"question": question}, known)
    return routed(consultation, known, dropped, False, skills_of())


def milliseconds(action: Callable[[], Any], clock: Callable[[], float] = time.process_time) -> float:
    """How long an action takes; by default the time of the processor, so that a busy machine does not count."""
    start = clock()
    action()
    return (clock() - start) * 1000


def size(reply: Any) -> int:
    """The characters of a reply as compact JSON."""
    return len(json.dumps(reply, ensure_ascii=False, separators=(",", ":")))


def percentile(times: Sequence[float], share: float) -> float:
    """The time below which this share of the times lies."""
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def starting() -> Iterator[Row]:
    """Cold start to the first tools/list, and the memory after the first answer."""
    times: dict[str, list[float]] = {"route": [], "hello": []}
    memory: dict[str, list[float]] = {"route": [], "hello": []}
    for _ in range(STARTS):
        for tool, module in (("hello", HELLO), ("route", ROUTER)):
            start = time.perf_counter()
            with Wire(module) as wire:
                wire.ask("server/discover")
                wire.ask("tools/list")
                times[tool].append((time.perf_counter() - start) * 1000)
                wire.call(tool, question="loss is nan")
                memory[tool].append(wire.memory())
    for what, budget, unit, found in (("cold start over stdio to the first tools/list", 1.15, "ms", times), ("resident memory after the first answer", 1.2, "MiB", memory)):
        ours, peer = (statistics.median(found[tool]) for tool in ("route", "hello"))
        yield Row(what, budget, ours / peer, "x", f"{ours:.0f} {unit} against {peer:.0f} {unit}")


def over_stdio(questions: list[str]) -> Iterator[Row]:
    """The questions over the pipe against a tool that does nothing, in blocks that take turns."""
    times: dict[str, list[float]] = {"route": [], "hello": []}
    with Wire(ROUTER) as router, Wire(HELLO) as hello:
        wires = {"route": router, "hello": hello}
        for number in range(CALLS // BLOCK + 1):
            block = [questions[(number * BLOCK + place) % len(questions)] for place in range(BLOCK)]
            for tool, wire in wires.items():
                times[tool] += [milliseconds(lambda tool=tool, wire=wire, question=question: wire.call(tool, question=question), time.perf_counter) for question in block]
        tools = router.ask("tools/list")["tools"]
    for name, share, budget in (("p50", 0.5, 3), ("p99", 0.99, 6)):
        ours, peer = (percentile(times[tool][BLOCK:], share) for tool in ("route", "hello"))
        yield Row(f"route over stdio, 60 words, {name}", budget, ours / peer, "x", f"{ours:.2f} ms against {peer:.2f} ms")
    yield Row("tools/list without output schemas", 4800, size([{key: value for key, value in tool.items() if key != "outputSchema"} for tool in tools]), "chars")


def over_http(questions: list[str]) -> Iterator[Row]:
    """Requests per second of one process against a tool that does nothing, by the time of its processor, in rounds that take turns."""
    rates: dict[str, list[float]] = {"route": [], "hello": []}
    with Site(ROUTER_HTTP) as router, Site(HELLO_HTTP) as hello:
        for _ in range(ROUNDS + 1):
            for tool, site in (("route", router), ("hello", hello)):
                start = processor(site.process.pid)
                asyncio.run(answered(site, tool, questions * 5))
                rates[tool].append(len(questions) * 5 / (processor(site.process.pid) - start))
    ours, peer = (statistics.median(rates[tool][1:]) for tool in ("route", "hello"))
    yield Row("streamable HTTP, requests/s, one process", 0.3, ours / peer, "x", f"{ours:.0f}/s against {peer:.0f}/s", at_least=True)


async def answered(site: Site, tool: str, questions: Sequence[str]) -> None:
    """Sends the questions over a few connections; raises where one is not answered."""
    waiting = [request(tool, {"question": question}) for question in questions]

    async def line() -> None:
        one = Line(site.port)
        while waiting:
            reply_in((await one.answer(waiting.pop()))[1])
        one.close()

    await asyncio.gather(*(line() for _ in range(LINES)))


def processor(pid: int) -> float:
    """The seconds that a process has computed; elsewhere than on Linux those of the clock."""
    return time.clock_gettime(~pid << 3 | 2) if sys.platform == "linux" else time.perf_counter()


def in_process(questions: list[str], known: Library) -> Iterator[Row]:
    """route() by itself: short, long, and each hostile text."""
    sixty = texts.of_sixty_words(questions)
    times = [milliseconds(lambda question=question: route(question, known)) for _ in range(ROUTES) for question in sixty]
    yield Row("route() in process, 60 words, p50", 1, statistics.median(times), "ms", f"p99 {percentile(times, 0.99):.2f} ms, {len(sixty)} questions")
    long = texts.long(questions)
    yield Row("route() in process, 64 kB of questions, p50", 40, statistics.median(milliseconds(lambda: route(long, known)) for _ in range(ROUTES)), "ms")
    makers = texts.hostile(known)
    found: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(HOSTILE):
        for name, make in makers.items():
            text = make()
            found[name].append(milliseconds(lambda text=text: route(text, known)))
    for name in sorted(found, key=lambda name: -statistics.median(found[name])):
        yield Row(f"route() in process, 64 kB of {name}, p50", 80, statistics.median(found[name]), "ms", f"longest {max(found[name]):.0f} ms")


def with_ten_times_the_library(questions: list[str], known: Library) -> Iterator[Row]:
    """The same questions against today's library and one ten times as large."""
    with tempfile.TemporaryDirectory() as folder:
        larger.written_to(Path(folder))
        large = library_of([folder])
    sixty = texts.of_sixty_words(questions)
    times: dict[int, list[float]] = {len(known.symptoms): [], len(large.symptoms): []}
    for _ in range(ROUTES):
        for question in sixty:
            for one in (known, large):
                times[len(one.symptoms)].append(milliseconds(lambda one=one, question=question: route(question, one)))
    today, then = (statistics.median(one[len(sixty) :]) for one in times.values())
    yield Row("library ten times as large, per route", 3, then / today, "x", f"{then:.2f} ms against {today:.2f} ms, symptoms {list(times)}")


def replies(questions: list[str], known: Library) -> Iterator[Row]:
    """The size of the brief replies to the labelled questions."""
    made = [route(question, known) for question in questions]
    for name, budget, chosen in (
        ("one issue", 2400, [reply for reply in made if len(reply.get("issues", [])) <= 1]),
        ("several issues", 4000, [reply for reply in made if len(reply.get("issues", [])) > 1]),
    ):
        sizes = [size(reply) for reply in chosen]
        yield Row(f"brief reply, {name}, median", budget, statistics.median(sizes), "chars", f"longest {max(sizes)}, {len(sizes)} labelled questions")


def main() -> None:
    """Prints the table."""
    known, questions = library(), texts.labelled()
    gc.collect()
    gc.freeze()  # as the server does once it has started
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, library {known.digest}; in process: processor time\n{'what':<62}{'budget':>14}{'figure':>14}")
    rows = (
        starting(),
        over_stdio(texts.of_sixty_words(questions)),
        over_http(texts.of_sixty_words(questions)),
        replies(questions, known),
        in_process(questions, known),
        with_ten_times_the_library(questions, known),
    )
    for group in rows:
        for row in group:
            print(row, flush=True)


if __name__ == "__main__":
    main()
