/* SPDX-License-Identifier: MIT */
/* The kernel lock (kernel/schedule/lock.c): tickets for those who hold it alone, a flag of each CPU
   for the fast paths that share it, and the question that the holder asks another CPU. What a CPU
   stores may be seen by others after what it reads next, in order, until a barrier. Nobody shares
   the lock with a holder; who sleeps is woken when it is his turn, when he is asked and when he is
   answered; a CPU that is asked answers wherever it is; a thread that was taken off its CPU while
   that waited does not get its call done.

   take      lock_take, wait_turn       give      lock_give, wake
   try_fast  lock_try_fast              ask       lock_ask, await
   sleep     sleep: arch_doze           answer    answer
   memory    a CPU's store buffer       is_there  what lock_enter_call returns

   break flag_without_barrier: store(FAST, self, true); barrier(); => store(FAST, self, true);
   break answer_without_barrier: store(ASKED, self, false); barrier(); => store(ASKED, self, false);
   break turn_without_barrier: store(SERVING, self, now); barrier(); => store(SERVING, self, now);
   break question_without_barrier: store(ASKED, other, true); barrier();
     => store(ASKED, other, true);
   break wait_without_barrier: store(SLEEPING, self, true); barrier();
     => store(SLEEPING, self, true);
   break sleeps_without_looking: serving != ticket && !asked[self] -> doze() => true -> doze()
   break sleeps_unasked: serving != ticket && !asked[self] -> doze() => serving != ticket -> doze()
   break look_past_flags: (other == self || !fast[other]) => skip
   break two_with_a_ticket: atomic { ticket = next_ticket; next_ticket = (next_ticket + 1) % TURNS }
     => ticket = next_ticket; next_ticket = (ticket + 1) % TURNS
   break deaf_while_waiting: :: asked[self] && empty(out[self]) -> answer() => :: false -> skip
   break waits_for_ever_marked: store(WAITING, self, false) => skip
   break asked_in_silence: :: else -> signalled[other] = true => :: else
   break wakes_nobody: sleeping[other] && turn[other] == now -> => false ->
   break call_of_an_absent: is_there = (current[self] == before) => is_there = true */
#define CPUS 2
#define TURNS (CPUS + 1)
mtype = { FAST, ASKED, WAITING, SLEEPING, SERVING };

byte next_ticket, serving; /* modulo TURNS: no more are out */
byte sleepers, turn[CPUS];
bool fast[CPUS], asked[CPUS], waiting[CPUS], sleeping[CPUS], signalled[CPUS];
bool current[CPUS] = true; /* has a thread in user mode */
byte entries[CPUS];        /* how often its thread still comes into the kernel */
byte holders, sharers, asker;
chan out[CPUS] = [2] of { mtype, byte, byte };

proctype memory(byte self)
{
    mtype what;
    byte where, value;
end:
    do
    :: atomic { out[self]?what, where, value ->
        if
        :: what == FAST -> fast[where] = value
        :: what == ASKED -> asked[where] = value
        :: what == WAITING -> waiting[where] = value
        :: what == SLEEPING -> sleeping[where] = value
        :: what == SERVING -> serving = value
        fi;
        what = 0; where = 0; value = 0
       }
    od
}

inline store(what, where, value)
{
    out[self]!what, where, value
}

inline barrier()
{
    empty(out[self])
}

/* Until a signal is there, which it takes. */
inline doze()
{
    atomic { signalled[self] -> signalled[self] = false }
}

inline answer()
{
    assert(holders == 1 && sharers == 0);
    if
    :: current[self] = false
    :: skip
    fi;
    other = asker;
    store(ASKED, self, false); barrier();
    if
    :: sleeping[other] -> signalled[other] = true
    :: else
    fi
}

inline sleep()
{
    store(SLEEPING, self, true);
    atomic { empty(out[self]) -> sleepers++ };
    if
    :: serving != ticket && !asked[self] -> doze()
    :: else
    fi;
    atomic { empty(out[self]) -> sleepers-- };
    store(SLEEPING, self, false)
}

inline take()
{
    before = current[self];
    barrier(); atomic { ticket = next_ticket; next_ticket = (next_ticket + 1) % TURNS };
    if
    :: serving == ticket
    :: serving != ticket ->
        turn[self] = ticket;
        store(WAITING, self, true);
        do
        :: serving == ticket -> break
        :: asked[self] && empty(out[self]) -> answer()
        :: serving != ticket && !asked[self] -> sleep()
        od;
        store(WAITING, self, false)
    fi;
    other = 0;
    do
    :: other < CPUS -> (other == self || !fast[other]); other++
    :: other == CPUS -> break
    od;
    is_there = (current[self] == before);
    holders++;
    assert(holders == 1 && sharers == 0)
}

inline give()
{
    holders--;
    now = (ticket + 1) % TURNS;
    store(SERVING, self, now); barrier();
    other = 0;
    do
    :: sleepers == 0 || other == CPUS -> break
    :: sleepers > 0 && other < CPUS ->
        if
        :: sleeping[other] && turn[other] == now -> signalled[other] = true
        :: else
        fi;
        other++
    od
}

inline ask()
{
    other = (self + 1) % CPUS;
    asker = self;
    store(ASKED, other, true); barrier();
    if
    :: waiting[other] && !sleeping[other]
    :: else -> signalled[other] = true
    fi;
    do
    :: !asked[other] -> break
    :: asked[other] ->
        store(SLEEPING, self, true); barrier();
        if
        :: asked[other] -> doze()
        :: else
        fi;
        store(SLEEPING, self, false)
    od
}

/* For fewer states. */
inline clear()
{
    atomic { ticket = 0; other = 0; now = 0; is_free = false; before = false; is_there = false }
}

proctype cpu(byte self)
{
    byte ticket, other, now;
    bool is_free, before, is_there;

end:
    do
    :: signalled[self] -> /* trap_signal */
        signalled[self] = false;
        take();
        give();
        clear()
    :: current[self] && entries[self] > 0 -> /* trap_syscall */
        entries[self]--;
        if
        :: store(FAST, self, true); barrier(); now = serving; is_free = (next_ticket == now)
        :: is_free = false /* a call that has no fast path */
        fi;
        if
        :: is_free ->
            sharers++;
            assert(holders == 0 && current[self]);
            sharers--;
            store(FAST, self, false)
        :: !is_free ->
            store(FAST, self, false);
            take();
            assert(!is_there || current[self]); /* the call is done */
            if
            :: ask()
            :: skip
            fi;
            give()
        fi;
        clear()
    od
}

init
{
    atomic {
        entries[0] = 1; entries[1] = 1;
        run cpu(0); run cpu(1); run memory(0); run memory(1)
    }
}
