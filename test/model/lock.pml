/* SPDX-License-Identifier: MIT */
/* The kernel lock (kernel/schedule/lock.c): tickets for those who hold it alone, a flag of each CPU
   for the fast paths that share it, and the question that the holder asks another CPU. Nobody
   shares it with a holder; a CPU that is asked answers wherever it is; a thread that was taken off
   its CPU while that waited does not get its call done.

   take()     lock_take, wait_turn      give()    lock_give
   try_fast   lock_try_fast             ask       lock_ask
   answer()   answer                    is_there  what lock_enter_call returns

   break flag_after_look: fast[self] = true; now = serving; is_free = next_ticket == now
     => now = serving; is_free = next_ticket == now; fast[self] = true
   break look_past_flags: (other == self || !fast[other]) => skip
   break two_with_a_ticket: atomic { ticket = next_ticket; next_ticket = (next_ticket + 1) % TURNS }
     => ticket = next_ticket; next_ticket = (ticket + 1) % TURNS
   break deaf_while_waiting: :: asked[self] -> answer() => :: false -> skip
   break waits_forever_marked: waiting[self] = false => skip
   break asked_in_silence: signalled[other] = true => skip
   break call_of_an_absent: is_there = (current[self] == before) => is_there = true */
#define CPUS 3
#define TURNS (CPUS + 1)

byte next_ticket, serving; /* modulo TURNS: no more are out */
bool fast[CPUS], asked[CPUS], waiting[CPUS], signalled[CPUS];
bool current[CPUS] = true; /* has a thread in user mode */
byte entries[CPUS] = 1;    /* how often its thread still comes into the kernel */
byte holders, sharers;

inline answer()
{
    assert(holders == 1 && sharers == 0);
    if
    :: current[self] = false
    :: skip
    fi;
    asked[self] = false
}

inline take()
{
    before = current[self];
    atomic { ticket = next_ticket; next_ticket = (next_ticket + 1) % TURNS };
    if
    :: serving == ticket
    :: serving != ticket ->
        waiting[self] = true;
        do
        :: serving == ticket -> break
        :: asked[self] -> answer()
        od;
        waiting[self] = false
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
    serving = (serving + 1) % TURNS
}

inline ask()
{
    if
    :: other = (self + 1) % CPUS
    :: other = (self + 2) % CPUS
    fi;
    asked[other] = true;
    if
    :: !waiting[other] -> signalled[other] = true
    :: waiting[other]
    fi;
    !asked[other]
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
        give()
    :: current[self] && entries[self] > 0 -> /* trap_syscall */
        entries[self]--;
        if
        :: fast[self] = true; now = serving; is_free = next_ticket == now
        :: is_free = false /* a call that has no fast path */
        fi;
        if
        :: is_free ->
            sharers++;
            assert(holders == 0 && current[self]);
            sharers--;
            fast[self] = false
        :: !is_free ->
            fast[self] = false;
            take();
            assert(!is_there || current[self]); /* the call is done */
            if
            :: ask()
            :: skip
            fi;
            give()
        fi
    od
}

init
{
    atomic { run cpu(0); run cpu(1); run cpu(2) }
}
