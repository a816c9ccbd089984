// SPDX-License-Identifier: MIT
// Terminals, in the place of sshpty.c: the service of logins makes them. `tty` is the number.
#include "includes.h"
#include "dbutil.h"
#include "sshpty.h"

#include "login.h"

int pty_allocate(int *master, int *slave, char *name, int size)
{
    long number = login_terminal(master);
    if (number < 0) return 0;
    *slave = -1;
    snprintf(name, (size_t)size, "%ld", number);
    return 1;
}

void pty_release(const char *name) {}

void pty_make_controlling_tty(int *slave, const char *name) {}

void pty_setowner(struct passwd *user, const char *name) {}

void pty_change_window_size(int master, int rows, int columns, int width, int height)
{
    struct winsize window = {.ws_row = (unsigned short)rows,
                             .ws_col = (unsigned short)columns,
                             .ws_xpixel = (unsigned short)width,
                             .ws_ypixel = (unsigned short)height};
    ioctl(master, TIOCSWINSZ, &window);
}
