/* SPDX-License-Identifier: MIT */
/* Long messages (kernel/object/message.c, copy_long): the copy into the room of a server that waits
   stops after each piece, with its progress kept in the sender. Before it goes on the call may be
   refused, or its thread be called up and send something else; another sender, or a short message
   that fails half-way, may come into the same room; and the server's wait may end, by a call in
   registers, by an interrupt, or with the thread, in whose slot the next one counts from 0. What
   comes is one message and all of it, and comes to the room of who waits now. (Senders that let
   each other finish, gives_way, only make less of this happen.)

   piece    copy_long                  refuse   call_again, forget_progress
   call_up  thread_upcall              wait     schedule_block: counted
   again    take_answer: not counted   fetch    message_fetch_room
   replace  another thread serves      half     copy_short

   break refused_and_gone_on_with: forget(self); refused++; => refused++;
   break called_up_and_gone_on_with: forget(self); message[self] = message[self] + 2
     => message[self] = message[self] + 2
   break goes_on_in_any_wait: with[self] != waits || last != self => last != self
   break goes_on_after_others: with[self] != waits || last != self => with[self] != waits
   break keeps_what_was_in_another_room: fetched = true; last = NOBODY => fetched = true
   break half_a_short_one_is_no_harm: room[0] = SHORT; last = NOBODY => room[0] = SHORT
   break knows_whom_another_knew: waits = 0; last = NOBODY => waits = 0
   break delivered_to_who_went: waiting && more(self) => more(self) */
#define SENDERS 2
#define PIECES 2
#define NOBODY SENDERS
#define SHORT 99
#define more(s) (message[s] < 4)

byte room[PIECES];        /* the number of the message whose piece is there, and its sender */
bool waiting, fetched;    /* the server; its room's description was read in this wait */
byte waits;               /* of the server */
byte last = NOBODY;       /* whose pieces are in the room */
byte message[SENDERS];    /* the present one's number */
byte with[SENDERS];       /* the server's wait, one more than its number; 0: no progress */
byte copied[SENDERS];
byte ends = 3;            /* how often its wait ends otherwise than by a message */
byte refused;

inline forget(s)
{
    with[s] = 0
}

inline fetch()
{
    if
    :: !fetched -> fetched = true; last = NOBODY
    :: else
    fi
}

inline empty_room()
{
    room[0] = 0; room[1] = 0
}

inline piece()
{
    fetch();
    if
    :: with[self] != waits || last != self -> copied[self] = 0
    :: else
    fi;
    with[self] = waits; last = self;
    room[copied[self]] = message[self] * 2 + self + 1;
    copied[self]++;
    if
    :: copied[self] == PIECES ->
        assert(waiting);
        assert(room[0] == message[self] * 2 + self + 1 && room[1] == room[0]);
        forget(self); message[self]++;
        waiting = false
    :: else
    fi
}

proctype sender(byte self)
{
end:
    do
    :: atomic { waiting && more(self) -> piece() }
    :: atomic { with[self] != 0 && more(self) -> /* refuse: its time is over */
        forget(self); refused++; message[self]++ }
    :: atomic { with[self] != 0 && message[self] < 2 -> /* call_up */
        forget(self); message[self] = message[self] + 2 }
    od
}

proctype server()
{
end:
    do
    :: atomic { !waiting -> waits++; waiting = true; empty_room(); /* wait */
        if
        :: fetched = true /* it was read on the way in */
        :: fetched = false
        fi }
    :: atomic { waiting && ends > 0 -> ends--; waiting = false } /* interrupt */
    :: atomic { waiting && ends > 0 -> ends--; empty_room(); fetched = false } /* again */
    :: atomic { waiting && ends > 0 -> /* replace */
        ends--; waiting = false; waits = 0; last = NOBODY }
    :: atomic { waiting && ends > 0 -> ends--; /* half */
        fetch(); room[0] = SHORT; last = NOBODY }
    od
}

init
{
    atomic { run sender(0); run sender(1); run server() }
}
