/* SPDX-License-Identifier: MIT */
/* A CPU that goes idle against those who give it work: another CPU that makes a thread ready for it
   and signals, and a device whose interrupt is the work. Interrupts are masked in the kernel; one
   that is looked for there (arch_interrupt_pending on x86_64) is kept for later. When nothing
   happens any more, all work is done.

   kernel     schedule_exit, exit_otherwise    claim()   trap_external, trap_device
   look       arch_interrupt_pending           end_wait  arch_idle: hlt, wfi

   break forgets_what_it_kept: :: kept -> kept = false; goto interrupt => :: kept -> goto end_wait
   break work_without_signal: ready = n + 1; signalled = true => ready = n + 1
   break wakes_only_from_within: end_wait: (signalled)
     => wait: atomic { signalled = false; (signalled) }
   break work_beside_the_lock: left > 0 -> atomic { !locked -> locked = true } => left > 0 */
#define WORK 2 /* of each kind */

byte ready, done, caused;
bool signalled; /* latched until it is claimed */
bool locked;

active proctype cpu()
{
    bool kept, has_work;
    byte n;

kernel:
    atomic { !locked -> locked = true }; has_work = ready > 0;
    if
    :: has_work ->
        n = ready; ready = n - 1;
        done++;
        locked = false;
        goto kernel /* the thread runs, ends, and the kernel looks again */
    :: !has_work
    fi;
    if
    :: signalled && !kept -> signalled = false; kept = true /* look */
    :: true
    fi;
    locked = false;
    if
    :: kept -> kept = false; goto interrupt
    :: !kept
    fi;
end_wait: (signalled);
    signalled = false;
interrupt: /* claim */
    atomic { n = caused; caused = 0 };
    atomic { !locked -> locked = true };
    ready = ready + n;
    locked = false;
    goto kernel
}

active proctype other()
{
    byte left = WORK, n;
    do
    :: left > 0 -> atomic { !locked -> locked = true };
        n = ready; ready = n + 1; signalled = true;
        locked = false;
        left--
    :: left == 0 -> break
    od
}

active proctype device()
{
    byte left = WORK;
    do
    :: left > 0 -> atomic { caused++; signalled = true }; left--
    :: left == 0 -> break
    od
}

active proctype end_of_all()
{
    timeout;
    assert(done == 2 * WORK && ready == 0 && caused == 0)
}
