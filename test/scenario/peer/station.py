# SPDX-License-Identifier: MIT
"""A station on the wire that is no machine: it makes frames of every kind for the machine's card, and sees its."""

import contextlib
import random
import socket
import struct
import threading
import time

MINE = bytes.fromhex("525400000001")  # the machine's card
OWN, SIX = bytes([10, 0, 2, 15]), socket.inet_pton(socket.AF_INET6, "fe80::5054:ff:fe00:1")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Wire:
    """A station at the socket of a cable or an emulator: it puts frames there, and notes those that are wanted."""

    def __init__(self, path):
        self.path, self.frames, self.random = path, [], random.Random(1)
        self.wanted = None
        self.connection = None

    def __enter__(self):
        for _ in range(100):
            self.connection = socket.socket(socket.AF_UNIX)
            try:
                self.connection.connect(self.path)
                break
            except OSError:
                time.sleep(0.1)
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def listen(self):
        with contextlib.suppress(OSError, struct.error):
            stream = self.connection.makefile("rb")
            while head := stream.read(4):
                frame = stream.read(struct.unpack(">I", head)[0])
                if self.wanted and self.wanted(frame):
                    self.frames.append(frame)

    def put(self, frames):
        self.connection.sendall(b"".join(struct.pack(">I", len(frame)) + frame for frame in frames))

    def bytes(self, count):
        return self.random.randbytes(count)

    # Frames.

    def ether(self, kind, content, to=MINE):
        return to + b"\x02" + self.bytes(5) + struct.pack(">H", kind) + content

    def ip4(self, protocol, content, source=None, fragment=0, number=None):
        source = source or bytes([10, 0, 2]) + self.bytes(1)
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(content), self.random.randrange(65536)
                           if number is None else number, fragment, 64, protocol, 0, source, OWN)
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        return self.ether(0x0800, head + content)

    def ip6(self, following, content, source=None, hops=255, to=SIX):
        source = source or bytes.fromhex("fe80000000000000") + self.bytes(8)
        if following == 58:
            pseudo = source + to + struct.pack(">II", len(content), 58)
            content = content[:2] + struct.pack(">H", checksum(pseudo + content)) + content[4:]
        return self.ether(0x86dd, struct.pack(">IHBB", 6 << 28, len(content), following, hops) + source + to + content)

    def arp(self, operation):
        who = bytes([10, 0, 2]) + self.bytes(1)
        hardware = b"\x02" + self.bytes(5)
        return self.ether(0x0806, struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, hardware,
                                              who if who[3] > 16 else b"\n\0\2\x63", MINE, OWN))

    def echo(self):
        content = self.bytes(56)
        head = struct.pack(">BBHHH", 8, 0, 0, 1, 1)
        return self.ip4(1, head[:2] + struct.pack(">H", checksum(head + content)) + head[4:] + content)

    def advertisement(self):
        prefix = b"\x20\x01\x0d\xb8" + self.bytes(4) + bytes(8)
        option = struct.pack(">BBBBIII16s", 3, 4, 64, 0xc0, 3600, 1800, 0, prefix)
        content = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + option
        return self.ip6(58, content)

    def solicitation(self):
        return self.ip6(58, struct.pack(">BBHI16s", 135, 0, 0, 0, SIX) + b"\1\1\2" + self.bytes(5))

    def call(self):
        source, port = self.bytes(4), self.random.randrange(1024, 65536)
        head = struct.pack(">HHIIBBHHH", port, 80, self.random.getrandbits(32), 0, 5 << 4, 2, 65535, 0, 0)
        total = checksum(source + OWN + struct.pack(">BBH", 0, 6, len(head)) + head)
        return self.ip4(6, head[:16] + struct.pack(">H", total) + head[18:], source)
