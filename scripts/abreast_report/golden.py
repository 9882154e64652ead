"""The golden figures of stack growth: what every cell of a compiler gave when they were recorded, exact.

tests/python/golden/<compiler>.tsv: a line for each cell of stack and finals, a column for each setting. The bytes
do not depend on the machine or on the length of the run, so that the tests compare a short run with them. Other
people's libraries, which change by themselves, have none.
"""

from .cells import cells_of, settings_of
from .rows import BadResults, Setting, is_library, shown
from .tables import write_file

LEVELS = ("O0", "O1", "O2")
EXPERIMENTS = ("stack", "finals")


def wanted(toolchain):
    options = dict(Setting.parse(toolchain).options)
    return options.get("opt") in LEVELS and options.get("san") == "none"


def figure(cell):
    if cell is None:
        return "-"
    if cell.growth == "bounded":
        return cell.growth
    if cell.bytes is None:
        return "?"
    # Where a compiler puts several completions into one frame, what a run's last frame lacks depends on its length.
    return shown(cell.bytes) if cell.bytes == round(cell.bytes) else f"~{round(cell.bytes)}"


def exact(variant):
    """Not what two threads' own calls add to a stack, nor a bound that a short run does not reach."""
    return "cross-thread" not in variant and "depth=64" not in variant


def texts(results):
    """{compiler: text of its golden file}"""
    settings = settings_of([row for name in EXPERIMENTS for row in results.get(name, [])])
    found = {}
    for compiler, options in settings.items():
        toolchains = sorted(name for name in options.values() if wanted(name))
        if len(toolchains) != 4 * len(LEVELS):
            raise BadResults(
                f"{compiler} has {len(toolchains)} settings instead of {4 * len(LEVELS)}: the golden figures need "
                f"{' '.join(LEVELS)}, sibling calls and exceptions on and off"
            )
        names = [Setting.parse(name).describe().replace(" ", ",") for name in toolchains]
        text = "\t".join(["experiment", "model", "mechanism", "variant", *names]) + "\n"
        for experiment in EXPERIMENTS:
            for key, cells in sorted(cells_of(results.get(experiment, [])).items()):
                if any(name in cells for name in toolchains) and not is_library(key[1]) and exact(key[2]):
                    text += "\t".join([experiment, *key, *(figure(cells.get(name)) for name in toolchains)]) + "\n"
        found[compiler] = text
    return found


def write(folder, results):
    found = texts(results)
    for compiler, text in found.items():
        write_file(folder / f"{compiler}.tsv", text)
    return list(found)
