# SPDX-License-Identifier: MIT
"""A time server that is not to be believed: python3 clocks.py ADDRESS stale|deny. Stale ones answer what was asked the
time before; the others give a kiss of death."""

import socket
import struct
import sys
import time

TO_1970 = 2208988800  # s, RFC 5905


def reply(stratum, code, origin):
    now = struct.pack(">II", int(time.time()) + TO_1970 - 5000, 0)  # a wrong time, too
    return struct.pack(">BBBbII4s", 0x24, stratum, 6, -20, 0, 0, code) + now + origin + now + now


def serve(address, kind):
    server, last = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), bytes(8)
    server.bind((address, 123))
    while True:
        request, peer = server.recvfrom(512)
        origin = request[40:48]
        server.sendto(reply(0, b"DENY", origin) if kind == "deny" else reply(2, b"GPS\0", last), peer)
        last = origin


if __name__ == "__main__":
    serve(*sys.argv[1:])
