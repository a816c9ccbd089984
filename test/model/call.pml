/* SPDX-License-Identifier: MIT */
/* The life of a call (kernel/object/call.c, channel.c, wait.c): reply against timeout and
   interrupt, a server that keeps a call and answers late, the end of the channel against
   everything. Every system call is one step, by the kernel lock; closing takes several. Each call
   ends once, an answer is that to its own request, the server is told of a call that was given up
   at most once, and when the channel is gone nobody waits.

   call       sys_channel_call            receive   take_any, take_call, hand_over
   reply      caller_find, answer         expire    wait_timer, wait_break, channel_give_up
   interrupt  wait_interrupt              close     channel_handles_gone, close_some

   break sequence_stands_still: sequence[c] = (sequence[c] + 1) % 4 => skip
   break reply_leaves_the_timer: answer[c] = asks; armed[c] = false => answer[c] = asks
   break answers_who_left: state[c] == SERVED && sequence[c] == token => sequence[c] == token
   break told_twice: has_notice[c] = false => skip
   break forgets_the_served: :: state[c] == SERVED -> end_call(c) => :: false -> skip
   break calls_the_closed: left > 0 && !closed => left > 0 */
#define CALLERS 2
#define NOTHING 9
mtype = { RUNNING, CALLING, SERVED };

mtype state[CALLERS] = RUNNING;
byte sequence[CALLERS];  /* counts received calls: half of the token */
byte request[CALLERS];   /* what the present call asks */
byte answer[CALLERS];
bool armed[CALLERS], may_time_out[CALLERS], has_notice[CALLERS], told[CALLERS];
bool closed;
chan notices = [4] of { byte, byte }; /* caller, token */

/* The wait of `c` is over: it may run. */
inline end_call(c)
{
    assert(state[c] != RUNNING);
    armed[c] = false;
    state[c] = RUNNING
}

inline tell_cancelled(c)
{
    if
    :: !closed && has_notice[c] ->
        has_notice[c] = false;
        assert(!told[c]);
        told[c] = true;
        notices!c, sequence[c]
    :: else
    fi
}

proctype caller(byte c; byte left)
{
    do
    :: left == 0 -> break
    :: closed -> break
    :: atomic {
        left > 0 && !closed -> /* call */
        assert(state[c] == RUNNING);
        left--;
        has_notice[c] = true;
        told[c] = false;
        request[c] = left;
        answer[c] = NOTHING;
        if
        :: armed[c] = true
        :: skip
        fi;
        state[c] = CALLING
       };
       (state[c] == RUNNING) -> assert(answer[c] == NOTHING || answer[c] == request[c])
    od
}

proctype timer(byte c)
{
end:
    do
    :: atomic { armed[c] && state[c] == CALLING -> end_call(c) }
    :: atomic { armed[c] && state[c] == SERVED -> /* give_up */
        tell_cancelled(c);
        end_call(c)
       }
    :: atomic { armed[c] && state[c] == RUNNING -> assert(false) } /* fires at who does not wait */
    od
}

proctype interrupter(byte c)
{
    if
    :: atomic { state[c] == CALLING -> end_call(c) }
    :: atomic { state[c] == SERVED -> tell_cancelled(c) }
    :: skip
    fi
}

inline receive(who)
{
    c = who;
    sequence[c] = (sequence[c] + 1) % 4;
    token = sequence[c];
    asks = request[c];
    state[c] = SERVED;
    holds = true
}

proctype server()
{
    byte c, token, asks;
    bool holds;
end:
    do
    :: atomic { !holds && !closed && state[0] == CALLING -> receive(0) }
    :: atomic { !holds && !closed && state[1] == CALLING -> receive(1) }
    :: atomic { !closed && nempty(notices) -> notices?_, _ }
    :: atomic { holds && !closed -> /* reply */
        if
        :: state[c] == SERVED && sequence[c] == token ->
            answer[c] = asks; armed[c] = false;
            assert(state[c] == SERVED);
            state[c] = RUNNING
        :: else /* ERR_STALE */
        fi;
        holds = false
       }
    :: closed -> break
    od
}

proctype closer()
{
    byte c;
    closed = true;
    do /* close_some, a step at a time: with `closed` nobody joins */
    :: atomic { nempty(notices) -> notices?_, _ }
    :: c < CALLERS -> atomic {
        if
        :: state[c] == CALLING -> end_call(c)
        :: state[c] == SERVED -> end_call(c)
        :: else
        fi };
        c++
    :: c == CALLERS && empty(notices) -> break
    od
}

init
{
    atomic {
        run caller(0, 2); run caller(1, 1); run timer(0); run timer(1); run interrupter(0);
        run server(); run server(); run closer()
    }
}
