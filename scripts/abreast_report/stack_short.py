"""The short answer of stack: C and C++ beside each other, each phrase chosen by what was measured."""

from . import links
from .cells import cells_of
from .matrix import GROWS, growing, in_groups, plain
from .rows import Setting, cited, shown

BRIDGE = ("sender", "p2300", "boundary=yes")
TRANSFER = ("awaitable", "transfer", "-")


class Side:
    """A mechanism's cells of one language that have a growth: [(Setting, Cell)]."""

    def __init__(self, cells, key):
        found = plain(cells.get(key, {}))
        self.known = [(Setting.parse(name), cell) for name, cell in found.items() if cell.growth]

    def only(self, **options):
        side = Side({}, None)
        side.known = [
            (setting, cell)
            for setting, cell in self.known
            if options.items() <= {**dict(setting.options), "compiler": setting.compiler}.items()
        ]
        return side

    @property
    def flat(self):
        return [(setting, cell) for setting, cell in self.known if cell.growth != "linear"]

    @property
    def least(self):
        grown = [cell for _, cell in self.known if cell.growth == "linear" and cell.bytes is not None]
        return min(grown, key=lambda cell: cell.bytes, default=None)


def lead(rows):
    """At how many settings, C's and C++'s together."""
    cells, parts = cells_of(rows), []
    for words, key in (("P2300R10's bridge", BRIDGE), ("symmetric transfer", TRANSFER)):
        sides = sides_of(cells, key)
        known = [cell for side in sides.values() for _, cell in side.known]
        if known:
            counts_ = " and ".join(f"{len(side.known)} in {name}" for name, side in sides.items())
            parts.append(f"with {words} at {growing(known)} settings{f' ({counts_})' if not parts else ''}")
    return (f"In a loop of operations that complete at once the stack grows {', and '.join(parts)} (lower is better)."
            if parts else "")


def lines(rows):
    cells = cells_of(rows)
    return [part for part in (bridge(cells), transfer(cells)) if part]


def sides_of(cells, key):
    """{"C": Side, "C++": Side}, without those that were not measured."""
    sides = {"C": Side(cells, key), "C++": Side(cells, (f"cxx-{key[0]}", *key[1:]))}
    return {name: side for name, side in sides.items() if side.known}


def compilers_of(sides):
    return list(dict.fromkeys(setting.compiler for side in sides.values() for setting, _ in side.known))


def narrowed(sides, **options):
    found = {name: side.only(**options) for name, side in sides.items()}
    return {name: side for name, side in found.items() if side.known}


def flat_of(side, whole=True):
    """"6 of 12" settings that do not grow."""
    text = f"{len(side.flat)} of {len(side.known)}" if whole else str(len(side.flat))
    return cited(text, *(cell.rows[GROWS] for _, cell in (side.flat or side.known)[:1]))


def counts(sides):
    """How many settings do not grow: "C 4, C++ 6 of 12 settings"."""
    totals = {len(side.known) for side in sides.values()}
    whole = len(totals) > 1
    text = ", ".join(f"{name} {flat_of(side, whole)}" for name, side in sides.items())
    return f"{text} settings" if whole else f"{text} of {totals.pop()} settings"


def where_flat(sides):
    """What the settings that do not grow have in common."""
    flat = [dict(setting.options) for side in sides.values() for setting, _ in side.flat]
    if any(options.get("sib") != "on" for options in flat):
        return "at some settings"
    if any(options.get("opt") == "O0" for options in flat):
        return "at some settings with sibling calls on"
    return "where the optimiser makes a sibling call"


def class_of(sides):
    flat, known = sum(len(s.flat) for s in sides.values()), sum(len(s.known) for s in sides.values())
    return "never" if flat == known else "always" if not flat else "partly"


def least(sides):
    found = [f"{name} {cited(shown(cell.bytes), cell.rows['stack_bytes_per_completion'])}"
             for name, side in sides.items() if (cell := side.least)]
    return f" (bytes a completion at least: {', '.join(found)})" if found else ""


def bridge(cells):
    sides = sides_of(cells, BRIDGE)
    on, off = narrowed(sides, exc="on"), narrowed(sides, exc="off")
    names = compilers_of(sides)
    compilers = "both compilers" if len(names) == 2 else " and ".join(names)
    parts = []
    if on:
        says = {
            "always": f"grows the stack at every level with {compilers}{least(on)}",
            "never": f"never grows the stack with {compilers}",
            "partly": f"grows the stack except {where_flat(on)} ({counts(on)})",
        }
        parts.append(f"with exceptions on, the P2300R10 bridge {says[class_of(on)]}")
    if off:
        says = {
            "always": "grows at every level",
            "never": "never grows",
            "partly": f"grows except {where_flat(off)} ({counts(off)} do not grow)",
        }
        subject = "with them off it" if on else "with exceptions off, the P2300R10 bridge"
        parts.append(f"{subject} {says[class_of(off)]}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "." if text else ""


def transfer(cells):
    sides = sides_of(cells, TRANSFER)
    parts = {}
    for compiler in compilers_of(sides):
        mine = narrowed(sides, compiler=compiler)
        says = {
            "never": "the stack never grows",
            "always": "it grows at every setting",
            "partly": f"it grows except {where_flat(mine)} ({counts(mine)} do not grow)",
        }[class_of(mine)]
        same = next((known for known in parts if links.plain(known) == links.plain(says)), says)
        parts.setdefault(same, []).append(compiler)
    found = [f"with {' and '.join(compilers)} {says}" for says, compilers in parts.items()]
    return f"Symmetric transfer: {'; '.join(found)}." if found else ""


def finals(rows):
    """The short answer of finals: the mechanisms in their groups."""
    parts, _ = in_groups(rows, "ways in which libraries end a task")
    return f"Where a task awaits tasks, the stack {parts}." if parts else ""
