/* SPDX-License-Identifier: MIT */
/* Threads that go from CPU to CPU (kernel/schedule/schedule.c, place.c, float.c): made ready for
   another CPU, taken over from its queue, put back elsewhere, taken off it while they run, all
   against their own switch-out. What the kernel lock guards is one step, but for the questions that
   its holder asks, and an idle CPU gives it up while it cleans up. A thread is never current twice,
   nor runs before its registers are whole in memory or in the CPU where it runs; at rest nobody
   ready is more urgent than who runs on his CPU. The lower a thread's number, the more urgent; all
   but the last use floating point.

   enter    lock_enter_call, answer, stop          enqueue  schedule_ready, place_reschedule, tell
   choose   pick, place_pull, put_back             leave    float_leave
   go_on    load, float_switch_shared              move     place_apply, place_stop

   break takes_one_that_runs: asked[at] = true; tell(at); !asked[at] => current[at] = NONE
   break call_of_an_absent: is_call && current[self] == before => is_call
   break deaf_while_waiting: :: atomic { asked[self] -> answer() } => :: false
   break stops_with_registers_inside: leave(); asked[self] = false => asked[self] = false
   break cleans_up_with_registers_inside: leave(); is_cleaned = true => is_cleaned = true
   break comes_back_to_old_registers: owner[self] == runs && loaded[runs] != self => false
   break gives_up_the_lock_first: atomic { go_on(); locked = false }
     => locked = false; atomic { go_on() }
   break switches_blindly: reschedule[self] = top != NONE => reschedule[self] = false
   break tells_nobody: signalled[to] = true => skip
   break waits_for_ever_marked: locked = true; waiting[self] = false => locked = true */
#define CPUS 2
#define THREADS 3
#define NONE THREADS
#define CALLS 3 /* of all together */
mtype = { WAITING, READY, RUNNING };

mtype state[THREADS] = WAITING;
byte home[THREADS];
byte current[CPUS] = NONE;
bool reschedule[CPUS], waiting[CPUS], asked[CPUS], signalled[CPUS];
bool locked;
byte calls = CALLS;

bool whole[THREADS] = true; /* its registers are in its frame */
byte uses[THREADS];         /* of floating-point registers, modulo 4: what they should be */
byte kept[THREADS];         /* what of them is in memory */
byte loaded[THREADS];       /* the CPU that loaded them last */
byte owner[CPUS] = NONE, holds[CPUS];
bool floats[CPUS];

inline tell(c)
{
    to = c;
    if
    :: to != self && !waiting[to] -> signalled[to] = true
    :: else
    fi
}

inline resched(c)
{
    if
    :: reschedule[c]
    :: else -> reschedule[c] = true; tell(c)
    fi
}

/* The most urgent thread of a queue, if it is more urgent than `than`. */
inline find(c, than)
{
    if
    :: than > 0 && state[0] == READY && home[0] == c -> top = 0
    :: else ->
        if
        :: than > 1 && state[1] == READY && home[1] == c -> top = 1
        :: else ->
            if
            :: than > 2 && state[2] == READY && home[2] == c -> top = 2
            :: else -> top = NONE
            fi
        fi
    fi
}

/* Wherever: place_choose() is free to like any. */
inline enqueue(t)
{
    if
    :: c = 0
    :: c = 1
    fi;
    state[t] = READY; home[t] = c;
    if
    :: t < current[c] -> resched(c)
    :: else
    fi;
    c = 0
}

inline leave()
{
    if
    :: floats[self] && owner[self] != NONE -> kept[owner[self]] = holds[self]
    :: else
    fi;
    floats[self] = false
}

inline answer()
{
    state[current[self]] = WAITING;
    current[self] = NONE;
    reschedule[self] = true;
    leave(); asked[self] = false
}

inline take()
{
    if
    :: atomic { !locked -> locked = true }
    :: atomic { locked -> waiting[self] = true };
        do
        :: atomic { !locked -> locked = true; waiting[self] = false; break }
        :: atomic { asked[self] -> answer() }
        od
    fi
}

/* With `top` the most urgent here after something better was taken over from the other queue. */
inline choose()
{
    do
    :: reschedule[self] ->
        reschedule[self] = false; find(1 - self, current[self]);
        taken = top;
        find(self, current[self]);
        if
        :: taken < top ->
            if
            :: taken < current[1 - self] -> skip /* the first it takes itself */
            :: else -> home[taken] = self; top = taken
            fi
        :: else
        fi;
        if
        :: top != NONE ->
            taken = current[self];
            current[self] = top;
            state[top] = RUNNING;
            top = NONE;
            if
            :: taken != NONE -> enqueue(taken)
            :: else
            fi
        :: else
        fi
    :: else -> break
    od
}

inline go_on()
{
    runs = current[self];
    if
    :: runs != owner[self] || runs == NONE -> leave()
    :: else
    fi;
    if
    :: runs == NONE
    :: runs != NONE && owner[self] == runs && loaded[runs] != self -> owner[self] = NONE
    :: else
    fi;
    if
    :: runs == NONE
    :: else ->
        floats[self] = runs < THREADS - 1;
        if
        :: floats[self] && owner[self] != runs ->
            owner[self] = runs; holds[self] = kept[runs]; loaded[runs] = self
        :: else
        fi
    fi
}

/* What a system call may do. `t` is any thread. */
inline call()
{
    if
    :: t = 0
    :: t = 1
    :: t = 2
    fi;
    runs = current[self];
    if
    :: t == runs -> /* block */
        state[t] = WAITING; current[self] = NONE; reschedule[self] = true
    :: t != runs && state[t] == WAITING -> enqueue(t) /* wake */
    :: t != runs && state[t] == WAITING -> /* hand over to it */
        state[runs] = WAITING;
        current[self] = t; state[t] = RUNNING; home[t] = self;
        find(self, t); reschedule[self] = top != NONE;
        top = NONE
    :: state[t] == READY -> enqueue(t) /* move */
    :: t != runs && state[t] == RUNNING ->
        at = home[t];
        asked[at] = true; tell(at); !asked[at];
        enqueue(t)
    fi
}

proctype cpu(byte self)
{
    byte before, runs = NONE, top = NONE, taken, to, at, c, t;
    bool is_call, is_cleaned;

user:
end: /* nothing more may come */
    if
    :: atomic { calls > 0 && current[self] != NONE ->
        calls--; is_call = true; before = current[self] }
    :: atomic { signalled[self] -> signalled[self] = false; before = current[self] }
    fi;
    atomic {
        if
        :: before != NONE -> whole[before] = true
        :: else
        fi
    };
    take();
    atomic {
        if
        :: is_call && current[self] == before -> assert(before != NONE && state[before] == RUNNING);
            call()
        :: else
        fi
    };
    is_cleaned = false;
exit:
    atomic {
        choose();
        if
        :: current[self] == NONE && !is_cleaned ->
            leave(); is_cleaned = true;
            locked = false
        :: else -> goto out
        fi
    };
    take();
    goto exit;
out:
    atomic { go_on(); locked = false };
    atomic {
        runs = current[self];
        if
        :: runs == NONE
        :: else ->
            assert(state[runs] == RUNNING && home[runs] == self && current[1 - self] != runs);
            assert(whole[runs]);
            whole[runs] = false;
            if
            :: runs < THREADS - 1 ->
                assert(floats[self] && owner[self] == runs && holds[self] == uses[runs]);
                uses[runs] = (uses[runs] + 1) % 4; holds[self] = uses[runs]
            :: else
            fi
        fi;
        runs = NONE; is_call = false
    };
    goto user
}

proctype end_of_all()
{
    byte t;
    timeout;
    do
    :: t < THREADS ->
        assert(state[t] != READY || current[home[t]] < t);
        assert(state[t] == RUNNING || (current[0] != t && current[1] != t));
        t++
    :: t == THREADS -> break
    od;
    assert(!locked && !reschedule[0] && !reschedule[1] && !asked[0] && !asked[1])
}

init
{
    atomic {
        state[1] = RUNNING; current[0] = 1; whole[1] = false; owner[0] = 1; floats[0] = true;
        state[2] = RUNNING; current[1] = 2; whole[2] = false; home[2] = 1;
        run cpu(0); run cpu(1); run end_of_all()
    }
}
