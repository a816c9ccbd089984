// SPDX-License-Identifier: MIT
// Connections that their programs have closed, and that have something to deliver yet: nobody is
// left to end them. One whose other end has taken nothing for two minutes, because it has vanished
// or lets nothing in, is reset and forgotten (RFC 9293, section 3.8.3, leaves how long to wait to
// whoever implements it). What is on its way stays with one that takes a byte now and then. When
// all is delivered, lwIP waits 20 seconds for the other end to end it, too.
//
// Together they have a part of memory. When it is full, the one whose other end has taken nothing for
// longest goes before its time: who makes many of them and takes nothing loses its own first. The one
// that was closed last stays, whatever it has.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>

enum : u32_t {
    ORPHAN_TIME = 120000, // ms
    PIECE_BYTES = 384,    // of a piece of what is to be sent, besides its bytes
};

size_t lwip_orphans_room = 32 << 20;
u32_t lwip_orphans_dropped;
static struct lwip_line orphans;
static size_t orphans_bytes;

static void measure(struct tcp_pcb *pcb)
{
    u32_t before = pcb->orphan_bytes;
    pcb->orphan_bytes =
        sizeof *pcb + (pcb->snd_lbb - pcb->lastack) + pcb->snd_queuelen * PIECE_BYTES;
    orphans_bytes = orphans_bytes - before + pcb->orphan_bytes;
}

// lwIP does not look at when such a one has heard something: from now on it is when something was
// taken. It may have been idle, and no timer looked at it.
void lwip_orphan_begin(struct tcp_pcb *pcb)
{
    pcb->tmr = tcp_ticks;
    lwip_busy_begin(pcb);
    bool is_call = (pcb->flags & TF_BACKLOGPEND) != 0; // and in the line of its listener
    if (pcb->busy_at == NULL || is_call || pcb->orphan_bytes != 0) return;
    tcp_free_ooseq(pcb);
    lwip_line_put(&orphans, pcb);
    measure(pcb);
}

void lwip_orphan_end(struct tcp_pcb *pcb)
{
    if (pcb->orphan_bytes == 0) return;
    lwip_line_take(&orphans, pcb);
    orphans_bytes -= pcb->orphan_bytes;
    pcb->orphan_bytes = 0;
}

static void orphan_renew(struct tcp_pcb *pcb)
{
    pcb->tmr = tcp_ticks;
    if (pcb->orphan_bytes == 0) return;
    lwip_line_take(&orphans, pcb);
    lwip_line_put(&orphans, pcb);
    measure(pcb); // before this acknowledgement
}

void lwip_orphan_receive(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    bool is_orphan = pcb->state != LISTEN && (pcb->flags & TF_RXCLOSED) != 0;
    if (is_orphan && (TCPH_FLAGS(header) & TCP_ACK) != 0 &&
        TCP_SEQ_BETWEEN(header->ackno, pcb->lastack + 1, pcb->snd_nxt))
        orphan_renew(pcb);
}

bool lwip_orphan_look(struct tcp_pcb *pcb)
{
    if (pcb->orphan_bytes != 0) measure(pcb);
    bool is_done = pcb->state == FIN_WAIT_2 || pcb->state == TIME_WAIT;
    return (pcb->flags & TF_RXCLOSED) != 0 && !is_done &&
           tcp_ticks - pcb->tmr > ORPHAN_TIME / TCP_SLOW_INTERVAL;
}

// One that has delivered all is not reset: its other end may not have read it yet.
void lwip_orphans_limit(void)
{
    if (orphans.last != NULL) measure(orphans.last);
    while (orphans_bytes > lwip_orphans_room && orphans.first != orphans.last) {
        struct tcp_pcb *silent = orphans.first;
        lwip_orphans_dropped++;
        tcp_abandon(silent, silent->state != FIN_WAIT_2);
    }
}
