// SPDX-License-Identifier: MIT
// Tables that are text: right lines are read, others passed over.
#include "test/unit.h"

#include "table.h"
#include <string.h>

static struct name named(const char *text)
{
    struct name name = {};
    (void)name_parse(text, strlen(text), &name);
    return name;
}

TEST("name servers and zones are read, and lines that are none are passed over")
{
    struct settings settings;
    settings_parse("nameserver 10.0.0.1\nnameserver nobody\n# nameserver 1.1.1.1\nnameserver\n"
                   "nameserver 2001:db8::1 # ours\nsearch old\nsearch a.example b..c b.example\nx",
                   &settings);
    EXPECT(settings.servers == 2 && strcmp(settings.server[1], "2001:db8::1") == 0);
    struct name b = named("b.example");
    EXPECT(settings.search == 2 && name_equal(&settings.zone[1], &b));
    settings_parse(
        "nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4\n"
        "nameserver 1.0.0.5\nsearch a b c d e f g",
        &settings);
    EXPECT(settings.servers == SERVERS_MOST && settings.search == SEARCH_MOST);
}

TEST("every address of a name is found in hosts")
{
    const char *text = "127.0.0.1 localhost ferrite\n::1\tLOCALHOST # other\nbad localhost\n"
                       "1.2.3.4\n1.2.3.5 other";
    char address[ADDRESS_SIZE];
    struct name name = named("localhost");
    EXPECT(hosts_next(&text, &name, address) && strcmp(address, "127.0.0.1") == 0);
    EXPECT(hosts_next(&text, &name, address) && strcmp(address, "::1") == 0);
    EXPECT(!hosts_next(&text, &name, address));
}

TEST("ports are found by number and by name")
{
    static const char text[] =
        "http 80/tcp www # web\ndomain 53/tcp\ndomain 53/udp\nbad 70000/tcp\n"
        "worse\n";
    uint16_t port = 0;
    EXPECT(service_port(text, "443", "tcp", &port) && port == 443);
    EXPECT(service_port(text, "www", "tcp", &port) && port == 80);
    EXPECT(service_port(text, "domain", "udp", &port) && port == 53);
    static const char *const wrong[] = {"", "65536", "bad", "worse", "web", "80x", "-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT(!service_port(text, wrong[i], "tcp", &port));
    EXPECT(!service_port(text, "http", "udp", &port));
}

TEST("the name that stands for an address is made")
{
    struct name name, wanted = named("4.3.2.1.in-addr.arpa");
    EXPECT(name_of_address("1.2.3.4", &name) && name_equal(&name, &wanted));
    wanted = named("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    EXPECT(name_of_address("2001:db8::1", &name) && name_equal(&name, &wanted));
    EXPECT(!name_of_address("1.2.3", &name) && !name_of_address("a.example", &name));
}
