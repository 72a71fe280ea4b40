"""Counts the validation samples that also stand in the training set, exactly or nearly, beside how often training samples meet each other.

Run `python duplicates_between_splits.py my_module:build my_module:build_validation`; both return (model, loader, loss_fn), the second with the loader of the
validation data, both without augmentation. It does not see samples of one source that look different (frames of a film, visits of a patient), crops, flips
or paraphrases: only a split by source rules those out.
"""

import sys
from collections.abc import Mapping
from ctypes import string_at
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor

BITS, NEAR = 256, 14  # signs of random projections; the share that differs is the angle over pi, so 14 mean a cosine of about 0.985
TWINS = 3.0  # times the share of training samples that meet another training sample: where values are few, some meet by chance
SEVERAL = 0.01  # of the validation samples: a lone near match is chance


@dataclass(frozen=True)
class Duplicates:
    """How many validation samples stand in training exactly and nearly, the shares of training samples with such a twin in training, and an example."""

    validation: int
    exact: int
    near: int
    exact_twins: float
    near_twins: float
    example: tuple[int, int]

    def lines(self) -> list[str]:
        """What to hand to the router as observations, and the next step."""
        exact, near = self.exact / self.validation, self.near / self.validation
        leaks = exact > TWINS * self.exact_twins or (near > SEVERAL and near > TWINS * self.near_twins)
        told = f"{self.exact} exact, {self.near} near of {self.validation}; in train {100 * self.near_twins:.1f} %"
        pair = f"# for example: validation sample {self.example[0]} is training sample {self.example[1]}" if self.exact or self.near else "# no pair found"
        then = "split again by source, then train again" if leaks else "is the split by source, subject or time? hashes do not see that"
        return [pair, f"{'' if leaks else 'not '}split-leaks: {told}", f"next: overfitting-prevention: {then}"]


def duplicates_between_splits(train: Any, validation: Any, *, samples: int = 20000) -> Duplicates:
    """How many of the first samples of the validation loader stand in the first ones of the training loader."""
    with torch.random.fork_rng():
        learned, held = (list(islice(chain.from_iterable(map(_inputs, loader)), samples)) for loader in (train, validation))
        known = {_digest(sample): place for place, sample in reversed(list(enumerate(learned)))}
        exact = {place: known[_digest(sample)] for place, sample in enumerate(held) if _digest(sample) in known}
        near, near_twins = dict[int, int](), 0.0
        if learned[0].is_floating_point() and len({sample.shape for sample in (*learned, *held)}) == 1:
            signs, others = _signs(learned, learned), _signs(held, learned)
            near = {place: twin for place, twin in enumerate(_nearest(others, signs, own=False)) if twin >= 0}
            near_twins = sum(twin >= 0 for twin in _nearest(signs[:2000], signs, own=True)) / len(signs[:2000])
    return Duplicates(len(held), len(exact), len(near.keys() - exact.keys()), 1 - len(known) / len(learned), near_twins, next(iter((exact | near).items()), (0, 0)))


def _inputs(batch: Any) -> Tensor:
    """The first input of a batch `(x, y)`, `{"x": x, "labels": y}` or `x`."""
    first = next(value for key, value in batch.items() if key not in ("labels", "label", "targets", "target", "y")) if isinstance(batch, Mapping) else batch
    return first[0] if isinstance(first, tuple | list) else first


def _digest(sample: Tensor) -> bytes:
    whole = sample.detach().cpu().contiguous()
    return sha256(string_at(whole.data_ptr(), whole.nbytes) + str((whole.dtype, whole.shape)).encode()).digest()


def _signs(samples: list[Tensor], reference: list[Tensor]) -> Tensor:
    """The signs of random projections of the samples, scaled by the reference, as +1 and -1."""
    rows, known = torch.stack(samples).flatten(1).float(), torch.stack(reference).flatten(1).float()
    middle, spread = known.mean(0), known.std(0)
    scaled = (rows - middle) / torch.where(spread > 1e-6 * spread.max(), spread, torch.inf)
    return torch.sign(scaled @ torch.randn(rows.shape[1], BITS, generator=torch.Generator().manual_seed(0)))


def _nearest(samples: Tensor, others: Tensor, *, own: bool) -> list[int]:
    """For each sample the place of its nearest among the others, or -1 where none is near; `own` leaves out the sample itself."""
    found: list[int] = []
    for start in range(0, len(samples), 1000):
        apart = (BITS - samples[start : start + 1000] @ others.T) / 2
        if own:
            apart[range(len(apart)), range(start, start + len(apart))] = BITS
        lowest, place = apart.min(1)
        found += torch.where(lowest <= NEAR, place, -1).tolist()
    return found


if __name__ == "__main__":
    sys.path.insert(0, "")
    places = [place.partition(":") for place in sys.argv[1:]] if len(sys.argv) == 3 else sys.exit(__doc__)
    loaders = [getattr(import_module(module), name or "build")()[1] for module, _, name in places]
    print(*duplicates_between_splits(*loaders).lines(), sep="\n")
