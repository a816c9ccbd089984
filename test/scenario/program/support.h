// SPDX-License-Identifier: MIT
// What tests of the C library with a second process, or with deadlines, share.
#pragma once

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

// The same program once more, which finds its job in JOB; -1: it cannot be started.
[[maybe_unused]] static pid_t start_job(const char *program, const char *job)
{
    pid_t pid;
    char *arguments[] = {(char *)program, nullptr};
    extern char **environ;
    setenv("JOB", job, 1);
    int error = posix_spawn(&pid, program, nullptr, nullptr, arguments, environ);
    unsetenv("JOB");
    return error == 0 ? pid : -1;
}

// Waits for its end; -1: it did not end by itself.
[[maybe_unused]] static int exit_code(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// So many nanoseconds from now, less than a second.
[[maybe_unused]] static struct timespec after(long ns)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    time.tv_nsec += ns;
    time.tv_sec += time.tv_nsec / 1'000'000'000;
    time.tv_nsec %= 1'000'000'000;
    return time;
}
