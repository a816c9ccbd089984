// SPDX-License-Identifier: MIT
// A terminal's control requests: modes, window, session and foreground group.
#include "internal.h"

#include <abi/errno.h>
#include <ferrite/libc.h>

enum : int { SIGNAL_WINDOW = 28 };

// --- The process service ---

static int ask_process(const struct terminal_file *file, const struct p9_request *request,
                       uint32_t what, uint32_t number, uint64_t *value)
{
    struct fe_terminal_wish wish = {.terminal = (uint32_t)file->node.device,
                                    .uid = request ? request->identity->uid : 0,
                                    .number = number};
    struct p9_control control = {.request = what, .data = &wish, .size = sizeof wish};
    if (terminal_process == nullptr) return -ENOTTY;
    int result = p9_control(terminal_process, &control);
    if (value) *value = control.value;
    return result;
}

void terminal_signal(struct terminal *terminal, int number)
{
    struct terminal_file *file =
        (struct terminal_file *)((uint8_t *)terminal - offsetof(struct terminal_file, terminal));
    (void)ask_process(file, nullptr, CONTROL_PROCESS_TERMINAL_SIGNAL, (uint32_t)number, nullptr);
}

void terminal_file_hang_up(struct terminal_file *file)
{
    if (file->is_hung_up) return;
    file->is_hung_up = true;
    terminal_flush(&file->terminal, true, true);
    (void)ask_process(file, nullptr, CONTROL_PROCESS_TERMINAL_HANG_UP, 0, nullptr);
    p9_node_changed(&file->node);
}

// --- Modes and window ---

static bool is_drained(struct terminal_file *file)
{
    file->behind->flush(file);
    return file->behind->is_sent == nullptr || file->behind->is_sent(file);
}

// What is to be sent first is not waited for while ^S holds it.
static int settings_set(struct terminal_file *file, struct p9_request *request)
{
    enum : uint32_t { NOW, DRAIN, FLUSH };
    struct terminal *terminal = &file->terminal;
    struct termios_bytes settings;
    uint32_t when;
    if (request->size < sizeof when + sizeof settings) return -EINVAL;
    memcpy(&when, request->data, sizeof when);
    memcpy(&settings, request->data + sizeof when, sizeof settings);
    if (when != NOW && !is_drained(file) && !terminal->is_stopped) return P9_LATER;
    if (when == FLUSH) terminal_flush(terminal, true, false);
    terminal_set(terminal, &settings);
    file->behind->flush(file);
    p9_node_changed(&file->node);
    return 0;
}

static int window_set(struct terminal_file *file, struct p9_request *request)
{
    struct window_size window;
    if (request->size < sizeof window) return -EINVAL;
    memcpy(&window, request->data, sizeof window);
    bool is_other = memcmp(&window, &file->terminal.window, sizeof window) != 0;
    file->terminal.window = window;
    if (!is_other) return 0;
    if (file->behind->resized) file->behind->resized(file);
    terminal_signal(&file->terminal, SIGNAL_WINDOW);
    return 0;
}

static int flush(struct terminal_file *file, uint32_t which)
{
    terminal_flush(&file->terminal, which != 1, which != 0);
    if (file->behind->freed) file->behind->freed(file);
    p9_node_changed(&file->node);
    return 0;
}

// As tcflow() counts: stop and continue the output; to send STOP and START there is nobody.
static int flow(struct terminal_file *file, uint32_t what)
{
    enum : uint32_t { OUTPUT_OFF, OUTPUT_ON };
    if (what <= OUTPUT_ON) file->terminal.is_stopped = what == OUTPUT_OFF;
    file->behind->flush(file);
    return what <= 3 ? 0 : -EINVAL;
}

static int word_control(struct terminal_file *file, struct p9_request *request, uint32_t control)
{
    uint32_t word;
    if (request->size < sizeof word) return -EINVAL;
    memcpy(&word, request->data, sizeof word);
    switch (control) {
    case CONTROL_FLUSH: return flush(file, word);
    case CONTROL_FLOW: return flow(file, word);
    case CONTROL_GROUP_SET:
        return ask_process(file, request, CONTROL_PROCESS_TERMINAL_GROUP_SET, word, nullptr);
    default: return ask_process(file, request, CONTROL_PROCESS_TERMINAL_SESSION_SET, word, nullptr);
    }
}

int terminal_control(struct terminal_file *file, struct p9_request *request, uint32_t control)
{
    struct terminal *terminal = &file->terminal;
    const char *name = file->behind->name(file);
    if (file->is_hung_up) return -EIO;
    switch (control) {
    case CONTROL_TERMIOS_GET:
        return p9_answer(request, &terminal->settings, sizeof terminal->settings);
    case CONTROL_TERMIOS_SET: return settings_set(file, request);
    case CONTROL_WINDOW_GET: return p9_answer(request, &terminal->window, sizeof terminal->window);
    case CONTROL_WINDOW_SET: return window_set(file, request);
    case CONTROL_GROUP_GET:
        return ask_process(file, request, CONTROL_PROCESS_TERMINAL_GROUP_GET, 0, &request->value);
    case CONTROL_FLUSH:
    case CONTROL_FLOW:
    case CONTROL_GROUP_SET:
    case CONTROL_SESSION_SET: return word_control(file, request, control);
    case CONTROL_BREAK: return 0;
    case CONTROL_DRAIN: return is_drained(file) ? 0 : P9_LATER;
    case CONTROL_AVAILABLE: request->value = terminal_available(terminal); return 0;
    case CONTROL_TERMINAL_NUMBER: request->value = file->node.device; return 0;
    case CONTROL_TERMINAL_NAME: return p9_answer(request, name, strlen(name) + 1);
    default: return -ENOTTY;
    }
}

int terminal_file_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    return terminal_control((struct terminal_file *)open->node, request, control);
}
