# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""What others on the wire can do: floods of frames of every kind, while the prompt answers and a connection works;
peers that vanish, that stall, and that send a byte at a time; and messages that a path carries less."""

import re
import socket
import struct
import threading

from machine import HOST, Machine, Sink, WebServer, passed
from peer.cable import Cable, Rule, Slirp
from peer.station import MINE, SIX, Wire
from peer.trickle import Trickle

ROOM = 1024  # KiB that may remain of a flood
SOME = 256 << 10


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
    return int(re.search(r"(?m)^ip ready .* memory (\d+) ", machine.run("cat /dev/services"))[1]) >> 10


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
        more = memory(machine) - before
        assert more < ROOM, (name, before, more)
        passed(f"{flood.count} {name}: the prompt and a connection work, and {more} KiB more are in use")
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
    run("killall nc; while ps | grep -q ' [n]c '; do sleep 0.1; done; rm -f /tmp/slow.*", code=None)
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


# The third station is heard by the machine alone: the emulator's network takes every packet for one to be carried.
with Cable(ends="abc") as line, Slirp(line), Wire(line.paths[2]) as third, line.attach(Machine(), 0) as guest, \
        WebServer({"/content": bytes(SOME)}) as server:
    guest.login(user="root")
    guest.reach()
    guest.run("until grep -q 'address fec0' /net/interfaces; do sleep 0.2; done")
    check_path(guest, third)
    check_slow(guest, server)
    check_vanished(guest, line)
    check_floods(guest, third, server)
