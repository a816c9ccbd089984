// SPDX-License-Identifier: MIT
// Hearing of changes by /net/changes (net(4)).
#include <dial/dial.h>

enum : int { TRIES = 2 }; // a service that was started anew has the file again

// True: it was read, and is another than before.
static bool change_read(struct dial_watch *watch)
{
    char text[16];
    int64_t size = p9_read(watch->file, 0, text, sizeof text);
    watch->is_coming = size > 0 && text[0] == 'c';
    return size > 0;
}

static bool change_open(struct dial_watch *watch)
{
    return watch->file != nullptr ||
           p9_open("/net/changes", OPEN_READ | OPEN_NONBLOCK, 0, &watch->file) == 0;
}

void dial_signalled(struct dial_watch *watch, uint64_t bits)
{
    if ((bits & watch->bits) != 0) watch->is_armed = false;
}

bool dial_changed(struct dial_watch *watch, fe_handle event, uint64_t bits)
{
    return !watch->is_armed && dial_changed_now(watch, event, bits);
}

bool dial_changed_now(struct dial_watch *watch, fe_handle event, uint64_t bits)
{
    bool has_changed = false;
    watch->bits = bits;
    watch->is_armed = false;
    for (int tries = 0; tries < TRIES && change_open(watch);) {
        int ready = p9_poll(watch->file, READY_READ, event, bits);
        watch->is_armed = ready == 0;
        if (ready == 0) break;
        has_changed = true;
        if (ready == READY_READ && change_read(watch)) continue;
        watch->is_coming = false;
        p9_close(watch->file);
        watch->file = nullptr;
        tries++;
    }
    return has_changed;
}
