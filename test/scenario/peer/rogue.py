# SPDX-License-Identifier: MIT
"""A server of 9P2000.L with one folder and one file, that answers one kind of request as no server should."""

import contextlib
import socket
import struct
import threading
import time

from peer.ninep import ATTACH, CLUNK, ERROR, FLUSH, GETATTR, OPEN, READ, VERSION, WALK, text

FOLDER, FILE, CONTENT = 1, 2, b"what the rogue serves\n"


def qid(number):
    return struct.pack("<BIQ", 0x80 if number == FOLDER else 0, 0, number)


def frame(kind, tag, body):
    return struct.pack("<IBH", 7 + len(body), kind, tag) + body


class Rogue:
    """`mischief(connection, tag, answer)` sends instead of the answer to `kind`; it may change while it serves."""

    def __init__(self):
        self.kind, self.mischief = None, None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        fids = {}
        with contextlib.suppress(OSError, struct.error), connection, connection.makefile("rb") as stream:
            while header := stream.read(7):
                size, kind, tag = struct.unpack("<IBH", header)
                answer = frame(*self.answer(kind, tag, stream.read(size - 7), fids))
                if kind == self.kind:
                    self.mischief(connection, tag, answer)
                else:
                    connection.sendall(answer)

    def answer(self, kind, tag, body, fids):
        first = struct.unpack("<I", body[:4])[0] if len(body) >= 4 else 0
        number = fids.get(first, FOLDER)
        if kind == VERSION:
            body = struct.pack("<I", min(first, 8192)) + text("9P2000.L")
        elif kind == ATTACH:
            fids[first] = FOLDER
            body = qid(FOLDER)
        elif kind == WALK:
            new, count = struct.unpack("<IH", body[4:10])
            fids[new] = FILE if count else number
            body = struct.pack("<H", count) + qid(FILE) * count
        elif kind == OPEN:
            body = qid(number) + bytes(4)
        elif kind == READ:
            offset = struct.unpack("<Q", body[4:12])[0]
            data = CONTENT[offset:]
            body = struct.pack("<I", len(data)) + data
        elif kind == GETATTR:
            mode = 0o40755 if number == FOLDER else 0o100644
            body = struct.pack("<Q", 0x7ff) + qid(number) + struct.pack("<III", mode, 0, 0) + struct.pack(
                "<15Q", 1, 0, 0 if number == FOLDER else len(CONTENT), 4096, 8, *[0] * 10)
        elif kind in (CLUNK, FLUSH):
            body = b""
        else:
            return ERROR, tag, struct.pack("<I", 95)
        return kind + 1, tag, body


# What a rogue sends instead. After one of FATAL the client has no answer.
def split(connection, tag, answer):
    for byte in answer:
        connection.sendall(bytes([byte]))
        time.sleep(0.01)


def twice(connection, tag, answer):
    connection.sendall(answer + answer)


def torn(connection, tag, answer):
    connection.sendall(answer[:-3])
    connection.close()


def unasked(connection, tag, answer):
    connection.sendall(frame(READ + 1, tag ^ 0x1234, b"\0\0\0\0"))


def huge(connection, tag, answer):
    connection.sendall(struct.pack("<IBH", 0xffffffff, READ + 1, tag) + bytes(100))


def tiny(connection, tag, answer):
    connection.sendall(struct.pack("<IBH", 3, READ + 1, tag))


def other(connection, tag, answer):
    connection.sendall(frame(CLUNK + 1, tag, b""))


def overlong(connection, tag, answer):
    connection.sendall(frame(READ + 1, tag, struct.pack("<I", 1 << 20) + b"short"))


def half(connection, tag, answer):
    connection.sendall(answer[:-3])


def silent(connection, tag, answer):
    pass


FATAL = (torn, unasked, huge, tiny, other, overlong, half, silent)
