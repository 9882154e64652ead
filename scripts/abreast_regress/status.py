"""Exit statuses, which every script shares, and the error that carries one."""

OK, ERROR, REGRESSION, INCONCLUSIVE, NOTHING = 0, 1, 2, 3, 4

# Of several, the one that a job must not overlook comes first.
GRAVITY = [ERROR, REGRESSION, NOTHING, INCONCLUSIVE, OK]


class Stop(Exception):
    """Ends the program with one line and a status."""

    def __init__(self, message, status=ERROR):
        super().__init__(message)
        self.status = status


def worst(statuses):
    return min(statuses, key=GRAVITY.index, default=NOTHING)
