// SPDX-License-Identifier: MIT
// All tests of the suite in one program: `run name` is one of them, `run -r` runs all, a few at a
// time, each in a process of its own, and prints a line for each: its name and how it ended. The
// table is made where the tests are prepared; those that were not compiled are left out.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct test {
    const char *name;
    int (*main)(int count, char **arguments);
    const char *argument; // that it wants, or NULL
};
extern const struct test tests[];
extern const size_t test_count;
extern char **environ;

enum { AT_ONCE = 12, SECONDS = 100, LATE = 255 };

struct job {
    pid_t pid;
    size_t test;
    time_t deadline;
    int is_late;
};

static time_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec;
}

static int start(struct job *job, const char *self, size_t test)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char *arguments[] = {(char *)self, (char *)tests[test].name, NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    *job = (struct job){.test = test, .deadline = now() + SECONDS};
    int error = posix_spawn(&job->pid, self, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void tell(const struct job *job, int status)
{
    static const char *const words[] = {"passed", "failed",      "unresolved",
                                        "",       "unsupported", "untested"};
    const char *name = tests[job->test].name;
    if (job->is_late) {
        printf("%s late\n", name);
    } else if (WIFSIGNALED(status)) {
        printf("%s signal-%d\n", name, WTERMSIG(status));
    } else if (WEXITSTATUS(status) < 6 && WEXITSTATUS(status) != 3) {
        printf("%s %s\n", name, words[WEXITSTATUS(status)]);
    } else {
        printf("%s exit-%d\n", name, WEXITSTATUS(status));
    }
    fflush(stdout);
}

// One of the jobs that has ended, or nothing after some time.
static void reap(struct job *jobs, size_t *running)
{
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) {
        nanosleep(&(struct timespec){0, 20000000}, NULL);
        for (size_t i = 0; i < *running; i++) {
            if (now() < jobs[i].deadline) continue;
            jobs[i].is_late = 1;
            kill(-jobs[i].pid, SIGKILL);
            kill(jobs[i].pid, SIGKILL);
        }
        return;
    }
    for (size_t i = 0; i < *running; i++) {
        if (jobs[i].pid != pid) continue;
        tell(&jobs[i], status);
        kill(-pid, SIGKILL);
        jobs[i] = jobs[--*running];
        return;
    }
}

static int run_all(const char *self)
{
    struct job jobs[AT_ONCE];
    size_t running = 0;
    for (size_t next = 0; next < test_count || running != 0;) {
        if (next < test_count && tests[next].main == NULL) {
            next++;
        } else if (next < test_count && running < AT_ONCE) {
            int error = start(&jobs[running], self, next);
            if (error == 0) running++;
            if (error != 0) printf("%s spawn-%d\n", tests[next].name, error);
            next++;
        } else {
            reap(jobs, &running);
        }
    }
    printf("END\n");
    return 0;
}

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "-r") == 0) return run_all(arguments[0]);
    for (size_t i = 0; count == 2 && i < test_count; i++) {
        if (tests[i].main == NULL || strcmp(tests[i].name, arguments[1]) != 0) continue;
        char *own[] = {arguments[0], (char *)tests[i].argument, NULL};
        return tests[i].main(own[1] == NULL ? 1 : 2, own);
    }
    fprintf(stderr, "usage: run -r | name\n");
    return 2;
}
