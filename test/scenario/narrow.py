# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""A router of IPv4 that carries less than the machine's card: it says so, and all arrives, at many hosts."""

import struct
import threading

from machine import LIMIT, Machine, passed
from peer.cable import Cable
from peer.station import MINE, OWN, Wire, checksum

NETWORK, FIRST, MANY = OWN[:3], 100, 70


class Narrow:
    """The station as the other end of TCP, behind a router that carries packets of so many bytes and answers each that
    is larger and must not be cut."""

    PORT = 7

    def __init__(self, wire, most, last_byte):
        self.wire, self.most, self.address = wire, most, NETWORK + bytes([last_byte])
        self.sizes, self.whole, self.next, self.came, self.over = [], b"", 0, 0, threading.Event()

    def begin(self):
        """For the next connection; gives what sizes its segments had."""
        self.sizes, self.came = [], 0
        self.over.clear()
        return self.sizes

    def end(self, size):
        """Of a connection that brought so many bytes."""
        assert self.over.wait(LIMIT) and self.came == size, self.came
        assert all(known for _, known in self.sizes), "what is no piece may be cut"
        return [size for size, _ in self.sizes]

    def take(self, frame):
        if frame[6:12] != MINE:
            return
        if frame[12:14] == b"\x08\x06" and frame[38:42] == self.address:
            self.wire.put([self.wire.ether(0x0806, frame[14:20] + b"\0\2\2\0\0\0\0\x63" + self.address + MINE + OWN)])
        elif frame[12:14] == b"\x08\0" and frame[23] == 6 and frame[30:34] == self.address:
            self.packet(frame[14:14 + struct.unpack(">H", frame[16:18])[0]])

    def packet(self, packet):
        """One that may be a piece of another, in which case the pieces come in order."""
        rule, = struct.unpack(">H", packet[6:8])
        must_be_whole, has_more, at = rule & 0x4000, rule & 0x2000, rule & 0x1fff
        if len(packet) > 40:
            self.sizes.append((len(packet), bool(must_be_whole or has_more or at)))
        if len(packet) > self.most and must_be_whole:
            self.tell(packet[:28], self.most)
            return
        self.whole = self.whole + packet[20:] if at else packet
        if not has_more:
            self.segment(self.whole)

    def segment(self, packet):
        port, _, at, acked, high, flags = struct.unpack(">HHIIBB", packet[20:34])
        size = len(packet) - 20 - (high >> 4) * 4
        if flags & 2:
            self.next = at + 1
            self.answer(port, 1000, 0x12, b"\2\4\5\xb4")
            return
        ends = bool(flags & 1) and at == self.next & 0xffffffff
        if at == self.next & 0xffffffff:
            self.next += size + ends
            self.came += size
        if size or flags & 1:
            self.answer(port, acked, 0x11 if ends else 0x10)
        if ends:
            self.over.set()

    def answer(self, port, at, flags, options=b""):
        head = struct.pack(">HHIIBBHHH", self.PORT, port, at, self.next & 0xffffffff, 5 + len(options) // 4 << 4, flags,
                           65535, 0, 0) + options
        total = checksum(self.address + OWN + struct.pack(">BBH", 0, 6, len(head)) + head)
        self.wire.put([self.wire.ip4(6, head[:16] + struct.pack(">H", total) + head[18:], self.address)])

    def tell(self, quoted, most):
        content = struct.pack(">BBHHH", 3, 4, 0, 0, most) + quoted
        content = content[:2] + struct.pack(">H", checksum(content)) + content[4:]
        self.wire.put([self.wire.ip4(1, content, bytes([10, 0, 2, 2]))])


def check(machine, wire):
    narrow = Narrow(wire, 1000, 99)
    wire.wanted = narrow.take

    def send():
        narrow.begin()
        machine.run("head -c 20000 /dev/zero | nc 10.0.2.99 7")
        return narrow.end(20000)

    sizes = send()
    assert max(sizes) == 1500 and 960 < max(sizes[-10:]) <= 1000, sizes
    passed("what was on its way is sent again in smaller pieces, and what follows is no larger")
    assert 960 < max(send()) <= 1000, "it is forgotten"
    passed("the next connection knows it from its start")
    quoted = struct.pack(">BBHHHBBH4s4sHHI", 0x45, 0, 1000, 0, 0x4000, 64, 6, 0, OWN, narrow.address, 50000, 7, 1)
    narrow.tell(quoted, 600)
    assert 960 < max(send()) <= 1000, "it believed a word about what it did not send"
    passed("a word about what is not on its way is not believed")


def check_many(machine, wire):
    hosts = {last: Narrow(wire, 1000, last) for last in range(FIRST, FIRST + MANY)}

    def wanted(frame):
        for host in hosts.values():
            host.take(frame)

    def send():
        for host in hosts.values():
            host.begin()
        machine.run(f"i={FIRST}; while [ $i -lt {FIRST + MANY} ]; do head -c 3000 /dev/zero | nc 10.0.2.$i 7; "
                    "i=$((i + 1)); done")
        return [max(host.end(3000)) for host in hosts.values()]
    wire.wanted = wanted
    assert set(send()) == {1500}
    assert all(960 < size <= 1000 for size in send()), "of some it is forgotten"
    passed(f"of {MANY} hosts each one's path is known")


with Cable() as line, Wire(line.paths[1]) as station, line.attach(Machine(), 0) as guest:
    guest.login(user="root")
    guest.run("ip static ether0 10.0.2.15/24; until grep -q 'address 10.0.2.15' /net/interfaces; do sleep 0.1; done")
    check(guest, station)
    check_many(guest, station)
