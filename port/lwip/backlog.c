// SPDX-License-Identifier: MIT
// Bounds on what strangers make a listener remember. Calls that nobody may ever complete: when
// there are as many as a listener allows, a new one takes the place of the one that has been silent
// for longest, so that a flood of them keeps nobody out who answers in time (RFC 4987, section 3.5).
// A listener has them in that order, so that what a call costs does not grow with their number. When
// those of all listeners have as much memory as they may, a listener has no more than a few.
// Connections that are over, and are kept only for what may still be on its way (TIME-WAIT): beyond
// a number, the oldest is forgotten. A listener that has as many complete calls as its program wants
// answers none until one of them is taken; who called asks again, and is not refused (RFC 9293, section
// 3.8.1). The same holds for a machine that has no random numbers yet.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>

enum : u32_t {
    TIME_WAIT_MAX = 1024,
    CALL_BYTES = 1024, // of one, with the answer that may have to be sent again
};

size_t lwip_calls_room = 8 << 20;
static u32_t calls_count; // of all listeners

static void call_put(struct lwip_line *calls, struct tcp_pcb *pcb)
{
    lwip_line_put(calls, pcb);
    calls_count++;
}

static void call_take(struct lwip_line *calls, struct tcp_pcb *pcb)
{
    lwip_line_take(calls, pcb);
    calls_count--;
}

void lwip_call_begin(struct tcp_pcb_listen *listener, struct tcp_pcb *pcb)
{
    pcb->listener = listener;
    call_put(&listener->calls, pcb);
}

void lwip_call_end(struct tcp_pcb *pcb)
{
    call_take(&pcb->listener->calls, pcb);
}

void lwip_calls_drop(struct tcp_pcb_listen *listener)
{
    while (listener->calls.first != NULL) tcp_abandon(listener->calls.first, 0);
}

// It is not silent.
static void call_renew(struct tcp_pcb *pcb)
{
    call_take(&pcb->listener->calls, pcb);
    call_put(&pcb->listener->calls, pcb);
}

static void calls_limit(const struct tcp_pcb_listen *listener)
{
    u32_t most = listener->backlog;
    if (most > LWIP_CALLS_MIN && calls_count >= lwip_calls_room / CALL_BYTES) most = LWIP_CALLS_MIN;
    if (listener->calls.count >= most) tcp_abandon(listener->calls.first, 0);
}

static void time_wait_limit(void)
{
    if (lwip_over_count >= TIME_WAIT_MAX) tcp_abandon(lwip_over_first, 0);
}

// lwIP's own tcp_backlog_set() has no 0.
void lwip_backlog_set(struct tcp_pcb *listener, uint32_t count)
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
    if (is_call) calls_limit((const struct tcp_pcb_listen *)pcb);
    if (pcb->state == SYN_RCVD && (flags & TCP_RST) == 0) call_renew(pcb);
    if (pcb->state >= FIN_WAIT_1 && pcb->state != TIME_WAIT && (flags & (TCP_FIN | TCP_ACK)) != 0)
        time_wait_limit();
    return ERR_OK;
}
