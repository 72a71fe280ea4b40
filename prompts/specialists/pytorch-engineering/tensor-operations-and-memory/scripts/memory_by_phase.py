"""Says how the memory of a training step divides into weights, gradients, optimizer state and activations, and whether anything is held after it.

Run `python memory_by_phase.py my_module:build`, where `build()` returns (model, loader, loss_fn) or (model, loader, loss_fn, optimizer). Activations are the
tensors that the graph keeps for the backward pass. Against the memory of the GPU, or `limit` bytes, it says whether a batch of one would fit. It does not
see buffers inside kernels, the CUDA context (about 0.5 to 2 GB) or fragmentation; on CUDA the allocator's peak stands beside.
"""

import copy
import gc
import random
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, islice, pairwise, repeat
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LossFn = Callable[[Any, Any], Tensor]
GROWS = 0.01  # of the activations, held more after each step: a step that keeps its history holds far more, a counter far less


@dataclass(frozen=True)
class Memory:
    """Bytes by phase; `peak` as the allocator saw it (0 on CPU), `held` what each step leaves behind, `limit` what there is (0 if unknown)."""

    weights: int
    gradients: int
    state: int
    activations: int
    peak: int
    held: int
    samples: int
    limit: int

    def lines(self) -> list[str]:
        """The table behind #, what to hand to the router as observations, and the next step."""
        fixed, grows = self.weights + self.gradients + self.state, self.held > GROWS * self.activations
        parts = {name: getattr(self, name) for name in ("weights", "gradients", "state", "activations", "peak")}
        single = fixed + self.activations // self.samples
        needs = f"{single / 2**20:.4g} MiB at batch 1, {self.limit / 2**20:.4g} there"
        fits = single <= self.limit
        says = [f"{'' if grows else 'not '}oom-grows-over-steps: each step holds {self.held / 2**20:.3g} MiB more"]
        if self.limit:
            says += [f"{'' if fits else 'not '}fits-at-batch-one: {needs}", f"{'not ' if fits else ''}does-not-fit-at-batch-one: {needs}"]
        then = "tensor-operations-and-memory: find what keeps tensors with their history" if grows else "batch-size-and-memory-tradeoffs: "
        if not grows:
            then += "a smaller batch or checkpointing" if self.activations > fixed else "the optimizer, precision or sharding, since the batch is the smaller part"
        return [*(f"# {name}: {size / 2**20:.4g} MiB" for name, size in parts.items() if size), *says, f"next: {then}"]


def memory_by_phase(model: nn.Module, loader: Any, loss_fn: LossFn, optimizer: Optimizer | None = None, *, limit: int = 0, steps: int = 6) -> Memory:
    """The bytes of each phase of a step, and what each of `steps` steps leaves behind."""
    device, after, kept, samples = next(model.parameters()).device, list[int](), dict[int, int](), 1
    cuda = device.type == "cuda"
    with rehearsal(model, loss_fn, optimizer, loader) as (learner, objective, chosen):
        chosen = chosen or torch.optim.Adam(learner.parameters())
        for batch in islice(chain.from_iterable(repeat(loader, steps)), steps):
            kept.clear()
            with torch.autograd.graph.saved_tensors_hooks(lambda tensor: (kept.update(_storage(tensor)), tensor)[1], lambda tensor: tensor):
                loss, _, target = judged(learner.train(), objective, batch)
            chosen.zero_grad()
            loss.backward()
            chosen.step()
            samples = len(target)
            del loss, target, _
            after.append(torch.cuda.memory_allocated(device) if cuda else _alive())
        own = (*learner.parameters(), *learner.buffers())
        gradients = sum(weight.grad.nbytes for weight in own if weight.grad is not None)
        state = sum(part.nbytes for one in chosen.state.values() for part in one.values() if isinstance(part, Tensor))
        places = {tensor.untyped_storage().data_ptr() for tensor in own}
        activations = sum(size for place, size in kept.items() if place not in places)
    peak, there = (torch.cuda.max_memory_allocated(device), torch.cuda.mem_get_info(device)[1]) if cuda else (0, 0)
    held = min((later - sooner for sooner, later in pairwise(after[2:])), default=0)
    return Memory(sum(one.nbytes for one in own), gradients, state, activations, peak, held, max(samples, 1), limit or there)


def _storage(tensor: Tensor) -> dict[int, int]:
    return {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()}


def _alive() -> int:
    """The bytes of all tensors that Python can still reach."""
    gc.collect()
    found = [_storage(thing) for thing in gc.get_objects() if type(thing) in (Tensor, nn.Parameter)]  # others trace and hold nothing
    return sum({place: size for one in found for place, size in one.items()}.values())


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
    print(*memory_by_phase(*getattr(import_module(module), name or "build")()).lines(), sep="\n")
