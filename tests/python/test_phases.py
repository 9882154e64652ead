"""phases: the counts of the probe, and what the report says of them."""

import json

import pytest
from conftest import ROOT, run

PHASES = "transform connect readiness suspend launch complete extract".split()
TWINS = """read-some transfer task-in-task p2300 handshake-exchange handshake-thread-id inline-known member affine-read
    task-affine task-transfer""".split()


def load(path):
    """{(model, mechanism, variant, metric): {toolchain: value}}"""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        _, model, mechanism, variant, toolchain, metric, _, value, *_ = line.split("\t")
        if metric != "phases_models":
            found.setdefault((model, mechanism, variant, metric), {})[toolchain] = int(value)
    return found


@pytest.fixture(scope="module")
def folder(abreast, tmp_path_factory):
    out = tmp_path_factory.mktemp("phases") / "out"
    done = run(abreast, "run", "--out", out, "phases")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def counts(folder):
    return load(folder / "results" / "phases.tsv")


def values(counts, model, mechanism, metrics, stream="ready"):
    found = []
    for metric in metrics:
        (value,) = set(counts[model, mechanism, f"stream={stream}", metric].values())
        found.append(value)
    return found


def with_work(counts, model, mechanism, stream="ready"):
    times = values(counts, model, mechanism, [f"phase_{phase}_per_op" for phase in PHASES], stream)
    return [phase for phase, count in zip(PHASES, times) if count]


def test_published_phases_come_out_of_the_code(counts):
    fixture, suspends, sender = (("awaitable", "read-some"), ("awaitable", "transfer"), ("sender", "p2300"))
    assert with_work(counts, *fixture) == ["transform", "readiness", "extract"]
    assert with_work(counts, *suspends) == [phase for phase in PHASES if phase != "connect"]
    assert with_work(counts, *sender) == PHASES
    for name, number in ((fixture, 3), (suspends, 6), (sender, 7)):
        assert values(counts, *name, ["phases_with_work"]) == [number]


def test_published_objects_come_out_of_the_code(counts):
    metrics = """suspensions_per_op resumptions_per_op transfer_resumptions_per_op nested_resumptions_per_op
        op_states_per_op receivers_per_op variant_emplacements_per_op""".split()
    assert values(counts, "awaitable", "read-some", metrics) == [0, 0, 0, 0, 0, 0, 0]
    assert values(counts, "awaitable", "transfer", metrics) == [1, 1, 1, 0, 0, 0, 0]
    assert values(counts, "sender", "p2300", metrics) == [1, 1, 0, 1, 1, 1, 1]


def test_what_completes_later_suspends_once_and_is_resumed_once(counts):
    for model, mechanism in (("awaitable", "read-some"), ("awaitable", "transfer"), ("sender", "member")):
        assert with_work(counts, model, mechanism, "later") == [phase for phase in PHASES if phase != "connect"]
        metrics = ["suspensions_per_op", "resumptions_per_op", "submissions_per_op"]
        assert values(counts, model, mechanism, metrics, "later") == [1, 1, 1]


def test_every_resumption_has_a_suspension_or_a_first_start(counts):
    """A child task is suspended at its start, which is no phase; so are the bridge coroutine's start and its end."""
    for model, mechanism, variant, metric in counts:
        if metric != "resumptions_per_op" or mechanism == "connect-awaitable":
            continue
        stream = variant.removeprefix("stream=")
        suspended, resumed = values(counts, model, mechanism, ["suspensions_per_op", metric], stream)
        assert resumed == suspended + (mechanism in ("task-in-task", "task-affine", "task-transfer")), mechanism


def test_the_floor_has_no_phase(counts):
    for (model, mechanism, _, metric), found in counts.items():
        if model == "raw" and metric != "submissions_per_op":
            assert set(found.values()) == {0}, (mechanism, metric)


def test_type_erasure(counts):
    calls = ["table_calls_per_op", "allocs_per_op"]
    assert values(counts, "awaitable", "any-stream", calls) == [4, 0]
    assert values(counts, "awaitable", "any-stream", calls, "later") == [5, 0]
    for stream in ("ready", "later"):
        assert values(counts, "sender", "any-sender", calls, stream)[1] == 1
        assert values(counts, "sender", "any-sender-fits", calls, stream)[1] == 0
        assert values(counts, "sender", "table-sender", calls, stream)[1] == 0


def test_every_setting_counts_the_same(counts):
    toolchains = {toolchain for found in counts.values() for toolchain in found}
    assert len({toolchain.split(" ")[1] for toolchain in toolchains}) >= 2, toolchains
    for cell, found in counts.items():
        assert len(set(found.values())) == 1, cell
        assert cell[0].startswith("cxx-") or set(found) == toolchains, cell


def test_the_same_by_cxx_compilers(counts, folder):
    cxx = {cell: found for cell, found in counts.items() if cell[0].startswith("cxx-")}
    if not cxx:
        pytest.skip("no C++ compiler knows coroutines")
    assert {cell[1] for cell in cxx} == set(TWINS)
    for (model, mechanism, variant, metric), found in cxx.items():
        assert set(found.values()) == set(counts[model.removeprefix("cxx-"), mechanism, variant, metric].values())


def test_filter_and_list(abreast, tmp_path):
    done = run(abreast, "run", "--out", tmp_path / "out", "phases/sender/p2300/stream=later")
    assert done.returncode == 0, done.stderr
    cells = {cell[:3] for cell in load(tmp_path / "out" / "results" / "phases.tsv")}
    assert cells == {("sender", "p2300", "stream=later")}
    assert json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert "connect-awaitable-in-place" in run(abreast, "list", "--variants").stdout


def report(folder):
    done = run(ROOT / "scripts" / "report", "--out", folder)
    assert done.returncode == 0, done.stderr
    return (folder / "tables" / "findings.md").read_text(encoding="utf-8")


def test_report(folder):
    found = report(folder)
    assert "have work: 3 for an awaitable that is ready, 6 for one that suspends, 7 for a sender." in found
    assert "P4255R0 counts the same." in found and "table 2, 18 of 18 are the same here." in found
    assert "Every count is the same at all" in found
    matrix = (folder / "tables" / "phases.md").read_text(encoding="utf-8")
    assert "| p2300 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 7 |" in matrix


def test_report_tells_what_differs(folder, tmp_path):
    """A probe line too few, in one setting and in C++, and a phase too many."""
    out = tmp_path / "out"
    (out / "results").mkdir(parents=True)
    text = (folder / "results" / "phases.tsv").read_text(encoding="utf-8")
    lines = text.splitlines()
    last = max(i for i, line in enumerate(lines) if "\tsender\tp2300\tstream=later\t" in line and "posts_per" in line)
    lines[last] = lines[last].replace("\t0\t0\t0\t", "\t2\t2\t2\t")
    ready = "\tawaitable\tread-some\tstream=ready\t"
    for i, line in enumerate(lines):
        if ready in line and "\tphases_with_work\t" in line and "cxx-" not in line:
            lines[i] = line.replace("\t3\t3\t3\t", "\t4\t4\t4\t")
    (out / "results" / "phases.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = report(out)
    assert "4 for an awaitable that is ready" in found and "P4255R0 counts 3, 6, 7." in found
    assert "different: phases with work, awaitable fixture: 3 published, 4 here" in found
    assert "Counts that depend on the setting" in found and "sender p2300 later, posts_per_op" in found
    if any(line.startswith("phases\tcxx-") for line in lines):
        assert "cxx-awaitable read-some ready, phases_with_work: 4 in C, 3" in found
