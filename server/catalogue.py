"""The library as pages to browse: every shelf a list, every entry a page of Markdown with links to what it touches."""

from collections.abc import Callable, Iterable, Mapping

from training_router.taxonomy.entries import Cause, Library, Question, Remedy, Specialist, Symptom

SCHEME = "taxonomy"
SHELVES = ("symptoms", "causes", "questions", "remedies", "specialists")


def ids(shelf: str, library: Library) -> Mapping[str, object]:
    """The entries of a shelf by id."""
    return getattr(library, shelf)


def shelf_page(shelf: str, library: Library) -> str:
    """The list of a shelf: a link and a title for each entry."""
    entries = ids(shelf, library)
    return f"# {shelf.capitalize()} ({len(entries)})\n\n" + "\n".join(f"- {_titled(shelf, name, library)}" for name in sorted(entries)) + "\n"


def entry_page(shelf: str, name: str, library: Library) -> str:
    """The page of one entry; raises KeyError for an unknown id."""
    entry = ids(shelf, library)[name]
    paragraphs = [f"# {_title(entry)}", *PAGES[shelf](entry, library), _list("Sources", library.references.get(shelf, {}).get(name, ()))]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _symptom(symptom: Symptom, library: Library) -> list[str]:
    kind = f"a fault of the phase {symptom.phase}" if symptom.phase else f"a {symptom.kind}"
    spoken = {cause.id: word for cause in library.causes.values() if (word := cause.evidence.get(symptom.id))}
    settled_by = [one.id for one in library.questions.values() if any(symptom.id in (*option.present, *option.absent) for option in one.options)]
    return [
        f"`{symptom.id}`: {kind}.",
        _list("More specific than", (_link("symptoms", name) for name in symptom.is_a)),
        *_by_word("As evidence, {}", spoken, "causes", library),
        _list("Settled by", (_link("questions", name) for name in settled_by)),
    ]


def _cause(cause: Cause, library: Library) -> list[str]:
    return [
        f"`{cause.id}`: a {cause.common} cause, treated by {_link('specialists', cause.specialist)}.",
        *_by_word("Evidence, {}", cause.evidence, "symptoms", library),
        *_by_word("The absence, {}", cause.absent, "symptoms", library),
        _list("Treated before", (f"{_link('causes', name)}: {because}" for name, because in cause.before.items())),
        f"Confirmed by: {cause.confirmed_by}" if cause.confirmed_by else "",
        f"Done when: {cause.done_when}" if cause.done_when else "",
        _list("Remedies", (_titled("remedies", one.id, library) for one in library.remedies.values() if cause.id in one.treats)),
    ]


def _by_word(heading: str, spoken: Mapping[str, str], shelf: str, library: Library) -> list[str]:
    """A list for each word of evidence, of the entries that it ties to this one."""
    return [_list(heading.format(word), (_titled(shelf, name, library) for name, said in spoken.items() if said == word)) for word in dict.fromkeys(spoken.values())]


def _question(question: Question, library: Library) -> list[str]:
    lines = [f"**{option.id}** {option.text}: {', '.join([*map(_settles, option.present), *('not ' + _settles(name) for name in option.absent)])}" for option in question.options]
    return [
        f"`{question.id}`: answered by {EFFORTS[question.effort]}.",
        question.why,
        f"To find out without asking: {question.find_out}" if question.find_out else "",
        _list("Options, and what each settles", lines),
    ]


def _remedy(remedy: Remedy, library: Library) -> list[str]:
    kind = "reversible" if remedy.reversible else "not reversible"
    return [f"`{remedy.id}`: a {kind} remedy of {_link('specialists', remedy.specialist)}.", _list("Treats", (_titled("causes", name, library) for name in remedy.treats))]


def _specialist(specialist: Specialist, library: Library) -> list[str]:
    return [
        f"`{specialist.id}`, of {specialist.pack}.",
        f"Done when {specialist.done_when}.",
        _list("Causes that it treats", (_titled("causes", one.id, library) for one in library.causes.values() if one.specialist == specialist.id)),
        _list("Remedies", (_titled("remedies", one.id, library) for one in library.remedies.values() if one.specialist == specialist.id)),
    ]


PAGES: Mapping[str, Callable[..., list[str]]] = {"symptoms": _symptom, "causes": _cause, "questions": _question, "remedies": _remedy, "specialists": _specialist}
EFFORTS = {"known": "what the person knows", "look": "a look at code, configuration or logs", "run": "a short run"}


def _title(entry: object) -> str:
    return entry.ask if isinstance(entry, Question) else str(getattr(entry, "title", ""))


def _link(shelf: str, name: str) -> str:
    return f"[{name}]({SCHEME}://{shelf}/{name})"


def _titled(shelf: str, name: str, library: Library) -> str:
    return f"{_link(shelf, name)} {_title(ids(shelf, library)[name])}"


def _settles(symptom: str) -> str:
    return _link("symptoms", symptom)


def _list(heading: str, lines: Iterable[str]) -> str:
    written = "\n".join(f"- {line}" for line in lines)
    return f"{heading}:\n\n{written}" if written else ""
