"""What each command does with its options; returns the exit status."""

import json
import sys
from pathlib import Path

from . import baseline, charts, dashboard, exporters, history, judge, machine, power as power_trials, sources, timing
from .progress import say
from .runs import cell, key, read_run, wants, write_text
from .status import INCONCLUSIVE, NOTHING, OK, Stop, worst
from .waivers import read_waivers

FORMATS = exporters.FORMATS
MOST_SHOWN = 60  # findings on the terminal
POWER_CELL = "grid/awaitable/task/stream=native"
# What compare times where no filter says otherwise, in every way that quick mode has: a read, and a turn of the loop.
TIMED_CELLS = ["grid/*/stream=native", "echo/*/transport=memory,*"]


def show(findings):
    """All that is not equal, in few lines where an experiment has no results at all, and no more than can be read."""
    missing, found = {}, {}
    for finding in findings:
        experiment = finding.row.experiment
        found[experiment] = found.get(experiment, 0) + 1
        missing[experiment] = missing.get(experiment, 0) + (finding.outcome == judge.MISSING)
    gone = {experiment for experiment, count in missing.items() if count == found[experiment]}
    for experiment in sorted(gone):
        print(f"missing  {experiment}: no results: {missing[experiment]} figures missing")
    told = [one for one in findings
            if one.outcome not in (judge.EQUAL, judge.UNMEASURED) and one.row.experiment not in gone]  # fmt: skip
    told.sort(key=lambda finding: judge.ORDER.index(finding.outcome))
    for finding in told[:MOST_SHOWN]:
        print(finding.line())
    if len(told) > MOST_SHOWN:
        print(f"and {len(told) - MOST_SHOWN} more: --junit FILE has them all")
    whole = judge.unmeasured_metrics(findings)
    for (experiment, metric), count in whole.items():
        print(f"missing  {experiment} {metric}: measured in neither, {count} figures: run scripts/setup, measure again")
    for line in judge.unmeasured_lines([f for f in findings if (f.row.experiment, f.row.metric) not in whole]):
        print(f"note: measured in neither: {line}")


def judge_runs(before, after, options, times_follow=False):
    """Findings and status. Another processor, toolchain, libc or mode is incomparable, not green."""
    waivers = read_waivers(options.waivers)
    different = judge.differences(before.identity, after.identity)
    if different:
        advice = ": measure again as the baseline was, or keep a baseline for each mode"
        advice = advice if before.identity.mode != after.identity.mode else ""
        raise Stop(f"incomparable: {before.name} and {after.name} differ in {'; '.join(different)}{advice}", NOTHING)
    findings, unused = judge.waived(judge.judge(before.rows, after.rows), waivers)
    for waiver in unused:
        if times_follow and waiver.metric in ("*", "ns_per_op"):
            continue
        print(f"note: {waiver.unused([cell(row) for row in after.rows])}")
    for name in judge.unknown_metrics(after.rows):
        print(f"note: {name} is judged by nobody: it is not in scripts/abreast_regress/metrics.py")
    show(findings)
    status = judge.status_of(findings)
    print(judge.summary(findings, status))
    return findings, status


def report(title, run, findings, timings, status, options):
    if options.junit:
        write_text(options.junit, exporters.findings_junit(run, findings, timings))
    if options.summary:
        try:
            with open(options.summary, "a", encoding="utf-8") as file:
                file.write(exporters.findings_summary(title, findings, timings, status) + "\n")
        except OSError as error:
            raise Stop(f"{options.summary} cannot be written: {error.strerror}") from None
    return status


def measure(options):
    """A run folder with the deterministic rows alone."""
    source = sources.resolve(options.build, say)
    if source.run:
        raise Stop(f"{options.build} is a run folder: name a build")
    say(f"measuring {options.build}: about half a minute for everything, less with a filter")
    run = sources.count(source, options.filters)
    folder = Path(options.out) / "results"
    for old in [folder.parent / "run.json", *folder.glob("*.tsv"), *folder.glob("*.json")]:
        old.unlink(missing_ok=True)
    info = {**run.info, "schema": 1, "mode": run.identity.mode, "filters": options.filters,
            "toolchains": [{"name": run.identity.toolchain, "flags": run.info.get("flags", ""), "role": "main"}],
            "git": {"revision": sources.git_revision()}, "start": sources.now()}  # fmt: skip
    by_experiment = {}
    for row in run.rows:
        by_experiment.setdefault(row.experiment, []).append(row)
    for experiment, rows in by_experiment.items():
        write_text(folder / f"{experiment}.tsv", sources.as_tsv(rows))
    write_text(Path(options.out) / "run.json", json.dumps(info, indent=2) + "\n")
    print(f"{len(run.rows)} figures of {len(by_experiment)} experiments in {options.out}")
    return OK


def check(options):
    after = read_run(options.out)
    before = baseline.read_baseline(options.baseline, options.out)
    findings, status = judge_runs(before, baseline.wanted(after, before), options)
    return report("abreast, against the baseline", after, findings, [], status, options)


def baseline_update(options):
    run = read_run(options.out)
    for line in baseline.update(run, options.baseline, options.filters, options.yes):
        print(line)
    print(f"{options.baseline}: written" if options.yes else "nothing was written: give --yes")
    return OK


def compare(options):
    a, b = (sources.resolve(word, say) for word in (options.a, options.b))
    if bool(a.run) != bool(b.run):
        raise Stop("one is a run folder and the other a build: give two of a kind", NOTHING)
    if a.run:
        return compare_runs(a.run, b.run, options)
    before = judged_run(a, options)
    after = judged_run(b, options)
    findings, status = judge_runs(before, after, options, times_follow=not options.no_times)
    timings = []
    if not options.no_times:
        timings, timing_status = compare_times(a, b, options)
        status = worst([status, timing_status])
    return report(f"abreast, {options.b} against {options.a}", after, findings, timings, status, options)


def judged_run(source, options):
    say(f"measuring what is deterministic of {source.name}: about half a minute, less with a filter")
    return sources.count(source, options.filters, options.full)


def compare_runs(before, after, options):
    """The deterministic metrics decide. Times of two runs are shown, and no more."""
    for run in (before, after):
        run.rows = [row for row in run.rows if wants(options.filters, cell(row))]
    old = {key(row): row for row in before.rows}
    timed = [(old.get(key(row)), row) for row in after.rows if row.metric == "ns_per_op" and row.value is not None]
    timed = [(past, row) for past, row in timed if past and past.value]
    if timed and not options.times:
        print(f"times of {len(timed)} cells have no verdict, for two runs are no pairs: --times shows them")
    elif timed:
        print("times, without a verdict, for two runs are no pairs:")
        for past, row in timed:
            print(f"  {cell(row)}: {past.value:.4g} -> {row.value:.4g} {row.unit}, B/A {row.value / past.value:.3f}")
    findings, status = judge_runs(before, after, options)
    return report("abreast, two runs", after, findings, [], status, options)


def refuse_noise(force):
    """True where it is noisy and measured all the same."""
    noise = machine.look()
    if noise is None:
        say("this system does not tell how busy it is")
        return False
    if not noise.high:
        return False
    if not force:
        raise Stop(f"the machine is busy: {noise.describe()}: wait until it is quiet, or give --force", INCONCLUSIVE)
    say(f"the machine is busy: {noise.describe()}; measuring all the same (--force)")
    return True


def compare_times(a, b, options):
    if sources.digest(a.executable) == sources.digest(b.executable):
        print(f"times: none, for {a.name} and {b.name} are the same executable")
        return [], OK
    filters = options.filters or TIMED_CELLS
    cells, others = (sources.timed_cells(one.executable, filters, quick=not options.full) for one in (a, b))
    gone = [name for name in cells if name not in others]
    if gone:
        raise Stop(f"{b.name} has no cell {gone[0]}, which {a.name} has", NOTHING)
    if not cells:
        what = "no cell with a time matches" + ("" if options.full else " in quick mode: give --full")
        raise Stop(f"{what}: nothing was timed; --no-times judges the deterministic metrics alone", NOTHING)
    refuse_noise(options.force)
    plan = timing.Plan(options.pairs, options.sample_ms, options.seed)
    executables = (a.executable, b.executable)
    timings, noise = power_trials.watched(lambda: timing.compare(executables, cells, plan, say))
    timing.waive(timings, read_waivers(options.waivers))
    status = timing.status_of(timings)
    if noise:
        load = machine.load_average()
        average = f", load average {load:.2f}" if load is not None else ""
        print(f"noise while it was timed: {noise.describe()}{average}")
        if noise.high and not options.force:
            for one in timings:
                if one.verdict not in timing.UNTIMED:
                    one.verdict, one.note = timing.UNSURE, "the machine was busy meanwhile"
            status = timing.status_of(timings)
    for one in timings:
        print(one.line())
    if options.samples:
        write_text(options.samples, sources.samples_text(timings))
    about = f"{len(timings)} cells of {' '.join(filters)}, seed {options.seed}, smallest effect {plan.effect}"
    print(f"times: {judge.SAID[status]}: {about}")
    return timings, status


def history_add(options):
    run = read_run(options.out)
    revision = options.revision or (run.revision if run.revision != "unknown" else sources.git_revision())
    if revision == "unknown":
        raise Stop("neither run.json nor git says which revision this is: give --revision NAME")
    count, seq = history.add(options.history, run, options.filters, revision, options.note)
    print(f"{options.history}: run {seq}, {count} figures")
    for pattern in history.absent(run, options.filters):
        print(f"note: the run has nothing of {pattern}, which the history keeps")
    return OK


def history_chart(options):
    chosen = history.charts(history.read(options.history), options.filters)
    for number, (key, points) in enumerate(chosen.items()):
        if number % 10 == 0:
            say(f"chart {number + 1} of {len(chosen)}", number, len(chosen))
        print(charts.draw(key, points, Path(options.charts)))
    return OK


def history_dashboard(options):
    write_text(options.page, dashboard.page(history.read(options.history), options.filters, say))
    print(options.page)
    return OK


def export(options):
    if options.format not in FORMATS:
        raise Stop(f"there is no format '{options.format}': give one of {', '.join(FORMATS)}")
    run = read_run(options.out)
    run.rows = [row for row in run.rows if wants(options.filters, cell(row))]
    if not run.rows:
        raise Stop(f"{options.out} has nothing that the filters name", NOTHING)
    sys.stdout.write(FORMATS[options.format](run))
    return OK


def power(options):
    source = sources.resolve(options.build, say)
    if not source.executable:
        raise Stop(f"{options.build} is a run folder: name a build")
    if options.write:
        power_trials.put(options.write, "")
    forced = refuse_noise(options.force)
    plan = timing.Plan(options.pairs, options.sample_ms, options.seed)
    rows, noise = power_trials.watched(
        lambda: power_trials.run(source.executable, options.cell, plan, options.trials, options.slow_trials, say)
    )
    table = power_trials.text(rows, source.executable, options.cell, plan, noise, forced)
    print(table, end="")
    if options.write:
        write_text(options.write, power_trials.put(options.write, table))
    return OK
