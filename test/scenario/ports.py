# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
# system: ports
"""Ports pass their own tests: zlib's example, minigzip and infcover; SQLite's shell in a workload with a write-ahead
log and an integrity check, its test of several processes on one database, and its test of statements (a part)."""

import os

from machine import TOP, Machine, WebServer, make, passed

WORKLOAD = """
.mode list
PRAGMA journal_mode=%s;
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO t SELECT i, printf('%%05d', i * 7919 %% 5000), i * 1.5 FROM n;
COMMIT;
CREATE INDEX tb ON t(b);
BEGIN;
DELETE FROM t;
ROLLBACK;
DELETE FROM t WHERE a %% 3 = 0;
UPDATE t SET c = -c WHERE b BETWEEN '01000' AND '02000';
VACUUM;
SELECT count(*), sum(a), max(b) FROM t;
SELECT a FROM t WHERE b = '04321';
PRAGMA integrity_check;
"""
ROWS = [i for i in range(1, 5001) if i % 3]
WANTED = [f"{len(ROWS)}|{sum(ROWS)}|{max(f'{i * 7919 % 5000:05}' for i in ROWS)}",
          *[str(i) for i in ROWS if i * 7919 % 5000 == 4321], "ok"]


def zlib(machine):
    text = machine.run("/test/example")
    assert "large_inflate(): OK" in text and "inflate with dictionary: hello, hello!" in text, text
    assert "same" in machine.run("/test/minigzip < /bin/busybox | /test/minigzip -d | cmp - /bin/busybox && echo same")
    assert "same" in machine.run("/test/minigzip < /bin/lua | gunzip | cmp - /bin/lua && echo same")
    text = machine.run("/test/infcover")
    assert "failed" not in text, text
    passed("zlib passes its own tests")


def sqlite(machine, web):
    for mode in ("wal", "delete", "truncate"):
        machine.run(f"wget -q -O work.sql {web.url('/' + mode)}")
        got = machine.run(f"sqlite3 {mode}.db < work.sql").split()
        assert got == [mode] + WANTED, f"{got}\nnot\n{[mode] + WANTED}"
    passed("SQLite keeps what it was given, in each kind of journal")
    machine.run(f"wget -q {web.url('/multiwrite01.test')} {web.url('/fuzzdata.db')}")
    text = machine.run("/test/mptest many.db multiwrite01.test 2>&1 | tail -n 12")
    assert "Summary: 0 errors out of" in text, text
    passed("SQLite's processes share a database")
    text = machine.run("/bin/fuzzcheck --limit-mem 40M --slice 0 150 fuzzdata.db 2>&1 | tail -n 3")
    assert "0 errors out of" in text, text
    passed("SQLite's statements give what they must")


make("SYSTEM=ports", "build")
source = os.path.join(TOP, "out/port/sqlite/src")


def read(name):
    with open(os.path.join(source, name), "rb") as file:
        return file.read()


files = {f"/{mode}": (WORKLOAD % mode).encode() for mode in ("wal", "delete", "truncate")}
files["/multiwrite01.test"] = read("mptest/multiwrite01.test")
files["/fuzzdata.db"] = read("test/fuzzdata6.db")

with WebServer(files) as server, Machine(system="ports") as board:
    board.login()
    board.run("cd /tmp")
    zlib(board)
    sqlite(board, server)
