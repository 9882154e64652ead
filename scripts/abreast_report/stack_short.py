"""The short answer of stack: C and C++ beside each other, each phrase chosen by what was measured."""

from .cells import cells_of
from .matrix import ALWAYS, NEVER, SOMETIMES, lines_of, plain
from .rows import Setting, shown

BRIDGE = ("sender", "p2300", "boundary=yes")
FEW = 3  # mechanisms of a group that are named; of more the number stands, and their names are in the figure
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
        return [setting for setting, cell in self.known if cell.growth != "linear"]

    @property
    def least(self):
        return min((c.bytes for _, c in self.known if c.growth == "linear" and c.bytes is not None), default=None)


def lead(rows):
    """In how many cells, C's and C++'s together."""
    cells, parts = cells_of(rows), []
    for words, key in (("the P2300R10 bridge", BRIDGE), ("symmetric transfer", TRANSFER)):
        sides = sides_of(cells, key).values()
        known = sum(len(side.known) for side in sides)
        if known:
            parts.append(f"by {words} in {known - sum(len(side.flat) for side in sides)} of {known} cells")
    return f"The stack grows {', '.join(parts)} (lower is better)." if parts else ""


def lines(rows):
    cells = cells_of(rows)
    return [part for part in (bridge(cells), transfer(cells), others(cells)) if part]


def sides_of(cells, key):
    """{"C": Side, "C++": Side}, without those that were not measured."""
    sides = {"C": Side(cells, key), "C++": Side(cells, (f"cxx-{key[0]}", *key[1:]))}
    return {name: side for name, side in sides.items() if side.known}


def compilers_of(sides):
    return list(dict.fromkeys(setting.compiler for side in sides.values() for setting, _ in side.known))


def narrowed(sides, **options):
    found = {name: side.only(**options) for name, side in sides.items()}
    return {name: side for name, side in found.items() if side.known}


def counts(sides):
    """How many settings do not grow: "C 4, C++ 6 of 12 settings"."""
    totals = {len(side.known) for side in sides.values()}
    if len(totals) == 1:
        return ", ".join(f"{name} {len(side.flat)}" for name, side in sides.items()) + f" of {totals.pop()} settings"
    return ", ".join(f"{name} {len(side.flat)} of {len(side.known)}" for name, side in sides.items()) + " settings"


def where_flat(sides):
    """What the settings that do not grow have in common."""
    flat = [dict(setting.options) for side in sides.values() for setting in side.flat]
    if any(options.get("sib") != "on" for options in flat):
        return "at some settings"
    if any(options.get("opt") == "O0" for options in flat):
        return "at some settings with sibling calls on"
    return "where the optimiser makes a sibling call"


def class_of(sides):
    flat, known = sum(len(s.flat) for s in sides.values()), sum(len(s.known) for s in sides.values())
    return "never" if flat == known else "always" if not flat else "partly"


def least(sides):
    found = [f"{name} {shown(side.least)}" for name, side in sides.items() if side.least is not None]
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
        parts.setdefault(says, []).append(compiler)
    found = [f"with {' and '.join(compilers)} {says}" for says, compilers in parts.items()]
    return f"Symmetric transfer: {'; '.join(found)}." if found else ""


def others(cells):
    """The other mechanisms of the C models, controls aside: a mechanism with variants of several kinds is in each."""
    groups = {}
    for line in lines_of(cells):
        if line.keys[0][:2] not in (BRIDGE[:2], TRANSFER[:2]):
            names = groups.setdefault(line.group, [])
            if line.name not in names:
                names.append(line.name)
    total = sum(len(names) for names in groups.values())
    parts = [
        f"{words} with {', '.join(groups[group]) if len(groups[group]) <= FEW else f'{len(groups[group])} of {total}'}"
        for group, words in (
            (NEVER, "never grows"),
            (SOMETIMES, "grows at some settings"),
            (ALWAYS, "grows at every setting"),
        )
        if groups.get(group)
    ]
    return f"Of the other mechanisms of the C models the stack {'; '.join(parts)}." if parts else ""


def finals(rows):
    """The short answer of finals: the mechanisms in their groups."""
    found = others(cells_of(rows)).replace("Of the other mechanisms of the C models", "In the C models")
    return found and f"A task that awaits a task, as each library's final_suspend goes back. {found}"
