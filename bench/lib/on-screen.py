"""Runs a command on a terminal of its own, 120 x 40, and measures it.

    on-screen.py MARKER SECONDS COMMAND [ARGUMENT]...

Prints one JSON object: milliseconds from its start until MARKER was written, and milliseconds of processor time that
it then used in so many seconds. Ends it with "q".
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

marker, seconds, command = sys.argv[1].encode(), float(sys.argv[2]), sys.argv[3:]


def processor_ms(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            total += int(file.read().split()[0])
    return total / 1e6


def read(fd, until):
    """What is written until then; nobody writes into a full terminal."""
    ready, _, _ = select.select([fd], [], [], max(0, until - time.monotonic()))
    return os.read(fd, 65536) if ready else b""


began = time.monotonic()
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})

written = b""
while marker not in written:
    if time.monotonic() > began + 30:
        sys.exit(f"{marker} was not written within 30 s: {written[-500:]}")
    written += read(fd, began + 30)
paint_ms = (time.monotonic() - began) * 1000

# Loading goes on behind the first picture; what is asked for is the time afterwards.
settled = time.monotonic() + min(3, seconds)
while time.monotonic() < settled:
    read(fd, settled)
before = processor_ms(pid)
end = time.monotonic() + seconds
while time.monotonic() < end:
    read(fd, end)
used_ms = processor_ms(pid) - before

os.write(fd, b"q")
os.waitpid(pid, 0)
print(json.dumps({"paintMs": paint_ms, "usedMs": used_ms}))
