"""The cells of stack growth, out of the rows: which mechanism grows how, at which setting."""

from .rows import cited, model_order, pairs, shown, without
from .tables import Mark

GROWTH = ("constant", "bounded", "linear")


class Cell:
    """One mechanism under one toolchain."""

    def __init__(self):
        self.growth = None
        self.bytes = None
        self.rows = {}  # {metric: Row}

    def text(self):
        if self.growth is None:
            return Mark("?", "missing")
        if self.growth == "linear":
            return cited(Mark(f"+{shown(self.bytes)} B", "linear"), self.rows.get("stack_bytes_per_completion"))
        text = Mark("0", "constant") if self.growth == "constant" else Mark("bounded", "bounded")
        return cited(text, self.rows.get("stack_growth"))

    def __eq__(self, other):
        return self.growth == other.growth and (self.growth != "linear" or self.bytes == other.bytes)


def cells_of(rows):
    """{(model, mechanism, variant): {toolchain: Cell}}, in the order of the tables."""
    found = {}
    for row in rows:
        if row.metric in ("stack_growth", "stack_bytes_per_completion"):
            key = (row.model, row.mechanism, without(row.variant, "stack"))
            cell = found.setdefault(key, {}).setdefault(row.toolchain, Cell())
            cell.rows[row.metric] = row
            if row.metric == "stack_growth":
                cell.growth = row.text if row.text in GROWTH else None
            else:
                cell.bytes = row.value
    return dict(sorted(found.items(), key=lambda item: model_order(item[0][0])))


def settings_of(rows):
    """The toolchains in the order of appearance, as {compiler: {options: toolchain}}."""
    found = {}
    for row in rows:
        if row.metric == "stack_growth":
            setting = row.setting
            found.setdefault(setting.compiler, {})[setting.options] = row.toolchain
    return found


def control(key):
    """In C++ a boundary is always there when exceptions are on: without one, C has no equal."""
    return "boundary=no" in key[2].split(",")


def label(key):
    model, mechanism, variant = key
    return f"{model} {mechanism}" + ("" if variant == "-" else f" ({variant})")


def variant_label(keys):
    """Variants side by side, key by key: "then=none/3". The boundary as written goes without saying."""
    variants = [pairs(without(variant, *(["boundary"] if "boundary=yes" in variant else []))) for _, _, variant in keys]
    parts = []
    for name in dict.fromkeys(name for variant in variants for name in variant):
        values = list(dict.fromkeys(variant.get(name, "none") for variant in variants))
        parts.append(f"{name}={'/'.join(values)}")
    return ", ".join(parts)


def group_label(keys):
    """Names mechanisms that differ in their variants only."""
    variants = variant_label(keys)
    return " ".join(keys[0][:2]) + (f" ({variants})" if variants else "")


def alike(cells):
    """The mechanisms in groups that grow at the same settings: [[key, ...], ...]."""
    groups = {}
    for key, found in cells.items():
        pattern = tuple((name, cell.growth == "linear" if cell.growth else None) for name, cell in found.items())
        groups.setdefault((key[:2], pattern), []).append(key)
    return list(groups.values())


def bytes_range(cells):
    grown = sorted(cell.bytes for cell in cells if cell.growth == "linear" and cell.bytes is not None)
    if not grown:
        return ""
    return f"{shown(grown[0])}" + (f" to {shown(grown[-1])}" if grown[0] != grown[-1] else "")
