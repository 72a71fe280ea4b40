"""Says for each weight whether a gradient arrives and whether an optimizer step moves it.

Run `python weights_move.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer). Three steps are
taken on one batch, since some weights wait for others (the first factor of LoRA); without an optimizer SGD at 1e-2 steps. It does not tell whether the
weights move far enough (gradient_norms.py) nor whether they move to something good (overfit_one_batch.py).
"""

import copy
import random
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
FAINT = 1e-6  # of the largest gradient: rounding alone, as for a bias before batch norm, which need not move
STEPS = 3  # TrainCheck finds silent losses of updates within one iteration; two more for weights that start behind a zero


@dataclass(frozen=True)
class Movement:
    """The names of the weights: those that may learn, are frozen, get no gradient, stay where they were, are not in the optimizer."""

    trainable: tuple[str, ...]
    frozen: tuple[str, ...]
    without_gradient: tuple[str, ...]
    unmoved: tuple[str, ...]
    outside: tuple[str, ...]

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        told, all_of = len(self.trainable), len(self.trainable) + len(self.frozen)
        if not told:
            return [f"no-trainable-parameters: 0 of {all_of}", f"weights-do-not-move: 0 of {all_of} require a gradient", f"next: {self.then()}"]
        gradient = f"not gradients-flow: {_some(self.without_gradient, told)}" if self.without_gradient else f"gradients-flow: to all {told} trainable tensors"
        unmoved = f"weights-do-not-move: {_some(self.unmoved, told)}" if self.unmoved else f"not weights-do-not-move: all {told} moved in {STEPS} steps"
        frozen = [f"frozen-backbone: {_some(self.frozen, all_of)}"] if self.frozen else []
        return [f"not no-trainable-parameters: {told} of {all_of} tensors", gradient, unmoved, *frozen, f"next: {self.then()}"]

    def then(self) -> str:
        """Who looks next, and at what."""
        if not self.trainable:
            return "module-design-patterns: find where requires_grad is switched off"
        if set(self.unmoved) & set(self.outside):
            return f"training-loop-architecture: build the optimizer from this model, it lacks {self.outside[0]}"
        if self.without_gradient:
            return f"training-loop-architecture: look for detach, no_grad, argmax or an unused branch behind {self.without_gradient[-1]}"
        return "gradient-management: gradient_norms.py, since each weight moves" if not self.unmoved else "learning-rate-scheduling: print the rate of each group"


def _some(names: tuple[str, ...], of: int) -> str:
    return f"{len(names)} of {of}, first {names[0][-30:]}"


def weights_move(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None) -> Movement:
    """Which weights get a gradient and move in three steps on the first batch."""
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        return _moved(learner.train(), next(iter(loader)), objective, chosen)


def _moved(model: nn.Module, batch: Any, loss_fn: LossFn, optimizer: Optimizer | None) -> Movement:
    weights = dict(model.named_parameters())
    trainable = {name: weight for name, weight in weights.items() if weight.requires_grad}
    before = {name: weight.detach().clone() for name, weight in trainable.items()}
    chosen = optimizer or torch.optim.SGD(model.parameters(), lr=1e-2)
    norms = dict.fromkeys(trainable, 0.0)
    for _ in range(STEPS):
        chosen.zero_grad()
        loss, *_ = judged(model, loss_fn, batch)
        if loss.requires_grad:
            loss.backward()
            norms |= {name: max(norms[name], weight.grad.norm().item()) for name, weight in trainable.items() if weight.grad is not None}
            chosen.step()
            model.zero_grad()
    held = {id(weight) for group in chosen.param_groups for weight in group["params"]}
    return Movement(
        trainable=tuple(trainable),
        frozen=tuple(name for name in weights if name not in trainable),
        without_gradient=tuple(name for name, norm in norms.items() if norm == 0),
        unmoved=tuple(name for name, weight in trainable.items() if torch.equal(before[name], weight) and not 0 < norms[name] < FAINT * max(norms.values())),
        outside=tuple(name for name, weight in trainable.items() if id(weight) not in held),
    )


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
    print(*weights_move(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
