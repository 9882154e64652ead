"""The C models beside real C++: the same cells, compiled by the same toolchain. twins.py has which figures these are,
and what is known of why they differ."""

from .cells import Cell, label
from .finding import figure, span
from .rows import Setting, cited, is_library, shown
from .tables import Heading, Mark, Section, Table
from .twins import ALLOCATIONS, BYTES, GROWTH, INSTRUCTIONS, LIMIT, MEASURED, METRICS, UNEXPLAINED
from .twins import elided, is_control, pairs_of

COUNTS = "counts of phases, an operation"


def build(results, causes):
    section = Section("calibration")
    found = [pair for pair in pairs_of(results) if not is_library(pair.key[1])]
    if not found:
        return section
    explained = {pair: causes.of(pair) for pair in found}
    numbers = numbered(explained)
    section.short = short(found)
    lines = [*compared(results, found), *headline(found, explained), *rules(found, explained, numbers)]
    section.headline = "\n".join(lines)
    section.tables = [
        summary(found, explained),
        *ratios(found, explained, numbers),
        *reasons(explained, numbers),
        *forms(found),
        everything(found, explained, numbers),
    ]
    section.findings = [*left_out(results), *disagreements(found, explained)]
    return section


# --- What is said ---


def of_metric(found, *metrics):
    return [pair for pair in found if pair.metric in metrics]


def phase_counts(found):
    return [pair for pair in found if pair.experiment == "phases" and pair.metric not in ALLOCATIONS]


def agreeing(found):
    """"7 of 8": of pairs, those that are equal; linked to one of them."""
    equal = [pair for pair in found if pair.equal]
    return some(equal, found)


def some(pairs, of_all):
    """"7 of 8", linked to the first that is counted."""
    return cited(f"{len(pairs)} of {len(of_all)}", *(pair.row for pair in (pairs or of_all)[:1]))


def counted(number, what):
    return f"{number} {what}{'' if str(number) == '1' else 's'}"


def listed(words):
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def by_level(found):
    """Of differences: "3 at O0, 1 at O2"."""
    levels = sorted({pair.level for pair in found})
    return ", ".join(f"{sum(pair.level == level for pair in found)} at {level}" for level in levels)


def short(found):
    """In how many cells C and C++ agree, the control apart."""
    growth = [pair for pair in of_metric(found, GROWTH) if not is_control(pair)]
    parts = [
        f"on {what} in {agreeing(these)} cells"
        for what, these in (("whether the stack grows", growth), ("allocations", of_metric(found, *ALLOCATIONS)),
                            ("counts of phases", phase_counts(found)))
        if these
    ]
    return f"C and real C++ agree {', '.join(parts) if parts else f'in {agreeing(found)} cells'}."


def compared(results, found):
    """How much is compared, what has no twin, and the control."""
    experiments = list(dict.fromkeys(pair.experiment for pair in found))
    mechanisms = dict.fromkeys(pair.key[:2] for pair in found)
    own = {
        (row.model, row.mechanism)
        for experiment in experiments
        for row in results[experiment]
        if row.model in ("awaitable", "sender") and not is_library(row.mechanism)
    }
    alone = len(own - set(mechanisms))
    apart = f"; {counted(alone, 'mechanism')} more {'has' if alone == 1 else 'have'} no C++ cell" if alone else ""
    number = cited(counted(len(mechanisms), "mechanism"), found[0].row)
    yield f"Compared: {number} of {listed(experiments)}{apart}."
    control = [pair for pair in of_metric(found, GROWTH) if is_control(pair)]
    if control:
        yield (f"Of the control, which C++ cannot have (boundary=no, exc=on), the growth is the same in "
               f"{agreeing(control)} cells.")


def headline(found, explained):
    differ = [pair for pair in found if not pair.equal]
    lost = [pair for pair in differ if explained[pair][0] == UNEXPLAINED]
    yield f"Of the figures of C {agreeing(found)} are those of real C++. {unexplained(differ, lost)}"
    ratios_ = [pair for pair in of_metric(found, INSTRUCTIONS) if pair.ratio]
    if ratios_:
        worst, best = max(ratios_, key=lambda pair: pair.ratio), min(ratios_, key=lambda pair: pair.ratio)
        low, high = (cited(f"{pair.ratio:.2f}", pair.row) for pair in (best, worst))
        yield f"Instructions of C, those of C++ being 1 (lower is better for C): {low} to {high}."
        yield f"The least is of {name_of(best)}, the most of {name_of(worst)}."


def unexplained(differ, lost):
    """A sentence: whether the causes of the differences are known."""
    if not differ:
        return "There is no difference."
    number = cited(counted(len(differ), "difference"), differ[0].row)
    if not lost:
        return f"{number}, {'its cause' if len(differ) == 1 else 'the cause of each'} known."
    return f"Of {number}, {len(lost)} {'is' if len(lost) == 1 else 'are'} not explained ({by_level(lost)})."


def cell_of(pair):
    """The names of both, where they are not the same."""
    return label(pair.key) + (f", in C++ {pair.renamed[0]}" if pair.renamed else "")


def name_of(pair):
    setting = pair.setting
    return f"{pair.experiment} {cell_of(pair)}, {setting.compiler} {setting.describe()}"


# --- What calibration is to show, and whether it does ---


def rules(found, explained, numbers):
    yield from rule_of_instructions(found, explained, numbers)
    for what, these in (("Allocations", of_metric(found, *ALLOCATIONS)), ("Phase counts", phase_counts(found))):
        if these:
            differ = [pair for pair in these if not pair.equal]
            text = f"{what} are to be equal exactly, the callee being in another translation unit: "
            if differ:
                yield text + f"not so in {some(differ, these)} rows: {where_text(differ, these)}."
            else:
                yield text + f"holds in {agreeing(these)} rows."


def where_text(some, of_all):
    """The cells and figures, each with its settings."""
    everywhere = list(dict.fromkeys(pair.toolchain for pair in of_all))
    found = {}
    for pair in some:
        found.setdefault(f"{pair.experiment} {cell_of(pair)} {pair.metric}", []).append(pair.toolchain)
    return "; ".join(f"{name} with {settings_text(names, everywhere, True)}" for name, names in found.items())


def left_out(results):
    """Where a compiler leaves the allocation of a frame out."""
    seen = elided(results)
    if seen:
        toolchains, parts = [row.toolchain for row in seen], []
        for value in sorted({row.value for row in seen}):
            mine = [row for row in seen if row.value == value]
            parts.append(f"{figure(mine[0])} with {settings_text([row.toolchain for row in mine], toolchains, True)}")
        yield (
            "Where the compiler sees a C++ coroutine from its making to its end (callee=visible), and may leave out "
            f"the allocation of its frame, so many are made an operation: {'; '.join(parts)}."
        )


def rule_of_instructions(found, explained, numbers):
    counted_ = [pair for pair in of_metric(found, INSTRUCTIONS) if pair.ratio]
    if not counted_:
        return
    above = [pair for pair in counted_ if pair.ratio > LIMIT]
    text = f"C is to take at most {LIMIT:g} times the instructions of C++: holds in "
    within = [pair for pair in counted_ if pair not in above]
    if not above:
        yield text + f"{some(within, counted_)} rows."
    else:
        worst = max(above, key=lambda pair: pair.c - pair.cxx)
        most = cited(counted(shown(worst.c - worst.cxx), "instruction"), worst.row)
        yield text + (f"{some(within, counted_)} rows ({by_level(above)} above it, by {most} an operation at most). "
                      f"{causes_text(above, explained, numbers)}")
        yield f"Above it: {which_text(above, counted_)}."
    below = [pair for pair in counted_ if pair.ratio < 1 / LIMIT]
    if below:
        yield (
            f"C takes fewer by more than {100 * LIMIT - 100:.0f} % in {some(below, counted_)} rows "
            f"({by_level(below)}). {causes_text(below, explained, numbers)}"
        )


def which_text(some_, of_all):
    """The mechanisms, each with its ratios and its settings."""
    everywhere = list(dict.fromkeys(pair.toolchain for pair in of_all))
    found = {}
    for pair in some_:
        found.setdefault(" ".join([pair.experiment, *pair.key[:2]]), []).append(pair)
    parts = []
    for name, pairs in found.items():
        where = settings_text(dict.fromkeys(pair.toolchain for pair in pairs), everywhere, True)
        parts.append(f"{name}, {span([(pair.ratio, pair.row) for pair in pairs], '{:.2f}'.format)} times, with {where}")
    return "; ".join(parts)


def causes_text(pairs, explained, numbers):
    """How many by which kind of cause, with the numbers that the table of causes has in words."""
    found = {}
    for pair in pairs:
        found.setdefault(explained[pair][0], []).append(pair)
    parts = []
    for kind, these in sorted(found.items(), key=lambda item: -len(item[1])):
        named = [str(number) for number in sorted({numbers[explained[pair]] for pair in these
                                                   if explained[pair] in numbers})]
        words = f" ({'cause' if len(named) == 1 else 'causes'} {listed(named)} of the table)" if named else ""
        parts.append(f"{some(these, pairs)} {kind}{words}")
    return f"Why: {'; '.join(parts)}."


def disagreements(found, explained):
    """A sentence for each explained disagreement about growth, and for each cell where one is not explained."""
    by_cause, lost = {}, {}
    for pair in found:
        if pair.metric != GROWTH or pair.equal:
            continue
        if explained[pair][0] != UNEXPLAINED:
            by_cause.setdefault((explained[pair][1], pair.c, pair.cxx), []).append(pair)
        else:
            lost.setdefault((label(pair.key), pair.c, pair.cxx), []).append(pair)
    for (why, c, cxx), these in by_cause.items():
        cells = cited(counted(len(these), "cell"), these[0].row)
        yield f"Growth is {c} in C and {cxx} in C++ in {cells} ({why})."
    for (name, c, cxx), these in lost.items():
        where = ", ".join(f"{pair.setting.compiler} {pair.setting.describe()}" for pair in these)
        count = cited(counted(len(these), "setting"), these[0].row)
        yield f"{name} is {c} in C and {cxx} in C++ at {count}, which is not explained: {where}."


# --- Tables ---


def words_of(pair):
    return METRICS.get(pair.metric) or (COUNTS if pair.experiment == "phases" else pair.metric)


def summary(found, explained):
    groups = {words: [] for words in METRICS.values()}
    for pair in found:
        groups.setdefault(words_of(pair), []).append(pair)
    rows = []
    for words, these in groups.items():
        causes = [explained[pair][0] for pair in these if not pair.equal]
        lost = causes.count(UNEXPLAINED)
        if these:
            rows.append([words, len(these), len(these) - len(causes), len(causes) - lost, lost])
    return Table(
        "calibration-summary",
        "C and C++, cell by cell: how many agree",
        ["figure", "compared", "equal", "differ, explained", "differ, not explained"],
        rows,
        "A difference is explained where somebody has looked at the instructions or the frame, and said why; or where "
        "the functions on the stack were counted, and are others.",
        essential=True,
    )


def numbered(explained):
    """{cause: its number}, the one that most differences have first."""
    counts = {}
    for cause in explained.values():
        if cause and cause[0] != UNEXPLAINED:
            counts[cause] = counts.get(cause, 0) + 1
    return {cause: number for number, cause in enumerate(sorted(counts, key=counts.get, reverse=True), 1)}


def number_of(cause, numbers):
    return "" if cause is None else str(numbers.get(cause, UNEXPLAINED))


def ratios(found, explained, numbers):
    """The instructions of each mechanism: the range over its variants and the other flags, level by level."""
    groups, levels = {}, set()
    for pair in of_metric(found, INSTRUCTIONS):
        if pair.ratio:
            levels.add(pair.level)
            name = " ".join([pair.experiment, *pair.key[:2]]) + (f", in C++ {pair.renamed[0]}" if pair.renamed else "")
            groups.setdefault((name, pair.setting.compiler), []).append(pair)
    rows = []
    for (name, compiler), these in groups.items():
        cells = [range_text([pair.ratio for pair in these if pair.level == level]) for level in sorted(levels)]
        why = dict.fromkeys(number_of(explained[pair], numbers) for pair in these if not pair.equal)
        rows.append([name, compiler, len(these), *cells, ", ".join(why)])
    note = (
        f"The rule is that C takes at most {LIMIT:g} times as many instructions as C++. Below 1, C takes fewer. The "
        "causes are those of the next table."
    )
    columns = ["mechanism", "compiler", "rows", *(f"C, C++ = 1: {level}" for level in sorted(levels)), "cause"]
    title = "Instructions of C to those of C++"
    return [Table("calibration-instructions", title, columns, rows, note, essential=True)] if rows else []


def reasons(explained, numbers):
    if not numbers:
        return
    rows = [
        [str(number), *cause, sum(other == cause for other in explained.values())] for cause, number in numbers.items()
    ]
    columns = ["number", "cause", "what", "differences"]
    yield Table("calibration-causes", "Why they differ", columns, rows, detail=True, essential=True)


def forms(found):
    """The forms that are compared though they have other names in C and in C++."""
    named = {}
    for pair in found:
        if pair.renamed:
            mechanism, why = pair.renamed
            compilers = named.setdefault((pair.experiment, pair.key[0], pair.key[1], mechanism, why), {})
            compilers[pair.setting.compiler] = None
    if not named:
        return
    rows = [
        [f"{experiment} {model}", c, cxx, ", ".join(compilers), why]
        for (experiment, model, c, cxx, why), compilers in named.items()
    ]
    yield Table(
        "calibration-forms",
        "Forms that are compared under different names",
        ["experiment", "form in C", "form in C++", "compilers", "why"],
        rows,
        "All others are compared with the form of the same name.",
    )


def range_text(found):
    if not found:
        return "-"
    low, high = min(found), max(found)
    kind = "linear" if high > LIMIT else "bounded" if low < 1 / LIMIT else "constant"
    return Mark(f"{low:.2f}" + (f" to {high:.2f}" if f"{low:.2f}" != f"{high:.2f}" else ""), kind)


def everything(found, explained, numbers):
    """All pairs, those that say the same in one row."""
    rows = []
    for experiment in dict.fromkeys(pair.experiment for pair in found):
        rows.append(Heading(experiment, 6))
        of_this = [pair for pair in found if pair.experiment == experiment]
        toolchains = list(dict.fromkeys(pair.toolchain for pair in of_this))
        for these in alike(of_this, explained):
            pair = these[0]
            text = number_of(explained[pair], numbers)
            where = settings_text(dict.fromkeys(one.toolchain for one in these), toolchains)
            metrics = dict.fromkeys(one.metric for one in these)
            if len(metrics) > 1:
                rows.append([f"{cell_of(pair)}: {len(metrics)} counts", where, "", "", difference(pair), text])
                continue
            name = cell_of(pair) + (f": {pair.metric}" if pair.metric not in (GROWTH, BYTES) else "")
            rows.append([name, where, *value_texts(pair), difference(pair), text])
    return Table(
        "calibration",
        "Every cell: the C model and real C++",
        ["cell", "toolchains", "C", "C++", "comparison", "cause"],
        rows,
        "Stack: bytes a completion, 0 is no growth, and in how many functions on the stack. The numbers of the causes "
        "are those of calibration-causes.",
        detail=True,
    )


def alike(found, explained):
    """Lists of pairs of one cell and figure that say the same, under several toolchains; of the counts of phases, all
    that are equal. The bytes, where there are some, stand for the growth."""
    merged = {}
    for pair in found:
        merged[pair.key, pair.toolchain, GROWTH if pair.metric == BYTES else pair.metric] = pair
    groups = {}
    for pair in merged.values():
        said = (pair.key, pair.metric, pair.c, pair.cxx, pair.functions, explained[pair])
        if words_of(pair) == COUNTS and pair.equal:
            said = (pair.key, COUNTS)
        groups.setdefault(said, []).append(pair)
    return groups.values()


def settings_text(toolchains, everywhere, level_of_one=False):
    """ "gcc-12.2.0 O1, O2 sib=off", of those that there are; where there is one, its level only if asked for."""
    parts = []
    for compiler in dict.fromkeys(Setting.parse(name).compiler for name in toolchains):
        here, there = (
            [one for one in map(Setting.parse, names) if one.compiler == compiler] for names in (toolchains, everywhere)
        )
        words = []
        for level in dict.fromkeys(dict(one.options).get("opt") for one in here):
            mine, all_ = ([one for one in ones if dict(one.options).get("opt") == level] for ones in (here, there))
            words += words_of_level(level, mine, all_)
        parts.append(compiler + (f" {', '.join(words)}" if len(everywhere) > 1 or level_of_one else ""))
    return "; ".join(parts)


def words_of_level(level, mine, all_):
    """One word for all settings of a level, or for all with one flag."""
    if len(mine) == len(all_):
        return [level or "-"]
    words, left = [], list(mine)
    for flag in sorted({option for one in mine for option in one.options if option[0] in ("sib", "exc")}, reverse=True):
        having = [one for one in all_ if flag in one.options]
        if len(having) > 1 and all(one in left for one in having):
            words.append(f"{level} {'='.join(flag)}")
            left = [one for one in left if one not in having]
    return words + [one.describe() for one in left]


def difference(pair):
    if pair.equal:
        return Mark("equal" if pair.c == pair.cxx else f"{100 * pair.ratio - 100:+.1f} %", "constant")
    if pair.metric == GROWTH:
        return Mark(f"differ: C {pair.c}, C++ {pair.cxx}", "linear")
    if pair.metric in MEASURED and pair.ratio:
        return Mark(f"{pair.ratio:.2f} times", "linear" if pair.ratio > LIMIT else "bounded")
    unit = " B" if "bytes" in pair.metric else ""
    return Mark(f"{pair.c - pair.cxx:+g}{unit} in C", "bounded")


def value_texts(pair):
    return [value_text(pair, *both) for both in zip((pair.c, pair.cxx), pair.functions)]


def value_text(pair, value, functions):
    if pair.metric not in (GROWTH, BYTES):
        return shown(value)
    cell = Cell()
    cell.growth, cell.bytes = (value, None) if pair.metric == GROWTH else ("linear", value)
    if value == "linear":
        return Mark("grows", "linear")
    return cell.text() if functions is None else Mark(f"{cell.text()} in {shown(functions)}", "linear")
