"""Gives the recall of each class, how often each is predicted, and what always saying the commonest class would score.

Run `python per_class.py my_module:build`, where `build()` returns (model, loader, loss_fn) with a trained model; give the validation loader for a judgement
on new data. It does not tell why a class is missed: few samples, wrong labels and a wrong loss look alike here.
"""

import copy
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
MISSED = 0.3  # recall: SageMaker ClassImbalance flags mispredictions of a class above 0.7
UNEVEN = 10.0  # times between the commonest and the rarest class: SageMaker ClassImbalance
ONE = 0.99  # share of the predictions in one class
NEAR, MOST = 2.0, 0.9  # standard errors around the score of the commonest class, and the share of the predictions that say it


@dataclass(frozen=True)
class PerClass:
    """For each class the number of its samples, of those found, and of times it was predicted."""

    samples: tuple[int, ...]
    hits: tuple[int, ...]
    predicted: tuple[int, ...]

    def lines(self) -> list[str]:
        """The table behind #, what to hand to the router as observations, and the next step."""
        total, present = sum(self.samples), [name for name, count in enumerate(self.samples) if count]
        recall = {name: self.hits[name] / self.samples[name] for name in present}
        table = [f"# class {name}: {self.samples[name]} samples, recall {recall[name]:.3f}, predicted {self.predicted[name]} times" for name in present]
        common, rare = max(present, key=self.samples.__getitem__), min(present, key=self.samples.__getitem__)
        accuracy, majority = sum(self.hits) / total, self.samples[common] / total
        missed = [name for name in present if self.samples[name] < total / len(present) and recall[name] < MISSED]
        share, told = max(self.predicted) / total, f"accuracy {accuracy:.3f}, commonest class {majority:.3f}"
        uneven = self.samples[common] > UNEVEN * self.samples[rare]
        worst = min(recall, key=recall.__getitem__)
        of_majority = abs(accuracy - majority) <= NEAR * (majority * (1 - majority) / total) ** 0.5 and self.predicted[common] > MOST * total
        found = {
            "predicts-one-class": (share > ONE and len(present) > 1, f"{100 * share:.1f} % are class {self.predicted.index(max(self.predicted))}"),
            "loss-at-majority": (of_majority and len(present) > 1, told),
            "minority-recall-low": (bool(missed) and uneven, f"recall {recall[worst]:.2f} for class {worst}, {self.samples[worst]} of {total}"),
            "classes-imbalanced": (uneven, f"{self.samples[common]} of class {common}, {self.samples[rare]} of class {rare}"),
        }
        wrong = [name for name, (so, _) in found.items() if so]
        then = "loss-functions-and-objectives: the weight of the classes and the threshold" if uneven and wrong else "training-loop-architecture: overfit_one_batch.py"
        then = then if wrong else "overfitting-prevention: compare with the same table on the other split"
        return [*table, *(f"{'' if so else 'not '}{name}: {words}" for name, (so, words) in found.items()), f"next: {then}"]


@torch.no_grad()
def per_class(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, batches: int = 200) -> PerClass:
    """The counts over the first batches in eval mode; labels that the loss ignores are left out."""
    with rehearsal(model, loss_fn, None, loader) as (learner, _, _):
        pairs = [judged(learner.eval(), loss_fn, batch)[1:] for batch in islice(loader, batches)]
    (output, target), border = pairs[0], 0.5 if isinstance(loss_fn, nn.BCELoss) else 0.0
    one_score = output.numel() == target.numel()
    classes, place = max(2, output.numel() // target.numel()), 1 if output.shape[2:] == target.shape[1:] else -1
    said = torch.cat([(output > border if one_score else output.argmax(place)).flatten().long().cpu() for output, _ in pairs])
    right = torch.cat([target.flatten().long().cpu() for _, target in pairs])
    valid = (right >= 0) & (right < classes)
    counts = [part.bincount(minlength=classes).tolist() for part in (right[valid], right[valid & (said == right)], said[valid])]
    return PerClass(*(tuple(count) for count in counts))


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
    print(*per_class(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
