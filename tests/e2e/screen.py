# SPDX-License-Identifier: MIT
"""A terminal that the tool prints on."""

import fcntl
import os
import re
import struct
import termios
import threading

STYLE = re.compile(r"\x1b\[\d*m")


class Screen:
    """A terminal without a keyboard, of so many columns."""

    def __init__(self, columns):
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.shown = b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        try:
            while True:
                self.shown += os.read(self.master, 65536)
        except OSError:  # all who could write have gone
            pass

    def text(self, whole=False):
        """What was written so far; `whole`: all of it, when the tool has ended."""
        if whole:
            self.thread.join()
        return self.shown.decode(errors="ignore").replace("\r\n", "\n")

    def lines(self):
        """All that was written, when the tool has ended."""
        self.thread.join()
        os.close(self.master)
        return self.shown.decode().replace("\r\n", "\n").splitlines()
