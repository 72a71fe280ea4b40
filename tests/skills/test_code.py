"""Every Python block of every skill runs, on a small real model."""

import copy
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skills.text import BLOCK
from training_router.prompts.skills import skills

torch = pytest.importorskip("torch", reason="the code of the skills needs the extra 'skills'; run make test-skills")

FILES = sorted(path for skill in skills().values() for path in (skill.folder / "SKILL.md", *sorted((skill.folder / "references").glob("*.md"))))
BLOCKS = [(path, number, block) for path in FILES for number, block in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1)]
CLASSES, FEATURES, BATCH, BATCHES = 4, 8, 16, 60


@pytest.fixture(autouse=True)
def quiet_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, one seed, a folder of its own, and global switches put back."""
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    deterministic, anomaly = torch.are_deterministic_algorithms_enabled(), torch.is_anomaly_enabled()
    yield
    torch.use_deterministic_algorithms(deterministic)
    torch.autograd.set_detect_anomaly(anomaly)


def world() -> dict[str, Any]:
    """The small world that prompts/README.md promises a block."""
    nn = torch.nn
    inputs = torch.randn(BATCH * BATCHES, FEATURES)
    labels = (inputs @ torch.randn(FEATURES, CLASSES)).argmax(dim=1)
    data = torch.utils.data.TensorDataset(inputs, labels)
    model = nn.Sequential(nn.Linear(FEATURES, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, CLASSES))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
    x, y = next(iter(loader))
    return {
        "torch": torch, "nn": nn, "F": nn.functional, "math": math, "copy": copy,
        "model": model, "loss_fn": nn.CrossEntropyLoss(), "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=BATCHES),
        "loader": loader, "val_loader": torch.utils.data.DataLoader(data, batch_size=BATCH),
        "x": x, "y": y, "device": torch.device("cpu"), "step": 1, "epoch": 0, "num_epochs": 2, "total_steps": 2 * BATCHES, "num_classes": CLASSES,
    }  # fmt: skip


@pytest.mark.parametrize(("path", "number", "block"), BLOCKS, ids=[f"{path.parent.name}-{path.stem}-{number}" for path, number, _ in BLOCKS])
@pytest.mark.filterwarnings("default")
def test_the_block_runs(path: Path, number: int, block: str):
    lines = path.read_text(encoding="utf-8")[: path.read_text(encoding="utf-8").index(block)].count("\n")
    code = compile("\n" * lines + block, str(path), "exec")
    exec(code, world())
