# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
"""Editors in the terminal: kilo and vi open a file, move, search, change, save, and find it again; they follow the
terminal's size; and a shell recorded by script, in which they run as well."""

import re

from machine import Machine, passed

UP, DOWN, RIGHT, LEFT, HOME = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H"


def content(machine, path):
    return machine.run(f"cat {path}").strip().splitlines()


def edit(machine, command, text, end):
    """Runs an editor with keys typed, until the prompt is back."""
    machine.line_send(command)
    machine.expect(text)
    for keys, shown in end:
        machine.send(keys)
        if shown:
            machine.expect(shown)
    machine.expect(r"[$#] ")


with Machine() as machine:
    machine.login()
    machine.run("stty rows 20 cols 70; for i in one two three four five; do echo line $i; done > /tmp/text")

    edit(machine, "edit /tmp/text", r"HELP: Ctrl-S = save",
         [(DOWN + DOWN + RIGHT + "new ", r"lnew ine three"),
          ("\x06four", r"four"), ("\r", None), (LEFT + "X", r"lineX"),
          ("\x13", r"bytes written on disk"), ("\x11", None)])
    lines = content(machine, "/tmp/text")
    assert lines == ["line one", "line two", "lnew ine three", "lineX four", "line five"], lines
    passed("kilo: arrow keys, search, insert, save")

    edit(machine, "edit /tmp/text", r"lnew ine three", [("\x11", None)])
    passed("kilo: the file is as it was saved")

    edit(machine, "vi /tmp/text", r"line one",
         [("/five\r", None), ("cwsix\x1b", r"six"), ("Oabove\x1b", r"above"), (UP + HOME + "dw", None),
          (":set nu\r", None), (":wq\r", None)])
    lines = content(machine, "/tmp/text")
    assert "above" in lines and any("six" in line for line in lines), lines
    passed("vi: search, change, insert, save")

    # A size of its own: the status line is in the last but one row.
    machine.run("stty rows 33 cols 70")
    machine.line_send("edit /tmp/text")
    machine.expect(r"HELP")
    machine.send("\x1b[6~\x11")
    rows = machine.child.before.count("~\x1b[0K")
    machine.expect(r"[$#] ")
    assert rows >= 20, rows
    passed("kilo fills the terminal that it has")

    machine.line_send("script -q /tmp/record")
    machine.expect(r"[$#] ")
    machine.line_send("tty; stty size; echo $((6*7))")
    machine.expect(r"/dev/pts/\d+\s+33 70\s+42\s")
    machine.line_send("echo be''gun; cat")
    machine.expect(r"begun\s")
    machine.line_send("some")
    machine.expect(r"some\s+some\s")
    machine.send("\x03")
    machine.expect(r"[$#] ")
    machine.line_send("echo st''ill")
    machine.expect(r"still\s")
    edit(machine, "edit /tmp/text", r"HELP", [("Y\x13", r"bytes written"), ("\x11", None)])
    machine.line_send("exit")
    machine.expect(r"[$#] ")
    record = machine.run("cat /tmp/record")
    assert "42" in record and "bytes written" in record, record
    assert content(machine, "/tmp/text")[0].startswith("Y"), "not changed"
    passed("script: a shell and an editor on a pty, with its keys and its size")

    assert not re.search(r"\d", machine.run("ls /dev/pts")), "a pty is left"
    assert "root" not in machine.run("whoami")
    passed("no pty is left")
