# SPDX-License-Identifier: MIT
"""The network: an address by DHCP, ping, a 64 MiB download from a real web server whose SHA-256 is right, and
an upload back; a listener on board."""

import hashlib
import random

from machine import HOST, Machine, Sink, WebServer, passed

content = random.Random(7).randbytes(64 << 20)
digest = hashlib.sha256(content).hexdigest()


with WebServer({"/large": content, "/small": content[:70000]}) as server, Machine() as machine:
    machine.login()
    machine.reach()
    machine.run(f"wget -O /tmp/small {server.url('/small')}")
    passed("a small file comes over the network")
    machine.run(f"wget -O /tmp/large {server.url('/large')}", timeout=400)
    got = machine.run("sha256sum /tmp/large")
    assert digest in got, f"{got}, not {digest}"
    passed("64 MiB arrive as they were sent")
    machine.run("nc -l -p 9000 </dev/null >/tmp/came &")
    machine.wait_listener(9000)
    machine.run("nc localhost 9000 </tmp/small; wait")
    assert machine.run("cmp /tmp/small /tmp/came && echo same").strip() == "same"
    passed("a listener waits for its call")
    with Sink() as sink:
        machine.run(f"nc {HOST} {sink.port} < /tmp/large", timeout=400)
        assert sink.digest() == digest, "the upload differs"
    passed("64 MiB go back as they came")
