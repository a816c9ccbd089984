# SPDX-License-Identifier: MIT
"""A network with a host of its own on the second end of a cable: the servers of others, at the usual ports, without
rights on this machine. The host is a network namespace with one interface, a tap, at 10.7.0.1; `start` runs a program
in it, `run` one that ends.

Run as a program it is that host: it carries frames between tap and cable, and does what it is told by lines of JSON."""

import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading

ADDRESS, CARD = "10.7.0.1", "lan0"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000  # linux/if_tun.h
FRAME_MOST = 65536
# That host's server of names and addresses, without what it serves.
DNSMASQ = ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=",
           "--user=root", "--log-facility=-", f"--interface={CARD}", "--bind-interfaces"]


def tap():
    file = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", CARD.encode(), IFF_TAP | IFF_NO_PI))
    for words in (f"addr add {ADDRESS}/24 dev {CARD}", f"link set {CARD} up", "link set lo up"):
        subprocess.run(["ip", *words.split()], check=True)
    return file


def to_cable(file, connection):
    while True:
        frame = os.read(file, FRAME_MOST)
        connection.sendall(struct.pack(">I", len(frame)) + frame)


def from_cable(file, connection):
    with connection.makefile("rb") as stream:
        while head := stream.read(4):
            size, = struct.unpack(">I", head)
            with contextlib.suppress(OSError):  # a frame that is too short
                os.write(file, stream.read(size))


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
    file, connection, programs = tap(), socket.socket(socket.AF_UNIX), Programs()
    connection.connect(path)
    for work in to_cable, from_cable:
        threading.Thread(target=work, args=(file, connection), daemon=True).start()
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
