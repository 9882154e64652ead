"""How busy this machine is, by others than us, from /proc/stat: a gate on time refuses where it is."""

import os
import resource
import time
from pathlib import Path
from typing import NamedTuple

BUSY_MOST = 0.25  # processors that others use
STEAL_MOST = 2.0  # percent of the processors' time that the hypervisor gave to others


class Moment(NamedTuple):
    seconds: float
    busy: float  # seconds of all processors, ours among them
    steal: float
    ours: float  # seconds of this process and of those that it has waited for


class Noise(NamedTuple):
    busy: float
    steal: float

    def describe(self):
        return f"others keep {self.busy:.2f} processors busy, steal {self.steal:.1f} %"

    @property
    def high(self):
        return self.busy > BUSY_MOST or self.steal > STEAL_MOST


def moment(stat="/proc/stat"):
    """None where the system does not tell."""
    try:
        fields = [int(word) for word in Path(stat).read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
        user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    except (OSError, ValueError):
        return None
    tick = os.sysconf("SC_CLK_TCK")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ours = sum(use.ru_utime + use.ru_stime for use in usage)
    busy = (user + nice + system + irq + softirq) / tick
    return Moment(time.monotonic(), busy, steal / tick, ours)


def between(before, after):
    """What others did meanwhile; None where the system does not tell."""
    if before is None or after is None or after.seconds <= before.seconds:
        return None
    seconds = after.seconds - before.seconds
    busy = max(0.0, (after.busy - before.busy) - (after.ours - before.ours)) / seconds
    return Noise(busy, 100 * (after.steal - before.steal) / (seconds * (os.cpu_count() or 1)))


def look(seconds=2.0):
    before = moment()
    time.sleep(seconds)
    return between(before, moment())


def load_average():
    try:
        return os.getloadavg()[0]
    except OSError:
        return None
