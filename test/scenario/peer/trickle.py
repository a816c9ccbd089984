# SPDX-License-Identifier: MIT
"""A server that is slow on purpose: it says something to who calls, and then a byte now and then, or nothing; what it
is sent it never reads, and has little room for."""

import contextlib
import socket
import threading


class Trickle:
    """`first` to all who connect, then `byte` every `pause` seconds; b"": nothing. `open` are the connections."""

    def __init__(self, first=b"", byte=b"", pause=0.1):
        self.first, self.byte, self.pause = first, byte, pause
        self.is_over, self.open = threading.Event(), []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.take, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.listener.close()
        for connection in self.open:
            connection.close()

    def take(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                self.open.append(connection)
                threading.Thread(target=self.send, args=(connection,), daemon=True).start()

    def send(self, connection):
        with contextlib.suppress(OSError):
            connection.sendall(self.first)
            while self.byte and not self.is_over.wait(self.pause):
                connection.send(self.byte)
