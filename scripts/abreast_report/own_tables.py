"""Our own tables: every mechanism in one row, what each costs above the floor, what each model gives and takes."""

from pathlib import Path

from . import matrix, paper_tables
from .cells import cells_of
from .mitigations import apart
from .rows import cited, model_order, pairs, shown, shown_row
from .shape import grown
from .stack import guarantees
from .tables import Heading, Mark, Table

BOUNDARY, WITHOUT = "-exceptions", "-no-boundary"
# Where the cost of a mechanism is measured: the first of these that has a cell of its name.
COSTS = (
    ("mitigations", "completes=inline"),
    ("bridges", "completes=inline"),
    ("syncratio", "reactor=sim,share=100"),
)
ALIASES = {"p2300": "sender-awaitable", "ready": "native"}  # in bridges
SIZES = {"op_state_bytes": ("bridges",), "frame_bytes": ("mitigations", "bridges", "syncratio")}
OTHERWISE = {("complete", "cross-thread"), ("complete", "post"), ("scheduler", "run_loop")}  # what no cost is of
GUARANTEED = ("construction", "language", "compiler")


def build(paper, results):
    ours = paper_tables.Ours(results)
    found = [mechanisms(results, ours), costs(results, ours)]
    templates = paper_tables.read(Path(paper) / "tables", "own")
    found += [compared(template, ours) for template in templates if measured(template, ours)]
    return [table for table in found if table and table.rows]


# ---- One row a mechanism ----


def mechanisms(results, ours):
    if "stack" not in results:
        return None
    rows = [row for row in results["stack"] if not row.model.startswith("cxx-")]
    said = guarantees(rows)
    compilers = list(dict.fromkeys(compiler for words in said.values() for compiler in words))
    columns = [
        "mechanism",
        "settings without growth",
        *(f"owed to, {compiler}" for compiler in compilers),
        "allocations",
        "instructions above the floor",
        "ns above the floor",
        "operation / frame, B",
        "costs from",
    ]
    body, model = [], None
    for line in sorted(matrix.lines_of(cells_of(rows)), key=lambda line: model_order(line.keys[0][0])):
        if line.keys[0][0] != model:
            model = line.keys[0][0]
            body.append(Heading(model, len(columns)))
        for name, mechanism in names_of(line):
            body.append([name, stack_of(line), *owed(line, said, compilers), *cost_cells(model, mechanism, ours)])
    return Table(
        "mechanisms",
        "Every mechanism in one row",
        columns,
        body,
        "Less is better, but for the settings without growth of the stack. What that is owed to: construction, "
        "language and compiler (musttail) guarantee it; luck: the optimiser made a call a jump, which is no promise. "
        "Costs are of one completion at once, main build, above the floor of the experiment in the last column; in "
        "brackets the 99 % interval. Bytes: of the operation state or awaitable, and of the coroutine that awaits it. "
        "In syncratio a completion is a whole message, read and written. Variants that grow at the same settings share "
        "a row, and have the costs of the plain one. -: no cell.",
        essential=True,
        tight=True,
    )


def stack_of(line):
    known = [cell for _, cell in line.known]
    flat = [cell for cell in known if cell.growth != "linear"]
    kind = "constant" if len(flat) == len(known) else "bounded" if flat else "linear"
    text = Mark(f"{len(flat)} of {len(known)}", kind if known else "missing")
    return cited(text, *(cell.rows["stack_growth"] for cell in (flat or known)[:1]))


def owed(line, said, compilers):
    """For each compiler what a stack that does not grow rests on."""
    found = []
    for compiler in compilers:
        words = said.get(line.keys[0], {}).get(compiler, "-")
        basis = words.partition(" (")[0].partition(":")[0]
        if basis in GUARANTEED:
            found.append(basis if "confirmed" in words else f"{basis}: refuted")
        else:
            luck = basis == "optimiser" and " in 0 of" not in words
            found.append("luck" if luck else {"?": "not available", "-": "-"}.get(basis, "nothing"))
    return found


def names_of(line):
    """[(what the row is called, the mechanism in experiments without variants of it, or "")]: one for each way that a
    mechanism has of its own, by=."""
    model, mechanism, _ = line.keys[0]
    name = line.name.removeprefix(f"{model} ")
    variants = [pairs(variant) for _, _, variant in line.keys]
    if not any(OTHERWISE & variant.items() == set() for variant in variants):
        return [(name, "")]
    ways = list(dict.fromkeys(variant["by"] for variant in variants if "by" in variant))
    return [(f"{mechanism}-{way}", f"{mechanism}-{way}") for way in ways] or [(name, mechanism)]


def cost_cells(model, mechanism, ours):
    for experiment, variant in COSTS:
        own = ALIASES.get(mechanism, mechanism) if experiment == "bridges" else mechanism
        key = (experiment, model, own, variant)
        count, time = ours.row(key, "instructions_per_op"), ours.row(key, "ns_above_floor")
        if count or time:
            allocations = ours.row(key, "allocs_per_op")
            allocations = allocations or ours.row(("phases", model, mechanism, "stream=ready"), "allocs_per_op")
            bytes_ = sizes(model, mechanism, ours)
            return [shown_row(allocations), above(count, ours), shown_row(time), bytes_, experiment]
    return ["-"] * 5


def sizes(model, name, ours):
    """"48 / 104": of the operation and of the coroutine that awaits it, wherever they are measured."""
    found = []
    for metric, experiments in SIZES.items():
        rows = []
        for experiment, variant in COSTS:
            own = ALIASES.get(name, name) if experiment == "bridges" else name
            if experiment in experiments:
                rows.append(ours.row((experiment, model, own, variant), metric))
        found.append(next((row for row in rows if row is not None and row.value), None))
    return cited(" / ".join(map(shown_row, found)), *found) if any(found) else "-"


def floor_of(row, ours):
    """The floor's figure of the same build: with exceptions on it may have a name of its own."""
    key = (row.experiment, "raw", "floor", row.variant)
    rows = ours.rows((row.experiment, "raw", "floor" + BOUNDARY, row.variant), row.metric) + ours.rows(key, row.metric)
    same = [floor for floor in rows if floor.toolchain == row.toolchain]
    alike = [floor for floor in rows if floor.setting.compiler == row.setting.compiler]
    return next((floor for floor in same + alike if floor.value is not None), None)


def above(row, ours):
    """Instructions more than the floor's."""
    floor = floor_of(row, ours) if row is not None else None
    if floor is None or row.value is None:
        return "-" if row is None else shown_row(row)
    return cited(f"{shown(round(row.value - floor.value, 1))}", row, floor)


# ---- Cost above the floor ----


def costs(results, ours):
    """Of mitigations: at once and later, by instructions at once."""
    rows = [row for row in results.get("mitigations", []) if row.variant == "completes=inline"]
    found = {}
    for row in rows:
        name = (row.model, row.mechanism)
        if row.metric == "instructions_per_op" and row.value is not None and row.model != "raw":
            found.setdefault(name, {})[row.setting.compiler] = row
    compilers = list(dict.fromkeys(compiler for counts in found.values() for compiler in counts))
    if not found:
        return None

    def instructions(name):
        row = next(iter(found[name].values()))
        floor = floor_of(row, ours)
        return row.value - (floor.value if floor else 0)

    body = []
    for name in sorted(found, key=instructions):
        inline = ("mitigations", *name, "completes=inline")
        later = ("mitigations", *name, "completes=later")
        body.append(
            [
                " ".join(name),
                *(above(found[name].get(compiler), ours) for compiler in compilers),
                shown_row(ours.row(inline, "ns_above_floor")),
                above(ours.row(later, "instructions_per_op"), ours),
                shown_row(ours.row(later, "ns_above_floor")),
            ]
        )
    return Table(
        "cost-above-floor",
        "What a completion costs above the floor, by mechanism",
        [
            "mechanism",
            *(f"instructions at once, {compiler}" for compiler in compilers),
            "ns at once",
            "instructions later",
            "ns later",
        ],
        body,
        "Less is better; the cheapest first, by instructions at once. The floor is a bare state machine. In brackets "
        "the 99 % interval of paired, interleaved runs: where it has 0 in it, nothing was told apart from the floor. "
        "At once: the operation completes inside its start; later: from the run_loop.",
    )


# ---- Gives and takes ----


def measured(template, ours):
    return any(ours.row(cell.ours) for _, cell in paper_tables.cells_of(template))


def compared(template, ours):
    """A template's table, and a column that says which of its last two columns has less."""
    table = paper_tables.table(template, None, ours)
    first, second = (name for _, name in template.columns[-2:])
    lines = [cells for _, cells in template.rows]
    for line, cells in zip(table.rows, lines):
        if cells is None:
            line.append("")
            continue
        line.append(less(*(ours.rows(cell.ours) if cell.ours else [] for cell in cells[-2:]), first, second))
    table.columns.append("less")
    table.heads = []
    table.name = template.name
    return table


EQUAL, UNKNOWN = "equal", "not told apart"
PLACED = ("mitigations", "bridges")  # whose times of a completion must be apart by more than the code's placement makes


def less(mine, theirs, first, second):
    if not mine or not theirs:
        return "-"
    if mine[0].metric == "stack_growth":
        one, other = (len(grown(rows)) / len(rows) for rows in (mine, theirs))
        return EQUAL if one == other else first if one < other else second
    one, other = (next((row for row in rows if row.value is not None), None) for rows in (mine, theirs))
    if one is None or other is None:
        return "-"
    if one.value == other.value:
        return EQUAL
    low, high, word = (one, other, first) if one.value < other.value else (other, one, second)
    told = low.experiment not in PLACED or low.unit != "ns" or apart(low.value, high.value)
    return word if told and low.high < high.low else UNKNOWN


# ---- The artifact appendix ----


def artifact(verdicts):
    """Each claim, the command that measures and judges it again, and how long that takes."""
    body = [
        [
            verdict.id,
            f"{verdict.source} {verdict.section}".strip(),
            verdict.verdict,
            verdict.command,
            "?" if verdict.minutes is None else f"{verdict.minutes:.1f}",
        ]
        for verdict in verdicts
    ]
    return Table(
        "artifact",
        "Each claim, what measures it again, and for how long",
        ["claim", "source", "verdict here", "command", "minutes"],
        body,
        "Minutes: of the whole command on this machine, once all is built; a first build comes on top. They are "
        "reckoned from what this run took for its stages and from the share of their cells that the claim rests on, "
        "with five seconds to begin and to judge, and are rounded up.",
    )
