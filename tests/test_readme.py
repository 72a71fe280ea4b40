"""What the README shows is what a reader gets."""

import re
from pathlib import Path

import pytest

from training_router.server.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.search(r'```\n\$ training-router route "(?P<question>[^"\n]*)"\n(?P<reply>.*?)\n```', README, re.DOTALL)


def test_the_consultation_in_the_readme_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]):
    assert SHOWN
    main(["route", SHOWN["question"]])
    assert capsys.readouterr().out.strip() == SHOWN["reply"]


def test_the_folders_in_the_readme_are_those_of_the_project():
    named = set(re.findall(r"^(\w+)/ ", README, re.MULTILINE))
    assert named == {path.name for path in ROOT.iterdir() if path.is_dir() and path.name in named | {"server", "taxonomy", "prompts", "tests", "bench"}}


@pytest.mark.parametrize("target", [*re.findall(r"^make (\w+)$", README, re.MULTILINE), "evals", "bench", "lint"])
def test_every_make_target_that_the_readme_names_exists(target: str):
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
