# SPDX-License-Identifier: MIT
"""A bad cable between two emulators' cards: a process of its own that carries Ethernet frames, and loses, doubles,
overtakes, delays, cuts and damages some of them, by a rule and a seed. Frames arrive and leave as `-netdev stream`
has them: 4 bytes of size, the frame. `Slirp` is the emulator's own network at one end: DHCP, DNS and the way to this
machine. More ends than two are all across from the first, and do not hear each other."""

import contextlib
import dataclasses
import heapq
import itertools
import multiprocessing
import os
import random
import re
import selectors
import shutil
import socket
import struct
import subprocess
import tempfile
import time

ETHERNET_HEADER, IP_TYPES = 14, (b"\x08\x00", b"\x86\xdd")
PILE = 1 << 20  # bytes that wait to go out before no more is taken in


@dataclasses.dataclass
class Rule:
    """How often, of 1, a frame is met with; delays are in seconds."""
    lose: float = 0.0
    double: float = 0.0
    overtake: float = 0.0  # it goes out `late` after its time
    late: float = 0.003
    cut: float = 0.0
    damage: float = 0.0  # one bit of an IP packet: what Ethernet's own checksum would not let through else
    delay: float = 0.0


class End:
    """A connection to one emulator."""

    def __init__(self, connection):
        connection.setblocking(False)
        self.connection, self.came, self.goes = connection, bytearray(), bytearray()

    def take(self):
        """The frames that have come whole, or None: it is gone."""
        try:
            piece = self.connection.recv(1 << 18)
        except BlockingIOError:
            return []
        except OSError:
            return None
        if not piece:
            return None
        self.came += piece
        frames, at = [], 0
        while len(self.came) - at >= 4:
            size, = struct.unpack_from(">I", self.came, at)
            if len(self.came) - at - 4 < size:
                break
            frames.append(bytes(self.came[at + 4:at + 4 + size]))
            at += 4 + size
        del self.came[:at]
        return frames

    def put(self, frame):
        self.goes += struct.pack(">I", len(frame)) + frame

    def flush(self):
        with contextlib.suppress(BlockingIOError):
            while self.goes:
                del self.goes[:self.connection.send(self.goes)]


class Carrier:
    """What runs in the process."""

    def __init__(self, rule, seed, ends):
        self.rule, self.random, self.ends = rule, random.Random(seed), ends
        self.counts = dict.fromkeys(("carried", "lost", "doubled", "overtaken", "cut", "damaged"), 0)
        self.pending, self.order = [], itertools.count()

    def happens(self, what, share):
        if self.random.random() >= share:
            return False
        self.counts[what] += 1
        return True

    def damaged(self, frame):
        bit = self.random.randrange(8 * ETHERNET_HEADER, 8 * len(frame))
        frame = bytearray(frame)
        frame[bit // 8] ^= 1 << bit % 8
        return bytes(frame)

    def meet(self, frame, to):
        rule, due = self.rule, time.monotonic() + self.rule.delay
        self.counts["carried"] += 1
        if self.happens("lost", rule.lose):
            return
        is_ip = frame[12:14] in IP_TYPES
        if self.happens("cut", rule.cut):
            frame = frame[:self.random.randrange(1, len(frame))]
        elif is_ip and self.happens("damaged", rule.damage):
            frame = self.damaged(frame)
        if self.happens("overtaken", rule.overtake):
            due += rule.late
        for _ in range(2 if self.happens("doubled", rule.double) else 1):
            heapq.heappush(self.pending, (due, next(self.order), to, frame))

    def deliver(self):
        """Sends what is due; gives how long the next has time."""
        now = time.monotonic()
        while self.pending and self.pending[0][0] <= now:
            _, _, to, frame = heapq.heappop(self.pending)
            self.ends[to].put(frame)
        for end in self.ends:
            end.flush()
        return max(0.0, self.pending[0][0] - now) if self.pending else None

    def across(self, number):
        return range(1, len(self.ends)) if number == 0 else (0,)

    def carry(self, control):
        selector = selectors.DefaultSelector()
        selector.register(control, selectors.EVENT_READ)
        for number, end in enumerate(self.ends):
            selector.register(end.connection, selectors.EVENT_READ, number)
        while True:
            timeout = self.deliver()
            for number, end in enumerate(self.ends):
                has_room = all(len(self.ends[other].goes) < PILE for other in self.across(number))
                events = (selectors.EVENT_READ if has_room else 0) | (selectors.EVENT_WRITE if end.goes else 0)
                selector.modify(end.connection, events or selectors.EVENT_WRITE, number)
            for key, events in selector.select(timeout):
                if key.fileobj is control:
                    self.command(control)
                elif events & selectors.EVENT_READ:
                    frames = self.ends[key.data].take()
                    if frames is None:
                        return
                    for frame, other in itertools.product(frames, self.across(key.data)):
                        self.meet(frame, other)

    def command(self, control):
        rule = control.recv()
        if rule is not None:
            self.rule = rule
        control.send(dict(self.counts))


def run(paths, rule, seed, control):
    listeners = []
    for path in paths:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listeners.append(listener)
    control.send(None)
    carrier = Carrier(rule, seed, [End(listener.accept()[0]) for listener in listeners])
    with contextlib.suppress(OSError, EOFError):
        carrier.carry(control)


class Cable:
    """A cable with two ends, or more, to which machines are put by `attach`, before they are entered."""

    def __init__(self, rule=None, seed=1, ends="ab"):
        self.folder = tempfile.TemporaryDirectory(prefix="ferrite-")
        self.paths = [os.path.join(self.folder.name, name) for name in ends]
        self.control, far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=run, args=(self.paths, rule or Rule(), seed, far), daemon=True)
        self.process.start()
        far.close()
        self.control.recv()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.join()
        self.folder.cleanup()

    def netdev(self, end):
        return f"stream,server=off,addr.type=unix,addr.path={self.paths[end]}"

    def attach(self, machine, end):
        """The machine's card is on this end of the cable, with an address of its own."""
        machine.line = re.sub(r"-netdev \S+", f"-netdev {self.netdev(end)},id=net0", machine.line)
        machine.line = machine.line.replace("netdev=net0", f"netdev=net0,mac=52:54:00:00:00:0{end + 1}", 1)
        return machine

    def become(self, rule):
        """From now on it is as bad as that. Gives what it did until now, by name."""
        self.control.send(rule)
        return self.control.recv()

    def counts(self):
        return self.become(None)


class Slirp:
    """The emulator's own network on the second end of a cable: an emulator without a machine. `forward` lists TCP
    ports of the guest at 10.0.2.15; `ports` tells where each is on this host."""

    def __init__(self, cable, forward=None, options=""):
        emulator = shutil.which("qemu-system-aarch64") or shutil.which("qemu-system-x86_64")
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{host}-10.0.2.15:{guest}"
                           for guest, host in (forward or {}).items())
        self.words = [emulator, "-machine", "none", "-nodefaults", "-display", "none", "-monitor", "none",
                      "-netdev", f"user,id=user{options}{forwards}", "-netdev", cable.netdev(1) + ",id=wire",
                      "-netdev", "hubport,id=port0,hubid=0,netdev=user",
                      "-netdev", "hubport,id=port1,hubid=0,netdev=wire"]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
