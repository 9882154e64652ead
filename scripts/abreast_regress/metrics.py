"""Each metric once: which direction is better, and how it is judged.

A deterministic metric is compared exactly, or with a relative tolerance where it has one. A measured one (times, and
memory as the kernel or a malloc accounts for it) is never judged against a file: only pairs that are taken together
tell (timing.py).
"""

from typing import NamedTuple

SMALLER, LARGER, SAME = "smaller", "larger", "same"


class Metric(NamedTuple):
    better: str  # smaller, larger; same: any change must be looked at
    gated: bool
    tolerance: float = 0.0  # relative
    order: tuple = ()  # of a metric that is a word: from the best to the worst


EXACT = Metric(SMALLER, True)
CHANGES = Metric(SAME, True)
MEASURED = Metric(SMALLER, False)
RATE = Metric(LARGER, False)

METRICS = {
    # What valgrind counts. Its own account of an address or a lazily bound symbol may move a few of many thousands.
    "instructions_per_op": Metric(SMALLER, True, 0.001),
    "atomics_per_op": EXACT,
    "bytes_written_per_op": EXACT,
    # Stack.
    "stack_bytes_per_completion": EXACT,
    "stack_functions_per_completion": EXACT,
    "stack_growth": Metric(SMALLER, True, order=("constant", "bounded", "linear")),
    "stack_guarantee": Metric(SAME, False),  # a sentence about other rows
    "stack_rests_on": CHANGES,
    "stack_models": Metric(SAME, False),
    "overflow_predicted": Metric(LARGER, True, 0.01),
    "overflow_seen": Metric(LARGER, False),  # moves with what lies above the measured stack
    "longest_run_completions": Metric(LARGER, True),
    # Sizes.
    "op_state_bytes": EXACT,
    "op_state_align_bytes": EXACT,
    "op_state_block_bytes": EXACT,
    "op_state_environment_bytes": EXACT,
    "awaitable_bytes": EXACT,
    "awaitable_align_bytes": EXACT,
    "bridge_bytes": EXACT,
    "frame_bytes": EXACT,
    "graph_bytes_per_op": EXACT,
    "idle_part_bytes": EXACT,
    "storage_bytes": EXACT,
    "told_bytes": CHANGES,
    "value_bytes_through_memory_per_op": EXACT,
    # Allocations.
    "allocs_per_op": EXACT,
    "allocs_fresh_per_op": EXACT,
    "frames_from_wrong_allocator_per_op": EXACT,
    # The steps of the protocols.
    "phases_with_work": EXACT,
    "phases_models": Metric(SAME, False),
    "suspensions_per_op": EXACT,
    "resumptions_per_op": EXACT,
    "nested_resumptions_per_op": EXACT,
    "transfer_resumptions_per_op": CHANGES,
    "op_states_per_op": EXACT,
    "posts_per_op": EXACT,
    "submissions_per_op": EXACT,
    "receivers_per_op": EXACT,
    "table_calls_per_op": EXACT,
    "executor_calls_per_op": EXACT,
    "variant_emplacements_per_op": EXACT,
    **{
        f"phase_{phase}_per_op": EXACT
        for phase in "transform connect readiness suspend launch complete extract".split()
    },
    "stop_latency_completions": EXACT,
    "waited_completions_max": EXACT,
    "launch_completions_count": EXACT,
    "functions_changed_count": CHANGES,
    "needs_from_user": CHANGES,
    "noexcept_boundary": CHANGES,
    "syscalls_per_op": EXACT,  # of cells that repeat themselves (bench/group_rows.c)
    # Measured: the kernel's or another library's part is in them.
    "syscalls_per_msg": MEASURED,
    "sync_share": Metric(SAME, False),
    "peak_bytes": MEASURED,
    "retained_bytes": MEASURED,
    "live_bytes_per_connection": MEASURED,
    "heap_bytes_per_connection": MEASURED,
    "held_bytes_per_connection": MEASURED,
    "held_bytes_per_live_byte": MEASURED,
    "idle_bytes_per_connection": MEASURED,
    "retained_bytes_per_connection": MEASURED,
    "rss_bytes_per_connection": MEASURED,
    "fragmentation_ratio": MEASURED,
    "object_bytes": MEASURED,
    "symbols_count": MEASURED,
    "msgs_per_s": RATE,
    "cpu_ns_per_msg": MEASURED,
    "server_ns_per_msg": MEASURED,
    "ns_above_native": MEASURED,
    "cpu_ns_above_native": MEASURED,
    "cpu_ns_above_floor": MEASURED,
    "ratio_to_floor": MEASURED,
    "ratio_to_malloc": MEASURED,
    "ratio_to_native": MEASURED,
    "cpu_ratio_to_floor": MEASURED,
    "cpu_ratio_to_native": MEASURED,
}

COUNTED = {"instructions_per_op", "atomics_per_op", "bytes_written_per_op"}  # by valgrind; a smoke run counts neither
TIME_UNITS = {"ns", "us", "ms", "s"}


def metric(name, unit=""):
    """A metric that is not in the table and is no time is None: nothing judges it, and that is said."""
    if name in METRICS:
        return METRICS[name]
    if unit in TIME_UNITS or name.startswith("ratio_"):
        return MEASURED
    if unit == "1/s" or "_per_s" in name:
        return RATE
    return None


def gated(name, unit=""):
    found = metric(name, unit)
    return found is not None and found.gated
