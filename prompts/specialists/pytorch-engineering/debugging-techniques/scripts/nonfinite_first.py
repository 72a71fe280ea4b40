"""Says where the first NaN or Inf appears, in the inputs, the forward pass, the loss, the gradients or the weights, at which step and in which module.

Run `python nonfinite_first.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer), in the state shortly
before the trouble; without an optimizer nothing is updated. It does not tell why a module overflows, and what is finite for these steps may break later.
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
from itertools import chain, islice, repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
CLIMBS = 10.0  # times the median norm of the ten steps before: the climb that comes ahead of an explosion
SAYS = {
    "inputs": ("nan-in-inputs", "training-loop-architecture: inputs_and_labels.py, then mend or drop these samples"),
    "forward": ("nan-in-forward", "debugging-techniques: the inputs and weights of this module"),
    "loss": ("nan-in-forward", "loss-functions-and-objectives: each log, root, norm and division of the loss"),
    "gradients": ("nan-in-gradients-first", "loss-functions-and-objectives: a root, norm or power at zero; else gradient-management"),
    "weights": ("nan-in-weights-first", "learning-rate-scheduling: lr_range_test.py"),
}


@dataclass(frozen=True)
class Nonfinite:
    """The step (from 1), the place and the module or weight of the first NaN or Inf; empty where all stayed finite; the norm before it against its median."""

    step: int
    place: str
    where: str
    climb: float

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        if not self.place:
            return [f"not loss-is-nan: finite for {self.step} steps", "next: debugging-techniques: run it from a checkpoint nearer to the trouble"]
        symptom, then = SAYS[self.place]
        told = f"step {self.step}, {self.place} {self.where[-20:]}"
        norm = [f"{'gradient-norm-grows' if self.climb > CLIMBS else 'grad-norm-normal'}: {self.climb:.3g} x its median just before"] if self.step > 2 else []
        then = "gradient-management: the norm runs away first; gradient_norms.py" if self.climb > CLIMBS and self.place != "inputs" else then
        others = [f"not {other}: {told} came first" for other in sorted({other for other, _ in SAYS.values()} - {symptom})]
        return [f"{symptom}: {told}", *others, f"{'nan-at-first-step' if self.step == 1 else 'nan-after-a-while'}: {told}", *norm, f"next: {then}"]


def nonfinite_first(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, steps: int = 100) -> Nonfinite:
    """The first NaN or Inf of at most `steps` steps of training."""
    norms, step = list[float](), 0
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        for step, batch in enumerate(islice(chain.from_iterable(repeat(loader, steps)), steps), 1):
            place, where = _first(learner.train(), batch, objective, chosen, norms)
            before = norms[: step - 1] or [1.0]
            if place:
                return Nonfinite(step, place, where, max(before[-3:]) / (statistics.median(before[-13:-3] or before) or 1.0))
    return Nonfinite(step, "", "", 1.0)


def _first(model: nn.Module, batch: Any, loss_fn: LossFn, optimizer: Optimizer | None, norms: list[float]) -> tuple[str, str]:
    parts = batch if isinstance(batch, Mapping) else dict(enumerate(batch if isinstance(batch, tuple | list) else [batch]))
    if not _finite(list(parts.values())):
        return "inputs", f"part {next(key for key, part in parts.items() if not _finite(part))}"
    names, bad = {module: name or "the model" for name, module in model.named_modules()}, list[str]()

    def note(module: nn.Module, _: Any, output: Any) -> None:
        bad.extend([] if _finite(output) or module not in names else [names[module]])

    with nn.modules.module.register_module_forward_hook(note):
        loss, *_ = judged(model, loss_fn, batch)
    if bad or not _finite(loss):
        return ("forward", bad[0]) if bad else ("loss", str(loss.item()))
    model.zero_grad()
    loss.backward()
    norms.append(math.hypot(*(weight.grad.norm().item() for weight in model.parameters() if weight.grad is not None)))
    late = [name for name, weight in model.named_parameters() if not _finite(weight.grad)]
    _ = optimizer and not late and optimizer.step()
    wrong = [name for name, weight in model.named_parameters() if not _finite(weight)]
    return ("gradients", late[-1]) if late else ("weights", wrong[0]) if wrong else ("", "")


def _finite(part: Any) -> bool:
    return all(map(_finite, part)) if isinstance(part, tuple | list) else not isinstance(part, Tensor) or bool(part.isfinite().all())


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
    print(*nonfinite_first(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
