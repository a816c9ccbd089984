// SPDX-License-Identifier: MIT
// What UDP and the ICMPs share: datagrams that wait to be read, and their headers (net/net.h).
#pragma once

#include "ip.h"

// Queues what arrived (takes `packet` over), or drops it when the conversation has too much unread
// already, or may not hear from there.
void datagram_queue(struct conversation *conversation, struct pbuf *packet, const ip_addr_t *remote,
                    uint16_t remote_port);
int64_t datagram_read(struct conversation *conversation, void *to, size_t count);
void datagrams_drop(struct conversation *conversation);

// A packet to send, and where to.
struct outgoing {
    struct pbuf *packet;
    ip_addr_t remote;
    uint16_t port;
};

// Makes one from what was written. 0 or a negative errno.
int datagram_make(const struct conversation *conversation, const void *from, size_t count,
                  struct outgoing *outgoing);
// Makes one and has it sent. What of `count` went, all, or a negative errno; `send` gives lwIP's.
int64_t datagram_write(struct conversation *conversation, const void *from, size_t count,
                       int8_t (*send)(struct conversation *conversation,
                                      const struct outgoing *outgoing));
// broadcast, reuse, ttl, tos.
int datagram_set(struct conversation *conversation, const char *name, uint32_t value);
uint32_t datagram_ready(const struct conversation *conversation);
int datagram_refuse_call(struct conversation *conversation, uint32_t backlog);
int datagram_shutdown(struct conversation *conversation);
