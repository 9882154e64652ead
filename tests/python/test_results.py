"""The files of a run keep their contract."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from conftest import ROOT, run

HEADER = "experiment\tmodel\tmechanism\tvariant\ttoolchain\tmetric\tunit\tvalue\tlow\thigh\tsamples"
MODELS = {"raw", "awaitable", "sender", "cxx-awaitable", "cxx-sender", "callback", "event", "poll"}
TOOLCHAIN = re.compile(r"((gcc|clang)-\d+(\.\d+)*|any) (O[0-3sz]|any) sib=(on|off|any) exc=(on|off|any) san=[a-z]+")
VARIANT = re.compile(r"-|[a-z_0-9-]+=[^,=\s]+(,[a-z_0-9-]+=[^,=\s]+)*")
METRICS = set(
    """stack_rests_on stack_guarantee stack_models phases_models
    stack_bytes_per_completion stack_growth overflow_predicted overflow_seen
    op_state_bytes frame_bytes instructions_per_op atomics_per_op ns_per_op ns_above_floor allocs_per_op allocs_fresh_per_op
    phases_with_work suspensions_per_op op_states_per_op msgs_per_s latency_p50_ns latency_p90_ns latency_p99_ns
    latency_p999_ns stop_latency_ns
    syscalls_per_msg resumptions_per_op bytes_written_per_op cpu_ns_per_msg sync_share rss_bytes_per_connection
    ns_above_native cpu_ns_above_native server_ns_per_msg
    ratio_to_floor ratio_to_malloc ratio_to_native cpu_ratio_to_floor cpu_ratio_to_native needs_from_user noexcept_boundary""".split()
)
WORDS = r"(construction|language|compiler|optimiser|nothing) \([a-z ]+\)(: [a-z, ]+[0-9]+ of [0-9]+ cells)?"
PHRASES = {
    "stack_rests_on": WORDS,
    "stack_guarantee": WORDS,
    "stack_models": r"\S.{5,99}",
    "phases_models": r"\S.{5,99}",
    "noexcept_boundary": r"(yes|no)(, [a-z ]+)?",
    "needs_from_user": r"[a-z].{5,299}",
}
UNIT_IN_NAME = re.compile(r"_(ns|bytes|completions|share|count|per_[a-z]+)(_|$)")


def check_tsv(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == HEADER
    assert len(lines) > 1
    seen = set()
    for line in lines[1:]:
        fields = line.split("\t")
        assert len(fields) == 11, line
        assert '"' not in line, line
        experiment, model, _, variant, toolchain, metric, _, value, low, high, samples = fields
        assert experiment == path.stem
        assert model in MODELS, line
        assert VARIANT.fullmatch(variant), line
        assert TOOLCHAIN.fullmatch(toolchain), line
        assert metric in METRICS or UNIT_IN_NAME.search(metric), line
        assert tuple(fields[:6]) not in seen, f"twice: {line}"
        seen.add(tuple(fields[:6]))
        assert int(samples) >= 0
        try:
            assert float(low) <= float(value) <= float(high), line
        except ValueError:
            assert low == value == high, line
            assert value == "?" or re.fullmatch(PHRASES.get(metric, r"[a-z]+"), value), line


def test_committed_results(results):
    for path in sorted((results / "results").glob("*.tsv")):
        check_tsv(path)


def test_smoke_run_keeps_the_contract(smoke):
    paths = sorted((smoke / "results").glob("*.tsv"))
    assert paths
    for path in paths:
        check_tsv(path)


def test_timed_run_keeps_the_contract(timed):
    check_tsv(timed / "results" / "frames.tsv")
    text = (timed / "results" / "frames.tsv").read_text()
    for metric in ("ns_per_op", "ratio_to_malloc", "allocs_per_op", "frame_bytes"):
        assert f"\t{metric}\t" in text


def test_missing_values_have_their_reason(timed):
    info = json.loads((timed / "run.json").read_text())
    missing = {(m["model"], m["mechanism"], m["variant"], m["toolchain"], m["metric"]) for m in info["missing"]}
    assert all(entry["reason"] for entry in info["missing"])
    for line in (timed / "results" / "frames.tsv").read_text().splitlines()[1:]:
        _, model, mechanism, variant, toolchain, metric, _, value, *_ = line.split("\t")
        if value == "?":
            assert (model, mechanism, variant, toolchain, metric) in missing


def test_the_baseline_of_a_selected_group_is_counted_too(timed):
    rows = [line.split("\t") for line in (timed / "results" / "frames.tsv").read_text().splitlines()[1:]]
    for metric in ("frame_bytes", "instructions_per_op"):
        found = {tuple(row[1:5]) for row in rows if row[5] == metric}
        assert found
        for model, mechanism, variant, toolchain in found:
            assert {(model, name, variant, toolchain) for name in ("malloc", "recycling")} <= found


def test_one_folder_holds_one_run(abreast, tmp_path):
    out = tmp_path / "out"
    (out / "results" / "kept.json").mkdir(parents=True)
    stale = [out / "run.json", out / "results" / "stack.tsv", out / "results" / "echo.json"]
    kept = [out / "notes.tsv", out / "results" / "notes.md", out / "results" / ".tsv"]
    for path in stale + kept:
        path.write_text("earlier")
    done = run(abreast, "run", "no-such-experiment", "--out", out)
    assert done.returncode == 1
    assert all(path.read_text() == "earlier" for path in stale + kept)
    done = run(abreast, "run", "--smoke", "frames/awaitable/recycling/depth=1,*", "--out", out)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (out / "results").iterdir()} == {"frames.tsv", "kept.json", "notes.md", ".tsv"}
    assert all(path.read_text() == "earlier" for path in kept)
    assert json.loads((out / "run.json").read_text())["mode"] == "smoke"


def test_run_json_lists_the_toolchains_of_the_cells(smoke):
    toolchains = json.loads((smoke / "run.json").read_text())["toolchains"]
    cells = {entry["name"]: entry["flags"] for entry in toolchains if entry["role"] == "cells"}
    rows = [line.split("\t") for line in (smoke / "results" / "stack.tsv").read_text().splitlines()[1:]]
    assert set(cells) == {row[4] for row in rows if "=any" not in row[4]}
    for name, flags in cells.items():
        level, sibling, exceptions = name.split()[1:4]
        switch = {"sib=on": "-f", "sib=off": "-fno-", "exc=on": "-f", "exc=off": "-fno-"}
        assert flags == f"-{level} {switch[sibling]}optimize-sibling-calls {switch[exceptions]}exceptions"


def test_google_benchmark_json(timed):
    def no_constants(text):
        raise AssertionError(f"{text} is not JSON")

    data = json.loads((timed / "results" / "frames.json").read_text(), parse_constant=no_constants)
    assert data["context"]["num_cpus"] >= 1
    assert data["context"]["date"]
    assert data["benchmarks"]
    for row in data["benchmarks"]:
        assert row["run_type"] == "iteration"
        assert row["name"] == row["run_name"]
        assert row["real_time"] > 0
        assert row["cpu_time"] >= 0
        assert row["time_unit"] == "ns"
        assert 0 <= row["repetition_index"] < row["repetitions"]
    names = {row["name"] for row in data["benchmarks"]}
    for name in names:
        indices = [row["repetition_index"] for row in data["benchmarks"] if row["name"] == name]
        assert indices == list(range(len(indices)))


def test_run_json_keys(timed):
    info = json.loads((timed / "run.json").read_text())
    for key in "mode seed start machine reactor transfer toolchains stages missing skipped".split():
        assert key in info, key
    assert info["seed"] == 1
    assert info["toolchains"][0]["flags"]


def noted(abreast, out, mode="--smoke", **env):
    """(run.json, stderr) of a run that takes no times; where its programs are not built it fails, and says the rest."""
    done = run(abreast, "run", mode, "phases", "--out", out, env=env)
    assert done.returncode == 0 or "not built" in done.stderr, done.stderr
    return json.loads((out / "run.json").read_text()), done.stderr


def test_a_run_records_the_revision_of_its_sources(abreast, tmp_path):
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-C", tmp_path]
    info, _ = noted(abreast, tmp_path / "none", ABREAST_SOURCE=str(tmp_path))
    assert info["git"]["revision"] is None and "not a git work tree" in info["git"]["reason"]
    (tmp_path / ".gitignore").write_text("clean\nnone\ndirty\n")
    for words in (["init", "-q"], ["add", ".gitignore"], ["commit", "-q", "-m", "first"]):
        assert run(*git, *words).returncode == 0
    head = run(*git, "rev-parse", "HEAD").stdout.strip()
    info, _ = noted(abreast, tmp_path / "clean", ABREAST_SOURCE=str(tmp_path))
    assert (info["git"]["revision"], info["git"]["dirty"]) == (head, False)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", info["git"]["built"])
    (tmp_path / "changed.c").write_text("")
    info, _ = noted(abreast, tmp_path / "dirty", ABREAST_SOURCE=str(tmp_path))
    assert (info["git"]["revision"], info["git"]["dirty"]) == (head, True)


def test_a_busy_machine_is_told_once_and_the_run_goes_on(abreast, tmp_path):
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        info, told = noted(abreast, tmp_path / "busy", "--quick")
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert info["noise"]["other_programs_processors"] > 0.5
    [line] = [line for line in told.splitlines() if "other programs use" in line]
    assert re.search(r"other programs use \d+\.\d of \d+ processors.*: times will be longer", line)


@pytest.mark.parametrize("wait", [0.3, 1.5])
def test_interrupted_run_leaves_nothing_half_written(abreast, tmp_path, wait):
    out = tmp_path / "out"
    running = subprocess.Popen(
        [abreast, "run", "--quick", "frames", "--out", out],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(wait)
    os.killpg(running.pid, signal.SIGINT)
    _, complaint = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "interrupted" in complaint.splitlines()[-1]
    assert not (out / "run.json").exists()
    for path in out.rglob("*"):
        if path.is_file():
            assert path.suffix == ".tsv" or path.suffix == ".json", path
            if path.suffix == ".tsv":
                check_tsv(path)
            else:
                json.loads(path.read_text())
