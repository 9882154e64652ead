"""Several runs side by side, of machines or of dates: what is the same, and what differs.

Counts, sizes and growth classes are compared one by one, those that the gate of scripts/regress judges: they do not
depend on the machine as it is. Of times only ratios are, each of which a run has measured in interleaved pairs against
its own floor. The times themselves are not set beside each other: those of two machines, or of two days, say nothing of
the code.
"""

import html
from pathlib import Path

from abreast_regress.metrics import gated

from . import claims, links, runinfo
from .rows import BadResults, breakable, read_results, shown_row
from .tables import Heading, Mark, Table, write_file

TIMED = ("ns", "ms", "1/s", "ratio", "fraction")  # units of what is never compared one by one
LISTED = 12  # differing figures of a metric that are listed
ABOUT = {  # what run.json says of a run: words, path
    "program": "program",
    "revision": "git.revision",
    "mode": "mode",
    "filters": "filters",
    "seed": "seed",
    "start": "start",
    "processor": "machine.cpu_model",
    "processors": "machine.cores",
    "kernel": "kernel",
    "C library": "libc",
    "malloc": "malloc_file",
    "reactor": "reactor.backend",
    "transfer": "transfer",
    "load average": "noise.load_average",
    "steal, %": "noise.steal_percent",
}


class Run:
    def __init__(self, folder, name):
        self.folder, self.name = Path(folder), name
        self.info = runinfo.read(folder)
        self.results = runinfo.of_this_run(read_results(self.folder / "results"), self.info)
        if not self.results:
            raise BadResults(f"{self.folder / 'results'} has no results: name the folders of finished runs")

    @property
    def toolchains(self):
        """{(name, role): flags}: the main build and a build of cells may have one name, and other flags."""
        entries = self.info.get("toolchains", [])
        return {(entry["name"], entry.get("role", "")): entry.get("flags", "") for entry in entries}


def named(folders):
    """The runs by the names of their folders, or by their paths where two have the same."""
    paths = [Path(folder) for folder in folders]
    names = [path.resolve().name for path in paths]
    return [Run(path, name if names.count(name) == 1 else str(path)) for path, name in zip(paths, names)]


class Comparison:
    """The tables of some runs, and a line of each."""

    def __init__(self, runs, paper):
        self.runs = runs
        self.names = [run.name for run in runs]
        self.verdicts = [claims.judge(paper, run.results, run.info) for run in runs]
        self.experiments = list(dict.fromkeys(name for run in runs for name in run.results))
        self.lines = []
        self.tables = [
            self.about(),
            self.toolchains(),
            self.present(),
            *self.figures(),
            *self.ratios(),
            *self.claims(),
        ]

    # ---- What ran ----

    def about(self):
        flat = [dict(runinfo.flat(run.info)) for run in self.runs]
        body = []
        for words, path in ABOUT.items():
            values = [pairs.get(path, "?") for pairs in flat]
            if set(values) != {"?"}:
                body.append([words, *values, "the same" if len(set(values)) == 1 else Mark("differs", "bounded")])
        machine = [tuple(pairs.get(ABOUT[key], "?") for key in ("processor", "processors")) for pairs in flat]
        unfinished = [run.name for run in self.runs if not run.info]
        self.lines.append(
            ("One kind of machine" if len(set(machine)) == 1 else "Different machines")
            + ("" if len({pairs.get("git.revision") for pairs in flat}) == 1 else ", different revisions")
            + (f"; without run.json, unfinished: {', '.join(unfinished)}" if unfinished else "")
            + "."
        )
        return Table("runs-machines", "The runs and their machines", ["", *self.names, ""], body, essential=True)

    def toolchains(self):
        every = list(dict.fromkeys(name for run in self.runs for name in run.toolchains))
        body = []
        for name, role in every:
            flags = [run.toolchains.get((name, role)) for run in self.runs]
            known = {found for found in flags if found is not None}
            word = "not in all" if None in flags else "the same" if len(known) == 1 else "other flags"
            cells = ["-" if found is None else found or "yes" for found in flags]
            body.append([f"{name} ({role})" if role else name, *cells, word])
        differing = [line for line in body if line[-1] != "the same"]
        same = len(body) - len(differing)
        self.lines.append(f"Toolchains: {same} of {len(body)} are in all runs with the same flags.")
        title = "Toolchains that are not the same in all runs" if differing else "Toolchains"
        return Table("runs-toolchains", title, ["toolchain", *self.names, ""], differing or body, detail=True)

    def present(self):
        def said(run, name):
            return f"{len(run.results[name])} figures" if name in run.results else Mark("no", "missing")

        body = [[name, *(said(run, name) for run in self.runs)] for name in self.experiments]
        for run in self.runs:
            absent = [name for name in self.experiments if name not in run.results]
            if absent:
                self.lines.append(f"{run.name} has no results of {', '.join(absent)}.")
        return Table("runs-experiments", "What each run measured", ["experiment", *self.names], body)

    # ---- Counts, sizes and classes ----

    def figures(self):
        found = [exact(run.results) for run in self.runs]
        body, lists = [], []
        for experiment in self.experiments:
            mine = [{key: row for key, row in rows.items() if key[0] == experiment} for rows in found]
            keys = dict.fromkeys(key for rows in mine for key in rows)
            shared = dict.fromkeys(key for key in keys if sum(key in rows for rows in mine) > 1)
            differing = [key for key in shared if len({rows[key].text for rows in mine if key in rows}) > 1]
            only = [sum(key not in shared for key in rows) for rows in mine]
            body.append([experiment, len(shared), len(shared) - len(differing), len(differing), *only])
            if differing:
                lists.append(self.differing(experiment, differing, mine))
        total, equal = (sum(line[index] for line in body) for index in (1, 2))
        where = ", ".join(f"{line[0]} {line[3]}" for line in body if line[3])
        self.lines.append(
            f"Counts, sizes and growth classes: {equal:,} of {total:,} that two runs or more have are equal"
            + (f"; they differ in {where}." if where else ".")
        )
        columns = ["experiment", "in two runs or more", "equal", "differ", *(f"only in {name}" for name in self.names)]
        note = (
            "Figures that scripts/regress judges, and that have no interval: bytes, counts, instructions, growth "
            "classes. What the kernel or a malloc has a part in, such as system calls and resident memory, is not "
            "among them. Those of a toolchain or of a cell that no other run has are in the last columns."
        )
        title = "Figures that do not depend on time: equal or not"
        body = [[str(cell) for cell in line] for line in body]
        return [Table("runs-figures", title, columns, body, note, essential=True), *lists]

    def differing(self, experiment, keys, found):
        body, metrics = [], {}
        columns = ["cell", "toolchain", *self.names]
        for key in keys:
            metrics.setdefault(key[5], []).append(key)
        for metric, mine in metrics.items():
            body.append(Heading(f"{metric}: {len(mine)}", len(columns)))
            for key in mine[:LISTED]:
                _, model, mechanism, variant, toolchain, _ = key
                cell = f"{model} {mechanism} {'' if variant == '-' else breakable(variant)}".strip()
                body.append([cell, toolchain, *(shown_row(rows.get(key)) for rows in found)])
        left = sum(max(0, len(mine) - LISTED) for mine in metrics.values())
        note = f"{left} more differ; they are in the files of results." if left else ""
        return Table(f"runs-differ-{experiment}", f"{experiment}: what differs", columns, body, note, detail=True)

    # ---- Ratios ----

    def ratios(self):
        found = [paired(run.results) for run in self.runs]
        every = dict.fromkeys(key for rows in found for key in rows)
        keys = [key for key in every if sum(key in rows for rows in found) > 1]
        apart = dict.fromkeys(key for key in keys if not overlap([rows[key] for rows in found if key in rows]))
        if not keys:
            return []
        opposite = [key for key in apart if on_both_sides([rows[key] for rows in found if key in rows])]
        self.lines.append(
            f"Paired ratios: in {len(keys) - len(apart)} of {len(keys)} the runs' 99 % intervals overlap"
            + (f"; in {len(opposite)} of the others they lie on different sides of 1." if apart else ".")
        )
        columns = ["cell", *self.names, "intervals"]
        body, experiment = [], None
        for key in keys:
            if key[0] != experiment:
                experiment = key[0]
                body.append(Heading(experiment, len(columns)))
            _, model, mechanism, variant, metric = key
            word = Mark("apart", "linear") if key in apart else "overlap"
            if key in opposite:
                word = Mark("apart, on different sides of 1", "linear")
            cell = f"{model} {mechanism} {'' if variant == '-' else breakable(variant)}, {metric}"
            body.append([cell, *(shown_row(rows.get(key)) for rows in found), word])
        counts = []
        for name in self.experiments:
            mine = [key for key in keys if key[0] == name]
            if mine:
                alone = sum(key in apart for key in mine)
                sides = sum(key in opposite for key in mine)
                counts.append([name, *(str(n) for n in (len(mine), len(mine) - alone, alone, sides))])
        note = (
            "A ratio is a cell's time over its baseline's, in interleaved pairs of one run: below 1 is faster than the "
            "baseline. With 99 % intervals, of a hundred ratios that are the same in truth a few do not overlap."
        )
        heads = ["experiment", "ratios in two runs or more", "overlap", "apart", "of these on different sides of 1"]
        return [
            Table("runs-ratios", "Paired ratios: do the runs agree?", heads, counts, note, essential=True),
            Table("runs-ratios-all", "Every paired ratio, side by side", columns, body, detail=True),
        ]

    # ---- Claims ----

    def claims(self):
        by_run = [{verdict.id: verdict for verdict in verdicts} for verdicts in self.verdicts]
        ids = list(dict.fromkeys(name for found in by_run for name in found))
        if not ids:
            return []
        body, same, judged = [], 0, 0
        for name in ids:
            found = [verdicts.get(name) for verdicts in by_run]
            words = [verdict.verdict for verdict in found if verdict and verdict.verdict != claims.UNTESTED]
            word = "not tested in two runs"
            if len(words) > 1:
                judged += 1
                same += len(set(words)) == 1
                word = "the same" if len(set(words)) == 1 else Mark("differs", "linear")
            claim = next(verdict for verdict in found if verdict)
            body.append([name, claim.claim, *(verdict.text if verdict else "-" for verdict in found), word])
        self.lines.append(f"Verdicts of claims: the same for {same} of {judged} that two runs or more can test.")
        columns = ["claim", "in our words", *self.names, ""]
        differing = [line for line in body if isinstance(line[-1], Mark)]
        found = [Table("runs-claims", "Verdicts of claims, side by side", columns, body, detail=True)]
        if differing:
            title = "Claims whose verdicts differ"
            found.insert(0, Table("runs-claims-differ", title, columns, differing, essential=True))
        return found


def exact(results):
    """{key: Row} of what has no interval and is no time."""
    return {
        (row.experiment, row.model, row.mechanism, row.variant, row.toolchain, row.metric): row
        for rows in results.values()
        for row in rows
        if gated(row.metric, row.unit) and row.unit not in TIMED and not row.missing
        and (row.exact or row.value is None)
    }


def paired(results):
    """{key: Row} of ratios with an interval. The compiler is not part of the key: only the main build is timed."""
    return {
        (row.experiment, row.model, row.mechanism, row.variant, row.metric): row
        for rows in results.values()
        for row in rows
        if row.metric.startswith("ratio_to_") and row.value is not None and not row.exact
    }


def overlap(rows):
    return max(row.low for row in rows) <= min(row.high for row in rows)


def on_both_sides(rows):
    return any(row.low > 1 for row in rows) and any(row.high < 1 for row in rows)


def page(comparison, paper):
    """paper/runs.html, filled."""
    paper = Path(paper)
    text = (paper / "runs.html").read_text(encoding="utf-8")
    values = {
        "style": (paper / "report.css").read_text(encoding="utf-8"),
        "names": html.escape(", ".join(comparison.names)),
        "lines": "".join(f"<li>{links.html(line, wanted=False)}</li>\n" for line in comparison.lines),
        "tables": "".join(table.html(wanted=False) for table in comparison.tables),
    }
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def summary(comparison):
    """The same in Markdown."""
    lines = "".join(f"- {line}\n" for line in comparison.lines)
    return f"# Runs side by side: {', '.join(comparison.names)}\n\n{lines}"


def write(folders, out, paper):
    """OUT/report.html and OUT/tables of several runs; returns the lines that say what differs."""
    out = Path(out)
    if (out / "results").exists() or out.resolve() in [Path(folder).resolve() for folder in folders]:
        raise BadResults(f"{out} holds a run, whose report would be overwritten: name another folder with --out")
    comparison = Comparison(named(folders), paper)
    write_file(out / "report.html", page(comparison, paper))
    write_file(out / "tables" / "runs.md", summary(comparison))
    for table in comparison.tables:
        for suffix, text in (("md", table.markdown()), ("tsv", table.tsv()), ("tex", table.latex())):
            write_file(out / "tables" / f"{table.name}.{suffix}", text)
    return comparison.lines
