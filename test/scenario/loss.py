# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# waits
"""A cable that loses one frame of twenty, and doubles, overtakes, cuts and damages others: an address is got by DHCP,
and what is sent arrives as it was, both ways and at the same time, from and to the emulator's own TCP and between two
of these machines. LOSS_MIB says how much between these, in each direction."""

import contextlib
import hashlib
import os
import re
import time

from machine import HOST, Machine, Sink, WebServer, passed
from peer.cable import Cable, Rule, Slirp

BAD = Rule(lose=0.05, double=0.01, overtake=0.02, cut=0.005, damage=0.01, delay=0.0005)
NEAR, FAR = "10.1.0.1", "10.1.0.2"
SIZE = int(os.environ.get("LOSS_MIB", "1")) << 20
LIMIT = 120 + SIZE // 20000  # seconds


def numbers(size):
    """`size` bytes of lines, no two of them the same: the command that prints them, and they."""
    first = 10000000
    last = first + size // len(f"{first}\n")
    content = "".join(f"{i}\n" for i in range(first, last + 1)).encode()[:size]
    return f"seq {first} {last} | head -c {size}", content


SEND, CONTENT = numbers(SIZE)
# The emulator's own TCP knows no selective acknowledgements.
SOME = CONTENT[:256 << 10]
SEND_MORE, MORE = numbers(1 << 20)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def start(machine, address):
    machine.login(user="root")
    machine.run(f"ip static ether0 {address}/24")


def listen(machine, port):
    machine.run(f"(nc -l -p {port} | sha256sum >/tmp/came.{port}; echo done >>/tmp/came.{port}) &")
    machine.wait_listener(port)


def came(machine, port):
    got = machine.run(f"until grep -q done /tmp/came.{port}; do sleep 0.1; done; cat /tmp/came.{port}", timeout=LIMIT)
    assert DIGEST in got, (got, DIGEST)


def send(machine, address, port, command=SEND):
    machine.run(f"{command} | nc {address} {port}", timeout=LIMIT)


def told(cable, what, began, size=SIZE):
    seconds = time.monotonic() - began
    passed(f"{what} ({size / seconds / 1024:.0f} KiB/s; the cable: {cable.counts()})")


def each_way(near, far, cable):
    for one, other, address in ((near, far, FAR), (far, near, NEAR)):
        began = time.monotonic()
        listen(other, 9000)
        send(one, address, 9000)
        came(other, 9000)
        told(cable, f"{SIZE} bytes arrive at {address} as they were sent", began)


def both_ways(near, far, cable):
    began = time.monotonic()
    listen(near, 9001)
    listen(far, 9001)
    for one, address in ((near, FAR), (far, NEAR)):
        one.line_send(f"{SEND} | nc {address} 9001; echo se''nt")
    for one in (near, far):
        one.expect("sent", timeout=LIMIT)
        one.expect(r"[$#] ")
    came(near, 9001)
    came(far, 9001)
    told(cable, "and both ways at the same time", began)


def with_slirp():
    """The address comes by DHCP over the same cable."""
    with Cable(BAD, seed=2) as cable, Slirp(cable), cable.attach(Machine(), 0) as machine, \
            WebServer({"/content": SOME}) as web, Sink() as sink:
        machine.login()
        machine.run(f"until ping -c 1 -W 1 {HOST}; do sleep 0.1; done")
        passed("an address comes by DHCP")
        began = time.monotonic()
        digest = hashlib.sha256(SOME).hexdigest()
        assert digest in machine.run(f"wget -q -O - {web.url('/content')} | sha256sum", timeout=LIMIT)
        told(cable, "a download from another TCP is right", began, len(SOME))
        began = time.monotonic()
        send(machine, HOST, sink.port, SEND_MORE)
        assert sink.digest() == hashlib.sha256(MORE).hexdigest(), "the upload differs"
        told(cable, "and an upload to it", began, len(MORE))


def dropped(machine, protocol, why):
    return int(re.search(rf"{protocol} .* {why} (\d+)", machine.run("ip statistics"))[1])


def two_machines():
    with Cable(BAD) as cable, contextlib.ExitStack() as stack:
        near = stack.enter_context(cable.attach(Machine(), 0))
        far = stack.enter_context(cable.attach(Machine(), 1))
        start(near, NEAR)
        start(far, FAR)
        near.reach(FAR)
        each_way(near, far, cable)
        both_ways(near, far, cable)
        assert dropped(far, "tcp", "checksum") > 0 and dropped(near, "tcp", "checksum") > 0
        assert dropped(far, "ip", "dropped") > 0
        passed("damaged and cut packets are dropped and counted")


with_slirp()
two_machines()
