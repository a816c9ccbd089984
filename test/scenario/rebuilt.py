# SPDX-License-Identifier: MIT
"""Namespaces that chance put together, of folders in folders, united, bound onto each other and taken away again, are
made anew from their text: the same names in the same order, the same files, and new ones go to the same place.

SEED=5 ROUNDS=200 test/scenario/rebuilt.py qemu-virt-aarch64 raw makes others, and more."""

import os
import random

from machine import Machine, passed

SEED, ROUNDS = int(os.environ.get("SEED", "2")), int(os.environ.get("ROUNDS", "36"))
FOLDERS = ["/tmp/a", "/tmp/b", "/tmp/c", "/tmp/d", "/tmp/a/sub", "/tmp/b/sub"]
OPTIONS = ["", "-a", "-b", "-a -c", "-b -c", "-c"]
ALL = " ".join(FOLDERS)

# What there is, and where a new file comes to be: the shell itself reads the folders for it, where a program for each
# would take most of the scenario's time.
LOOK = (f"for f in {ALL}; do echo \"= $f\"; ls -1 $f; cat $f/? 2>/dev/null; {{ echo x > $f/probe; }} 2>/dev/null && "
        f"{{ for g in {ALL}; do set -- $g/prob[e]; [ $1 = $g/probe ] && echo probe in $g; done; rm $f/probe; }}; done")


def step(chance):
    source, place, option = chance.choice(FOLDERS), chance.choice(FOLDERS), chance.choice(OPTIONS)
    kind = chance.randrange(10)
    if kind < 6:
        return f"bind {option} {source} {place}"
    if kind < 8:
        return f"mount {option} /srv/tmp{source.removeprefix('/tmp')} {place}"
    return f"unmount {place}" if kind == 8 else f"unmount {source} {place}"


def one(machine, chance):
    """Some of the steps are refused; what the others come to is made a second time."""
    steps = [step(chance) for _ in range(chance.randrange(2, 10))]
    inside = "; ".join(f"{line} 2>/dev/null" for line in steps)
    machine.run(f"echo '{inside}; ns > names; sh look > said 2>&1; true' > inside; rm -f names said again seen; "
                "unshare sh inside")
    found = machine.run("unshare -f names sh -c 'ns > again; sh look > seen 2>&1'; diff names again && diff said seen "
                        "&& grep -c '= ' said", code=None)
    assert found.strip() == str(len(FOLDERS)), "\n".join([*steps, machine.run("grep /tmp/ names"), found])
    return "probe in" in machine.run("cat said") and "-b" in machine.run("grep /tmp/ names", code=None)


def below(machine):
    """What was mounted below a folder comes along with it once, and what was taken away since does not come again."""
    run = machine.run
    run("unshare sh -c 'bind /dev /tmp/c; unmount /tmp/c/console; ns > names; [ -c /tmp/c/null ] && "
        "[ ! -e /tmp/c/console ]'")
    run("unshare -f names sh -c 'ns | diff - names && [ -c /tmp/c/null ] && [ ! -e /tmp/c/console ]'")
    run("unshare sh -c 'bind -b /tmp/a /tmp/a/sub; ns > names; [ ! -e /tmp/a/sub/sub/2 ]'")
    run("unshare -f names sh -c 'ns | diff - names && [ ! -e /tmp/a/sub/sub/2 ]'")
    run("unshare sh -c 'bind -a /tmp/b /tmp/a; unmount /tmp/a /tmp/a; ns > names; [ ! -e /tmp/a/5 ]'")
    run("unshare -f names sh -c 'ns | diff - names && [ ! -e /tmp/a/5 ] && [ -e /tmp/a/2 ]'")
    passed("what comes along with a folder comes along once")


with Machine() as guest:
    print(f"seed {SEED}")
    guest.login("root")
    guest.run(f"cd /tmp; mkdir {ALL}; for f in {ALL}; do echo $f > $f/1; done; "
              "echo 2 > b/2; echo 3 > d/3; echo 4 > a/sub/4; echo 5 > a/5")
    guest.run(f"echo '{LOOK}' > look")
    below(guest)
    united = [one(guest, random.Random(SEED * 1000 + number)) for number in range(ROUNDS)]
    assert ROUNDS < 20 or sum(united) > ROUNDS // 8, united
    passed(f"{ROUNDS} namespaces are made anew as they were")
