"""Says whether the model can learn one batch by heart, and if not, how its loss behaves.

Run `python overfit_one_batch.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer). Dropout and
weight decay are off; without an optimizer Adam at 1e-3 learns; where the loss stays up, 10 times the rate and more are tried. It does not tell whether
the labels are right (wrong ones are learned by heart too), nor anything about new data.
"""

import copy
import math
import random
import statistics
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
LEARNED = 0.05  # of what a guess costs: TheDeepChecker, error of at most 5 % on one small batch
RISES, JUMP, JUMPS = 2.0, 1.1, 0.25  # times the first loss (TheDeepChecker); a step up by 10 %, and its share of steps: there is no mini-batch noise
SAYS = {
    "negative": ("loss-is-negative", "loss-functions-and-objectives: the sign of the loss and the range of the labels; an ELBO may be negative"),
    "learned": ("overfits-one-batch", "not cannot-overfit-one-batch", "training-loop-architecture: inputs_and_labels.py; the wiring holds"),
    "needs more": ("overfits-one-batch", "not cannot-overfit-one-batch", "learning-rate-is-low", "learning-rate-scheduling: lr_range_test.py"),
    "explodes": ("cannot-overfit-one-batch", "not overfits-one-batch", "loss-diverges", "gradient-management: gradient_norms.py"),
    "jumps": ("cannot-overfit-one-batch", "not overfits-one-batch", "loss-oscillates", "learning-rate-scheduling: lr_range_test.py"),
    "stays": ("cannot-overfit-one-batch", "not overfits-one-batch", "gradient-management: weights_move.py, then loss_at_init.py"),
}


@dataclass(frozen=True)
class OneBatch:
    """The loss on one batch, first and last; the rate was multiplied by `factor`; `course` is a key of SAYS."""

    course: str
    first: float
    last: float
    steps: int
    factor: int

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        *symptoms, then = SAYS[self.course]
        told = f"{self.first:.3g} -> {self.last:.3g}, {self.steps} steps at {self.factor} x the rate"
        return [*(f"{symptom}: {told}" for symptom in symptoms), f"next: {then}"]


def overfit_one_batch(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, steps: int = 500) -> OneBatch:
    """How far the first batch of the loader is learned in at most `steps` steps, and at which rate."""
    tried: list[OneBatch] = []
    for factor in (1, 10, 100, 1000, 100000):
        if not tried or tried[-1].course == "stays":
            with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
                tried.append(_learn(learner, next(iter(loader)), objective, chosen, steps, factor))
    return tried[-1] if tried[-1].course in ("learned", "needs more") else tried[0]


def _learn(model: nn.Module, batch: Any, loss_fn: LossFn, optimizer: Optimizer | None, steps: int, factor: int) -> OneBatch:
    for module in model.train().modules():
        module.train("Drop" not in type(module).__name__)
    chosen = optimizer or torch.optim.Adam(model.parameters(), lr=1e-3)
    for group in chosen.param_groups:
        group.update(weight_decay=0.0, lr=group["lr"] * factor)
    losses, goal = [math.inf], -math.inf
    while len(losses) <= steps and losses[-1] == losses[-1] and max(losses[-5:]) > goal:
        loss, output, target = judged(model, loss_fn, batch)
        losses.append(loss.item())
        goal = _goal(loss_fn, output, target, losses[1])
        chosen.zero_grad()
        if loss.requires_grad:
            loss.backward()
            chosen.step()
    last, rises = statistics.median(losses[-5:]), sum(one > JUMP * before for before, one in pairwise(losses[1:])) / len(losses)
    strays = "explodes" if not last <= RISES * losses[1] else "jumps" if rises > JUMPS else "stays"
    course = "negative" if last < 0 else strays if last > goal or last != last else "needs more" if factor >= 100 else "learned"
    return OneBatch(course, losses[1], last, len(losses) - 1, factor)


def _goal(loss_fn: LossFn, output: Tensor, target: Tensor, first: float) -> float:
    """The loss that counts as learned: 5 % of what a guess costs, above the floor that label smoothing leaves."""
    classes = 1 if target.is_floating_point() else output.numel() // target.numel()
    spread = getattr(loss_fn, "label_smoothing", 0.0) / classes
    floor = torch.special.entr(torch.tensor([1 - spread * (classes - 1), *[spread] * (classes - 1)])).sum().item()
    return floor + LEARNED * ((math.log(classes) or (target.float().var().item() if isinstance(loss_fn, nn.MSELoss) else 0.0) or first) - floor)


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
    print(*overfit_one_batch(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
