// SPDX-License-Identifier: MIT
// The screens' thread. A ring keeps the last of what was written; each screen has its place in it.
// A screen that is new, or whose driver is, is shown all of the ring. When one is gone the device
// manager is listened to: it says when something has changed.
#include "screen.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <ferrite/clock.h>
#include <ferrite/libc.h>
#include <ferrite/lock.h>
#include <ferrite/start.h>
#include <ferrite/thread.h>

enum : uint64_t { BIT_MORE = 1, BIT_DEVICES = 2, BIT_AGAIN = 4, BITS = 7 };
enum : size_t { STACK = 64 * 1024, PIECE = 1024 };
enum : uint64_t { AGAIN_PAUSE = 200'000'000 }; // ns

struct screen {
    const char *path;
    struct p9_file *file; // nullptr: not there
    uint64_t shown;       // its place in what was put
    struct window_size window;
};

static struct {
    struct fe_lock lock;
    uint8_t bytes[SCREEN_KEPT];
    uint64_t put;
    struct window_size window;
} kept;

static struct screen *screens;
static uint32_t screen_count;
static struct p9_file *changes; // of devices
static fe_handle event;

static void wake(void)
{
    if (fe_event_signal(event, BIT_MORE) != OK) fe_exit(6);
}

void screen_put(const uint8_t *bytes, size_t size)
{
    if (screen_count == 0) return;
    fe_lock_take(&kept.lock);
    for (size_t i = 0; i < size; i++) kept.bytes[kept.put++ % SCREEN_KEPT] = bytes[i];
    fe_lock_release(&kept.lock);
    wake();
}

void screen_resize(const struct window_size *window)
{
    if (screen_count == 0) return;
    fe_lock_take(&kept.lock);
    kept.window = *window;
    fe_lock_release(&kept.lock);
    wake();
}

// --- The thread ---

static void lost(struct screen *screen)
{
    p9_close(screen->file);
    screen->file = nullptr;
    if (fe_event_arm(event, BIT_AGAIN, fe_clock_after(AGAIN_PAUSE), 0) != OK) fe_exit(6);
}

// A piece of what the screen has not shown yet. 0: it has all.
static size_t piece_take(struct screen *screen, uint8_t *to, struct window_size *window)
{
    fe_lock_take(&kept.lock);
    uint64_t oldest = kept.put > SCREEN_KEPT ? kept.put - SCREEN_KEPT : 0;
    if (screen->shown < oldest) screen->shown = oldest;
    size_t size = 0;
    while (size < PIECE && screen->shown + size < kept.put) {
        to[size] = kept.bytes[(screen->shown + size) % SCREEN_KEPT];
        size++;
    }
    *window = kept.window;
    fe_lock_release(&kept.lock);
    return size;
}

static bool window_send(struct screen *screen, const struct window_size *window)
{
    struct p9_control control = {
        .request = CONTROL_WINDOW_SET, .data = window, .size = sizeof *window};
    screen->window = *window;
    return p9_control(screen->file, &control) == 0;
}

static void show(struct screen *screen)
{
    uint8_t piece[PIECE];
    struct window_size window;
    while (screen->file != nullptr) {
        size_t size = piece_take(screen, piece, &window);
        bool is_other = memcmp(&window, &screen->window, sizeof window) != 0;
        if (is_other && !window_send(screen, &window)) return lost(screen);
        if (size == 0) return;
        int64_t written = p9_write(screen->file, FE_9P_POSITION, piece, size);
        if (written <= 0) return lost(screen);
        screen->shown += (uint64_t)written;
    }
}

// Whether the screen's driver has begun anew, with which the client goes on by itself.
static bool is_new(struct screen *screen)
{
    struct window_size window = {};
    struct p9_control control = {
        .request = CONTROL_WINDOW_GET, .reply = &window, .reply_capacity = sizeof window};
    return p9_control(screen->file, &control) != 0 || window.rows == 0;
}

static void open_all(void)
{
    for (uint32_t i = 0; i < screen_count; i++) {
        struct screen *screen = &screens[i];
        if (screen->file != nullptr && !is_new(screen)) continue;
        p9_close(screen->file);
        *screen = (struct screen){.path = screen->path};
        if (p9_open(screen->path, OPEN_WRITE, 0, &screen->file) != 0) screen->file = nullptr;
    }
}

// Reads `changes` until it has nothing new to say, so that the event tells of what comes next.
static void devices_watch(void)
{
    char text[32];
    int64_t size = changes != nullptr
                       ? 0
                       : p9_open("/dev/device/changes", OPEN_READ | OPEN_NONBLOCK, 0, &changes);
    int ready = READY_READ;
    while (size >= 0 && ready == READY_READ) {
        size = p9_read(changes, FE_9P_POSITION, text, sizeof text);
        if (size == -EAGAIN) size = 0;
        ready = size < 0 ? -EIO : p9_poll(changes, READY_READ, event, BIT_DEVICES);
    }
    if (size >= 0 && ready == 0) return;
    p9_close(changes);
    changes = nullptr;
    if (fe_event_arm(event, BIT_AGAIN, fe_clock_after(AGAIN_PAUSE), 0) != OK) fe_exit(6);
}

static void run(void *argument)
{
    for (uint64_t bits = BIT_DEVICES;;) {
        if ((bits & BIT_DEVICES) != 0 || changes == nullptr) devices_watch();
        if ((bits & (BIT_DEVICES | BIT_AGAIN)) != 0) open_all();
        for (uint32_t i = 0; i < screen_count; i++) show(&screens[i]);
        if (fe_event_wait(event, BITS, FE_FOREVER, &bits) != OK) fe_exit(6);
    }
}

bool screen_start(char **paths, uint32_t count, const struct window_size *window)
{
    fe_handle thread;
    if (count == 0) return true;
    screens = calloc(count, sizeof *screens);
    if (screens == nullptr || fe_event_create(&event) != OK) return false;
    for (uint32_t i = 0; i < count; i++) screens[i].path = paths[i];
    screen_count = count;
    kept.window = *window;
    return fe_thread_spawn(run, nullptr, STACK, 0, &thread) == OK;
}
