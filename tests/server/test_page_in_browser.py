"""The page and the app in a real browser: `make test-browser`."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from browser import DESKTOP, MISSING, PHONE, Browser, program, started
from consultations import CONCEPT, HOSTILE, NAN, SEVERAL, VAGUE, WORDS, changed, reply_to

from training_router.server.page import app, page, titles_of
from training_router.taxonomy.entries import Library

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
SCHEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
QUESTIONS = pytest.mark.parametrize("question", [NAN, SEVERAL, CONCEPT, VAGUE, "my dog pulls on the leash"])
WIDE = """[document.documentElement.scrollWidth, ...[...document.querySelectorAll("main *")].map(one => one.getBoundingClientRect().right)]
    .filter(right => right > innerWidth + 0.5)"""
PALE = """(() => {
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => { const [r, g, b] = channels(colour).map(one => one / 255).map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const under = one => { const colour = getComputedStyle(one).backgroundColor; return channels(colour)[3] === 0 ? under(one.parentElement) : colour; };
    const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), pale = [];
    for (let text; text = texts.nextNode();) {
        const [front, back] = [getComputedStyle(text.parentElement).color, under(text.parentElement)].map(light);
        const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        if (contrast < 4.5) pale.push([text.data, contrast]);
    }
    return pale;
})()"""
HOST = """<!doctype html><meta charset="utf-8"><iframe id="app" style="width: 390px; height: 800px" sandbox="allow-scripts allow-same-origin"></iframe><script>
const told = %s, frame = document.getElementById("app"), heard = [];
const send = message => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
const tells = (method, params) => send({ method, params });
addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    heard.push(data);
    if (data.method === "ui/initialize") send({ id: data.id, result: { protocolVersion: "2026-01-26", hostInfo: { name: "host", version: "1" }, ...told.host } });
    if (data.method === "ui/notifications/initialized") { tells("ui/notifications/tool-input", { arguments: told.sent }); tells("ui/notifications/tool-result", told.result); }
    if (data.method === "tools/call") send({ id: data.id, result: told.full });
});
const inside = () => frame.contentDocument.querySelector("main");
async function until(holds) { for (let tries = 0; tries < 200 && !holds(); tries++) await new Promise(done => setTimeout(done, 10)); return holds(); }
frame.srcdoc = told.app;
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not program():
        pytest.fail(MISSING)
    with started() as one:
        yield one


def hosted(browser: Browser, library: Library, result: dict[str, Any], **more: Any) -> None:
    """Shows the app in a host that posts a result into it; returns when it has drawn something."""
    told = {"app": app(titles_of(library)), "sent": {"question": NAN}, "host": {}, "result": result} | more
    browser.opens(HOST % json.dumps(told).replace("<", "\\u003c"), DESKTOP)
    assert browser.told(f"until(() => inside() && !inside().textContent.includes({json.dumps(WORDS['waiting'])}))")


@QUESTIONS
@SIZES
@SCHEMES
def test_a_page_fits_its_width_and_can_be_read(question: str, size: tuple[int, int], dark: bool, browser: Browser, library: Library):
    browser.opens(page(reply_to(question, library, "I ate an apple"), titles_of(library)), size, dark)
    assert browser.told("innerWidth") == size[0]
    assert browser.told(WIDE) == []
    assert browser.told(PALE) == []
    assert browser.told("matchMedia('(prefers-color-scheme: dark)').matches") == dark
    assert browser.told("getComputedStyle(document.querySelector('main')).maxWidth") == "704px"  # so the policy lets the style in
    assert browser.told("Math.min(...[...document.querySelectorAll('main *')].filter(one => one.textContent.trim()).map(one => parseFloat(getComputedStyle(one).fontSize)))") >= 12


@pytest.mark.parametrize("text", [HOSTILE * 5, "W" * 400, "/" * 400])
@SIZES
def test_no_text_is_too_wide_or_becomes_markup(text: str, size: tuple[int, int], browser: Browser, library: Library):
    reply = changed(reply_to(SEVERAL, library, "I ate an apple"), lambda _: text)
    browser.opens(page(reply, titles_of(library)), size)
    assert browser.told(WIDE) == []
    assert browser.told("[document.scripts.length, document.images.length, document.querySelector('pre').textContent]") == [0, 0, text]


def test_the_policy_stops_scripts_and_styles_of_others(browser: Browser, library: Library):
    browser.opens(page(reply_to(NAN, library), titles_of(library)))
    planted = """document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = true" }));
        document.body.insertAdjacentHTML("beforeend", "<i style='color: rgb(1, 2, 3)'>a</i>");
        [window.ran === true, getComputedStyle(document.querySelector("i")).color === "rgb(1, 2, 3)"]"""
    assert browser.told(planted) == [False, False]


@SCHEMES
def test_the_further_causes_open_on_a_press_and_are_all_on_paper(dark: bool, browser: Browser, library: Library):
    html = page(reply_to(NAN, library), titles_of(library))
    seen = "document.querySelector('details .cause').checkVisibility() && document.querySelector('details').offsetHeight > 400"
    browser.opens(html, dark=dark)
    assert browser.told("document.querySelector('summary').getBoundingClientRect().height") >= 44
    assert not browser.told(seen)
    browser.told("document.querySelector('summary').click()")
    assert browser.told(seen)
    browser.opens(html, dark=dark, media="print")
    assert browser.told(seen)
    assert browser.told("getComputedStyle(document.querySelector('section.plan')).backgroundColor") == "rgb(255, 255, 255)"


@QUESTIONS
@pytest.mark.parametrize("full", [True, False], ids=["full", "brief"])
def test_the_app_draws_what_the_page_shows(question: str, full: bool, browser: Browser, library: Library):
    reply = reply_to(question, library, "I ate an apple", "not uses-sgd: Adam", full=full)
    for one in (reply, changed(reply, lambda _: HOSTILE)):
        browser.opens(page(one, titles_of(library)))
        shown = browser.told("document.querySelector('main').innerHTML")
        hosted(browser, library, {"structuredContent": one})
        assert browser.told("inside().innerHTML") == shown


def test_the_app_shakes_hands_and_tells_its_size(browser: Browser, library: Library):
    hosted(browser, library, {"structuredContent": reply_to(NAN, library)})
    assert browser.told("until(() => heard.some(one => one.method === 'ui/notifications/size-changed' && one.params.height > 1000))")
    assert browser.told("heard.slice(0, 2).map(one => one.method)") == ["ui/initialize", "ui/notifications/initialized"]
    browser.told("send({ id: 'p', method: 'ping' })")
    assert browser.told("until(() => heard.some(one => one.id === 'p' && one.result))")


@SCHEMES
def test_the_app_takes_on_the_colours_of_its_host(dark: bool, browser: Browser, library: Library):
    theme = "dark" if dark else "light"
    hosted(browser, library, {"structuredContent": reply_to(NAN, library)}, host={"hostContext": {"theme": theme}})
    ground = "frame.contentWindow.getComputedStyle(frame.contentDocument.body).backgroundColor"
    first = browser.told(ground)
    browser.told(f"tells('ui/notifications/host-context-changed', {{ theme: '{'light' if dark else 'dark'}' }})")
    assert {first, browser.told(f"until(() => {ground} !== '{first}').then(() => {ground})")} == {"rgb(244, 245, 247)", "rgb(15, 19, 24)"}
    assert (first == "rgb(15, 19, 24)") == dark


def test_the_app_fetches_the_evidence_on_a_press(browser: Browser, library: Library):
    brief, full = reply_to(NAN, library, full=False), reply_to(NAN, library)
    hosted(browser, library, {"structuredContent": brief}, full={"structuredContent": full}, host={"hostCapabilities": {"serverTools": {}}})
    assert browser.told("[inside().querySelector('button').textContent, inside().querySelector('.share')]") == [WORDS["evidence"], None]
    browser.told("inside().querySelector('button').click()")
    assert browser.told("until(() => inside().querySelectorAll('.share').length > 5 && !inside().querySelector('button'))")
    assert browser.told("heard.find(one => one.method === 'tools/call').params") == {"name": "route", "arguments": {"question": NAN, "detail": "full"}}


@pytest.mark.parametrize("capable", [False, True])
def test_the_app_offers_no_evidence_where_there_is_none_to_fetch(capable: bool, browser: Browser, library: Library):
    host = {"hostCapabilities": {"serverTools": {}} if capable else {}}
    hosted(browser, library, {"structuredContent": reply_to(NAN, library, full=capable)}, host=host)
    assert browser.told("inside().querySelector('button')") is None


@pytest.mark.parametrize("result", [{"isError": True, "content": [{"type": "text", "text": HOSTILE}]}, {"content": [{"type": "text", "text": HOSTILE}]}])
def test_the_app_says_when_there_is_no_route(result: dict[str, Any], browser: Browser, library: Library):
    hosted(browser, library, result)
    assert browser.told("inside().textContent") == WORDS["failed"] + HOSTILE
