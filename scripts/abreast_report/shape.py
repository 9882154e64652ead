"""Whether a published table is reproduced: by its shape, never by its nanoseconds.

Counts, allocations and growth classes must be equal. Of times, the order of two that stand in one row, or next to each
other in one column, is compared, where what is published is further apart than NEAR; ours must be told apart by their
intervals. More pairs would follow from these, or be of things that nobody would take for alike. What a paper says in
words alone, such as "none" of a cost, is judged among the claims and nowhere else."""

from dataclasses import dataclass, field

from .ratios import shown_speed, speed
from .rows import cited, number_of

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
    counts: dict = field(default_factory=dict)  # {what: [(agrees, place, row)]}
    times: list = field(default_factory=list)  # [(published, row, place)]
    speeds: list = field(default_factory=list)  # [(published, row, place)]
    classes: list = field(default_factory=list)  # [(rows as published, settings, place)]
    absent: list = field(default_factory=list)

    def count(self, agrees, place, unit, row):
        what = {"count": "counts", "B": "sizes", "bool": "yes or no"}.get(unit, unit)
        self.counts.setdefault(what, []).append((agrees, place, row))

    def growth(self, figure, place, rows):
        known = [row for row in rows if row.text in GROWTH]
        if figure.value in EXPECTED and known:
            linear = grown(known)
            same = linear if EXPECTED[figure.value] else [row for row in known if row not in linear]
            self.classes.append((same, known, place))

    def time(self, figure, place, row):
        if figure and figure.number:
            self.times.append((figure.number, row, place))

    def speed(self, figure, place, row):
        if figure and figure.ratio and speed(row):
            self.speeds.append((figure.ratio, row, place))

    def missing(self, place):
        self.absent.append(place)

    def text(self):
        """The judgement in sentences; empty where nothing is published to be judged."""
        lines = [self.of_counts(what, found) for what, found in self.counts.items()]
        lines += [self.of_classes(), *self.of_order(), self.of_speeds()]
        lines = [line for line in lines if line]
        if self.absent:
            labels = ", ".join(dict.fromkeys(place.label for place in self.absent))
            lines.append(f"not measured in this run: {len(self.absent)} cells ({labels})")
        lines[1:] = [line[0].upper() + line[1:] for line in lines[1:]]
        return f"Shape: {'. '.join(lines)}." if lines else ""

    @staticmethod
    def of_counts(what, found):
        others = "; ".join(dict.fromkeys(place.label for agrees, place, _ in found if not agrees))
        rest = f" (not: {others})" if others else ""
        same = number_of([row for agrees, _, row in found if agrees], len(found))
        return f"{what}: {same} cells as published{rest}"

    def of_classes(self):
        places = [place for *_, place in self.classes]
        each = [
            f"{place.among(places)} at {cited(f'{len(same)} of {len(known)}', *(same or known))} settings"
            for same, known, place in self.classes
        ]
        return f"growth class as published: {', '.join(each)}" if each else ""

    def of_order(self):
        found = {"same": [], "reversed": [], "unknown": [], "near": []}
        for word, which, row in self.ordered():
            found[word].append((which, row))
        judged = sum(len(found[word]) for word in ("same", "reversed", "unknown"))
        tally = {word: number_of([row for _, row in pairs], judged) for word, pairs in found.items()}
        parts = [f"{tally['same']} pairs as published"] if judged else []
        parts += [f"{tally['reversed']} the other way round"] if found["reversed"] else []
        parts += [f"{tally['unknown']} not told apart by their intervals"] if found["unknown"] else []
        if parts:
            yield f"order of times, in a row and between neighbours of a column: {', '.join(parts)}"
        if found["reversed"]:
            yield f"published as less, and more here: {'; '.join(which for which, _ in found['reversed'])}"
        if found["near"]:
            more = number_of([row for _, row in found["near"]], judged + len(found["near"]))
            yield f"published within 10 % of each other, and without an order: {more} pairs"

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
                yield "near", "", row
                continue
            low, high = ((row, place), (their_row, there))[:: 1 if theirs < other else -1]
            which = f"{low[1].label}, {low[1].column} beside {high[1].label}, {high[1].column}"
            low, high = low[0], high[0]
            yield "same" if low.high < high.low else "reversed" if low.low > high.high else "unknown", which, low

    def of_speeds(self):
        faster = [row for _, row, _ in self.speeds if speed(row)[1] > 1]
        parts = [
            f"{place.label} {theirs:.2f} {reached(theirs, speed(row))}, here {shown_speed(row)}"
            for theirs, row, place in self.speeds
        ]
        if not parts:
            return ""
        return f"faster than the default: {number_of(faster, len(parts))} as published. By as much: {'; '.join(parts)}"


def reached(theirs, ours):
    _, low, high = ours
    return "is reached" if low >= theirs else "is not reached" if high < theirs else "may be reached"
