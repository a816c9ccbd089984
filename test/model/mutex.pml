/* SPDX-License-Identifier: MIT */
/* Locks of user space that pass urgency on, and conditions (lib/ferrite/lock.c), over futex_lock
   and its kin (kernel/object/mutex.c, futex.c). User space runs on all CPUs at once, and changes
   the word while the kernel, by the kernel lock for one thread at a time, looks at it. One has the
   lock; whoever waits gets it, is signalled or runs out of time; what waiters lend goes to who has
   the lock; and who comes after one that died with it is told. The last thread may be killed
   anywhere.

   take     fe_lock_take, sys_futex_lock        release    fe_lock_release, sys_futex_unlock
   pass_on  hand_over                           leave      mutex_leave
   wait     fe_condition_wait, sys_futex_wait   signal     fe_condition_signal, move_one
   mend     fe_lock_mend                        others     wait_timer, mutex_forget_one

   break waits_for_what_was_changed: :: atomic { word == value -> word = value | WAITERS }
     => :: atomic { true -> word = value | WAITERS }
   break waits_unseen: atomic { word == value -> word = value | WAITERS } => word == value
   break takes_what_was_changed: :: atomic { word == value -> word = TAKEN(self) }
     => :: atomic { true -> word = TAKEN(self) }
   break moves_unseen: atomic { word == value -> word = value | WAITERS; } => word == value;
   break passes_on_unseen: word = next + dead + (lender < THREADS -> WAITERS : 0)
     => word = next + dead
   break lends_to_who_had_it: lends_to = (lender < THREADS -> next : NOBODY) => skip
   break lends_for_nobody: :: lender == THREADS -> lends_to = NOBODY => :: false -> skip
   break dies_with_it: :: lends_to == LAST -> => :: false ->
   break dies_in_silence: (value & OWNER) != 0 -> DIED : 0 => false -> DIED : 0
   break passes_on_in_silence: dead = DIED; pass_on() => dead = 0; pass_on()
   break mends_what_others_change: atomic { word = word & (OWNER + WAITERS) }
     => value = word; word = value & (OWNER + WAITERS)
   break releases_in_two_steps: :: atomic { word == self -> word = 0 }
     => :: word == self -> word = 0
   break sleeps_without_looking: sequence == seen -> sleeps = true => true -> sleeps = true
   break signals_first: sequence++; move() => move(); sequence++ */
#define THREADS 4 /* numbered from 1; the lower, the more urgent */
#define LAST 3
#define NOBODY 0
#define OWNER 3 /* of the word */
#define WAITERS 4
#define DIED 8
#define IS_ALIVE(number) (number != NOBODY && !(number == LAST && killed))
#define TAKEN(number) \
    (number | ((value & OWNER) != 0 -> DIED : 0) | (value & (WAITERS + DIED)))

byte word, sequence;
bool locked;              /* the kernel lock */
bool waits[THREADS];      /* for the lock; the kernel keeps a mutex while anybody does */
bool sleeps;              /* the first, for the condition */
bool timed_out;
byte lends_to = NOBODY;   /* the mutex's owner */
bool flag, killed;
byte inside;              /* who has the lock: by what it believes itself */
bool broken;              /* one died with it, and nobody has been told */

inline enter()
{
    atomic { !locked -> locked = true }
}

/* Out of the kernel: with waiters the word says so, and they lend to who has the lock. */
inline exit()
{
    atomic {
        assert(!(waits[1] || waits[2] || waits[3]) ||
            (word & WAITERS) && lends_to == (word & OWNER));
        assert(waits[1] || waits[2] || waits[3] || lends_to == NOBODY);
        locked = false
    }
}

inline first()
{
    if
    :: waits[1] -> lender = 1
    :: !waits[1] && waits[2] -> lender = 2
    :: !waits[1] && !waits[2] && waits[3] -> lender = 3
    :: else -> lender = THREADS
    fi
}

/* One waits no more. */
inline leave()
{
    first();
    if
    :: lender == THREADS -> lends_to = NOBODY
    :: else
    fi
}

/* To the most urgent who waits. */
inline pass_on()
{
    atomic {
        first();
        next = lender;
        waits[next] = false;
        first();
        word = next + dead + (lender < THREADS -> WAITERS : 0);
        lends_to = (lender < THREADS -> next : NOBODY);
        lender = 0; next = 0
    }
}

inline mend()
{
    if
    :: (word & DIED) != 0 ->
        broken = false;
        atomic { word = word & (OWNER + WAITERS) }
    :: else
    fi
}

inline have()
{
    atomic { assert(inside == NOBODY); inside = self };
    mend();
    assert(!broken)
}

inline take()
{
    if
    :: atomic { word == 0 -> word = self }
    :: atomic { word != 0 -> skip };
        do
        :: enter();
            value = word;
            if
            :: IS_ALIVE((value & OWNER)) ->
                assert((value & OWNER) != self);
                if
                :: atomic { word == value -> word = value | WAITERS };
                    atomic { waits[self] = true; lends_to = (value & OWNER) };
                    exit();
                    !waits[self];
                    break
                :: else -> exit() /* CALL_RESTART */
                fi
            :: !IS_ALIVE((value & OWNER)) ->
                if
                :: atomic { word == value -> word = TAKEN(self) };
                    exit();
                    break
                :: else -> exit()
                fi
            fi
        od
    fi;
    value = 0
}

inline release()
{
    atomic { assert(inside == self); inside = NOBODY };
    if
    :: atomic { word == self -> word = 0 }
    :: atomic { word != self -> skip };
        do
        :: enter();
            value = word;
            dead = value & DIED;
            assert((value & OWNER) == self);
            if
            :: waits[1] || waits[2] || waits[3] -> pass_on(); exit(); break
            :: else ->
                if
                :: atomic { word == value -> word = dead }; exit(); break
                :: else -> exit()
                fi
            fi
        od
    fi;
    value = 0; dead = 0
}

inline wait()
{
    seen = sequence;
    release();
    enter();
    if
    :: sequence == seen -> sleeps = true
    :: else
    fi;
    exit();
    !sleeps && !waits[self];
    if
    :: (word & OWNER) == self /* it came with the signal */
    :: else -> take()
    fi;
    have()
}

inline move()
{
    do
    :: enter();
        value = word;
        if
        :: !sleeps -> exit(); break
        :: sleeps && IS_ALIVE((value & OWNER)) ->
            if
            :: atomic { word == value -> word = value | WAITERS; };
                atomic { sleeps = false; waits[1] = true; lends_to = (value & OWNER) };
                exit();
                break
            :: else -> exit()
            fi
        :: sleeps && !IS_ALIVE((value & OWNER)) ->
            if
            :: atomic { word == value -> word = TAKEN(1); }; sleeps = false; exit(); break
            :: else -> exit()
            fi
        fi
    od;
    value = 0
}

proctype waiter()
{
    byte self = 1, value, dead, next, lender, seen;
    take();
    have();
    do
    :: flag -> break
    :: !flag -> wait()
    od;
    release()
}

proctype signaller()
{
    byte self = 2, value, dead, next, lender;
    take();
    have();
    flag = true;
    release();
    sequence++; move()
}

proctype mortal()
{
    byte self = LAST, value, dead, next, lender;
    {
        take();
        if
        :: timed_out
        :: !timed_out -> have(); release()
        fi
    } unless { killed }
}

/* The last one's deadline, and its end. */
proctype others()
{
    byte value, dead, next, lender;
    if
    :: atomic { !locked && waits[LAST] -> waits[LAST] = false; timed_out = true; leave() }
    :: true
    fi;
    if
    :: atomic { !locked -> locked = true;
        killed = true;
        if
        :: (word & OWNER) == LAST -> broken = true; inside = NOBODY
        :: else
        fi;
        waits[LAST] = false;
        leave();
        if
        :: lends_to == LAST -> dead = DIED; pass_on()
        :: else
        fi;
        locked = false
       }
    :: true
    fi
}

init
{
    atomic { run waiter(); run signaller(); run mortal(); run others() }
}
