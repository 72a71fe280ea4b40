"""Sound training runs and runs with a planted fault, and the probes that look at them."""

import sys
import time
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.consultation import consult
from training_router.server.diagnosis.findings import OBSERVED
from training_router.taxonomy.entries import Library

torch = pytest.importorskip("torch", reason="the probes need the extra 'skills'; run make test-skills")
nn, F, data = torch.nn, torch.nn.functional, torch.utils.data

SPECIALISTS = Path(__file__).parent.parent / "prompts" / "specialists"
SCRIPTS = {path.stem: path for path in sorted(SPECIALISTS.glob("*/*/scripts/*.py"))}
CLASSES, FEATURES, BATCH, SAMPLES = 4, 8, 32, 640
LONGEST_QUOTE = 60


def module_of(name: str) -> Any:
    """A script, imported from its one file as a person would who copied it."""
    spec = spec_from_file_location(name, SCRIPTS[name])
    assert spec and spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def probe(name: str) -> Callable[..., Any]:
    return getattr(module_of(name), name)


def observed(lines: list[str], library: Library) -> dict[str, str]:
    """What the router takes from the lines of a probe, those behind # and the next step left out."""
    observations = [line for line in lines if not line.startswith(("#", "next: "))]
    consultation = consult("It does not train well.", {}, observations, Case(), library)
    assert consultation.unread == []
    assert [line for line in observations if len(line.partition(": ")[2]) > LONGEST_QUOTE] == []
    heads = [line.partition(":")[0].removeprefix("not ") for line in observations]
    assert len(set(heads)) == len(heads), "one symptom is said twice"
    assert all(consultation.case.findings[head][1] == OBSERVED for head in heads)
    return {head: consultation.case.findings[head][0] for head in heads}


# A sound run, and the parts of it in which faults are planted.


class Applied(nn.Module):
    """A function of a tensor as a module."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


class Keeping(nn.Module):
    """Keeps what passes through with its history."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def forward(self, x: Any) -> Any:
        self.seen.append(x * 1.0)
        return x


class Made(data.Dataset):
    """A data set whose inputs go through a function when they are asked for."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.inputs, self.labels = table()
        self.function = function

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, place: int) -> tuple[Any, Any]:
        return self.function(self.inputs[place]), self.labels[place]


def slowly(x: Any) -> Any:
    time.sleep(2e-4)
    return x


def table(samples: int = SAMPLES) -> tuple[Any, Any]:
    """Standardised features, and the class that a random linear map gives them."""
    inputs = torch.randn(samples, FEATURES)
    return inputs, (inputs @ torch.randn(FEATURES, CLASSES)).argmax(1)


def numbers(scale: float = 1.0, *, column: bool = True) -> Any:
    """A loader for a regression; the targets as a column, or flat."""
    inputs = torch.randn(SAMPLES, FEATURES)
    return batches(inputs, scale * (inputs @ torch.randn(FEATURES, 1 if column else 2))[:, : 1 if column else 2].sum(1, keepdim=column))


def batches(inputs: Any, labels: Any, *, shuffle: bool = True) -> Any:
    return data.DataLoader(data.TensorDataset(inputs, labels), batch_size=BATCH, shuffle=shuffle, generator=torch.Generator().manual_seed(0))


def net(before: Any = None, after: Any = None, outputs: int = CLASSES, width: int = 32) -> Any:
    layers = [before, nn.Linear(FEATURES, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, outputs), after]
    return nn.Sequential(*[layer for layer in layers if layer is not None])


def plain(outputs: int = CLASSES) -> Any:
    return nn.Sequential(nn.Linear(FEATURES, 32), nn.ReLU(), nn.Linear(32, outputs))


def deep_sigmoids() -> Any:
    return nn.Sequential(nn.Linear(FEATURES, 32), *[layer for _ in range(6) for layer in (nn.Sigmoid(), nn.Linear(32, 32))], nn.Sigmoid(), nn.Linear(32, CLASSES))


def frozen(model: Any, tensors: int) -> Any:
    for weight in list(model.parameters())[:tensors]:
        weight.requires_grad_(False)
    return model


def with_last(change: Callable[[Any], Any], model: Any) -> Any:
    """The model with its last layer changed in place."""
    with torch.no_grad():
        change(model[-1])
    return model


def with_momentum(momentum: float, model: Any) -> Any:
    model[1].momentum = momentum
    return model


def adam(rate: float) -> Callable[[Any], Any]:
    return lambda model: torch.optim.AdamW(model.parameters(), lr=rate)


def sgd(rate: float) -> Callable[[Any], Any]:
    return lambda model: torch.optim.SGD(model.parameters(), lr=rate)


def run(model: Any = None, loader: Any = None, loss_fn: Any = None, optimizer: Callable[[Any], Any] = adam(1e-2), steps: int = 0) -> tuple[Any, Any, Any, Any]:  # noqa: B008
    """A run that is sound but for the parts given, after some steps of training."""
    model, loader, loss_fn = model or net(), loader or batches(*table()), loss_fn or nn.CrossEntropyLoss()
    chosen = optimizer(model)
    for _ in range(steps):
        inputs, target = next(iter(loader))
        chosen.zero_grad()
        loss_fn(model(inputs), target).backward()
        chosen.step()
    return model, loader, loss_fn, chosen


def images(scale: float) -> Any:
    labels = torch.randint(0, CLASSES, (SAMPLES,))
    return batches(scale * (torch.rand(CLASSES, 3, 8, 8)[labels] + 0.3 * torch.randn(SAMPLES, 3, 8, 8)).clamp(0, 1), labels)


def conv() -> Any:
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, CLASSES))


def with_one_nan() -> Any:
    inputs, labels = table()
    inputs[300, 2] = torch.nan
    return batches(inputs, labels)


def in_order() -> Any:
    inputs, labels = table()
    return batches(inputs[labels.argsort()], labels.sort().values, shuffle=False)


def far_off() -> Any:
    inputs, labels = table()
    return batches(3 * inputs + 2, labels)


def rare(share: float, *, learnable: bool) -> Any:
    """Two classes, the second of them rare."""
    inputs = torch.randn(2000, FEATURES)
    score = inputs[:, 0] if learnable else torch.randn(2000)
    return batches(inputs, (score > score.quantile(1 - share)).long())


def tokens() -> Any:
    inputs = torch.randint(0, 50, (SAMPLES, 12))
    return batches(inputs, (inputs + 1) % 50)


def language_model() -> Any:
    return nn.Sequential(nn.Embedding(50, 32), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 50))


def token_loss(output: Any, target: Any) -> Any:
    return F.cross_entropy(output.flatten(0, 1), target.flatten())


def flipped(output: Any, target: Any) -> Any:
    return -F.cross_entropy(output, target)


def zeroed(output: Any, target: Any) -> Any:
    return 0.0 * F.cross_entropy(output, target)


def of_a_log(output: Any, target: Any) -> Any:
    return F.nll_loss(output.relu().log(), target)


def with_a_root(output: Any, target: Any) -> Any:
    return F.cross_entropy(output, target) + (output - output).pow(2).sum().sqrt()
