"""Every test of the probes has one thread and one seed."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def one_thread_and_one_seed() -> Iterator[None]:
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)
