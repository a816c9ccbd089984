# SPDX-License-Identifier: MIT
"""A booted machine for scenarios, and a web server for it to talk to.

    from machine import Machine
    with Machine() as machine:              # board, and protocol or protocol/loader, from the command line
        machine.login()
        assert "hello" in machine.run("echo hello")

Each machine has its own ports, its own disk and its own terminal, and is gone when the block ends. Every wait has a
limit. A kernel panic fails the scenario at once.
"""

import contextlib
import fcntl
import hashlib
import http.server
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

import pexpect

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tool"))
from support.ports import free_port

FREE_ON_DISK = 16 << 20  # tool/esp leaves more
SEARCH = "/usr/sbin:/sbin:" + os.environ["PATH"]
HOST = "10.0.2.2"  # this machine, as the guest sees it
LIMIT = 200  # seconds for what has to come: the host may be busy, and what goes wrong mostly says so at once
PANIC = r"(?i)kernel panic[^\n]*\n|panic: [^\n]*\n|cannot start: [^\n]*\n"
# The end of the typed line as the terminal echoes it, which may wrap anywhere.
ECHO = re.compile(r"\s*".join(map(re.escape, 'ished:$?:"')) + r"\s*\n")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def this_board():
    return sys.argv[1] if len(sys.argv) > 1 else "qemu-virt-aarch64"


def first_cell():
    """How the board is started usually."""
    return make("cells").split()[0].partition(":")[0]


def this_cell():
    return sys.argv[2] if len(sys.argv) > 2 else first_cell()


def cell_words(cell):
    """A protocol, or protocol/loader, as variables for make."""
    boot, _, loader = cell.partition("/")
    return [f"BOOT={boot}"] + ([f"LOADER={loader}"] if loader else [])


def make(*words):
    """Builds for the scenario's board, and gives what was printed. Two scenarios do not build at the same time."""
    with open(os.path.join(TOP, "out/scenario.lock"), "w", encoding="utf-8") as lock:
        if any(word.startswith("SYSTEM=") for word in words):
            fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.check_output(["make", "-s", "--no-print-directory", f"BOARD={this_board()}", *words],
                                       cwd=TOP, text=True)


def host(*words, codes=(0,)):
    """Runs a tool of this machine, of the administrator's too, which has to end with one of the codes."""
    done = subprocess.run(words, env=dict(os.environ, PATH=SEARCH), capture_output=True, text=True, check=False)
    assert done.returncode in codes, f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def disk_device():
    """What the emulator calls a disk of the scenario's board."""
    return "virtio-blk-pci" if this_board().startswith("qemu-pc") else "virtio-blk-device"


def end(child):
    """Ends a process of pexpect's, whose own way gives up when that takes longer than a moment."""
    if child.isalive():
        child.kill(signal.SIGKILL)
        child.wait()
    child.close()


class Machine:
    """An emulated board. `forward` lists guest TCP ports; `ports` tells where each is on this host. `given` is
    what else the image was built with: variables for make."""

    def __init__(self, board=None, boot=None, system="scenario", forward=(), command_line="",
                 extra="", disk=None, disk_size=64 << 20, given=()):
        self.board = board or this_board()
        self.boot = boot or this_cell()
        self.ports = {guest: free_port() for guest in forward}
        self.folder = tempfile.TemporaryDirectory(prefix="ferrite-")
        self.disk = disk or os.path.join(self.folder.name, "disk.img")
        if not disk:
            with open(self.disk, "wb") as file:
                file.truncate(disk_size)
        line = subprocess.check_output(
            ["make", "-s", "--no-print-directory", "emulator-command", f"BOARD={self.board}",
             *cell_words(self.boot), f"SYSTEM={system}", f"CMDLINE={command_line}", *given], cwd=TOP, text=True)
        network = "user,id=net0" + "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}"
                                           for guest, host in self.ports.items())
        self.line = (f"exec {line.strip()} -display none -monitor none -no-reboot "
                     f"-chardev stdio,id=terminal,signal=off -serial chardev:terminal "
                     f"-netdev {network} -drive if=none,id=disk0,format=raw,file={self.disk} {extra}")
        self.log = None
        self.child = None

    def __enter__(self):
        self.child = pexpect.spawn("/bin/sh", ["-c", self.line], cwd=TOP, timeout=LIMIT,
                                   encoding="utf-8", codec_errors="replace", echo=False,
                                   dimensions=(50, 200))
        self.child.logfile_read = sys.stdout
        self.child.delaybeforesend = None
        return self

    def __exit__(self, *_):
        end(self.child)
        self.folder.cleanup()
        print(flush=True)

    def expect(self, patterns, timeout=LIMIT):
        """Waits for one of the patterns; returns the match object. A panic or silence is a failure."""
        wanted = [patterns] if isinstance(patterns, str) else list(patterns)
        try:
            index = self.child.expect(wanted + [PANIC], timeout=timeout)
        except pexpect.TIMEOUT:
            raise AssertionError(f"waited {timeout} s for {wanted}, but it said {self.last_said()!r}") from None
        except pexpect.EOF:
            raise AssertionError(f"the machine ended, having said {self.last_said()!r}; wanted {wanted}") from None
        if index == len(wanted):
            what = self.child.after.strip()
            with contextlib.suppress(pexpect.ExceptionPexpect):
                self.child.expect(pexpect.EOF, timeout=1)
            raise AssertionError(f"the kernel panicked: {what}")
        return self.child.match

    def last_said(self):
        return " ".join(ESCAPES.sub("", self.child.before).splitlines()[-2:])

    def expect_end(self, timeout=LIMIT):
        """Waits until the machine has switched itself off (or would reboot)."""
        try:
            self.child.expect(pexpect.EOF, timeout=timeout)
        except pexpect.TIMEOUT:
            raise AssertionError(f"still running after {timeout} s") from None

    def send(self, text):
        self.child.send(text)

    def line_send(self, text):
        self.child.send(text + "\r")

    def login(self, user="user", password="ferrite", timeout=LIMIT):
        self.expect(r"login: ", timeout=timeout)
        self.line_send(user)
        self.expect(r"(?i)password: ")
        self.line_send(password)
        self.expect(r"[$#] ")

    def run(self, command, timeout=LIMIT, code=0):
        """Runs a shell command to its end and returns what it printed; its exit code must be `code`."""
        self.line_send(f'{command}; echo "fin""ished:$?:"')
        match = self.expect(r"finished:(\d+):", timeout=timeout)
        text = ESCAPES.sub("", self.child.before)
        text = ECHO.split(text, maxsplit=1)[-1]
        self.expect(r"[$#] ")
        if code is not None and int(match[1]) != code:
            raise AssertionError(f"{command}: exit code {match[1]}, not {code}:\n{text}")
        return text

    def wait_listener(self, port):
        """Until a program of the board takes calls at this port."""
        self.run(f"until for f in $(grep -l '!{port}$' /net/tcp/*/local); do grep -h announced ${{f%local}}status; "
                 "done | grep -q .; do sleep 0.1; done")

    def pids_of(self, name):
        """The pids, as text, of drivers or services that have this name in ps; none: it does not run now."""
        return re.findall(rf"(?m)^\s*(\d+)\s.*\s{name}\s*$", self.run("ps"))

    def pid_of(self, name):
        """The first of them; None: it does not run now."""
        return next(iter(self.pids_of(name)), None)

    def services_ready(self):
        """What `services` says, when none is failed or not there yet but those that wait for a second card."""
        states = self.run("services")
        rest = r"(?m)^(?!(ip\.alt|sshd\.brief) )\S+ +(failed|paused|starting|waiting) "
        assert not re.search(rest, states), states
        return states

    def reach(self, host=HOST):
        """Waits until the network is there, and the way to `host`."""
        self.run(f"until ping -c 1 {host}; do sleep 1; done")


def passed(what):
    """Tells of a part of the scenario that went well, on a line of its own behind the machine's output."""
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    print(f"\nPASS {name}: {what}", flush=True)


def flipped(initrd, wanted):
    """An initrd in which a byte in the middle of the first file that is wanted by name and content is another."""
    at = 0
    while True:
        size, name_size = (int(initrd[at + field:at + field + 8], 16) for field in (54, 94))
        content = (at + 110 + name_size + 3) & ~3
        name = initrd[at + 110:at + 110 + name_size].rstrip(b"\0").decode()
        if size > 0 and wanted(name, initrd[content:content + size]):
            break
        at = (content + size + 3) & ~3
    at = content + size // 2
    return initrd[:at] + bytes([initrd[at] ^ 1]) + initrd[at + 1:]


def change_disk(machine, files):
    """Gives the machine a copy of its EFI system partition with other files: path to bytes; None: without it."""
    disk = re.search(r"out/\S+?\.img", machine.line)[0]
    made = os.path.join(machine.folder.name, "esp.img")
    room = sum(len(content or b"") for content in files.values())
    shutil.copyfile(os.path.join(TOP, disk), made)
    if room > FREE_ON_DISK:
        remake_disk(made, room)
    for path, content in files.items():
        subprocess.run(["mdel", "-i", made, f"::{path}"], stderr=subprocess.DEVNULL, check=False)
        if content is None:
            continue
        subprocess.run(["mmd", "-i", made, "-D", "s", f"::{os.path.dirname(path)}"], stderr=subprocess.DEVNULL,
                       check=False)
        subprocess.run(["mcopy", "-i", made, "-", f"::{path}"], input=content, check=True)
    machine.line = machine.line.replace(disk, made)


def remake_disk(made, room):
    """The same files on a larger disk."""
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        subprocess.run(["mcopy", "-s", "-i", made, "::/", folder], check=True)
        with open(made, "r+b") as file:
            file.truncate(os.path.getsize(made) + room)
        subprocess.run(["mformat", "-i", made, "-F", "-v", "FERRITE", "::"], check=True)
        for name in os.listdir(folder):
            subprocess.run(["mcopy", "-s", "-i", made, os.path.join(folder, name), "::/"], check=True)


def change_disc(machine, files):
    """The same for Limine's disc, made anew with the build's own recipe."""
    made = os.path.join(machine.folder.name, "disc")
    whole = {"/limine.conf": "boot/limine/limine.conf", "/ferrite/kernel": f"out/{machine.board}/kernel.bare",
             "/ferrite/initrd": f"out/{machine.board}/scenario/initrd"}
    for path, content in files.items():
        name = whole[path] = os.path.join(machine.folder.name, os.path.basename(path))
        if content is None:
            del whole[path]
            continue
        with open(name, "wb") as file:
            file.write(content)
    make(*cell_words(machine.boot), "SYSTEM=scenario", f"limine_disk={made}",
         "limine_files=" + " ".join(f"{name}={path}" for path, name in whole.items()), f"{made}.iso")
    machine.line = re.sub(r"\S+\.iso", f"{made}.iso", machine.line)


class Monitor:
    """The emulator's own interface (QMP). It is made before the machine is entered, and used after that."""

    def __init__(self, machine):
        self.path = os.path.join(machine.folder.name, "monitor")
        machine.line += f" -qmp unix:{self.path},server=on,wait=off"
        self.stream = None

    def ask(self, command, **arguments):
        if not self.stream:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.path)
            self.stream = connection.makefile("rw")
            json.loads(self.stream.readline())
            self.ask("qmp_capabilities")
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]


class Background:
    """Beside a class of socketserver, before it: what serves while its block lasts."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class WebServer(Background, http.server.ThreadingHTTPServer):
    """Serves `files` (path to bytes) on a free port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers from the server's dictionary."""

        def do_GET(self):
            body = self.server.files.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format, *arguments):
            pass

    def __init__(self, files=None):
        self.files = files or {}
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.port = self.server_address[1]

    def handle_error(self, *_):
        """Who goes away in the midst of a file may."""

    def url(self, path):
        """Where the guest finds `path`."""
        return f"http://{HOST}:{self.port}{path}"


class Sink:
    """Takes one connection on a port of its own and hashes what comes until its end."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(600)
        self.port = self.listener.getsockname()[1]
        self.hash = hashlib.sha256()
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.listener.close()

    def take(self):
        connection, _ = self.listener.accept()
        with connection:
            while piece := connection.recv(1 << 16):
                self.hash.update(piece)

    def digest(self):
        self.thread.join(600)
        return self.hash.hexdigest()
