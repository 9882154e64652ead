"""The timing gate: its statistics against known values, its three outcomes, and when it refuses."""

import math
import random
import stat

import pytest
from regress_tools import RUN, regress

from abreast_regress import machine, power, statistics, timing
from abreast_regress.status import Stop

CELL = "grid/awaitable/task/stream=native"


def test_the_exact_rank_test_against_tables():
    """Smallest two-sided p for n = m = 5, 6, 7, 9; and U = 3 for 4 and 5, from the tables of Mann and Whitney."""
    for n, smallest in ((5, 2 / 252), (6, 2 / 924), (7, 2 / 3432), (9, 2 / 48620)):
        assert statistics.mann_whitney(range(n), range(n, 2 * n)) == pytest.approx(smallest)
    assert sum(statistics.rank_sums(4, 5)) == 126 and statistics.rank_sums(2, 2) == [1, 1, 2, 1, 1]
    assert statistics.mann_whitney([1, 2, 3, 7], [4, 5, 6, 8, 9]) == pytest.approx(2 * 7 / 126)
    assert statistics.mann_whitney([1] * 9, [1] * 9) == 1.0
    assert statistics.mann_whitney([], [1]) == 1.0
    a, b = [1, 2, 3, 4, 5, 6, 7], [5, 6, 7, 8, 9, 10, 11]
    assert statistics.mann_whitney(a, b) == statistics.mann_whitney(b, a)


def test_holm():
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([0.9, 0.8]) == [1.0, 1.0] and statistics.holm([]) == []


def test_the_bootstrap_covers_and_is_repeatable():
    draw = random.Random(1)
    covered = 0
    for trial in range(60):
        logs = [draw.gauss(0.05, 0.02) for _ in range(30)]
        low, high = statistics.bootstrap(logs, trial, resamples=400)
        covered += low <= 0.05 <= high
    assert covered >= 56
    assert statistics.bootstrap(logs, 7) == statistics.bootstrap(logs, 7)
    assert statistics.bootstrap(logs[:7], 7) == (-math.inf, math.inf), "few pairs are no reason to look certain"


def fake(monkeypatch, ratio, noise=0.004, control=1.0, skip=None, skips="ab"):
    """Samples of executables "a" and "b", where b takes `ratio` times as long; every third one of "a" in a round is the
    control's."""
    draw, calls = random.Random(3), []

    def sample(executable, cell, operations, _draw):
        if skip == cell and executable in skips:
            raise timing.Skipped("it needs what is not here", executable)
        calls.append((executable, cell))
        factor = ratio[cell] if executable == "b" and isinstance(ratio, dict) else ratio if executable == "b" else 1.0
        return 50.0 * operations * factor * math.exp(draw.gauss(0, noise))

    monkeypatch.setattr(timing, "sample", sample)
    return calls


PLAN = timing.Plan(pairs=20, sample_ms=1.0)


def verdicts(cells=(CELL,), plan=PLAN):
    timings = timing.compare(("a", "b"), list(cells), plan, lambda *_: None)
    return timings, timing.status_of(timings)


@pytest.mark.parametrize(
    "ratio, noise, verdict, status",
    [(1.0, 0.004, "green", 0), (1.10, 0.004, "red", 2), (0.8, 0.004, "green", 0), (1.02, 0.01, "inconclusive", 3),
     (1.0, 0.3, "inconclusive", 3), (1.01, 0.004, "green", 0)],
)  # fmt: skip
def test_three_outcomes(monkeypatch, ratio, noise, verdict, status):
    fake(monkeypatch, ratio, noise)
    timings, said = verdicts()
    assert (timings[0].verdict, said) == (verdict, status), timings[0].line()
    assert "control A/A" in timings[0].line()


def test_samples_are_interleaved_there_and_back(monkeypatch):
    calls = fake(monkeypatch, 1.0)
    one = timing.Timing(CELL)
    timing.measure(one, ("a", "b"), timing.Plan(pairs=8), random.Random(1), operations=10)
    rounds = [calls[at : at + 3] for at in range(0, 24, 3)]
    for there, back in zip(rounds[::2], rounds[1::2]):
        assert there == back[::-1] and sorted(name for name, _ in there) == ["a", "a", "b"]
    assert len(one.before) == len(one.after) == len(one.control) == 8


def test_a_red_cell_is_run_again_and_must_repeat(monkeypatch):
    """Slow in the first look alone: an accident of the machine."""
    draw, count = random.Random(5), [0]

    def sample(executable, cell, operations, _draw):
        count[0] += 1
        slow = 1.2 if executable == "b" and count[0] < 70 else 1.0
        return 50.0 * operations * slow * math.exp(draw.gauss(0, 0.004))

    monkeypatch.setattr(timing, "sample", sample)
    timings, status = verdicts()
    assert status == 3 and "not confirmed" in timings[0].note and count[0] > 120


def test_a_control_that_is_off_makes_no_verdict():
    draw = random.Random(2)
    one = timing.Timing(CELL)
    for samples, factor in ((one.before, 1.0), (one.after, 1.2), (one.control, 1.05)):
        samples += [50.0 * factor * math.exp(draw.gauss(0, 0.004)) for _ in range(30)]
    timing.weigh([one], PLAN)
    assert one.verdict == "inconclusive" and "control is off" in one.note


def test_one_red_cell_among_many_is_found_and_the_rest_stays_green(monkeypatch):
    cells = [f"grid/awaitable/task/stream={number}" for number in range(12)]
    fake(monkeypatch, {cell: 1.1 if cell == cells[3] else 1.0 for cell in cells})
    timings, status = verdicts(cells, timing.Plan(pairs=30, sample_ms=1.0))
    assert status == 2 and [one.verdict for one in timings].count("red") == 1 and timings[3].verdict == "red"
    assert timings[3].p_adjusted == pytest.approx(12 * timings[3].p)


def test_skipped_cells_say_nothing_and_all_skipped_is_nothing(monkeypatch):
    fake(monkeypatch, 1.0, skip=CELL)
    assert verdicts()[1] == 4
    timings, status = verdicts([CELL, "grid/other"])
    assert status == 0 and timings[0].verdict == "skipped" and "not here" in timings[0].line()


@pytest.mark.parametrize("skips, verdict, status", [("a", "skipped", 0), ("b", "missing", 4)])
def test_what_only_b_lacks_is_missing(monkeypatch, skips, verdict, status):
    fake(monkeypatch, 1.0, skip=CELL, skips=skips)
    timings, said = verdicts([CELL, "grid/other"])
    assert (timings[0].verdict, said) == (verdict, status) and "not here" in timings[0].line()


def program(tmp_path, name, text):
    folder = tmp_path / name
    folder.mkdir()
    path = folder / "abreast"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    "text, said, status",
    [
        ("echo hello", "no two numbers", 1),
        ("echo 1 2; exit 1", "ended with 1", 1),
        ("echo 'no such cell' >&2; exit 4", "no such cell", 4),
        ("echo 5 100", "did not do its work", 1),
        ("printf '10\\t0\\n'", "did not do its work", 1),
    ],
)
def test_a_sample_that_is_none_is_an_error(tmp_path, text, said, status):
    with pytest.raises(Stop, match=said) as stop:
        timing.sample(program(tmp_path, "build", text), CELL, 10, random.Random(1))
    assert stop.value.status == status
    with pytest.raises(timing.Skipped, match="needs"):
        timing.sample(program(tmp_path, "other", "echo it needs clang >&2; exit 77"), CELL, 10, random.Random(1))


FAKE = """case $1 in
env) echo '{"machine": {"cpu_model": "CPU", "cores": 2}, "toolchain": "gcc O2", "libc": "glibc"}' ;;
list) printf 'experiment\\tmodel\\tmechanism\\tvariant\\tmodes\\tkind\\tbaseline\\n'
      printf 'grid\\tawaitable\\ttask\\tstream=native\\tquick,full\\ttimed,counted\\tno\\n' ;;
measure) printf 'grid\\tawaitable\\ttask\\tstream=native\\tgcc O2\\top_state_bytes\\tB\\tSIZE\\tSIZE\\tSIZE\\t1\\n' ;;
time) printf '%s\\t%s\\n' $3 $(($3 * NS)) ;;
esac
"""


def build(tmp_path, name, size=24, ns=50000):
    return program(tmp_path, name, f"# {name}\n" + FAKE.replace("SIZE", str(size)).replace("NS", str(ns))).parent


QUICK = ["--pairs", "8", "--sample-ms", "1"]


def test_two_builds(tmp_path, monkeypatch):
    quiet = machine.Noise(0.0, 0.0)
    monkeypatch.setattr(machine, "look", lambda: quiet)
    monkeypatch.setattr(machine, "between", lambda *_: quiet)
    a, b = build(tmp_path, "a"), build(tmp_path, "b")
    samples = tmp_path / "samples.tsv"
    done = regress("compare", a, b, *QUICK, "--samples", samples)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "times: green: 1 cells of grid/*/stream=native echo/*/transport=memory,*, seed 1" in done.stdout
    assert "1 equal" in done.stdout and "control A/A" in done.stdout and "noise while" in done.stdout
    assert len(samples.read_text().splitlines()) == 2 + 8
    assert regress("compare", a, build(tmp_path, "larger", size=32), "--no-times").returncode == 2
    slower = regress("compare", a, build(tmp_path, "slower", ns=60000), *QUICK)
    assert slower.returncode == 2 and "B/A 1.2000" in slower.stdout and "and again" in slower.stdout
    waivers = tmp_path / "waivers.tsv"
    waivers.write_text("# abreast waivers 1\ncell\tmetric\tuntil\treason\ngrid/*\tns_per_op\t2999-12-31\tsafer\n")
    done = regress("compare", a, tmp_path / "slower", *QUICK, "--waivers", waivers)
    assert done.returncode == 0 and "red, waived until 2999-12-31: safer" in done.stdout, done.stdout
    other = build(tmp_path, "other")
    (other / "abreast").write_text((other / "abreast").read_text().replace("gcc O2", "clang O2"))
    done = regress("compare", a, other)
    assert done.returncode == 4 and "incomparable" in done.stderr
    assert regress("compare", a, RUN).returncode == 4


def test_a_busy_machine_is_refused_and_force_says_so(tmp_path, monkeypatch):
    a, b, slower = build(tmp_path, "a"), build(tmp_path, "b"), build(tmp_path, "slower", ns=60000)
    for noise in (machine.Noise(1.5, 0.0), machine.Noise(0.0, 9.0)):
        monkeypatch.setattr(machine, "look", lambda noise=noise: noise)
        monkeypatch.setattr(machine, "between", lambda *_, noise=noise: noise)
        done = regress("compare", a, b, *QUICK)
        assert done.returncode == 3 and "the machine is busy" in done.stderr and "control A/A" not in done.stdout
        forced = regress("compare", a, b, *QUICK, "--force")
        assert "measuring all the same" in forced.stderr and forced.returncode == 0
        assert regress("compare", a, slower, *QUICK, "--force").returncode == 2


def test_the_same_executable_is_not_timed(tmp_path):
    a = build(tmp_path, "a")
    done = regress("compare", a, a)
    assert done.returncode == 0 and "are the same executable" in done.stdout and "control" not in done.stdout


def test_noise_that_comes_meanwhile_takes_the_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "look", lambda: machine.Noise(0.0, 0.0))
    monkeypatch.setattr(machine, "between", lambda *_: machine.Noise(1.0, 0.0))
    done = regress("compare", build(tmp_path, "a"), build(tmp_path, "b", ns=60000), *QUICK)
    assert done.returncode == 3 and "busy meanwhile" in done.stdout


def test_the_machine_tells_what_others_do(tmp_path):
    before = machine.Moment(0.0, 10.0, 1.0, 5.0)
    noise = machine.between(before, machine.Moment(2.0, 13.0, 1.0, 6.0))
    assert noise.busy == pytest.approx(1.0) and noise.steal == 0 and noise.high
    assert machine.moment(tmp_path / "none") is None and machine.between(None, before) is None


def test_power_puts_its_table_between_the_markers(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "look", lambda: machine.Noise(0.0, 0.0))
    document = tmp_path / "doc.md"
    words = ["power", "--build", build(tmp_path, "a"), "--trials", "2", "--slow-trials", "1", *QUICK]
    words += ["--write", document]
    document.write_text("no markers\n")
    assert regress(*words).returncode == 1
    document.write_text(f"before\n{power.BEGIN}\nold\n{power.END}\nafter\n")
    done = regress(*words)
    text = document.read_text()
    assert done.returncode == 0 and "old" not in text and text.startswith("before\n") and text.endswith("\nafter\n")
    assert "| 0 (A/A) | 2 | 0 | 0 | 0 | 2 | 0.0% |" in text and "| 10 % | 1 |" in text


def test_measure_leaves_one_run_in_a_folder(tmp_path):
    out = tmp_path / "out"
    (out / "results").mkdir(parents=True)
    (out / "run.json").write_text("{}")
    (out / "results" / "stack.tsv").write_text("of another run\n")
    done = regress("measure", "--build", build(tmp_path, "a"), "--out", out)
    assert done.returncode == 0 and [path.name for path in (out / "results").iterdir()] == ["grid.tsv"]
    assert regress("compare", out, out).returncode == 0
    empty = program(tmp_path, "empty", FAKE.replace("measure)", "nothing)")).parent
    assert regress("measure", "--build", empty, "--out", out).returncode == 4
