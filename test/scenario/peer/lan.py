# SPDX-License-Identifier: MIT
"""A network with a host of its own on the second end of a cable: the servers of others, at the usual ports, without
rights on this machine. The host is a network namespace with one card at 10.7.0.1, the first of a pair; `start` runs a
program in it, `run` one that ends.

Run as a program it is that host: it carries frames between the pair's second card and the cable, and does what it is
told by lines of JSON."""

import contextlib
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading

ADDRESS, CARD, FAR = "10.7.0.1", "lan0", "lan1"
SIOCETHTOOL = 0x8946  # linux/sockios.h
LEFT_TO_CARDS = (0x17, 0x1F, 0x24)  # linux/ethtool.h: to send with checksums, segments of TCP, segments at all
FRAME_MOST, ETH_P_ALL = 65536, 0x0003
# That host's server of names and addresses, without what it serves.
DNSMASQ = ["dnsmasq", "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=",
           "--log-facility=-", f"--interface={CARD}", "--bind-interfaces"]


def whole(socket_):
    """What the host sends is as it would be on a wire: between such cards it would lack checksums."""
    for command in LEFT_TO_CARDS:
        value = ctypes.create_string_buffer(struct.pack("II", command, 0))
        request = struct.pack("16sQ16x", CARD.encode(), ctypes.addressof(value))
        fcntl.ioctl(socket_, SIOCETHTOOL, request)


def card():
    """The far card of the pair, as a socket of frames."""
    for words in (f"link add {CARD} type veth peer name {FAR}", f"link set {FAR} addrgenmode none arp off up",
                  f"addr add {ADDRESS}/24 dev {CARD}", f"link set {CARD} up", "link set lo up"):
        subprocess.run(["ip", *words.split()], check=True)
    far = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    far.bind((FAR, 0))
    whole(far)
    return far


def to_cable(far, connection):
    while True:
        frame, (_, _, kind, *_) = far.recvfrom(FRAME_MOST)
        if kind != socket.PACKET_OUTGOING:
            connection.sendall(struct.pack(">I", len(frame)) + frame)


def from_cable(far, connection):
    with connection.makefile("rb") as stream:
        while head := stream.read(4):
            size, = struct.unpack(">I", head)
            with contextlib.suppress(OSError):  # a frame that is too short
                far.send(stream.read(size))


class Programs:
    def __init__(self):
        self.running = {}

    def start(self, name, words, log):
        with open(log, "ab") as output:
            self.running[name] = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def stop(self, name):
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def run(self, words):
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def stop_all(self):
        for name in list(self.running):
            self.stop(name)


def serve(path):
    far, connection, programs = card(), socket.socket(socket.AF_UNIX), Programs()
    connection.connect(path)
    for work in to_cable, from_cable:
        threading.Thread(target=work, args=(far, connection), daemon=True).start()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        what, *words = json.loads(line)
        print(json.dumps(getattr(programs, what)(*words)), flush=True)
    programs.stop_all()


class Lan:
    def __init__(self, cable):
        own = [] if os.getuid() == 0 else ["-r"]
        self.words = ["unshare", *own, "-n", sys.executable, __file__, cable.paths[1]]
        self.folder, self.process = cable.folder.name, None

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        assert self.process.stdout.readline() == '"ready"\n', "the host of the network does not start"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, *words):
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, *words):
        self.ask("start", name, words, self.path(name))

    def stop(self, name):
        self.ask("stop", name)

    def run(self, *words):
        return self.ask("run", words)

    def said(self, name):
        """By a program that was started."""
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()


if __name__ == "__main__":
    serve(sys.argv[1])
