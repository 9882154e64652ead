"""A run in other tools' formats. Their sources: google/benchmark src/json_reporter.cc and tools/compare.py;
benchmark-action/github-action-benchmark README (customSmallerIsBetter, customBiggerIsBetter); bencher.dev, reference of
the Bencher Metric Format; JUnit as pytest's xunit2 schema has it; GitHub's $GITHUB_STEP_SUMMARY.

A cell is named experiment/model/mechanism/variant; with another toolchain than the main one, that follows in brackets.
"""

import json
from xml.sax.saxutils import escape, quoteattr

from .judge import EQUAL, MISSING, ORDER, RED, SAID, UNMEASURED, WAIVED, unmeasured_lines, unmeasured_metrics
from .metrics import LARGER, SAME, SMALLER, metric
from .runs import cell
from .status import NOTHING, Stop

SCHEMA = 1  # of what is ours in these files: the names
MOST_SHOWN = 50  # findings of a summary
MOST_FIGURES = 2000  # GitHub takes 1 MiB


def name_of(run, row):
    return cell(row) + ("" if row.toolchain == run.identity.toolchain else f" [{row.toolchain}]")


def numbers(run):
    """The rows that have a number, by cell, in order."""
    found = {}
    for row in run.rows:
        if row.value is not None:
            found.setdefault(name_of(run, row), []).append(row)
    return found


def as_json(value):
    return json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def google_benchmark(run):
    """One entry a cell that has a time. Time is real time; there is no other, and cpu_time, which readers demand, is
    the same."""
    main = next((t for t in run.info.get("toolchains", []) if t.get("role") == "main"), {})
    load = (run.info.get("noise") or {}).get("load_average", [])
    context = {
        "date": run.date, "executable": "abreast", "num_cpus": run.info["machine"].get("cores", 0), "caches": [],
        "load_avg": load, "library_build_type": "release", "json_schema_version": 1, "git_sha": run.revision,
        "compiler": run.identity.toolchain, "cflags": main.get("flags", ""), "kernel": run.info.get("kernel", ""),
        "cpu_model": run.identity.processor, "libc": run.identity.libc, "abreast_schema": str(SCHEMA),
    }  # fmt: skip
    entries = []
    for name, rows in numbers(run).items():
        time = next((row for row in rows if row.metric == "ns_per_op"), None)
        if time is None:
            continue
        entries.append({
            "name": name, "family_index": len(entries), "per_family_instance_index": 0, "run_name": name,
            "run_type": "iteration", "repetitions": 1, "repetition_index": 0, "threads": 1,
            "iterations": time.samples or 1, "real_time": time.value, "cpu_time": time.value, "time_unit": "ns",
            **{row.metric: row.value for row in rows if row is not time},
        })  # fmt: skip
    if not entries:
        raise Stop(f"{run.name} has no cell with a time (ns_per_op): this format is about times", NOTHING)
    return as_json({"context": context, "benchmarks": entries})


def action(run, better):
    """The direction belongs to the file; metrics where any change must be looked at have none and are left out."""
    entries = []
    for name, rows in numbers(run).items():
        for row in rows:
            rule = metric(row.metric, row.unit)
            if rule is None or rule.better != better:
                continue
            entry = {"name": f"{name} {row.metric}", "unit": row.unit, "value": row.value}
            if not row.exact:
                entry["range"] = f"± {(row.high - row.low) / 2:.6g}"
            entry["extra"] = f"{row.low:.17g} to {row.high:.17g}, {row.samples} samples; abreast names {SCHEMA}"
            entries.append(entry)
    if not entries:
        raise Stop(f"{run.name} has no metric of which {better} is better", NOTHING)
    return as_json(entries)


def smaller(run):
    return action(run, SMALLER)


def bigger(run):
    return action(run, LARGER)


MEASURES = {"ns_per_op": "latency", "msgs_per_s": "throughput"}  # Bencher's own, in ns and per second


def bencher(run):
    found = {}
    for name, rows in numbers(run).items():
        measures = found.setdefault(name, {})
        for row in rows:
            rule = metric(row.metric, row.unit)
            if rule is None or rule.better == SAME:
                continue
            value = {"value": row.value}
            if not row.exact:
                value.update(lower_value=row.low, upper_value=row.high)
            measures[MEASURES.get(row.metric, row.metric.replace("_", "-"))] = value
    found = {name: measures for name, measures in found.items() if measures}
    if not found:
        raise Stop(f"{run.name} has no number to hand over", NOTHING)
    return as_json(found)


def junit_text(cases, properties):
    """`cases` are (suite, class, name, kind, message): kind is "", "failure" or "skipped"."""
    suites = {}
    for case in cases:
        suites.setdefault(case[0], []).append(case)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<testsuites name="abreast">']
    for suite, members in suites.items():
        counts = {kind: sum(member[3] == kind for member in members) for kind in ("failure", "skipped")}
        lines.append(f'<testsuite name={quoteattr(suite)} tests="{len(members)}" failures="{counts["failure"]}" '
                     f'errors="0" skipped="{counts["skipped"]}" time="0">')  # fmt: skip
        lines.append("<properties>")
        lines += [f"<property name={quoteattr(name)} value={quoteattr(str(value))}/>" for name, value in properties]
        lines.append("</properties>")
        for _, group, name, kind, message in members:
            head = f'<testcase classname={quoteattr(group)} name={quoteattr(name)} time="0"'
            lines.append(f"{head}><{kind} message={quoteattr(message)}/></testcase>" if kind else f"{head}/>")
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def properties_of(run):
    return [("abreast_schema", SCHEMA), *run.identity._asdict().items(), ("revision", run.revision), ("date", run.date)]


def junit(run):
    """Each figure a case; one that could not be measured is skipped."""
    cases = [
        (row.experiment, row.model, f"{name_of(run, row)} {row.metric}", "skipped" if row.missing else "",
         "it could not be measured: see run.json")
        for row in run.rows
    ]  # fmt: skip
    return junit_text(cases, properties_of(run))


def findings_junit(run, findings, timings=()):
    cases, unmeasured = [], unmeasured_metrics(findings)
    for finding in findings:
        row = finding.row
        failed = finding.outcome in RED | {MISSING} or (row.experiment, row.metric) in unmeasured
        kind = "failure" if failed else "skipped" if finding.outcome in (WAIVED, UNMEASURED) else ""
        cases.append((row.experiment, row.model, f"{name_of(run, row)} {row.metric}", kind, finding.line()))
    for timing in timings:
        experiment, model = timing.cell.split("/")[:2]
        kind = {"red": "failure", "missing": "failure", "green": ""}.get(timing.verdict, "skipped")
        cases.append((experiment, model, f"{timing.cell} time", kind, timing.line()))
    return junit_text(cases, properties_of(run))


def markdown_cell(text):
    return escape(str(text)).replace("|", "\\|").replace("\n", " ")


def markdown_table(heads, rows):
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(markdown_cell(field) for field in row) + " |" for row in rows]


def summary(run):
    """All figures of a run, as far as GitHub shows them."""
    rows = [
        (name_of(run, row), row.metric, f"{row.value:.6g} {row.unit}",
         "" if row.exact else f"{row.low:.6g} to {row.high:.6g}")
        for row in run.rows
        if row.value is not None
    ]  # fmt: skip
    identity = run.identity
    lines = [f"### abreast: {len(rows)} figures", "",
             f"{identity.processor}, {identity.toolchain}, {identity.libc}, revision `{run.revision}`", ""]  # fmt: skip
    lines += markdown_table(["cell", "metric", "value", "99 % interval"], rows[:MOST_FIGURES])
    if len(rows) > MOST_FIGURES:
        lines += ["", f"... and {len(rows) - MOST_FIGURES} more: a filter chooses which."]
    return "\n".join(lines) + "\n"


def findings_summary(title, findings, timings, status):
    """What GitHub shows of a job: the verdict, then what is not equal, then the times."""
    lines = [f"### {title}: {SAID[status]}", ""]
    told = [finding for finding in findings if finding.outcome not in (EQUAL, UNMEASURED)]
    equal = sum(finding.outcome == EQUAL for finding in findings)
    if findings:
        lines += [f"{equal} deterministic figures are equal, {len(told)} are not.", ""]
    lines += [f"- measured in neither: {line}" for line in unmeasured_lines(findings)]
    told.sort(key=lambda finding: ORDER.index(finding.outcome))
    if told:
        rows = [
            (f.outcome, f.name, f.before, f.after, f"{f.change:+.3g} %" if f.change else f.note)
            for f in told[:MOST_SHOWN]
        ]
        lines += [*markdown_table(["", "figure", "before", "after", "change"], rows), ""]
    if len(told) > MOST_SHOWN:
        lines += [f"... and {len(told) - MOST_SHOWN} more; the job's log has them all.", ""]
    if timings:
        rows = [
            (t.verdict, t.cell, *(f"{r[0]:.4f} ({r[1]:.4f} to {r[2]:.4f})" for r in (t.ratio, t.control_ratio)), t.note)
            for t in timings
        ]
        lines += [*markdown_table(["", "cell", "B/A (99 %)", "control A/A", ""], rows), ""]
    return "\n".join(lines)


FORMATS = {
    "google-benchmark": google_benchmark,
    "github-smaller": smaller,
    "github-bigger": bigger,
    "bencher": bencher,
    "junit": junit,
    "summary": summary,
}
