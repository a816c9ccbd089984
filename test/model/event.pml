/* SPDX-License-Identifier: MIT */
/* Signals and waits that pass beside the kernel lock (kernel/object/fast_event.c) against those
   that take it (event.c), whose wake-ups go on in pieces between which fast paths pass, and against
   the event's end and that of a thread that waits. A bit that is signalled is taken once, nobody
   sleeps while there is what he waits for, and nobody touches an event that is freed.

   fast_signal   signal_beside         signal   event_signal, add
   fast_wait     wait_beside           piece    give, give_some
   close         event_destroy         sleep    sys_event_wait
   kill          wait_abandon, event_leave

   break shares_with_who_has_it_alone: (!fast[0] && !fast[1]) => true
   break looks_before_its_flag_is_up: fast[self] = true; is_open = !closed
     => is_open = !closed }; atomic { fast[self] = true
   break signals_past_who_waits: is_open && !waits[0] && !waits[1] => is_open
   break takes_in_two_steps: atomic { taken = bits & mask; bits = bits & ~taken;
     => taken = bits & mask; atomic { bits = bits & ~taken;
   break sets_in_two_steps: atomic { was = bits; bits = bits | which;
     => was = bits; atomic { bits = was | which;
   break sleeps_without_a_look: :: (bits & mask) != 0 -> => :: false ->
   break forgets_the_rest: next = 0 => next = 2
   break frees_under_who_waits: closed && !waits[0] && !waits[1] => closed
   break leaves_the_dead_in_the_queue: waits[t] = false; dead[t] = true => dead[t] = true */
#define ALONE (!fast[0] && !fast[1])
#define NOBODY 2

byte bits;               /* of the event: 1 and 2 */
bool waits[2];           /* thread of CPU 0, of CPU 1: is in the queue, and sleeps */
byte wanted[2];          /* its mask */
bool dead[2], fast[2];
byte next = NOBODY;      /* whom the next piece of a wake-up looks at */
bool closed, freed;
byte set[2], took[2];    /* how often a bit became set, and was taken */

inline count_set(which_bits)
{
    set[0] = set[0] + ((which_bits) & 1);
    set[1] = set[1] + ((which_bits) >> 1)
}

inline count_took(which_bits)
{
    took[0] = took[0] + ((which_bits) & 1);
    took[1] = took[1] + ((which_bits) >> 1)
}

inline end_if_last()
{
    if
    :: closed && !waits[0] && !waits[1] -> freed = true
    :: else
    fi
}

inline begin()
{
    atomic { fast[self] = true; is_open = !closed }
}

inline fast_signal(which)
{
    begin();
    if
    :: is_open && !waits[0] && !waits[1] ->
        assert(!freed);
        atomic { was = bits; bits = bits | which; count_set(which & ~was) }
    :: else
    fi;
    atomic { fast[self] = false; was = 0; is_open = false }
}

inline fast_wait(mask)
{
    begin();
    if
    :: is_open ->
        assert(!freed);
        atomic { taken = bits & mask; bits = bits & ~taken; count_took(taken) }
    :: else
    fi;
    atomic { fast[self] = false; taken = 0; is_open = false }
}

/* The first piece is another step, as all pieces are when many wait. */
inline signal(which)
{
    atomic { ALONE ->
        if
        :: !closed || waits[0] || waits[1] ->
            assert(!freed);
            count_set(which & ~bits);
            bits = bits | which;
            next = 0
        :: else
        fi
    }
}

inline sleep(mask)
{
    atomic { ALONE && !dead[self] ->
        if
        :: closed
        :: else ->
            if
            :: (bits & mask) != 0 ->
                count_took(bits & mask);
                bits = bits & ~mask
            :: else -> wanted[self] = mask; waits[self] = true
            fi
        fi
    }
}

proctype cpu(byte self)
{
    byte was, taken, round;
    bool is_open;
    do
    :: round < 2 && !dead[self] -> round++;
        if
        :: fast_signal(1)
        :: fast_wait(3)
        :: fast_wait(1 + self)
        :: signal(2)
        :: sleep(1)
        :: sleep(3)
        fi;
end_asleep: /* perhaps for ever */
        !waits[self] || dead[self]
    :: else -> break
    od
}

proctype pieces()
{
end:
    do
    :: atomic { ALONE && next < NOBODY ->
        if
        :: waits[next] && (bits & wanted[next]) != 0 ->
            assert(!freed);
            count_took(bits & wanted[next]);
            bits = bits & ~wanted[next];
            waits[next] = false;
            end_if_last()
        :: else
        fi;
        next++
       }
    od
}

proctype others()
{
    byte self, was, taken, t;
    bool is_open;
    if
    :: signal(1)
    :: signal(3)
    fi;
    if
    :: atomic { ALONE -> t = 0; waits[t] = false; dead[t] = true; end_if_last() }
    :: true
    fi;
    if
    :: atomic { ALONE -> closed = true; end_if_last() }
    :: true
    fi
}

proctype end_of_all()
{
    timeout;
    assert(set[0] == took[0] + (bits & 1));
    assert(set[1] == took[1] + (bits >> 1));
    assert(!waits[0] || (bits & wanted[0]) == 0);
    assert(!waits[1] || (bits & wanted[1]) == 0);
    assert(!dead[0] || !waits[0])
}

init
{
    atomic { run cpu(0); run cpu(1); run pieces(); run others(); run end_of_all() }
}
