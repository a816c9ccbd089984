/* SPDX-License-Identifier: MIT */
/* Sleep against wake-up: the lock of user space (lib/ferrite/lock.c) over futex_wait and futex_wake
   (kernel/object/futex.c). User space runs on all CPUs at once; a system call is one step, by the
   kernel lock. One holds the lock, and whoever sleeps is woken.

   take()       fe_lock_take         futex_wait   sys_futex_wait: compares and sleeps
   release()    fe_lock_release      futex_wake   sys_futex_wake: wakes one

   break sleeps_without_looking: atomic { if :: word == expected -> asleep[self] = true :: else fi }
     => asleep[self] = true
   break looks_then_sleeps: atomic { if :: word == expected -> asleep[self] = true :: else fi }
     => if :: word == expected -> asleep[self] = true :: else fi
   break woken_forgets_the_others: word == 0 -> word = HELD + WAITERS; => word == 0 -> word = HELD;
   break sleeps_unseen: word == HELD -> word = HELD + WAITERS; expected = HELD + WAITERS
     => word == HELD -> expected = HELD
   break release_in_two_steps: atomic { was = word; word = 0 } => was = word; word = 0
   break wakes_nobody: :: was >= WAITERS -> futex_wake() => :: was >= WAITERS -> skip */
#define THREADS 3
#define HELD 1
#define WAITERS 2

byte word, holders;
bool asleep[THREADS];

inline futex_wait()
{
    atomic { if :: word == expected -> asleep[self] = true :: else fi };
    (!asleep[self])
}

inline futex_wake()
{
    atomic {
        if
        :: asleep[0] -> asleep[0] = false
        :: asleep[1] -> asleep[1] = false
        :: asleep[2] -> asleep[2] = false
        :: else
        fi
    }
}

inline take()
{
    if
    :: atomic { word == 0 -> word = HELD; } got = true
    :: atomic { word != 0 -> got = false }
    fi;
    do
    :: got -> break
    :: !got ->
        if
        :: atomic { word == 0 -> word = HELD + WAITERS; got = true }
        :: atomic { word == HELD -> word = HELD + WAITERS; expected = HELD + WAITERS }; futex_wait()
        :: atomic { word == HELD + WAITERS -> expected = HELD + WAITERS }; futex_wait()
        fi
    od
}

inline release()
{
    atomic { was = word; word = 0 };
    if
    :: was >= WAITERS -> futex_wake()
    :: was < WAITERS
    fi
}

proctype thread(byte self)
{
    byte turns = 2, expected, was;
    bool got;
    do
    :: turns > 0 ->
        take();
        holders++;
        assert(holders == 1);
        holders--;
        release();
        turns--
    :: turns == 0 -> break
    od
}

init
{
    atomic { run thread(0); run thread(1); run thread(2) }
}
