"""The wheel holds the rooms whole, and the compiled library in it is that of the sources."""

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.build import build_sdist, build_wheel

from hatch_build import _link
from training_router.taxonomy.compiler import compiled
from training_router.taxonomy.library import HOME, library_from

ROOT = Path(__file__).parent.parent
ROOMS = ("server", "taxonomy", "prompts")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        name = build_wheel(str(folder))
    with ZipFile(folder / name) as opened:
        yield opened


def test_the_wheel_holds_every_module_and_every_entry(wheel: ZipFile):
    sources = {path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".yaml", ".md", ".css", ".js", ".json")}
    assert len(sources) > 500
    assert {f"training_router/{path.as_posix()}" for path in sources} <= set(wheel.namelist())


def test_the_source_distribution_holds_what_a_wheel_is_built_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Also in a checkout whose build/ holds links to the rooms."""
    monkeypatch.chdir(ROOT)
    with tarfile.open(tmp_path / build_sdist(str(tmp_path))) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    needed = {path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".py", ".yaml", ".md", ".css", ".js")}
    assert needed <= names and not {name for name in names if name.startswith(("build/", ".venv/"))}


def test_the_wheel_holds_nothing_else(wheel: ZipFile):
    outside = [name for name in wheel.namelist() if not name.startswith(("training_router/", "training_router-"))]
    unfinished = [name for name in wheel.namelist() if name.endswith((".pyc", ".tmp"))]
    assert not outside and not unfinished


def test_the_compiled_library_of_the_wheel_is_that_of_the_sources(wheel: ZipFile):
    data = json.loads(wheel.read("training_router/taxonomy/library.json"))
    assert "sources" not in data  # so that an installed router never looks for newer ones
    assert data["digest"] == compiled([HOME])["digest"]
    assert library_from(data).symptoms.keys() == {path.stem for path in (HOME / "symptoms").glob("*.yaml")}


def test_a_link_of_a_checkout_that_was_moved_is_laid_anew(tmp_path: Path):
    package = tmp_path / "training_router"
    package.mkdir()
    (package / "server").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    _link(ROOT, package)
    assert [(package / room).resolve() for room in ROOMS] == [(ROOT / room).resolve() for room in ROOMS]
