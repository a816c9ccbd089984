// SPDX-License-Identifier: MIT
// The timers of TCP look only at connections for which time matters: those of which something is on
// its way, is to be sent or is out of order, those that are made or ended, and those that are kept
// alive. The others wait without a cost, however many they are: what comes in or goes out makes
// them busy again. When none is busy, the timers rest.
#include <lwip_hooks.h>

#include <lwip/priv/tcp_priv.h>

struct tcp_pcb *lwip_busy_pcbs;

void lwip_busy_begin(struct tcp_pcb *pcb)
{
    if (pcb->ends.at == NULL || pcb->state == TIME_WAIT || pcb->busy_at != NULL) return;
    pcb->busy_next = lwip_busy_pcbs;
    pcb->busy_at = &lwip_busy_pcbs;
    if (lwip_busy_pcbs != NULL) lwip_busy_pcbs->busy_at = &pcb->busy_next;
    lwip_busy_pcbs = pcb;
    tcp_timer_needed();
}

void lwip_busy_end(struct tcp_pcb *pcb)
{
    if (pcb->busy_at == NULL) return;
    *pcb->busy_at = pcb->busy_next;
    if (pcb->busy_next != NULL) pcb->busy_next->busy_at = pcb->busy_at;
    pcb->busy_next = NULL;
    pcb->busy_at = NULL;
}

// Whether it is in a state in which it may stay for ever.
static bool is_lasting(const struct tcp_pcb *pcb)
{
    if (pcb->state == FIN_WAIT_2) return (pcb->flags & TF_RXCLOSED) == 0;
    return (pcb->state == ESTABLISHED || pcb->state == CLOSE_WAIT) &&
           !ip_get_option(pcb, SOF_KEEPALIVE);
}

void lwip_busy_look(struct tcp_pcb *pcb)
{
    unsigned undone = TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND | TF_NAGLEMEMERR;
    if (!is_lasting(pcb) || (pcb->flags & undone) != 0 || pcb->poll != NULL) return;
    if (pcb->unsent == NULL && pcb->unacked == NULL && pcb->ooseq == NULL &&
        pcb->refused_data == NULL)
        lwip_busy_end(pcb);
}
