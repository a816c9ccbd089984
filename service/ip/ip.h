// SPDX-License-Identifier: MIT
// The IP service's own words. One thread runs everything: requests, frames, lwIP and its timers;
// nothing is locked. lwIP's callbacks only note what happened (conversation_touch); requests that
// wait run again after lwIP has returned, so that no request ever runs inside of it.
#pragma once

#include "number.h"

#include <9p/server.h>
#include <9p/tree.h>
#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

enum : uint64_t { BIT_FRAMES = 1, BIT_TIMER = 2, BIT_DEVICES = 4, BIT_LINK = 8 };

enum conversation_state : uint32_t {
    STATE_IDLE,
    STATE_CONNECTING,
    STATE_CONNECTED,
    STATE_ANNOUNCED,
    STATE_CLOSED,
};

struct datagram { // received, waiting to be read
    struct datagram *next;
    struct pbuf *packet;
    ip_addr_t remote, local;
    uint16_t remote_port;
    uint8_t hops; // the limit that it arrived with
};

struct view;
struct rules;

struct owner { // who made a conversation; of a call, its listener
    uint32_t uid, gid;
};

struct options { // of tcp, beside those that lwIP keeps; a call has its listener's
    bool is_undelayed, is_reset;
    uint16_t keep_idle, keep_interval, keep_count; // seconds; times
};

struct conversation {
    struct conversation *next_touched, *next_early;
    bool is_touched;
    bool is_early; // it goes on when there is a way; in STATE_CONNECTING: to `remote`
    const struct protocol *protocol;
    struct view *view;         // that it was made in; nullptr: the whole network
    const struct rules *rules; // the view's; nullptr: it may do everything
    struct owner owner;        // nobody else can use its files
    uint32_t number;
    uint32_t opens; // open files; none: it ends
    enum conversation_state state;
    int error; // errno, for the next who asks
    bool is_remote_closed, is_local_closed, has_headers;
    bool is_six_only; // `v6only`: its end is of no version but IPv6
    struct options options;
    void *pcb; // lwIP's; nullptr: none (any more)
    ip_addr_t local, remote;
    uint16_t local_port, remote_port;
    struct p9_node *ctl, *data, *listen;
    struct pbuf *stream, *stream_last; // received bytes (tcp): pbufs in our own list by `next`
    struct datagram *first_datagram, **last_datagram;
    size_t queued;                               // bytes received and not read
    const void *bytes;                           // of a read: where they lie, when not copied
    struct conversation *first_call, *last_call; // that wait to be taken; the last if there is one
    struct conversation *next_call;              // in such a list
    uint32_t calls, backlog;
    uint64_t sent, received; // bytes
};

// What a protocol does. All return 0 or a negative errno, or P9_LATER.
struct protocol {
    const char *name;
    struct numbers *numbers; // of its conversations
    int (*create)(struct conversation *conversation);
    void (*close)(struct conversation *conversation); // frees the pcb and what was received
    int (*bind)(struct conversation *conversation, const ip_addr_t *address, uint16_t port);
    int (*connect)(struct conversation *conversation, const ip_addr_t *address, uint16_t port);
    int (*announce)(struct conversation *conversation, uint32_t backlog);
    int (*shutdown)(struct conversation *conversation);
    int (*hangup)(struct conversation *conversation);
    int (*set)(struct conversation *conversation, const char *name, uint32_t value);
    int64_t (*read)(struct conversation *conversation, void *to, size_t count);
    int64_t (*write)(struct conversation *conversation, const void *from, size_t count);
    uint32_t (*ready)(const struct conversation *conversation);
};
extern const struct protocol tcp_protocol, udp_protocol, icmp_protocol, icmpv6_protocol;

extern struct p9_server server;
extern struct p9_node *tree;

// A conversation with its files below /net/<protocol>/<number>, as the view has it (nullptr: none).
// nullptr: no memory.
struct conversation *conversation_create(const struct protocol *protocol, struct view *view,
                                         struct owner owner);
// When nothing refers to it: gives everything back.
void conversation_destroy(struct conversation *conversation);
// Something about it changed: those who wait are run again by conversations_settle().
void conversation_touch(struct conversation *conversation);
void conversations_settle(void);
// Adds <protocol>/clone, to the whole network or a view. 0 or a negative errno. `door` stays.
struct door;
int conversation_serve(const struct door *door);

// An address and nothing else but a zone, which address_parse() finds. False: it is none.
bool address_read(const char *text, ip_addr_t *address);
// Reads "address!port" or "*!port", with %interface behind an address of one link. 0 or an errno.
// ENODEV: after the % is neither an interface's name nor its number. EINVAL: it is none, or of one
// link, of which it does not say which.
int address_parse(const char *text, ip_addr_t *address, uint16_t *port);
// Of one link: which must be known, or the only one there is.
int address_settle(ip_addr_t *address);
// The address as text, in small letters as RFC 5952 has it; `name` has IPADDR_STRLEN_MAX bytes.
const char *address_name(const ip_addr_t *address, char *name);
void address_print(struct p9_text *text, const ip_addr_t *address, uint16_t port);
// errno for lwIP's err_t: 0 or negative.
int lwip_errno(int8_t error);

// Links: Ethernet cards that the device manager shows come and go.
void links_init(void);
void links_devices_changed(void); // BIT_DEVICES
void links_state_changed(void);   // BIT_LINK
void links_pump(void);            // BIT_FRAMES
void links_flush(void);           // after lwIP ran: rings the drivers
void links_print(struct p9_text *text);
void link_print(struct p9_text *text, struct netif *netif);
const char *link_name(const struct netif *netif); // "ether0", "loopback"
uint16_t link_mtu(const struct netif *netif);     // the most that its card can carry
void links_look(void);                            // for cards that are ours now
int link_leave(const char *name);                 // 0, or -ENODEV

// Which cards are this stack's: those of the program's arguments, or all. 0 or a negative errno.
int cards_choose(int count, char **names);
bool card_is_ours(const char *name);
int card_set(const char *name, bool is_ours);

// An interface's files below /net/ipifc, and a card's.
int interface_add(struct netif *netif);
void interfaces_start(void); // from then on temporary addresses come and go
void interface_remove(struct netif *netif);
// A command to an interface's ctl.
int configure_interface(struct p9_request *request, struct netif *netif, const char *bytes,
                        size_t size);
// Files about neighbours, ways and counters. 0 or a negative errno.
int tables_serve(void);

// option.c: `set` of tcp; what a conversation begins with, and a call gets from its listener; and
// all options, as `set` takes them, a line of the status.
int tcp_set(struct conversation *conversation, const char *name, uint32_t value);
void tcp_options_init(struct conversation *conversation);
void tcp_options_pass(const struct conversation *listener, struct conversation *call);
void options_print(const struct conversation *conversation, struct p9_text *text);

// What was read of streams goes, when all answers are sent.
void tcp_spent_free(void);
// A call was added to those of the listener that wait, or taken: whether it takes more.
void tcp_calls_changed(struct conversation *listener);

// Bind to a port that is drawn at random, when `port` is 0. 0 or a negative errno: EADDRINUSE for
// an end that packets for another one could be meant for.
struct tcp_pcb;
struct udp_pcb;
int tcp_port_bind(struct tcp_pcb *pcb, const ip_addr_t *address, uint16_t port);
int udp_port_bind(struct udp_pcb *pcb, const ip_addr_t *address, uint16_t port);
bool tcp_port_is_taken(const struct tcp_pcb *pcb, const ip_addr_t *address, uint16_t port);
// `set v6only`, of a conversation whose pcb has this local end. 0, or -EINVAL: it is bound.
int port_six_only(struct conversation *conversation, ip_addr_t *local, uint16_t port, bool is_so);

// The address that packets to `remote` come from; `local` is it where it was chosen already. 0 or
// -ENETUNREACH.
int route_find(const ip_addr_t *local, const ip_addr_t *remote, const ip_addr_t **source);
// Whether there may be a way soon: an address is being got from the network.
bool route_is_coming(const ip_addr_t *remote);

// A frame that came, for lwIP: a copy, padded with zeros to Ethernet's least size. nullptr: no
// memory, or larger than lwIP can have it.
struct pbuf *frame_make(const void *bytes, uint32_t size);
// Whether it is a packet that says that it comes from this host itself, which none of a card does.
bool frame_is_spoofed(const struct pbuf *frame);

// checksum.c: whether the checksums of IP, and of TCP when the card does not vouch for it, are
// right; of what frame_find_tcp() (segment.h) found.
bool frame_is_sound(const uint8_t *frame, uint32_t tcp, uint32_t end, bool is_vouched);
// Leaves the checksum of a whole TCP to the card. What is said beside the frame: driver/ethernet.h.
uint32_t frame_leave_sum(uint8_t *frame, uint32_t size);
// Whether what a card vouches for is the whole packet, of one that may have TCP or UDP.
bool frame_is_whole(const uint8_t *frame, uint32_t size);

// Frames that follow each other in one stream of TCP, as one packet (coalesce.c): fewer and larger
// ones are cheaper. They stay where they are until that is made.
enum : uint32_t { RUN_MAX = 64 };
struct frame_run {
    uint32_t count;
    struct {
        const uint8_t *frame;
        uint32_t header, payload; // bytes
    } part[RUN_MAX];
    uint32_t payload, next; // of all; where the stream goes on
};
// False: it does not belong there. The first one does when it is whole and sound.
bool frame_run_add(struct frame_run *run, const uint8_t *frame, uint32_t size, bool is_vouched);
// The packet of all that were added, two at least. nullptr: no memory.
struct pbuf *frame_run_make(const struct frame_run *run);

// The interface of a card by its name in /dev; nullptr: none.
struct netif *link_netif(const char *name);

// Files about the host: interfaces, resolv.conf, statistics; and ctl, which configures it. 0 or a
// negative errno.
int host_serve(void);

// Of a tree entry: the name servers, in the form that resolvers read. And whether this is one.
int host_resolvers(struct p9_request *request, void *context, struct p9_text *text);
bool host_is_name_server(const ip_addr_t *address);
const ip_addr_t *host_name_server(uint32_t index);        // nullptr: there are fewer
bool host_time_server(uint32_t index, ip_addr_t *server); // false: there are fewer

// This machine's name, from /etc/hostname; nullptr: it has none.
const char *host_name(void);

// The name servers, or the time servers, from now on, in place of those that the network tells;
// none: those again. 0 or -ENOMEM.
int host_choose_name_servers(const ip_addr_t *servers, uint32_t count);
int host_choose_time_servers(const ip_addr_t *servers, uint32_t count);
int configure_serve(void);

// Adds /net/changes. 0 or a negative errno.
int changes_serve(void);
void changes_note(void);   // what the network tells may be another now
void changes_settle(void); // tells of it, when it is
