# SPDX-License-Identifier: GPL-2.0-or-later
"""What names --follow prints, as it comes."""

import queue
import signal
import subprocess
import threading

from learning import MARKER_SUFFIX
from probe import PATIENT


class Follower:
    """A process that follows; what it prints is read a line at a time."""

    def __init__(self, lab, *args):
        self.process = lab.host.start(*lab.nfw_command("names", "--follow", *args), stdout=subprocess.PIPE)
        lab.processes.append(self.process)

        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if MARKER_SUFFIX not in line:
                self.lines.put(line)
        self.lines.put(None)

    def line(self):
        line = self.lines.get(timeout=PATIENT)
        assert line, "it has ended"
        return line

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=PATIENT), list(iter(lambda: self.lines.get(timeout=PATIENT), None))
