// SPDX-License-Identifier: MIT
// Channels of sessions: all as it is, but for starting programs and hearing of their end, which are
// the service's.
#include "includes.h"
#include "channel.h"
#include "chansession.h"
#include "dbutil.h"

#include "login.h"

static int start_with_pipes(const struct ChanSess *session, int *input, int *output, int *errors,
                            pid_t *number)
{
    int pipes[3];
    long result = login_start(LOGIN_PIPES, "", session->cmd, pipes);
    if (result < 0) return DROPBEAR_FAILURE;
    *input = pipes[0];
    *output = pipes[1];
    *errors = pipes[2];
    *number = (pid_t)result;
    return DROPBEAR_SUCCESS;
}

static pid_t start_on_terminal(const struct ChanSess *session)
{
    uint32_t terminal = (uint32_t)strtoul(session->tty, NULL, 10);
    return (pid_t)login_start(terminal, session->term, session->cmd, NULL);
}

#define spawn_command(run, session, input, output, errors, pid) \
    start_with_pipes(session, input, output, errors, pid)
#define fork() start_on_terminal(chansess)
#define vfork() start_on_terminal(chansess)
#define waitpid(pid, status, options) login_ended(status)
#define kill(pid, signal) (-1)
#include "svr-chansession.c"
