"""Says whether eval mode is quiet, how far it is from train mode on the same batches, and whether two runs with one seed agree to the bit.

Run `python modes_and_determinism.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer), trained a
little for the comparison of the modes. It does not tell whether your own evaluation calls `model.eval()`, nor about runs on several devices.
"""

import copy
import random
import statistics
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
APART, LEAST = 2.0, 0.05  # times the loss of train mode, and at least that much more: dropout makes eval mode the better one; both widths are ours
RESTLESS = 1e-4  # of the largest output: kernels that add in another order stay below
BATCHES, STEPS = 20, 5


@dataclass(frozen=True)
class Modes:
    """Whether the model came in train mode and what it holds; the loss in both modes; the spread of repeated outputs in eval mode; the first step that differs."""

    training: bool
    dropouts: int
    batchnorms: int
    train_loss: float
    eval_loss: float
    restless: float
    first_apart: tuple[int, float]

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        apart, restless = not self.eval_loss <= max(APART * self.train_loss, self.train_loss + LEAST), self.restless > RESTLESS
        modes = f"eval loss {self.eval_loss:.3g}, train mode {self.train_loss:.3g}"
        step, by = self.first_apart
        runs = f"losses {by:.2g} apart at step {step}" if step else f"{STEPS} steps equal to the bit"
        says = [
            *(f"{'' if count else 'not '}{name}: {count} layers" for name, count in (("uses-dropout", self.dropouts), ("uses-batchnorm", self.batchnorms))),
            f"{'' if apart else 'not '}train-eval-modes-differ: {modes}",
            f"{'' if restless else 'not '}eval-mode-ignored: the same batch twice, outputs {self.restless:.2g} apart",
            f"{'' if step else 'not '}results-not-reproducible: same seed, {runs}",
        ]
        then = "checkpointing-and-reproducibility: seed each source, then torch.use_deterministic_algorithms(True)" if step else "experiment-tracking: several seeds"
        if restless or apart:
            then = "debugging-techniques: who draws at random in eval mode" if restless else "module-design-patterns: the statistics of batch norm"
        return [f"# the model came in {'train' if self.training else 'eval'} mode", *says, f"next: {then}"]


def modes_and_determinism(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None) -> Modes:
    """The two modes on the same batches, eval mode twice, and two short runs with one seed."""
    with rehearsal(model, loss_fn, None, loader) as (learner, objective, _), torch.no_grad():
        batches = list(islice(loader, BATCHES))
        losses = [[judged(learner.train(mode), objective, batch)[0].item() for batch in batches] for mode in (False, True)]
        twice = [judged(learner.eval(), objective, batches[0])[1] for _ in range(2)]
    runs = [_run(model, loader, loss_fn, optimizer) for _ in range(2)]
    apart = [(step, abs(one - other)) for step, (one, other) in enumerate(zip(*runs, strict=True), 1) if one != other and one == one]
    names = " ".join(type(module).__name__ for module in model.modules())
    return Modes(
        training=model.training,
        dropouts=names.count("Drop"),
        batchnorms=names.count("BatchNorm"),
        train_loss=statistics.fmean(losses[1]),
        eval_loss=statistics.fmean(losses[0]),
        restless=((twice[0] - twice[1]).abs().max() / (twice[0].abs().max() + 1e-12)).item(),
        first_apart=apart[0] if apart else (0, 0.0),
    )


def _run(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None) -> list[float]:
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        numpy, own, losses = sys.modules.get("numpy"), getattr(loader, "generator", None), list[float]()
        _ = random.seed(0), torch.manual_seed(0), numpy and numpy.random.seed(0), own and own.manual_seed(0)
        chosen = chosen or torch.optim.SGD(learner.parameters(), lr=1e-2)
        for batch in islice(loader, STEPS):
            loss, *_ = judged(learner.train(), objective, batch)
            losses.append(loss.item())
            chosen.zero_grad()
            loss.backward()
            chosen.step()
    return losses


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
    print(*modes_and_determinism(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
