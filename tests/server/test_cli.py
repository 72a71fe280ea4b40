"""The command line, for people and for scripts."""

import contextlib
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from training_router.server.cli import ASK, BROKEN, BYPASS, CUT_OFF, DONE, INTERRUPTED, OUT_OF_SCOPE, USAGE, main

OOM = "CUDA OOM with DDP on 4 GPUs, should I lower the batch size?"


@pytest.mark.parametrize(("question", "status"), [(OOM, DONE), ("my model does not learn", ASK), ("my dog pulls on the leash", OUT_OF_SCOPE)])
def test_the_exit_status_tells_the_decision(question: str, status: int, capsys: pytest.CaptureFixture[str]):
    assert main(["route", question]) == status
    assert capsys.readouterr().out


def test_json_is_the_reply_of_the_tool(capsys: pytest.CaptureFixture[str]):
    main(["route", OOM, "--json"])
    reply = json.loads(capsys.readouterr().out)
    assert reply["status"] == "route" and reply["plan"][0]["specialist"] == "distributed-training-strategies"


def test_a_full_reply_shows_findings_shares_and_evidence(capsys: pytest.CaptureFixture[str]):
    main(["route", "The loss is NaN with fp16.", "--full"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "Findings: " in shown and "uses-fp16 present, reported (fp16)" in shown
    assert "Issue, stability: " in shown and re.search(r"0\.\d\d fp16-\S+ \(mixed-precision-and-optimization\): \+", shown)


@pytest.mark.parametrize("full", [[], ["--full"]])
@pytest.mark.parametrize("question", ["my model does not learn", "the loss oscillates", "training is slow", OOM, "which optimizer should I use for a CNN?", "what does AdamW add?"])
def test_any_reply_can_be_shown(question: str, full: list[str], capsys: pytest.CaptureFixture[str]):
    for command in ("route", "clarify"):
        main([command, question, *full])
        assert "Case: tr1" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["explain", "pressure", "check", "demo"])
def test_a_command_that_names_no_skill_takes_no_folder_of_them(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        main([command, "--skills", "."])
    assert left.value.code == USAGE and "unrecognized arguments: --skills" in capsys.readouterr().err


def test_a_question_comes_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "question.txt").write_text(OOM, encoding="utf-8")
    assert main(["route", "--file", str(tmp_path / "question.txt"), "--json"]) == DONE
    assert "oom-under-ddp" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["route", "--file", "{}"], ["pressure", "x", "--draft", "@{}"]])
def test_a_file_in_another_encoding_is_named(arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "latin").write_bytes(b"verlustgr\xf6\xdfe")
    assert main([part.format(tmp_path / "latin") for part in arguments]) == USAGE
    assert "latin is no UTF-8 text" in capsys.readouterr().err


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
    "arguments",
    [
        ["route", "x", "--answer", "no-such-question=a"],
        ["route", "--file", "/nowhere/x"],
        ["route", "x", "--file", __file__],
        ["route", "--case", "tr1 broken"],
        ["route", "x", "--library", "/nowhere"],
    ],
)
def test_wrong_usage_says_what_is_wrong_and_prints_no_reply(arguments: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(arguments) == USAGE
    out, error = capsys.readouterr()
    assert not out and error.startswith("training-router: ")


def test_an_answer_without_a_question_is_wrong_usage(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as left:
        main(["route", "loss is nan", "--answer", "which-precision"])
    assert left.value.code == USAGE and "'which-precision' is no ID=ANSWER" in capsys.readouterr().err


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line with $ROUTER for the router."""
    router = f"{sys.executable} -m training_router.server"
    return subprocess.run(["bash", "-c", command], env=os.environ | {"ROUTER": router} | environment, capture_output=True, text=True, encoding="utf-8", timeout=30)


def test_a_pipe_that_nobody_reads_any_more_ends_the_command_in_silence():
    ended = shell("$ROUTER route 'my loss is nan' | true; echo ${PIPESTATUS[0]}")
    assert ended.stdout.strip() == str(CUT_OFF) and not ended.stderr


def test_a_terminal_without_unicode_gets_what_it_can_show():
    told, data = (shell(f"$ROUTER route '“loss” is nan' {way}", PYTHONIOENCODING="ascii") for way in ("", "--json"))
    assert "loss? is nan" in told.stdout and not told.stderr
    assert json.loads(data.stdout)["read"] == ["loss-is-nan: loss” is nan"]


def test_the_demo_shows_a_draft_caught_and_one_passed_and_nothing_beside():
    ended = shell("$ROUTER demo")
    assert ended.returncode == DONE and not ended.stderr
    assert re.search(r"Draft: bypass.*Draft: ok", ended.stdout, re.DOTALL)


@pytest.mark.parametrize("command", [["demo"], ["route", "x"], ["serve"]])
def test_a_broken_overlay_is_named_whatever_the_command(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "symptoms").mkdir()
    (tmp_path / "symptoms" / "a.yaml").write_text("x: 1", encoding="utf-8")
    assert main([*command, "--library", str(tmp_path)]) == BROKEN
    assert "a.yaml:1: unknown key 'x'" in capsys.readouterr().err


@pytest.mark.parametrize(("key", "status"), [(b"\x04", USAGE), (b"\x03", INTERRUPTED)])
def test_leaving_at_a_prompt_leaves_no_traceback(key: bytes, status: int):
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "training_router.server", "clarify", "my model does not learn"])
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while True:
            while b"unknown: " in shown and not select.select([terminal], [], [], 1)[0]:
                os.write(terminal, key)  # once the prompt is still, since a key that comes before it listens is lost
            part = os.read(terminal, 65536)
            if not part:
                break
            shown += part
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == status
    os.close(terminal)
    assert b"Traceback" not in shown


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


@pytest.mark.parametrize(("question", "status"), [(OOM, DONE), ("my model does not learn", ASK), ("my dog pulls on the leash", OUT_OF_SCOPE)])
def test_explain_writes_a_page_and_ends_like_route(question: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    target = tmp_path / "page.html"
    assert main(["explain", question, "--output", str(target)]) == status
    out, error = capsys.readouterr()
    assert out == "" and str(target) in error
    assert main(["explain", question]) == status
    assert capsys.readouterr() == (target.read_text(encoding="utf-8"), "")
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_explain_takes_what_route_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "question.txt").write_text("my loss went nan", encoding="utf-8")
    main(["explain", "--file", str(tmp_path / "question.txt"), "--answer", "which-precision=fp16", "--observe", "clip_grad_norm_ is not called"])
    assert "which-precision=fp16" in capsys.readouterr().out
    assert main(["explain", "x", "--output", str(tmp_path / "nowhere" / "page.html")]) == USAGE


def test_a_page_keeps_every_letter_where_the_output_has_another_encoding():
    command = [sys.executable, "-m", "training_router.server", "explain", "my loss went nan"]
    out = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": "latin-1"}, check=False).stdout.decode("ascii")
    assert "&#8594;" in out and "?" not in out.split("</style>")[1].split("<section")[0]
