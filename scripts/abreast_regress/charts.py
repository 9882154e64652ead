"""Charts of the history, by gnuplot: one a piece of work and metric, a line for each form of each model."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from abreast_report.rows import model_order

from .changes import change_points
from .history import series
from .sources import ROOT
from .status import Stop, ERROR

PAINT = {"raw": 0, "awaitable": 1, "sender": 2}
LABELS = 6  # of the x axis, at most
BETTER = {"msgs_per_s": "higher is better"}
METRIC_TITLES = {
    "ns_per_op": "time",
    "msgs_per_s": "messages a second",
    "instructions_per_op": "instructions",
    "op_state_bytes": "operation state",
    "stack_bytes_per_completion": "stack",
}


# What the operation of an experiment is, for who does not know its name.
OPERATIONS = {"grid": "one read", "echo": "one turn of the loop", "bridges": "one await", "stack": "one completion"}


def work(key):
    name = f"{key[0]}, {key[1].replace(',', ', ')}" if key[1] != "-" else key[0]
    return f"{OPERATIONS[key[0]]} ({name})" if key[0] in OPERATIONS else name


def title(key):
    return f"{METRIC_TITLES.get(key[2], key[2])}: {work(key)}"


def slug(key):
    return re.sub(r"[^a-z0-9]+", "-", "-".join(key).lower()).strip("-")


def short(revision):
    return revision[:7] if re.fullmatch(r"[0-9a-f]{40}(-dirty)?", revision) else revision[:16]


def when(point):
    """Day and time, as run.json says them."""
    return point.date[:16].replace("T", " ")


def ordered(lines):
    return sorted(lines.items(), key=lambda item: (model_order(item[0][0]), item[0]))


def changes_of(line):
    exact = all(point.low == point.value == point.high for point in line)
    return [(line[at], ratio) for at, ratio in change_points([point.value for point in line], exact)]


def as_percent(ratio):
    return "from 0" if ratio == float("inf") else f"{100 * (ratio - 1):+.1f} %"


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def block(rows):
    return "\n".join("\t".join(str(field) for field in row) for row in rows)


def chart_data(points):
    """What plots/history.gnuplot reads: a block for each line, and the settings that depend on the data."""
    lines = ordered(series(points))
    weight = {}
    for name, line in lines:
        weight[name[2:]] = weight.get(name[2:], 0) + len(line)
    # The processor that most runs are of is drawn solid, and before others.
    places = sorted(weight, key=lambda place: (-weight[place], place))
    lines.sort(key=lambda item: places.index(item[0][2:]))
    runs = {point.seq: point for point in sorted(points, key=lambda point: point.seq)}
    settings = axis(runs)
    for point in (point for point in runs.values() if point.note):
        settings.append(f"set arrow from {point.seq}, graph 0 to {point.seq}, graph 0.93 nohead dt 3 lc rgb '#444444'")
        settings.append(f"set label '#{point.seq}' at {point.seq}, graph 0.96 center")
    for _, line in lines:
        for point, ratio in changes_of(line):
            place = f"at {point.seq}, {point.value:.17g}"
            settings.append(f"set label {quoted(as_percent(ratio))} {place} left offset 0.5, 1 point pt 6 ps 1.7 lw 2")
    forms = [f"{name[0]} {name[1]}" for name, _ in lines]
    models = [name[0] for name, _ in lines]
    marks = [list(dict.fromkeys(form for form, m in zip(forms, models) if m == model)).index(form) for form, model in
             zip(forms, models)]  # fmt: skip
    columns = {
        "paints": [PAINT.get(model, 5) for model in models],
        "marks": [MARKS[mark % len(MARKS)] for mark in marks],
        "dashes": [places.index(name[2:]) + 1 for name, _ in lines],
    }
    settings += [f"{name} = '{' '.join(map(str, column))}'" for name, column in columns.items()]
    settings.append(f"titles = {quoted(SEPARATOR.join(first_of_each(forms)))}")
    several = len({processor for processor, _ in places}) == len(places)
    machines = [processor if several else f"{processor}, {toolchain}" for processor, toolchain in places]
    settings.append(f"machines = {quoted(SEPARATOR.join(machines) if len(machines) > 1 else '')}")
    blocks = [block((point.seq, point.value, point.low, point.high) for point in line) for _, line in lines]
    return "\n\n\n".join(blocks) + "\n", "\n".join(settings) + "\n"


SEPARATOR = "|"
MARKS = [7, 5, 9, 13, 11]


def first_of_each(words):
    """The words, blank where one has been there: what the legend names."""
    return [word.replace(SEPARATOR, "?") if word not in words[:index] else " " for index, word in enumerate(words)]


def axis(runs):
    step = -(-len(runs) // LABELS)
    days = {point.date[:10] for point in runs.values()}
    one_a_day = len(days) == len(runs)
    # In double quotes, for the line end in it.
    tics = [
        f'"{plain(short(point.revision))}\\n{plain(point.date[:10] if one_a_day else when(point)[5:])}" {seq}'
        for seq, point in list(runs.items())[::step]
    ]
    return [f"set xtics ({', '.join(tics)})", f"set xrange [{min(runs) - 0.5}:{max(runs) + 0.5}]"]


def plain(text):
    return re.sub(r"[^ -~]|[\"\\\\`]", "?", text)


def draw(key, points, folder):
    """The path of the SVG file."""
    if not shutil.which("gnuplot"):
        raise Stop("gnuplot is not installed: run scripts/setup", ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    name = slug(key)
    with tempfile.TemporaryDirectory() as scratch:
        data, extra = Path(scratch) / "data.dat", Path(scratch) / "extra.gnuplot"
        for path, text in zip((data, extra), chart_data(points)):
            path.write_text(text, encoding="utf-8")
        target = folder / f"{name}.svg"
        unit = points[0].unit
        variables = {"data": data, "extra": extra, "out": target.resolve(), "kind": "svg", "chart": title(key),
                     "id": name.replace("-", "_"),
                     "unit": f"{unit}, {BETTER.get(key[2], 'lower is better')}"}  # fmt: skip
        settings = "; ".join(f"{variable}={quoted(value)}" for variable, value in variables.items())
        done = subprocess.run(["gnuplot", "-e", settings, "history.gnuplot"], cwd=ROOT / "plots", capture_output=True,
                              text=True, timeout=60)  # fmt: skip
    if done.returncode or not target.exists():
        raise Stop(f"the chart {name} could not be drawn: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return target
