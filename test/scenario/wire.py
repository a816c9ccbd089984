# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""9P2000.L over TCP: import mounts what diod serves."""

import contextlib
import getpass
import os
import socket
import subprocess
import tempfile
import time

from machine import HOST, Machine, free_port, passed


@contextlib.contextmanager
def diod(folder):
    """A public server of the protocol; everybody acts as who runs it."""
    port = free_port()
    words = ["diod", "-f", "-n", "-N", "-L", "stderr", "-l", f"127.0.0.1:{port}", "-e", folder]
    if os.getuid() != 0:
        words += ["-S", "-U", getpass.getuser()]
    server = subprocess.Popen(words)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    try:
        yield port, server
    finally:
        server.kill()
        server.wait()


def import_from_diod(machine, folder):
    with open(os.path.join(folder, "large"), "wb") as file:
        file.write(os.urandom(3 << 20))
    os.mkdir(os.path.join(folder, "deep"))
    os.symlink("deep", os.path.join(folder, "link"))
    with open(os.path.join(folder, "deep", "text"), "w") as file:
        file.write("from the host\n")
    with diod(folder) as (port, server):
        machine.run("mkdir /tmp/far")
        machine.run(f"import -t {folder} {HOST}:{port} /tmp/far")
        machine.run("ls -l /tmp/far")
        assert machine.run("cat /tmp/far/deep/text") == "from the host\n"
