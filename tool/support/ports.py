# SPDX-License-Identifier: MIT
"""TCP ports of this host for emulators and servers that are started later, side by side with others'."""

import random
import socket

FIRST = 10_000
taken = []  # what holds the ports of this process


def last():
    """Above it the system takes ports for connections, of whoever; where it takes low ones too, there is no border."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        lowest = int(file.read().split()[0])
    return lowest - 1 if lowest > 2 * FIRST else 65_535


def is_ours(port):
    """Nobody listens there, and nobody else who asks here is given it before this process ends."""
    holder = socket.socket(socket.AF_UNIX)
    try:
        holder.bind(f"\0ferrite-port-{port}")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        return False
    taken.append(holder)
    return True


def free_port():
    """A port of 127.0.0.1 that is this process's until it ends."""
    every = range(FIRST, last() + 1)
    return next(filter(is_ours, random.sample(every, len(every))))
