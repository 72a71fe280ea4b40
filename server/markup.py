"""HTML as text: whatever enters it is escaped, and the document loads nothing from anywhere."""

import re
from base64 import b64encode
from hashlib import sha256
from html import escape

UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Html(str):
    """Text that is markup already; any other text is escaped where it enters an element."""


def el(name: str, *children: str, **attributes: str) -> Html:
    """An element with its children in order; `class_` and `http_equiv` are written as HTML has them."""
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{_safe(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{words}>{joined(*children)}</{name}>")


def joined(*children: str) -> Html:
    """The children beside one another, escaped where they are no markup."""
    return Html("".join(child if isinstance(child, Html) else _safe(child) for child in children))


def document(title: str, body: Html, style: str, script: str = "") -> Html:
    """A self-contained document: its policy allows this style, this script and nothing else."""
    runs = _hash(script) if script else "'none'"
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {runs}; base-uri 'none'; form-action 'none'"
    head = el(
        "head",
        Html('\n<meta charset="utf-8">\n'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'),
        el("title", title),
        el("style", Html(style)),
    )
    scripts = el("script", Html(script)) if script else ""
    return joined(Html('<!doctype html>\n<html lang="en">\n'), head, Html("\n"), el("body", body, scripts), Html("\n</html>\n"))


def _safe(text: str) -> str:
    return escape(UNSHOWABLE.sub("\ufffd", text))


def _hash(source: str) -> str:
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"
