"""The library, opened once, and its sources with the examples inside."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from training_router.server.knowledge import library as opened
from training_router.taxonomy.entries import Library
from training_router.taxonomy.library import HOME
from training_router.taxonomy.sources import Sources, gathered

settings.register_profile("quick", max_examples=40)
settings.register_profile("fuzz", max_examples=int(os.environ.get("EXAMPLES", "1000")))
settings.load_profile("quick")  # `--hypothesis-profile fuzz` overrules it


@pytest.fixture(scope="session")
def library() -> Library:
    return opened()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every example of every entry is a test of its own, named after the entry."""
    marker = metafunc.definition.get_closest_marker("examples")
    if marker:
        cases = list(_examples(SOURCES, *marker.args))
        metafunc.parametrize(("name", "text", "expected"), cases, ids=[f"{name}-{expected}-{str(text)[:60]}" for name, text, expected in cases])


def _examples(sources: Sources, folder: str, *kinds: str) -> Iterator[tuple[str, str, Any]]:
    for name, source in sorted(sources.entries[folder].items()):
        examples = source.data["examples"]
        if isinstance(examples, list):
            yield from ((name, example["text"], example["value"]) for example in examples)
            continue
        for kind in kinds:
            for example in examples.get(kind) or ():
                yield (name, example["text"], example) if kind == "known_gaps" else (name, example, kind)


SOURCES = gathered([HOME])
