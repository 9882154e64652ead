"""The C models beside real C++: the same cells, compiled by the same toolchain."""

from .rows import Setting, without
from .stack import Cell, cells_of
from .tables import Mark, Section, Table

COMPILERS = {"g++": "gcc", "clang++": "clang"}


def as_c(toolchain):
    """The C compiler's name for a C++ toolchain: "g++-12.2.0 O2 ..." is "gcc-12.2.0 O2 ..."."""
    for cxx, c in COMPILERS.items():
        if toolchain.startswith(f"{cxx}-"):
            return c + toolchain[len(cxx) :]
    return toolchain


def build(results):
    rows = [row for found in results.values() for row in found]
    section = Section("calibration")
    body = stack_rows(rows)
    others = figure_rows(rows)
    equal_class = sum(c.growth == cxx.growth for _, c, cxx in body)
    equal_bytes = sum(c == cxx for _, c, cxx in body)
    if body:
        section.headline = (
            f"Calibration: C and C++ agree whether the stack grows in {equal_class} of {len(body)} cells, and on the "
            f"bytes a completion in {equal_bytes} of {len(body)}."
        )
        section.tables.append(
            Table(
                "calibration",
                "Stack per synchronous completion: the C model and real C++",
                ["cell", "toolchain", "C", "C++", "comparison"],
                [[name, toolchain, c.text(), cxx.text(), comparison(c, cxx)] for (name, toolchain), c, cxx in body],
                "0: no growth. The toolchain is named as for C.",
            )
        )
        section.findings = disagreements(body)
    if others:
        section.tables.append(
            Table(
                "calibration-figures",
                "Other figures: the C model and real C++",
                ["cell", "toolchain", "metric", "C", "C++", "difference"],
                others,
            )
        )
    return section


def twin_of(cells, model, mechanism, variant):
    """The C cells that model a C++ one. A C++ completion function is noexcept, so where the C model has it both ways,
    its twin is the one with the boundary."""
    bounded = "boundary=yes" if variant == "-" else f"boundary=yes,{variant}"
    return cells.get((model, mechanism, variant)) or cells.get((model, mechanism, bounded), {})


def stack_rows(rows):
    """[((cell name, toolchain), C cell, C++ cell)] for every C++ cell that has a C twin."""
    cells = cells_of([row for row in rows if row.experiment == "stack"])
    found = []
    for (model, mechanism, variant), by_toolchain in cells.items():
        if not model.startswith("cxx-"):
            continue
        twin = twin_of(cells, model.removeprefix("cxx-"), mechanism, variant)
        for toolchain, cxx in by_toolchain.items():
            c = twin.get(as_c(toolchain))
            if isinstance(c, Cell) and c.growth and cxx.growth:
                name = f"{model.removeprefix('cxx-')} {mechanism}" + ("" if variant == "-" else f" ({variant})")
                found.append(((name, as_c(toolchain)), c, cxx))
    return found


def comparison(c, cxx):
    if c == cxx:
        return Mark("equal", "constant")
    if c.growth != cxx.growth:
        return Mark(f"differ: C {c.growth}, C++ {cxx.growth}", "linear")
    return Mark(f"{c.bytes - cxx.bytes:+g} B in C", "bounded")


def disagreements(body):
    """One sentence for each cell and pair of classes on which C and C++ differ, with the settings."""
    found = {}
    for (name, toolchain), c, cxx in body:
        if c.growth != cxx.growth:
            setting = Setting.parse(toolchain)
            found.setdefault((name, c.growth, cxx.growth), []).append(f"{setting.compiler} {setting.describe()}")
    return [
        f"{name} is {c} in C and {cxx} in C++ at {len(where)} setting{'s' * (len(where) > 1)}: {', '.join(where)}."
        for (name, c, cxx), where in found.items()
    ]


def figure_rows(rows):
    """Figures other than the stack's that both languages have."""
    skip = "stack_growth stack_bytes_per_completion stack_guarantee overflow_predicted overflow_seen".split()
    skip.append("longest_run_completions")
    c_rows = {
        (row.experiment, row.model, row.mechanism, row.variant, row.toolchain, row.metric): row
        for row in rows
        if not row.model.startswith("cxx-")
    }
    found = []
    for row in rows:
        if not row.model.startswith("cxx-") or row.metric in skip or row.value is None:
            continue
        model = row.model.removeprefix("cxx-")
        toolchain = as_c(row.toolchain)
        twin = c_rows.get((row.experiment, model, row.mechanism, row.variant, toolchain, row.metric))
        if twin is None or twin.value is None:
            continue
        variant = without(row.variant)
        name = f"{row.experiment}: {model} {row.mechanism}" + ("" if variant == "-" else f" ({variant})")
        difference = twin.value - row.value
        mark = Mark("equal", "constant") if difference == 0 else Mark(f"{difference:+g}", "bounded")
        found.append([name, toolchain, row.metric, f"{twin.value:g}", f"{row.value:g}", mark])
    return found
