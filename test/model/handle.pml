/* SPDX-License-Identifier: MIT */
/* Closing a handle against a long call through it (kernel/object/handle.c,
   kernel/memory/progress.c): the call stops for interrupts and is made again, and each time the
   handle is looked up. Between two steps another thread may close it, and its slot may get another
   object; an upcall may make the same call itself, or leave the first for good. A call never goes
   on with another object than the one it began with, nor with what another call left half done, nor
   touches one that is freed.

   look_up    handle_find              begin    progress_get
   step       the handlers' loops      close    sys_handle_close, object_put_handle
   jumped     thread_upcall            failed   trap_syscall

   break same_generation: generation = (generation + 1) % 4 => skip
   break leaves_progress_behind: progress_end(); jumped = true => jumped = true
   break keeps_progress_of_the_failed: progress_end(); failed = true => failed = true
   break closes_under_the_call: atomic { look_up(); begin(); step() }
     => look_up(); begin(); step() */
#define NONE 0
#define STEPS 2

byte slot = 1, generation = 1; /* which object the slot holds; the present generation */
byte objects = 1;              /* identities that were given out */
bool freed[4];

byte call_number;              /* of the call that the thread is in: a restart is the same call */
byte kept_for, position;       /* struct progress: the object's identity, how far */
byte made_by[2];               /* which call did the step */

proctype closer()
{
    do
    :: objects < 3 -> atomic { /* close, and the slot's next use */
        generation = (generation + 1) % 4;
        objects++;
        if
        :: freed[slot] = true; slot = objects
        :: skip /* the same object: it had another handle */
        fi
       }
    :: true -> break
    od
}

inline look_up()
{
    object = NONE;
    if
    :: generation == handle -> object = slot
    :: else
    fi
}

inline begin()
{
    if
    :: object == NONE || kept_for == object
    :: else -> kept_for = object; position = 0
    fi
}

inline step()
{
    if
    :: object != NONE ->
        assert(!freed[object]);
        assert(first == NONE || object == first);
        first = object;
        made_by[position] = call_number;
        position++
    :: else
    fi
}

inline progress_end()
{
    kept_for = NONE;
    position = 0
}

/* A thread that makes long calls through whatever handle the slot has at the time. */
proctype caller()
{
    byte calls = 3, handle, object, first;
    bool failed, jumped;

    do
    :: calls > 0 ->
        calls--;
        call_number++;
        handle = generation;
        first = NONE;
        do
        :: true ->
            atomic { look_up(); begin(); step() };
            if
            :: object == NONE -> /* ERR_BAD_HANDLE */
                progress_end(); failed = true;
                break
            :: object != NONE && position == STEPS ->
                assert(made_by[0] == call_number && made_by[1] == call_number);
                progress_end();
                break
            :: object != NONE && position < STEPS -> skip /* CALL_RESTART */
            :: object != NONE && position < STEPS -> /* an upcall, that is jumped out of */
                progress_end(); jumped = true;
                break
            fi
        od
    :: calls == 0 -> break
    od
}

init
{
    atomic { run caller(); run closer() }
}
