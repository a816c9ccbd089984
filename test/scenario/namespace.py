# SPDX-License-Identifier: MIT
# cells: qemu-*-[ax]*64/raw
"""Namespaces: folders that are united list and open as their order says, new files go where they may, and what was
bound is taken away again."""

from machine import Machine, passed


def check_unions(machine):
    run = machine.run
    run("cd /tmp && mkdir a b c a/sub b/sub")
    run("echo a > a/one && echo b > b/one && echo b > b/two && echo b > b/sub/deep")
    run("bind -a b a")
    assert run("cat a/one a/two").split() == ["a", "b"], "the first part wins, the second is asked"
    assert sorted(run("ls -1 a | cat").split()) == ["one", "one", "sub", "sub", "two"]
    run("[ ! -e a/sub/deep ]")  # the first part has `sub`, and decides
    assert "not permitted" in run("echo new > a/new", code=1)
    run("unmount b a && [ ! -e a/two ] && echo new > a/new && rm a/new")
    assert "/tmp/a" not in run("ns")
    passed("a union opens the first part's names, and makes none where it may not")

    run("bind -b -c b a && echo new > a/new && mkdir a/dir && [ -e b/new ] && [ -d b/dir ]")
    assert run("cat a/one").strip() == "b"
    run("mv a/new a/newer && [ -e b/newer ] && mv a/dir/../one a/uno && cat b/uno && rm a/newer && rmdir a/dir && ls b")
    run("echo through > a/sub/made && [ -e b/sub/made ]")
    said = run("ns | grep /tmp/a")
    assert said.split("\n")[:2] == ["bind /tmp/a /tmp/a", "bind -b -c /tmp/b /tmp/a"], said
    run("bind a c && [ -e c/uno ] && [ -e c/two ] && unmount c && unmount a && [ ! -e a/uno ]")
    passed("new files go to the part that is marked, and a union is bound as a whole")

    run("bind b a && [ -e a/two ] && [ ! -e a/one ] && unmount a && bind /dev c && [ -c c/null ] && [ -c c/console ]")
    run("unmount c && [ ! -e c/null ] && [ ! -e c/console ]")
    assert "nothing is mounted there" in run("unmount c", code=1)
    assert "Is a directory" in run("bind a/one c", code=1)
    assert "No such file" in run("bind none c", code=1)
    assert "usage" in run("bind -a -b a b", code=2)
    passed("what is mounted in a folder comes along when that is bound, and goes with it")


with Machine() as machine:
    machine.login()
    check_unions(machine)
