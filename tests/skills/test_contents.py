"""What the skills say of the library is so; a renamed cause breaks here and not at the reader."""

import re

import pytest

from skills.text import ID, skill_text
from training_router.prompts.skills import Skill, skills
from training_router.taxonomy.entries import Library
from training_router.taxonomy.library import HOME
from training_router.taxonomy.sources import gathered

ALL = skills()
OF_SPECIALISTS = sorted(name for name in ALL if name != "using-training-optimization")
ALWAYS = ("When it applies", "Before anything is said", "First probe", "Decisions", "Remedies", "Done when", "Sources")
ORDER = ("When it applies", "Before anything is said", "First probe", "Decisions", "Remedies", "Defaults", "Neighbours", "Wrong moves", "Emergency", "Done when", "Sources")
CONDITION = re.compile(r"`([^`]*(?:>=|<=|<|>)[^`]*)`")


@pytest.fixture(params=sorted(ALL))
def skill(request: pytest.FixtureRequest) -> Skill:
    return ALL[request.param]


@pytest.fixture(params=OF_SPECIALISTS)
def specialist(request: pytest.FixtureRequest) -> Skill:
    return ALL[request.param]


def test_the_head_is_small_and_says_what_and_when(skill: Skill):
    head = skill.frontmatter()
    assert set(head) <= {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}
    assert head["name"] == skill.name and re.fullmatch(r"(?!.*--)[a-z0-9][a-z0-9-]{0,62}[a-z0-9]", skill.name)
    assert head["description"] == skill.description and len(skill.description) <= 1024 and "Use when" in skill.description
    assert all(isinstance(value, str) for value in head["metadata"].values())


def test_the_body_is_short(skill: Skill):
    body = skill_text(skill.folder / "SKILL.md").body
    assert len(body.splitlines()) < 300
    assert len(re.findall(r"\w+|[^\w\s]", body)) <= 5000


def test_the_sections_stand_in_their_order(specialist: Skill):
    sections = list(skill_text(specialist.folder / "SKILL.md").sections)
    assert sections == [name for name in ORDER if name in sections]
    assert not set(ALWAYS) - set(sections)


def test_the_skill_stands_in_the_folder_of_its_pack(specialist: Skill, library: Library):
    assert specialist.folder.parent.name == library.specialists[specialist.name].pack == specialist.frontmatter()["metadata"]["pack"]


def test_every_row_of_the_table_holds_in_the_library(specialist: Skill, library: Library):
    faults: list[str] = []
    for row in skill_text(specialist.folder / "SKILL.md").rows(specialist.name):
        cause = library.causes.get(row.cause)
        if cause is None:
            faults.append(f"unknown cause {row.cause}")
            continue
        if cause.specialist != row.owner:
            faults.append(f"{row.cause} belongs to {cause.specialist}, not {row.owner}")
        if not row.symptoms:
            faults.append(f"{row.cause}: no symptom is named")
        for symptom in row.symptoms:
            if cause.evidence.get(symptom) not in ("for", "strongly-for"):
                faults.append(f"{symptom} does not speak for {row.cause}" if symptom in library.symptoms else f"unknown symptom {symptom}")
        for remedy in row.remedies:
            if remedy not in library.remedies:
                faults.append(f"unknown remedy {remedy}")
            elif row.cause not in library.remedies[remedy].treats:
                faults.append(f"{remedy} does not treat {row.cause}")
    assert not faults


def test_the_table_has_a_row_for_every_cause_of_the_specialist(specialist: Skill, library: Library):
    rows = {row.cause for row in skill_text(specialist.folder / "SKILL.md").rows(specialist.name)}
    assert not {cause.id for cause in library.causes.values() if cause.specialist == specialist.name} - rows


def test_every_remedy_of_the_table_that_is_its_own_is_explained(specialist: Skill, library: Library):
    text = skill_text(specialist.folder / "SKILL.md")
    explained = set(re.findall(r"^### ([a-z0-9-]+)$", text.sections["Remedies"], re.MULTILINE))
    named = {remedy for row in text.rows(specialist.name) for remedy in row.remedies if library.remedies[remedy].specialist == specialist.name}
    assert not named - explained and not explained - library.remedies.keys()


def test_every_id_that_is_named_exists(skill: Skill, library: Library):
    known = {*library.symptoms, *library.causes, *library.questions, *library.remedies, *library.specialists, *library.pressures, *library.figures, *library.conventions}
    text = skill_text(skill.folder / "SKILL.md")
    outside_code = "\n".join(text.sections.values())
    assert not {name for name in ID.findall(outside_code) if "-" in name} - known


def test_the_questions_to_know_before_are_questions(specialist: Skill, library: Library):
    before = skill_text(specialist.folder / "SKILL.md").sections["Before anything is said"]
    asked = [ID.match(line.removeprefix("- ")) for line in before.splitlines() if line.startswith("- `")]
    assert asked and all(name and name[1] in library.questions for name in asked)


def test_the_work_is_done_when_the_library_says_so(specialist: Skill, library: Library):
    assert skill_text(specialist.folder / "SKILL.md").sections["Done when"].startswith(library.specialists[specialist.name].done_when)


def test_a_threshold_is_quoted_as_the_library_has_it(skill: Skill):
    conditions = {source.data["when"] for source in gathered([HOME]).entries["symptoms"].values()}
    quoted = CONDITION.findall("\n".join(skill_text(skill.folder / "SKILL.md").sections.values()))
    assert all(one in conditions for one in quoted if "_" in one)


ROUTER = skill_text(ALL["using-training-optimization"].folder / "SKILL.md").body
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.*?) \|$", re.MULTILINE)


def section(title: str) -> str:
    """A section of the router skill."""
    return re.split(r"^## ", ROUTER.split(f"## {title}", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def named(cell: str, library: Library) -> set[str]:
    return {name for name in re.findall(r"[a-z]+(?:-[a-z]+)+", cell) if name in library.specialists}


@pytest.mark.parametrize(("seen", "first", "then"), [row for row in ROW.findall(section("First stops"))[2:] if not row[1].startswith("nobody")])
def test_a_first_stop_of_the_router_skill_is_one_of_the_library(seen: str, first: str, then: str, library: Library):
    steps = [[step.specialist for step in convention.steps] for convention in library.conventions.values()]
    assert named(first, library) and named(then, library)
    assert any(specialists[0] in named(first, library) and named(then, library) & {*specialists} for specialists in steps), seen


def test_the_router_skill_has_the_phases_the_pressures_and_the_specialists_of_the_library(library: Library):
    assert re.findall(r"^\| ([a-z]+) \|", section("Phases, in order"), re.MULTILINE)[1:] == list(library.phases)
    assert set(re.findall(r"^\| `([a-z-]+)`", section("Pressures, and what the next message does"), re.MULTILINE)) == set(library.pressures)
    assert named(section("Who treats what"), library) | {"neural-architectures", "ml-production"} == set(library.specialists)
