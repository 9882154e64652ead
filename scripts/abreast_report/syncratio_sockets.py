"""syncratio on real sockets: the share of reads that complete at once, and the published 40 %."""

from .finding import ends
from .ratios import part
from .rows import cited, shown
from .tables import Table

SHARE, FLOOR = "sync_share", ("raw", "floor")
NEAR = 5  # points: what "about" is taken for
FEW = 2  # cases that are near, and named
CLAIM = "completing synchronously with io_uring"
LOADS = {
    "ping-pong": "ping-pong on 1 connection",
    "connections-64": "ping-pong on 64 connections",
    "in-two-reads": "ping-pong, each message in two reads",
    "outstanding-2": "2 messages outstanding, a read each",
    "outstanding-4": "4 messages outstanding, a read each",
    "streaming": "streaming, 4 KiB a read",
}
PEERS = {
    "other": "the peer on another processor",
    "same": "the peer on the same processor",
    "any": "the peer where the kernel puts it",
}
COUNTS = {"try": "tried", "submitted": "submitted"}


def said(name):
    """Model and mechanism; once where they are one word."""
    return " ".join(dict.fromkeys(name))


def percent(value):
    """A share from 0 to 1."""
    return f"{shown(round(100 * value, 1))} %"


class Shares:
    """The reads that complete at once on sockets: {(form, load, counts, peer): Row}."""

    def __init__(self, rows):
        self.rows = {}
        for row in rows:
            keys = row.keys
            if row.metric == SHARE and "load" in keys:
                self.rows[(row.model, row.mechanism), keys["load"], keys["counts"], keys["peer"]] = row

    def row(self, load, counts, peer, name=FLOOR):
        found = self.rows.get((name, load, counts, peer))
        return found if found and found.value is not None else None

    def places(self, counts):
        """[(load, peer, row)] of the floor."""
        found = [(load, peer, self.row(load, counts, peer)) for peer in PEERS for load in LOADS]
        return [(load, peer, row) for load, peer, row in found if row]


def spread(row):
    """A share with its interval."""
    low, high = percent(row.low), percent(row.high)
    return cited(percent(row.value) if low == high else f"{percent(row.value)} ({low} to {high})", row)


def shares_table(shares):
    names = list(dict.fromkeys(key[0] for key in shares.rows))
    columns = [(counts, peer) for peer in PEERS if peer in {key[3] for key in shares.rows} for counts in COUNTS]
    body = []
    for name in names:
        for load, words in LOADS.items():
            found = [shares.row(load, counts, peer, name) for counts, peer in columns]
            if any(found):
                body.append([said(name), words, *(spread(row) if row else "?" for row in found)])
    repeats = {row.samples for row in shares.rows.values() if row.value is not None}
    return Table(
        "syncratio-sockets",
        "Reads that complete at once over TCP on loopback",
        ["form", "load", *(f"{COUNTS[counts]}, {PEERS[peer]}" for counts, peer in columns)],
        body,
        "tried: a non-blocking read finds bytes, before epoll waits. submitted: an io_uring read is complete when the "
        f"system call that submits it returns. The median of {'/'.join(map(str, sorted(repeats)))} repeats with its "
        "99 % interval; the first tenth of the messages is not counted.",
        essential=True,
    )


def published_share(papers):
    return next((float(row[4]) for row in papers if row[2] == CLAIM), None)


def sorted_out(shares, published):
    """{near, more, less, untold: [(load, peer, row)]} of reads submitted to io_uring: where their interval is."""
    found = {"near": [], "more": [], "less": [], "untold": []}
    for load, peer, row in shares.places("submitted"):
        low, high = 100 * row.low - published, 100 * row.high - published
        near = -NEAR <= low and high <= NEAR
        kind = "near" if near else "more" if low > NEAR else "less" if high < -NEAR else "untold"
        found[kind].append((load, peer, row))
    return found


def claim(shares, papers):
    """What was published and what is here, in full and in short; paper/claims.tsv has the rule that judges it."""
    published = published_share(papers)
    if published is None or not shares.rows:
        return "", ""
    found = sorted_out(shares, published)
    rows = [row for places in found.values() for _, _, row in places]
    if not rows:
        return f"The published {shown(published)} % are of io_uring, which could not be used here.", ""
    near, more, less, untold = (part([row for _, _, row in found[kind]], rows) for kind in found)
    few = found["near"] if len(found["near"]) <= FEW else []
    named = "; ".join(f"{LOADS[load]}, {PEERS[peer]}, {spread(row)}" for load, peer, row in few)
    return (
        f"The discussion of P4003R1 has about {shown(published)} % of reads complete synchronously with io_uring when "
        f"the buffer is warm. Of reads submitted to io_uring here the whole 99 % interval is within {NEAR} points of "
        f"it in {near} cases{f' ({named})' if named else ''}. More complete at once in {more}, fewer in {less}; in "
        f"{untold} the interval is too wide to tell."
    ), f"On sockets {ends(rows, percent)} of io_uring reads do, by load; published: about {shown(published)} %."


def tries(shares):
    """Whether the two ways to count agree, and where they differ most."""
    found = []
    for load, peer, tried in shares.places("try"):
        submitted = shares.row(load, "submitted", peer)
        if submitted:
            found.append((100 * abs(submitted.value - tried.value), load, peer, tried, submitted))
    if len(found) < 2:
        return ""
    alike = part([one[3] for one in found if one[0] <= NEAR], [one[3] for one in found])
    apart, load, peer, tried, submitted = max(found, key=lambda item: item[0])
    return (
        "A read can be tried before epoll waits, or submitted to io_uring. The medians of the two are at most "
        f"{NEAR} points apart in {alike} cases. They are furthest apart for {LOADS[load]} with {PEERS[peer]}: "
        f"{spread(tried)} tried, {spread(submitted)} submitted, {cited(f'{shown(round(apart, 1))} points', tried)}."
    )


def forms_alike(shares):
    """How far the models' loops are from the floor in what they find."""
    apart = [
        (100 * abs(row.value - floor.value), name, load, peer, row, floor)
        for (name, load, counts, peer), row in shares.rows.items()
        if name != FLOOR and row.value is not None and (floor := shares.row(load, counts, peer))
    ]
    if not apart:
        return ""
    most, name, load, peer, row, floor = max(apart, key=lambda item: item[0])
    return (
        f"The share is the traffic's, not the model's: the models' loops see the floor's within "
        f"{cited(f'{shown(round(most, 1))} points', row)} (furthest: {said(name)}, {LOADS[load]}, {PEERS[peer]}, "
        f"{spread(row)} against {spread(floor)})."
    )
