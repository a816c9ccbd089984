# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: tap
"""A card that offers to make checksums and to cut segments, and one that does not, on a host whose TCP leaves both to
cards: the driver agrees on checksums only, what is sent arrives as it was both ways, and what is damaged is dropped
and counted where nobody vouches for it. A network that carries less than Ethernet has smaller frames."""

import hashlib
import re
import struct

from machine import Machine, Monitor, passed
from peer.station import OWN, Wire, checksum
from peer.tap import CONTENT, HOST, PORT, Tap

ALL = ("csum", "guest_csum", "gso", "guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo", "host_tso4", "host_tso6",
       "host_ecn", "host_ufo", "mrg_rxbuf")
LINES = 400000
SENT = "".join(f"{i}\n" for i in range(1, LINES + 1)).encode()


def agreed(monitor):
    """The names of what a card offers and of what the driver took, of checksums and segments."""
    path, = (device["path"] for device in monitor.ask("x-query-virtio") if device["name"] == "virtio-net")
    status = monitor.ask("x-query-virtio-status", path=path)
    return [{name for name in re.findall(r"VIRTIO_NET_F_(\w+)", str(status[which]["dev-features"]))
             if re.search("CSUM|TSO|UFO|USO|GSO|ECN|MRG", name)} for which in ("host-features", "guest-features")]


def check_stream(machine):
    run = machine.run
    run(f"seq 1 {LINES} | nc {HOST} {PORT} > /tmp/come")
    assert run("head -c 64 /tmp/come") == hashlib.sha256(SENT).hexdigest()
    assert run("tail -c +65 /tmp/come | sha256sum").split()[0] == hashlib.sha256(CONTENT).hexdigest()
    counts = run("ip statistics")
    assert not re.search(r"checksum [1-9]", counts), counts
    passed(f"{len(SENT)} bytes go there and {len(CONTENT)} come back as they were sent, without a wrong checksum")


def counted(machine, protocol):
    return int(re.search(rf"(?m)^{protocol} .* checksum (\d+)", machine.run("ip statistics"))[1])


def datagram(wire):
    source, content = bytes([10, 0, 2, 2]), wire.bytes(12)
    head = struct.pack(">HHH", 9, 9, 8 + len(content))
    pseudo = source + OWN + struct.pack(">BBH", 0, 17, 8 + len(content))
    return wire.ip4(17, head + struct.pack(">H", checksum(pseudo + head + b"\0\0" + content)) + content, source)


def check_damaged(machine, tap, wire):
    """Each as it has to be, and then with one bit that is another one, in what the checksum is of."""
    kinds = {
        "ip": lambda: wire.ip4(17, bytes(40)),
        "icmp": wire.echo,
        "icmp6": lambda: wire.ip6(58, b"\x80\0\0\0" + wire.bytes(20)),
        "tcp": wire.call,
        "udp": lambda: datagram(wire),
    }
    for name, make in kinds.items():
        for change in 0, 1:
            before, frame = counted(machine, name), bytearray(make())
            frame[22 if name == "ip" else -1] ^= change
            tap.put([frame])
            machine.run(f"ping -c 1 {HOST}")  # which comes after it
            assert counted(machine, name) == before + change, (name, change)
    passed(f"of {', '.join(kinds)} a damaged packet is dropped and counted, and a sound one is not")


def check(tap, word, host_mtu):
    options = ",".join([*(f"{name}={word}" for name in ALL), f"host_mtu={host_mtu}"])
    machine = tap.attach(Machine(), options)
    monitor = Monitor(machine)
    with machine:
        machine.login(user="root")
        machine.run(f"ip static ether0 10.0.2.15/24; until ping -c 1 -W 1 {HOST}; do sleep 0.1; done")
        offered, taken = agreed(monitor)
        assert ({"CSUM", "GUEST_CSUM", "HOST_TSO4", "GUEST_TSO4"} <= offered) == (word == "on"), offered
        assert taken == ({"CSUM", "GUEST_CSUM"} if word == "on" else set()), taken
        passed(f"of {len(offered)} things that the card offers the driver takes {len(taken)}, for checksums")
        assert f"mtu {host_mtu} " in machine.run("cat /net/interfaces")
        check_stream(machine)
        check_damaged(machine, tap, Wire(None))


for words in (("on", 1500), ("off", 1400)):
    with Tap() as host:
        check(host, *words)
