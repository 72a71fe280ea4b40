"""A router over HTTP for the tests of a module."""

from collections.abc import Iterator

import pytest
from http_site import Site, site


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with site("--allowed-host", "router.example.com", "--allowed-origin", "https://app.example.com") as started:
        yield started
