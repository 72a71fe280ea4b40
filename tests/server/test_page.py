"""The page of a route: what it holds, in which order, and that nothing pasted can become markup."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from consultations import CONCEPT, HOSTILE, NAN, SEVERAL, VAGUE, WORDS, changed, reply_to

from training_router.server.diagnosis import findings
from training_router.server.markup import el
from training_router.server.page import HOME, app, page, titles_of
from training_router.taxonomy.entries import Library

ELSEWHERE = "my dog pulls on the leash"
QUESTIONS = pytest.mark.parametrize("question", [NAN, SEVERAL, CONCEPT, VAGUE, ELSEWHERE, "loss"])
ORDER = ["hold", "plan", "questions", "hypotheses", "issues", "flips", "borders", "findings", "unread", "dropped", "case"]
VOID = ("meta",)


class Read(HTMLParser):
    """A document as its tags with their attributes, and its text with the tags it stands in."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open += [] if tag in VOID else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self._open), data))

    def text(self, *without: str) -> str:
        return "".join(data for tags, data in self.texts if "main" in tags and not {*tags} & {*without})


@QUESTIONS
def test_a_page_says_the_status_and_what_to_do_and_keeps_the_order_of_use(question: str, library: Library):
    reply = reply_to(question, library, "I ate an apple")
    read = Read(page(reply, titles_of(library)))
    text = read.text()
    assert WORDS[reply["status"]] in text and reply["case"] in text
    assert text.index(WORDS[reply["status"]]) < text.index(reply["next"].split("`")[0])
    kinds = [attributes["class"] for tag, attributes in read.tags if tag == "section"]
    assert kinds == [kind for kind in ORDER if kind in kinds] and "case" in kinds and "unread" in kinds
    for kind, name in (("hold", "hold"), ("plan", "plan"), ("questions", "questions"), ("hypotheses", "hypotheses"), ("flips", "flips"), ("borders", "boundaries")):
        assert (kind in kinds) == (name in reply)


@QUESTIONS
def test_headings_have_one_top_and_skip_no_level(question: str, library: Library):
    read = Read(page(reply_to(question, library), titles_of(library)))
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(then <= first + 1 for first, then in pairwise(levels))


def test_the_plan_the_questions_and_the_evidence_stand_in_words(library: Library):
    reply = reply_to(SEVERAL, library)
    text = Read(page(reply, titles := titles_of(library))).text()
    for step in reply["plan"]:
        assert titles[step["specialist"]] in text and step["done_when"] in text
    for question in reply["questions"]:
        assert question["ask"] in text and question["find_out"] in text
        assert all(f"{option['text']} → {WORDS['leads']} {titles[option['then']]}" in text for option in question["options"] if "then" in option)
    causes = [cause for issue in reply["issues"] for cause in issue["candidates"]]
    assert len(causes) > 5
    for cause in causes:
        assert titles[cause["cause"]] in text and f"{cause.get('share', 0):.0%}".replace("%", " %") in text
        assert all(titles[symptom.removeprefix("not ")] in text for side in ("for", "against") for symptom in cause.get(side, []))
    assert all(titles[flip["finding"]] in text for flip in reply["flips"])


@QUESTIONS
def test_an_id_stands_in_small_type_only(question: str, library: Library):
    titles = titles_of(library)
    text = Read(page(reply_to(question, library), titles)).text("code", "pre")
    assert [name for name in titles if "-" in name and name not in " ".join(titles.values()) and re.search(rf"(?<![\w-]){name}(?![\w-])", text)] == []


def test_every_bar_has_its_number_beside_it(library: Library):
    html = page(reply_to(SEVERAL, library), titles_of(library))
    bars = re.findall(r'width="(\d+)%" height="100%" class="filled".*?<span>(\d+) %', html)
    assert len(bars) == html.count("<svg") > 5 and all(width == number for width, number in bars)


@QUESTIONS
def test_a_page_is_self_contained_and_allows_nothing_else(question: str, library: Library):
    html = page(reply_to(question, library), titles_of(library))
    read = Read(html)
    names = {name for _, attributes in read.tags for name in attributes}
    assert names <= {"charset", "http-equiv", "content", "name", "lang", "class", "dir", "width", "height", "aria-hidden"}
    assert not {tag for tag, _ in read.tags} & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not re.search(r"url\(|@import|https?:", html)
    metas = [attributes for tag, attributes in read.tags if tag == "meta"]
    assert {"charset": "utf-8"} in metas and any(meta.get("name") == "viewport" for meta in metas)
    policy = next(meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; style-src 'sha256-") and "script-src 'none'" in policy and "unsafe" not in policy
    assert ("html", {"lang": "en"}) in read.tags


@QUESTIONS
def test_hostile_text_in_any_field_stays_text(question: str, library: Library):
    reply, titles = reply_to(question, library, "I ate an apple"), titles_of(library)
    hostile = Read(page(changed(reply, lambda _: HOSTILE), titles))
    assert hostile.tags == Read(page(changed(reply, lambda _: "harmless"), titles)).tags
    assert HOSTILE in hostile.text()
    assert hostile.tags == Read(page(changed(reply, lambda _: "id"), {"id": HOSTILE})).tags


def test_hostile_words_of_a_person_stay_words(library: Library):
    seen = ["loss-is-nan: </q><script>alert(1)</script>", "<u>nothing</u> to do with it"]
    reply = reply_to('the <script>alert("loss")</script> loss is <img src=x onerror=alert(1)> odd', library, *seen)
    read = Read(page(reply, titles_of(library)))
    assert "</q><script>alert(1)</script>" in read.text() and "<u>nothing</u> to do with it" in read.text()
    assert not {tag for tag, _ in read.tags} & {"script", "img", "u"}


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\ud800"])
def test_a_character_that_cannot_be_shown_is_marked(character: str):
    assert el("q", f"a{character}b") == "<q>a\ufffdb</q>"
    el("q", f"a{character}b").encode()


def test_the_same_reply_gives_the_same_page(library: Library):
    reply = reply_to(SEVERAL, library)
    assert page(reply, titles_of(library)) == page(json.loads(json.dumps(reply)), titles_of(library))


def test_a_brief_reply_gives_a_page_too(library: Library):
    text = Read(page(reply_to(SEVERAL, library, full=False), titles_of(library))).text()
    assert WORDS["findings"] in text and WORDS["flips"] not in text


def test_a_step_without_a_reason_gives_a_page_too(library: Library):
    reply = reply_to(SEVERAL, library)
    reply["plan"] = [{key: value for key, value in step.items() if key != "because"} for step in reply["plan"]]
    assert reply["plan"][0]["done_when"] in Read(page(reply, titles_of(library))).text()


def test_every_word_of_a_reply_has_words_on_the_page():
    kinds = {*findings.RANK, findings.ATTRIBUTED, findings.HYPOTHETICAL, findings.PAST}
    assert kinds | {"ask", "route", "out_of_scope", "primary", "secondary", "verify", "high", "medium", "low", "absent"} <= WORDS.keys()


def test_the_data_of_the_app_cannot_end_their_element():
    html = app({"a-cause": HOSTILE})
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert "<" not in data and json.loads(data)["titles"] == {"a-cause": HOSTILE}
    assert html.count("<script") == 2 and "script-src 'sha256-" in html and "unsafe" not in html


def colours(dark: bool) -> dict[str, str]:
    """The colours of a scheme, by name."""
    blocks = re.findall(r":root \{(.*?)\}", (HOME / "page.css").read_text(encoding="utf-8"), re.DOTALL)
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", blocks[dark]))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        ("ink", "paper", 7), ("ink", "ground", 7), ("soft", "paper", 4.5), ("soft", "ground", 4.5), ("link", "paper", 4.5), ("link", "ground", 4.5),
        ("warn-ink", "warn", 4.5), ("warn-line", "ground", 3), ("bar", "track", 3), ("bar", "paper", 3),
    ],
)  # fmt: skip
def test_text_and_bars_stand_out_in_both_schemes(front: str, back: str, least: float, dark: bool):
    shades = colours(dark)
    assert contrast(shades[front], shades[back]) >= least
