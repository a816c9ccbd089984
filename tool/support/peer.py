# SPDX-License-Identifier: MIT
"""The other end of the benchmarks of the network: a process of the host, which the emulator's own network lets
in through a port of the host."""

import re
import socket
import threading

from support.ports import free_port

GUEST_PORT = 7000
PIECE = bytes(1 << 20)


class Peer:
    """`netdev` is for the emulator's command line; tell it each line that the guest says."""

    def __init__(self):
        self.port = free_port()
        self.netdev = f" -netdev user,id=net0,hostfwd=tcp:127.0.0.1:{self.port}-:{GUEST_PORT}"

    def hear(self, line):
        found = re.search(r"PEER (\w+)", line)  # after a prompt, perhaps
        if found:
            threading.Thread(target=self._run, args=(found[1],), daemon=True).start()

    def _run(self, name):
        try:
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                while connection.recv(1 << 20) if "upload" in name else connection.send(PIECE):
                    pass
        except OSError:
            pass  # the guest has what it wants
