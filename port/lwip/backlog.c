// SPDX-License-Identifier: MIT
// Bounds on what strangers make a listener remember. Calls that nobody may ever complete: when
// there are as many as a listener allows, a new one takes the place of the one that has been silent
// for longest, so that a flood of them keeps nobody out who answers in time (RFC 4987, section 3.5).
// Connections that are over, and are kept only for what may still be on its way (TIME-WAIT): beyond
// a number, the oldest is forgotten. A listener that has as many complete calls as its program wants
// answers none until one of them is taken; who called asks again, and is not refused (RFC 9293, section
// 3.8.1). The same holds for a machine that has no random numbers yet.
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

// lwIP's own tcp_backlog_set() has no 0.
void lwip_backlog_set(struct tcp_pcb *listener, uint8_t count)
{
    if (listener != NULL && listener->state == LISTEN)
        ((struct tcp_pcb_listen *)listener)->backlog = count;
}

// One that was answered is completed all the same: its peer may have sent data already.
static bool is_for_full(const struct tcp_pcb *pcb, unsigned flags)
{
    return pcb->state == LISTEN && (flags & TCP_SYN) != 0 &&
           ((const struct tcp_pcb_listen *)pcb)->backlog == 0;
}

// A call of another host, while others could guess where the answer's stream begins (RFC 6528).
static bool is_premature(void)
{
    return !lwip_random_is_secret() && !lwip_address_is_own(ip_current_src_addr());
}

err_t lwip_backlog_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    unsigned flags = TCPH_FLAGS(header);
    bool is_call =
        pcb->state == LISTEN && (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
    if (is_for_full(pcb, flags) || (is_call && is_premature())) return ERR_MEM;
    if (is_call)
        half_open_limit((const struct tcp_pcb_listen *)pcb);
    if (pcb->state >= FIN_WAIT_1 && pcb->state != TIME_WAIT && (flags & (TCP_FIN | TCP_ACK)) != 0)
        time_wait_limit();
    return ERR_OK;
}
