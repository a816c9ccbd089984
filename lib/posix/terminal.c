// SPDX-License-Identifier: MIT
// ioctl: terminals, and the few requests that every file knows. Structures of terminals travel as
// they are. Which terminal a process has, and who is in the foreground, the process service tells.
#include "socket_internal.h"
#include "terminal.h"
#include "call.h"
#include "signals.h"
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/log.h>
#include <signal.h>
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

// The device number of the terminal that the file is; 0: it is none.
static uint32_t number_of(struct file *file)
{
    struct p9_control wish = {.request = CONTROL_TERMINAL_NUMBER};
    if (!file->is_terminal_known && file->p9 != nullptr) {
        file->terminal = p9_control(file->p9, &wish) == 0 ? (uint32_t)wish.value : 0;
        file->is_terminal_known = true;
    }
    return file->terminal;
}

// A child that is being made speaks for itself only when it runs.
[[gnu::noinline]] long terminal_turn(struct file *file, int number)
{
    struct fe_process_identity own;
    if (context_is_child()) return 0;
    uint32_t terminal = number_of(file);
    if (terminal == 0 || process_identity(0, &own) < 0 || own.terminal != terminal) return 0;
    if (own.foreground == 0 || own.foreground == own.group) return 0;
    bool is_stopping = (thread_self()->blocked & signal_bit(number)) == 0 &&
                       context_current()->actions[number].handler != SIG_IGN;
    if (!is_stopping && number == SIGTTOU) return 0;
    if (!is_stopping || own.is_orphaned) return -EIO;
    long error = call_kill((const int64_t[6]){0, number});
    return error < 0 ? -EIO : RESTART;
}

// Numbers as the C library's makedev() makes them.
long terminal_own_path(char *to, size_t capacity)
{
    enum : uint32_t { CONSOLE = 0x501, PTS = 136 };
    struct fe_process_identity own;
    if (process_identity(0, &own) < 0) return -ENOSYS;
    if (own.terminal == CONSOLE) {
        fe_format(to, capacity, "/dev/console");
        return 0;
    }
    uint32_t number = (own.terminal & 0xff) | (own.terminal >> 12 & ~0xffu);
    if ((own.terminal >> 8 & 0xfff) != PTS) return -ENXIO;
    fe_format(to, capacity, "/dev/pts/%u", number);
    return 0;
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

// Whose terminal a file is: a master's is anybody's, a terminal's only its own session's.
static long get_owner(struct file *file, int shift, int *to)
{
    struct p9_control wish = {.request = CONTROL_GROUP_GET};
    struct fe_process_identity own;
    uint32_t terminal = number_of(file);
    if (terminal != 0 && process_identity(0, &own) == 0 && own.terminal != terminal) return -ENOTTY;
    long error = control(file, &wish);
    if (error == 0) *to = (int)(uint32_t)(wish.value >> shift);
    return error;
}

static long set_group(struct file *file, const uint32_t *group)
{
    struct fe_process_identity own;
    uint32_t terminal = number_of(file);
    if (terminal == 0) return -ENOTTY;
    if (process_identity(0, &own) == 0 && own.terminal != terminal) return -ENOTTY;
    return set_word(file, CONTROL_GROUP_SET, *group);
}

// Only a session's leader takes and gives up a terminal for it. The others keep theirs: it is the
// session's.
static long set_session(struct file *file, bool is_taken)
{
    struct fe_process_identity own;
    uint32_t terminal = number_of(file);
    if (terminal == 0) return -ENOTTY;
    long error = process_identity(0, &own);
    if (error < 0) return error;
    if (is_taken) {
        if (own.session != own.pid) return -EPERM;
        return set_word(file, CONTROL_SESSION_SET, own.session);
    }
    if (own.terminal != terminal) return -ENOTTY;
    return own.session == own.pid ? set_word(file, CONTROL_SESSION_SET, 0) : 0;
}

// Who is in the background asks for its turn before it changes the terminal.
static bool is_change(uint32_t request)
{
    switch (request) {
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TIOCSPGRP:
    case TCFLSH:
    case TCSBRK:
    case TCSBRKP:
    case TCXONC: return true;
    default: return false;
    }
}

static long terminal_request(struct file *file, const int64_t *a)
{
    void *argument = (void *)a[2];
    long error =
        is_change((uint32_t)a[1]) && file->p9 != nullptr ? terminal_turn(file, SIGTTOU) : 0;
    if (error < 0) return error;
    switch ((uint32_t)a[1]) { // the C library's ioctl() has it as an int
    case TCGETS: return get(file, CONTROL_TERMIOS_GET, argument, TERMIOS_SIZE);
    case TCSETS: return set_termios(file, 0, argument);
    case TCSETSW: return set_termios(file, 1, argument);
    case TCSETSF: return set_termios(file, 2, argument);
    case TIOCGWINSZ: return get(file, CONTROL_WINDOW_GET, argument, sizeof(struct winsize));
    case TIOCSWINSZ: return set_window(file, argument);
    case TIOCGPGRP: return get_owner(file, 0, argument);
    case TIOCGSID: return get_owner(file, 32, argument);
    case TIOCSPGRP: return set_group(file, argument);
    case TIOCSCTTY: return set_session(file, true);
    case TIOCNOTTY: return set_session(file, false);
    case TIOCGPTN: return get_value(file, CONTROL_PTY_NUMBER, argument);
    case TIOCSPTLCK: return set_word(file, CONTROL_PTY_LOCK, *(const uint32_t *)argument);
    case TCFLSH: return flush(file, a[2]);
    case TCSBRK: return set_word(file, a[2] != 0 ? CONTROL_DRAIN : CONTROL_BREAK, 0);
    case TCSBRKP: return set_word(file, CONTROL_BREAK, 0);
    case TCXONC:
        return a[2] < 0 || a[2] > 3 ? -EINVAL : set_word(file, CONTROL_FLOW, (uint32_t)a[2]);
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
    } else if (file->socket != nullptr && (a[1] == SIOCGIFINDEX || a[1] == SIOCGIFNAME)) {
        result = socket_interface((uint32_t)a[1], (struct ifreq *)a[2]);
    } else if (file->socket != nullptr || file_may_wait(file)) {
        result = terminal_request(file, a);
    }
    file_put(file);
    return result;
}
