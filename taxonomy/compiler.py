"""Sources into the one data file that the router runs on: plain data, every cue spelled out, every name checked."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from training_router.taxonomy.conditions import ConditionError, figures_in, parsed
from training_router.taxonomy.errors import LibraryError, Problem
from training_router.taxonomy.links import faults_of_links, unknown
from training_router.taxonomy.phrases import NUMBER, Branches, PhraseError, add_to, packed, spelled_out, vocabulary
from training_router.taxonomy.resemblance import described
from training_router.taxonomy.sources import Source, Sources, gathered
from training_router.taxonomy.words import Wording, stem, wording

FORMAT = 1
WORD = re.compile(r"[^\W_]+|#")
SLIP_LENGTH, SLIP_USES = 7, 3  # a shorter or rarer word is not worth the room that its slips take


class _AsTyped(Wording):
    """Words as they are typed, for the marks."""

    def plain(self, word: str) -> tuple[str, ...]:
        """The word as it is."""
        return (word,)


AS_TYPED = _AsTyped(frozenset(), {}, {})


def compiled(folders: Iterable[Path]) -> dict[str, Any]:
    """The data of a library and its overlays; raises LibraryError with every problem at once."""
    sources = gathered(folders)
    if sources.problems:
        raise LibraryError(sources.problems)
    compiler = _Compiler(sources)
    data = compiler.data()
    if compiler.problems:
        raise LibraryError(compiler.problems)
    return data


class _Compiler:
    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.problems = list(faults_of_links(sources))
        lexicon = sources.files["lexicon"].data
        self.words = wording(lexicon["fillers"], lexicon["rewrite"], lexicon["synonyms"])
        self.macros: dict[str, str] = lexicon["macros"]
        self.owners: dict[tuple[str, str], int] = {}
        self.cues: Branches = {}
        self.typed_cues: Branches = {}
        self.uses: Counter[str] = Counter()

    def data(self) -> dict[str, Any]:
        """The data of the library, as far as its sources are in order; what is wrong stands in `problems` afterwards."""
        conditions = self._conditions("symptoms", "when")
        derived = self._in_order(self._conditions("figures", "derived"))
        self._all_cues()
        marks, mark_names = self._marks()
        files, lexicon = self.sources.files, self.sources.files["lexicon"].data
        data: dict[str, Any] = {
            "format": FORMAT,
            "phases": files["phases"].data,
            "packs": files["packs"].data,
            "weights": files["weights"].data,
            "protocol": {key: value for key, value in files["protocol"].data.items() if not key.startswith("draft_")},
            "wording": {key: lexicon[key] for key in ("fillers", "rewrite", "synonyms")},
            "breaks": lexicon["breaks"],
            "starts": lexicon["starts"],
            "differences": lexicon["differences"],
            "mark_names": mark_names,
            "conditions": conditions,
            "derived": derived,
            **{folder: {name: _needed(source.data) for name, source in sorted(entries.items())} for folder, entries in self.sources.entries.items()},
            "references": {folder: _references(entries) for folder, entries in self.sources.entries.items()},
            "owners": [list(owner) for owner in self.owners],
            "cues": packed(self.cues),
            "typed_cues": packed(self.typed_cues),
            "marks": packed(marks),
            "known_words": sorted(known := vocabulary(self.cues)),
            "slips": _slips(known, self.uses),
            "resemblance": described(self._descriptions()),
        }
        data["digest"] = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
        return data

    def _descriptions(self) -> dict[str, list[list[str]]]:
        """What the symptoms that lead are described with: their titles, examples and cues, as plain words."""
        entries = {name: source.data for name, source in sorted(self.sources.entries["symptoms"].items()) if source.data["cues"] and source.data["kind"] != "setup"}
        return {name: [self._plain(text) for text in (data["title"], *data["examples"]["present"], *data["cues"])] for name, data in entries.items()}

    def _plain(self, text: str) -> list[str]:
        return [plain for word in WORD.findall(text.lower()) for plain in ([NUMBER] if word[0] in "#0123456789" else self.words.plain(word))]

    def _conditions(self, folder: str, key: str) -> dict[str, Any]:
        trees: dict[str, Any] = {}
        for name, source in sorted(self.sources.entries[folder].items()):
            text = source.data[key]
            if not text:
                continue
            try:
                trees[name] = parsed(text, is_condition=key == "when")
            except ConditionError as error:
                self.problems.append(Problem(source.file, source.line(key), f"{key} {error}", "write it as `train_accuracy - validation_accuracy >= 0.10`"))
                continue
            for figure in sorted(figures_in(trees[name])):
                if figure not in self.sources.entries["figures"]:
                    self.problems.append(unknown(source, (key,), figure, "figure", self.sources.entries["figures"]))
        return trees

    def _in_order(self, derived: dict[str, Any]) -> dict[str, Any]:
        """The formulas, each behind those that it needs."""
        try:
            order = list(TopologicalSorter({name: sorted(figures_in(tree)) for name, tree in derived.items()}).static_order())
        except CycleError as error:
            source = self.sources.entries["figures"][min(error.args[1])]
            self.problems.append(Problem(source.file, source.line("derived"), f"needs itself: {' <- '.join(error.args[1])}", "derive it from figures that are read"))
            return derived
        return {name: derived[name] for name in order if name in derived}

    def _all_cues(self) -> None:
        for folder, key in (("symptoms", "cues"), ("figures", "patterns"), ("causes", "names"), ("remedies", "cues"), ("pressures", "cues")):
            kind = {"causes": "cause", "remedies": "remedy"}.get(folder, folder.removesuffix("s"))
            for name, source in sorted(self.sources.entries[folder].items()):
                own_name = [name.replace("-", " ")] if kind in ("cause", "remedy") else []
                for number, cue in enumerate(source.data[key]):
                    self._cue(source, (key, number), cue, (kind, name))
                for cue in own_name:
                    self._cue(source, (key,), cue, (kind, name))
        for name, source in sorted(self.sources.entries["pressures"].items()):
            for number, cue in enumerate(source.data["typed"]):
                self._cue(source, ("typed", number), cue, ("pressure", name), typed=True)
        protocol = self.sources.files["protocol"]
        for key in ("draft_cues", "draft_typed"):
            for step, cues in protocol.data[key].items():
                for number, cue in enumerate(cues):
                    self._cue(protocol, (key, step, number), cue, ("draft", step), typed=key == "draft_typed")
        scope = self.sources.files["scope"]
        for strength in ("strong", "weak"):
            for number, cue in enumerate(scope.data["training"][strength]):
                self._cue(scope, ("training", strength, number), cue, ("training", strength))
        for field, cues in scope.data["others"].items():
            for number, cue in enumerate(cues):
                self._cue(scope, ("others", field, number), cue, ("field", field))

    def _cue(self, source: Source, path: tuple[str | int, ...], cue: str, owner: tuple[str, str], typed: bool = False) -> None:
        number = self.owners.setdefault(owner, len(self.owners))
        try:
            sequences = spelled_out(cue, AS_TYPED if typed else self.words, self.macros)
            if owner[0] == "figure" and (odd := [sequence for sequence in sequences if sequence.count(NUMBER) != 1]):
                raise PhraseError(f"pattern {cue!r} holds {odd[0].count(NUMBER)} numbers in {' '.join(odd[0])!r}; write exactly one # on every way through it")
            self.uses.update({word for sequence in sequences for word in sequence})
            for sequence in sequences:
                add_to(self.typed_cues if typed else self.cues, sequence, number)
        except PhraseError as error:
            self.problems.append(Problem(source.file, source.line(*path), str(error), "see README.md, Cues"))

    def _marks(self) -> tuple[Branches, list[list[str]]]:
        lexicon = self.sources.files["lexicon"]
        trie: Branches = {}
        names = [[name, mark["scope"]] for name, mark in lexicon.data["marks"].items()]
        for owner, (name, mark) in enumerate(lexicon.data["marks"].items()):
            for number, phrase in enumerate(mark["phrases"]):
                try:
                    for sequence in spelled_out(phrase, AS_TYPED, {}):
                        add_to(trie, sequence, owner)
                except PhraseError as error:
                    self.problems.append(Problem(lexicon.file, lexicon.line("marks", name, "phrases", number), str(error), "see README.md, Cues"))
        return trie, names


def _needed(data: dict[str, Any]) -> dict[str, Any]:
    """The entry without what only its author and its tests read."""
    return {
        key: value
        for key, value in data.items()
        if key not in ("cues", "typed", "names", "patterns", "when", "derived", "examples", "references", "pure") or (key == "when" and isinstance(value, list))
    }


def _references(entries: Mapping[str, Source]) -> dict[str, list[str]]:
    """The references of the entries that have some."""
    return {name: source.data["references"] for name, source in sorted(entries.items()) if source.data["references"]}


def _slips(known: frozenset[str], uses: Mapping[str, int]) -> dict[str, str]:
    """Long words of the cues with one letter missing -> the word meant; a slip that could mean two words is left out."""
    slips: dict[str, str | None] = {}
    for word in sorted(known):
        if len(word) < SLIP_LENGTH or not word.isalpha() or uses.get(word, 0) < SLIP_USES:
            continue
        for place in range(1, len(word)):
            shorter = word[:place] + word[place + 1 :]
            if shorter not in known and stem(shorter) not in known:
                slips[shorter] = word if slips.get(shorter, word) == word else None
    return {slip: word for slip, word in sorted(slips.items()) if word}
