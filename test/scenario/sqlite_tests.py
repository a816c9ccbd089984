# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw
# system: sqlite
"""SQLite passes its own tests that are written in Tcl: of each part of it, of the files that take some seconds at most.

TESTS="name..." runs others; `veryquick` among them stands for the files that SQLite's own suite of this name has in
its folder `test`: a thousand, which take hours in an emulator. What fails or does not end within EACH seconds is told
at the end. Those that do much are for such runs: `avtrans` and `date4` are thousands of tests, `readonly` opens 20,000
times, `wal3` recovers a log of 4,000 frames again and again. `oserror` holds 20,000 connections, which take 1.3 GB: a
session of a machine of 1 GiB may use less than half of that, so it wants MEMORY=4096. Left out are the tests in `ext`,
and what `veryquick` leaves out: most of what makes memory, devices and processes fail. Tests with threads in Tcl skip
themselves, because this Tcl has none."""

import fnmatch
import os
import re

from machine import Machine, WebServer, make, passed
from suite import source

USUAL = """alter attach auth autoinc backup2 between blob busy cache cast check close collate1
conflict count date date3 default delete distinct enc exclusive2 expr fkey1 fkey2 fts3aa fts4aa
gencol1 hook in incrblob incrvacuum index insert insert2 intpkey join join2 journal1 journal3
jrnlmode2 json101 json102 lastinsert like limit lock lock2 lock3 lock7 minmax misc1 misc2 nolock
notnull null pragma printf quote rollback rowid schema select1 select3 select4 select5 select6
select7 select8 shared subquery syscall temptable trigger1 types unique update upsert1 vacuum
vacuum2 view where where2 window1 without_rowid1"""
LIMIT = int(os.environ.get("EACH", "550"))  # seconds
MEMORY = os.environ.get("MEMORY", "1024")  # MiB
FOLDER = os.path.join(source.folder("sqlite-tests"), "src/test")
EMPTY = {"alias"}  # it returns before its first test


def veryquick():
    """What permutations.test has under this name, of its own folder."""
    text = source.read("sqlite-tests", "src/test/permutations.test")
    lists = re.findall(r"set all(?:quick)?tests \[test_set \$alltests -exclude \{\n(.*?)\n\}\]", text, re.S)
    kinds = re.findall(r'test_suite "veryquick".*?-exclude ([^]]*)\]', text, re.S)
    assert len(lists) == 2 and len(kinds) == 1, "permutations.test is written in another way"
    left_out = " ".join(lists + kinds).replace("\\", " ").split()
    names = [name for name in sorted(os.listdir(FOLDER)) if name.endswith(".test")]
    names = [name.removesuffix(".test") for name in names if not any(fnmatch.fnmatch(name, each) for each in left_out)]
    return [name for name in names if name not in EMPTY]


TESTS = [name for word in os.environ.get("TESTS", USUAL).split() for name in
         (veryquick() if word == "veryquick" else [word])]


def archives():
    """The tests with what they include, and Tcl's own library."""
    names = [f"{name}.test" for name in TESTS] + [name for name in sorted(os.listdir(FOLDER)) if name.endswith(".tcl")]
    tests = source.archive("sqlite-tests", [f"test/{name}" for name in names], {})
    library = source.archive("tcl", ("library",), {}, ("library/encoding", "library/msgs", "library/tzdata"))
    return {"/tests": tests, "/library": library}


def check(machine, name):
    """How many tests of a file pass, and what it said if not all."""
    machine.run("rm -rf /tmp/work && mkdir /tmp/work")
    said = machine.run(f"cd /tmp/work && timeout {LIMIT} /test/testfixture /tmp/sqlite/test/{name}.test >out 2>&1; "
                       "grep -e '^! ' -e ' errors out of ' out || tail out", timeout=LIMIT + 60)
    found = re.search(r"(?m)^(\d+) errors out of (\d+) tests", said)
    return (int(found[2]), "") if found and found[1] == "0" else (0, f"{name}: {said}")


make("SYSTEM=sqlite", "build")
with WebServer(archives()) as server, Machine(system="sqlite", extra=f"-m {MEMORY}") as board:
    board.login()
    for folder, archive in ("/tmp/sqlite", "/tests"), ("/tmp/tcl", "/library"):
        board.run(f"mkdir {folder} && cd {folder} && wget -q -O - {server.url(archive)} | tar x")
    results = [check(board, each) for each in TESTS]
    failures = "\n".join(said for _, said in results if said)
    assert not failures, failures
    passed(f"{len(TESTS)} files with {sum(count for count, _ in results)} tests pass")
