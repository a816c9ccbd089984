/* SPDX-License-Identifier: MIT */
/* Messages that pass beside the kernel lock (kernel/object/fast.c) against those that take it
   (call.c, channel.c) and against what ends them: threads that are killed, callers that are
   interrupted, a session that is revoked, a channel that is closed. A fast path shares the lock
   with those of other CPUs, whose steps come between its own; everything else is one step, while no
   fast path is on its way. A thread runs in one place, a server is given a call only while it
   waits, answers come to the calls that they are to, and in the end nobody waits for a channel that
   is gone, nor a call, nor what a server is to be told, for one that waits.

   fast_call   call_beside                 call       sys_channel_call
   fast_reply  reply_beside                receive    take_any, receive_block
   list        channel_list_answering      reply      sys_channel_reply
   become      become_receiver             kill       channel_forget_some, wait_abandon
   close       channel_handles_gone        notify     channel_notify

   break shares_with_who_has_it_alone: (!fast[0] && !fast[1]) => true
   break two_take_one_server: atomic { waiting == s -> waiting = NONE }
     => s != NONE -> waiting = NONE
   break waits_while_it_runs: current[self] = c; waiting = me => waiting = me; current[self] = c
   break calls_through_the_revoked: !revoked && waiting != NONE => waiting != NONE
   break answers_the_listed: state[c] == SERVED && !listed[c] => state[c] == SERVED
   break answers_past_what_is_there: c == NONE || busy => c == NONE
   break takes_over_without_listing: list(receiver); receiver = me => receiver = me
   break killed_without_listing: list(t); forget(t) => forget(t)
   break closes_without_listing: closed = true; list(receiver) => closed = true
   break told_in_silence: notice = true; busy = true => notice = true
   break leaves_one_to_the_next_step: :: waiting != NONE -> s = waiting; stop
     => :: false -> s = waiting; stop
   break forgets_who_waits_alone: :: waiting != NONE -> s = waiting ::
     => :: false -> s = waiting :: */
#define CALLERS 2
#define THREADS 4 /* the others serve */
#define NONE THREADS
#define NOTHING 99 /* no token, no result */
#define FAILED 98
#define IS_MESSAGE /* that may go fast */ \
    (current[self] < CALLERS && left[current[self]] > 0 && waiting != NONE || \
     current[self] >= CALLERS && answering[current[self]] != NONE)
#define HAS_READY \
    (state[0] == READY || state[1] == READY || state[2] == READY || state[3] == READY)
#define ALONE (!fast[0] && !fast[1])
mtype = { READY, RUNNING, CALLING, SERVED, RECEIVING, DEAD };

mtype state[THREADS] = READY;
byte current[2] = NONE;
bool fast[2];
bool listed[THREADS], is_calling[CALLERS];
byte left[CALLERS];  /* calls to make */
byte token[CALLERS]; /* of the present call: a count, and the caller's number in the low bit */
byte result[CALLERS]; /* what the answer was to */
byte server_of[CALLERS] = NONE;
byte answering[THREADS] = NONE;                          /* what the kernel knows of a server ... */
byte holds[THREADS] = NOTHING, keeps[THREADS] = NOTHING; /* ... and what it knows itself: tokens */
byte waiting = NONE, receiver = NONE;
bool busy, closed, revoked, notice, has_killed;

/* Whom this server was given by the fast path. */
inline list(server)
{
    if
    :: server != NONE && answering[server] != NONE -> listed[answering[server]] = true
    :: else
    fi
}

inline become(me)
{
    if
    :: receiver != me -> list(receiver); receiver = me
    :: else
    fi
}

/* Somebody who waits to receive. */
inline find_receiver()
{
    if
    :: waiting != NONE -> s = waiting :: waiting == NONE && state[2] == RECEIVING && listed[2] ->
        s = 2
    :: waiting == NONE && state[3] == RECEIVING && listed[3] -> s = 3
    :: else -> s = NONE
    fi
}

inline stop_receiving(server)
{
    if
    :: listed[server] -> listed[server] = false
    :: else -> waiting = NONE
    fi;
    state[server] = READY
}

inline leave_service(c)
{
    if
    :: server_of[c] != NONE && answering[server_of[c]] == c -> answering[server_of[c]] = NONE
    :: else
    fi;
    server_of[c] = NONE;
    listed[c] = false
}

/* `how`: what the caller is told. */
inline end_call(c, how)
{
    leave_service(c);
    result[c] = how;
    state[c] = READY
}

inline hand_over(c, server)
{
    token[c] = (token[c] + 2) % 8;
    holds[server] = token[c];
    server_of[c] = server;
    listed[c] = true;
    become(server);
    answering[server] = c;
    state[c] = SERVED
}

inline call()
{
    is_calling[me] = true;
    left[me]--;
    if
    :: closed || revoked -> result[me] = FAILED
    :: else ->
        find_receiver();
        if
        :: s != NONE ->
            stop_receiving(s);
            hand_over(me, s);
            state[s] = RUNNING;
            current[self] = s
        :: else ->
            state[me] = CALLING;
            busy = true;
            current[self] = NONE
        fi
    fi
}

inline receive_block()
{
    answering[me] = NONE;
    become(me);
    if
    :: waiting != NONE -> listed[waiting] = true; waiting = NONE
    :: else
    fi;
    busy = (state[2] == RECEIVING || state[3] == RECEIVING);
    if
    :: busy -> listed[me] = true
    :: !busy -> waiting = me
    fi;
    state[me] = RECEIVING;
    current[self] = NONE
}

inline receive()
{
    list(me);
    keeps[me] = holds[me];
    holds[me] = NOTHING;
    c = NONE;
    if
    :: state[0] == CALLING -> c = 0
    :: state[1] == CALLING -> c = 1
    :: else
    fi;
    if
    :: notice -> notice = false
    :: !notice && c != NONE && revoked -> end_call(c, FAILED)
    :: !notice && c != NONE && !revoked -> hand_over(c, me)
    :: else -> receive_block()
    fi;
    c = NONE
}

/* To one whom it keeps, or was given last. */
inline reply(which)
{
    c = which % 2;
    if
    :: state[c] == SERVED && token[c] == which -> end_call(c, which)
    :: else /* ERR_STALE */
    fi;
    which = NOTHING;
    c = NONE
}

inline fast_call()
{
    if
    :: !revoked && waiting != NONE -> s = waiting
    :: else -> s = NONE
    fi;
    if
    :: atomic { waiting == s -> waiting = NONE };
        if
        :: s == NONE
        :: s != NONE ->
            atomic { /* what is its own now */
                is_calling[me] = true;
                left[me]--;
                token[me] = (token[me] + 2) % 8;
                server_of[me] = s;
                state[me] = SERVED;
                assert(!revoked && answering[s] == NONE && holds[s] == NOTHING);
                answering[s] = me;
                holds[s] = token[me]
            };
            state[s] = RUNNING;
            current[self] = s
        fi
    :: else
    fi
}

inline fast_reply()
{
    c = answering[me];
    if
    :: c == NONE || busy || closed
    :: else ->
        if
        :: token[c] == holds[me] && state[c] == SERVED && !listed[c] ->
            atomic {
                answering[me] = NONE;
                holds[me] = NOTHING;
                result[c] = token[c];
                state[c] = RUNNING;
                state[me] = RECEIVING;
                assert(waiting == NONE)
            };
            current[self] = c; waiting = me
        :: else
        fi
    fi
}

/* In user mode. */
inline look()
{
    me = current[self];
    assert(current[1 - self] != me && state[me] == RUNNING);
    if
    :: me < CALLERS && is_calling[me] ->
        assert(result[me] == FAILED || result[me] == token[me]);
        is_calling[me] = false;
        result[me] = NOTHING
    :: else
    fi
}

inline slowly()
{
    if
    :: me < CALLERS && left[me] > 0 -> call()
    :: me < CALLERS && left[me] == 0 -> state[me] = DEAD; current[self] = NONE
    :: me >= CALLERS && closed -> list(me); forget(me); state[me] = DEAD; current[self] = NONE
    :: me >= CALLERS && !closed && holds[me] != NOTHING -> reply(holds[me])
    :: me >= CALLERS && !closed && keeps[me] != NOTHING -> reply(keeps[me])
    :: me >= CALLERS && !closed && keeps[me] == NOTHING -> receive()
    fi
}

/* `t` dies: no more of it as a server. */
inline forget(t)
{
    if
    :: server_of[0] == t && listed[0] -> server_of[0] = NONE
    :: else
    fi;
    if
    :: server_of[1] == t && listed[1] -> server_of[1] = NONE
    :: else
    fi;
    answering[t] = NONE;
    if
    :: receiver == t -> receiver = NONE
    :: else
    fi
}

inline kill()
{
    list(t); forget(t);
    if
    :: state[t] == SERVED -> leave_service(t)
    :: state[t] == RECEIVING -> stop_receiving(t)
    :: current[0] == t -> current[0] = NONE
    :: current[1] == t -> current[1] = NONE
    :: else
    fi;
    state[t] = DEAD
}

/* The server is to be told something. */
inline notify()
{
    notice = true; busy = true;
    find_receiver();
    if
    :: s != NONE -> notice = false; stop_receiving(s)
    :: else
    fi
}

inline interrupt()
{
    if
    :: state[t] == CALLING -> end_call(t, FAILED)
    :: state[t] == SERVED && !closed ->
        list(server_of[t]);
        notify()
    :: else
    fi
}

proctype cpu(byte self)
{
    byte me = NONE, s = NONE, c = NONE, t;
end:
    do
    :: atomic { ALONE && current[self] != NONE -> look(); slowly(); me = NONE; s = NONE; c = NONE }
    :: atomic { current[self] != NONE && IS_MESSAGE -> look(); fast[self] = true };
        if
        :: me < CALLERS -> fast_call()
        :: me >= CALLERS -> fast_reply()
        fi;
        atomic { fast[self] = false; me = NONE; s = NONE; c = NONE }
    :: atomic { ALONE && current[self] == NONE && HAS_READY ->
        if
        :: state[0] == READY -> t = 0
        :: state[1] == READY -> t = 1
        :: state[2] == READY -> t = 2
        :: state[3] == READY -> t = 3
        fi;
        state[t] = RUNNING; current[self] = t; t = 0
       }
    od
}

/* What comes from elsewhere. */
proctype others()
{
    byte t, s;
    if
    :: atomic { ALONE -> t = 0; kill() }
    :: atomic { ALONE -> t = 2; kill(); has_killed = true }
    :: atomic { ALONE -> t = 0; interrupt() }
    :: atomic { ALONE -> revoked = true }
    :: atomic { ALONE -> notify() }
    :: true
    fi;
    if
    :: atomic { ALONE ->
        closed = true; list(receiver);
        receiver = NONE;
        if /* with the first step: no fast path sees it from then on */
        :: waiting != NONE -> s = waiting; stop_receiving(s)
        :: else
        fi
       };
        do
        :: atomic { ALONE ->
            if
            :: state[2] == RECEIVING || state[3] == RECEIVING -> find_receiver(); stop_receiving(s)
            :: state[0] == CALLING || state[0] == SERVED && listed[0] -> end_call(0, FAILED)
            :: state[1] == CALLING || state[1] == SERVED && listed[1] -> end_call(1, FAILED)
            :: else -> break
            fi
           }
        od
    :: true
    fi
}

proctype end_of_all()
{
    byte c;
    timeout;
    assert(!notice || closed || state[2] != RECEIVING && state[3] != RECEIVING);
    do
    :: c < CALLERS ->
        assert(state[c] != SERVED || !closed);
        assert(state[c] != SERVED || has_killed || keeps[server_of[c]] == token[c]);
        assert(state[c] != CALLING || !closed && state[2] != RECEIVING && state[3] != RECEIVING);
        c++
    :: c == CALLERS -> break
    od
}

init
{
    atomic {
        left[0] = 1; left[1] = 1; token[1] = 1; result[0] = NOTHING; result[1] = NOTHING;
        if
        :: state[3] = DEAD /* one server */
        :: skip
        fi;
        run cpu(0); run cpu(1); run others(); run end_of_all()
    }
}
