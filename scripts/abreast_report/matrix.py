"""The one table and the one figure of stack growth: each mechanism in a row, in three groups."""

from .cells import GROWTH, alike, bytes_range, cells_of, control, settings_of, variant_label
from .rows import Setting, cited, is_library, model_order, pairs, shown
from .tables import Heading, Mark, Table

NEVER, SOMETIMES, ALWAYS, UNKNOWN = "never", "sometimes", "always", "unknown"
TITLES = {
    NEVER: "Constant or bounded at every setting",
    SOMETIMES: "Constant only at some settings: where a compiler guarantees the tail call, or its optimiser is kind",
    ALWAYS: "Grows at every setting",
    UNKNOWN: "Not measured",
}
STACKS = (("8388608", "8 MiB"), ("524288", "512 KiB"), ("65536", "64 KiB"))
SWITCHES = {
    ("sib", "on"): "sibling calls on",
    ("sib", "off"): "sibling calls off",
    ("exc", "on"): "exceptions on",
    ("exc", "off"): "exceptions off",
}

GROWS = "stack_growth"
FEW = 4  # mechanisms of a group that a sentence names; the table names all
OF_LIBRARY = "the library's own handlers, posted or dispatched"


class Line:
    """Variants of one mechanism that grow at the same settings; the first of them stands for all in the figure."""

    def __init__(self, keys, cells):
        self.keys = keys
        self.cells = {key: plain(cells[key]) for key in keys}
        self.first = self.cells[keys[0]]
        self.name = " ".join(keys[0][:2])

    @property
    def known(self):
        return [(Setting.parse(name), cell) for name, cell in self.first.items() if cell.growth]

    @property
    def group(self):
        if not self.known:
            return UNKNOWN
        grown = sum(cell.growth == "linear" for _, cell in self.known)
        return NEVER if not grown else ALWAYS if grown == len(self.known) else SOMETIMES

    def growth(self):
        """"constant", "bounded" or both, of the settings at which it does not grow."""
        found = dict.fromkeys(c.growth for cells in self.cells.values() for c in cells.values())
        return " or ".join(name for name in GROWTH[:2] if name in found)

    def bytes(self):
        return bytes_range(cell for cells in self.cells.values() for cell in cells.values())


def plain(found):
    """Without the cells of sanitizers, which are counted apart."""
    return {name: cell for name, cell in found.items() if name.endswith(" san=none")}


def growing(cells):
    """"2 of 9": of cells that have a growth, those that grow; linked to one of them."""
    grown = [cell for cell in cells if cell.growth == "linear"]
    return cited(f"{len(grown)} of {len(cells)}", *(cell.rows[GROWS] for cell in (grown or cells)[:1]))


def lines_of(cells, cxx=False):
    """The lines of the table, in its order: group, model, as listed. Of C, or of C++; without the control."""
    wanted = {key: found for key, found in cells.items() if key[0].startswith("cxx-") == cxx and not control(key)}
    lines = [Line(keys, cells) for keys in alike({key: plain(found) for key, found in wanted.items()})]
    for mechanism in {line.name for line in lines}:
        tell_apart([line for line in lines if line.name == mechanism])
    order = list(TITLES)
    return sorted(lines, key=lambda line: (order.index(line.group), model_order(line.keys[0][0])))


def tell_apart(lines):
    """Adds to the names of one mechanism's lines what they differ in: keys of which no two lines share a value, if
    there are such keys, else all."""
    found = [[pairs(variant) for _, _, variant in line.keys] for line in lines]
    keys = dict.fromkeys(key for variants in found for variant in variants for key in variant if key != "boundary")
    values = {key: [{variant.get(key) for variant in variants} for variants in found] for key in keys}
    apart = [key for key in keys if len(set().union(*values[key])) == sum(map(len, values[key]))]
    for index, line in enumerate(lines if len(lines) > 1 else []):
        said = [f"{key}={'/'.join(sorted(values[key][index]))}" for key in apart if None not in values[key][index]]
        words = ", ".join(said) if apart else variant_label(line.keys)
        line.name += f" ({words})" if words else ""


def needs(cells):
    """What the settings that do not grow have in common, in words; cells: [(Setting, Cell)] of one compiler."""
    flat = [setting for setting, cell in cells if cell.growth != "linear"]
    if not flat:
        return "nowhere"
    if len(flat) == len(cells):
        return "everywhere"
    words, matching = [], [setting for setting, _ in cells]
    for key in dict(cells[0][0].options):
        everywhere = dict.fromkeys(dict(setting.options).get(key) for setting, _ in cells)
        here = {dict(setting.options).get(key) for setting in flat}
        if here != set(everywhere):
            values = [value for value in everywhere if value in here]
            words.append(", ".join(f"-{v}" if key == "opt" else SWITCHES.get((key, v), f"{key}={v}") for v in values))
            matching = [setting for setting in matching if dict(setting.options).get(key) in values]
    if len(matching) > len(flat):
        return f"{len(flat)} of {len(cells)} settings" + (f", all with {', '.join(words)}" if words else "")
    return ", ".join(words)


def where(line):
    """Where it does not grow, compilers of which the same is true together."""
    found = {}
    compilers = dict.fromkeys(Setting.parse(name).compiler for name in line.first)
    for compiler in compilers:
        mine = [(setting, cell) for setting, cell in line.known if setting.compiler == compiler]
        found.setdefault(needs(mine) if mine else "not available", []).append(compiler)
    if list(found) == ["everywhere"]:
        return "everywhere"
    return "; ".join(f"{' and '.join(names)}: {words}" for words, names in found.items() if words != "nowhere") or "-"


def unavailable(line):
    """Which compilers cannot have it."""
    known = {setting.compiler for setting, _ in line.known}
    lacking = [c for c in dict.fromkeys(Setting.parse(name).compiler for name in line.first) if c not in known]
    return f"; {' and '.join(lacking)}: not available" if lacking else ""


def as_built(setting, level):
    """Whether these are the flags of a plain build at this level: gcc makes sibling calls from -O2 on."""
    options = dict(setting.options)
    sibling = "off" if setting.compiler.startswith("gcc") and level in ("O0", "O1") else "on"
    return (options.get("opt"), options.get("sib"), options.get("exc")) == (level, sibling, "on")


class Overflows:
    """The completions that overflow a stack, seen where that was possible, else predicted."""

    def __init__(self, rows):
        self.found = {}
        for row in rows:
            if row.metric not in ("overflow_predicted", "overflow_seen"):
                continue
            variant = ",".join(pair for pair in row.variant.split(",") if not pair.startswith("stack=")) or "-"
            key = (row.model, row.mechanism, variant, row.toolchain, row.keys.get("stack"))
            if row.metric == "overflow_seen" and row.value is not None or key not in self.found:
                self.found[key] = row

    def least(self, line, wanted):
        """"8 MiB / 512 KiB / 64 KiB" at the worst of the settings that are wanted, of all variants of the line."""
        texts = []
        for stack, _ in STACKS:
            rows = [
                self.found.get((*key, name, stack))
                for key, cells in line.cells.items()
                for name in cells
                if wanted(Setting.parse(name))
            ]
            rows = [row for row in rows if row and not row.missing]
            least = min((row.value for row in rows if row.value is not None), default=None)
            texts.append(f"{least:,.0f}" if least is not None else "never" if rows else "?")
        return texts[0] if len(set(texts)) == 1 and texts[0] in ("never", "?") else " / ".join(texts)


def twin(line, cxx):
    """What the same mechanism does in C++: as in C, or its group, and at how many settings C differs."""
    keys = {(f"cxx-{key[0]}", *key[1:]) for key in line.keys}
    found = [other for other in cxx if keys & set(other.keys)]
    if not found:
        return "-"
    short = {NEVER: "never grows", SOMETIMES: "grows at some", ALWAYS: "grows everywhere", UNKNOWN: "?"}
    return ", ".join(dict.fromkeys(
        f"{short[other.group]}; {apart}" if (apart := unlike(line, other))
        else "the same" if other.group == line.group else short[other.group]
        for other in found
    ))


def unlike(line, other):
    """"another class at 2 of 24": settings at which one grows and the other does not."""
    mine, theirs = ({str(s): cell.growth == "linear" for s, cell in which.known} for which in (line, other))
    shared = [name for name in mine if name in theirs]
    apart = [name for name in shared if mine[name] != theirs[name]]
    return f"unlike C at {len(apart)} of {len(shared)} settings" if apart else ""


def basis(line, said):
    """"construction (a loop resumes)": what it rests on, each word once."""
    found = {}
    for compiler, words in said.get(line.keys[0], {}).items():
        if words != "?":
            found.setdefault(words.partition(":")[0], []).append(compiler)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{words} with {' and '.join(compilers)}" for words, compilers in found.items()) or "?"


def models(rows):
    return {(row.model, row.mechanism): row.text for row in rows if row.metric == "stack_models"}


def table(name, rows, said):
    cells, overflows, meant = cells_of(rows), Overflows(rows), models(rows)
    cxx = lines_of(cells, cxx=True)
    kinds = {NEVER: "constant", SOMETIMES: "bounded", ALWAYS: "linear", UNKNOWN: "missing"}
    body, group = [], None
    for line in lines_of(cells):
        if line.group != group:
            group = line.group
            body.append(Heading(TITLES[group], 9))
        body.append(
            [
                line.name,
                meant.get(line.keys[0][:2], OF_LIBRARY if is_library(line.keys[0][1]) else "?"),
                basis(line, said),
                Mark(line.growth() + unavailable(line) if group == NEVER else where(line), kinds[group]),
                line.bytes() or ("?" if group == UNKNOWN else "0"),
                overflows.least(line, lambda setting: True),
                overflows.least(line, lambda setting: as_built(setting, "O2")),
                overflows.least(line, lambda setting: as_built(setting, "O0")),
                twin(line, cxx),
            ]
        )
    sizes = " / ".join(words for _, words in STACKS)
    return Table(
        f"{name}-summary",
        "Each mechanism: does the stack grow, and what is that owed to",
        [
            "mechanism",
            "what it models",
            "rests on",
            "no growth",
            "bytes a completion elsewhere",
            f"completions that overflow {sizes}, at worst",
            "at -O2",
            "at -O0",
            "in C++",
        ],
        body,
        "A setting is a compiler, a level, sibling calls on or off, exceptions on or off; sanitizers are counted "
        "apart. -O2 and -O0: with each compiler's own choice of sibling calls, exceptions on, the worse compiler. "
        "What a mechanism rests on is declared with it: construction cannot be taken away by a flag; language and "
        "compiler promise a tail call; the optimiser promises nothing. Variants that grow at the same settings share a "
        "row.",
        essential=True,
    )


def counted(lines):
    """{group: {name: row of growth}}, each mechanism once a group."""
    found = {}
    for line in lines:
        row = next((cell.rows[GROWS] for cell in line.first.values() if GROWS in cell.rows), None)
        found.setdefault(line.group, {}).setdefault(line.name, row)
    return found


def by_model(names):
    """Names of mechanisms with each model named once: "awaitable ready, driver; sender p2300"."""
    found = {}
    for name in names:
        model, _, rest = name.partition(" ")
        found.setdefault(model, []).append(rest)
    return "; ".join(f"{model} {', '.join(rest)}" for model, rest in found.items())


def in_groups(rows, of_what):
    """How many of the C models' mechanisms never grow the stack, and how many do; in words, and the few by name."""
    found = counted(lines_of(cells_of(rows)))
    total = sum(map(len, found.values()))
    says = {NEVER: "never grows", SOMETIMES: "grows at some settings", ALWAYS: "grows at every setting",
            UNKNOWN: "was not measured"}
    parts, named = [], []
    for group, words in says.items():
        if names := found.get(group):
            row = next(iter(names.values()))
            parts.append(f"{words} with {cited(str(len(names)), row)}" if parts else
                         f"{words} with {cited(f'{len(names)} of {total}', row)} {of_what}")
            named += [f"It {words} with {by_model(names)}."] if len(names) <= FEW else []
    return " and ".join([", ".join(parts[:-1]), *parts[-1:]][not parts[1:]:]), named


def headline(rows, where):
    """How many mechanisms are in each group, and the names of small ones."""
    settings = settings_of(rows)
    count = len(plain(dict.fromkeys(name for options in settings.values() for name in options.values())))
    parts, named = in_groups(rows, "mechanisms of the C models")
    return [f"{where}, at {count} settings of {' and '.join(settings)}, the stack {parts}.", *named]


def sanitized(rows):
    """A sentence for each sanitizer: what becomes of the cells that do not grow without it."""
    cells = {key: found for key, found in cells_of(rows).items() if not control(key)}
    tally = {}
    for found in cells.values():
        for name, cell in found.items():
            base, _, sanitizer = name.rpartition(" san=")
            before = found.get(f"{base} san=none")
            if sanitizer == "none" or not before or not cell.growth or before.growth in (None, "linear"):
                continue
            tally.setdefault(sanitizer, {}).setdefault(Setting.parse(name).compiler, []).append(cell)
    return [
        f"With -fsanitize={sanitizer}, of the cells that do not grow without it, these do: "
        + ", ".join(f"{growing(known)} with {compiler}" for compiler, known in by_compiler.items())
        + "."
        for sanitizer, by_compiler in tally.items()
    ]


# ---- The figures ----

HEADER = "x\ty\tgrowth\tbytes\ttoolchain\tmechanism\n"
HEADINGS = "\n\nkind\tfrom\tto\ttext\n"  # in a block of their own: above columns, above a row


def laid_out(lines):
    """[(y, Line)] and [(y, group)]: a row is left free for each group's heading."""
    y, placed, headings, group = 0, [], [], None
    for line in lines:
        if line.group != group:
            group = line.group
            headings.append((y, group))
            y += 1
        placed.append((y, line))
        y += 1
    return placed, headings


def headings_data(columns, headings):
    """The lines of headings: columns is [(compiler, ...)] in order."""
    text = HEADINGS
    compilers = list(dict.fromkeys(column[0] for column in columns))
    for compiler in compilers:
        mine = [x for x, column in enumerate(columns) if column[0] == compiler]
        text += f"columns\t{mine[0]}\t{mine[-1]}\t{compiler}\n"
    for y, group in headings:
        text += f"row\t{y}\t{y}\t{TITLES[group].partition(':')[0]}\n"
    return text


def figure_data(rows):
    """x y class bytes column-label row-label, a line a cell; without sanitizers."""
    columns = [
        (compiler, Setting.parse(name).describe(), name)
        for compiler, options in settings_of(rows).items()
        for name in plain(dict.fromkeys(options.values()))
    ]
    placed, headings = laid_out(lines_of(cells_of(rows)))
    text = HEADER
    for y, line in placed:
        for x, (_, setting, name) in enumerate(columns):
            cell = line.first.get(name)
            if cell:
                text += f"{x}\t{y}\t{GROWTH.index(cell.growth) if cell.growth else 3}\t{number(cell)}\t{setting}\t"
                text += f"{line.name}\n"
    return text + headings_data(columns, headings)


def number(cell):
    return cell.text().lstrip("+").removesuffix(" B")


def matrix_data(rows):
    """The same with a column a compiler, level and sanitizer: the worst of sibling calls and exceptions. Class 4: it
    grows at some of them. Empty when no sanitizer was measured."""
    cells = cells_of(rows)
    columns, names = {}, [name for options in settings_of(rows).values() for name in options.values()]
    for name in names:
        setting = Setting.parse(name)
        options = dict(setting.options)
        column = (setting.compiler, options.get("san", "none"), options.get("opt", "?"))
        columns.setdefault(column, []).append(name)
    if len({column[1] for column in columns}) < 2:
        return ""
    compilers = list(settings_of(rows))
    ordered = sorted(columns, key=lambda column: compilers.index(column[0]))
    placed, headings = laid_out(lines_of(cells))
    text = HEADER
    for y, line in placed:
        found = cells[line.keys[0]]
        for x, column in enumerate(ordered):
            known = [found[name] for name in columns[column] if name in found]
            if known:
                _, sanitizer, level = column
                text += f"{x}\t{y}\t{worst(known)}\t{level}{'' if sanitizer == 'none' else f' {sanitizer}'}\t"
                text += f"{line.name}\n"
    return text + headings_data(ordered, headings)


def worst(cells):
    """"class<tab>bytes" of cells of one column."""
    known = [cell for cell in cells if cell.growth]
    grown = [cell.bytes for cell in known if cell.growth == "linear" and cell.bytes is not None]
    if not known:
        return "3\t?"
    if not grown:
        bounded = any(cell.growth == "bounded" for cell in known)
        return "1\tbounded" if bounded else "0\t0"
    return f"{2 if len(grown) == len(known) else 4}\t{shown(max(grown))}"
