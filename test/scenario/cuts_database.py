# SPDX-License-Identifier: MIT
# cells: qemu-virt-aarch64/raw qemu-pc-x86_64/raw
# system: ports
"""Power cuts under SQLite: its shell changes databases with each kind of journal, and says of each transaction that it
is committed. After any cut each database opens, is sound, and has what one of two moments had: the last transaction of
which that was said, or the one that was being made. Checked by the host's SQLite, and in Ferrite by its own.
`cuts_database.py BOARD CELL CUTS` makes more cuts, SEED other transactions, STEPS more of them."""

import os
import random
import re
import sqlite3
import sys
import tempfile

from cut.record import SCRIPT, SECTOR, TOGETHER, Cut, cut_each, recorded, recover_by_ferrite, recover_by_linux
from machine import make, passed

CUTS = int(sys.argv[3]) if len(sys.argv) > 3 else 60
SEED = int(os.environ.get("SEED", "7"))
STEPS = int(os.environ.get("STEPS", "60"))
JOURNALS = {"one": "delete", "two": "truncate", "three": "persist", "four": "wal"}  # of databases
ITEMS = 90  # numbers that rows may have
# Few pages in memory: what is not committed reaches the file too. EXTRA: the journal's end is safe as well.
SETTINGS = "PRAGMA {0}.page_size={1};\nPRAGMA {0}.cache_size=8;\nPRAGMA {0}.journal_mode={2};\n" \
           "PRAGMA {0}.synchronous=EXTRA;\nPRAGMA wal_autocheckpoint=12;\n"
CREATE = "CREATE TABLE {0}.item(id INTEGER PRIMARY KEY, value INTEGER, filler TEXT);\n" \
         "CREATE INDEX {0}.by_value ON item(value);\n" \
         "CREATE TABLE {0}.total(number INTEGER, items INTEGER, sum INTEGER);\nINSERT INTO {0}.total VALUES(0, 0, 0);\n"
SAFE = ".once @\nSELECT printf('safe %-{1}d', {0}) UNION ALL SELECT printf('%-{2}s', '');\n"
HALF = SECTOR // 2  # lines that the shell shows are not longer than 300
TOTAL = "SELECT count(*), coalesce(sum(value * id + length(filler)), 0) FROM {0}item"
SOUND = f"PRAGMA integrity_check; SELECT number, (items, sum) = ({TOTAL.format('')}) FROM total;"


# --- The workload -------------------------------------------------------------------------------

class Workload:
    """Transactions, and what each of the databases has behind each."""

    def __init__(self, seed):
        self.chance, self.number = random.Random(seed), 0
        self.model = sqlite3.connect(":memory:", isolation_level=None)
        self.lines, self.states = [], [{}]
        for name in JOURNALS:
            self.model.execute(f"ATTACH ':memory:' AS '{name}'")

    def script(self):
        attach = "".join(f"ATTACH '{name}.db' AS '{name}';\n" +
                         SETTINGS.format(name, self.chance.choice((512, 1024, 4096)), journal)
                         for name, journal in JOURNALS.items())
        return ".bail on\n.mode list\n" + attach + "".join(self.lines)

    def change(self, name):
        chance, first = self.chance, self.chance.randrange(ITEMS)
        last = first + chance.choice((1, 1, 5, 40))
        kind = chance.choice(("insert", "insert", "delete", "update", "move"))
        if kind == "insert":
            return (f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last}) "
                    f"INSERT OR REPLACE INTO {name}.item SELECT i, i * {self.number} % 97, "
                    f"printf('%0*d', (i * {first + 7} % {chance.choice((50, 400, 6000))}), i) FROM n;\n")
        if kind == "delete":
            return f"DELETE FROM {name}.item WHERE id BETWEEN {first} AND {last};\n"
        if kind == "update":
            return f"UPDATE {name}.item SET value = value + {self.number} WHERE id % {chance.randrange(2, 9)} = 1;\n"
        return f"UPDATE {name}.item SET filler = filler || '{'m' * chance.randrange(900)}' WHERE id < {last};\n"

    def step(self):
        """One transaction, sometimes behind one that is given up."""
        name, state = self.chance.choice(list(JOURNALS)), dict(self.states[-1])
        self.number += 1
        if name in state:
            changes = [self.change(name) for _ in range(self.chance.randrange(1, 5))]
            if self.chance.random() < 0.3:
                self.do("BEGIN;\n" + "".join(changes) + "ROLLBACK;\n")
            changes.append(f"UPDATE {name}.total SET number = {self.number}, (items, sum) = "
                           f"({TOTAL.format(name + '.')});\n")
        else:
            changes = [CREATE.format(name)]
        self.do("BEGIN;\n" + "".join(changes) + "COMMIT;\n")
        self.lines.append(SAFE.format(self.number, HALF - 6, HALF - 1))
        state[name] = rows(self.model, name)
        self.states.append(state)

    def do(self, text):
        self.model.executescript(text)
        self.lines.append(text)


def rows(connection, name):
    """All that is in a database. None: it was not made yet."""
    if not connection.execute(f"SELECT 1 FROM {name}.sqlite_schema").fetchall():
        return None
    return [connection.execute(f"SELECT * FROM {name}.{table} ORDER BY 1").fetchall() for table in ("item", "total")]


# --- What a cut left ----------------------------------------------------------------------------

def opened(folder, files):
    """What each database has that was made, by the host's SQLite."""
    os.makedirs(folder, exist_ok=True)
    found = {}
    for name in JOURNALS:
        for suffix in ("", "-journal", "-wal"):
            path = os.path.join(folder, f"{name}.db{suffix}")
            with open(path, "wb") as file:
                file.write(files.get(f"{name}.db{suffix}", b""))
            if f"{name}.db{suffix}" not in files:
                os.remove(path)
        connection = sqlite3.connect(os.path.join(folder, f"{name}.db"))
        is_sound = connection.execute("PRAGMA integrity_check").fetchall()
        assert is_sound == [("ok",)], f"{name}: {is_sound}"
        found[name] = rows(connection, "main")
        connection.close()
    return {name: have for name, have in found.items() if have}


def judge(found, work, marked):
    wanted = work.states[marked:marked + 2]
    if found not in wanted:
        have, lost = numbers(found), [numbers(state) for state in wanted]
        raise AssertionError(f"behind transaction {marked} the databases have {have}, not one of {lost}")


def numbers(state):
    """The number of the last transaction in each."""
    return {name: have[1][0][0] for name, have in state.items()}


def ask(machine, folder):
    """The same as numbers(), from Ferrite's SQLite."""
    text = machine.run(f"cd {folder}; for f in {' '.join(JOURNALS)}; do echo database $f; "
                       f"sqlite3 -list $f.db '{SOUND}' 2>&1; done; cd /")
    found = {}
    for part in text.split("database ")[1:]:
        if "no such table: total" in part:
            continue
        match = re.fullmatch(r"(\w+)\s+ok\s+(\d+)\|1\s+", part)
        assert match, text
        found[match[1]] = int(match[2])
    return found


def run(machine, marks, folder):
    """The script's @ is the partition of the marks."""
    text = machine.run(f"cd {folder}; dd if={marks} bs={SCRIPT} skip=1 2>/dev/null | tr -d '\\0' | "
                       f"sed 's:@:{marks}:' | sqlite3; cd /")
    assert "rror" not in text, text


def main():
    chance, work = random.Random(SEED), Workload(SEED)
    print(f"seed {SEED}")
    for _ in range(STEPS):
        work.step()
    make("SYSTEM=ports", "build")
    with tempfile.TemporaryDirectory(prefix="ferrite-") as folder:
        base, record = recorded(folder, work.script(), run, system="ports")
        cut, kept = Cut(base, record), []
        cut.advance(len(record))
        assert cut.marked == STEPS, f"{cut.marked} of {STEPS} transactions were said to be committed"
        passed(f"{STEPS} transactions are {len(record)} entries of a record")
        cut = Cut(base, record)
        for path in cut_each(folder, cut, chance, CUTS):
            found = opened(os.path.join(folder, "host"), recover_by_linux(path))
            judge(found, work, cut.marked)
            kept.append((path, found))
        passed(f"{len(kept)} power cuts: databases are sound, and what was committed is there, as a whole")
        kept = chance.sample(kept, min(len(kept), TOGETHER, 4))
        again = recover_by_ferrite([path for path, _ in kept], system="ports", ask=ask)
        for (path, wanted), (files, _) in zip(kept, again):
            assert opened(os.path.join(folder, "host"), files) == wanted, f"{path}: Ferrite changed what there was"
        answers = [answer for _, answer in again]  # disks have other numbers than here
        for _, wanted in kept:
            assert numbers(wanted) in answers, f"Ferrite found {answers}, not {numbers(wanted)}"
            answers.remove(numbers(wanted))
        passed(f"Ferrite's SQLite finds in {len(kept)} of them what the host's does")


main()
