"""The command line, for people and for scripts."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from training_router.server.cli import ASK, BYPASS, DONE, OUT_OF_SCOPE, USAGE, main

OOM = "CUDA OOM with DDP on 4 GPUs, should I lower the batch size?"


@pytest.mark.parametrize(("question", "status"), [(OOM, DONE), ("my model does not learn", ASK), ("my dog pulls on the leash", OUT_OF_SCOPE)])
def test_the_exit_status_tells_the_decision(question: str, status: int, capsys: pytest.CaptureFixture[str]):
    assert main(["route", question]) == status
    assert capsys.readouterr().out


def test_json_is_the_reply_of_the_tool(capsys: pytest.CaptureFixture[str]):
    main(["route", OOM, "--json"])
    reply = json.loads(capsys.readouterr().out)
    assert reply["status"] == "route" and reply["plan"][0]["specialist"] == "distributed-training-strategies"


def test_a_question_comes_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "question.txt").write_text(OOM, encoding="utf-8")
    assert main(["route", "--file", str(tmp_path / "question.txt"), "--json"]) == DONE
    assert "oom-under-ddp" in capsys.readouterr().out


def test_a_question_comes_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "stdin", io.StringIO(OOM))
    assert main(["route", "-"]) == DONE


def test_a_case_goes_on_from_one_call_to_the_next(capsys: pytest.CaptureFixture[str]):
    main(["route", "my loss went nan", "--json"])
    case = json.loads(capsys.readouterr().out)["case"]
    main(["route", "--case", case, "--answer", "which-precision=fp16", "--observe", "clip_grad_norm_ is not called", "--json"])
    assert json.loads(capsys.readouterr().out)["plan"][0]["specialist"] == "mixed-precision-and-optimization"


def test_a_draft_that_skips_the_diagnosis_has_an_exit_status_of_its_own(capsys: pytest.CaptureFixture[str]):
    assert main(["pressure", "my model does not learn", "--draft", "Use AdamW with lr=1e-4."]) == BYPASS
    assert main(["pressure", "my model does not learn", "--draft", "Is the loss flat from the first step?"]) == DONE


@pytest.mark.parametrize(
    "arguments", [["route", "x", "--answer", "no-such-question=a"], ["route", "--file", "/nowhere/x"], ["route", "--case", "tr1 broken"], ["route", "x", "--library", "/nowhere"]]
)
def test_wrong_usage_says_what_is_wrong_and_prints_no_reply(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == USAGE
    out, error = capsys.readouterr()
    assert not out and error.startswith("training-router: ")


def test_the_library_of_the_project_has_no_problems(capsys: pytest.CaptureFixture[str]):
    assert main(["check"]) == DONE
    assert "no problems" in capsys.readouterr().out


def test_clarify_on_a_terminal_asks_until_the_route_is_clear():
    terminal, end = pty.openpty()
    process = subprocess.Popen([sys.executable, "-m", "training_router.server", "clarify", "my model does not learn"], stdin=end, stdout=end, stderr=end)
    os.close(end)
    shown = b""
    for _ in range(30):
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
        if shown.rstrip().endswith(b"unknown:"):
            os.write(terminal, b"b\n")
            shown += b"\n"
    assert process.wait(timeout=20) in (DONE, ASK)
    os.close(terminal)
    assert b"letter, own words, or Enter if unknown" in shown and b"Case: tr1" in shown
