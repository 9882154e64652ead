"""stack: which mechanisms grow the stack, under which toolchain, and whether overflow came where it was predicted."""

from .rows import Setting, model_order, pairs, shown, without
from .tables import Mark, Section, Table

GROWTH = ("constant", "bounded", "linear")


class Cell:
    """One mechanism under one toolchain."""

    def __init__(self):
        self.growth = None
        self.bytes = None

    def text(self):
        if self.growth is None:
            return Mark("?", "missing")
        if self.growth == "constant":
            return Mark("0", "constant")
        if self.growth == "bounded":
            return Mark("bounded", "bounded")
        return Mark(f"+{shown(self.bytes)} B", "linear")

    def __eq__(self, other):
        return self.growth == other.growth and (self.growth != "linear" or self.bytes == other.bytes)


def cells_of(rows):
    """{(model, mechanism, variant): {toolchain: Cell}}, in the order of the tables."""
    found = {}
    for row in rows:
        if row.metric in ("stack_growth", "stack_bytes_per_completion"):
            key = (row.model, row.mechanism, without(row.variant, "stack"))
            cell = found.setdefault(key, {}).setdefault(row.toolchain, Cell())
            if row.metric == "stack_growth":
                cell.growth = row.text if row.text in GROWTH else None
            else:
                cell.bytes = row.value
    return dict(sorted(found.items(), key=lambda item: model_order(item[0][0])))


def label(key):
    model, mechanism, variant = key
    return f"{model} {mechanism}" + ("" if variant == "-" else f" ({variant})")


def group_label(keys):
    """Names mechanisms that differ in their variants only: the values that differ stand side by side."""
    model, mechanism, _ = keys[0]
    variants = [pairs(variant) for _, _, variant in keys]
    names = dict.fromkeys(name for variant in variants for name in variant)
    parts = []
    for name in names:
        values = list(dict.fromkeys(variant.get(name, "none") for variant in variants))
        parts.append(f"{name}={'/'.join(values)}")
    return f"{model} {mechanism}" + (f" ({', '.join(parts)})" if parts else "")


def alike(cells):
    """The mechanisms in groups that grow at the same settings: [[key, ...], ...]."""
    groups = {}
    for key, found in cells.items():
        pattern = tuple((name, cell.growth) for name, cell in found.items())
        groups.setdefault((key[:2], pattern), []).append(key)
    return list(groups.values())


def settings_of(rows):
    """The toolchains in the order of appearance, as {compiler: {options: toolchain}}."""
    found = {}
    for row in rows:
        if row.metric != "stack_growth":
            continue
        setting = row.setting
        listed = found.setdefault(setting.compiler, {})
        listed[setting.options] = row.toolchain
    return found


def where_constant(cells):
    """In words: at which of these settings a mechanism does not grow. cells: [(Setting, Cell)] of one compiler."""
    flat = [setting for setting, cell in cells if cell.growth in ("constant", "bounded")]
    if len(flat) == len(cells):
        return f"at every setting ({len(cells)})"
    if not flat:
        return f"at none of {len(cells)} settings"
    needs = []
    for key in dict(cells[0][0].options):
        everywhere = [dict(setting.options).get(key) for setting, _ in cells]
        here = {dict(setting.options).get(key) for setting in flat}
        if here != set(everywhere):
            values = [value for value in dict.fromkeys(everywhere) if value in here]
            needs.append((key, values))
    matching = [
        setting
        for setting, _ in cells
        if all(dict(setting.options).get(key) in values for key, values in needs)
    ]
    words = " and ".join(
        (" or ".join(values) if key == "opt" else f"{key}={' or '.join(values)}") for key, values in needs
    )
    if needs and len(matching) == len(flat):
        return f"exactly at {words} ({len(flat)} of {len(cells)} settings)"
    return f"at {len(flat)} of {len(cells)} settings" + (f", all of them {words}" if needs else "")


def bytes_range(cells):
    grown = sorted(cell.bytes for cell in cells if cell.growth == "linear" and cell.bytes is not None)
    if not grown:
        return ""
    if grown[0] == grown[-1]:
        return f"{shown(grown[0])} bytes"
    return f"{shown(grown[0])} to {shown(grown[-1])} bytes"


def holds(found):
    """Whether the stack grows at none of the settings that were measured."""
    known = [cell.growth for cell in found.values() if cell.growth]
    return bool(known) and "linear" not in known


def matrix(rows):
    cells = cells_of(rows)
    tables = []
    for compiler, options in settings_of(rows).items():
        toolchains = list(options.values())
        mine = {key: found for key, found in cells.items() if any(name in found for name in toolchains)}
        if not mine:
            continue
        columns = ["mechanism", *(Setting.parse(name).describe() for name in toolchains)]
        body = [
            [label(key), *(found[name].text() if name in found else "-" for name in toolchains)]
            for key, found in mine.items()
        ]
        tables.append(
            Table(
                f"stack-{compiler}",
                f"Stack per synchronous completion, {compiler}",
                columns,
                body,
                "0: the stack does not grow. +N B: N bytes more for every completion. bounded: grows to a limit. "
                "-: not built in this way. sib: sibling-call optimisation; exc: exceptions.",
            )
        )
    return tables


def guarantees(rows):
    """{(model, mechanism, variant): {compiler: words}}: what a mechanism rests on, and what the matrix says of it."""
    found = {}
    for row in rows:
        if row.metric == "stack_guarantee":
            found.setdefault((row.model, row.mechanism, row.variant), {})[row.setting.compiler] = row.text
    return found


def answer(words):
    kind = "constant" if "confirmed" in words else "linear" if "refuted" in words or " in 0 of" in words else "bounded"
    return Mark(words, kind)


def basis(words):
    """"compiler (musttail)" of "compiler (musttail): confirmed in 12 of 12 cells"."""
    return words.partition(":")[0]


def guarantee(rows):
    """Where the stack does not grow and what that rests on: a row for those that grow at the same settings."""
    body = []
    compilers = list(settings_of(rows))
    said = guarantees(rows)
    cells = cells_of(rows)
    for keys in alike(cells):
        found = cells[keys[0]]
        line = [group_label(keys)]
        for compiler in compilers:
            mine = [(Setting.parse(name), cell) for name, cell in found.items() if name.split(" ")[0] == compiler]
            known = [(setting, cell) for setting, cell in mine if cell.growth]
            line.append(where_constant(known) if known else "-")
        words = [answer(said.get(keys[0], {}).get(compiler, "-")) for compiler in compilers]
        grown = bytes_range(cell for key in keys for cell in cells[key].values())
        body.append([*line, grown or "none", *words])
    return Table(
        "stack-guarantee",
        "Where the stack does not grow, and what that rests on",
        [
            "mechanism",
            *(f"no growth with {name}" for name in compilers),
            "growth elsewhere, per completion",
            *(f"rests on, {name}" for name in compilers),
        ],
        body,
        "What a mechanism rests on is declared with it (bench/stack/mechanisms.def); the cells of this run confirm or "
        "refute it, for the compilers named here and no others. Construction: no flag can take it away. Language, "
        "compiler: a tail call that one of them guarantees. Optimiser: it may make a sibling call, and promises "
        "nothing.",
    )


def overflow_pairs(rows):
    """[(predicted row, seen row)] of the same mechanism, toolchain and stack size."""
    seen = {(r.model, r.mechanism, r.variant, r.toolchain): r for r in rows if r.metric == "overflow_seen"}
    predicted = [r for r in rows if r.metric == "overflow_predicted"]
    return [(r, seen.get((r.model, r.mechanism, r.variant, r.toolchain))) for r in predicted]


def agrees(predicted, seen):
    return abs(predicted.value - seen.value) <= max(2, 0.01 * seen.value)


def overflow(rows):
    body, agreeing, compared, unknown = [], 0, 0, 0
    for predicted, seen in overflow_pairs(rows):
        if predicted.text == "none" or seen is None:
            continue
        key = (predicted.model, predicted.mechanism, without(predicted.variant, "stack"))
        line = [label(key), predicted.toolchain, predicted.keys.get("stack", "-"), shown_count(predicted)]
        line.append(shown_count(seen))
        if predicted.value is None or seen.value is None:
            body.append([*line, Mark("?", "missing")])
            unknown += 1
            continue
        compared += 1
        agreeing += agrees(predicted, seen)
        difference = seen.value - predicted.value
        mark = "constant" if agrees(predicted, seen) else "linear"
        body.append([*line, Mark(f"{difference:+.0f} ({100 * difference / seen.value:+.2f} %)", mark)])
    table = Table(
        "stack-overflow",
        "Completions until the stack overflows: predicted from the slope, and seen",
        ["mechanism", "toolchain", "stack, bytes", "predicted", "seen", "difference"],
        body,
        "Rows that do not grow are left out: they predict none.",
    )
    if not body:
        return None, ""
    sentence = (
        f"Overflow: the count predicted from slope and intercept and the count seen in a child process agree within "
        f"1 % or 2 completions in {agreeing} of {compared} rows"
    )
    if agreeing < compared:
        sentence += f", and differ by more in {compared - agreeing}"
    if unknown:
        sentence += f"; in {unknown} more, one of the two could not be had"
    return table, sentence + "."


def shown_count(row):
    return row.text if row.value is None else f"{row.value:.0f}"


def build(rows):
    section = Section("stack")
    cells = cells_of(rows)
    if not cells:
        return section
    settings = settings_of(rows)
    said = guarantees(rows)
    count = sum(len(options) for options in settings.values())
    groups = alike({key: found for key, found in cells.items() if not key[0].startswith("cxx-")})
    controls = [keys for keys in groups if is_control(keys[0])]
    groups = [keys for keys in groups if not is_control(keys[0])]
    nowhere = [keys for keys in groups if holds(cells[keys[0]])]
    still = "; ".join(group_label(keys) + resting(said.get(keys[0], {})) for keys in nowhere) or "no mechanism"
    headline = [
        f"A loop of synchronous completions, at {count} settings of {' and '.join(settings)} (level, sibling calls, "
        f"exceptions). The stack grows at none of them for: {still}."
    ]
    grows = [keys for keys in groups if keys not in nowhere]
    headline += [sentence(keys, cells) + resting_each(said.get(keys[0], {})) for keys in grows]
    section.headline = "\n".join(headline)
    section.findings = [
        f"{label(key)} with {compiler}: {words}."
        for key, by_compiler in said.items()
        for compiler, words in by_compiler.items()
        if "refuted" in words
    ]
    section.findings += [f"Control without an equal in C++ (exc=on): {sentence(keys, cells)}" for keys in controls]
    table, agreement = overflow(rows)
    section.tables = [guarantee(rows), *matrix(rows)]
    if table:
        section.findings.append(agreement)
        section.tables.append(table)
    section.data = figure_data(rows)
    return section


def is_control(key):
    """In C++ a boundary is always there when exceptions are on: without one, C has no equal."""
    return "boundary=no" in key[2].split(",")


def resting(by_compiler):
    found = list(dict.fromkeys(basis(words) for words in by_compiler.values() if words != "?"))
    return f", resting on {' and '.join(found)}" if found else ""


def resting_each(by_compiler):
    found = {}
    for compiler, words in by_compiler.items():
        if words != "?":
            found.setdefault(basis(words), []).append(compiler)
    each = "; ".join(f"{word} with {' and '.join(compilers)}" for word, compilers in found.items())
    return f" It rests on: {each}." if each else ""


def sentence(keys, cells):
    """Where these mechanisms, which grow at the same settings, do not grow."""
    found = cells[keys[0]]
    settings = [(Setting.parse(name), cell) for name, cell in found.items() if cell.growth]
    if not settings:
        return f"{group_label(keys)}: ?."
    where = {}
    for compiler in dict.fromkeys(setting.compiler for setting, _ in settings):
        phrase = where_constant([(s, c) for s, c in settings if s.compiler == compiler])
        where.setdefault(phrase, []).append(compiler)
    words = "; ".join(f"no growth with {' and '.join(compilers)} {phrase}" for phrase, compilers in where.items())
    grown = bytes_range(cell for key in keys for cell in cells[key].values())
    with_exceptions = [cell for setting, cell in settings if dict(setting.options).get("exc") == "on"]
    always = with_exceptions and all(cell.growth == "linear" for cell in with_exceptions)
    return (
        f"{group_label(keys)}: {words}"
        + (f"; elsewhere {grown} a completion" if grown else "")
        + (", so it grows wherever exceptions are on" if always else "")
        + "."
    )


def figure_data(rows):
    """x y class bytes column-label row-label, a line a cell, for plots/stack.gnuplot."""
    cells = cells_of(rows)
    toolchains = [name for options in settings_of(rows).values() for name in options.values()]
    text = "x\ty\tgrowth\tbytes\ttoolchain\tmechanism\n"
    for y, (key, found) in enumerate(cells.items()):
        for x, name in enumerate(toolchains):
            cell = found.get(name)
            if cell:
                growth = GROWTH.index(cell.growth) if cell.growth else 3
                setting = Setting.parse(name)
                text += f"{x}\t{y}\t{growth}\t{cell.text().lstrip('+').removesuffix(' B')}\t"
                text += f"{setting.compiler} {setting.describe()}\t{label(key)}\n"
    return text
