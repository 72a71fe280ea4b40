"""Question text into words: as typed for the marks, in plain form for the cues, with clauses, sentences and numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from training_router.taxonomy.entries import Library
from training_router.taxonomy.phrases import BREAK, NUMBER, ZERO
from training_router.taxonomy.words import LONGEST_KEPT, MEMO_LIMIT

DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?"
UNIT = (
    r"m?s/it\b|it/s\b|%|percent\b|k\b|m\b|mio\b|million\b|thousand\b|milliseconds?\b|ms\b|seconds?\b|secs?\b|s\b|minutes?\b|mins?\b|"
    r"hours?\b|hrs?\b|h\b|days?\b|gib\b|gb\b|g\b|mib\b|mb\b|kb\b|tb\b"
)
TOKEN = re.compile(
    r"(?P<word>[^\W\d_][^\W_]*(?:'[^\W\d_]+)?)"  # first, since most are words
    rf"|(?<![\w.,])(?P<number>(?:(?<![^\s=:(\[,])-)?(?:{DIGITS}))(?P<unit>\s?(?:{UNIT}))?"
    rf"(?:\s*(?:-|–|~|→|->|=>|\bto\b)\s*(?P<last>{DIGITS})(?P<last_unit>\s?(?:{UNIT}))?)?(?![\w])"
    r"|(?P<code>[^\W_]+)"
    r"|(?P<end>[.!?…。？！]+(?=\s|$|[\"')\]])|[。？！]|\n\s*\n)"
    r"|(?P<line>\n)"
    r"|(?P<hard>[,;|、，；]|\s[-–]+\s|—)"
    r"|(?P<soft>[()\[\]{}:\"“”])"
)
SCALES: Mapping[str, tuple[float, str]] = {
    "%": (0.01, "fraction"), "percent": (0.01, "fraction"),
    "k": (1e3, ""), "thousand": (1e3, ""), "m": (1e6, ""), "mio": (1e6, ""), "million": (1e6, ""),
    "s/it": (1, "seconds"), "ms/it": (1e-3, "seconds"), "it/s": (1, ""),
    "ms": (1e-3, "seconds"), "millisecond": (1e-3, "seconds"),
    "s": (1, "seconds"), "sec": (1, "seconds"), "second": (1, "seconds"),
    "min": (60, "seconds"), "minute": (60, "seconds"),
    "h": (3600, "seconds"), "hr": (3600, "seconds"), "hour": (3600, "seconds"), "day": (86400, "seconds"),
    "kb": (1e3, "bytes"), "mb": (1e6, "bytes"), "mib": (2**20, "bytes"),
    "g": (1e9, "bytes"), "gb": (1e9, "bytes"), "gib": (2**30, "bytes"), "tb": (1e12, "bytes"),
}  # fmt: skip
RATES = {"s/it": ("iteration",), "ms/it": ("iteration",), "it/s": ("iteration", "per", "second")}  # what such a unit says besides
CONTRACTIONS = {"t": "not", "m": "am", "re": "are", "ve": "have", "ll": "will", "s": "is", "d": "would"}
IRREGULAR = {"won't": ("will", "not"), "can't": ("can", "not"), "shan't": ("shall", "not")}
UNMARKED = {f"{verb}nt": (verb, "not") for verb in ("do", "does", "did", "is", "was", "are", "were", "has", "have", "had", "would", "could", "should")} | {
    "wont": ("will", "not"),
    "cant": ("can", "not"),
    "cannot": ("can", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "thats": ("that", "is"),
    "youre": ("you", "are"),
    "gimme": ("give", "me"),
    "wanna": ("want", "to"),
    "gonna": ("going", "to"),
    "u": ("you",),
    "ur": ("your",),
    "pls": ("please",),
    "plz": ("please",),
    "tmrw": ("tomorrow",),
    "tmr": ("tomorrow",),
    "bc": ("because",),
    "cuz": ("because",),
    "coz": ("because",),
}
APOSTROPHES = (("’", "'"), ("‘", "'"), ("´", "'"), ("`", " "))
WRAPPED = 40
SIGNS = "=()[]{}<>_|/\\;:*#"
NUMBERS = frozenset((NUMBER, ZERO))
LONGEST_SENTENCE = 150  # words; keeps the reading of marks linear in the text, whatever the text


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written: scaled by its unit; `unit` is fraction, seconds, bytes or empty."""

    value: float
    unit: str


Word = tuple[str, bool, tuple[str, ...]]


@dataclass(slots=True)
class Text:
    """A text as words. Plain word `i` comes from typed word `origin[i]`; breaks of plain words have origin -1."""

    source: str
    typed: list[str] = field(default_factory=list[str])
    spans: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    sentences: list[int] = field(default_factory=list[int])
    clauses: list[int] = field(default_factory=list[int])
    asked: set[int] = field(default_factory=set[int])
    plain: list[str] = field(default_factory=list[str])
    origin: list[int] = field(default_factory=list[int])
    numbers: dict[int, Number] = field(default_factory=dict[int, Number])
    bounds: list[int] = field(default_factory=list[int])

    def share_of_signs(self, sentence: int) -> float:
        """How much of a sentence is no prose: the share of its characters that are digits or the signs of code and logs."""
        start, end = self.bounds[sentence - 1] if sentence else 0, self.bounds[sentence]
        written = self.source[self.spans[start][0] : self.spans[end - 1][1]]
        return (sum(map(written.count, SIGNS)) + sum(map(str.isdigit, written))) / len(written)

    def quote(self, first: int, after: int, limit: int = 60) -> str:
        """The characters from plain word `first` up to `after`, in one line of at most `limit` characters."""
        return self.quote_typed(self.origin[first], self.origin[after - 1] + 1, limit)

    def quote_sentence(self, sentence: int) -> str:
        """The first characters of a sentence, likewise."""
        return self.quote_typed(self.bounds[sentence - 1] if sentence else 0, self.bounds[sentence])

    def quote_typed(self, first: int, after: int, limit: int = 60) -> str:
        """The characters from typed word `first` up to `after`, likewise."""
        start, end = self.spans[first][0], self.spans[after - 1][1]
        words = " ".join(self.source[start : start + 4 * limit if end - start > 4 * limit else end].split())
        return words if len(words) <= limit else words[: limit - 3].rstrip() + "..."


def read(source: str, library: Library) -> Text:
    """The text as words, in time linear in its length."""
    text = Text(source)
    lowered = source.lower()
    if len(lowered) != len(source):
        lowered = "".join(low if len(low := letter.lower()) == 1 else letter for letter in source)
    for written, meant in APOSTROPHES:
        lowered = lowered.replace(written, meant)
    sentence, clause, line_start, longest = 0, 0, 0, LONGEST_SENTENCE
    known, starts, wording = _known_tokens(library), library.starts, library.words.plain
    typed, spans, sentences, clauses, plain, origin, bounds = text.typed, text.spans, text.sentences, text.clauses, text.plain, text.origin, text.bounds
    for match in TOKEN.finditer(lowered):
        kind = match.lastgroup
        if kind == "word" or kind == "code":
            token, span = match[0], match.span()
            if len(typed) > longest:
                sentence, clause = _next_sentence(text, sentence, clause)
                longest = len(typed) + LONGEST_SENTENCE
            elif token in starts and _starts_unmarked(text, *span):
                sentence, clause = _next_sentence(text, sentence, clause)
                longest = len(typed) + LONGEST_SENTENCE
                plain.append(BREAK)
                origin.append(-1)
            for word, breaks, forms in known.get(token) or _taken_in(token, known, library):
                clause += breaks
                for form in forms:
                    plain.append(form)
                    origin.append(len(typed))
                typed.append(word)
                spans.append(span)
                sentences.append(sentence)
                clauses.append(clause)
        elif kind in ("number", "unit", "last", "last_unit"):
            if len(plain) > 1 and plain[-1] in NUMBERS and plain[-2] in NUMBERS:
                continue  # a column of numbers has no names
            number = text.numbers[len(plain)] = _number(match)
            plain.append(NUMBER if number.value else ZERO)
            origin.append(len(typed))
            for word in RATES.get(_unit(match["unit"]), ()) if "/" in match[0] else ():
                for form in wording(word):
                    plain.append(form)
                    origin.append(len(typed))
            typed.append(match[0])
            spans.append(match.span())
            sentences.append(sentence)
            clauses.append(clause)
        elif kind == "soft":
            clause += 1
        else:
            if kind == "line":
                wrapped, line_start = _is_wrapped(lowered, line_start, match.start()), match.start() + 1
                if wrapped:
                    continue
            clause += 1
            if kind in ("end", "line"):
                if "?" in match[0] or "？" in match[0]:
                    text.asked.add(sentence)
                sentence += 1
                bounds.append(len(typed))
                longest = len(typed) + LONGEST_SENTENCE
            plain.append(BREAK)
            origin.append(-1)
    bounds.append(len(typed))
    return text


@lru_cache(maxsize=4)
def _known_tokens(library: Library) -> dict[str, tuple[Word, ...]]:
    """The words of the tokens met so far."""
    return {}


def _taken_in(token: str, known: dict[str, tuple[Word, ...]], library: Library) -> tuple[Word, ...]:
    """The words of a token, contractions spelled out: each with whether it begins a clause, and its plain forms with slips mended."""
    words = tuple((word, word in library.breaks, tuple(library.slips.get(form, form) for form in library.words.plain(word))) for word in _uncontracted(token))
    if len(token) <= LONGEST_KEPT:
        if len(known) > MEMO_LIMIT:
            known.clear()
        known[token] = words
    return words


def _next_sentence(text: Text, sentence: int, clause: int) -> tuple[int, int]:
    text.bounds.append(len(text.typed))
    return sentence + 1, clause + 1


def _starts_unmarked(text: Text, start: int, end: int) -> bool:
    """Whether a capitalised word follows a word in small letters, as where the full stop was left out."""
    source = text.source
    if not text.typed or not source[start].isupper() or source[start + 1 : end].isupper() or text.origin[-1:] == [-1]:
        return False
    return source[text.spans[-1][0]].islower() and source[text.spans[-1][1] : start].isspace()


def _uncontracted(word: str) -> tuple[str, ...]:
    if "'" not in word:
        return UNMARKED.get(word) or (word,)
    if word in IRREGULAR:
        return IRREGULAR[word]
    stem, ending = word.split("'", 1)
    if ending == "t" and stem.endswith("n"):
        return (stem[:-1], "not")
    return (stem, CONTRACTIONS.get(ending, ending))


def _is_wrapped(lowered: str, start: int, end: int) -> bool:
    """Whether a line break only wraps prose: a long line that runs on in lower case."""
    following = lowered[end + 1 : end + 2]
    return end - start > WRAPPED and following.isalpha() and lowered[end - 1 : end] not in (";", "}", "{", "|")


def _number(match: re.Match[str]) -> Number:
    if not match["unit"] and not match["last"]:
        return Number(float(match["number"].replace(",", "")), "")
    digits, unit = (match["last"], match["last_unit"]) if match["last"] else (match["number"], match["unit"])
    scale, meaning = SCALES.get(_unit(unit or (match["unit"] if match["last"] else "")), (1, ""))
    value = float(digits.replace(",", ""))
    return Number(value * scale, meaning)


def _unit(written: str | None) -> str:
    unit = (written or "").strip()
    return unit if unit in SCALES else unit.removesuffix("s")
