"""Waits for conditions, never for time."""

import time

# Seconds until a condition that should come true at once is given up. Long, because a loaded machine is slow.
WAIT = 30.0


def until(condition, what, within=WAIT):
    """Returns the first true value of `condition()`.

    The condition is a look from outside (a port, a file, a fresh subscription) and so has to be asked again and again.
    Raises `TimeoutError` naming `what` was waited for, with the last value.
    """
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {within:.0f} s in vain until {what}; last seen: {value!r}")
        time.sleep(0.02)
    return value
