"""echo: latencies under a closed and under an open load. They are shown; no form is judged by them."""

from .echo_cost import place as said_place
from .rows import cited, model_order, shown, without
from .tables import Table

PERCENTILES = {10: "p10", 50: "p50", 75: "p75", 90: "p90", 95: "p95", 99: "p99", 99.5: "p995", 99.9: "p999"}
SHOWN = (50, 90, 99, 99.9)
LOADS = ("closed", "open-50", "open-80")


def metric(percentile):
    return f"latency_{PERCENTILES[percentile]}_ns"


def latencies(groups):
    """[(place, load, {form: figures})], of groups that have them: a place is a variant without its load."""
    found = []
    for group in groups:
        forms = {name: figures for name, figures in group.ordered() if metric(50) in figures}
        load = next((part[5:] for part in group.variant.split(",") if part.startswith("load=")), None)
        if forms and load:
            found.append((without(group.variant, "load"), load, forms))
    return found


def microseconds(row):
    """A latency with its interval, in microseconds."""
    if row is None or row.value is None:
        return "?"
    value, low, high = (shown(number / 1000) for number in (row.value, row.low, row.high))
    return cited(f"{value} ({low} to {high})" if not row.exact else value, row)


def load_of(load, forms, place):
    if load == "closed":
        window = next((part[7:] for part in place.split(",") if part.startswith("window=")), None)
        return f"closed: {f'{window} messages' if window else 'one message'} in flight on each connection"
    rate = next((figures["offered_msgs_per_s"] for figures in forms.values() if "offered_msgs_per_s" in figures), None)
    at = f", {rate.value:,.0f} messages/s" if rate and rate.value else ""
    return cited(f"open: {load.partition('-')[2]} % of the floor's closed rate{at}", rate)


def table(groups):
    rows = []
    for place, load, forms in latencies(groups):
        for (model, mechanism), figures in forms.items():
            values = [microseconds(figures.get(metric(percentile))) for percentile in SHOWN]
            rows.append([said_place(place), load_of(load, forms, place), f"{model} {mechanism}", *values])
    if not rows:
        return []
    return [
        Table(
            "echo-latency",
            "The loop: latencies, µs (lower is better)",
            ["variant", "load", "form", "p50", "p90", "p99", "p99.9"],
            rows,
            "From the time a message is due to the time the last byte of its reply is read. Under a closed load it is"
            " due when the reply before it is there; under an open load at its time of a schedule (exponential gaps, "
            "from the seed), so that what delays many messages is counted for each of them. All forms have the same "
            "schedule. Value: the median over the repeats; in brackets two of them between which the median lies in 99 "
            "% of all cases or more: of eight repeats the least and the greatest. The load generator shares "
            "the thread with the loop. Shown, not judged: what else the machine does decides the tail.",
        )
    ]


def sentences(groups):
    for place, load, forms in latencies(groups):
        rows = {name: figures.get(metric(99)) for name, figures in forms.items()}
        parts = [
            f"{' '.join(name)} {cited(shown(row.value / 1000), row)}"
            for name, row in rows.items()
            if row and row.value is not None
        ]
        if parts:
            yield (
                f"99 of 100 messages are answered within so many µs (lower is better), {said_place(place)}, "
                f"{load_of(load, forms, place)}: {', '.join(parts)}."
            )


def figure_data(groups):
    """Of the place with most loads, in quick mode the only one: a block for each load and form."""
    found = latencies(groups)
    places = list(dict.fromkeys(place for place, _, _ in found))
    if not places:
        return ""
    place = max(places, key=lambda name: (sum(name == other for other, _, _ in found), "connections=64" in name))
    blocks = []
    for _, load, forms in [entry for entry in found if entry[0] == place and entry[1] in LOADS[:2]]:
        for (model, mechanism), figures in forms.items():
            line = f"{LOADS.index(load)}\t{form_index(model, mechanism)}"
            text = f"x\t{model} {mechanism}, {load.partition('-')[0]}\tload\tform\n"
            for percentile in PERCENTILES:
                row = figures.get(metric(percentile))
                if row and row.value:
                    text += f"{100 / (100 - percentile):.6g}\t{row.value / 1000:.6g}\t{line}\n"
            if text.count("\n") > 1:
                blocks.append(text)
    return "\n\n".join([*blocks, f"place\n{said_place(place)}\n"])


def form_index(model, mechanism):
    return min(model_order(model), 2) + (mechanism == "p2300-task")
