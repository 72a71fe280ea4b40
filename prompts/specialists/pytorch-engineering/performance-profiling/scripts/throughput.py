"""Times the same training step with the real loader and with one batch kept in memory, and so says whether the loader is the limit.

Run `python throughput.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer). Both are timed in turns
after a warm-up, so a busy machine slows both. It does not tell which part of the loader or of the model is slow, nor anything about several devices.
"""

import copy
import random
import statistics
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
FASTER, WAITS = 1.3, 0.2  # times, and share of the step: the tuning playbook compares with a cached batch, the widths are ours, since equal steps differ too


@dataclass(frozen=True)
class Throughput:
    """Median seconds of a step with the loader and without, of waiting for the batch alone, and samples in a batch."""

    with_loader: float
    without: float
    waiting: float
    samples: int

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        told = f"{1000 * self.with_loader:.3g} ms a step, {1000 * self.without:.3g} ms on one kept batch"
        bound = self.with_loader > FASTER * self.without and self.waiting > WAITS * self.with_loader
        yes, no = ("cached-batch-faster", "cached-batch-same") if bound else ("cached-batch-same", "cached-batch-faster")
        share = f"{100 * self.waiting / self.with_loader:.0f} % of a step waits for the batch"
        then = "the workers, then the transforms, then the storage" if bound else "profile the model and the loop; the loader is not the limit"
        rate = f"# {self.samples / self.with_loader:.4g} samples a second, {self.samples / self.without:.4g} without the loader"
        return [rate, f"{yes}: {told}", f"not {no}: {told}", f"{'' if bound else 'not '}loader-bound: {share}", f"next: performance-profiling: {then}"]


def throughput(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, steps: int = 20, warm_up: int = 3) -> Throughput:
    """The time of a training step with the loader and with its first batch kept."""
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        chosen = chosen or torch.optim.SGD(learner.parameters(), lr=1e-2)
        batches = chain.from_iterable(repeat(loader, steps + warm_up))
        kept = next(batches)
        loaded, alone = list[tuple[float, float]](), list[float]()
        for _ in range(steps + warm_up):
            begun = _now()
            batch = next(batches)
            got = _now()
            _step(learner, batch, objective, chosen)
            loaded.append((_now() - begun, got - begun))
            begun = _now()
            _step(learner, kept, objective, chosen)
            alone.append(_now() - begun)
    whole, waiting = zip(*loaded[warm_up:], strict=True)
    samples = len(next(iter(kept.values())) if isinstance(kept, Mapping) else kept[0] if isinstance(kept, tuple | list) else kept)
    return Throughput(statistics.median(whole), statistics.median(alone[warm_up:]), statistics.median(waiting), samples)


def _step(model: nn.Module, batch: Any, loss_fn: LossFn, optimizer: Optimizer) -> None:
    optimizer.zero_grad()
    judged(model.train(), loss_fn, batch)[0].backward()
    optimizer.step()


def _now() -> float:
    """The time when the device has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def judged(model: nn.Module, loss_fn: LossFn, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Loss, output and target of a batch `(x, y)`, `{"x": x, "labels": y}`, or `x` alone, which is then its own target."""
    pairs = batch.items() if isinstance(batch, Mapping) else enumerate(batch if isinstance(batch, tuple | list) else (batch, batch))
    placed = {str(key): part.to(next(model.parameters()).device) for key, part in pairs}
    target = placed.pop(next((key for key in ("labels", "label", "targets", "target", "y") if key in placed), str(len(placed) - 1)))
    output = model(**placed) if isinstance(batch, Mapping) and len(placed) > 1 else model(*placed.values())
    output = getattr(output, "logits", output)
    return loss_fn(output, target), output, target


@contextmanager
def rehearsal(model: nn.Module, loss_fn: LossFn, optimizer: Optimizer | None, loader: Any) -> Generator[Any, None, None]:
    """Copies of model, loss and optimizer, tied as before; the originals and the random numbers to come stay as they are."""
    numpy, own = sys.modules.get("numpy"), getattr(loader, "generator", None)
    drawn = random.getstate(), numpy and numpy.random.get_state(), own and own.get_state()
    with torch.random.fork_rng():
        try:
            yield copy.deepcopy((model, loss_fn, optimizer))
        finally:
            random.setstate(drawn[0])
            _ = numpy and numpy.random.set_state(drawn[1]), own and own.set_state(drawn[2])


if __name__ == "__main__":
    sys.path.insert(0, "")
    module, _, name = sys.argv[1].partition(":") if len(sys.argv) == 2 else sys.exit(__doc__)
    print(*throughput(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
