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

bool dial_changed(struct dial_watch *watch, fe_handle event, uint64_t bits)
{
    bool has_changed = false;
    for (int tries = 0; tries < TRIES;) {
        bool is_open = watch->file != nullptr ||
                       p9_open("/net/changes", OPEN_READ | OPEN_NONBLOCK, 0, &watch->file) == 0;
        int ready = is_open ? p9_poll(watch->file, READY_READ, event, bits) : 0;
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
