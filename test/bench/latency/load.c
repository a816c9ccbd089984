// SPDX-License-Identifier: MIT
// The roles of the load. Each is a process of its own with an endless loop around one kind of work
// that takes the kernel long: making processes and verifying images, mapping, copying, destroying
// what is large, messages in crowds, faults, threads, timers in crowds, names, handles.
#include "load.h"
#include <ferrite/libc.h>
#include <ferrite/log.h>

enum : size_t { MEGABYTE = 1u << 20, BUFFER = FE_BUFFER_MAX, CROWD = 48 };
enum : uint32_t { LABEL_BUFFER = 1, LABEL_HANDLES, LABEL_KEEP };

static char *at_address(uintptr_t address)
{
    return (char *)address;
}

static enum status map_new(size_t size, uint32_t flags, fe_handle *memory, uintptr_t *address)
{
    TRY(fe_memory_create(size, flags, memory));
    *address = 0;
    return fe_process_map(fe_process_self(), *memory, 0, size, 0, MAP_READ | MAP_WRITE, address);
}

static void touch(uintptr_t address, size_t size)
{
    for (size_t done = 0; done < size; done += FE_PAGE_SIZE) *at_address(address + done) = 1;
}

static enum status child_run(const char *role, const struct fe_spawn_handle *handles, size_t count)
{
    struct fe_child child;
    struct fe_process_info info;
    TRY(guest_spawn(role, handles, count, &child));
    return guest_wait(&child, &info);
}

// --- Roles ---

// Processes that do nothing, and images made anew.
static enum status spawning(void)
{
    const struct fe_start_handle *file = fe_start_find("image-file");
    for (uint32_t i = 0;; i++) {
        fe_handle image;
        TRY(child_run("nothing", nullptr, 0));
        if (i % 4 != 0) continue;
        TRY(fe_image_create(file->handle, file->value, &image));
        TRY(fe_handle_close(image));
    }
}

// Large ranges mapped, split by protection, cloned, written to and unmapped.
static enum status mapping(void)
{
    enum : size_t { SIZE = 6 * MEGABYTE };
    for (;;) {
        fe_handle memory, clone, self = fe_process_self();
        uintptr_t first, second = 0;
        TRY(map_new(SIZE, 0, &memory, &first));
        touch(first, SIZE);
        TRY(fe_process_protect(self, first, SIZE, MAP_READ));
        TRY(fe_process_protect(self, first + SIZE / 3, MEGABYTE, MAP_READ | MAP_WRITE));
        TRY(fe_process_protect(self, first, SIZE, MAP_READ | MAP_WRITE));
        TRY(fe_memory_clone(memory, 0, SIZE, &clone));
        TRY(fe_process_map(self, clone, 0, SIZE, 0, MAP_READ | MAP_WRITE, &second));
        touch(second, 2 * MEGABYTE);
        touch(first, 2 * MEGABYTE);
        TRY(fe_process_unmap(self, first, SIZE));
        TRY(fe_memory_resize(memory, MEGABYTE));
        TRY(fe_process_unmap(self, second, SIZE));
        TRY(fe_handle_close(memory));
        TRY(fe_handle_close(clone));
    }
}

// Megabytes through memory_read and memory_write, page-aligned and not.
static enum status copying(void)
{
    enum : size_t { SIZE = 2 * MEGABYTE };
    fe_handle memory, buffer;
    uintptr_t address;
    TRY(map_new(SIZE, 0, &buffer, &address));
    for (uint32_t odd = 0;; odd = (odd + 1) % 64) {
        TRY(fe_memory_create(SIZE, odd % 2 ? 0 : MEMORY_COMMIT, &memory));
        TRY(fe_memory_write(memory, 0, at_address(address + odd), SIZE - odd));
        TRY(fe_memory_read(memory, odd, at_address(address), SIZE - odd));
        TRY(fe_handle_close(memory));
        TRY(fe_process_unmap(fe_process_self(), address, SIZE));
        TRY(fe_handle_close(buffer));
        TRY(map_new(SIZE, 0, &buffer, &address)); // to be brought in again by the copies
    }
}

// What is large: committed memory in many pieces and many handles, some of them threads that wait.
static void waiting(void *event)
{
    uint64_t bits;
    (void)!fe_event_wait(*(fe_handle *)event, 1, FE_FOREVER, &bits);
}

static enum status grow(void)
{
    static fe_handle event;
    TRY(fe_event_create(&event));
    for (uint32_t i = 0; i < 16; i++) TRY(guest_thread(waiting, &event, 0));
    for (uint32_t i = 0; i < 64; i++) {
        fe_handle memory, copy;
        uintptr_t address;
        TRY(map_new(MEGABYTE / 4, MEMORY_COMMIT, &memory, &address));
        touch(address, MEGABYTE / 4);
        for (uint32_t j = 0; j < 16; j++) TRY(fe_handle_duplicate(event, RIGHT_ALL, &copy));
    }
    return OK;
}

static enum status destroying(void)
{
    for (;;) TRY(child_run("large", nullptr, 0));
}

// --- Messages ---

static fe_handle channel, session, flood_event;

static enum status serving(void)
{
    static char buffer[BUFFER];
    fe_handle server = fe_start_handle("channel");
    struct fe_transfer transfer = {.receive = (uintptr_t)buffer,
                                   .receive_capacity = BUFFER,
                                   .receive_handle_capacity = FE_MESSAGE_HANDLES};
    struct fe_message message = {.transfer = &transfer};
    TRY(fe_channel_receive(server, &message, FE_FOREVER));
    for (;;) {
        transfer.send = (uintptr_t)buffer;
        transfer.send_size = message.label == LABEL_BUFFER ? transfer.received_size : 0;
        transfer.send_handle_count = transfer.received_handle_count;
        memcpy(transfer.send_handle, transfer.received_handle, sizeof transfer.send_handle);
        if (message.label >= FE_NOTICE || message.label == LABEL_KEEP) {
            transfer.send_handle_count = 0;
            message.token = 0; // never answered: its caller gives up
        }
        message.transfer = &transfer;
        TRY(fe_channel_reply_receive(server, &message));
    }
}

static void calling(void *argument)
{
    uint32_t kind = (uint32_t)(uintptr_t)argument;
    fe_handle memory, given[FE_MESSAGE_HANDLES];
    uintptr_t buffer;
    if (map_new(BUFFER, 0, &memory, &buffer) != OK) return;
    for (uint32_t i = 0; i < FE_MESSAGE_HANDLES; i++)
        if (fe_event_create(&given[i]) != OK) return;
    for (enum status status = OK; status == OK || status == ERR_TIMED_OUT;) {
        struct fe_transfer transfer = {.send = buffer,
                                       .send_size = kind == LABEL_BUFFER ? BUFFER : 0,
                                       .receive = buffer,
                                       .receive_capacity = BUFFER,
                                       .receive_handle_capacity = FE_MESSAGE_HANDLES};
        if (kind == LABEL_HANDLES) {
            transfer.send_handle_count = FE_MESSAGE_HANDLES;
            memcpy(transfer.send_handle, given, sizeof given);
        }
        struct fe_message message = {.label = kind, .transfer = kind == 0 ? nullptr : &transfer};
        uint64_t deadline = kind == LABEL_KEEP ? fe_clock_after(200'000) : FE_FOREVER;
        status = fe_channel_call(session, &message, deadline);
        if (kind == LABEL_HANDLES) memcpy(given, transfer.received_handle, sizeof given);
        (void)!fe_event_signal(flood_event, 1ull << kind);
    }
}

static enum status flooding(void)
{
    uint64_t id, bits;
    struct fe_child server;
    TRY(fe_event_create(&flood_event));
    TRY(fe_channel_create(&channel));
    TRY(fe_channel_mint(channel, 1, &session, &id));
    struct fe_spawn_handle handle = {"channel", channel, 0, false};
    TRY(guest_spawn("serving", &handle, 1, &server));
    for (uint32_t i = 0; i < CROWD; i++) {
        uint32_t kind = i < 2 ? LABEL_BUFFER : i < 6 ? LABEL_HANDLES : i < 12 ? LABEL_KEEP : 0;
        TRY(guest_thread(calling, (void *)(uintptr_t)kind, PRIORITY_DEFAULT - i % 4));
    }
    for (;;) TRY(fe_event_wait(flood_event, UINT64_MAX, FE_FOREVER, &bits));
}

// --- Faults, threads, timers, names ---

static enum status faulting(void)
{
    for (uint32_t i = 0;; i++) {
        fe_handle memory;
        uintptr_t address;
        TRY(map_new(4 * MEGABYTE, 0, &memory, &address));
        touch(address, 4 * MEGABYTE);
        TRY(fe_process_unmap(fe_process_self(), address, 4 * MEGABYTE));
        TRY(fe_handle_close(memory));
        if (i % 8 == 0) TRY(child_run("crash", nullptr, 0));
    }
}

static fe_handle crowd_event;
static uint32_t crowd_word;

static void crowding(void *argument)
{
    uint64_t bits;
    if ((uintptr_t)argument % 2 == 0)
        (void)!fe_futex_wait((uintptr_t)&crowd_word, 0, fe_clock_after(2 * MILLISECOND));
    else
        (void)!fe_event_wait(crowd_event, 1ull << ((uintptr_t)argument % 64),
                             fe_clock_after(2 * MILLISECOND), &bits);
}

static enum status threading(void)
{
    TRY(fe_event_create(&crowd_event));
    for (uint32_t round = 0;; round++) {
        for (uint32_t i = 0; i < CROWD; i++)
            TRY(guest_thread(crowding, (void *)(uintptr_t)i, PRIORITY_DEFAULT + i % 3));
        if (round % 2 == 0) { // else all their timers are due at about the same time
            uint32_t woken;
            TRY(fe_event_signal(crowd_event, UINT64_MAX));
            TRY(fe_futex_wake((uintptr_t)&crowd_word, UINT32_MAX, &woken));
        }
        fe_clock_sleep_until(fe_clock_after(3 * MILLISECOND));
        uint64_t bits;
        (void)!fe_event_wait(crowd_event, UINT64_MAX, 0, &bits); // what is left of the signal
    }
}

// Ten thousand timers that are due at the same instant, again and again.
static enum status expiring(void)
{
    enum : uint32_t { TIMERS = 10'000 };
    static fe_handle timer[TIMERS];
    for (uint32_t i = 0; i < TIMERS; i++) TRY(fe_event_create(&timer[i]));
    for (;;) {
        uint64_t bits, due = fe_clock_after(60 * MILLISECOND);
        for (uint32_t i = 0; i < TIMERS; i++) TRY(fe_event_arm(timer[i], 1, due, 0));
        for (uint32_t i = 0; i < TIMERS; i++) TRY(fe_event_wait(timer[i], 1, FE_FOREVER, &bits));
    }
}

static enum status naming(void)
{
    uint64_t id;
    TRY(fe_channel_create(&channel));
    TRY(fe_channel_mint(channel, 1, &session, &id));
    for (;;) {
        fe_handle space, clone;
        char path[200];
        TRY(fe_namespace_create(&space));
        for (uint32_t i = 0; i < 400; i++) {
            size_t size = fe_format(path, sizeof path, "/%u/%s/%u", i % 40,
                                    "a/path/of/some/length/that/does/not/fit/inside/the/entry", i);
            uint32_t order = i % 5 == 0 ? MOUNT_AFTER : MOUNT_REPLACE;
            if (i % 5 == 0) size = fe_format(path, sizeof path, "/union");
            TRY(fe_namespace_mount(space, path, size, path, size, session, order, &id));
        }
        TRY(fe_namespace_clone(space, &clone));
        for (uint32_t i = 0; i < 400; i += 7) {
            uint64_t mount;
            size_t length;
            uint32_t flags;
            TRY(fe_namespace_list(clone, i, path, sizeof path, &mount, &length, &flags));
            TRY(fe_namespace_session(clone, mount, path, sizeof path, &crowd_event, &length));
            TRY(fe_handle_close(crowd_event));
        }
        TRY(fe_handle_close(space));
        TRY(fe_handle_close(clone));
    }
}

static const struct role {
    const char *name;
    enum status (*run)(void);
} roles[] = {{"spawning", spawning},     {"mapping", mapping},   {"copying", copying},
             {"destroying", destroying}, {"flooding", flooding}, {"faulting", faulting},
             {"threading", threading},   {"naming", naming},     {"expiring", expiring},
             {"serving", serving},       {"large", grow}};

int load_run(const char *role)
{
    if (strcmp(role, "crash") == 0) *(volatile char *)unmapped_address = 1;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (strcmp(role, roles[i].name) != 0) continue;
        enum status status = roles[i].run();
        if (status != OK) guest_print("load %s ended: %d\n", role, status);
        return status == OK ? 0 : 2;
    }
    return 0;
}

enum status load_start(struct fe_child child[static LOAD_COUNT])
{
    for (uint32_t i = 0; i < LOAD_COUNT; i++) {
        const struct fe_start_handle *file = fe_start_find("image-file");
        struct fe_spawn_handle handle = {"image-file", file->handle, file->value, true};
        TRY(guest_spawn(roles[i].name, &handle, 1, &child[i]));
    }
    return OK;
}
