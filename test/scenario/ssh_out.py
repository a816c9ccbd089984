# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# needs: sshd
"""Logging in elsewhere, with ssh and scp of this system, at OpenSSH's server: keys that are made here or there, the
host's key when it is new, known and another one, commands, terminals, files, ports, and what goes wrong.
And at this system's own."""

import contextlib
import getpass
import hashlib
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import threading

from machine import HOST, TOP, Machine, Sink, free_port, passed
from ssh_client import reach

USER = getpass.getuser()


class Server:
    """OpenSSH's server on this host."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.child = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def admit(self, line):
        with open(self.path("authorized"), "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def start(self, name):
        """With a key of this name, which is made."""
        key = self.path(name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write(f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {key}\nPidFile none\nUsePAM no\n"
                       f"AuthorizedKeysFile {self.path('authorized')}\nStrictModes no\nPasswordAuthentication no\n"
                       "PermitRootLogin prohibit-password\n")
        with contextlib.suppress(OSError):
            os.makedirs("/run/sshd", exist_ok=True)
        wanted = ["make", "-s", "--no-print-directory", "found", "NEEDS=sshd"]
        program = subprocess.check_output(wanted, cwd=TOP, text=True).strip()
        self.child = subprocess.Popen([program, "-D", "-e", "-f", self.path("config")], stderr=subprocess.PIPE)
        assert any(b"Server listening" in line for line in self.child.stderr), "it does not listen"
        threading.Thread(target=self.child.stderr.read, daemon=True).start()

    def stop(self):
        if self.child:
            self.child.send_signal(signal.SIGTERM)
            self.child.wait()


def main():
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder, Machine() as machine:
        server = Server(folder)
        try:
            reach(machine)
            run(machine, server)
        finally:
            server.stop()


def keys(machine, server):
    machine.run("mkdir -p .ssh && chmod 700 .ssh")
    text = machine.run("dropbearkey -t ed25519 -f .ssh/id_dropbear")
    line = re.search(r"^ssh-ed25519 \S+", text, re.MULTILINE)
    assert line, text
    server.admit(line[0])
    assert "File exists" in machine.run("dropbearkey -t ed25519 -f .ssh/id_dropbear", code=1)
    passed("a key is made, and not over another one")


def known(machine, server, there):
    machine.line_send(f"ssh {there} echo come; echo code $?:")
    machine.expect("is not in the trusted hosts file")
    machine.line_send("n")
    machine.expect("code 1:")
    machine.line_send(f"ssh {there} echo come; echo code $?:")
    machine.expect(r"continue connecting\? \(y/n\)")
    machine.line_send("y")
    machine.expect("come")
    machine.expect("code 0:")
    text = machine.run(f"ssh {there} echo come")
    assert "come" in text and "trusted" not in text, text
    passed("a host that is new is asked for, and known from then on")


def commands(machine, there):
    machine.run(f"ssh {there} exit 42", code=42)
    assert "errors" not in machine.run(f"ssh {there} 'echo errors >&2; echo out' 2>/dev/null")
    assert "abc" in machine.run(f"echo cba | ssh {there} rev")
    passed("a command has its exit status, its input and output")
    text = machine.run(f"ssh -t {there} 'stty size; tty'")
    size = re.search(r"^(\d+) (\d+)\r?$", machine.run("stty size"), re.MULTILINE)
    assert "/dev/" in text and size[0].strip() in text, (text, size)
    passed("a terminal there has the size of the one here")


def files(machine, server, there):
    host, port = f"{USER}@{HOST}", server.port
    machine.run("dd if=/dev/urandom of=/tmp/one bs=64k count=32")
    machine.run(f"scp -q -P {port} /tmp/one '{host}:{server.path('two')}'")
    machine.run(f"scp -q -P {port} '{host}:{server.path('two')}' /tmp/three")
    machine.run("cmp /tmp/one /tmp/three")
    machine.run("mkdir -p /tmp/tree/a && echo x >/tmp/tree/a/b")
    machine.run(f"scp -q -r -P {port} /tmp/tree {host}:{server.path('tree')}")
    assert open(server.path("tree/a/b"), encoding="utf-8").read() == "x\n"
    passed("files and folders go there by scp and come back as they were")


def forward_here(machine, server, there):
    """A port here that leads to the server itself, which only listens where it is."""
    machine.run(f"ssh -N -L 8022:127.0.0.1:{server.port} -L 8023:127.0.0.1:1 {there} </dev/null & pid=$!")
    machine.wait_listener(8022)
    machine.wait_listener(8023)
    inner = f"{USER}@localhost"
    assert "42" in machine.run(f"ssh -y -p 8022 {inner} expr 6 '\\*' 7")
    machine.run("dd if=/dev/urandom of=/tmp/there bs=64k count=48")
    machine.run(f"scp -q -P 8022 /tmp/there '{inner}:{server.path('through')}'")
    machine.run(f"scp -q -P 8022 '{inner}:{server.path('through')}' /tmp/back")
    machine.run("cmp /tmp/there /tmp/back; rm /tmp/there /tmp/back")
    passed("what goes through a port here to there comes as it was, each way")
    machine.run(f"ssh -p 8023 {inner} true", code=1)
    assert "42" in machine.run(f"ssh -p 8022 {inner} expr 6 '\\*' 7")
    passed("one that is refused there is closed here, and the others go on")
    text = machine.run(f"ssh -N -o ExitOnForwardFailure=yes -L 8022:127.0.0.1:1 {there}", code=1)
    assert "Failed local port forward localhost:8022:127.0.0.1:1" in text, text
    machine.run("kill $pid; wait $pid; :")
    passed("a port that is taken here is told")
    through = f"ssh -B 127.0.0.1:{server.port} {there}"
    assert "42" in machine.run(f"ssh -J '{through}' -p {server.port} {inner} expr 6 '\\*' 7")
    hops = f"{USER}@{HOST}^{server.port},{inner}^{server.port}"
    assert "42" in machine.run(f"ssh -y {hops} expr 6 '\\*' 7")
    passed("a session goes through another, by a command and by a list of hosts")
    text = machine.run(f"ssh -B 127.0.0.1:1 {there}", code=1)
    assert "127.0.0.1:1: no connection from there: " in text, text
    passed("a port there that nobody listens at is told")


def forward_there(machine, there):
    """A port there that leads through here to who listens beside it."""
    port, none = free_port(), free_port()
    content = random.Random(3).randbytes(3 << 20)
    both = {"family": socket.AF_INET6, "dualstack_ipv6": True}
    with Sink() as sink, socket.create_server(("::", 0), **both) as taken:
        machine.line_send(f"ssh -R {port}:{HOST}:{sink.port} -R {none}:{HOST}:1 {there} 'expr 6000 + 7; cat'")
        machine.expect("6007")
        with socket.create_connection(("127.0.0.1", none), timeout=200) as one:
            assert one.recv(1) == b""
        with socket.create_connection(("127.0.0.1", port), timeout=200) as one:
            one.sendall(content)
            one.shutdown(socket.SHUT_WR)
            assert sink.digest() == hashlib.sha256(content).hexdigest()
        machine.send("\x04")
        machine.expect(r"[$#] ")
        passed("what goes through a port there to here comes as it was, and one that is refused is closed")
        number = taken.getsockname()[1]
        text = machine.run(f"ssh -N -o ExitOnForwardFailure=yes -R {number}:{HOST}:1 {there}", code=1)
        assert f"Remote TCP forward request failed (port {number}" in text, text
        passed("a port that is taken there is told")


def wrong(machine, server, there):
    machine.run("mv .ssh/id_dropbear .ssh/mine && dropbearkey -t ed25519 -f .ssh/id_dropbear")
    text = machine.run(f"ssh {there} true", code=1)
    assert "No auth methods could be used" in text, text
    machine.run("mv .ssh/mine .ssh/id_dropbear")
    text = machine.run(f"ssh -i .ssh/theirs {there} true", code=1)
    assert ".ssh/theirs is no key of this program; dropbearconvert" in text, text
    text = machine.run(f"ssh -i .ssh/none {there} true; :")
    assert ".ssh/none" in text, text
    text = machine.run(f"ssh -p 1 user@{HOST} true", code=1)
    assert "refused" in text, text
    text = machine.run("ssh user@no.such.invalid true", code=1)
    assert "no.such.invalid" in text, text
    server.stop()
    server.start("another")
    text = machine.run(f"ssh {there} true", code=1)
    assert "host key mismatch" in text, text
    passed("a wrong key, nobody who listens, no such host, and a host whose key is another one are told")


def converted(machine, server, there):
    """A key of OpenSSH, and one of here."""
    name = server.path("theirs")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", name], check=True)
    with open(name + ".pub", encoding="utf-8") as file:
        server.admit(file.read().strip())
    machine.run(f"scp -q -P {server.port} {USER}@{HOST}:{name} .ssh/theirs")
    machine.run("dropbearconvert openssh dropbear .ssh/theirs .ssh/converted")
    machine.run(f"ssh -i .ssh/converted {there} true")
    passed("a key of OpenSSH is converted and logs in")


def own(machine):
    """This system's own server, by password."""
    machine.line_send("ssh user@127.0.0.1 'whoami; tty'; echo code $?:")
    machine.expect(r"continue connecting\? \(y/n\)")
    machine.line_send("y")
    machine.expect("(?i)password: ")
    machine.line_send("ferrite")
    machine.expect(r"user\s+not a tty\s+code 1:")
    passed("at this system's own server it logs in by password")


def run(machine, server):
    server.start("host")
    there = f"-p {server.port} {USER}@{HOST}"
    keys(machine, server)
    known(machine, server, there)
    commands(machine, there)
    files(machine, server, there)
    forward_here(machine, server, there)
    forward_there(machine, there)
    converted(machine, server, there)
    own(machine)
    wrong(machine, server, there)


main()
