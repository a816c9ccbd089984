// SPDX-License-Identifier: MIT
// ioctl: terminals, and the few requests that every file knows. Structures of terminals travel as
// they are.
#include "call.h"
#include "context.h"
#include "file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

// As the C library passes it to TCGETS and TCSETS.
enum : size_t { TERMIOS_SIZE = sizeof(struct termios) };

static long control(struct file *file, struct p9_control *wish)
{
    if (file->p9 == nullptr) return -ENOTTY;
    int error = p9_control(file->p9, wish);
    if (error == -ENOSYS || error == -EOPNOTSUPP || error == -EINVAL) return -ENOTTY;
    return error == -EINTR ? RESTART : error;
}

static long get(struct file *file, uint32_t request, void *to, size_t size)
{
    struct p9_control wish = {.request = request, .reply = to, .reply_capacity = size};
    return control(file, &wish);
}

static long set_word(struct file *file, uint32_t request, uint32_t word)
{
    struct p9_control wish = {.request = request, .data = &word, .size = sizeof word};
    return control(file, &wish);
}

static long set_termios(struct file *file, uint32_t when, const void *termios)
{
    struct {
        uint32_t when;
        uint8_t termios[TERMIOS_SIZE];
    } data = {.when = when};
    memcpy(data.termios, termios, TERMIOS_SIZE);
    struct p9_control wish = {.request = CONTROL_TERMIOS_SET, .data = &data, .size = sizeof data};
    return control(file, &wish);
}

static long get_value(struct file *file, uint32_t request, int *value)
{
    struct p9_control wish = {.request = request};
    long error = control(file, &wish);
    if (error == 0) *value = (int)wish.value;
    return error;
}

static long set_window(struct file *file, const struct winsize *window)
{
    struct p9_control wish = {
        .request = CONTROL_WINDOW_SET, .data = window, .size = sizeof *window};
    return control(file, &wish);
}

static long set_nonblocking(long descriptor, bool on)
{
    long flags = call_fcntl((const int64_t[6]){descriptor, F_GETFL});
    if (flags < 0) return flags;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return call_fcntl((const int64_t[6]){descriptor, F_SETFL, flags});
}

static long flush(struct file *file, long which)
{
    if (which < TCIFLUSH || which > TCIOFLUSH) return -EINVAL;
    return set_word(file, CONTROL_FLUSH, (uint32_t)which);
}

static long terminal_request(struct file *file, const int64_t *a)
{
    void *argument = (void *)a[2];
    switch (a[1]) {
    case TCGETS: return get(file, CONTROL_TERMIOS_GET, argument, TERMIOS_SIZE);
    case TCSETS: return set_termios(file, 0, argument);
    case TCSETSW: return set_termios(file, 1, argument);
    case TCSETSF: return set_termios(file, 2, argument);
    case TIOCGWINSZ: return get(file, CONTROL_WINDOW_GET, argument, sizeof(struct winsize));
    case TIOCSWINSZ: return set_window(file, argument);
    case TIOCGPGRP: return get_value(file, CONTROL_GROUP_GET, argument);
    case TIOCSPGRP: return set_word(file, CONTROL_GROUP_SET, *(const uint32_t *)argument);
    case TIOCSCTTY:
        return set_word(file, CONTROL_SESSION_SET, (uint32_t)call_getsid((const int64_t[6]){}));
    case TIOCNOTTY: return set_word(file, CONTROL_SESSION_SET, 0);
    case TCFLSH: return flush(file, a[2]);
    case TCSBRK: return set_word(file, a[2] != 0 ? CONTROL_DRAIN : CONTROL_BREAK, 0);
    case TCXONC: return 0;
    case FIONREAD: return get_value(file, CONTROL_AVAILABLE, argument);
    default: return -ENOTTY;
    }
}

// A file that is no device cannot be a terminal: isatty() on it costs no request.
int64_t call_ioctl(const int64_t *a)
{
    struct file *file = file_hold(a[0]);
    if (file == nullptr) return -EBADF;
    long result = -ENOTTY;
    if (a[1] == FIONBIO) {
        result = set_nonblocking(a[0], *(const int *)a[2] != 0);
    } else if (a[1] == FIOCLEX || a[1] == FIONCLEX) {
        result = call_fcntl((const int64_t[6]){a[0], F_SETFD, a[1] == FIOCLEX ? FD_CLOEXEC : 0});
    } else if (file->socket != nullptr || file_may_wait(file)) {
        result = terminal_request(file, a);
    }
    file_put(file);
    return result;
}
