"""The papers' figures, paper/published.tsv, and the table that sets ours beside them."""

from pathlib import Path

from .cells import cells_of, label
from .matrix import plain
from .tables import Table

COLUMNS = "source table row column value unit note".split()


def read(paper):
    lines = (Path(paper) / "published.tsv").read_text(encoding="utf-8").splitlines()
    if lines[0].split("\t") != COLUMNS:
        raise ValueError("published.tsv: the first line does not name its columns")
    return [(line.split("\t") + [""] * len(COLUMNS))[: len(COLUMNS)] for line in lines[1:] if line]


def growth(results, model, mechanism, level):
    """What we saw of one mechanism at one optimisation level: every growth class, with how often."""
    seen = {}
    for key, found in cells_of(results.get("stack", [])).items():
        if key[0] == model and key[1] == mechanism and key[2] in ("-", "boundary=yes"):
            for toolchain, cell in plain(found).items():
                if cell.growth and f" {level} " in f"{toolchain} ":
                    seen[cell.growth] = seen.get(cell.growth, 0) + 1
    return ", ".join(f"{name} at {count}" for name, count in sorted(seen.items())) or "not measured"


def stack_table(published, results):
    """P2583 7.1's O(N) and O(1) beside the classes that we saw, at the levels that people ship and debug with."""
    wanted = {"sender": ("sender", "p2300"), "symmetric transfer": ("awaitable", "transfer")}
    body = []
    for source, table, row, column, value, *_ in published:
        if table.startswith("7.1 stack space") and column in wanted:
            ours = [growth(results, *wanted[column], level) for level in ("O0", "O2")]
            body.append([f"{source} {table}: {row}, {column}", value, label((*wanted[column], "-")), *ours])
    return Table(
        "published-stack",
        "Published and ours: stack of N synchronous completions",
        ["published claim", "published", "our mechanism", "ours at O0 (settings)", "ours at O2 (settings)"],
        body,
        "constant is O(1), linear is O(N); the settings differ in compiler, sibling calls and exceptions.",
    )
