"""Says what really enters the model: ranges, NaN, constant inputs, shapes, labels and their counts, and shows three samples to look at.

Run `python inputs_and_labels.py my_module:build`, where `build()` returns (model, loader, loss_fn). The samples stand behind `#`, images as characters. It does
not tell whether a label fits its input: look, and hand on `inputs-checked: ...` or `labels-wrong: ...`. Run it on the validation loader too.
"""

import copy
import random
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
FAINT, FAR, SPREAD = 1e-3, 5.0, 100.0  # mean abs(x) where not zero, and columns apart; UMLAUT's abs(x) > 1 and SageMaker's mean > 0.2 flag sound images
UNEVEN, ENOUGH = 10.0, 500  # SageMaker ClassImbalance: ratio, and the samples after which it speaks
OWNERS = {"target-shape-differs": "tensor-operations-and-memory"} | dict.fromkeys(("labels-outside-range", "labels-all-ignored"), "loss-functions-and-objectives")


@dataclass(frozen=True)
class Entering:
    """What was found, by symptom: whether it is present, and what was measured; and the samples to look at."""

    found: dict[str, tuple[bool, str]]
    samples: tuple[str, ...]

    def lines(self) -> list[str]:
        """The samples behind #, what to hand to the router as observations, and the next step."""
        says = [f"{'' if present else 'not '}{symptom}: {told}" for symptom, (present, told) in self.found.items()]
        wrong = [symptom for symptom, (present, _) in self.found.items() if present] or ["the samples above, each with its label"]
        return [*(f"# {line}" for line in "\n".join(self.samples).splitlines()), *says, f"next: {OWNERS.get(wrong[0], 'training-loop-architecture')}: {wrong[0]}"]


@torch.no_grad()
def inputs_and_labels(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, batches: int = 50) -> Entering:
    """What the first batches hold, judged with the output of the model for the first of them."""
    with rehearsal(model, loss_fn, None, loader) as (learner, objective, _):
        kept = [parted(batch) for batch in islice(loader, batches)]
        inputs, targets = [next(iter(named.values())) for named, _ in kept], [target for _, target in kept]
        placed = {key: part.to(next(learner.parameters()).device) for key, part in kept[0][0].items()}
        output = learner.eval()(**placed) if not {"0"} & placed.keys() and len(placed) > 1 else learner.eval()(*placed.values())
        found = _of_labels(torch.cat([target.flatten() for target in targets]), getattr(output, "logits", output).cpu(), targets[0], objective)
    kinds = [target.unique().tolist() for target in targets if target.ndim == 1 and len(target) > 1 and not target.is_floating_point()]
    lone = [kind[0] for kind in kinds if len(kind) == 1]
    found |= {"shuffle-off": (len(lone) > len(kinds) / 2 and len(set(lone)) > 1, f"{len(lone)} of {len(kinds)} batches hold one class")} if kinds else {}
    samples = tuple(f"label {label.flatten()[:8].tolist()}\n{_shown(one)}" for one, label in zip(inputs[0][:3], targets[0][:3], strict=False))
    return Entering(_of_inputs(inputs) | found if inputs[0].is_floating_point() else found, samples)


def _of_inputs(batches: list[Tensor]) -> dict[str, tuple[bool, str]]:
    samples, broken = sum(map(len, batches)), sum(int((~batch.isfinite()).reshape(len(batch), -1).any(1).sum()) for batch in batches)
    sound = torch.cat([batch[batch.isfinite()] for batch in batches]).double()
    columns = torch.cat(batches).nan_to_num(0, 0, 0).std(0) if {batch.ndim for batch in batches} == {2} else torch.ones(1)
    size, spread = sound[sound != 0].abs().mean().nan_to_num(1.0).item(), (columns.max() / columns[columns > 0].min()).item() if columns.any() else 1.0
    same = all(batch.shape[1:] == batches[0].shape[1:] and bool((batch == batches[0][:1]).all()) for batch in batches)
    return {
        "nan-in-inputs": (broken > 0, f"{broken} of {samples} samples"),
        "inputs-unnormalized": (not FAINT <= size <= FAR or spread > SPREAD, f"{sound.min():.3g}..{sound.max():.3g}, mean {sound.mean():.2g}, columns apart {spread:.2g} x"),
        "inputs-constant": (same and samples > 1, f"{samples} samples, {'all equal' if same else 'not all equal'}"),
    }


def _of_labels(labels: Tensor, output: Tensor, target: Tensor, loss_fn: LossFn) -> dict[str, tuple[bool, str]]:
    if target.is_floating_point():
        differs, same = False, output.shape == target.shape or output.numel() != target.numel()
        with suppress(IndexError, RuntimeError):  # raised by a loss that squeezes by itself
            differs = not same and not torch.isclose(loss_fn(output, target), loss_fn(output.reshape(target.shape), target)).item()
        told = bool(labels.min() < 0 or labels.max() > 1), f"{labels.min():.3g} to {labels.max():.3g}, wanted 0 to 1"
        bounds = {"labels-outside-range": told} if isinstance(loss_fn, nn.BCELoss | nn.BCEWithLogitsLoss) else {}
        return {"target-shape-differs": (differs, f"output {tuple(output.shape)}, target {tuple(target.shape)}")} | bounds
    classes, valid = output.numel() // target.numel(), labels[labels != getattr(loss_fn, "ignore_index", -100)]
    found = {"labels-all-ignored": (not len(valid), f"{len(valid)} of {len(labels)} labels count")}
    if len(valid) and output.ndim == target.ndim + 1:
        outside, counts = bool(valid.min() < 0 or valid.max() >= classes), valid.clamp(0, classes - 1).bincount(minlength=classes)
        found["labels-outside-range"] = outside, f"{valid.min()} to {valid.max()} for {classes} outputs"
        if len(valid) >= max(ENOUGH, 10 * classes) and not outside:
            found["classes-imbalanced"] = bool(counts.max() > UNEVEN * counts.min()), f"{counts.max()} of the commonest, {counts.min()} of the rarest"
    return found


def _shown(sample: Tensor) -> str:
    if sample.ndim not in (2, 3) or min(sample.shape[-2:]) < 8:
        return " ".join(f"{number:.3g}" for number in sample.flatten()[:12].tolist())
    grey = nn.functional.adaptive_avg_pool2d(sample.float().reshape(-1, *sample.shape[-2:]).mean(0, keepdim=True), (12, 24))[0].nan_to_num()
    return "\n".join("".join(" .:-=+*#%@"[step] for step in row) for row in ((grey - grey.min()) / (grey.max() - grey.min() + 1e-9) * 9).int().tolist())


def parted(batch: Any) -> tuple[dict[str, Tensor], Tensor]:
    """The inputs by name and the target of a batch `(x, y)`, `{"x": x, "labels": y}`, or `x` alone, which is then its own target."""
    pairs = batch.items() if isinstance(batch, Mapping) else enumerate(batch if isinstance(batch, tuple | list) else (batch, batch))
    named = {str(key): part for key, part in pairs}
    target = named.pop(next((key for key in ("labels", "label", "targets", "target", "y") if key in named), str(len(named) - 1)))
    return named, target


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
    print(*inputs_and_labels(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
