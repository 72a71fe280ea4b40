"""Compares the first loss, before any step, with what a guess costs, and says whether probabilities go into a loss that wants logits.

Run `python loss_at_init.py my_module:build`, where `build()` returns (model, loader, loss_fn) with the weights as they are before training. For classes
the guess is ln C, or the entropy of the labels where the bias was set to it; for numbers it is the mean of the targets. It does not tell anything
about a model that has been trained before, nor whether the loss would fall.
"""

import copy
import math
import random
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
OFF = 0.25  # of ln C, before any update: Karpathy, CS231n and Hugging Face compare with ln C, the width is ours
TIMES = 2.0  # the loss of the mean, for numbers: the outputs of sound fresh layers add to it, by 1.26 at most in our runs


@dataclass(frozen=True)
class FirstLoss:
    """The first loss beside what a guess costs, evenly (`even`) and by the shares of the labels (`shares`); `classes` is 0 for numbers."""

    loss: float
    even: float
    shares: float
    classes: int
    batch: int
    softmax: bool | None

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        guess = f"ln {self.classes} = {self.even:.3g}" if self.classes else f"{self.even:.3g} for the mean"
        told = f"{self.loss:.4g} against {guess}"
        near = any(abs(self.loss - cost) <= OFF * cost for cost in (self.even, self.shares)) if self.classes else self.loss <= TIMES * self.even
        softmax = [] if self.softmax is None else [f"{'' if self.softmax else 'not '}softmax-before-loss: outputs {'sum to 1' if self.softmax else 'are logits'}"]
        if not math.isfinite(self.loss):
            return [f"nan-at-first-step: {told}", *softmax, "next: debugging-techniques: nonfinite_first.py"]
        summed = self.batch > 1 and abs(self.loss / self.batch - self.even) < OFF * self.even
        wrong = "it is a sum over the batch" if summed else "the pair of output and loss" if self.softmax else "inputs_and_labels.py, then the last layer"
        then = f"loss-functions-and-objectives: {wrong}" if self.softmax or not near else "training-loop-architecture: overfit_one_batch.py"
        says = [f"{'not ' if near else ''}initial-loss-wrong: {told}"]
        if not near and 0 < self.loss < self.even:  # fresh weights cannot know: a trained model says nothing here
            says, then = [f"# {told}: trained before"], "training-loop-architecture: build the model afresh, without its checkpoint"
        zero = "" if self.loss == 0 else "not "
        return [f"not nan-at-first-step: {told}", f"{zero}loss-is-zero: {told}", *says, *softmax, f"next: {then}"]


@torch.no_grad()
def loss_at_init(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, batches: int = 8) -> FirstLoss:
    """The mean loss of the first batches without a step, in train mode with dropout off, beside the cost of a guess."""
    with rehearsal(model, loss_fn, None, loader) as (learner, objective, _):
        for module in learner.train().modules():
            module.train("Drop" not in type(module).__name__)
        seen = [judged(learner, objective, batch) for batch in islice(loader, batches)]
        loss = sum(loss.item() for loss, *_ in seen) / len(seen)
        _, output, target = seen[0]
        classes = 0 if target.is_floating_point() or output.ndim != target.ndim + 1 else output.numel() // target.numel()
        if not classes:
            means = [(target.mean(0, keepdim=True).expand_as(target), target) for _, output, target in seen if output.numel() == target.numel()]
            costs = [objective(mean.reshape(output.shape), target.reshape(output.shape)).item() for mean, target in means if mean.numel() == output.numel()]
            return FirstLoss(loss, sum(costs) / max(1, len(costs)), 0.0, 0, len(target), None)
        labels = torch.cat([target.flatten() for _, _, target in seen])
        share = torch.bincount(labels[(labels >= 0) & (labels < classes)], minlength=classes).double()
        shares = torch.special.entr(share / share.sum()).sum().item()
        return FirstLoss(loss, math.log(classes), shares, classes, target.numel(), _is_softmax(seen, classes))


def _is_softmax(seen: list[tuple[Tensor, Tensor, Tensor]], classes: int) -> bool:
    """Whether the outputs are probabilities and the loss takes a softmax of them again."""
    loss, output, target = seen[0]
    place = 1 if output.shape[1] == classes else -1
    if output.min() < 0 or not torch.allclose(output.sum(place), torch.ones(()).to(output), atol=1e-3):
        return False
    return abs(nn.functional.nll_loss(output.clamp_min(1e-12).log().movedim(place, 1), target).item() - loss.item()) > 1e-6 * abs(loss.item())


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
    print(*loss_at_init(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
