"""stack and finals: which mechanisms grow the stack, under which toolchain, and whether overflow came as predicted."""

from . import matrix
from .cells import alike, bytes_range, cells_of, control, group_label, label, settings_of
from .rows import Setting, cited, without
from .tables import Mark, Section, Table


def settings_tables(name, rows):
    """Every cell: a table for each compiler and sanitizer."""
    cells = cells_of(rows)
    columns = {}
    for compiler, options in settings_of(rows).items():
        for toolchain in options.values():
            sanitizer = dict(Setting.parse(toolchain).options).get("san", "none")
            columns.setdefault((compiler, sanitizer), []).append(toolchain)
    tables = []
    for (compiler, sanitizer), toolchains in columns.items():
        mine = {key: found for key, found in cells.items() if any(name in found for name in toolchains)}
        body = [
            [label(key), *(found[name].text() if name in found else "-" for name in toolchains)]
            for key, found in mine.items()
        ]
        more = "" if sanitizer == "none" else f", -fsanitize={sanitizer}"
        tables.append(
            Table(
                f"{name}-{compiler}" + ("" if sanitizer == "none" else f"-{sanitizer}"),
                f"Stack per synchronous completion, {compiler}{more}",
                ["mechanism", *(Setting.parse(name).describe() for name in toolchains)],
                body,
                "0: the stack does not grow. +N B: N bytes more for every completion. bounded: grows to a limit. "
                "-: not built in this way. sib: sibling-call optimisation; exc: exceptions.",
                detail=True,
            )
        )
    return tables


def guarantees(rows):
    """{(model, mechanism, variant): {compiler: words}}: what a mechanism rests on, and what the matrix says of it,
    without sanitizers."""
    found = {}
    for row in rows:
        if row.metric == "stack_guarantee" and dict(row.setting.options).get("san", "none") == "none":
            found.setdefault((row.model, row.mechanism, row.variant), {})[row.setting.compiler] = cited(row.text, row)
    return found


def answer(words):
    kind = "constant" if "confirmed" in words else "linear" if "refuted" in words or " in 0 of" in words else "bounded"
    return cited(Mark(words, kind), *getattr(words, "rows", ()))


def guarantee(name, rows):
    """What each mechanism rests on, and what the matrix says of it: a row for those that grow at the same settings."""
    body = []
    compilers = list(settings_of(rows))
    said = guarantees(rows)
    cells = cells_of(rows)
    for keys in alike({key: matrix.plain(found) for key, found in cells.items()}):
        words = [answer(said.get(keys[0], {}).get(compiler, "-")) for compiler in compilers]
        grown = bytes_range(cell for key in keys for cell in matrix.plain(cells[key]).values())
        body.append([group_label(keys), *words, grown or "none"])
    return Table(
        f"{name}-guarantee",
        "What each mechanism rests on, and whether the cells confirm it",
        ["mechanism", *(f"rests on, {name}" for name in compilers), "growth where it grows, bytes a completion"],
        body,
        "What a mechanism rests on is declared with it (bench/stack/mechanisms.def); the cells of this run confirm or "
        "refute it, for the compilers named here and no others. Construction: no flag can take it away. Language, "
        "compiler: a tail call that one of them guarantees. Optimiser: it may make a sibling call, and promises "
        "nothing.",
        detail=True,
    )


def overflow_pairs(rows):
    """[(predicted row, seen row)] of the same mechanism, toolchain and stack size."""
    seen = {(r.model, r.mechanism, r.variant, r.toolchain): r for r in rows if r.metric == "overflow_seen"}
    predicted = [r for r in rows if r.metric == "overflow_predicted"]
    return [(r, seen.get((r.model, r.mechanism, r.variant, r.toolchain))) for r in predicted]


def agrees(predicted, seen):
    return abs(predicted.value - seen.value) <= max(2, 0.01 * seen.value)


def compared(predicted, seen):
    """A table's row for the two."""
    key = (predicted.model, predicted.mechanism, without(predicted.variant, "stack"))
    line = [label(key), predicted.toolchain, predicted.keys.get("stack", "-"), count(predicted), count(seen)]
    if predicted.value is None or seen.value is None:
        return [*line, Mark("?", "missing")]
    difference = seen.value - predicted.value
    mark = "constant" if agrees(predicted, seen) else "linear"
    return [*line, Mark(f"{difference:+.0f} ({100 * difference / seen.value:+.2f} %)", mark)]


def count(row):
    return row.text if row.value is None else f"{row.value:.0f}"


def overflow(name, rows):
    """The pairs that disagree, and the earliest overflow of each mechanism and stack; the sentence counts them all."""
    agreeing, unknown, different, earliest = 0, 0, [], {}
    for predicted, seen in overflow_pairs(rows):
        if predicted.text == "none" or seen is None or predicted.missing or seen.text == "untried":
            continue
        if seen.value is None:
            unknown += 1
            different.append((predicted, seen))
        elif not agrees(predicted, seen):
            different.append((predicted, seen))
        else:
            agreeing += 1
            key = (predicted.model, predicted.mechanism, predicted.keys.get("stack"))
            if key not in earliest or seen.value < earliest[key][1].value:
                earliest[key] = (predicted, seen)
    body = [compared(*pair) for pair in different] + [compared(*pair) for pair in earliest.values()]
    if not body:
        return None, ""
    differing, one = len(different) - unknown, next(pair[1] for pair in (*earliest.values(), *different))
    sentence = (
        "The number of completions that fills a stack, predicted from bytes a completion, and the one seen in a child "
        f"process agree within 1 % or 2 completions in {cited(f'{agreeing} of {agreeing + differing}', one)} rows"
    )
    if unknown:
        sentence += f"; in {cited(str(unknown) + ' more', different[0][1])}, no overflow was seen near the prediction"
    return (
        Table(
            f"{name}-overflow",
            "Completions until the stack overflows: predicted from the slope, and seen",
            ["mechanism", "toolchain", "stack, bytes", "predicted", "seen", "difference"],
            body,
            "Pairs that differ by more than 1 % and 2 completions, then the earliest overflow of each mechanism and "
            f"stack size. All pairs: results/{name}.tsv.",
            detail=True,
        ),
        sentence + ".",
    )


def refuted(said):
    """A sentence for each ground on which mechanisms do not grow, and for each compiler with which they do."""
    found = {}
    for key, by_compiler in said.items():
        for compiler, words in by_compiler.items():
            ground, was, growth = words.partition(": refuted, ")
            if was:
                found.setdefault((key[0], compiler, ground, growth), {}).setdefault(key[1], words)
    for (model, compiler, ground, growth), mechanisms in found.items():
        names = f" ({', '.join(mechanisms)})" if len(mechanisms) <= matrix.FEW else ""
        count = cited(str(len(mechanisms)), *next(iter(mechanisms.values())).rows)
        yield (f"With {compiler} what {count} of {model}'s mechanisms{names} rest on, {ground}, is refuted: "
               f"{growth.replace('it grows', 'each grows')}.")


def controls(cells):
    """What leaving the boundary away does, at the settings where only C can."""
    found = [cell for key, found in cells.items() if control(key) and not key[0].startswith("cxx-")
             for name, cell in matrix.plain(found).items()
             if cell.growth and ("exc", "on") in Setting.parse(name).options]
    if found:
        yield ("Without the boundary of noexcept functions, but with exceptions, which C++ cannot have (a control), "
               f"the stack grows in {matrix.growing(found)} cells.")


def build(rows, name="stack", where="In a loop of operations that complete at once"):
    section = Section(name)
    cells = cells_of(rows)
    if not cells:
        return section
    said = guarantees(rows)
    table, agreement = overflow(name, rows)
    section.headline = "\n".join(matrix.headline(rows, where))
    section.findings = [*refuted(said), *matrix.sanitized(rows), *controls(cells)]
    section.tables = [matrix.table(name, rows, said), guarantee(name, rows), *settings_tables(name, rows)]
    if table:
        section.findings.append(agreement)
        section.tables.append(table)
    section.data = matrix.figure_data(rows)
    wide = matrix.matrix_data(rows)
    section.more_data = {f"{name}-matrix": wide} if wide else {}
    return section
