"""Raises the rate step by step from tiny to huge and says where the loss begins to fall, falls fastest and breaks away, and where the own rate lies.

Run `python lr_range_test.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer); without an
optimizer Adam is tested and nothing is said of an own rate. It does not tell the best rate of a long run: a schedule, warm-up and another batch size
move it, and a rate that looks low here may do after many more steps.
"""

import copy
import math
import random
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, islice, repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
LOWEST, HIGHEST, SETTLED = 1e-7, 10.0, 20  # rates, and the steps after which the running mean of the loss counts
BREAKS = 2.0  # smoothed loss against its best: TheDeepChecker, divergence; fastai stops at 4
FALLS = 0.05  # of the first loss, which is the least fall that counts: TheDeepChecker, stagnation
BELOW = 1000.0  # times under the steepest rate before the own one is called low: 100 calls a sound Adam at 1e-4 low


@dataclass(frozen=True)
class RateRange:
    """The rates at which the loss falls fastest and breaks away (0 where it never does), the own one, and the loss at first and at best."""

    steepest: float
    breaks: float
    own: float
    first: float
    best: float

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        if not self.steepest:
            told = f"{self.first:.3g}, {self.best:.3g} at best, rates {LOWEST:g} to {HIGHEST:g}"
            return [f"loss-flat-from-start: {told}", f"lower-rate-does-not-help: {told}", "next: gradient-management: weights_move.py, since no rate lowers the loss"]
        told = f"steepest at {self.steepest:.1e}, breaks at {self.breaks:.1e}" if self.breaks else f"steepest at {self.steepest:.1e}, never breaks"
        says = [f"not loss-flat-from-start: {self.first:.3g} to {self.best:.3g}, {told}"]
        if self.own:
            high, low = bool(self.breaks) and self.own >= self.breaks, self.own * BELOW < self.steepest
            says += [f"{'' if high else 'not '}learning-rate-is-high: {self.own:.1e}; {told}", f"{'' if low else 'not '}learning-rate-is-low: {self.own:.1e}; {told}"]
        return [*says, f"next: learning-rate-scheduling: a peak rate near {self.steepest:.1e}, judged over a whole schedule"]


def lr_range_test(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, steps: int = 160) -> RateRange:
    """Where the loss falls fastest and where it breaks away while the rate grows from 1e-7 to 10."""
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        chosen = chosen or torch.optim.Adam(learner.parameters(), lr=LOWEST)
        own = 0.0 if optimizer is None else max(float(group["lr"]) for group in chosen.param_groups)
        shares = [float(group["lr"]) / own if own else 1.0 for group in chosen.param_groups]
        curve: list[tuple[float, float]] = []
        mean, best = 0.0, math.inf
        for step, batch in enumerate(islice(chain.from_iterable(repeat(loader, steps)), steps)):
            rate = LOWEST * (HIGHEST / LOWEST) ** (step / (steps - 1))
            for group, share in zip(chosen.param_groups, shares, strict=True):
                group["lr"] = rate * share
            loss, *_ = judged(learner.train(), objective, batch)
            mean = 0.9 * mean + 0.1 * loss.item()
            curve.append((rate, mean / (1 - 0.9 ** (step + 1))))
            best = min(best, curve[-1][1])
            if not loss.requires_grad or not math.isfinite(mean) or (step > SETTLED and curve[-1][1] > BREAKS * curve[SETTLED][1]):
                break
            chosen.zero_grad()
            loss.backward()
            chosen.step()
    return _read(curve, own)


def _read(curve: list[tuple[float, float]], own: float) -> RateRange:
    settled = curve[min(SETTLED, len(curve) - 1) :]
    first, best = settled[0][1], min(loss for _, loss in settled)
    if not best < (1 - FALLS) * first:
        return RateRange(0.0, 0.0, own, first, best)
    lowest = min(range(len(settled)), key=lambda place: settled[place][1])
    falls = [(settled[max(0, place - 5)][1] - settled[place][1], settled[max(0, place - 5)][0]) for place in range(1, lowest + 1)]
    after = (rate for rate, loss in settled[lowest:] if not loss <= best + 0.5 * (first - best))
    return RateRange(max(falls)[1], next(after, 0.0), own, first, best)


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
    print(*lr_range_test(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
