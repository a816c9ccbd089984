# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
"""9P2000.L over TCP: import mounts what diod serves."""

import contextlib
import getpass
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time

from machine import HOST, Machine, free_port, passed
from peer import ninep, rogue
from peer.rogue import Rogue

DIOD = shutil.which("diod", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def diod(folder, port):
    """A public server of the protocol; everybody acts as who runs it."""
    words = [DIOD, "-f", "-n", "-N", "-L", "stderr", "-l", f"127.0.0.1:{port}", "-e", folder]
    if os.getuid() != 0:
        words += ["-S", "-U", getpass.getuser()]
    server = subprocess.Popen(words)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    try:
        yield server
    finally:
        server.kill()
        server.wait()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def fill(folder):
    os.chmod(folder, 0o777)
    os.makedirs(os.path.join(folder, "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r"))
    os.symlink("a/b", os.path.join(folder, "link"))
    write(os.path.join(folder, "a/b/text"), b"from the host\n")
    write(os.path.join(folder, "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/deep"), b"deep\n")
    return write(os.path.join(folder, "large"), os.urandom(3 << 20))


def import_from_diod(machine, folder):
    digest = fill(folder)
    port = free_port()
    far = f"import -t {folder} {HOST}:{port} /tmp/far"
    machine.run("mkdir /tmp/far")
    assert "refused" in machine.run(f"{far} 2>&1", code=1)
    with diod(folder, port):
        assert "import: " in machine.run(f"import -t /nowhere {HOST}:{port} /tmp/far 2>&1", code=1)
        machine.run(far)
        passed("a port without a server and a tree that is not served are told")
        assert machine.run("ls /tmp/far").split() == ["a", "large", "link"]
        assert machine.run("cat /tmp/far/link/text") == "from the host\n"
        assert machine.run("cat /tmp/far/link/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/deep") == "deep\n"
        assert "No such file" in machine.run("cat /tmp/far/a/b/nothing 2>&1", code=1)
        passed("folders, files and links of the host are seen, however deep")
        read_and_write(machine, folder, digest)
        united(machine, folder, far)
    lost(machine, folder, port)


def read_and_write(machine, folder, digest):
    assert digest in machine.run("sha256sum /tmp/far/large")
    both = machine.run("sha256sum /tmp/far/large & sha256sum /tmp/far/large; wait")
    assert both.count(digest) == 2, both
    machine.run("cp /tmp/far/large /tmp/far/copy && cmp /tmp/far/large /tmp/far/copy")
    assert hashlib.sha256(read(folder, "copy")).hexdigest() == digest
    passed("3 MiB come, come twice at the same time, and go back as they were")
    machine.run("cd /tmp/far && mkdir new && echo one >new/file && echo two >>new/file && ln -s file new/link"
                " && mv new/file new/moved && ln new/moved new/second && chmod 600 new/moved && cd")
    assert read(folder, "new/moved") == b"one\ntwo\n" and os.readlink(os.path.join(folder, "new/link")) == "file"
    state = os.stat(os.path.join(folder, "new/second"))
    assert state.st_nlink == 2 and state.st_mode & 0o777 == 0o600
    machine.run("cd /tmp/far && : >new/moved && rm new/second new/link new/moved copy && rmdir new && cd")
    assert sorted(os.listdir(folder)) == ["a", "large", "link"]
    passed("what is made, appended, renamed, linked and removed is so on the host")
    machine.run("cp /bin/uptime /tmp/far/program && /tmp/far/program && rm /tmp/far/program")
    passed("a program runs from there")


def united(machine, folder, far):
    """As what bind and mount unite."""
    tree, server = far.split()[2:4]
    machine.run("mkdir /tmp/both && echo here >/tmp/both/own")
    machine.run(f"import -a -c -t {tree} {server} /tmp/both")
    assert machine.run("cat /tmp/both/own; ls /tmp/both").split() == ["here", "a", "large", "link", "own"]
    machine.run("sh -c 'echo new >/tmp/both/new' && rm /tmp/far/new && unmount /tmp/both")
    assert machine.run("ls /tmp/both").split() == ["own"] and not os.path.exists(os.path.join(folder, "new"))
    assert "Not a directory" in machine.run(f"import -a -t {tree} {server} /tmp/both/own 2>&1", code=1)
    for _ in range(50):
        if "import -r 4 -a" not in machine.run("sleep 0.2; ps"):
            break
    else:
        raise AssertionError("import stays when nothing leads to it any more")
    passed("a union of it and a folder here lists both, and new files go where they are to go")


def lost(machine, folder, port):
    """The server has been killed meanwhile."""
    said = machine.run("cat /tmp/far/a/b/text 2>&1", code=1)
    assert "I/O error" in said or "refused" in said, said  # by then the end of the connection may be known
    with diod(folder, port) as server:
        assert machine.run("cat /tmp/far/a/b/text") == "from the host\n"
        passed("a server that is gone is an error, and one that is there again is used")
        machine.line_send('(echo is op""en; sleep 2; cat >/dev/null; echo is ov""er) </tmp/far/large')
        machine.expect("is open")
        server.kill()
        machine.expect("I/O error")
        machine.expect("is over")
        machine.expect(r"[$#] ")
        passed("a file that was open gives an error after that")


def misled(machine):
    """A read is answered as no server should; the next one is a new connection, and is answered well."""
    server = Rogue()
    good = "what the rogue serves\n"
    machine.run(f"mkdir /tmp/rogue && import -T 2 {HOST}:{server.port} /tmp/rogue")
    server.kind, server.mischief = ninep.READ, rogue.split
    assert machine.run("cat /tmp/rogue/file") == good
    server.mischief = rogue.twice
    machine.run("cat /tmp/rogue/file", code=None)  # the second answer comes too late to harm, or ends the connection
    for mischief in rogue.FATAL:
        server.kind, server.mischief = ninep.READ, mischief
        said = machine.run("cat /tmp/rogue/file 2>&1", code=1)
        assert "error" in said, (mischief.__name__, said)
        server.kind = None
        assert machine.run("cat /tmp/rogue/file") == good, mischief.__name__
    assert "import -r" in machine.run("ps")
    passed("a server that breaks the protocol gives errors, and nothing else")


with tempfile.TemporaryDirectory(prefix="ferrite-") as served, Machine() as local:
    local.login()
    local.reach()
    misled(local)
    import_from_diod(local, served)
