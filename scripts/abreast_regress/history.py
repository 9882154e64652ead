"""The history: an append-only TSV file, one row a figure of a run.

The first line is "# abreast history 1", the second the header. Rows are only ever appended, by one write a run; a run
that is there already is refused. Charts and dashboard are made from this file alone.
"""

import os
from collections import namedtuple
from fnmatch import fnmatchcase
from math import isfinite
from pathlib import Path

from .runs import cell, wants
from .status import NOTHING, Stop

SCHEMA = "# abreast history 1"
COLUMNS = (
    "seq date revision processor toolchain experiment model mechanism variant metric unit value low high samples note"
).split()
Point = namedtuple("Point", COLUMNS)

# Kept of a run where no filter says otherwise: each model's leading forms beside the floor, by the main toolchain.
LEADING = [
    *(f"grid/{form}/*" for form in ("raw/floor", "awaitable/task", "awaitable/task-ready", "sender/pipeline",
                                    "sender/pipeline-any-sender", "sender/task-member")),
    *(f"echo/{form}/transport=memory,message=64,process=*" for form in
      ("raw/floor", "awaitable/task", "sender/pipeline")),
    *(f"bridges/{form}/completes={when}" for form in ("raw/floor", "awaitable/native", "sender/native")
      for when in ("inline", "later")),
    "stack/awaitable/transfer/-",
    "stack/sender/p2300/boundary=no",
]  # fmt: skip
METRICS = ["ns_per_op", "msgs_per_s", "instructions_per_op", "op_state_bytes", "stack_bytes_per_completion"]


def points_of(run, filters, seq, revision, note):
    found = []
    for row in run.rows:
        name = cell(row)
        if row.metric not in METRICS or row.toolchain != run.identity.toolchain or row.value is None:
            continue
        if wants(filters, name) if filters else any(fnmatchcase(name, pattern) for pattern in LEADING):
            found.append(
                Point(seq, run.date, revision, run.identity.processor, row.toolchain, row.experiment, row.model,
                      row.mechanism, row.variant, row.metric, row.unit, row.value, row.low, row.high, row.samples, note)
            )  # fmt: skip
    if not found:
        raise Stop(f"{run.name} has nothing of what the history keeps: measure those cells, or name others", NOTHING)
    return found


def absent(run, filters):
    """What the history keeps of every run, and this one has not: another name, or a run of other cells."""
    names = {cell(row) for row in run.rows if row.metric in METRICS and row.toolchain == run.identity.toolchain}
    return [] if filters else [pattern for pattern in LEADING if not any(fnmatchcase(n, pattern) for n in names)]


def word(value):
    return f"{value:.17g}" if isinstance(value, float) else str(value)


def parse(line, where):
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise Stop(f"{where}: {len(fields)} columns instead of {len(COLUMNS)}: restore the file")
    try:
        numbers = [float(text) for text in fields[11:14]]
        point = Point(int(fields[0]), *fields[1:11], *numbers, int(fields[14]), fields[15])
    except ValueError:
        raise Stop(f"{where}: a number cannot be read: restore the file") from None
    if point.metric not in METRICS or not all(isfinite(number) for number in numbers):
        raise Stop(f"{where}: a metric is unknown or a number not finite: restore the file")
    return point


def read(path, may_be_absent=False):
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        if may_be_absent:
            return []
        raise Stop(f"there is no history {path}: 'scripts/regress history add' begins one", NOTHING) from None
    except (OSError, ValueError) as error:
        raise Stop(f"{path} cannot be read: {error}") from None
    lines = text.split("\n")
    if lines[0] != SCHEMA or len(lines) < 2 or lines[1].split("\t") != COLUMNS:
        raise Stop(f"{path}: it does not begin with '{SCHEMA}' and the header: it is no history of this version")
    if lines.pop():
        raise Stop(f"{path}: its last line is cut off: restore the file")
    return [parse(line, f"{path}:{number}") for number, line in enumerate(lines[2:], 3)]


def append(path, points):
    path = Path(path)
    new = not path.exists()
    text = f"{SCHEMA}\n" + "\t".join(COLUMNS) + "\n" if new else ""
    text += "".join("\t".join(word(value) for value in point) + "\n" for point in points)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(handle).st_size
            if os.write(handle, text.encode("utf-8")) != len(text.encode("utf-8")):
                os.ftruncate(handle, size)
                raise OSError("no room")
        finally:
            os.close(handle)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror or error}") from None


def add(path, run, filters, revision, note):
    """How many rows were appended, and the number of the run."""
    if any(sign in revision + note for sign in "\t\n"):
        raise Stop("a revision or a note holds a tab or a line end")
    before = read(path, may_be_absent=True)
    if any((point.date, point.revision) == (run.date, revision) for point in before):
        raise Stop(f"{path} has this run already: {revision[:12]} of {run.date}")
    seq = max((point.seq for point in before), default=0) + 1
    points = points_of(run, filters, seq, revision, note)
    append(path, points)
    return len(points), seq


def charts(points, filters=()):
    """Points by chart, which is what one picture shows: a piece of work and a metric, for all models."""
    found = {}
    for point in points:
        if wants(filters, f"{point.experiment}/{point.model}/{point.mechanism}/{point.variant}"):
            found.setdefault((point.experiment, point.variant, point.metric), []).append(point)
    if not found:
        raise Stop("the history has nothing that the filters name", NOTHING)
    works = list(dict.fromkeys(key[:2] for key in found))
    return dict(sorted(found.items(), key=lambda item: (works.index(item[0][:2]), METRICS.index(item[0][2]))))


def series(points):
    """The points of a chart by line: processors and toolchains are never joined."""
    found = {}
    for point in points:
        found.setdefault((point.model, point.mechanism, point.processor, point.toolchain), []).append(point)
    return {name: sorted(line, key=lambda point: point.seq) for name, line in found.items()}
