"""The command line: the same tools for people and scripts."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from training_router.prompts.skills import Skill, SkillError
from training_router.server.arguments import Refused, consultation_of
from training_router.server.knowledge import library_of, skills_of
from training_router.server.settings import settings
from training_router.server.terminal import shown
from training_router.taxonomy.entries import Library
from training_router.taxonomy.errors import LibraryError

DONE, BROKEN, USAGE, ASK, OUT_OF_SCOPE, BYPASS = 0, 1, 2, 3, 4, 5
INTERRUPTED, CUT_OFF = 130, 141  # as a shell reports Ctrl-C and a pipe that nobody reads any more
EXITS = {"route": DONE, "ask": ASK, "out_of_scope": OUT_OF_SCOPE}
LEADS_TO_SKILLS = ("route", "clarify", "serve")
HTTP_ONLY = ("host", "port", "allowed_host", "allowed_origin", "token_file")
EPILOG = "exit status: 0 routed, or all well; 1 the library is broken; 2 wrong usage; 3 questions come first; 4 not a training question; 5 the draft skips the diagnosis"


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of one command."""
    given = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without these letters gets the rest
    try:
        status = given.run(given)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's last flush has somewhere to go
        return CUT_OFF
    except LibraryError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        print(f"{len(error.problems)} problems; nothing was loaded", file=sys.stderr)
        return BROKEN
    except EOFError:
        print("\ntraining-router: the input ended before the question was answered", file=sys.stderr)
        return USAGE
    except (Refused, SkillError, OSError, UnicodeDecodeError) as error:
        print(f"training-router: {error}", file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("training-router", description="Ask before answering a question about training a neural network.", epilog=EPILOG)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, words in (
        ("route", _route, "which specialists, in which order, and what is still to be asked"),
        ("explain", _explain, "the route as a page for people: one HTML file that needs nothing else"),
        ("clarify", _clarify, "what was understood and what to ask; on a terminal it goes on until the route is clear"),
        ("pressure", _pressure, "what pushes to skip the diagnosis, and whether a draft gives in"),
    ):
        command = _command(commands, name, words, run)
        command.add_argument("question", nargs="*", help="the question; - or nothing reads standard input")
        command.add_argument("--file", type=Path, help="read the question from a file")
        command.add_argument("--answer", action="append", default=[], type=_pair, metavar="ID=ANSWER", help="an answer to a question; may be repeated")
        command.add_argument("--observe", action="append", default=[], metavar="TEXT", help="something seen in code or logs; may be repeated")
        command.add_argument("--case", help="the case of an earlier reply")
        if name == "explain":
            command.add_argument("--output", type=Path, metavar="FILE", help="write the page to a file instead of standard output")
            continue
        command.add_argument("--json", action="store_true", help="print the reply as JSON")
        if name == "pressure":
            command.add_argument("--draft", help="the drafted answer, or @FILE")
        else:
            command.add_argument("--full", action="store_true", help="findings, shares, evidence and what would change the route")
    _command(commands, "check", "judge the library and its overlays", _check)
    _serving(_command(commands, "serve", "serve the tools to an MCP client, over stdio or HTTP", _serve))
    _command(commands, "demo", "one worked consultation over the real server", _demo)
    return parser


def _command(commands: Any, name: str, words: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words, epilog=EPILOG)
    command.add_argument("--library", action="append", default=[], metavar="DIR", help="a folder laid over the library; may be repeated")
    if name in LEADS_TO_SKILLS:
        command.add_argument("--skills", action="append", default=[], metavar="DIR", help="a folder of skills laid over those that come along; may be repeated")
    command.set_defaults(run=run)
    return command


def _serving(command: argparse.ArgumentParser) -> None:
    command.add_argument("--http", action="store_true", help="serve streamable HTTP instead of stdio, at /mcp")
    command.add_argument("--host", help="the address to listen on (127.0.0.1); others need --allowed-host")
    command.add_argument("--port", type=int, help="the port to listen on (8000); 0 takes any free one")
    command.add_argument("--allowed-host", action="append", metavar="HOST", help="a host that clients ask for; may be repeated")
    command.add_argument("--allowed-origin", action="append", metavar="ORIGIN", help="an origin that browsers may ask from; may be repeated")
    command.add_argument("--token-file", type=Path, metavar="FILE", help="ask for a bearer token: one a line")


def _library(given: argparse.Namespace) -> Library:
    return library_of([*settings().overlays, *given.library])


def _skills(given: argparse.Namespace) -> Mapping[str, Skill]:
    return skills_of((*settings().skills, *given.skills))


def _sent(given: argparse.Namespace) -> dict[str, Any]:
    """The arguments of a tool call as the command line has them."""
    return {"question": _question(given), "answers": dict(given.answer), "observations": given.observe, "case": given.case}


def _pair(text: str) -> tuple[str, str]:
    name, equals, answer = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is no ID=ANSWER")
    return name.strip(), answer


def _question(given: argparse.Namespace) -> str:
    words = " ".join(given.question)
    if given.file and words:
        raise Refused("send the question or --file, not both")
    if given.file:
        return _text_of(given.file)
    if words == "-" or (not words and not given.case and not sys.stdin.isatty()):
        return sys.stdin.read()
    if not words and not given.case:
        return input("What do you observe? ")
    return words


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{path} is no UTF-8 text; save it as UTF-8") from None


def _route(given: argparse.Namespace) -> int:
    from training_router.server.reply import routed

    library = _library(given)
    consultation, dropped = consultation_of(_sent(given), library)
    return _printed(given, routed(consultation, library, dropped, given.full, _skills(given)))


def _explain(given: argparse.Namespace) -> int:
    from training_router.server.page import page, titles_of
    from training_router.server.reply import routed

    library = _library(given)
    consultation, dropped = consultation_of(_sent(given), library)
    reply = routed(consultation, library, dropped, True, {})
    html = page(reply, titles_of(library))
    if given.output:
        given.output.write_text(html, encoding="utf-8")
        print(f"training-router: wrote {given.output}", file=sys.stderr)
    else:
        print(html if _is_utf8() else html.encode("ascii", "xmlcharrefreplace").decode(), end="")
    return EXITS[reply["status"]]


def _clarify(given: argparse.Namespace) -> int:
    from training_router.server.reply import clarified, routed

    library = _library(given)
    consultation, dropped = consultation_of(_sent(given), library)
    reply = clarified(consultation, library, dropped, given.full)
    if given.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _printed(given, reply)
    while reply["status"] == "ask" and (answers := _asked(reply)):
        consultation, dropped = consultation_of({"case": reply["case"], "answers": answers}, library)
        reply = clarified(consultation, library, dropped, given.full)
        for answer in reply.get("unread", []):
            print(f"Could not be read: {answer}")
    return _printed(given, routed(consultation, library, dropped, given.full, _skills(given)))


def _asked(reply: dict[str, Any]) -> dict[str, str]:
    """The person's answers to the questions of a reply; empty lines count as unknown."""
    answers: dict[str, str] = {}
    for question in reply.get("questions", []):
        print(f"\n{question['ask']}")
        options = dict(zip("abcdef", question["options"], strict=False))
        for letter, option in options.items():
            print(f"  {letter}) {option.get('text', option['id'])}")
        typed = input("letter, own words, or Enter if unknown: ").strip()
        answers[question["id"]] = options[typed]["id"] if typed in options else typed or "unknown"
    return answers


def _pressure(given: argparse.Namespace) -> int:
    from training_router.server.reply import pressure_checked

    draft = _text_of(Path(given.draft[1:])) if (given.draft or "").startswith("@") else given.draft
    reply = pressure_checked(_sent(given), draft, _library(given))
    _printed(given, reply)
    return BYPASS if reply.get("draft", {}).get("verdict") == "bypass" else DONE


def _printed(given: argparse.Namespace, reply: dict[str, Any]) -> int:
    print(json.dumps(reply, ensure_ascii=not _is_utf8(), indent=2) if given.json else shown(reply))
    return EXITS[reply["status"]]


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _check(given: argparse.Namespace) -> int:
    from training_router.taxonomy.checks import judged_whole

    folders = [Path(folder) for folder in (*settings().overlays, *given.library)]
    problems = judged_whole(folders)
    if problems:
        raise LibraryError(problems)
    library = _library(given)
    print(f"{sum(map(len, (library.symptoms, library.figures, library.causes, library.questions, library.remedies, library.conventions, library.pressures)))} entries, no problems")
    return DONE


def _serve(given: argparse.Namespace) -> int:
    if given.http:
        return _serve_http(given)
    if named := [name for name in HTTP_ONLY if getattr(given, name) is not None]:
        raise Refused(f"--{named[0].replace('_', '-')} goes with --http.")
    from training_router.server.stdio import serve

    serve(lambda: _library(given), lambda: _skills(given), settings())
    return DONE


def _serve_http(given: argparse.Namespace) -> int:
    from training_router.server.http import Door, serve

    door = Door(given.host or "127.0.0.1", 8000 if given.port is None else given.port, given.allowed_host or (), given.allowed_origin or (), given.token_file)
    serve(lambda: _library(given), lambda: _skills(given), door, settings())
    return DONE


def _demo(given: argparse.Namespace) -> int:
    from training_router.server.demo import consultation_shown

    _library(given)  # so that a broken one is named here and not by a server that is gone
    for line in consultation_shown([*settings().overlays, *given.library]):
        print(line, flush=True)
    return DONE
