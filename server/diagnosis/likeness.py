"""Text into the one symptom that it resembles, for where none is said outright."""

from training_router.server.diagnosis.findings import PRESENT, RESEMBLED, Finding, Reader
from training_router.server.diagnosis.pressure import places_of_pressure
from training_router.server.diagnosis.text import Text
from training_router.taxonomy.entries import Library

WORDS_AT_MOST = 2000
SIGNS_AT_MOST = 0.12  # code, logs and command lines resemble what they mention, not what is wrong


def resembled(reader: Reader, library: Library) -> Finding | None:
    """The symptom whose description comes closest to what is told, its quote the telling sentence; None where too little is told.

    What pushes, and what somebody believes, is left aside: it may not move a decision.
    """
    text = reader.text
    aside = {place for start in (*places_of_pressure(reader), *(text.origin[place] for place in reader.believed)) for place in _utterance(text, start)}
    told: dict[int, list[str]] = {}
    for word, origin in zip(text.plain[:WORDS_AT_MOST], text.origin, strict=False):
        if origin >= 0 and origin not in aside:
            told.setdefault(text.sentences[origin], []).append(word)
    numbers = [number for number in told if text.share_of_signs(number) <= SIGNS_AT_MOST]
    nearest = library.resemblance.nearest([told[number] for number in numbers])
    least = library.weights["likeness"]
    if nearest is None or nearest.closeness < least["closeness"] or nearest.evidence < least["evidence"]:
        return None
    return Finding(nearest.symptom, PRESENT, RESEMBLED, text.quote_sentence(numbers[nearest.sentence]))


def _utterance(text: Text, place: int) -> range:
    """The typed words of the sentence around a place; where a full stop was forgotten, from the last capital on the way to it."""
    sentence = text.sentences[place]
    start, end = text.bounds[sentence - 1] if sentence else 0, text.bounds[sentence]
    capitals = (one for one in range(place, start, -1) if text.source[text.spans[one][0]].isupper())
    return range(next(capitals, start), end)
