// SPDX-License-Identifier: MIT
// login: takes the terminal, shows /etc/issue, asks for name and password until they are right, and
// runs the user's shell. After each wrong password it waits longer, up to DELAY_MOST. It ends when
// the shell does; init starts it again.
#include "login.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>

enum : unsigned { DELAY_MOST = 30 }; // s

// Makes the terminal ours: a session of its own, descriptors 0 to 2.
static bool take_terminal(const char *path)
{
    setsid();
    for (int fd = 0; fd < 3; fd++) close(fd);
    if (open(path, O_RDWR) != 0) return false;
    ioctl(0, TIOCSCTTY, 1);
    return dup2(0, 1) == 1 && dup2(0, 2) == 2;
}

// What a program left behind is put right.
static void make_sane(void)
{
    struct termios settings;
    if (tcgetattr(0, &settings) != 0) return;
    settings.c_iflag = ICRNL | IXON;
    settings.c_oflag = OPOST | ONLCR;
    settings.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | IEXTEN;
    tcsetattr(0, TCSAFLUSH, &settings);
}

static void set_echo(bool on)
{
    struct termios settings;
    if (tcgetattr(0, &settings) != 0) return;
    settings.c_lflag = on ? settings.c_lflag | ECHO : settings.c_lflag & ~(tcflag_t)ECHO;
    tcsetattr(0, TCSAFLUSH, &settings);
}

static void show_machine(const struct utsname *machine, char what)
{
    if (what == 'n')
        fputs(machine->nodename, stdout);
    else if (what == 'r')
        fputs(machine->release, stdout);
    else if (what == 'm')
        fputs(machine->machine, stdout);
    else
        putchar(what);
}

// \n, \r and \m in it are the machine's name, the release and the architecture, as getty has them.
static void show_file(const char *path, const struct utsname *machine)
{
    FILE *file = fopen(path, "re");
    if (file == nullptr) return;
    for (int letter; (letter = getc(file)) != EOF;) {
        if (letter != '\\')
            putchar(letter);
        else if ((letter = getc(file)) != EOF)
            show_machine(machine, (char)letter);
    }
    fclose(file);
}

static void show(const char *prompt)
{
    fputs(prompt, stdout);
    fflush(stdout);
}

// One line without its end. False at the end of input.
static bool read_line(char *answer, size_t size)
{
    ssize_t length = read(0, answer, size - 1);
    if (length <= 0) return false;
    answer[length] = '\0';
    answer[strcspn(answer, "\r\n")] = '\0';
    return true;
}

static bool ask_password(char *password, size_t size)
{
    set_echo(false);
    show("password: ");
    bool is_given = read_line(password, size);
    set_echo(true);
    putchar('\n');
    return is_given;
}

static const char *const refusals[] = {
    [ANSWER_RIGHT] = "This account is gone", // since the password was looked up
    [ANSWER_WRONG] = "Login incorrect",
    [ANSWER_LOCKED] = "This account is locked",
    [ANSWER_NO_MEMORY] = "Out of memory: the password was not tried",
};

// Asks until somebody is who they say.
static void log_in(const char *host, struct user *user)
{
    char name[USER_NAME_SIZE], password[256], prompt[80];
    unsigned delay = 1;
    bool is_told = false;
    snprintf(prompt, sizeof prompt, "%s login: ", host);
    for (;;) {
        show(prompt);
        if (!is_told) {
            tcdrain(1);
            session_ready();
            is_told = true;
        }
        if (!read_line(name, sizeof name)) {
            putchar('\n');
            continue;
        }
        if (!user_is_name(name)) continue;
        bool is_given = ask_password(password, sizeof password);
        enum answer answer = is_given ? user_check(name, password) : ANSWER_WRONG;
        explicit_bzero(password, sizeof password);
        if (answer == ANSWER_RIGHT && user_find(name, user)) return;
        sleep(delay);
        puts(refusals[answer]);
        if (delay < DELAY_MOST) delay *= 2;
    }
}

int main(int count, char **arguments)
{
    struct user user;
    struct utsname machine;
    if (uname(&machine) != 0) return 1;
    if (!take_terminal(count > 1 ? arguments[1] : "/dev/console")) return 1;
    make_sane();
    putchar('\n');
    show_file("/etc/issue", &machine);
    log_in(machine.nodename, &user);
    show_file("/etc/motd", &machine);
    fflush(stdout);
    int result = session_run(&user);
    if (result >= 0) return 0;
    printf("%s cannot be run: %s\n", user.shell, strerror(-result));
    fflush(stdout);
    sleep(2);
    return 1;
}
