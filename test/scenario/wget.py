# SPDX-License-Identifier: MIT
"""The network: an address by DHCP, ping, a 64 MiB download from a real web server whose SHA-256 is right, and
an upload back."""

import base64
import hashlib
import random

from machine import HOST, Machine, WebServer

content = random.Random(7).randbytes(64 << 20)
digest = hashlib.sha256(content).hexdigest()

with WebServer({"/large": content, "/small": content[:70000]}) as server, Machine() as machine:
    machine.login()
    machine.run(f"for i in 1 2 3 4 5 6 7 8 9 10; do ping -c 1 {HOST} && break; sleep 1; done", timeout=90)
    machine.run(f"wget -O /tmp/small {server.url('/small')}", timeout=120)
    print("PASS wget: a small file comes over the network")
    machine.run(f"wget -O /tmp/large {server.url('/large')}", timeout=400)
    got = machine.run("sha256sum /tmp/large", timeout=200)
    assert digest in got, f"{got}, not {digest}"
    print("PASS wget: 64 MiB arrive as they were sent")
    # What wget posts is text.
    machine.run("base64 -w 0 /tmp/small > /tmp/text")
    machine.run(f"wget -O - --post-file=/tmp/text {server.url('/back')}", timeout=120)
    assert server.received.get("/back") == base64.b64encode(content[:70000]), "the upload differs"
    print("PASS wget: an upload arrives as it was sent")
