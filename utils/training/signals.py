"""Leaving in order on Ctrl-C and SIGTERM."""
import signal


class Stop:
    """Within it, the first SIGINT or SIGTERM sets `name`, and the work goes on to a good place; a second one does what it
    did before.
    """

    def __init__(self):
        self.name = ""
        self.number = 0

    def __enter__(self):
        self.before = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error):
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        if self.name:
            signal.signal(number, self.before[number])
            signal.raise_signal(number)
        self.name, self.number = signal.Signals(number).name, number
