// SPDX-License-Identifier: MIT
// The IP service: serves /net (net/net.h) on top of lwIP. One loop: a request, a doorbell of a
// driver, or a timer; then lwIP's due timers run, frames go out, requests that waited run again,
// and the next timer is armed.
#include "ip.h"
#include "view.h"

#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/log.h>
#include <ferrite/clock.h>
#include <lwip/init.h>
#include <lwip/timeouts.h>
#include <stdio.h>
#include <string.h>

struct p9_server server;
struct p9_node *tree;

static uint64_t armed; // when the timer goes off; 0: it does not

// The next of lwIP's timers is waited for: again only when that is earlier than what is waited for.
// Times are compared in lwIP's steps of 1 ms. One that is due by now goes off at once: what it does
// has to be settled, too.
static void arm_timer(void)
{
    uint32_t wait = sys_timeouts_sleeptime(); // ms
    if (wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE) return;
    uint64_t deadline = fe_clock_after((uint64_t)wait * 1'000'000);
    if (armed != 0 && armed <= deadline + 1'000'000) return;
    if (fe_event_arm(server.event, BIT_TIMER, deadline, 0) == OK) armed = deadline;
}

static void signalled(struct p9_server *unused, uint64_t bits)
{
    if ((bits & BIT_TIMER) != 0) armed = 0;
    if ((bits & BIT_DEVICES) != 0) links_devices_changed();
    if ((bits & BIT_LINK) != 0) links_state_changed();
}

// After each message or notice: everything that follows from it.
static void settle(void)
{
    links_pump(); // also what came with the message, and on a link that was attached just now
    if (sys_timeouts_sleeptime() == 0) {
        sys_check_timeouts();
        changes_note();
    }
    netif_poll_all();
    conversations_settle();
    netif_poll_all(); // what those requests sent to this host itself
    conversations_settle();
    views_settle();
    changes_settle();
    tcp_spent_free();
    links_flush();
    arm_timer();
}

static int serve(void)
{
    static const struct door doors[] = {
        {&tcp_protocol, nullptr},
        {&udp_protocol, nullptr},
        {&icmp_protocol, nullptr},
        {&icmpv6_protocol, nullptr},
    };
    server.name = "ip";
    server.signalled = signalled;
    int error = p9_tree_create(nullptr, 0, &tree);
    server.root = tree;
    for (size_t i = 0; error == 0 && i < sizeof(doors) / sizeof(doors[0]); i++)
        error = conversation_serve(&doors[i]);
    if (error == 0) error = host_serve();
    if (error == 0) error = tables_serve();
    if (error == 0) error = views_serve();
    if (error == 0) error = changes_serve();
    return error == 0 ? configure_serve() : error;
}

int main(int count, char **arguments)
{
    lwip_init();
    int error = cards_choose(count - 1, arguments + 1);
    if (error == 0) error = serve();
    if (error != 0 || p9_server_init(&server) != OK) {
        fe_log("cannot start, error %d", -error);
        return 1;
    }
    links_init();
    settle();
    if (p9_server_ready(&server, "", nullptr) != OK) return 1;
    while (p9_serve_once(&server, FE_FOREVER) == OK) settle();
    return 1;
}
