# SPDX-License-Identifier: MIT
"""sched: priorities, periods, budgets and misses of running processes are seen and set; a runaway one is held."""

from machine import Machine, passed

with Machine() as machine:
    machine.login(user="root")
    machine.run("(while :; do :; done) & echo $! > /tmp/runaway")
    pid = machine.run("cat /tmp/runaway").split()[-1]

    machine.run(f"sched -p 30 -P 20ms -b 4ms {pid}")
    line = machine.run(f"sched {pid} | tail -n 1")
    assert " 30 " in line and "20ms" in line and "4ms" in line, line
    passed("a process above the shell's priority, with a budget, leaves the shell time")

    machine.run(f"sched -t | grep -q {pid} && sleep 1")
    figures = dict(zip(*[iter(machine.run(f"cat /proc/{pid}/threads").split())] * 2))
    assert int(figures["overruns"]) > 0 and int(figures["misses"]) > 0, figures
    passed("overruns and misses are counted")

    text = machine.run(f"sched -b 19500us {pid}", code=1)
    assert "promised to others" in text, text
    text = machine.run(f"sched -P 1 {pid}", code=1)
    assert "do not fit" in text, text
    machine.run("sched -p 64 1", code=1)
    machine.run("sched -p x 1", code=2)
    assert "no such process" in machine.run("sched -p 3 99999", code=1)
    passed("what cannot be is refused with its reason")

    machine.run(f"sched -P 0 -b 0 -p 5 {pid}")
    assert " 5 " in machine.run(f"sched {pid} | tail -n 1")
    machine.run(f"kill -KILL {pid}")
    machine.run("echo thread all priority 4 > /proc/$$/ctl; sched $$ | tail -n 1 | grep -q ' 4 '")
    machine.run(r"printf 'thread all priority 3\0' | cat > /proc/$$/ctl", code=1)
    machine.run("sched $$ | tail -n 1 | grep -q ' 4 '")
    passed("parameters are taken away again, and ctl takes the same words, but none with a NUL")
