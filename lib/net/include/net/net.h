// SPDX-License-Identifier: MIT
// What the IP service's files under /net take and give, for those who speak to them (the C
// library's sockets, ip, ping). For each protocol P of tcp, udp, icmp and icmpv6:
//     /net/P/clone      open: makes a conversation; the open file is then its ctl
//     /net/P/N/ctl      read: N; write: one of the commands below
//     /net/P/N/data     bytes of the connection (tcp), or one datagram for each read and write
//     /net/P/N/listen   open: waits for a call, makes its conversation; the open file is then its
//     ctl /net/P/N/local    address!port /net/P/N/remote   address!port /net/P/N/status   state and
//     figures /net/P/N/error    errno of what failed last, in decimal; reading forgets it
// A conversation ends when none of its files is open.
//
// Commands (addresses are IPv4 or IPv6 text, `*` is any of both; one command a write):
//     bind A!PORT         chooses the local end (port 0: any free one)
//     connect A!PORT      waits until the connection is made; a ctl opened with OPEN_NONBLOCK gets
//     EINPROGRESS
//                         and finds data writable, or an error, later. udp, icmp: fixes the remote
//                         end
//     announce BACKLOG    takes calls (tcp)
//     shutdown            no more will be sent
//     hangup              ends the connection at once
//     headers             each datagram read or written begins with a struct net_datagram
//     set NAME VALUE      nodelay, keepalive, reuse, broadcast, v6only (0 or 1), ttl, tos;
//                         keepidle, keepinterval (seconds), keepcount
// The ctl of a conversation polls like its data; of one that takes calls: readable when a call
// waits.
#pragma once

#include <stdint.h>

struct net_datagram {
    uint8_t remote[16];               // IPv4: the first 4 bytes
    uint8_t local[16];                // read only
    uint16_t remote_port, local_port; // host byte order
    uint8_t version;                  // 4 or 6
    uint8_t hops;                     // read only: the limit that it arrived with
    uint8_t zero[2];
    uint32_t scope; // interface of a link-local address, 0: none
};
