"""Gives the gradient norm before clipping and the size of the update against the weight, layer by layer, over some steps of training.

Run `python gradient_norms.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer); without an
optimizer SGD at 1e-2 steps. Give it a model in the state in which the trouble shows. It does not tell why a norm is off (depth, init, rate or the scale
of the loss all do it), and a loss that is a sum over the batch has a large norm by right.
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
HUGE = 1000.0  # the library's own border for an enormous norm; 100 (Axolotl) is met by sound runs with a summed loss
GROWS = 10.0  # times the first norms, ahead of a NaN: BigScience 176B, norm 0.24 to 145 while the loss stayed
FADES, FAINT = 1e-3, 1e-4  # first against last layer, and the first layer itself: AutoTrainer
SMALL, LARGE = 1e-5, 1e-1  # update against weight: CS231n wants 1e-3, Goodfellow 1e-2, DeepDiagnosis flags outside 1e-5 to 1e-1


@dataclass(frozen=True)
class Norms:
    """The norm of the whole gradient at each step; for each weight matrix, first layer first, its median norm and its median update against its own size."""

    whole: tuple[float, ...]
    layers: dict[str, tuple[float, float]]

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step; before them, marked by #, the table."""
        table = [f"# {name}: norm {norm:.3g}, update/weight {ratio:.1e}" for name, (norm, ratio) in self.layers.items()]
        few, top = max(1, len(self.whole) // 6), max(self.whole, key=lambda norm: (not math.isfinite(norm), norm))
        early, late = statistics.median(self.whole[:few]), statistics.median(self.whole[-few:])
        told = f"norm {early:.3g} -> {late:.3g}, highest {top:.3g}"
        if not math.isfinite(early):
            return [f"gradients-explode: {told}, from the first step", "next: debugging-techniques: nonfinite_first.py"]
        norms, ratios = zip(*self.layers.values(), strict=True) if self.layers else ((0.0,), (0.0,))
        first, last, ratio = norms[0], norms[-1], statistics.median(ratios)
        grows, huge, fades = not late <= GROWS * early, not top <= HUGE, first < FAINT and first < FADES * last
        small, large = ratio < SMALL and not fades, ratio > LARGE
        rates = {"learning-rate-is-low": small, "learning-rate-is-high": large}
        says = [
            f"{'' if huge else 'not '}gradients-explode: {told}",
            f"{'' if grows else 'not '}gradient-norm-grows: {told}",
            f"{'' if fades else 'not '}gradients-vanish: first layer {first:.2g}, last layer {last:.2g}",
            f"{'not ' if huge or grows or fades else ''}grad-norm-normal: {told}",
            *(f"{'' if so else 'not '}{name}: update/weight {ratio:.1e}, usual 1e-4 to 1e-2" for name, so in rates.items()),
        ]
        then = "gradient-management: the depth, activations and init of the first layers" if fades else "learning-rate-scheduling: lr_range_test.py"
        return [*table, *says, f"next: {then if fades or grows or small or large else 'loss-functions-and-objectives: loss_at_init.py'}"]


def gradient_norms(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, steps: int = 30) -> Norms:
    """The norms over `steps` steps, fewer if the loss stops being finite."""
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        return _norms(learner.train(), chain.from_iterable(repeat(loader, steps)), objective, chosen, steps)


def _norms(model: nn.Module, batches: Any, loss_fn: LossFn, optimizer: Optimizer | None, steps: int) -> Norms:
    chosen = optimizer or torch.optim.SGD(model.parameters(), lr=1e-2)
    matrices = {name: weight for name, weight in model.named_parameters() if weight.requires_grad and weight.ndim > 1}
    whole: list[float] = []
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in matrices}
    for batch in islice(batches, steps):
        chosen.zero_grad()
        judged(model, loss_fn, batch)[0].backward()
        gradients = {name: weight.grad.norm().item() for name, weight in matrices.items() if weight.grad is not None}
        whole.append(math.hypot(*(weight.grad.norm().item() for weight in model.parameters() if weight.grad is not None)))
        before = {name: matrices[name].detach().clone() for name in gradients}
        chosen.step()
        for name, norm in gradients.items():
            seen[name].append((norm, ((matrices[name] - before[name]).norm() / (before[name].norm() + 1e-12)).item()))
        if not math.isfinite(whole[-1]):
            break
    middle = {name: tuple(statistics.median(column) for column in zip(*rows, strict=True)) for name, rows in seen.items() if rows}
    return Norms(tuple(whole), {name: (norm, ratio) for name, (norm, ratio) in middle.items()})


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
    print(*gradient_norms(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
