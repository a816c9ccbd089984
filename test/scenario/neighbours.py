# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""Thousands of neighbours on one link, of IPv4 and IPv6, whom a single station plays: each is asked for once, is
listed, and gets its answers; calls to those who do not answer fail and say why, and push out nobody who does."""

import socket
import struct
import threading
import time

from machine import LIMIT, Machine, passed
from peer.cable import Cable
from peer.station import MINE, SIX, Wire, checksum

OWN = bytes([10, 9, 0, 1])
CROWD, CROWD6 = bytes([10, 9]), socket.inet_pton(socket.AF_INET6, "fe80::9:0")[:14]
FIRST, MANY, ROUND = 256, 3000, 50
SILENT = 60000  # from this number on nobody answers


def summed(content, before=b""):
    """ICMP's message with its checksum, which is of what goes before it, too."""
    return content[:2] + struct.pack(">H", checksum(before + content)) + content[4:]


def ether(number, kind, content):
    return MINE + hardware(number) + struct.pack(">H", kind) + content


def hardware(number):
    return b"\2\0\0\0" + struct.pack(">H", number)


def icmp6(number, content):
    source = CROWD6 + struct.pack(">H", number)
    content = summed(content, source + SIX + struct.pack(">II", len(content), 58))
    return ether(number, 0x86dd, struct.pack(">IHBB", 6 << 28, len(content), 58, 255) + source + SIX + content)


def echo4(number):
    content = summed(struct.pack(">BBHHH", 8, 0, 0, 1, 1))
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(content), number, 0, 64, 1, 0,
                       CROWD + struct.pack(">H", number), OWN)
    return ether(number, 0x0800, head[:10] + struct.pack(">H", checksum(head)) + head[12:] + content)


def echo6(number):
    return icmp6(number, struct.pack(">BBHHH", 128, 0, 0, 1, 1))


class Crowd:
    """The other end of the machine's cable. `asked` and `answered` are numbers of neighbours, each as often as that
    happened; who is known, and asked whether it is still there, is not counted."""

    def __init__(self, wire):
        self.put, self.asked, self.answered = wire.put, [], []
        self.news = threading.Condition()
        wire.wanted = self.came

    def came(self, frame):
        kind, content = frame[12:14], frame[14:]
        if kind == b"\x08\x06" and content[7] == 1 and content[24:26] == CROWD:
            self.question(frame, content[24:28], lambda number: ether(
                number, 0x0806, content[:7] + b"\2" + hardware(number) + content[24:28] + MINE + OWN))
        elif kind == b"\x08\x00" and content[9] == 1 and content[20] == 0 and content[16:18] == CROWD:
            self.answer(frame, content[16:20])
        elif kind == b"\x86\xdd" and content[6] == 58 and content[40] == 135 and content[48:62] == CROWD6:
            self.question(frame, content[48:64], lambda number: icmp6(
                number, struct.pack(">BBHI", 136, 0, 0, 3 << 29) + content[48:64] + b"\2\1" + hardware(number)))
        elif kind == b"\x86\xdd" and content[6] == 58 and content[40] == 129 and content[24:38] == CROWD6:
            self.answer(frame, content[24:40])

    def question(self, frame, address, reply):
        number, = struct.unpack(">H", address[-2:])
        if frame[0] & 1:  # to all, or to many
            with self.news:
                self.asked.append(number)
        if number < SILENT:
            self.put([reply(number)])

    def answer(self, frame, address):
        number, = struct.unpack(">H", address[-2:])
        assert frame[:6] == hardware(number), "sent to another"
        with self.news:
            self.answered.append(number)
            self.news.notify()

    def talk(self, make):
        """Each of them asks for an echo and gets it. Gives how often the machine asked where they are."""
        self.asked, self.answered, end = [], [], time.monotonic() + LIMIT
        for first in range(FIRST, FIRST + MANY, ROUND):
            missing = set(range(first, first + ROUND))
            while missing:
                assert time.monotonic() < end, (len(self.answered), missing)
                self.put([make(number) for number in sorted(missing)])
                with self.news:
                    self.news.wait_for(lambda: missing <= set(self.answered[-4 * ROUND:]), 5)
                    missing -= set(self.answered[-4 * ROUND:])
        return len(self.asked)


def check_crowd(machine, crowd, make, file):
    asked = crowd.talk(make)
    assert MANY <= asked <= MANY + ROUND, asked
    listed = machine.run(f"cat {file}")
    for number in range(FIRST, FIRST + MANY):
        assert hardware(number).hex(":") in listed, (number, len(listed))
    asked = crowd.talk(make)
    assert asked <= ROUND, asked
    passed(f"{MANY} neighbours are asked for, listed and answered: {file}")


def check_silent(machine, crowd, name):
    said = machine.run(f"nc {name} 80 < /dev/null", code=1)
    assert "Host is unreachable" in said, said
    passed(f"a call to {name}, who does not answer, fails and says why")


with Cable() as line, Wire(line.paths[1]) as wire, line.attach(Machine(), 0) as guest:
    station = Crowd(wire)
    guest.login(user="root")
    guest.run("until grep -q ether0 /net/interfaces; do sleep 0.1; done; "
              "echo static ether0 10.9.0.1/16 > /net/ctl; until grep -q 10.9.0.1 /net/interfaces; do sleep 0.1; done; "
              "until grep -q ^fe80 /net/ipselftab; do sleep 0.1; done")
    check_crowd(guest, station, echo4, "/net/arp")
    check_crowd(guest, station, echo6, "/net/ndp")
    check_silent(guest, station, f"10.9.{SILENT >> 8}.{SILENT & 255}")
    check_silent(guest, station, f"fe80::9:{SILENT:x}%ether0")
