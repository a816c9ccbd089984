// SPDX-License-Identifier: MIT
// The time service: keeps the time of day as servers of NTP tell it (ntp(4)). /net/ntp shows how.
#include "peer.h"

#include <9p/server.h>
#include <9p/tree.h>
#include <abi/clock.h>
#include <abi/syscalls.h>
#include <dial/dial.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <ferrite/status.h>
#include <stdlib.h>
#include <string.h>

enum : uint64_t { BIT_NET = 1, BIT_TIMER = 2, BIT_SETTINGS = 4 };
enum : uint32_t { ASKED_ENOUGH = 3 }; // a server that then has said nothing is not waited for

static struct p9_server server;
static struct peer peers[SERVERS_MOST];
static uint32_t peer_count;
static struct clock clock;
static int chosen = -1;
static int64_t last_offset;
static uint64_t slew_due;
static struct dial_watch watch;

static uint32_t peers_read(const char *path, struct peer *list)
{
    char *text = p9_read_whole(path);
    uint32_t count = text == nullptr ? 0 : peers_parse(text, list);
    free(text);
    return count;
}

static void signalled(struct p9_server *unused, uint64_t bits)
{
    dial_signalled(&watch, bits);
}

// The user's servers stand before those that the network tells. The same ones as before are asked
// on, those at once that could not be.
static void settings_look(void)
{
    static struct peer list[SERVERS_MOST];
    if (!dial_changed(&watch, server.event, BIT_SETTINGS)) return;
    uint32_t count = peers_read("/etc/ntp.conf", list);
    if (count == 0) count = peers_read("/net/ntp.conf", list);
    if (peers_are_same(peers, peer_count, list, count)) {
        for (uint32_t i = 0; i < count; i++) peer_resume(&peers[i]);
        return;
    }
    for (uint32_t i = 0; i < peer_count; i++) peer_end(&peers[i]);
    memcpy(peers, list, sizeof peers);
    peer_count = count;
    chosen = -1;
}

// Adds to the clock; what is known of it changes as much.
static void clock_move(int64_t part)
{
    uintptr_t address;
    if (part == 0 || fe_clock_page(&address) != OK) return;
    int64_t base = ((const volatile struct fe_clock_page *)address)->realtime;
    enum status status =
        fe_clock_adjust(fe_start_handle("resource/system"), (uint64_t)(base + part));
    if (status != OK) fe_log("cannot set the clock: %s", fe_status_text(status));
    for (uint32_t i = 0; i < peer_count; i++) {
        peers[i].sent += part;
        for (uint32_t k = 0; k < SAMPLES; k++) peers[i].filter.samples[k].offset -= part;
    }
}

static bool is_heard_enough(void)
{
    for (uint32_t i = 0; i < peer_count; i++) {
        const struct peer *peer = &peers[i];
        bool is_done = peer->verdict == VERDICT_NEVER || peer->asked >= ASKED_ENOUGH;
        if (!is_done && peer->filter.count == 0) return false;
    }
    return true;
}

static void clock_judge(void)
{
    const struct sample *samples[SERVERS_MOST];
    if (!clock.is_set && !is_heard_enough()) return;
    for (uint32_t i = 0; i < peer_count; i++) samples[i] = filter_best(&peers[i].filter);
    chosen = judge(samples, peer_count, &last_offset);
    if (chosen < 0) return;
    int64_t step = clock_told(&clock, last_offset);
    if (step == 0) return;
    fe_log("the clock is set by %lld ms, as %s says", (long long)(step / 1'000'000),
           peers[chosen].host);
    clock_move(step);
}

static void clock_run(void)
{
    if (clock.left == 0 || fe_clock_monotonic() < slew_due) return;
    clock_move(clock_slew(&clock));
    slew_due = fe_clock_after((uint64_t)SLEW_PERIOD);
}

static void arm_timer(void)
{
    uint64_t deadline = FE_FOREVER;
    if (clock.left != 0 && slew_due < deadline) deadline = slew_due;
    for (uint32_t i = 0; i < peer_count; i++) {
        if (peers[i].verdict != VERDICT_NEVER && peers[i].due < deadline) deadline = peers[i].due;
    }
    [[maybe_unused]] enum status status = fe_event_arm(server.event, BIT_TIMER, deadline, 0);
}

static void run(void)
{
    bool is_told = false;
    settings_look();
    for (uint32_t i = 0; i < peer_count; i++) {
        is_told |= peer_hear(&peers[i], server.event, BIT_NET);
        peer_run(&peers[i]);
        is_told |= peer_hear(&peers[i], server.event, BIT_NET);
    }
    if (is_told) clock_judge();
    clock_run();
    arm_timer();
}

static int status_text(struct p9_request *request, void *context, struct p9_text *text)
{
    static const char *const verdicts[] = {"wrong", "time", "lost", "slower", "never"};
    p9_print(text, "clock %s left %lld\n", clock.is_set ? "set" : "unset", (long long)clock.left);
    for (uint32_t i = 0; i < peer_count; i++) {
        const struct peer *peer = &peers[i];
        const struct sample *best = filter_best(&peer->filter);
        p9_print(text, "server %s!%u %s asked %u heard %u wrong %u stratum %u", peer->host,
                 (unsigned)peer->port, peer->heard == 0 ? "silent" : verdicts[peer->verdict],
                 (unsigned)peer->asked, (unsigned)peer->heard, (unsigned)peer->wrong,
                 (unsigned)peer->stratum);
        if (best != nullptr)
            p9_print(text, " offset %lld delay %lld", (long long)best->offset,
                     (long long)best->delay);
        p9_print(text, chosen == (int)i ? " chosen\n" : "\n");
    }
    return 0;
}

int main(void)
{
    struct p9_tree_entry entry = {.path = "ntp", .mode = 0444, .text = status_text};
    struct p9_node *status;
    int error = p9_tree_create(nullptr, 0, &server.root);
    server.name = "ntp";
    server.signalled = signalled;
    if (error == 0) error = p9_tree_add(server.root, &entry, &status);
    if (error != 0 || p9_server_init(&server) != OK) {
        fe_log("cannot start, error %d", -error);
        return 1;
    }
    if (p9_server_ready(&server, "", status) != OK) return 1;
    run();
    while (p9_serve_once(&server, FE_FOREVER) == OK) run();
    return 1;
}
