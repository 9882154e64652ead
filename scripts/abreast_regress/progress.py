"""Progress on stderr: what runs, n of m, about how long it still takes; one line each."""

import sys
import time

began = {"at": time.monotonic()}


def say(message, done=None, of=None):
    """`done` of `of` parts are over, 0 where they begin: the time left is told from what they took."""
    left = ""
    if done == 0:
        began["at"] = time.monotonic()
    elif done:
        seconds = (time.monotonic() - began["at"]) / done * (of - done)
        left = f" (about {seconds:.0f} s left)" if seconds < 90 else f" (about {seconds / 60:.0f} min left)"
    print(f"regress: {message}{left}", file=sys.stderr, flush=True)
