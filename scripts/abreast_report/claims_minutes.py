"""How long scripts/reproduce --claim ID takes once all is built, as far as a run tells: it measures the cells of the
claim alone, and counts them where they are counted."""

from .claims_rules import any_glob

OWN = ("stack", "finals", "phases")  # programs of their own: nothing is counted for them apart
# Stages for cells of all other experiments together, and the rows that each of them makes, of the main build or not.
SHARED = {
    "instructions": lambda row, main: main and row.metric == "instructions_per_op",
    "writes": lambda row, main: main and row.metric == "bytes_written_per_op",
    "other toolchains": lambda row, main: not main,
}
BESIDE = 5  # seconds: to see that all is built, to start, to judge


class Took:
    """What the stages of a run took, and the cells that each of them is of."""

    def __init__(self, results, info):
        stages = [stage for stage in info.get("stages", []) if stage.get("of") != "reproduce"]
        main = next((tool["name"] for tool in info.get("toolchains", []) if tool.get("role") == "main"), None)
        counted = [row for name, rows in results.items() if name not in OWN for row in rows]
        self.seconds, self.cells = {}, {}
        for stage in stages:
            name = stage["name"]
            if name in SHARED:
                rows = [row for row in counted if SHARED[name](row, row.toolchain == main)]
            elif name in results:
                rows = results[name]
            else:
                continue
            self.seconds[name], self.cells[name] = stage["seconds"], tally(rows)

    def minutes(self, claim):
        """To a tenth, upwards; None where the run does not say."""
        if not claim.experiments or any(name not in self.seconds for name in claim.experiments):
            return None
        stages = {*claim.experiments, *SHARED} & set(self.seconds)
        took = sum(self.seconds[name] * share(self.cells[name], claim.filters) for name in stages)
        return -((BESIDE + took) // -6) / 10


def tally(rows):
    """{(experiment, model, mechanism): cells}, each once at each toolchain."""
    found = {}
    for cell in {(row.experiment, row.model, row.mechanism, row.variant, row.toolchain) for row in rows}:
        found[cell[:3]] = found.get(cell[:3], 0) + 1
    return found


def share(cells, filters):
    """Of the cells, those that the filters of a claim select, which leave the variant open."""
    globs = tuple(name.removesuffix("/*") if "/" in name else f"{name}/*" for name in filters)
    wanted = sum(number for cell, number in cells.items() if any_glob("/".join(cell), globs))
    return wanted / max(1, sum(cells.values()))
