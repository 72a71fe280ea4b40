"""What a caller sends, made into what the consultation takes: tolerant where harmless, refused with the mend elsewhere."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from training_router.server.diagnosis.case import Case, CaseError, read_case
from training_router.server.diagnosis.consultation import Consultation, consult
from training_router.taxonomy.entries import Library
from training_router.taxonomy.errors import did_you_mean

LONGEST = 64_000
NOTHING: Mapping[str, Any] = {}
SURROGATES = re.compile(r"[\ud800-\udfff]")  # halves of a character, which no reply can carry
MANY = 60
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0", "")


class Refused(ValueError):
    """Arguments that cannot be used: says which, why, and what to send instead."""


def consultation_of(arguments: Mapping[str, Any], library: Library, chosen: Mapping[str, Any] = NOTHING) -> tuple[Consultation, list[str]]:
    """The consultation of a call's arguments and what was chosen in a form, and what was dropped from its case; raises Refused."""
    question = plain_text(arguments.get("question"), "question", "the person's own words")
    answers = _answers(arguments.get("answers"), library) | _answers(dict(chosen), library)
    observations = _observations(arguments.get("observations"), library)
    carried = plain_text(arguments.get("case"), "case", "the case of an earlier reply")
    if not question and not carried:
        raise Refused("`question` is empty. Pass the person's own words verbatim, or the `case` of an earlier reply.")
    case, dropped = _case(carried, library)
    return consult(question, answers, observations, case, library), dropped


def checked_names(arguments: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises Refused where an argument has a name that the tool does not know."""
    known = list(known)
    for name in arguments:
        if name not in known:
            raise Refused(f"unknown argument '{str(name)[:40]}'; {did_you_mean(str(name), known)}")


def is_full(detail: Any) -> bool:
    """Whether the caller wants the full reply; raises Refused on anything but brief and full."""
    wanted = _written_out(detail or "brief").strip().lower()
    if wanted not in ("brief", "full"):
        raise Refused(f"`detail` is {wanted[:20]!r}; send 'brief' or 'full'.")
    return wanted == "full"


def is_true(value: Any, name: str) -> bool:
    """A yes or no however it is written; raises Refused on anything else."""
    said = _written_out(value if value is not None else "false").strip().lower()
    if said not in TRUE + FALSE:
        raise Refused(f"`{name}` is {said[:20]!r}; send true or false.")
    return said in TRUE


def plain_text(value: Any, name: str, what: str) -> str:
    """An argument as text without its outer blanks; raises Refused where it is no text or too long."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise Refused(f"`{name}` is a {type(value).__name__}; send {what} as one string.")
    text = _written_out(value)
    if len(text) > LONGEST:
        raise Refused(f"`{name}` has {len(text)} characters; the limit is {LONGEST}. Send the words and the part of the log around the trouble.")
    return SURROGATES.sub("\ufffd", text).replace("\x00", " ").strip()


def _written_out(value: Any) -> str:
    """A single value as text; Python writes out no number of thousands of digits."""
    try:
        return str(value)
    except ValueError:
        return "a number of thousands of digits"


def _answers(value: Any, library: Library) -> dict[str, str]:
    value = _parsed(value)
    if value in (None, "", {}, []):
        return {}
    if not isinstance(value, dict):
        raise Refused('`answers` must map question ids to answers, as {"question-id": "option-id"}.')
    if len(value) > MANY:
        raise Refused(f"`answers` holds {len(value)} entries; send at most {MANY}.")
    answers: dict[str, str] = {}
    for question_id, answer in value.items():
        if question_id not in library.questions:
            raise Refused(f"`answers` names an unknown question '{str(question_id)[:60]}'; {did_you_mean(str(question_id), library.questions)}")
        answers[question_id] = _answer(question_id, answer)
    return answers


def _answer(question_id: str, answer: Any) -> str:
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if answer is None:
        return "unknown"
    return plain_text(answer, f"answers.{question_id}", "an option id, 'unknown', 'declined' or free text")


def _observations(value: Any, library: Library) -> list[str]:
    value = _parsed(value)
    if value in (None, "", [], {}):
        return []
    if isinstance(value, dict):
        value = [f"{key}: {_written_out(one)}" for key, one in value.items()]
    if not isinstance(value, list):
        value = [value]
    if len(value) > MANY:
        raise Refused(f"`observations` holds {len(value)} statements; send the {MANY} that matter.")
    observations = [text for one in value if (text := plain_text(one, "observations", "one statement"))]
    if sum(map(len, observations)) > LONGEST:
        raise Refused(f"`observations` are longer than {LONGEST} characters together; send one short statement each.")
    for one in observations:
        _checked_prefix(one, library)
    return observations


def _checked_prefix(observation: str, library: Library) -> None:
    """Raises Refused where `tried` or `done` names something unknown, since it would be read as free text."""
    words = observation.partition(":")[0].split()
    kinds = {"tried": library.remedies, "done": library.specialists}
    if len(words) == 2 and words[0] in kinds and "-" in words[1] and words[1] not in kinds[words[0]]:
        raise Refused(f"`observations` names '{words[0]} {words[1][:60]}'; {did_you_mean(words[1], kinds[words[0]])}")


def _case(text: str, library: Library) -> tuple[Case, list[str]]:
    if not text:
        return Case(), []
    try:
        return read_case(text, library)
    except CaseError as error:
        raise Refused(str(error)) from None


def _parsed(value: Any) -> Any:
    """A JSON object or list that was sent as a string."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
