// SPDX-License-Identifier: MIT
// Connections by their ends (ends.c), those that the timers look at (idle.c), calls that are not
// complete (backlog.c), and those that their programs have closed (orphan.c).
#pragma once

#include <lwip/ip_addr.h>

#include <stdbool.h>

struct tcp_pcb;

struct lwip_ends { // its place among those with the same bucket
    struct tcp_pcb *next, **at;
    u32_t hash;
};

// Puts a connection into one of lwIP's lists, or takes it out, if it is there. Its ends stay the
// same meanwhile.
void lwip_ends_link(struct tcp_pcb **list, struct tcp_pcb *pcb);
void lwip_ends_unlink(struct tcp_pcb *pcb);

// The connection between these ends that is active, or over and still remembered. `interface`: by
// which its segment came, NETIF_NO_INDEX for any. NULL: none.
struct tcp_pcb *lwip_ends_find(const ip_addr_t *remote, u16_t remote_port, const ip_addr_t *local,
                               u16_t local_port, u8_t interface);

// Of those that are over and still remembered: how many there are, and which is so for longest.
extern u32_t lwip_over_count;
extern struct tcp_pcb *lwip_over_first;

// Whether somebody has this port. Now and then it is said of one that nobody has, of those that the
// system chooses from (RFC 6335, section 6), never the other way.
bool lwip_port_is_used(u16_t port);

// Those that the timers look at, by `busy_next`.
extern struct tcp_pcb *lwip_busy_pcbs;
void lwip_busy_begin(struct tcp_pcb *pcb); // if it is active
void lwip_busy_end(struct tcp_pcb *pcb);
void lwip_busy_look(struct tcp_pcb *pcb); // ends it, when there is nothing to wait for

struct lwip_place { // in a line
    struct tcp_pcb *before, *next;
};

struct lwip_line { // line.c: the first one has been silent for longest
    struct tcp_pcb *first, *last;
    u32_t count;
};

void lwip_line_put(struct lwip_line *line, struct tcp_pcb *pcb);
void lwip_line_take(struct lwip_line *line, struct tcp_pcb *pcb);

enum : u32_t { LWIP_CALLS_MIN = 64 }; // of a listener, whatever the others have

// Bytes that the calls of all listeners may have together.
extern size_t lwip_calls_room;

struct tcp_pcb_listen;
void lwip_call_begin(struct tcp_pcb_listen *listener, struct tcp_pcb *pcb);
void lwip_call_end(struct tcp_pcb *pcb); // it is complete, or over
void lwip_calls_drop(struct tcp_pcb_listen *listener); // all that it has

// Bytes that those which their programs have closed may have together; how many of them were given
// up for others.
extern size_t lwip_orphans_room;
extern u32_t lwip_orphans_dropped;

// orphan.c: its program closes it, it is no longer active, and the timer looks at it (true: it is to
// be given up); when one was closed, others may have to go.
void lwip_orphan_begin(struct tcp_pcb *pcb);
void lwip_orphan_end(struct tcp_pcb *pcb);
bool lwip_orphan_look(struct tcp_pcb *pcb);
void lwip_orphans_limit(void);
