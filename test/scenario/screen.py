# SPDX-License-Identifier: MIT
# cells: *
"""Where the boot loader sets a picture up, the console is on the screen too. The picture is read back through the
font: each cell is looked up among the glyphs, so what is compared is text."""

import os
import re
import time

from machine import LIMIT, Machine, Monitor, TOP, passed, this_board, this_cell

if this_cell().split("/")[0] == "raw" or this_cell() == "multiboot1/qemu":
    passed("the emulator sets no picture up")
    raise SystemExit

# How a board gets a picture: what its emulator line says, and what it says then. Others have firmware's.
PICTURES = {
    "qemu-pc-i386": ("-vga none", "-vga std"),
    "qemu-pc-x86_64": ("-vga none", "-vga std"),
}
OTHERS = (" -display none", " -display none -device ramfb")
SIZES = ((32, 16), (16, 8)) # of glyphs
USUAL, LARGE = (24, 80), (37, 100)  # rows and columns; the larger ones fit in 800 by 600
FONTS = os.path.join(TOP, "out/port/terminus/src/Fonts/bdf")


def font_read(size):
    """{rows of bits: character} of a size of the font, and the box of a glyph."""
    glyphs, code, rows, box = {}, 0, None, None
    with open(os.path.join(FONTS, f"ter-u{size}n.bdf"), encoding="latin-1") as file:
        for line in file:
            word, *rest = line.split()
            if word == "FONTBOUNDINGBOX":
                box = int(rest[0]), int(rest[1])
            elif word == "ENCODING":
                code = int(rest[0])
            elif word == "BITMAP":
                rows = []
            elif word == "ENDCHAR":
                glyphs.setdefault(tuple(rows), chr(code))
                rows = None
            elif rows is not None:
                rows.append(int(word, 16) >> (4 * len(word) - box[0]))
    glyphs[tuple([0] * box[1])] = " "
    return glyphs, box


class Screen:
    """What the emulator shows."""

    def __init__(self, machine):
        self.picture = os.path.join(machine.folder.name, "screen.ppm")
        self.monitor = Monitor(machine)

    def pixels(self):
        """Width, and the lines as bytes, three a pixel."""
        self.monitor.ask("screendump", filename=self.picture)
        with open(self.picture, "rb") as file:
            assert file.readline() == b"P6\n"
            width, height = map(int, file.readline().split())
            assert file.readline() == b"255\n"
            return width, [file.read(3 * width) for _ in range(height)]

    def text(self, size):
        """The lines of text in a size of the font. A cell is of two colors, the paper's in its corner or not; what is
        no character is a question mark."""
        glyphs, (width, height) = font_read(size)
        whole, lines = self.pixels()
        mask = (1 << width) - 1
        found = []
        for top in range(0, len(lines) - height + 1, height):
            row = ""
            for left in range(0, whole - width + 1, width):
                cell = [lines[top + y][3 * left:3 * (left + width)] for y in range(height)]
                paper = cell[0][:3]
                bits = tuple(int("".join("0" if line[i:i + 3] == paper else "1" for i in range(0, 3 * width, 3)), 2)
                             for line in cell)
                row += glyphs.get(bits) or glyphs.get(tuple(line ^ mask for line in bits)) or "?"
            found.append(row.rstrip())
        return found


def wait_for(screen, window, wanted):
    """The lines of the screen as soon as `wanted` accepts them, in the largest font in which so many rows and columns
    fit."""
    end = time.monotonic() + LIMIT
    while True:
        width, lines = screen.pixels()
        size = next((size for size in SIZES if window[0] * size[0] <= len(lines) and window[1] * size[1] <= width),
                    SIZES[-1])[0]
        lines = screen.text(size)
        if wanted(lines):
            return lines
        assert time.monotonic() < end, "the screen says:\n" + "\n".join(lines)
        time.sleep(0.5)


def look(old, new):
    machine = Machine()
    assert old in machine.line, machine.line
    machine.line = machine.line.replace(old, new)
    screen = Screen(machine)
    with machine:
        machine.expect("login: ")
        lines = wait_for(screen, USUAL, lambda lines: any(line.endswith("login:") for line in lines))
        assert any("Ferrite" in line for line in lines), lines  # what was said before the screen was there
        passed("the prompt is on the screen, in the largest font that there is room for")

        machine.line_send("root")
        machine.expect("(?i)password: ")
        machine.line_send("ferrite")
        machine.expect("[$#] ")
        machine.run("seq 1 99")
        wait_for(screen, USUAL, lambda lines: "99" in lines and "80" in lines)
        machine.run(r"printf '\033[2J\033[5;10H\033[1;33mgr\303\274n\033[m \342\202\254\033[7;1H'")
        wait_for(screen, USUAL, lambda lines: lines[4] == "         grün €")
        passed("UTF-8, colors, scrolling and the cursor's movements")
        status = machine.run("cat /dev/screen0/status")
        assert f"terminal {USUAL[0]} {USUAL[1]}\n" in status and re.search(r"(?m)^picture \d+ \d+$", status), status
        machine.run("grep 'gr.*n' /dev/screen0/text > /dev/null && echo redraw > /dev/screen0/ctl")
        assert "Invalid argument" in machine.run("echo jump > /dev/screen0/ctl", code=1)
        passed("its files say what it is and what it shows")

        machine.run("stty rows %d cols %d" % LARGE)
        machine.run("clear; echo " + "x" * (LARGE[1] - 2))
        wait_for(screen, LARGE, lambda lines: "x" * (LARGE[1] - 2) in lines)
        passed("a larger terminal has a smaller font")

        machine.run("stty rows %d cols %d" % USUAL)
        machine.run("echo before; kill -9 $(ps | grep '[f]ramebuffer' | { read pid rest; echo $pid; })")
        machine.run("echo after")
        wait_for(screen, USUAL, lambda lines: "before" in lines and "after" in lines)
        assert re.search("(?m)^boot \d+x\d+x32 framebuffer .* ready", machine.run("cat /dev/device/devices"))
        passed("a driver that died is started again, and shows what was said before")


if this_cell().endswith("u-boot"):
    passed("U-Boot has no driver for a picture here")
else:
    look(*PICTURES.get(this_board(), OTHERS))
