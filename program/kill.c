// SPDX-License-Identifier: MIT
// kill: sends a signal to processes. See kill(1).
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    int number;
} names[] = {
    {"HUP", SIGHUP},   {"INT", SIGINT},     {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},
    {"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1},
    {"SEGV", SIGSEGV}, {"USR2", SIGUSR2},   {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CHLD", SIGCHLD}, {"CONT", SIGCONT},   {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN},
    {"TTOU", SIGTTOU}, {"WINCH", SIGWINCH},
};
enum : size_t { NAMES = sizeof names / sizeof *names };

// -1: no such signal.
static int number_of(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (*end == '\0' && end != text) return number >= 0 && number < 65 ? (int)number : -1;
    if (strncasecmp(text, "SIG", 3) == 0) text += 3;
    for (size_t i = 0; i < NAMES; i++) {
        if (strcasecmp(text, names[i].name) == 0) return names[i].number;
    }
    return -1;
}

static int list(void)
{
    for (size_t i = 0; i < NAMES; i++) printf("%2d %s\n", names[i].number, names[i].name);
    return 0;
}

static bool send(const char *text, int number)
{
    char *end;
    long pid = strtol(text, &end, 10);
    if (*end != '\0' || end == text) {
        fprintf(stderr, "kill: %s: not a number\n", text);
        return false;
    }
    if (kill((pid_t)pid, number) == 0) return true;
    fprintf(stderr, "kill: %s: %s\n", text, strerror(errno));
    return false;
}

int main(int count, char **arguments)
{
    int number = SIGTERM, at = 1;
    if (count > 1 && strcmp(arguments[1], "-l") == 0) return list();
    if (count > 2 && strcmp(arguments[1], "-s") == 0) {
        number = number_of(arguments[2]);
        at = 3;
    } else if (count > 1 && arguments[1][0] == '-' && strcmp(arguments[1], "--") != 0) {
        number = number_of(arguments[1] + 1);
        at = 2;
    }
    if (at < count && strcmp(arguments[at], "--") == 0) at++;
    if (at >= count || number < 0) {
        fputs("usage: kill [-signal | -s signal] pid...\n       kill -l\n", stderr);
        return 2;
    }
    bool all = true;
    for (; at < count; at++) all &= send(arguments[at], number);
    return all ? 0 : 1;
}
