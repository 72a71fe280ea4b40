"""Each probe leaves all as it was, takes every form of a batch, and runs as a script of its own."""

import ast
import copy
import random
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from probe_runs import BATCH, FEATURES, SAMPLES, SCRIPTS, language_model, net, nn, observed, probe, run, table, token_loss, tokens, torch

from training_router.taxonomy.entries import Library

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
