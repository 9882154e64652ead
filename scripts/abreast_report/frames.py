"""frames: what a recycling frame allocator gives over malloc, beside the published figures."""

from .ratios import control_finding, difference, groups_of, more, shown_range, shown_speed, speed
from .rows import breakable, shown_row
from .tables import Section, Table

RATIO = "ratio_to_malloc"


def published_ratios(published):
    """[(compiler, allocator, ratio)] of P4003R4 3.5, computed from the published times."""
    times = {}
    for source, table, row, _, value, *_ in published:
        if source.startswith("P4003") and table.startswith("3.5"):
            compiler, allocator = row.split(" / ")
            times.setdefault(compiler, {})[allocator] = float(value)
    return [
        (compiler, allocator, found["std::allocator"] / time)
        for compiler, found in times.items()
        if "std::allocator" in found
        for allocator, time in found.items()
        if allocator != "std::allocator"
    ]


def build(rows, published=()):
    section = Section("frames")
    compared = []
    body = []
    groups = groups_of(rows)
    for group in groups:
        for (model, mechanism), figures in group.ordered():
            ratio = figures.get(RATIO)
            if ratio and speed(ratio):
                compared.append((model, mechanism, group, ratio))
            body.append(
                [
                    breakable(group.variant),
                    f"{model} {mechanism}",
                    group.compiler,
                    shown_row(figures.get("ns_per_op")),
                    shown_speed(ratio) if ratio else "1 (baseline)" if group.timed else "-",
                    shown_row(figures.get("allocs_per_op")),
                    shown_row(figures.get("allocs_fresh_per_op")),
                    shown_row(figures.get("instructions_per_op")),
                ]
            )
    papers = published_ratios(published)
    section.tables = [
        Table(
            "frames",
            "Coroutine frames from malloc and from recycling",
            [
                "variant",
                "allocator",
                "compiler",
                "ns per operation",
                "times as fast as malloc (below 1: slower)",
                "allocations per operation",
                "fresh from malloc",
                "instructions",
            ],
            body,
            "In brackets the 99 % interval of paired, interleaved runs. Only the main build is timed. "
            "results/frames.tsv has the inverse, ratio_to_malloc: there, below 1 is faster.",
        )
    ]
    if papers:
        section.tables.append(published_table(papers, compared))
    section.findings = [finding(group, model, name, ratio) for model, name, group, ratio in compared]
    section.findings += control_finding(groups, RATIO)
    section.short, section.headline = headline(compared, papers)
    section.data = figure_data(compared, papers)
    return section


def finding(group, model, mechanism, ratio):
    value, low, high = speed(ratio)
    word = "faster" if low > 1 else "slower" if high < 1 else "not told apart from malloc"
    interval = f"99 % interval {low:.2f} to {high:.2f}"
    saved = difference(group.cells[model, mechanism], group.cells.get((model, "malloc"), {}), "instructions_per_op")
    cause = f", with {more(saved, ('instruction', 'instructions'))}" if saved else ""
    return f"{model} {mechanism}, {group.variant}: {value:.2f} times as fast as malloc ({interval}): {word}{cause}."


def headline(compared, papers):
    """(short, in full)"""
    times = [speed(ratio) for _, mechanism, _, ratio in compared if mechanism == "recycling"]
    if not times:
        return "", ""
    ours = [value for value, _, _ in times]
    faster, slower = sum(low > 1 for _, low, _ in times), sum(high < 1 for _, _, high in times)
    text = f"Recycling coroutine frames is {shown_range(ours)} times as fast as malloc here"
    counts = (
        f" (faster in {faster} of {len(times)} variants, slower in {slower}, not told apart in "
        f"{len(times) - faster - slower})"
    )
    paper = [f"{value:.2f} ({compiler})" for compiler, allocator, value in papers if allocator == "recycling"]
    return f"{text}.", text + counts + (f"; published: {' and '.join(paper)}, P4003R4 3.5." if paper else ".")


def published_table(papers, compared):
    body = []
    for compiler, allocator, value in papers:
        ours = [
            f"{group.variant}: {shown_speed(ratio)}"
            for _, mechanism, group, ratio in compared
            if mechanism == allocator
        ]
        body.append([f"{allocator}, {compiler}", f"{value:.2f}", "; ".join(ours) or "not measured"])
    return Table(
        "published-frames",
        "Published and ours: times as fast as the default allocator",
        ["P4003R4 3.5", "published", "ours"],
        body,
        "The paper's figures are from other machines and compilers: the order can be compared.",
    )


def figure_data(compared, papers):
    """Two blocks: ours, and the published ratios."""
    text = "x\tspeed\tlow\thigh\tlabel\n"
    for x, (model, mechanism, group, ratio) in enumerate(compared):
        value, low, high = speed(ratio)
        text += f"{x}\t{value:.6g}\t{low:.6g}\t{high:.6g}\t{model} {mechanism}, {group.variant}\n"
    text += "\n\nspeed\tlabel\n"
    text += "".join(f"{value:.6g}\t{value:.2f} {allocator}, {compiler}\n" for compiler, allocator, value in papers)
    return text if compared else ""
