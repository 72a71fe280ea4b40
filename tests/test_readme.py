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
    named = re.findall(r"^(\w+)/ ", README, re.MULTILINE)
    assert named == ["server", "taxonomy", "prompts", "tests", "bench", "deploy"] and all((ROOT / name).is_dir() for name in named)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([\w-]+)", README, re.MULTILINE))))
def test_every_make_target_that_the_readme_names_exists(target: str):
    assert f"\n{target}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("flag", ["--http", "--token-file", "--allowed-host", "--allowed-origin", "--library", "--skills"])
def test_every_option_of_serve_that_the_readme_names_is_taken(flag: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    assert flag in README and flag in capsys.readouterr().out


def test_every_setting_of_the_environment_stands_in_the_readme():
    read = set(re.findall(r'"(TRAINING_ROUTER_\w+)"', (ROOT / "server" / "settings.py").read_text(encoding="utf-8")))
    assert read and read <= set(re.findall(r"TRAINING_ROUTER_\w+", README))


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#:]+)\)", README))
def test_every_link_of_the_readme_leads_to_a_file(target: str):
    assert (ROOT / target).is_file()
