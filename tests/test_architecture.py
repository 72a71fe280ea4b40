"""The rooms stay apart: who may import whom, who prints, who reads the environment, and that Python knows no entry by name."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from training_router.server.knowledge import library

ROOT = Path(__file__).parent.parent
ROOMS = ("server", "taxonomy", "prompts")
STAGES = ("text", "marks", "figures", "findings", "pressure", "likeness", "settled", "case", "differential", "questions", "plan", "decision", "consultation", "draft")
DIAGNOSIS = "training_router.server.diagnosis."
LONGEST_MODULE = 250
IMPORTS_MCP = ("server/app.py", "server/apps.py", "server/demo.py", "server/form.py", "server/http.py", "server/prompts.py", "server/resources.py", "server/skills.py")
PRINTS = "server/cli.py"
SCRIPT = re.compile(r"prompts/specialists/[a-z-]+/[a-z-]+/scripts/[a-z_]+\.py")
READS_ENVIRONMENT = "server/settings.py"
TELLS_A_STORY = "server/demo.py"
IMPURE = frozenset(("os", "io", "pathlib", "time", "datetime", "random", "secrets", "socket", "subprocess", "logging"))
HYPHENATED = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")


def modules() -> Iterator[str]:
    """Every Python file of the rooms, from the root."""
    for room in ROOMS:
        yield from sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / room).rglob("*.py"))


def imports(source: str) -> set[str]:
    """The full names that a module imports; `from a import b` gives a and a.b, a relative import begins with a point."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            names |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    return names


def is_under(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def mcp_is_imported_at_the_edge(place: str, source: str) -> Iterator[str]:
    if place not in IMPORTS_MCP:
        yield from (f"imports {name}" for name in imports(source) if is_under(name, "mcp"))


def only_command_lines_print(place: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)) if place != PRINTS and not SCRIPT.fullmatch(place) else ():
        if (isinstance(node, ast.Name) and node.id == "print") or (isinstance(node, ast.Attribute) and node.attr == "stdout"):
            yield f"prints in line {node.lineno}"


def only_settings_reads_the_environment(place: str, source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)) if place != READS_ENVIRONMENT else ():
        if isinstance(node, ast.ImportFrom | ast.Attribute):
            names = [node.attr] if isinstance(node, ast.Attribute) else [alias.name for alias in node.names]
            if {"environ", "environb", "getenv"}.intersection(names):
                yield f"reads the environment in line {node.lineno}"


def diagnosis_is_pure_and_goes_forward(place: str, source: str) -> Iterator[str]:
    if not place.startswith("server/diagnosis/") or place.endswith("__init__.py"):
        return
    stage = PurePosixPath(place).stem
    if stage not in STAGES:
        yield f"{stage} is no stage"
        return
    for name in imports(source):
        first = name.partition(".")[0]
        if name.startswith(DIAGNOSIS):
            other = name.removeprefix(DIAGNOSIS).partition(".")[0]
            if other not in STAGES[: STAGES.index(stage)]:
                yield f"imports {other}, no earlier stage"
        elif (is_under(name, "training_router.server") and name != DIAGNOSIS[:-1]) or is_under(name, "training_router.prompts"):
            yield f"imports {name}"
        elif first != "training_router" and first not in sys.stdlib_module_names:
            yield f"imports {name}, not of the standard library"
        elif first in IMPURE:
            yield f"imports {name}, which is not pure"


def library_and_prompts_stand_alone(place: str, source: str) -> Iterator[str]:
    room = place.partition("/")[0]
    if room != "server":
        others = [f"training_router.{other}" for other in ROOMS if other != room]
        yield from (f"imports {name}" for name in imports(source) if any(is_under(name, other) for other in others))


def scripts_need_nothing_else(place: str, source: str) -> Iterator[str]:
    if SCRIPT.fullmatch(place):
        yield from (f"imports {name}, which whoever copies the file may lack" for name in imports(source) if name.partition(".")[0] not in {*sys.stdlib_module_names, "torch"})


def names_are_full(place: str, source: str) -> Iterator[str]:
    for name in imports(source):
        if name.startswith(".") or name.partition(".")[0] in ROOMS:
            yield f"imports {name}, not by its full name"


def modules_are_short(place: str, source: str) -> Iterator[str]:
    length = len(source.splitlines())
    if length >= LONGEST_MODULE:
        yield f"has {length} lines"


def python_knows_no_entry_by_name(place: str, source: str) -> Iterator[str]:
    if place == TELLS_A_STORY or place.startswith("prompts/"):
        return
    for text in texts(ast.parse(source)):
        for name in {text, *HYPHENATED.findall(text)} & ids():
            yield f"names {name} in {text[:60]!r}"


def texts(tree: ast.Module) -> Iterator[str]:
    """The strings of a module but its docstrings."""
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    docstrings = {id(node.body[0].value) for node in documented if node.body and isinstance(node.body[0], ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def ids() -> set[str]:
    known = library()
    return {name for kind in (known.symptoms, known.causes, known.questions, known.remedies, known.specialists) for name in kind}


RULES: tuple[Callable[[str, str], Iterator[str]], ...] = (
    mcp_is_imported_at_the_edge,
    only_command_lines_print,
    only_settings_reads_the_environment,
    diagnosis_is_pure_and_goes_forward,
    library_and_prompts_stand_alone,
    scripts_need_nothing_else,
    names_are_full,
    modules_are_short,
    python_knows_no_entry_by_name,
)


@pytest.mark.parametrize("place", list(modules()))
def test_a_module_keeps_every_rule(place: str):
    source = (ROOT / place).read_text(encoding="utf-8")
    assert [offence for rule in RULES for offence in rule(place, source)] == []


def test_every_stage_is_a_module():
    assert {path.stem for path in (ROOT / "server" / "diagnosis").glob("*.py")} == {*STAGES, "__init__"}


@pytest.mark.parametrize(
    ("rule", "place", "source"),
    [
        (mcp_is_imported_at_the_edge, "server/reply.py", "from mcp.types import TextContent"),
        (mcp_is_imported_at_the_edge, "server/cli.py", "def run():\n    import mcp"),
        (only_command_lines_print, "server/terminal.py", "print('a')"),
        (only_command_lines_print, "server/stdio.py", "import sys\nsys.stdout.write('a')"),
        (only_settings_reads_the_environment, "server/cli.py", "import os\nos.environ['A']"),
        (only_settings_reads_the_environment, "taxonomy/library.py", "from os import getenv"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "from training_router.server.reply import routed"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "from training_router.server.diagnosis.draft import pressures_in"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "from training_router.server.diagnosis import draft"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "from training_router.server.diagnosis import plan"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "import training_router.prompts"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "import pydantic"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/plan.py", "from pathlib import Path"),
        (diagnosis_is_pure_and_goes_forward, "server/diagnosis/helpers.py", ""),
        (library_and_prompts_stand_alone, "taxonomy/library.py", "from training_router import prompts"),
        (library_and_prompts_stand_alone, "taxonomy/library.py", "from training_router.server.diagnosis.text import read"),
        (library_and_prompts_stand_alone, "prompts/skills.py", "import training_router.taxonomy.entries"),
        (library_and_prompts_stand_alone, "prompts/skills.py", "from training_router.server import cli"),
        (only_command_lines_print, "prompts/skills.py", "print('a')"),
        (scripts_need_nothing_else, "prompts/specialists/a-pack/a-skill/scripts/a_probe.py", "import numpy"),
        (scripts_need_nothing_else, "prompts/specialists/a-pack/a-skill/scripts/a_probe.py", "from training_router.taxonomy import entries"),
        (names_are_full, "server/cli.py", "from .reply import routed"),
        (names_are_full, "server/cli.py", "from server.reply import routed"),
        (names_are_full, "taxonomy/checks.py", "import taxonomy.library"),
        (modules_are_short, "server/app.py", "pass\n" * LONGEST_MODULE),
        (python_knows_no_entry_by_name, "server/diagnosis/plan.py", "if name == 'loss-is-nan': pass"),
        (python_knows_no_entry_by_name, "server/diagnosis/plan.py", "if name == 'overfits': pass"),
        (python_knows_no_entry_by_name, "server/app.py", "INSTRUCTIONS = 'as in `not loss-is-nan: finite`'"),
        (python_knows_no_entry_by_name, "server/app.py", "f'{a} goes to gradient-management'"),
    ],
)
def test_a_planted_offence_is_seen(rule: Callable[[str, str], Iterator[str]], place: str, source: str):
    assert list(rule(place, source))


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("server/app.py", "from mcp.server.mcpserver import MCPServer"),
        ("server/cli.py", "print('a')"),
        ("prompts/specialists/a-pack/a-skill/scripts/a_probe.py", "import sys\nfrom torch import nn\nprint('a')"),
        ("server/settings.py", "import os\nos.environ['A']"),
        ("server/diagnosis/plan.py", "import re\nfrom training_router.server.diagnosis.case import Case\nfrom training_router.taxonomy.entries import Library"),
        ("server/demo.py", "A = 'gradient-management looks first'"),
        ("server/reply.py", "'''A docstring may name loss-is-nan.'''\nimport mcpx\nA = 'well-known'"),
    ],
)
def test_what_is_allowed_is_left_alone(place: str, source: str):
    assert [offence for rule in RULES for offence in rule(place, source)] == []
