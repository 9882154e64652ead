"""Whether a published table is reproduced: by its shape, never by its nanoseconds.

Counts, allocations and growth classes must be equal. Of times, the order of two that stand in one row, or next to each
other in one column, is compared, where what is published is further apart than NEAR; ours must be told apart by their
intervals. More pairs would follow from these, or be of things that nobody would take for alike. What a paper says in
words alone, such as "none" of a cost, is judged among the claims and nowhere else."""

from dataclasses import dataclass, field

from .ratios import speed

GROWTH = ("constant", "bounded", "linear")
EXPECTED = {"O(1)": False, "O(N)": True, "coroutine_handle<>": False}  # whether the stack grows
NEAR = 1.10  # times published closer than this have no order


@dataclass(frozen=True)
class Place:
    """Where a cell stands: the row's label, the column's name, and the number of the heading above."""

    label: str
    column: str
    group: int

    def among(self, places):
        """As short as it tells it apart from the others."""
        alike = [place for place in places if place.label == self.label]
        return f"{self.label}, {self.column}" if len(alike) > 1 else self.label


def grown(rows):
    return [row for row in rows if row.text == "linear"]


@dataclass
class Judge:
    counts: dict = field(default_factory=dict)  # {what: [(agrees, place)]}
    times: list = field(default_factory=list)  # [(published, row, place)]
    speeds: list = field(default_factory=list)  # [(published, (value, low, high), place)]
    classes: list = field(default_factory=list)  # [(as published at, settings, place)]
    absent: list = field(default_factory=list)

    def count(self, agrees, place, unit):
        what = {"count": "counts", "B": "sizes", "bool": "yes or no"}.get(unit, unit)
        self.counts.setdefault(what, []).append((agrees, place))

    def growth(self, figure, place, rows):
        known = [row for row in rows if row.text in GROWTH]
        if figure.value in EXPECTED and known:
            linear = len(grown(known))
            same = linear if EXPECTED[figure.value] else len(known) - linear
            self.classes.append((same, len(known), place))

    def time(self, figure, place, row):
        if figure and figure.number:
            self.times.append((figure.number, row, place))

    def speed(self, figure, place, row):
        if figure and figure.ratio and speed(row):
            self.speeds.append((figure.ratio, speed(row), place))

    def missing(self, place):
        self.absent.append(place)

    def text(self):
        """The judgement in a line; empty where nothing is published to be judged."""
        lines = [self.of_counts(what, found) for what, found in self.counts.items()]
        lines += [self.of_classes(), self.of_order(), self.of_speeds()]
        lines = [line for line in lines if line]
        if self.absent:
            labels = ", ".join(dict.fromkeys(place.label for place in self.absent))
            lines.append(f"not measured in this run: {len(self.absent)} cells ({labels})")
        text = "; ".join(lines)
        return f"Shape: {text}." if text else ""

    @staticmethod
    def of_counts(what, found):
        same = [agrees for agrees, _ in found if agrees]
        others = "; ".join(dict.fromkeys(place.label for agrees, place in found if not agrees))
        rest = f" (not: {others})" if others else ""
        return f"{what}: {len(same)} of {len(found)} cells as published{rest}"

    def of_classes(self):
        if not self.classes:
            return ""
        places = [place for *_, place in self.classes]
        each = ", ".join(f"{place.among(places)} at {same} of {all_} settings" for same, all_, place in self.classes)
        return f"growth class as published: {each}"

    def of_order(self):
        pairs = list(self.ordered())
        if not pairs:
            return ""
        words = [word for word, _ in pairs]
        tally = {word: words.count(word) for word in ("same", "reversed", "unknown", "near")}
        judged = len(pairs) - tally["near"]
        parts = [f"{tally['same']} of {judged} pairs as published"] if judged else []
        other = "; ".join(which for word, which in pairs if word == "reversed")
        if other:
            parts.append(f"{tally['reversed']} the other way round (published as less, and more here: {other})")
        parts += [f"{tally['unknown']} not told apart by their intervals"] if tally["unknown"] else []
        parts += [f"{tally['near']} published within 10 % of each other, which have no order"] if tally["near"] else []
        return f"order of times, in a row and between neighbours of a column: {', '.join(parts)}"

    def pairs(self):
        """Two of one row, and of one column the next below under the same heading; two cells of ours once."""
        seen = set()
        for index, mine in enumerate(self.times):
            below = True
            for theirs in self.times[index + 1 :]:
                place, there = mine[2], theirs[2]
                if place.group != there.group:
                    break
                same_column = below and place.column == there.column and place.label != there.label
                below = below and not same_column
                key = (mine[1], theirs[1], mine[0] < theirs[0])
                if (place.label == there.label or same_column) and key not in seen:
                    seen.add(key)
                    yield mine, theirs

    def ordered(self):
        for (theirs, row, place), (other, their_row, there) in self.pairs():
            if max(theirs, other) < NEAR * min(theirs, other):
                yield "near", ""
                continue
            low, high = ((row, place), (their_row, there))[:: 1 if theirs < other else -1]
            which = f"{low[1].label}, {low[1].column} beside {high[1].label}, {high[1].column}"
            low, high = low[0], high[0]
            yield "same" if low.high < high.low else "reversed" if low.low > high.high else "unknown", which

    def of_speeds(self):
        if not self.speeds:
            return ""
        faster = [value for _, value, _ in self.speeds if value[1] > 1]
        parts = [
            f"{place.label} {theirs:.2f} {reached(theirs, ours)} (here {ours[0]:.2f}, {ours[1]:.2f} to {ours[2]:.2f})"
            for theirs, ours, place in self.speeds
        ]
        text = f"faster than the default: {len(faster)} of {len(self.speeds)} as published"
        return f"{text}; by as much: {', '.join(parts)}"


def reached(theirs, ours):
    _, low, high = ours
    return "is reached" if low >= theirs else "is not reached" if high < theirs else "may be reached"
