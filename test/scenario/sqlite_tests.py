# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# system: sqlite
"""SQLite passes its own tests that are written in Tcl: of each part of it, of the files that take some seconds at most.
TESTS="name..." runs others."""

import os
import re

from machine import Machine, WebServer, make, passed
from suite import source

USUAL = """alter attach auth autoinc between blob cast check collate1 conflict count date default
delete distinct enc expr fkey1 fkey2 fts3aa fts4aa gencol1 hook in incrblob incrvacuum index insert
insert2 intpkey join join2 journal1 json101 json102 lastinsert like limit lock lock2 lock3 minmax
misc1 misc2 notnull null pragma printf quote rollback rowid schema select1 select3 select4 select5
select6 select7 select8 shared subquery syscall temptable trigger1 types unique update upsert1
vacuum vacuum2 view where where2 window1 without_rowid1"""
TESTS = os.environ.get("TESTS", USUAL).split()
LIMIT = 550  # seconds
FOLDER = os.path.join(source.folder("sqlite-tests"), "src/test")


def archives():
    """The tests with what they include, and Tcl's own library."""
    names = [f"{name}.test" for name in TESTS] + [name for name in sorted(os.listdir(FOLDER)) if name.endswith(".tcl")]
    tests = source.archive("sqlite-tests", [f"test/{name}" for name in names], {})
    library = source.archive("tcl", ("library",), {}, ("library/encoding", "library/msgs", "library/tzdata"))
    return {"/tests": tests, "/library": library}


def check(machine, name):
    """How many tests of a file pass: all."""
    machine.run("rm -rf /tmp/work && mkdir /tmp/work")
    said = machine.run(f"cd /tmp/work && /test/testfixture /tmp/sqlite/test/{name}.test >out 2>&1; "
                       "grep -e '^! ' -e ' errors out of ' out || tail out", timeout=LIMIT)
    found = re.search(r"(?m)^(\d+) errors out of (\d+) tests", said)
    assert found and found[1] == "0", f"{name}: {said}"
    return int(found[2])


make("SYSTEM=sqlite", "build")
with WebServer(archives()) as server, Machine(system="sqlite", extra="-m 1024") as board:
    board.login()
    for folder, archive in ("/tmp/sqlite", "/tests"), ("/tmp/tcl", "/library"):
        board.run(f"mkdir {folder} && cd {folder} && wget -q -O - {server.url(archive)} | tar x")
    count = sum(check(board, each) for each in TESTS)
    passed(f"{len(TESTS)} files with {count} tests pass")
