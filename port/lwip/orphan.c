// SPDX-License-Identifier: MIT
// Connections that their programs have closed, and that have something to deliver yet: nobody is
// left to end them. One whose other end has taken nothing for two minutes, because it has vanished
// or lets nothing in, is reset and forgotten (RFC 9293, section 3.8.3, leaves how long to wait to
// whoever implements it). What is on its way stays with one that takes a byte now and then. When
// all is delivered, lwIP waits 20 seconds for the other end to end it, too.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>

enum : u32_t { ORPHAN_TIME = 120000 }; // ms

// lwIP does not look at when such a one has heard something: from now on it is when something was
// taken. It may have been idle, and no timer looked at it.
void lwip_orphan_begin(struct tcp_pcb *pcb)
{
    pcb->tmr = tcp_ticks;
    lwip_busy_begin(pcb);
}

void lwip_orphan_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    bool is_orphan = pcb->state != LISTEN && (pcb->flags & TF_RXCLOSED) != 0;
    if (is_orphan && (TCPH_FLAGS(header) & TCP_ACK) != 0 &&
        TCP_SEQ_BETWEEN(header->ackno, pcb->lastack + 1, pcb->snd_nxt))
        pcb->tmr = tcp_ticks;
}

bool lwip_orphan_is_stuck(const struct tcp_pcb *pcb)
{
    bool is_done = pcb->state == FIN_WAIT_2 || pcb->state == TIME_WAIT;
    return (pcb->flags & TF_RXCLOSED) != 0 && !is_done &&
           tcp_ticks - pcb->tmr > ORPHAN_TIME / TCP_SLOW_INTERVAL;
}
