# SPDX-License-Identifier: MIT
"""trace: what comes out is JSON as viewers want it, and says what really happened."""

import json
import re

from machine import Machine, WebServer


def slices_of(events):
    """(begin, end, track stack depth) of every slice; fails when they do not nest or one stays open."""
    stacks, slices, before = {}, [], 0.0
    for event in events:
        if event["ph"] == "M":
            continue
        assert event["ts"] >= before, f"time goes back: {event}"
        before = event["ts"]
        stack = stacks.setdefault((event["pid"], event["tid"]), [])
        if event["ph"] == "B":
            stack.append(event)
        elif event["ph"] == "E":
            assert stack, f"an end without a beginning: {event}"
            slices.append((stack.pop(), event))
    assert not any(stacks.values()), "a slice has no end"
    return slices


def around(slices, event):
    """The slices on the event's track that it lies in."""
    return [begin for begin, end in slices if (begin["pid"], begin["tid"]) == (event["pid"], event["tid"])
            and begin["ts"] <= event["ts"] <= end["ts"]]


def names(events, what):
    return {(event["pid"], event["tid"]): event["args"]["name"] for event in events
            if event["ph"] == "M" and event["name"] == what}


def main_track(events):
    """The one thread of the program `traced`."""
    tracks = [track for track, name in names(events, "thread_name").items() if name.startswith("traced/")]
    assert len(tracks) == 1, f"{len(tracks)} threads named traced"
    return tracks[0]


def check_calls(events, slices, track):
    signals = [(begin, end) for begin, end in slices if (begin["pid"], begin["tid"]) == track and
               begin["name"] == "event_signal" and begin["args"]["r1"] == "0x5ca1ab1e"]
    assert len(signals) == 7, f"{len(signals)} signals, not 7"
    assert all(end["args"]["status"] == "success" for _, end in signals)
    exits = [begin for begin, _ in slices if (begin["pid"], begin["tid"]) == track and
             begin["name"] == "process_exit"]
    assert len(exits) == 1 and exits[0]["args"]["r0"] == "0x0"
    print("\nPASS trace: a program's calls are all there, with their arguments and results")


def check_messages(events, slices, track):
    arrows = {}
    for event in events:
        if event["ph"] in "sf":
            ends = arrows.setdefault(event["id"], {})
            assert event["ph"] not in ends, f"an arrow has two ends of a kind: {event}"
            ends[event["ph"]] = event
    assert arrows and all(len(ends) == 2 for ends in arrows.values()), "an arrow has one end"
    servers, reads = names(events, "thread_name"), 0
    for ends in arrows.values():
        start, end = ends["s"], ends["f"]
        call, serve = (start, end) if start["name"] == "request" else (end, start)
        assert any(begin["name"] == "channel_call" for begin in around(slices, call)), call
        assert around(slices, serve), serve
        if start["name"] == "request" and (call["pid"], call["tid"]) == track:
            served = [begin for begin in around(slices, serve) if begin.get("cat") == "serve"]
            assert served and served[-1]["args"]["caller"] == track[1]
            server = servers[(serve["pid"], serve["tid"])]
            reads += served[-1]["name"] == "read" and server.startswith("tmp/")
    assert reads == 3, f"{reads} reads went to the service of /tmp, not 3"
    print("\nPASS trace: arrows lead from each caller to its server and back")


def check_rest(events, slices, track):
    def instants(name, key, value):
        return [event for event in events if event["ph"] == "i" and event["name"] == name and
                event[key] == value]

    cpus = {event["pid"] for event in events if event["ph"] == "M" and event["args"]["name"] == "CPUs"}
    assert len(cpus) == 1
    cpu = cpus.pop()
    assert instants("fault: write", "tid", track[1])
    assert any(0 <= event["args"]["late"] < 1e9 for event in instants("timer", "pid", cpu))
    assert instants("interrupt", "pid", cpu)
    assert instants("woken", "tid", track[1])
    ran = [begin for begin, _ in slices if begin["pid"] == cpu and begin["args"]["thread"] == track[1]]
    assert len(ran) > 3 and all(begin["name"] == "traced" for begin in ran)
    assert any("waited" in begin["args"] for begin in ran)
    for tid in {begin["tid"] for begin, _ in slices if begin["pid"] == cpu}:
        on_cpu = sorted((begin["ts"], end["ts"]) for begin, end in slices
                        if (begin["pid"], begin["tid"]) == (cpu, tid))
        assert all(a[1] <= b[0] for a, b in zip(on_cpu, on_cpu[1:])), "two at once on a CPU"
    print("\nPASS trace: faults, timers, interrupts, wake-ups and what each CPU ran")


with WebServer({"/": b"a page, for the interrupts that its packets raise"}) as web, Machine() as machine:
    machine.login()
    said = machine.run(f"trace -o /tmp/t.json sh -c '/test/traced; wget -q -O- {web.url('/')}'")
    assert re.search(r"trace: \d+ records in /tmp/t.json\s", said), said
    trace = json.loads(machine.run("cat /tmp/t.json", timeout=300))
    assert trace["otherData"]["lost"] == 0
    found = slices_of(trace["traceEvents"])
    print("\nPASS trace: the JSON is well-formed, in order, and its slices nest")
    own = main_track(trace["traceEvents"])
    check_calls(trace["traceEvents"], found, own)
    check_messages(trace["traceEvents"], found, own)
    check_rest(trace["traceEvents"], found, own)

    # A ring far too small for what happens: what is lost is counted, and the rest is still in order.
    machine.run("trace -s 64 -o /tmp/t.json sh -c 'ls -l /bin >/dev/null; /test/traced' >/dev/null")
    trace = json.loads(machine.run("cat /tmp/t.json", timeout=300))
    slices_of(trace["traceEvents"])
    assert trace["otherData"]["lost"] > 0
    print("\nPASS trace: what does not fit is counted as lost")

    machine.run("trace -k switch -o /tmp/t.json -t 0.2")
    trace = json.loads(machine.run("cat /tmp/t.json", timeout=300))
    kinds = {event.get("cat") for event in trace["traceEvents"] if event["ph"] == "B"}
    assert kinds == {"cpu"}, kinds
    print("\nPASS trace: only what was asked for is recorded")

    state = machine.run("cat /dev/trace/ctl")
    assert "tracing off" in state and "rings 0" in state, state
    assert machine.run("trace -o /tmp/t.json sh -c 'exit 7'", code=7)
    machine.run("trace -k nonsense ls", code=1)
    machine.run("trace -t x", code=2)
    machine.run("trace no-such-program", code=127)
    machine.run("echo start call > /dev/trace/ctl; true; echo stop > /dev/trace/ctl")
    size = int(machine.run("cat /dev/trace/data | wc -c").strip())
    assert size > 0 and size % 64 == 0, size
    assert "rings 0" in machine.run("cat /dev/trace/ctl")
    print("\nPASS trace: it is off again afterwards, tells errors, and is a recorder without a reader")

with Machine(extra="-smp 2") as machine:
    machine.login()
    machine.run("trace -o /tmp/t.json sh -c '/test/traced & /test/traced; wait' > /dev/null")
    events = json.loads(machine.run("cat /tmp/t.json", timeout=300))["traceEvents"]
    found = slices_of(events)
    busy = {begin["tid"] for begin, _ in found if begin.get("cat") == "cpu"}
    assert len(busy) == 2 and {"CPU 0", "CPU 1"} <= set(names(events, "thread_name").values()), busy
    ends = [event["id"] for event in events if event["ph"] in "sf"]
    assert ends and all(ends.count(arrow) == 2 for arrow in set(ends))
    print("\nPASS trace: two CPUs on one time, with arrows between them")
