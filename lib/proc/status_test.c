// SPDX-License-Identifier: MIT
// Exit codes as wait() gives them.
#include "test/unit.h"
#include <abi/object.h>
#include <proc/status.h>
#include <signal.h>
#include <sys/wait.h>

TEST("a code of the program is its low byte")
{
    EXPECT(WIFEXITED(status_of_code(0)) && WEXITSTATUS(status_of_code(0)) == 0);
    EXPECT(WEXITSTATUS(status_of_code(127)) == 127);
    EXPECT(WEXITSTATUS(status_of_code(256 + 3)) == 3);
}

TEST("a signal and a fault are signals")
{
    EXPECT(WIFSIGNALED(status_of_code(-SIGTERM)) && WTERMSIG(status_of_code(-SIGTERM)) == SIGTERM);
    EXPECT(WTERMSIG(status_of_code(FE_EXIT_FAULT - (int)FAULT_READ)) == SIGSEGV);
    EXPECT(WTERMSIG(status_of_code(FE_EXIT_FAULT - (int)FAULT_INSTRUCTION)) == SIGILL);
    EXPECT(WTERMSIG(status_of_code(FE_EXIT_FAULT - (int)FAULT_ARITHMETIC)) == SIGFPE);
    EXPECT(WTERMSIG(status_of_code(FE_EXIT_FAULT - (int)FAULT_BUS)) == SIGBUS);
    EXPECT(WTERMSIG(status_of_code(FE_EXIT_KILLED)) == SIGKILL);
}
