"""Each probe tells a planted fault from a sound run, and says it in words that the router takes."""

from collections.abc import Callable
from typing import Any

import pytest
from probe_runs import (
    BATCH,
    CLASSES,
    FEATURES,
    SAMPLES,
    Applied,
    F,
    Keeping,
    Made,
    adam,
    batches,
    conv,
    data,
    deep_sigmoids,
    far_off,
    flipped,
    frozen,
    images,
    in_order,
    net,
    nn,
    numbers,
    observed,
    of_a_log,
    plain,
    probe,
    rare,
    run,
    sgd,
    slowly,
    table,
    torch,
    with_a_root,
    with_last,
    with_momentum,
    with_one_nan,
    zeroed,
)

from training_router.server.diagnosis.findings import ABSENT, PRESENT
from training_router.taxonomy.entries import Library

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
