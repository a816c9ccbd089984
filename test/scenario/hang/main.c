// SPDX-License-Identifier: MIT
// A service, and a driver, that does not come back, or follows a bad pointer, when it is told so:
// see test/scenario/hang.py. `ctl` takes the words, `said` gives those that it was told since it
// started.
#include <9p/tree.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/watchdog.h>
#include <string.h>
#include <sys/stat.h>

static const uintptr_t NOWHERE = 16; // no memory is mapped there

static struct p9_server server;
static char said[256];

static void wait_for_ever(void)
{
    fe_handle event;
    uint64_t bits;
    if (fe_event_create(&event) == OK) (void)!fe_event_wait(event, 1, FE_FOREVER, &bits);
}

// By its own service, which would have to come back first.
static void ask_oneself(void)
{
    fe_handle session;
    struct fe_message message = {.label = 1};
    if (p9_session_create(&server, server.root, nullptr, nullptr, &session) == OK)
        (void)!fe_channel_call(session, &message, FE_FOREVER);
}

static void work(uint64_t pieces, bool tells)
{
    for (uint64_t i = 0; i < pieces; i++) {
        fe_clock_sleep_until(fe_clock_after(250'000'000));
        if (tells) fe_watchdog_alive();
    }
}

static int command(struct p9_request *, void *, const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '\n') size--;
    struct p9_name word = {text, size};
    if (p9_name_is(word, "loop")) {
        for (;;) __asm__ volatile("");
    } else if (p9_name_is(word, "wait")) {
        wait_for_ever();
    } else if (p9_name_is(word, "ask")) {
        ask_oneself();
    } else if (p9_name_is(word, "fault")) {
        *(volatile char *)NOWHERE = 1;
    } else if (p9_name_is(word, "slow")) {
        work(1, false);
    } else if (p9_name_is(word, "long")) {
        work(16, true);
    } else if (p9_name_is(word, "flood")) {
        for (uint32_t i = 0; i < 3000; i++, fe_watchdog_alive()) fe_log("number %u of many", i);
    } else {
        return -EINVAL;
    }
    if (strlen(said) + size + 2 > sizeof said) return -ENOSPC;
    strncat(said, text, size);
    strcat(said, " ");
    return 0;
}

static int tell(struct p9_request *, void *, struct p9_text *text)
{
    p9_print(text, "said %s\n", said);
    return 0;
}

// Whoever opens it: the request is poison.
static int poison(struct p9_request *, struct p9_open *)
{
    wait_for_ever();
    return 0;
}

int main(void)
{
    static const struct p9_operations poisonous = {.open = poison};
    static const struct p9_tree_entry table[] = {
        {.path = "ctl", .mode = 0222, .command = command},
        {.path = "poison", .mode = 0444, .operations = &poisonous},
        {.path = "said", .mode = S_IFCHR | 0444, .text = tell}, // a device is opened again
    };
    server.name = "hang";
    if (p9_tree_create(table, sizeof table / sizeof *table, &server.root) != 0) return 1;
    if (p9_server_init(&server) != OK) return 1;
    if (p9_server_ready(&server, "hang", nullptr) != OK) return 1;
    p9_serve(&server);
}
