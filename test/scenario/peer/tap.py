# SPDX-License-Identifier: MIT
"""A host that an emulator's card is connected to by the kernel, as machines of a cloud are: a network namespace with a
tap device. A card of this kind can leave checksums and the cutting of segments to the host, as those on a cable cannot.

The host is at 10.0.2.2 and takes calls at port 9000: it tells the hash of what it gets until the end of that, and
sends the content. Run as a program it is that host, which puts a frame on the wire for each line, in hexadecimal."""

import contextlib
import hashlib
import os
import random
import re
import socket
import socketserver
import subprocess
import sys
import threading

HOST, CARD, PORT = "10.0.2.2", "tap0", 9000
CONTENT = random.Random(11).randbytes(3 << 20)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        digest = hashlib.sha256()
        while piece := self.request.recv(1 << 16):
            digest.update(piece)
        self.request.sendall(digest.hexdigest().encode() + CONTENT)


def serve():
    for words in (f"tuntap add dev {CARD} mode tap", f"addr add {HOST}/24 dev {CARD}", f"link set {CARD} up",
                  "link set lo up"):
        subprocess.run(["ip", *words.split()], check=True)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((CARD, 0))
    server = socketserver.ThreadingTCPServer((HOST, PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        wire.send(bytes.fromhex(line))
        print("sent", flush=True)


class Tap:
    def __init__(self):
        own = [] if os.getuid() == 0 else ["-r"]
        self.words = ["unshare", *own, "-n", sys.executable, __file__]
        self.enter = ["nsenter", "-n"] if os.getuid() == 0 else ["nsenter", "-U", "-n", "--preserve-credentials"]
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        assert self.process.stdout.readline() == "ready\n", "the host does not start"
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.kill()
        self.process.wait()

    def attach(self, machine, options):
        """The machine's card, with these options, is this host's neighbour."""
        card = f"tap,id=net0,ifname={CARD},script=no,downscript=no,vnet_hdr=on"
        machine.line = re.sub(r"-netdev \S+", f"-netdev {card}", machine.line)
        machine.line = machine.line.replace("netdev=net0", f"netdev=net0,mac=52:54:00:00:00:01,{options}", 1)
        enter = " ".join([*self.enter, "-t", str(self.process.pid)])
        machine.line = machine.line.replace("exec ", f"exec {enter} ", 1)
        return machine

    def put(self, frames):
        for frame in frames:
            self.process.stdin.write(frame.hex() + "\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline() == "sent\n"


if __name__ == "__main__":
    serve()
