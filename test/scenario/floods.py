# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""What others on the wire can do: floods of frames of every kind, while the prompt answers and a connection works;
peers that vanish, that stall, and that send a byte at a time; and messages that a path carries less."""

import contextlib
import os
import random
import re
import socket
import struct
import threading
import time

from machine import HOST, Machine, Sink, WebServer, passed
from peer.cable import Cable, Rule, Slirp
from peer.trickle import Trickle

MINE = bytes.fromhex("525400000001")  # the machine's card
OWN, SIX = bytes([10, 0, 2, 15]), socket.inet_pton(socket.AF_INET6, "fe80::5054:ff:fe00:1")
ROOM = 1024  # KiB that may remain of a flood
SOME = 256 << 10


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Wire:
    """A third station on the emulator's own network: it puts frames there, and notes those that come."""

    def __init__(self, slirp):
        self.path, self.frames, self.random = slirp.path, [], random.Random(1)
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


def kinds(wire):
    return {
        "ARP questions": lambda: wire.arp(1),
        "ARP answers that nobody asked for": lambda: wire.arp(2),
        "echo requests": wire.echo,
        "first fragments": lambda: wire.ip4(17, wire.bytes(1400), fragment=0x2000),
        "fragments in the middle": lambda: wire.ip4(17, wire.bytes(800), fragment=0x2000 | wire.random.randrange(8000)),
        "IPv6 fragments": lambda: wire.ip6(44, b"\x11\0\0\1" + wire.bytes(1204)),
        "routers": wire.advertisement,
        "neighbours": wire.solicitation,
        "calls": wire.call,
        "datagrams to nobody": lambda: wire.ip4(17, b"\0\1" + wire.bytes(2) + b"\0\x6c\0\0" + wire.bytes(100)),
        "frames of no protocol": lambda: wire.ether(0x88b5, wire.bytes(1000)),
        "short frames": lambda: wire.ether(0x0800, wire.bytes(3)),
    }


class Flood:
    """Frames of one kind, in bursts, until the block ends."""

    def __init__(self, wire, make, pause=0.01, burst=40):
        self.wire, self.pause, self.stop, self.count = wire, pause, threading.Event(), 0
        self.frames = [make() for _ in range(2000)]
        self.burst = burst
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stop.wait(self.pause):
            at = self.count % len(self.frames)
            self.wire.put(self.frames[at:at + self.burst])
            self.count += self.burst

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def memory(machine):
    """Of the IP service, in KiB."""
    return int(re.search(r"(?m)^ip +ready.* (\d+)K ", machine.run("services"))[1])


def check_floods(machine, wire, web):
    get = f"wget -q -O - {web.url('/content')} | wc -c"
    machine.run(get)
    ip = machine.pid_of("ip")
    for name, make in kinds(wire).items():
        before = memory(machine)
        with Flood(wire, make) as flood:
            assert machine.run("echo prompt").strip() == "prompt"
            assert machine.run(get).strip() == str(SOME), name
            while flood.count < 4000:
                machine.run("true")
            assert machine.run(get).strip() == str(SOME), name
        assert memory(machine) < before + ROOM, (name, before, memory(machine))
        passed(f"{flood.count} {name}: the prompt and a connection work")
    machine.run(f"ping -c 1 {HOST}")
    assert machine.pid_of("ip") == ip, "it is another one"
    passed("and the service is the same as before")


def check_slow(machine, web):
    """Peers that stall with a full window, and that send a byte at a time, hold nobody else up."""
    run = machine.run
    with Trickle(byte=b"x") as slow, Trickle() as stalled:
        run(f"i=0; while [ $i -lt 20 ]; do (nc {HOST} {slow.port} > /tmp/slow.$i < /dev/zero &); "
            f"(cat /dev/zero | nc {HOST} {stalled.port} > /dev/null &); i=$((i+1)); done")
        run("until [ $(cat /tmp/slow.* | wc -c) -ge 200 ]; do sleep 0.1; done")
        for _ in range(3):
            assert run(f"wget -q -O - {web.url('/content')} | wc -c").strip() == str(SOME)
        assert len(slow.open) == 20 and len(stalled.open) == 20
    run("killall nc; rm -f /tmp/slow.*", code=None)
    passed("40 peers that stall, or send a byte at a time, hold nobody else up")


def vanish(machine, cable, port, mode):
    """The cable is cut while a program is connected that asked to be told; gives what it was told."""
    machine.run("rm -f /tmp/keep; touch /tmp/keep")
    machine.run(f"(/test/keep {HOST} {port} {mode} >> /tmp/keep 2>&1; echo $? >> /tmp/keep) & "
                "until grep -q connected /tmp/keep; do sleep 0.1; done")
    cable.become(Rule(lose=1.0))
    said = machine.run("until grep -q '^[01]$' /tmp/keep; do sleep 0.1; done; cat /tmp/keep")
    cable.become(Rule())
    machine.run("for i in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 -W 1 10.0.2.2 && break; done")
    return said


def check_vanished(machine, cable):
    """Nothing arrives any more: who asked to be told is told."""
    with Trickle() as silent, Sink() as sink:
        said = vanish(machine, cable, silent.port, "")
        assert "no time" not in said and "read: " in said and "timed out" in said, said
        said = vanish(machine, cable, sink.port, "send")
        assert "write: " in said and "timed out" in said, said
    passed("who asked is told that the other end has vanished, while waiting and in the midst of sending")


def check_path(machine, wire):
    """A router says that it carries less; then less is sent at a time. Next to nothing is no router's."""
    far = socket.inet_pton(socket.AF_INET6, "fec0::2")
    listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    port = listener.getsockname()[1]
    sizes = []
    wire.wanted = lambda frame: (frame[6:12] == MINE and frame[12:14] == b"\x86\xdd" and frame[38:54] == far
                                 and sizes.append(len(frame) - 14) and False)

    def receive():
        connection, _ = listener.accept()
        with connection:
            while connection.recv(1 << 16):
                pass

    for told, most in ((None, 1500), (0, 1500), (60, 1500), (1279, 1500), (65536, 1500), (1300, 1300), (1400, 1300)):
        if told is not None:
            inner = struct.pack(">IHBB", 6 << 28, 1460, 6, 64) + SIX + far + bytes(60)
            message = struct.pack(">BBHI", 2, 0, 0, told) + inner
            wire.put([wire.ip6(58, message, source=bytes.fromhex("fec00000000000000000000000000002"))])
            machine.run(f"ping -6 -c 1 fec0::2")
        sizes.clear()
        thread = threading.Thread(target=receive, daemon=True)
        thread.start()
        machine.run(f"head -c 100000 /dev/zero | nc fec0::2 {port}")
        thread.join(60)
        assert not thread.is_alive()
        assert most - 40 < max(sizes) <= most, (told, max(sizes))
    listener.close()
    wire.wanted = None
    passed("a path that carries less is told of, and believed as far as that can be true")


class Hub(Slirp):
    """With a third station."""

    def __init__(self, cable):
        super().__init__(cable)
        self.path = os.path.join(cable.folder.name, "third")
        self.words += ["-netdev", f"stream,id=third,server=on,addr.type=unix,addr.path={self.path}",
                       "-netdev", "hubport,id=port2,hubid=0,netdev=third"]


with Cable() as line, Hub(line) as hub, Wire(hub) as third, line.attach(Machine(), 0) as guest, \
        WebServer({"/content": bytes(SOME)}) as server:
    guest.login(user="root")
    guest.reach()
    guest.run("until grep -q 'address fec0' /net/interfaces; do sleep 0.2; done")
    check_path(guest, third)
    check_slow(guest, server)
    check_vanished(guest, line)
    check_floods(guest, third, server)
