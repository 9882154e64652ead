"""What the rows of conns say: a figure by cell, metric and moment, and where it was measured."""

from dataclasses import dataclass

from .rows import Row, cited, median, model_order, shown


STREAMS = {"memory": "in memory", "socket": "over sockets"}


@dataclass
class Figure:
    """A measured value: the median of its rounds with the least and the most, or its interval."""

    value: float
    low: float
    high: float
    runs: int
    row: Row  # of the round that is nearest

    @property
    def alone(self):
        return cited(whole(self.value), self.row)

    @property
    def said(self):
        if self.low == self.high:
            return cited(shown(self.value), self.row)
        return cited(f"{whole(self.value)} ({whole(self.low)} to {whole(self.high)})", self.row)

    @property
    def ratio(self):
        spread = "" if self.low == self.high else f" ({self.low:.3f} to {self.high:.3f})"
        return cited(f"{self.value:.3f}{spread}", self.row)

    @property
    def times(self):
        spread = "one run" if self.runs == 1 else f"{self.low:.3f} to {self.high:.3f} in {self.runs} runs"
        return cited(f"{self.value:.3f} times, {spread}", self.row)


def whole(value):
    return shown(value if abs(value) < 100 else round(value))


@dataclass(frozen=True)
class Place:
    """All that the cells have in common that are set beside each other."""

    stream: str
    connections: int
    objects: str
    library: str

    @property
    def many(self):
        return f"{self.connections:,} connections {STREAMS[self.stream]}"

    def __str__(self):
        held = "" if self.objects == "none" else ", objects kept"
        library = "" if self.library == "glibc" else f", {self.library}"
        return f"{self.many}{held}{library}"


class Cell:
    """One form with one allocator at one place: figures by metric and moment."""

    def __init__(self, name, allocator):
        self.name = name
        self.allocator = allocator
        self.rounds = {}

    def add(self, row):
        self.rounds.setdefault((row.metric, row.keys["moment"]), []).append(row)

    def figure(self, metric, moment):
        rows = [row for row in self.rounds.get((metric, moment), []) if row.value is not None]
        if not rows:
            return None
        lows, highs = [row.low for row in rows], [row.high for row in rows]
        runs = sum(int(row.samples) for row in rows)
        value = median([row.value for row in rows])
        nearest = min(rows, key=lambda row: abs(row.value - value))
        return Figure(value, min(lows), max(highs), runs, nearest)

    def value(self, metric, moment):
        figure = self.figure(metric, moment)
        return None if figure is None else figure.value

    @property
    def said(self):
        return f"{' '.join(self.name)} {self.allocator}"


class Conns:
    def __init__(self, rows):
        self.places, self.fixed, self.compiler = {}, {}, ""
        for row in rows:
            keys, name = row.keys, (row.model, row.mechanism)
            if keys.get("frames") == "fixed":
                cells = self.fixed.setdefault(int(keys["connections"]), {})
                cells.setdefault((*name, keys["allocator"]), {})[keys.get("part", "")] = row
                self.compiler = row.toolchain.split()[0]
            elif "moment" in keys:
                place = Place(keys["stream"], int(keys["connections"]), keys["objects"], keys["library"])
                cells = self.places.setdefault(place, {})
                cell = cells.setdefault((*name, keys["allocator"]), Cell(name, keys["allocator"]))
                cell.add(row)
        self.idle = self.fixed[min(self.fixed)] if self.fixed else {}
        self.places = dict(sorted(self.places.items(), key=lambda item: order(item[0])))

    def cells(self, place):
        """With malloc first, in the models' order."""
        found = self.places.get(place, {}).values()
        return sorted(found, key=lambda cell: (model_order(cell.name[0]), cell.name[1] != "pipeline", cell.name[1]))

    def cell(self, place, model, mechanism, allocator):
        return self.places.get(place, {}).get((model, mechanism, allocator))

    @property
    def largest(self):
        """The most connections that there are on streams in memory with glibc's malloc."""
        return max((place.connections for place in self.places if place.library == "glibc"), default=None)


def order(place):
    return (place.library != "glibc", place.library, place.stream, place.objects != "none", -place.connections)
