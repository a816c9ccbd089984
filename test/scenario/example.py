# SPDX-License-Identifier: MIT
"""What the book shows: its first program, its first service, and a program compiled by the SDK that is fetched into
the machine and runs there, but not when a byte of it is different."""

import os
import subprocess
import tempfile

from machine import TOP, Machine, WebServer, make


def compiled():
    """doc/example/hello.c as the SDK's compiler makes it."""
    compiler = os.path.join(TOP, "out/sdk", make("arch").strip(), "bin/ferrite-clang")
    with tempfile.TemporaryDirectory() as folder:
        greet = os.path.join(folder, "greet")
        subprocess.check_call([compiler, "-O2", "-o", greet, os.path.join(TOP, "doc/example/hello.c")])
        with open(greet, "rb") as file:
            return file.read()


make("SYSTEM=example", "build")
make("sdk")
good = compiled()
bad = bytearray(good)
bad[len(bad) // 2] ^= 1

with WebServer({"/greet": good, "/bad": bytes(bad)}) as web, Machine(system="example") as machine:
    machine.login()
    assert "Hello, Ferrite" in machine.run("hello Ferrite")
    machine.run("echo 5 > /srv/counter/total; echo 37 > /srv/counter/total")
    assert machine.run("cat /srv/counter/total").strip() == "42"
    assert machine.run("cat /srv/counter/last").strip() == "user 1000"
    machine.run("echo five > /srv/counter/total", code=1)
    machine.run("mkdir /tmp/sum && bind /srv/counter /tmp/sum")
    assert machine.run("cat /tmp/sum/total").strip() == "42"
    machine.run(f"cd /tmp; wget {web.url('/greet')} {web.url('/bad')}; chmod +x greet bad")
    assert "Hello, SDK" in machine.run("./greet SDK")
    assert "Hello" not in machine.run("./bad SDK", code=None)
    assert "# ls(1)" in machine.run("man ls | cat") and "# unit(5)" in machine.run("man unit | cat")
