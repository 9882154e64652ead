"""The C models beside real C++: the same cells, compiled by the same toolchain."""

from .rows import Setting, is_library
from .cells import cells_of, label
from .tables import Mark, Section, Table


def build(results):
    section = Section("calibration")
    body = stack_rows(results.get("stack", []))
    if not body:
        return section
    equal_class = sum(c.growth == cxx.growth for _, c, cxx in body)
    equal_bytes = sum(c == cxx for _, c, cxx in body)
    section.short = short(results["stack"], body)
    section.headline = (
        f"Calibration of the stack mechanisms: C and C++ agree whether the stack grows in {equal_class} of {len(body)} "
        f"cells, and on the bytes a completion in {equal_bytes} of {len(body)}."
    )
    section.tables.append(
        Table(
            "calibration",
            "Stack per synchronous completion: the C model and real C++",
            ["cell", "toolchain", "C", "C++", "comparison"],
            [[name, toolchain, c.text(), cxx.text(), comparison(c, cxx)] for (name, toolchain), c, cxx in body],
            "0: no growth.",
        )
    )
    section.findings = disagreements(body)
    return section


def short(rows, body):
    """What is calibrated, what is not, and how many cells agree, the control apart."""
    own = [key for key in cells_of(rows) if not is_library(key[1])]
    mechanisms = list(dict.fromkeys(mechanism for model, mechanism, _ in own if model.startswith("cxx-")))
    others = list(dict.fromkeys(mechanism for _, mechanism, _ in own if mechanism not in mechanisms))
    apart = f" ({len(others)} other mechanisms are not)" if others else ""
    control = [entry for entry in body if is_control_cell(*entry[0])]
    rest = [entry for entry in body if not is_control_cell(*entry[0])]
    parts = []
    if rest:
        parts.append(f"they agree whether the stack grows in {agreeing(rest)}")
    if control:
        parts.append(f"in the control, which C++ cannot have (boundary=no, exc=on), in {agreeing(control)}")
    return f"Calibrated against C++: {', '.join(mechanisms)} of stack{apart}; {'; '.join(parts)}."


def agreeing(body):
    return f"{sum(c.growth == cxx.growth for _, c, cxx in body)} of {len(body)} cells"


def is_control_cell(name, toolchain):
    return "boundary=no" in name and dict(Setting.parse(toolchain).options).get("exc") == "on"


def stack_rows(rows):
    """[((cell name, toolchain), C cell, C++ cell)] for every C++ cell that has a C twin."""
    cells = cells_of(rows)
    found = []
    for (model, mechanism, variant), by_toolchain in cells.items():
        if not model.startswith("cxx-"):
            continue
        key = (model.removeprefix("cxx-"), mechanism, variant)
        for toolchain, cxx in by_toolchain.items():
            c = cells.get(key, {}).get(toolchain)
            if c and c.growth and cxx.growth:
                found.append(((label(key), toolchain), c, cxx))
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
