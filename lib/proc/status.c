// SPDX-License-Identifier: MIT
// From a kernel process's exit code to what wait() gives: exit codes of the program, signals
// (negative, as the process service kills), and faults.
#include <proc/status.h>

#include <abi/object.h>
#include <signal.h>

static int signal_of_fault(enum fault_reason reason)
{
    switch (reason) {
    case FAULT_INSTRUCTION: return SIGILL;
    case FAULT_ALIGNMENT:
    case FAULT_BUS: return SIGBUS;
    case FAULT_BREAKPOINT: return SIGTRAP;
    case FAULT_ARITHMETIC: return SIGFPE;
    case FAULT_OUT_OF_MEMORY: return SIGKILL;
    default: return SIGSEGV;
    }
}

int32_t status_of_code(int32_t code)
{
    if (code >= 0) return (code & 0xff) << 8;
    if (code > -65) return -code;
    if (code > FE_EXIT_KILLED && code <= FE_EXIT_FAULT) {
        return signal_of_fault((enum fault_reason)(FE_EXIT_FAULT - code));
    }
    return SIGKILL;
}
