"""Many clients at once against one process: every reply is compared with the one made in this process, and memory is watched."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench import texts
from bench.run import percentile, route
from bench.web import LEGACY, MODERN, ROUTER_HTTP, Broken, Line, Site, reply_in, request
from training_router.server.knowledge import library

WARM_UP = 0.2  # of the seconds
GROWTH = 1.05


@dataclass
class Seen:
    """What the clients saw: milliseconds of each answer, and what went wrong."""

    times: list[float] = field(default_factory=list[float])
    errors: list[str] = field(default_factory=list[str])


async def client(line: Line, number: int, asked: Sequence[tuple[bytes, object]], until: float, seen: Seen) -> None:
    """Asks one question after the other until the time is over."""
    while time.monotonic() < until:
        sent, expected = asked[number % len(asked)]
        number += 7
        start = time.perf_counter()
        try:
            status, body = await line.answer(sent)
            if status != 200 or reply_in(body) != expected:
                seen.errors.append(f"HTTP {status}: {body[:200]!r}")
        except Broken as error:
            seen.errors.append(str(error))
        seen.times.append((time.perf_counter() - start) * 1000)
    line.close()


async def load(site: Site, clients: int, seconds: float) -> tuple[Seen, float, float]:
    """What that many clients saw, and the memory after the warm-up and at the end; half of them speak each protocol era."""
    known, questions = library(), texts.labelled()
    expected = [route(question, known) for question in questions]
    by_era = [[(request("route", {"question": one}, era), reply) for one, reply in zip(questions, expected, strict=True)] for era in (MODERN, LEGACY)]
    seen, until = Seen(), time.monotonic() + seconds
    running = [asyncio.create_task(client(Line(site.port), number, by_era[number % 2], until, seen)) for number in range(clients)]
    await asyncio.sleep(seconds * WARM_UP)
    warm = site.memory()
    await asyncio.gather(*running)
    return seen, warm, site.memory()


def main() -> int:
    """Prints the figures; 1 where a client saw an error or the memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    with Site(ROUTER_HTTP) as site:
        seen, warm, end = asyncio.run(load(site, given.clients, given.seconds))
    print(f"{given.clients} clients for {given.seconds:.0f} s: {len(seen.times)} requests, {len(seen.times) / given.seconds:.0f}/s, {len(seen.errors)} errors")
    print(f"p50 {percentile(seen.times, 0.5):.1f} ms, p99 {percentile(seen.times, 0.99):.1f} ms; memory {warm:.1f} MiB after warm-up, {end:.1f} MiB at the end")
    for error in seen.errors[:5]:
        print(error)
    return 1 if seen.errors or end > warm * GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
