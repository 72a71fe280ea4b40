"""Two processes behind a real proxy: one is killed in the middle of calls, then each is stopped and started in turn; no client sees a wrong answer."""

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import texts
from bench.run import route
from bench.web import LEGACY, MODERN, ROUTER_HTTP, Broken, Line, Site, free_port, reply_in, request, wait_for
from training_router.server.knowledge import library

PROXIES = ("haproxy", "nginx")
MISSING = "neither haproxy nor nginx is installed; `apt-get install haproxy` (or nginx), then run this again"
RETRIES, PAUSE = 40, 0.05
HAPROXY = """\
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout check 2s
  retries 3
  option redispatch
  retry-on conn-failure empty-response
frontend front
  bind 127.0.0.1:{front}
  default_backend routers
backend routers
  balance roundrobin
  option httpchk GET /ready
  default-server check inter 500ms fall 2 rise 1
{servers}
"""
NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream routers {{ {servers} keepalive 64; }}
  server {{
    listen 127.0.0.1:{front};
    location / {{ proxy_pass http://routers; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_next_upstream error timeout non_idempotent; }}
  }}
}}
"""


@dataclass
class Seen:
    """What the clients saw: answers, wrong ones among them, and how often they had to ask again."""

    answers: int = 0
    retries: int = 0
    wrong: int = 0
    lost: int = 0


def since(before: Seen, now: Seen) -> str:
    """What was seen between two moments."""
    return f"{now.answers - before.answers:>7} answers, {now.retries - before.retries} asked again, {now.wrong - before.wrong} wrong, {now.lost - before.lost} lost"


@contextmanager
def proxy(name: str, ports: Sequence[int]) -> Generator[int]:
    """The port of a proxy that spreads requests over the servers."""
    front = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config"
        if name == "haproxy":
            servers = "\n".join(f"  server router{port} 127.0.0.1:{port}" for port in ports)
            file.write_text(HAPROXY.format(front=front, servers=servers), encoding="utf-8")
            command = ["haproxy", "-db", "-f", str(file)]
        else:
            servers = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
            file.write_text(NGINX.format(front=front, servers=servers, folder=folder), encoding="utf-8")
            command = ["nginx", "-p", folder, "-c", str(file), "-e", f"{folder}/error.log"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(front, process)
            yield front
        finally:
            process.terminate()
            process.wait(20)


async def client(port: int, number: int, asked: Sequence[tuple[bytes, object]], stop: asyncio.Event, seen: Seen) -> None:
    """Asks one question after the other, each again until it is answered."""
    line = Line(port)
    while not stop.is_set():
        sent, expected = asked[number % len(asked)]
        number += 7
        for _ in range(RETRIES):
            try:
                status, body = await line.answer(sent)
                if status == 200:
                    seen.answers += 1
                    seen.wrong += reply_in(body) != expected
                    break
            except Broken:
                pass
            seen.retries += 1
            await asyncio.sleep(PAUSE)
        else:
            seen.lost += 1
    line.close()


async def fleet(front: int, sites: Sequence[Site], clients: int, seconds: float) -> Seen:
    """What the clients saw while the servers came and went."""
    known, questions = library(), texts.labelled()
    replies = [route(question, known) for question in questions]
    asked = [[(request("route", {"question": one}, era), reply) for one, reply in zip(questions, replies, strict=True)] for era in (MODERN, LEGACY)]
    seen, stop = Seen(), asyncio.Event()
    running = [asyncio.create_task(client(front, number, asked[number % 2], stop, seen)) for number in range(clients)]
    steps = [("all is well", None), ("kill -9 of the first", sites[0].killed_and_restarted), ("kill -9 of the second", sites[1].killed_and_restarted)]
    steps += [(f"stop and start of the {name}", site.restarted) for name, site in zip(("first", "second"), sites, strict=True)]
    for what, step in steps:
        before, start = replace(seen), time.monotonic()
        if step:
            await asyncio.to_thread(step)
        await asyncio.sleep(max(1.0, seconds / len(steps) - (time.monotonic() - start)))
        print(f"  {what:<32}{since(before, seen)}", flush=True)
    stop.set()
    await asyncio.gather(*running)
    return seen


def main() -> int:
    """Prints what the clients saw behind each proxy that is installed; 1 for a wrong or lost answer, 2 where there is no proxy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    installed = [name for name in PROXIES if shutil.which(name)]
    if not installed:
        print(MISSING, file=sys.stderr)
        return 2
    failed = False
    for name in installed:
        print(f"{name}, 2 processes, {given.clients} clients that ask again after a fault")
        with Site(ROUTER_HTTP) as one, Site(ROUTER_HTTP) as other, proxy(name, [one.port, other.port]) as front:
            seen = asyncio.run(fleet(front, [one, other], given.clients, given.seconds))
        print(f"  in all {seen.answers} answers, {seen.wrong} wrong, {seen.lost} lost")
        failed |= bool(seen.wrong or seen.lost or not seen.answers)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
