"""Each probe tells a planted fault from a sound run, says it in words that the router takes, and leaves all as it was."""

import ast
import copy
import random
import runpy
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from training_router.server.diagnosis.case import Case
from training_router.server.diagnosis.consultation import consult
from training_router.server.diagnosis.findings import ABSENT, OBSERVED, PRESENT
from training_router.taxonomy.entries import Library

torch = pytest.importorskip("torch", reason="the probes need the extra 'skills'; run make test-skills")
nn, F, data = torch.nn, torch.nn.functional, torch.utils.data

SPECIALISTS = Path(__file__).parent.parent.parent / "prompts" / "specialists"
SCRIPTS = {path.stem: path for path in sorted(SPECIALISTS.glob("*/*/scripts/*.py"))}
CLASSES, FEATURES, BATCH, SAMPLES = 4, 8, 32, 640
LONGEST_QUOTE = 60


@pytest.fixture(autouse=True)
def one_thread_and_one_seed() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def module_of(name: str) -> Any:
    """A script, imported from its one file as a person would who copied it."""
    spec = spec_from_file_location(name, SCRIPTS[name])
    assert spec and spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def probe(name: str) -> Callable[..., Any]:
    return getattr(module_of(name), name)


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


# Probe, name of the case, the run, and the symptoms that must come out: present, then absent.

CASES: list[tuple[str, str, Callable[[], tuple[Any, ...]], str, str]] = [
    ("overfit_one_batch", "sound", run, "overfits-one-batch", "cannot-overfit-one-batch"),
    ("overfit_one_batch", "sound with label smoothing", lambda: run(loss_fn=nn.CrossEntropyLoss(label_smoothing=0.1)), "overfits-one-batch", "cannot-overfit-one-batch"),
    ("overfit_one_batch", "sound regression", lambda: run(net(outputs=1), numbers(), nn.MSELoss()), "overfits-one-batch", "cannot-overfit-one-batch"),
    ("overfit_one_batch", "softmax before the loss", lambda: run(net(after=nn.Softmax(1))), "cannot-overfit-one-batch", "overfits-one-batch"),
    ("overfit_one_batch", "graph cut", lambda: run(net(after=Applied(torch.detach))), "cannot-overfit-one-batch", "overfits-one-batch"),
    ("overfit_one_batch", "tiny rate", lambda: run(optimizer=adam(1e-6)), "overfits-one-batch learning-rate-is-low", "cannot-overfit-one-batch"),
    ("overfit_one_batch", "huge rate", lambda: run(plain(1), numbers(), nn.MSELoss(), sgd(1.0)), "cannot-overfit-one-batch loss-diverges", "overfits-one-batch"),
    ("overfit_one_batch", "sign flipped", lambda: run(loss_fn=flipped), "loss-is-negative", ""),
    ("weights_move", "sound", run, "gradients-flow", "weights-do-not-move no-trainable-parameters"),
    ("weights_move", "sound with a bias that batch norm takes out", lambda: run(optimizer=sgd(1e-2)), "gradients-flow", "weights-do-not-move"),
    ("weights_move", "optimizer of another model", lambda: run(optimizer=lambda _: adam(1e-2)(net())), "gradients-flow weights-do-not-move", "no-trainable-parameters"),
    ("weights_move", "graph cut", lambda: run(net(after=Applied(torch.detach))), "weights-do-not-move", "gradients-flow"),
    ("weights_move", "graph cut inside", lambda: run(net(before=nn.Sequential(nn.Linear(8, 8), Applied(torch.detach)))), "weights-do-not-move", "gradients-flow"),
    ("weights_move", "backbone frozen", lambda: run(frozen(net(), 4)), "frozen-backbone gradients-flow", "weights-do-not-move no-trainable-parameters"),
    ("weights_move", "all frozen", lambda: run(frozen(net(), 6)), "no-trainable-parameters weights-do-not-move", ""),
    ("gradient_norms", "sound", run, "grad-norm-normal", "gradients-explode gradients-vanish gradient-norm-grows learning-rate-is-low learning-rate-is-high"),
    ("gradient_norms", "sound with a summed loss", lambda: run(loss_fn=nn.CrossEntropyLoss(reduction="sum")), "grad-norm-normal", "gradients-explode"),
    ("gradient_norms", "deep sigmoids", lambda: run(deep_sigmoids()), "gradients-vanish", "gradients-explode grad-norm-normal"),
    (
        "gradient_norms",
        "targets in thousands",
        lambda: run(plain(1), numbers(1e3), nn.MSELoss(), sgd(1e-2)),
        "gradients-explode gradient-norm-grows",
        "grad-norm-normal gradients-vanish",
    ),
    ("gradient_norms", "tiny rate", lambda: run(optimizer=adam(1e-8)), "learning-rate-is-low grad-norm-normal", "learning-rate-is-high"),
    ("gradient_norms", "huge rate", lambda: run(plain(), optimizer=sgd(30.0)), "learning-rate-is-high", "learning-rate-is-low"),
    ("loss_at_init", "sound", run, "", "initial-loss-wrong softmax-before-loss nan-at-first-step"),
    ("loss_at_init", "sound regression", lambda: run(net(outputs=1), numbers(), nn.MSELoss()), "", "initial-loss-wrong"),
    ("loss_at_init", "last layer too large", lambda: run(with_last(lambda layer: layer.weight.mul_(10), net())), "initial-loss-wrong", "softmax-before-loss"),
    ("loss_at_init", "sum in place of mean", lambda: run(loss_fn=nn.CrossEntropyLoss(reduction="sum")), "initial-loss-wrong", ""),
    ("loss_at_init", "targets far from zero", lambda: run(plain(1), batches(torch.randn(SAMPLES, FEATURES), 50 + torch.randn(SAMPLES, 1)), nn.MSELoss()), "initial-loss-wrong", ""),
    ("loss_at_init", "softmax before the loss", lambda: run(net(after=nn.Softmax(1))), "softmax-before-loss", "initial-loss-wrong"),
    ("loss_at_init", "trained before", lambda: run(steps=200), "", "loss-is-zero softmax-before-loss"),
    ("loss_at_init", "a term that is zero", lambda: run(loss_fn=zeroed), "loss-is-zero", "nan-at-first-step"),
    ("loss_at_init", "logarithm of negatives", lambda: run(net(after=Applied(torch.log))), "nan-at-first-step", ""),
    ("inputs_and_labels", "sound", run, "", "nan-in-inputs inputs-unnormalized inputs-constant labels-outside-range labels-all-ignored classes-imbalanced shuffle-off"),
    ("inputs_and_labels", "sound images from 0 to 1", lambda: run(conv(), images(1.0)), "", "inputs-unnormalized"),
    ("inputs_and_labels", "sound regression", lambda: run(net(outputs=1), numbers(), nn.MSELoss()), "", "target-shape-differs"),
    ("inputs_and_labels", "one NaN", lambda: run(loader=with_one_nan()), "nan-in-inputs", "inputs-unnormalized"),
    ("inputs_and_labels", "images from 0 to 255", lambda: run(conv(), images(255.0)), "inputs-unnormalized", "nan-in-inputs"),
    ("inputs_and_labels", "labels from one", lambda: run(loader=batches(table()[0], table()[1] + 1)), "labels-outside-range", "labels-all-ignored"),
    ("inputs_and_labels", "all labels masked", lambda: run(loader=batches(table()[0], torch.full((SAMPLES,), -100))), "labels-all-ignored", ""),
    ("inputs_and_labels", "flat targets", lambda: run(net(outputs=1), numbers(column=False), nn.MSELoss()), "target-shape-differs", "inputs-unnormalized"),
    ("inputs_and_labels", "sorted", lambda: run(loader=in_order()), "shuffle-off", "classes-imbalanced"),
    ("inputs_and_labels", "black images", lambda: run(loader=batches(torch.zeros(SAMPLES, FEATURES), table()[1])), "inputs-constant", "nan-in-inputs"),
    ("inputs_and_labels", "one class rare", lambda: run(net(outputs=2), rare(0.03, learnable=True)), "classes-imbalanced", "shuffle-off"),
    ("lr_range_test", "sound", run, "", "learning-rate-is-high learning-rate-is-low loss-flat-from-start"),
    ("lr_range_test", "rate beyond the break", lambda: run(optimizer=adam(3.0)), "learning-rate-is-high", "learning-rate-is-low"),
    ("lr_range_test", "tiny rate", lambda: run(optimizer=adam(1e-7)), "learning-rate-is-low", "learning-rate-is-high"),
    ("lr_range_test", "graph cut", lambda: run(net(after=Applied(torch.detach))), "loss-flat-from-start lower-rate-does-not-help", ""),
    ("nonfinite_first", "sound", run, "", "loss-is-nan"),
    ("nonfinite_first", "one NaN", lambda: run(loader=with_one_nan()), "nan-in-inputs nan-after-a-while", "nan-in-forward nan-in-gradients-first nan-in-weights-first"),
    ("nonfinite_first", "logarithm inside", lambda: run(net(before=Applied(torch.log))), "nan-in-forward nan-at-first-step", "nan-in-inputs nan-in-gradients-first"),
    ("nonfinite_first", "logarithm in the loss", lambda: run(loss_fn=of_a_log), "nan-in-forward nan-at-first-step", "nan-in-inputs"),
    ("nonfinite_first", "root at zero", lambda: run(loss_fn=with_a_root), "nan-in-gradients-first", "nan-in-forward"),
    ("nonfinite_first", "update overflows", lambda: run(plain(1), numbers(1e3), nn.MSELoss(), sgd(1e37)), "nan-in-weights-first", "nan-in-gradients-first nan-in-forward"),
    ("nonfinite_first", "norm runs away", lambda: run(plain(1), numbers(1e3), nn.MSELoss(), sgd(1e-1)), "gradient-norm-grows nan-after-a-while", "nan-in-inputs"),
    ("modes_and_determinism", "sound", lambda: run(steps=100), "uses-dropout uses-batchnorm", "train-eval-modes-differ eval-mode-ignored results-not-reproducible"),
    ("modes_and_determinism", "dropout always on", lambda: run(net(after=Applied(lambda x: F.dropout(x, 0.3)))), "eval-mode-ignored", "results-not-reproducible"),
    ("modes_and_determinism", "statistics never updated", lambda: run(with_momentum(0.0, net()), far_off(), steps=200), "train-eval-modes-differ", "eval-mode-ignored"),
    ("modes_and_determinism", "noise that no seed reaches", lambda: run(loader=unseeded()), "results-not-reproducible", "eval-mode-ignored"),
    ("throughput", "sound", lambda: run(net(width=1500)), "cached-batch-same", "cached-batch-faster loader-bound"),
    ("throughput", "slow transforms", lambda: run(loader=data.DataLoader(Made(slowly), BATCH)), "cached-batch-faster loader-bound", "cached-batch-same"),
    ("memory_by_phase", "sound", run, "", "oom-grows-over-steps"),
    ("memory_by_phase", "keeps its history", lambda: run(net(before=Keeping())), "oom-grows-over-steps", ""),
    ("per_class", "sound", lambda: run(steps=200), "", "predicts-one-class loss-at-majority minority-recall-low classes-imbalanced"),
    ("per_class", "sound with a rare class", lambda: run(net(outputs=2), rare(0.05, learnable=True), steps=500), "classes-imbalanced", "predicts-one-class minority-recall-low"),
    (
        "per_class",
        "says the commonest",
        lambda: run(net(outputs=2), rare(0.04, learnable=False), steps=60),
        "predicts-one-class loss-at-majority minority-recall-low classes-imbalanced",
        "",
    ),
    ("per_class", "says one of equal classes", lambda: run(with_last(lambda layer: layer.bias[2].add_(50), net())), "predicts-one-class", "classes-imbalanced"),
]


def unseeded() -> Any:
    chance = torch.Generator()
    chance.seed()
    return data.DataLoader(Made(lambda x: x + 0.1 * torch.randn(FEATURES, generator=chance)), BATCH)


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


@pytest.mark.parametrize(("name", "case", "build", "present", "absent"), CASES, ids=[f"{name}-{case}" for name, case, *_ in CASES])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_the_probe_tells_the_fault(name: str, case: str, build: Callable[[], tuple[Any, ...]], present: str, absent: str, library: Library):
    lines = probe(name)(*build()).lines()
    said = observed(lines, library)
    assert {symptom: said.get(symptom) for symptom in (present + " " + absent).split()} == dict.fromkeys(present.split(), PRESENT) | dict.fromkeys(absent.split(), ABSENT), lines


# The splits.


def none(train: Any) -> Any:
    return train[:0]


def exact(train: Any) -> Any:
    return train[:20]


def blurred(train: Any) -> Any:
    return train[:20] + 0.02 * torch.randn(train[:20].shape)


@pytest.mark.parametrize("shape", [(FEATURES,), (3, 16, 16)])
@pytest.mark.parametrize(("twins", "leaks"), [(none, ABSENT), (exact, PRESENT), (blurred, PRESENT)])
def test_duplicates_are_told_from_a_clean_split(shape: tuple[int, ...], twins: Callable[[Any], Any], leaks: str, library: Library):
    train = torch.randn(1000, *shape)
    held = torch.cat([twins(train), torch.randn(180, *shape)])
    found = probe("duplicates_between_splits")(batches(train, torch.zeros(1000)), batches(held, torch.zeros(len(held))))
    assert observed(found.lines(), library) == {"split-leaks": leaks}


def test_values_that_repeat_by_chance_are_no_leak(library: Library):
    train, held = torch.randint(0, 2, (1000, 6)), torch.randint(0, 2, (200, 6))
    found = probe("duplicates_between_splits")(batches(train, torch.zeros(1000)), batches(held, torch.zeros(200)))
    assert found.exact > 100 and observed(found.lines(), library) == {"split-leaks": ABSENT}


# The memory against a limit.


@pytest.mark.parametrize(("limit", "fits"), [(2**30, PRESENT), (2**10, ABSENT)])
def test_the_memory_is_held_against_the_limit(limit: int, fits: str, library: Library):
    found = probe("memory_by_phase")(*run(), limit=limit)
    said = observed(found.lines(), library)
    assert said["fits-at-batch-one"] == fits != said["does-not-fit-at-batch-one"]


def test_the_phases_of_a_plain_layer_are_those_of_the_arithmetic():
    model = nn.Sequential(nn.Linear(FEATURES, 100, bias=False), nn.ReLU(), nn.Linear(100, CLASSES, bias=False))
    found = probe("memory_by_phase")(model, batches(*table()), nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters()))
    weights = 4 * (FEATURES * 100 + 100 * CLASSES)
    assert (found.weights, found.gradients, found.state) == (weights, weights, 2 * weights + 8)  # two moments, and a step count for each tensor
    assert found.activations >= 4 * BATCH * (FEATURES + 100)


# What holds for every probe.

ON_A_RUN = sorted(SCRIPTS.keys() - {"duplicates_between_splits"})


@pytest.mark.parametrize("name", ON_A_RUN)
def test_everything_is_left_as_it_was(name: str):
    model, loader, loss_fn, optimizer = run(steps=3)
    model[4].eval()
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict(), [weight.grad for weight in model.parameters()]))
    modes, drawn = [module.training for module in model.modules()], (torch.get_rng_state(), loader.generator.get_state(), random.getstate())
    probe(name)(model, loader, loss_fn, optimizer)
    after = model.state_dict(), optimizer.state_dict(), [weight.grad for weight in model.parameters()]
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert [module.training for module in model.modules()] == modes
    assert torch.equal(torch.get_rng_state(), drawn[0]) and torch.equal(loader.generator.get_state(), drawn[1]) and random.getstate() == drawn[2]


class Named(nn.Module):
    """A model that takes its inputs by name, as those of transformers do, and gives its logits by name."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = net()

    def forward(self, x: Any, mask: Any) -> Any:
        class Output:
            logits = self.inner(x * mask)

        return Output()


def named_batches() -> list[dict[str, Any]]:
    inputs, labels = table()
    return [{"x": inputs[place : place + BATCH], "mask": torch.ones(BATCH, 1), "labels": labels[place : place + BATCH]} for place in range(0, SAMPLES, BATCH)]


FORMS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "tuple, no optimizer": lambda: run()[:3],
    "dict": lambda: (Named(), named_batches(), nn.CrossEntropyLoss()),
    "dict of one input": lambda: (net(), [{"x": batch["x"], "labels": batch["labels"]} for batch in named_batches()], nn.CrossEntropyLoss()),
    "plain tensor": lambda: (net(outputs=FEATURES), [batch["x"] for batch in named_batches()], nn.MSELoss()),
    "tokens": lambda: (language_model(), tokens(), token_loss),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ON_A_RUN)
def test_every_form_of_a_batch_is_taken(name: str, form: str, library: Library):
    if (name, form) == ("per_class", "plain tensor"):
        pytest.skip("there are no classes")
    observed(probe(name)(*FORMS[form]()).lines(), library)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_command_line_says_what_the_function_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], library: Library):
    module = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

def build():
    torch.manual_seed(0)
    x = torch.randn(128, 8)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    return model, DataLoader(TensorDataset(x, (x[:, 0] > 0).long()), batch_size=16), nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters())
"""
    (tmp_path / f"module_for_{name}.py").write_text(module, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    places = [f"module_for_{name}:build"] * (2 if name == "duplicates_between_splits" else 1)
    monkeypatch.setattr(sys, "argv", [name, *places])
    runpy.run_path(str(SCRIPTS[name]), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert observed(lines, library)
    step = [line for line in lines if line.startswith("next: ")]
    assert len(step) == 1 and step[0].split(": ")[1] in library.specialists

    monkeypatch.setattr(sys, "argv", [name])
    with pytest.raises(SystemExit, match="Run `python"):
        runpy.run_path(str(SCRIPTS[name]), run_name="__main__")


def test_what_several_scripts_repeat_they_repeat_to_the_letter():
    texts: dict[str, set[str]] = {}
    for path in SCRIPTS.values():
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                texts.setdefault(node.name, set()).add(ast.get_source_segment(source, node) or "")
    assert {name: len(each) for name, each in texts.items() if len(each) > 1} == {}


def test_every_script_is_a_page_in_the_skill_of_a_specialist(library: Library):
    for path in SCRIPTS.values():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 120, path.name
        pack, specialist = path.parts[-4:-2]
        assert library.specialists[specialist].pack == pack
