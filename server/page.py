"""A full reply of `route` as one page for people, and the same page for hosts that show MCP Apps."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from training_router.server.markup import Html, document, el, joined
from training_router.taxonomy.entries import Library

HOME = Path(__file__).parent
CAUSES_SHOWN = 4
SHOWN_FROM = 0.01
NAMED_LAST = re.compile(r"\(([a-z0-9, -]+)\)$")

Reply = Mapping[str, Any]
Titles = Mapping[str, str]


def page(reply: Reply, titles: Titles) -> str:
    """A reply of `route` as a self-contained HTML document that reads without a script; titles: id -> words."""
    parts = (_head, _hold, _plan, _questions, _hypotheses, _issues, _flips, _borders, _findings, _unread, _case)
    sections = [part(reply, titles) for part in parts]
    return document(_about(reply, titles) or _words()[reply["status"]], el("main", *sections), _source("page.css"))


def app(titles: Titles) -> str:
    """The same page as an MCP App: its script draws the reply that the host posts into the frame."""
    data = json.dumps({"words": _words(), "titles": titles, "causesShown": CAUSES_SHOWN, "shownFrom": SHOWN_FROM}, ensure_ascii=False, separators=(",", ":"))
    body = joined(el("main", el("p", _words()["waiting"])), el("script", Html(data.replace("<", "\\u003c")), type="application/json"))
    return document("Training Router", body, _source("page.css"), _source("page.js"))


def titles_of(library: Library) -> dict[str, str]:
    """The title of everything in a library that a reply names by its id."""
    kinds = (library.symptoms, library.causes, library.remedies, library.specialists, library.phases)
    return {name: entry.title for kind in kinds for name, entry in kind.items()}


@cache
def _source(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


@cache
def _words() -> Mapping[str, str]:
    """The page's own words, which its script uses too."""
    return json.loads(_source("page.json"))


def _title(name: str, titles: Titles) -> str:
    """What an id is called, and what `not` an id and `tried` an id are."""
    head, _, rest = name.partition(" ")
    if rest and head in ("not", "tried"):
        return f"{_words()[head]} {_title(rest, titles)}"
    return titles.get(name, name.replace("-", " "))


def _about(reply: Reply, titles: Titles) -> str:
    return "; ".join(_title(symptom, titles) for issue in reply.get("issues", []) for symptom in issue["symptoms"])


def _prose(text: str, titles: Titles) -> str:
    """A text of the library whose last brackets name symptoms by id, with their titles there instead."""
    return NAMED_LAST.sub(lambda ids: f"({'; '.join(_title(name, titles) for name in ids[1].split(', '))})", text)


def _coded(text: str) -> Html:
    """A text with what stands between backticks as code."""
    return joined(*(el("code", part) if place % 2 else part for place, part in enumerate(text.split("`"))))


def _named(name: str, titles: Titles) -> Html:
    return joined(_title(name, titles), " ", el("code", name, class_="id"))


def _section(kind: str, *children: str, heading: str = "") -> Html:
    return el("section", el("h2", _words()[heading or kind]), *children, class_=kind)


def _items(items: Iterable[Html], name: str = "ul", **attributes: str) -> Html:
    return el(name, *(el("li", item) for item in items), **attributes)


def _line(label: str, *children: str, **attributes: str) -> Html:
    return el("p", el("b", _words()[label]), " ", *children, **attributes)


def _head(reply: Reply, titles: Titles) -> Html:
    status = reply["status"]
    to_do = {"ask": "do-ask" if "plan" in reply else "do-open", "route": "do-aside" if "questions" in reply else "do-plan"}.get(status, "do-elsewhere")
    brand = el("p", "Training Router", class_="brand")
    about = _line("about", subject) if (subject := _about(reply, titles)) else ""
    return el("header", brand, el("h1", _words()[status]), el("p", _words()[to_do], class_="lead"), about, _line("agent", _coded(reply["next"]), class_="agent"))


def _hold(reply: Reply, titles: Titles) -> Html:
    return _section("hold", el("p", reply["hold"])) if "hold" in reply else Html()


def _plan(reply: Reply, titles: Titles) -> Html:
    heading = "provisional" if reply.get("provisional") else "plan"
    return _section("plan", _items((_step(step, titles) for step in reply["plan"]), "ol"), heading=heading) if "plan" in reply else Html()


def _step(step: Reply, titles: Titles) -> Html:
    why = _line("why", _prose(step["because"], titles)) if "because" in step else ""
    when = _line("when", step["when"]) if "when" in step else ""
    after = _line("after", _title(step["after"], titles)) if "after" in step else ""
    tags = el("p", f"{_title(step['phase'], titles)} · {_words()[step['role']]}", class_="tags")
    return joined(el("h3", _named(step["specialist"], titles)), tags, why, when, after, _line("done", step["done_when"], class_="done"))


def _questions(reply: Reply, titles: Titles) -> Html:
    return _section("questions", _items((_question(question, titles) for question in reply["questions"]), "ol")) if "questions" in reply else Html()


def _question(question: Reply, titles: Titles) -> Html:
    why = _line("why", question["why"], class_="why") if "why" in question else ""
    options = _items((_option(option, titles) for option in question["options"]), class_="options")
    look = _line("look", el("code", question["find_out"])) if "find_out" in question else ""
    return joined(el("h3", question["ask"]), why, options, look)


def _option(option: Reply, titles: Titles) -> Html:
    leads = f"→ {_words()['leads']} {_title(option['then'], titles)}" if "then" in option else f"→ {_words()['keeps']}"
    return joined(option.get("text", option["id"]), " ", el("span", leads, class_="then" if "then" in option else "stays"))


def _hypotheses(reply: Reply, titles: Titles) -> Html:
    return _section("hypotheses", _items(_hypothesis(hypothesis, titles) for hypothesis in reply["hypotheses"])) if "hypotheses" in reply else Html()


def _hypothesis(hypothesis: Reply, titles: Titles) -> Html:
    quote = el("p", _quoted(hypothesis["quote"])) if "quote" in hypothesis else ""
    return joined(el("h3", _named(hypothesis.get("cause") or hypothesis["remedy"], titles)), quote, _line("test", hypothesis["test"]))


def _quoted(quote: str) -> Html:
    return el("q", quote, dir="auto")


def _issues(reply: Reply, titles: Titles) -> Html:
    issues = [_issue(issue, titles) for issue in reply.get("issues", []) if "candidates" in issue]
    return _section("issues", *issues) if issues else Html()


def _issue(issue: Reply, titles: Titles) -> Html:
    causes = sorted(issue["candidates"], key=lambda cause: -cause.get("share", 0))
    rows = [_cause(cause, titles) for cause in causes]
    symptoms = _items((_named(symptom, titles) for symptom in issue["symptoms"]), class_="symptoms")
    more = el("details", el("summary", f"{_words()['more']} ({len(rows) - CAUSES_SHOWN})"), *rows[CAUSES_SHOWN:]) if rows[CAUSES_SHOWN:] else ""
    return el("article", el("h3", _title(issue["phase"], titles)), symptoms, *rows[:CAUSES_SHOWN], more, _rest(causes))


def _rest(causes: list[Reply]) -> Html:
    """What no cause shown holds of an issue's weight."""
    rest = 1 - sum(cause.get("share", 0 if "likelihood" in cause else 1) for cause in causes)
    return el("div", el("h4", _words()["rest"]), _share(rest), class_="cause") if rest >= SHOWN_FROM else Html()


def _cause(cause: Reply, titles: Titles) -> Html:
    share = _share(cause.get("share", 0), cause["likelihood"]) if "likelihood" in cause else ""
    sides = (_line(side, "; ".join(_title(name, titles) for name in cause[side])) for side in ("for", "against") if side in cause)
    return el("div", el("h4", _named(cause["cause"], titles)), share, *sides, _line("owner", _title(cause["specialist"], titles), class_="owner"), class_="cause")


def _share(share: float, likelihood: str = "") -> Html:
    percent = f"{int(share * 100 + 0.5)} %"
    bar = el("svg", el("rect", width="100%", height="100%"), el("rect", width=percent.replace(" ", ""), height="100%", class_="filled"), class_="bar", aria_hidden="true")
    return el("p", bar, " ", el("span", f"{percent} · {_words()[likelihood]}" if likelihood else percent), class_="share")


def _flips(reply: Reply, titles: Titles) -> Html:
    lines = (joined(_named(flip["finding"], titles), el("p", f"→ {_words()['leads']} {_title(flip['then'], titles)}", class_="then")) for flip in reply.get("flips", []))
    return _section("flips", _items(lines)) if "flips" in reply else Html()


def _borders(reply: Reply, titles: Titles) -> Html:
    lines = (el("p", el("b", f"{_title(one['from'], titles)} → {_title(one['to'], titles)}:"), " ", one["because"]) for one in reply.get("boundaries", []))
    return _section("borders", *lines) if "boundaries" in reply else Html()


def _findings(reply: Reply, titles: Titles) -> Html:
    if "findings" in reply:
        return _section("findings", _items(_finding(finding, titles) for finding in reply["findings"]))
    return _section("findings", _items(joined(line) for line in reply["read"])) if "read" in reply else Html()


def _finding(finding: Reply, titles: Titles) -> Html:
    state = "" if finding["state"] == "present" else joined(el("b", _words()[finding["state"]]), " ")
    quote = joined(" ", _quoted(finding["quote"])) if "quote" in finding else ""
    return joined(state, _named(finding["symptom"], titles), " ", el("span", _words()[finding["kind"]], quote, class_="kind"))


def _unread(reply: Reply, titles: Titles) -> Html:
    lists = (_section(kind, _items(joined(one) for one in reply[kind])) for kind in ("unread", "dropped") if kind in reply)
    return joined(*lists)


def _case(reply: Reply, titles: Titles) -> Html:
    return _section("case", el("p", _words()["send"]), el("pre", reply["case"]))
