"""A broken overlay is refused whole, with every problem, its place and its mend."""

from pathlib import Path

import pytest

from training_router.server.cli import BROKEN, main
from training_router.server.diagnosis.figures import with_derived
from training_router.taxonomy.errors import LibraryError
from training_router.taxonomy.library import opened

GOOD = "title: Gradients are huge\nphase: stability\ncues: [huge gradients everywhere]\nexamples: {present: [huge gradients everywhere], silent: [a huge model]}\n"
ASKED = "ask: Q?\nwhy: w\neffort: known\noptions:\n  some: {text: a, present: [uses-fp16]}\n  none: {text: b, absent: [uses-fp16]}\nexamples: {}\n"


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("symptoms/huge.yaml", GOOD + "cuess: [a]\n", "huge.yaml:5: unknown key 'cuess'; did you mean 'cues'?"),
        ("symptoms/huge.yaml", "title: Huge\nkind: setup\ncues:\n  - drops from # to\n", "huge.yaml:4: what follows # is a comment in YAML and would be lost"),
        ("symptoms/huge.yaml", GOOD + "title: again\n", "huge.yaml:5: key 'title' is written twice"),
        ("symptoms/huge.yaml", GOOD.replace("phase: stability", "phase: stabilty"), "unknown phase 'stabilty'; did you mean 'stability'?"),
        ("symptoms/huge.yaml", GOOD.replace("cues: [huge gradients everywhere]", "cues: ['(huge']"), "is not closed"),
        ("symptoms/huge.yaml", "title: [a\n", "is not YAML"),
        ("symptoms/huge.yaml", "", "is empty"),
        ("symptoms/Huge.yaml", GOOD, "'Huge' is no id"),
        ("figures/new.yaml", "title: X\nrange: [1e-3, 1]\npatterns: ['x #']\nexamples: [{text: x 1, value: 1}]\n", "1e-3 is text in YAML"),
        ("symptoms/huge.yaml", GOOD.replace("Gradients are huge", "!!int abc"), "huge.yaml:1: tag:yaml.org,2002:int cannot be read from 'abc'"),
        ("symptoms/huge.yaml", GOOD.replace("Gradients are huge", "!mine abc"), "huge.yaml:1: !mine cannot be read from 'abc'"),
        ("symptoms/huge.yaml", GOOD + "references: &all [*all]\n", "huge.yaml:5: nests too deep, or holds itself"),
        ("symptoms/deep/huge.yaml", GOOD, "is no file of a library"),
        ("figures/new.yaml", "title: X\nrange: [0, .inf]\npatterns: ['x #']\nexamples: [{text: x 1, value: 1}]\n", "new.yaml:2: range.1: Input should be a finite number"),
        ("figures/new.yaml", "title: X\nrange: [2, 1]\npatterns: ['x #']\nexamples: [{text: x 1, value: 1}]\n", "`range` ends before it begins"),
        ("figures/new.yaml", "title: X\npatterns: ['widget size [#]']\nexamples: [{text: x 1, value: 1}]\n", "new.yaml:2: pattern 'widget size [#]' holds 0 numbers"),
        ("figures/new.yaml", "title: X\nderived: new + 1\nexamples: [{text: x 1, value: 1}]\n", "new.yaml:2: needs itself"),
        ("questions/new.yaml", ASKED.replace("some", "8-bit"), "option '8-bit' begins with a digit"),
        ("questions/new.yaml", ASKED.replace("some", "unknown"), "option 'unknown' begins with a digit or is one of"),
    ],
)
def test_a_fault_is_named_with_its_place_and_its_mend(tmp_path: Path, file: str, text: str, fault: str):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(LibraryError) as refused:
        opened([tmp_path])
    assert fault in str(refused.value)


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("symptons/huge.yaml", GOOD, "huge.yaml:1: is no file of a library"),
        ("symptoms/huge.YAML", GOOD, "huge.YAML:1: is no file of a library"),
        ("symptoms/huge.yaml", GOOD + "is_a: [huge]\n", "huge.yaml:5: 'huge' is a kind of itself"),
        ("symptoms/loss-is-nan.yaml", GOOD + "is_a: [nan-at-first-step]\n", "'nan-at-first-step' is a kind of itself"),
        ("packs.yaml", "borders:\n- {first: nopack, then: ml-production, because: x}\n", "unknown pack 'nopack'"),
        ("packs.yaml", "packs: {own: {gradient-management: {title: x, done_when: y}}}\n", "specialist 'gradient-management' stands in 'training-optimization' too"),
        ("workflows/adapter-flat.yaml", "phase: setup\nwhen: [asks-new-project]\nsteps: [{specialist: gradient-management}]\n", "'adapter-flat' is a first stop too"),
        ("weights.yaml", "decision:\n  leadr: 0.4\n", "weights.yaml:2: unknown key 'leadr'; did you mean 'leader'?"),
        ("weights.yaml", "decision:\n  leader: '0.4'\n", "weights.yaml:2: decision.leader: Input should be a valid number"),
        ("protocol.yaml", "next: {rout: x}\n", "unknown key 'rout'; did you mean 'route'?"),
        ("protocol.yaml", "draft_cues: {dismisses-symptoms: [all is well]}\n", "unknown step 'dismisses-symptoms'; did you mean 'dismisses-symptom'?"),
        ("lexicon.yaml", "marks: {negaton: {scope: clause, phrases: [nope]}}\n", "unknown key 'negaton'; did you mean 'negation'?"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(tmp_path: Path, file: str, text: str, fault: str):
    test_a_fault_is_named_with_its_place_and_its_mend(tmp_path, file, text, fault)


def test_hidden_folders_of_an_overlay_are_none_of_its_shelves(tmp_path: Path):
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "ci.yml").write_text("on: push\n", encoding="utf-8")
    assert opened([tmp_path]).digest == opened().digest


def test_one_wrong_key_among_good_files_loads_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "symptoms").mkdir()
    (tmp_path / "symptoms" / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "symptoms" / "bad.yaml").write_text(GOOD + "colour: red\n", encoding="utf-8")
    assert main(["route", "loss is nan", "--library", str(tmp_path)]) == BROKEN
    out, error = capsys.readouterr()
    assert not out and "bad.yaml:5" in error and "nothing was loaded" in error


def test_an_overlay_adds_entries(tmp_path: Path):
    (tmp_path / "symptoms").mkdir()
    (tmp_path / "symptoms" / "gradients-are-huge.yaml").write_text(GOOD, encoding="utf-8")
    assert "gradients-are-huge" in opened([tmp_path]).symptoms


def test_a_figure_may_be_derived_from_one_that_comes_later_in_the_alphabet(tmp_path: Path):
    (tmp_path / "figures").mkdir()
    for name, formula in (("aa-steps", "zz_steps + 1"), ("zz-steps", "steps + 1")):
        (tmp_path / "figures" / f"{name}.yaml").write_text(f"title: X\nderived: {formula}\nexamples: [{{text: x, value: none}}]\n", encoding="utf-8")
    library = opened([tmp_path])
    assert with_derived({"steps": 1.0}, library)["aa-steps"] == 3.0
