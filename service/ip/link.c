// SPDX-License-Identifier: MIT
// Links: an lwIP interface on top of each Ethernet driver's stream (driver/ethernet.h). The device
// manager tells when cards come and go; a driver that was started anew gets its interface back,
// with its addresses. Frames are copied once, between the driver's buffers and lwIP's, so that a
// slow reader can never hold the card's buffers.
#include "ip.h"

#include <9p/client.h>
#include <abi/syscalls.h>
#include <driver/ethernet.h>
#include <errno.h>
#include <ferrite/log.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <lwip/dhcp.h>
#include <lwip/dhcp6.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/snmp.h>
#include <lwip_lease6.h>
#include <lwip_privacy.h>
#include <netif/ethernet.h>
#include <poll.h>
#include <ring/ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct link {
    struct link *next;
    char name[32]; // "ether0", as in /dev
    struct netif netif;
    bool is_attached, is_listed;
    struct p9_file *state; // /dev/<name>/link
    struct ethernet_stream layout;
    uint8_t *memory;
    fe_handle memory_handle, doorbell;
    struct ring received, receive_free, transmit, transmit_free;
    uint64_t dropped;
    struct frame_run run; // of what is received just now
    uint32_t run_buffer[RUN_MAX];
    uint32_t told_transmit, told_free; // how far the driver was told of what is in the rings
};

static struct link *link_list;
static struct p9_file *changes; // the device manager's

static uint8_t *frame_at(const struct link *link, uint32_t buffer)
{
    return link->memory + link->layout.buffers + (size_t)buffer * link->layout.buffer_size +
           link->layout.headroom;
}

static uint32_t frame_room(const struct link *link)
{
    return link->layout.buffer_size - link->layout.headroom;
}

// The last buffers are for small frames: what those say, as that a connection is no more, is often
// said once, where data are sent again.
static bool has_buffer(const struct link *link, const struct pbuf *packet)
{
    enum : uint32_t { SMALL = 128, PART = 8 };
    return packet->tot_len <= SMALL ||
           ring_filled(&link->transmit_free) > link->layout.transmit_count / PART;
}

// lwIP sends a frame. Without a free buffer it is lost, as on a full wire; TCP sends it again.
static err_t output(struct netif *netif, struct pbuf *packet)
{
    struct link *link = netif->state;
    struct ring_entry entry;
    if (!link->is_attached) return ERR_IF;
    if (packet->tot_len > frame_room(link)) return ERR_BUF;
    const struct ethernet_stream *layout = &link->layout;
    if (!has_buffer(link, packet) || ring_take(&link->transmit_free, &entry) != OK ||
        entry.buffer - layout->receive_count >= layout->transmit_count) {
        link->dropped++;
        MIB2_STATS_NETIF_INC(netif, ifoutdiscards);
        return ERR_MEM;
    }
    MIB2_STATS_NETIF_ADD(netif, ifoutoctets, packet->tot_len);
    MIB2_STATS_NETIF_INC(netif, ifoutucastpkts);
    uint8_t *frame = frame_at(link, entry.buffer);
    entry.size = pbuf_copy_partial(packet, frame, packet->tot_len, 0);
    if (!NETIF_CHECKSUM_ENABLED(netif, NETIF_CHECKSUM_GEN_TCP))
        entry.size |= frame_leave_sum(frame, entry.size);
    return ring_put(&link->transmit, entry) == OK ? ERR_OK : ERR_IF;
}

// What the card makes, lwIP does not.
static void checksums_use(struct link *link)
{
    uint16_t made = link->layout.makes_checksums != 0 ? NETIF_CHECKSUM_GEN_TCP : 0;
    NETIF_SET_CHECKSUM_CTRL(&link->netif, (uint16_t)(NETIF_CHECKSUM_ENABLE_ALL & ~made));
}

static err_t netif_set_up_link(struct netif *netif)
{
    struct link *link = netif->state;
    checksums_use(link);
    netif->name[0] = 'e';
    netif->name[1] = 't';
    netif->mtu = (uint16_t)link->layout.mtu;
    netif->hwaddr_len = 6;
    memcpy(netif->hwaddr, link->layout.address, 6);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET |
                   NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->linkoutput = output;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    return ERR_OK;
}

// `known`: what is known to be right, of NETIF_CHECKSUM_CHECK.
static void input(struct link *link, struct pbuf *packet, uint32_t known)
{
    bool is_spoofed = packet != nullptr && frame_is_spoofed(packet);
    if (packet == nullptr || is_spoofed) link->dropped++;
    if (packet == nullptr) return;
    uint16_t flags = link->netif.chksum_flags;
    link->netif.chksum_flags &= (uint16_t)~known;
    if (is_spoofed || link->netif.input(packet, &link->netif) != ERR_OK) pbuf_free(packet);
    link->netif.chksum_flags = flags;
}

// The frames that are joined go to lwIP, and their buffers back. What was joined is sound, and its
// checksums are not of all of it.
static void run_end(struct link *link)
{
    struct frame_run *run = &link->run;
    uint32_t known = NETIF_CHECKSUM_CHECK_IP | NETIF_CHECKSUM_CHECK_TCP;
    uint32_t size = run->part[0].header + run->part[0].payload;
    if (run->count == 1)
        input(link, frame_make(run->part[0].frame, size), known);
    else if (run->count != 0)
        input(link, frame_run_make(run), known);
    for (uint32_t i = 0; i < run->count; i++)
        (void)ring_put(&link->receive_free, (struct ring_entry){link->run_buffer[i], 0});
    run->count = run->payload = 0;
}

// Of a frame that is alone.
static void input_one(struct link *link, const uint8_t *frame, uint32_t size, bool is_vouched)
{
    struct pbuf *packet = frame_make(frame, size);
    uint32_t known = 0;
    if (packet != nullptr && is_vouched && frame_is_whole(packet->payload, packet->len))
        known = NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
    input(link, packet, known);
}

static void receive(struct link *link, struct ring_entry entry)
{
    uint32_t size = entry.size & ETHERNET_SIZE;
    bool is_vouched = (entry.size & ETHERNET_VOUCHED) != 0;
    if (entry.buffer >= link->layout.receive_count || size > frame_room(link)) return;
    MIB2_STATS_NETIF_ADD(&link->netif, ifinoctets, size);
    MIB2_STATS_NETIF_INC(&link->netif, ifinucastpkts);
    const uint8_t *frame = frame_at(link, entry.buffer);
    struct frame_run *run = &link->run;
    bool is_joined = frame_run_add(run, frame, size, is_vouched);
    if (!is_joined && run->count != 0) {
        run_end(link);
        is_joined = frame_run_add(run, frame, size, is_vouched);
    }
    if (is_joined) {
        link->run_buffer[run->count - 1] = entry.buffer;
        return;
    }
    input_one(link, frame, size, is_vouched);
    (void)ring_put(&link->receive_free, (struct ring_entry){entry.buffer, 0});
}

void links_flush(void)
{
    for (struct link *link = link_list; link != nullptr; link = link->next) {
        if (!link->is_attached) continue;
        if (link->transmit.own != link->told_transmit) ring_notify(&link->transmit);
        if (link->receive_free.own != link->told_free) ring_notify(&link->receive_free);
        link->told_transmit = link->transmit.own;
        link->told_free = link->receive_free.own;
    }
}

void links_pump(void)
{
    for (struct link *link = link_list; link != nullptr; link = link->next) {
        if (!link->is_attached) continue;
        struct ring_entry entry;
        do {
            while (ring_take(&link->received, &entry) == OK) receive(link, entry);
            run_end(link);
        } while (!ring_sleep(&link->received));
    }
}

static void detach(struct link *link)
{
    if (!link->is_attached) return;
    link->is_attached = false;
    netif_set_link_down(&link->netif);
    (void)fe_memory_unmap(link->memory, link->layout.memory_size);
    fe_handle_drop(&link->memory_handle);
    fe_handle_drop(&link->doorbell);
    p9_close(link->state);
    link->state = nullptr;
}

// What the driver says of its stream must fit its memory, or nothing of it is believed.
static bool layout_is_good(const struct ethernet_stream *layout, uint64_t size)
{
    uint64_t ring = ring_size(layout->ring_capacity);
    uint64_t count = (uint64_t)layout->receive_count + layout->transmit_count;
    const uint32_t rings[] = {layout->received, layout->receive_free, layout->transmit,
                              layout->transmit_free};
    if (layout->ring_capacity == 0 || layout->ring_capacity > 65536 ||
        (layout->ring_capacity & (layout->ring_capacity - 1)) != 0)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (rings[i] % 64 != 0 || rings[i] + ring > size) return false;
    if (layout->buffer_size > 1u << 16 || layout->headroom >= layout->buffer_size) return false;
    return layout->memory_size <= size && layout->buffers + count * layout->buffer_size <= size;
}

static enum status map_stream(struct link *link)
{
    size_t size, committed;
    void *at;
    TRY(fe_memory_size(link->memory_handle, &size, &committed));
    if (!layout_is_good(&link->layout, size)) return ERR_BAD_MESSAGE;
    TRY(fe_memory_map(link->memory_handle, 0, link->layout.memory_size, MAP_READ | MAP_WRITE, &at));
    link->memory = at;
    link->told_transmit = link->told_free = 0;
    const struct ethernet_stream *layout = &link->layout;
    uint32_t capacity = layout->ring_capacity;
    uint64_t bits = layout->doorbell_bits;
    ring_init(&link->received, link->memory + layout->received, capacity, FE_NO_HANDLE, 0);
    ring_init(&link->receive_free, link->memory + layout->receive_free, capacity, link->doorbell,
              bits);
    ring_init(&link->transmit, link->memory + layout->transmit, capacity, link->doorbell, bits);
    ring_init(&link->transmit_free, link->memory + layout->transmit_free, capacity, FE_NO_HANDLE,
              0);
    return OK;
}

static int open_stream(struct link *link)
{
    char path[64];
    struct p9_file *stream;
    snprintf(path, sizeof(path), "/dev/%s/stream", link->name);
    int error = p9_open(path, OPEN_READ_WRITE, 0, &stream);
    if (error != 0) return error;
    fe_handle event;
    uint32_t rights = RIGHT_TRANSFER | RIGHT_EVENT_SIGNAL;
    if (fe_handle_duplicate(server.event, rights, &event) != OK) {
        p9_close(stream);
        return -ENOMEM;
    }
    struct ethernet_open wish = {.bits = BIT_FRAMES};
    struct p9_control control = {
        .request = ETHERNET_STREAM_OPEN,
        .data = &wish,
        .size = sizeof(wish),
        .send = &event,
        .send_count = 1,
        .reply = &link->layout,
        .reply_capacity = sizeof(link->layout),
        .receive_most = 2,
    };
    error = p9_control(stream, &control);
    p9_close(stream);
    if (error != 0) return error;
    link->memory_handle = control.received[0];
    link->doorbell = control.received[1];
    bool is_good = control.received_count == 2 && control.reply_size == sizeof(link->layout) &&
                   map_stream(link) == OK;
    if (is_good) return 0;
    fe_handle_drop(&link->memory_handle);
    fe_handle_drop(&link->doorbell);
    return -EPROTO;
}

// Reads whether the link is up, and asks to be told of the next change. A driver that is gone is
// known by that, also when another one is ready already.
static void state_read(struct link *link)
{
    char text[8] = "";
    while (p9_poll(link->state, POLLIN, server.event, BIT_LINK) > 0) {
        if (p9_read(link->state, 0, text, sizeof(text)) <= 0) {
            detach(link);
            return;
        }
        if (strncmp(text, "up", 2) == 0)
            netif_set_link_up(&link->netif);
        else
            netif_set_link_down(&link->netif);
    }
}

// Another card in the place of the first has its own address, and what follows from that is asked
// for anew; what was set by hand stays, but for packets that are larger than it carries.
static void address_use(struct link *link)
{
    struct netif *netif = &link->netif;
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    if (netif->mtu > link->layout.mtu) netif->mtu = (uint16_t)link->layout.mtu;
    if (netif->mtu6 > netif->mtu) netif->mtu6 = netif->mtu;
    if (memcmp(netif->hwaddr, link->layout.address, 6) == 0) return;
    memcpy(netif->hwaddr, link->layout.address, 6);
    for (int8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
        if (!netif_ip6_addr_isstatic(netif, i))
            netif_ip6_addr_set_state(netif, i, IP6_ADDR_INVALID);
    netif_create_ip6_linklocal_address(netif, 1);
    if (dhcp != nullptr && dhcp->state != 0) (void)dhcp_start(netif);
}

static int attach(struct link *link)
{
    char path[64];
    int error = open_stream(link);
    if (error != 0) return error;
    if (link->netif.hwaddr_len != 0) address_use(link);
    checksums_use(link);
    link->is_attached = true;
    snprintf(path, sizeof(path), "/dev/%s/link", link->name);
    error = p9_open(path, OPEN_READ, 0, &link->state);
    if (error != 0) detach(link);
    return error;
}

// The first attachment of a card: its interface begins, and asks for addresses.
static struct link *link_create(const char *name)
{
    struct link *link = calloc(1, sizeof(*link));
    if (link == nullptr) return nullptr;
    snprintf(link->name, sizeof(link->name), "%s", name);
    link->is_listed = true;
    int error = attach(link);
    struct netif *netif = &link->netif;
    if (error != 0 || netif_add_noaddr(netif, link, netif_set_up_link, ethernet_input) == nullptr) {
        fe_log("%s: cannot use it, error %d", name, -error);
        detach(link);
        free(link);
        return nullptr;
    }
    link->next = link_list;
    link_list = link;
    if (interface_add(netif) != 0) fe_log("%s: no memory for its files", name);
    if (netif_default == nullptr) netif_set_default(netif);
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
    netif_set_up(netif);
    netif_set_hostname(netif, host_name());
    (void)dhcp_start(netif);
    (void)dhcp6_enable_stateless(netif);
    return link;
}

static struct link *link_find(const char *name)
{
    struct link *link = link_list;
    while (link != nullptr && strcmp(link->name, name) != 0) link = link->next;
    return link;
}

struct netif *link_netif(const char *name)
{
    struct link *link = link_find(name);
    return link == nullptr ? nullptr : &link->netif;
}

// One line of the device manager's list ends with "<name> ready" for a card whose driver serves.
static void device_line(char *line)
{
    char *state = strrchr(line, ' ');
    if (state == nullptr) return;
    *state++ = '\0';
    char *name = strrchr(line, ' ');
    if (name == nullptr || strncmp(++name, "ether", 5) != 0) return;
    if (!card_is_ours(name)) return;
    struct link *link = link_find(name);
    if (link != nullptr) link->is_listed = true;
    if (strcmp(state, "ready") != 0) {
        if (link != nullptr) detach(link);
        return;
    }
    if (link != nullptr && link->is_attached) state_read(link);
    if (link == nullptr)
        link = link_create(name);
    else if (!link->is_attached && attach(link) != 0)
        return;
    if (link != nullptr) state_read(link);
}

void links_look(void)
{
    struct p9_file *file;
    if (p9_open("/dev/device/devices", OPEN_READ, 0, &file) != 0) return;
    char *text = malloc(file->size + (64u << 10));
    size_t size = 0, room = file->size + (64u << 10) - 1;
    int64_t count = 0;
    while (text != nullptr && (count = p9_read(file, size, text + size, room - size)) > 0)
        size += (size_t)count;
    p9_close(file);
    if (text == nullptr) return;
    text[size] = '\0';
    for (struct link *link = link_list; link != nullptr; link = link->next) link->is_listed = false;
    char *rest, *line = strtok_r(text, "\n", &rest);
    for (; line != nullptr; line = strtok_r(nullptr, "\n", &rest)) device_line(line);
    for (struct link *link = link_list; link != nullptr; link = link->next)
        if (!link->is_listed) detach(link); // its card was unplugged
    free(text);
}

int link_leave(const char *name)
{
    struct link **at = &link_list;
    while (*at != nullptr && strcmp((*at)->name, name) != 0) at = &(*at)->next;
    struct link *link = *at;
    if (link == nullptr) return -ENODEV;
    struct netif *netif = &link->netif;
    dhcp_release_and_stop(netif);
    lwip_lease6_stop(netif);
    links_flush(); // the releases go out, too
    dhcp_cleanup(netif);
    dhcp6_disable(netif);
    dhcp6_cleanup(netif);
    interface_remove(netif);
    netif_remove(netif);
    *at = link->next;
    detach(link);
    if (netif_default == nullptr && link_list != nullptr) netif_set_default(&link_list->netif);
    free(link);
    return 0;
}

void links_devices_changed(void)
{
    char text[32];
    while (p9_poll(changes, POLLIN, server.event, BIT_DEVICES) > 0) {
        if (p9_read(changes, 0, text, sizeof(text)) <= 0) return;
        links_look();
    }
}

void links_state_changed(void)
{
    for (struct link *link = link_list; link != nullptr; link = link->next)
        if (link->is_attached) state_read(link);
}

// lwIP's own, which has no limit, says 0; no packet is larger than this.
static void loopback_init(void)
{
    struct netif *netif = netif_find("lo0");
    if (netif == nullptr) return;
    netif->mtu = UINT16_MAX;
    netif->mtu6 = UINT16_MAX;
    (void)interface_add(netif);
}

void links_init(void)
{
    loopback_init();
    interfaces_start();
    int error = p9_open("/dev/device/changes", OPEN_READ, 0, &changes);
    if (error == 0)
        links_devices_changed();
    else
        fe_log("/dev/device/changes: error %d; loopback only", -error);
}

static void print_addresses(struct p9_text *text, const struct netif *netif)
{
    char address[IPADDR_STRLEN_MAX];
    if (!ip4_addr_isany(netif_ip4_addr(netif))) {
        p9_print(text, "\taddress %s", ip4addr_ntoa_r(netif_ip4_addr(netif), address, 64));
        p9_print(text, " mask %s", ip4addr_ntoa_r(netif_ip4_netmask(netif), address, 64));
        p9_print(text, " gateway %s\n", ip4addr_ntoa_r(netif_ip4_gw(netif), address, 64));
    }
    for (uint8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, i))) continue;
        bool is_old = !ip6_addr_ispreferred(netif_ip6_addr_state(netif, i));
        p9_print(text, "\taddress %s%s%s\n", address_name(netif_ip_addr6(netif, i), address),
                 lwip_address_is_temporary(netif, i) ? " temporary"
                 : lwip_address_is_leased(netif, i)  ? " leased"
                                                     : "",
                 is_old ? " deprecated" : "");
    }
}

const char *link_name(const struct netif *netif)
{
    const struct link *link = link_list;
    while (link != nullptr && &link->netif != netif) link = link->next;
    return link == nullptr ? "loopback" : link->name;
}

uint16_t link_mtu(const struct netif *netif)
{
    return (uint16_t)((const struct link *)netif->state)->layout.mtu;
}

void link_print(struct p9_text *text, struct netif *netif)
{
    const struct link *link = netif->hwaddr_len == 0 ? nullptr : netif->state;
    p9_print(text, "%s %s mtu %u", link_name(netif), netif_is_link_up(netif) ? "up" : "down",
             netif->mtu);
    const uint8_t *a = netif->hwaddr;
    if (netif->hwaddr_len == 6)
        p9_print(text, " ether %02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
    if (link != nullptr) p9_print(text, " dropped %llu", (unsigned long long)link->dropped);
    p9_print(text, "\n");
    print_addresses(text, netif);
}

void links_print(struct p9_text *text)
{
    struct netif *netif;
    NETIF_FOREACH(netif)
    link_print(text, netif);
}
