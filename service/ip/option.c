// SPDX-License-Identifier: MIT
// Options of conversations: what `set` sets, and the status tells. Those of tcp are kept here and
// given to lwIP's connection, which a listener is not: a call that it takes has what it has.
#include "ip.h"

#include <errno.h>
#include <lwip/ip.h>
#include <lwip/tcp.h>
#include <lwip_hooks.h>
#include <string.h>

enum : uint16_t { KEEP_MOST = 32767 }; // seconds, and times

static void options_apply(const struct conversation *conversation)
{
    const struct options *options = &conversation->options;
    struct tcp_pcb *pcb = conversation->pcb;
    if (conversation->state == STATE_ANNOUNCED) return;
    pcb->keep_idle = (uint32_t)options->keep_idle * 1000;
    pcb->keep_intvl = (uint32_t)options->keep_interval * 1000;
    pcb->keep_cnt = options->keep_count;
    if (options->is_undelayed)
        tcp_nagle_disable(pcb);
    else
        tcp_nagle_enable(pcb);
    lwip_busy_begin(pcb); // it may need the timers
}

void tcp_options_init(struct conversation *conversation)
{
    const struct tcp_pcb *pcb = conversation->pcb;
    conversation->options = (struct options){.keep_idle = (uint16_t)(pcb->keep_idle / 1000),
                                             .keep_interval = (uint16_t)(pcb->keep_intvl / 1000),
                                             .keep_count = (uint16_t)pcb->keep_cnt};
}

void tcp_options_pass(const struct conversation *listener, struct conversation *call)
{
    const struct tcp_pcb_listen *from = listener->pcb;
    struct tcp_pcb *to = call->pcb;
    call->is_six_only = listener->is_six_only;
    call->options = listener->options;
    to->ttl = from->ttl;
    to->tos = from->tos;
    options_apply(call);
}

// When a connection that is kept alive asks whether the other end is there, in seconds, and how
// often until it is not. -ENOPROTOOPT: it is none of these.
static int keeping_set(struct options *options, const char *name, uint32_t value)
{
    uint16_t *which = nullptr;
    if (strcmp(name, "keepidle") == 0) which = &options->keep_idle;
    if (strcmp(name, "keepinterval") == 0) which = &options->keep_interval;
    if (strcmp(name, "keepcount") == 0) which = &options->keep_count;
    if (which == nullptr) return -ENOPROTOOPT;
    if (value == 0 || value > KEEP_MOST) return -EINVAL;
    *which = (uint16_t)value;
    return 0;
}

static int byte_set(uint8_t *which, uint32_t value, uint32_t least)
{
    if (value < least || value > UINT8_MAX) return -EINVAL;
    *which = (uint8_t)value;
    return 0;
}

static int flag_set(struct tcp_pcb *pcb, uint8_t option, bool value)
{
    if (value)
        ip_set_option(pcb, option);
    else
        ip_reset_option(pcb, option);
    return 0;
}

int tcp_set(struct conversation *conversation, const char *name, uint32_t value)
{
    struct tcp_pcb *pcb = conversation->pcb;
    struct options *options = &conversation->options;
    if (pcb == nullptr) return -EINVAL;
    if (strcmp(name, "v6only") == 0)
        return port_six_only(conversation, &pcb->local_ip, pcb->local_port, value != 0);
    if (strcmp(name, "ttl") == 0) return byte_set(&pcb->ttl, value, 1);
    if (strcmp(name, "tos") == 0) return byte_set(&pcb->tos, value, 0);
    int error = 0;
    if (strcmp(name, "keepalive") == 0)
        error = flag_set(pcb, SOF_KEEPALIVE, value != 0);
    else if (strcmp(name, "reuse") == 0)
        error = flag_set(pcb, SOF_REUSEADDR, value != 0);
    else if (strcmp(name, "nodelay") == 0)
        options->is_undelayed = value != 0;
    else if (strcmp(name, "reset") == 0)
        options->is_reset = value != 0;
    else
        error = keeping_set(options, name, value);
    if (error == 0) options_apply(conversation);
    return error;
}

void options_print(const struct conversation *conversation, struct p9_text *text)
{
    const struct ip_pcb *pcb = conversation->pcb; // every pcb begins so
    const struct options *options = &conversation->options;
    if (pcb == nullptr) return;
    p9_print(text, "options v6only %d reuse %d ttl %u tos %u", conversation->is_six_only,
             ip_get_option(pcb, SOF_REUSEADDR) != 0, pcb->ttl, pcb->tos);
    if (conversation->protocol == &tcp_protocol)
        p9_print(text, " keepalive %d nodelay %d reset %d keepidle %u keepinterval %u keepcount %u",
                 ip_get_option(pcb, SOF_KEEPALIVE) != 0, options->is_undelayed, options->is_reset,
                 options->keep_idle, options->keep_interval, options->keep_count);
    else
        p9_print(text, " broadcast %d", ip_get_option(pcb, SOF_BROADCAST) != 0);
    p9_print(text, "\n");
}
