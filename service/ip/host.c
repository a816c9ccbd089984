// SPDX-License-Identifier: MIT
// Files about the host: /net/interfaces, /net/resolv.conf in the form that resolvers read,
// /net/statistics; and what lwIP asks of its host: time, randomness, sequence numbers.
#include "ip.h"

#include <9p/client.h>
#include <errno.h>
#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <ferrite/start.h>
#include <lwip/dns.h>
#include <lwip/stats.h>
#include <lwip/sys.h>
#include <lwip_hooks.h>
#include <stdlib.h>
#include <string.h>

// What a user chose stands before what DHCP and routers tell, also when they tell it again.
struct choice {
    ip_addr_t *servers;
    uint32_t count;
};
static struct choice name_servers, time_servers;

// Milliseconds; wraps, as lwIP expects.
uint32_t sys_now(void)
{
    return (uint32_t)(fe_clock_monotonic() / 1'000'000);
}

void lwip_assertion_failed(const char *text, const char *file, int line)
{
    fe_log("%s (%s:%d)", text, file, line);
    fe_exit(1);
}

const char *host_name(void)
{
    static char name[64];
    struct p9_file *file;
    if (p9_open("/etc/hostname", OPEN_READ, 0, &file) != 0) return nullptr;
    int64_t size = p9_read(file, 0, name, sizeof name - 1);
    p9_close(file);
    name[size < 0 ? 0 : size] = '\0';
    name[strcspn(name, " \n")] = '\0';
    return name[0] == '\0' ? nullptr : name;
}

static int interfaces_text(struct p9_request *request, void *context, struct p9_text *text)
{
    links_print(text);
    return 0;
}

static int choose(struct choice *choice, const ip_addr_t *servers, uint32_t count)
{
    ip_addr_t *copy = malloc(count * sizeof(*copy) + 1);
    if (copy == nullptr) return -ENOMEM;
    memcpy(copy, servers, count * sizeof(*copy));
    free(choice->servers);
    *choice = (struct choice){copy, count};
    changes_note();
    return 0;
}

int host_choose_name_servers(const ip_addr_t *servers, uint32_t count)
{
    return choose(&name_servers, servers, count);
}

int host_choose_time_servers(const ip_addr_t *servers, uint32_t count)
{
    return choose(&time_servers, servers, count);
}

const ip_addr_t *host_name_server(uint32_t index)
{
    const struct choice *choice = &name_servers;
    if (choice->count > 0) return index < choice->count ? &choice->servers[index] : nullptr;
    for (uint8_t i = 0; i < DNS_MAX_SERVERS; i++)
        if (!ip_addr_isany(dns_getserver(i)) && index-- == 0) return dns_getserver(i);
    return nullptr;
}

bool host_time_server(uint32_t index, ip_addr_t *server)
{
    const struct choice *choice = &time_servers;
    const ip4_addr_t *told;
    uint32_t count = choice->count > 0 ? choice->count : lwip_told_time_servers(&told);
    if (index >= count) return false;
    if (choice->count > 0)
        *server = choice->servers[index];
    else
        ip_addr_copy_from_ip4(*server, told[index]);
    return true;
}

int host_resolvers(struct p9_request *request, void *context, struct p9_text *text)
{
    char name[IPADDR_STRLEN_MAX];
    const ip_addr_t *server;
    const char *domain = lwip_told_domain();
    if (domain[0] != '\0') p9_print(text, "search %s\n", domain);
    for (uint32_t i = 0; (server = host_name_server(i)) != nullptr; i++)
        p9_print(text, "nameserver %s\n", address_name(server, name));
    return 0;
}

// In the form of /etc/ntp.conf.
static int time_servers_text(struct p9_request *request, void *context, struct p9_text *text)
{
    char name[IPADDR_STRLEN_MAX];
    ip_addr_t server;
    for (uint32_t i = 0; host_time_server(i, &server); i++)
        p9_print(text, "server %s\n", address_name(&server, name));
    return 0;
}

bool host_is_name_server(const ip_addr_t *address)
{
    const ip_addr_t *server;
    for (uint32_t i = 0; (server = host_name_server(i)) != nullptr; i++)
        if (ip_addr_eq(server, address)) return true;
    return false;
}

static void print_protocol(struct p9_text *text, const char *name, const struct stats_proto *stats)
{
    p9_print(text, "%s sent %llu received %llu dropped %llu checksum %llu memory %llu\n", name,
             (unsigned long long)stats->xmit, (unsigned long long)stats->recv,
             (unsigned long long)stats->drop, (unsigned long long)stats->chkerr,
             (unsigned long long)stats->memerr);
}

static int statistics_text(struct p9_request *request, void *context, struct p9_text *text)
{
    print_protocol(text, "link", &lwip_stats.link);
    print_protocol(text, "arp", &lwip_stats.etharp);
    print_protocol(text, "ip", &lwip_stats.ip);
    print_protocol(text, "ip6", &lwip_stats.ip6);
    print_protocol(text, "icmp", &lwip_stats.icmp);
    print_protocol(text, "icmp6", &lwip_stats.icmp6);
    print_protocol(text, "udp", &lwip_stats.udp);
    print_protocol(text, "tcp", &lwip_stats.tcp);
    p9_print(text, "tcp resent %u\n", (unsigned)lwip_stats.mib2.tcpretranssegs);
    p9_print(text, "tcp orphans dropped %u\n", (unsigned)lwip_orphans_dropped);
    p9_print(text, "icmp errors kept %u\n", (unsigned)lwip_errors_kept);
    return 0;
}

int host_serve(void)
{
    static const struct p9_tree_entry files[] = {
        {.path = "interfaces", .mode = 0444, .text = interfaces_text},
        {.path = "ntp.conf", .mode = 0444, .text = time_servers_text},
        {.path = "resolv.conf", .mode = 0444, .text = host_resolvers},
        {.path = "statistics", .mode = 0444, .text = statistics_text},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct p9_node *unused;
        int error = p9_tree_add(tree, &files[i], &unused);
        if (error != 0) return error;
    }
    return 0;
}
