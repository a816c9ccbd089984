// SPDX-License-Identifier: MIT
// Bounds on what strangers make a listener remember. Calls that nobody may ever complete: when
// there are as many as a listener allows, a new one takes the place of the one that has been silent
// for longest, so that a flood of them keeps nobody out who answers in time (RFC 4987, section 3.5).
// Connections that are over, and are kept only for what may still be on its way (TIME-WAIT): beyond
// a number, the oldest is forgotten.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>

enum { TIME_WAIT_MAX = 1024 };

// Whether nothing came from the first for at least as long as from the other.
static bool is_older(const struct tcp_pcb *pcb, const struct tcp_pcb *other)
{
    return other == NULL || tcp_ticks - pcb->tmr >= tcp_ticks - other->tmr;
}

static void half_open_limit(const struct tcp_pcb_listen *listener)
{
    struct tcp_pcb *oldest = NULL;
    if (listener->accepts_pending < listener->backlog) return;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next) {
        if (pcb->state == SYN_RCVD && pcb->listener == listener && is_older(pcb, oldest))
            oldest = pcb;
    }
    if (oldest != NULL) tcp_abandon(oldest, 0);
}

static void time_wait_limit(void)
{
    if (lwip_over_count >= TIME_WAIT_MAX) tcp_abandon(lwip_over_first, 0);
}

void lwip_backlog_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    unsigned flags = TCPH_FLAGS(header);
    if (pcb->state == LISTEN && (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
        half_open_limit((const struct tcp_pcb_listen *)pcb);
    if (pcb->state >= FIN_WAIT_1 && pcb->state != TIME_WAIT && (flags & (TCP_FIN | TCP_ACK)) != 0)
        time_wait_limit();
}
