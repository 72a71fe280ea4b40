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
    "wont": ("will", "not"), "cant": ("can", "not"), "cannot": ("can", "not"),
    "im": ("i", "am"), "ive": ("i", "have"), "thats": ("that", "is"), "youre": ("you", "are"),
    "gimme": ("give", "me"), "wanna": ("want", "to"), "gonna": ("going", "to"), "u": ("you",), "ur": ("your",), "pls": ("please",), "plz": ("please",),
    "tmrw": ("tomorrow",), "tmr": ("tomorrow",), "bc": ("because",), "cuz": ("because",), "coz": ("because",),
}  # fmt: skip
APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": " ", "´": "'"})
WRAPPED = 40
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
    lowered = _lowered(source)
    writer = _Writer(Text(source), library)
    line_start = 0
    for match in TOKEN.finditer(lowered):
        kind = match.lastgroup
        if kind == "word" or kind == "code":
            writer.word(match[0], match.span())
        elif kind in ("number", "unit", "last", "last_unit"):
            writer.number(match)
        elif kind == "soft":
            writer.clause += 1
        elif kind == "line":
            wrapped, line_start = _is_wrapped(lowered, line_start, match.start()), match.start() + 1
            if not wrapped:
                writer.stop(match[0], ends=True)
        else:
            writer.stop(match[0], ends=kind == "end")
    writer.text.bounds.append(len(writer.text.typed))
    return writer.text


def _lowered(source: str) -> str:
    """The text in small letters with plain apostrophes, every character in its place."""
    lowered = source.lower()
    if len(lowered) != len(source):
        lowered = "".join(low if len(low := letter.lower()) == 1 else letter for letter in source)
    return lowered.replace("`", " ") if lowered.isascii() else lowered.translate(APOSTROPHES)


class _Writer:
    """Writes down a text word by word; knows the sentence and clause it is in, and where a sentence becomes too long."""

    def __init__(self, text: Text, library: Library) -> None:
        self.text, self.library, self.known = text, library, _known_tokens(library)
        self.sentence, self.clause, self.longest = 0, 0, LONGEST_SENTENCE

    def word(self, token: str, span: tuple[int, int]) -> None:
        """Writes down a token that is a word or several, and ends a sentence before it that is too long or lacks its full stop."""
        text = self.text
        typed, plain, origin = text.typed, text.plain, text.origin
        if len(typed) > self.longest:
            self._next_sentence()
        elif token in self.library.starts and _starts_unmarked(text, *span):
            self._next_sentence()
            self._break()
        for word, breaks, forms in self.known.get(token) or _taken_in(token, self.known, self.library):
            self.clause += breaks
            for form in forms:
                plain.append(form)
                origin.append(len(typed))
            typed.append(word)
            text.spans.append(span)
            text.sentences.append(self.sentence)
            text.clauses.append(self.clause)

    def number(self, match: re.Match[str]) -> None:
        """Writes down a number, and what its unit says besides; a third one in a row is a column, which has no names."""
        text = self.text
        plain, origin, place = text.plain, text.origin, len(text.typed)
        if len(plain) > 1 and plain[-1] in NUMBERS and plain[-2] in NUMBERS:
            return
        number = text.numbers[len(plain)] = _number(match)
        said = RATES.get(_unit(match["unit"]), ()) if "/" in match[0] else ()
        forms = [NUMBER if number.value else ZERO, *(form for word in said for form in self.library.words.plain(word))]
        plain += forms
        origin += [place] * len(forms)
        text.typed.append(match[0])
        text.spans.append(match.span())
        text.sentences.append(self.sentence)
        text.clauses.append(self.clause)

    def stop(self, mark: str, ends: bool) -> None:
        """Ends the clause, and with it the sentence where the mark ends one."""
        if ends:
            if "?" in mark or "？" in mark:
                self.text.asked.add(self.sentence)
            self._next_sentence()
        else:
            self.clause += 1
        self._break()

    def _next_sentence(self) -> None:
        self.text.bounds.append(len(self.text.typed))
        self.sentence += 1
        self.clause += 1
        self.longest = len(self.text.typed) + LONGEST_SENTENCE

    def _break(self) -> None:
        self.text.plain.append(BREAK)
        self.text.origin.append(-1)


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
