"""Progress on stderr: what runs, n of m, about how long it still takes; one line each."""

import sys
import time

started = time.monotonic()


def say(message, done=None, of=None):
    """`done` of `of` parts are over: the time left is told from what they took."""
    left = ""
    if done:
        seconds = (time.monotonic() - started) / done * (of - done)
        left = f" (about {seconds:.0f} s left)" if seconds < 90 else f" (about {seconds / 60:.0f} min left)"
    print(f"regress: {message}{left}", file=sys.stderr, flush=True)
