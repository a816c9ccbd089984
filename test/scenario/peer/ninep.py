# SPDX-License-Identifier: MIT
"""A client of 9P2000.L that says exactly what a scenario wants it to say, also what no client should."""

import socket
import struct

VERSION, AUTH, ATTACH, FLUSH, WALK, READ, WRITE, CLUNK, REMOVE = 100, 102, 104, 108, 110, 116, 118, 120, 122
STATFS, OPEN, CREATE, GETATTR, SETATTR, READDIR, MKDIR, UNLINK_AT = 8, 12, 14, 24, 26, 40, 72, 76
POLL, CONTROL = 180, 182  # between Ferrites
ERROR = 7
NO_TAG, NO_FID = 0xffff, 0xffffffff


class Refused(Exception):
    """The server's errno."""

    def __init__(self, number):
        super().__init__(f"errno {number}")
        self.number = number


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<H", len(value)) + value


class Client:
    """Fid 0 is the root."""

    def __init__(self, port, attach=True, size=65536, version="9P2000.L"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.call(VERSION, struct.pack("<I", size) + text(version), tag=NO_TAG)
        if attach:
            self.attach()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, kind, body, tag=1):
        self.socket.sendall(struct.pack("<IBH", 7 + len(body), kind, tag) + body)

    def take(self, count):
        got = b""
        while len(got) < count:
            part = self.socket.recv(count - len(got))
            if not part:
                raise ConnectionError("hung up")
            got += part
        return got

    def receive(self):
        """Type, tag and body of the next reply."""
        size, kind, tag = struct.unpack("<IBH", self.take(7))
        return kind, tag, self.take(size - 7)

    def call(self, kind, body, tag=1):
        self.send(kind, body, tag)
        got, its_tag, body = self.receive()
        assert its_tag == tag, f"tag {its_tag}, not {tag}"
        if got == ERROR:
            raise Refused(struct.unpack("<I", body)[0])
        assert got == kind + 1, f"reply {got} to {kind}"
        return body

    def attach(self, fid=0, proof=NO_FID, user="nobody", tree="", number=1000):
        return self.call(ATTACH, struct.pack("<II", fid, proof) + text(user) + text(tree) + struct.pack("<I", number))

    def walk(self, fid, new, *names):
        """How many names it went."""
        body = struct.pack("<IIH", fid, new, len(names)) + b"".join(map(text, names))
        return struct.unpack("<H", self.call(WALK, body)[:2])[0]

    def open(self, fid, flags=0):
        return self.call(OPEN, struct.pack("<II", fid, flags))

    def create(self, fid, name, flags=1, mode=0o644):
        return self.call(CREATE, struct.pack("<I", fid) + text(name) + struct.pack("<III", flags, mode, 0))

    def read(self, fid, offset=0, count=8192):
        return self.call(READ, struct.pack("<IQI", fid, offset, count))[4:]

    def write(self, fid, data, offset=0):
        data = data.encode() if isinstance(data, str) else data
        body = struct.pack("<IQI", fid, offset, len(data)) + data
        return struct.unpack("<I", self.call(WRITE, body))[0]

    def names(self, fid):
        """Of an open folder."""
        found, offset = [], 0
        while data := self.call(READDIR, struct.pack("<IQI", fid, offset, 4096))[4:]:
            at = 0
            while at < len(data):
                offset, _, size = struct.unpack_from("<QBH", data, at + 13)
                found.append(data[at + 24:at + 24 + size].decode())
                at += 24 + size
        return found

    def clunk(self, fid):
        return self.call(CLUNK, struct.pack("<I", fid))


def refused(number, function, *arguments):
    """Whether the server answers with this errno."""
    try:
        function(*arguments)
    except Refused as error:
        assert error.number == number, f"errno {error.number}, not {number}"
        return
    raise AssertionError(f"{function.__name__}{arguments} was not refused")
