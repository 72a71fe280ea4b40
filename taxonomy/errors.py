"""What can be wrong with a library.

LibraryError        the library cannot be used; carries every problem
  Problem           one fault: file, line, what is wrong, what to write instead
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

LONGEST_NAME = 100  # a name sent by a stranger may have millions of letters


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in an entry: where, what, and what to write instead."""

    file: str
    line: int
    fault: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.fault}; {self.mend}"


class LibraryError(Exception):
    """Raised when a library cannot be used; nothing of it has been loaded."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown name."""
    known = sorted(known)  # of several as close, always the same
    close = get_close_matches(name[:LONGEST_NAME], known, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"write one of {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}"
