// SPDX-License-Identifier: MIT
// Connections in a line, by how long they have been silent: who is put is put at its end, and who has
// to go for others is the first. What is done costs the same however many there are.
#include <lwip_hooks.h>

void lwip_line_put(struct lwip_line *line, struct tcp_pcb *pcb)
{
    pcb->place = (struct lwip_place){.before = line->last};
    if (line->last == NULL)
        line->first = pcb;
    else
        line->last->place.next = pcb;
    line->last = pcb;
    line->count++;
}

void lwip_line_take(struct lwip_line *line, struct tcp_pcb *pcb)
{
    struct tcp_pcb *before = pcb->place.before, *next = pcb->place.next;
    if (before == NULL)
        line->first = next;
    else
        before->place.next = next;
    if (next == NULL)
        line->last = before;
    else
        next->place.before = before;
    line->count--;
}
