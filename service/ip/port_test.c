// SPDX-License-Identifier: MIT
// Who may have which end beside whom, on lwIP with nothing but the loopback.
#include "test/refused.h"
#include "test/unit.h"

#include "ip.h"
#include <errno.h>
#include <lwip/init.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include <string.h>

enum : uint16_t { PORT = 22 };

static const struct protocol *const protocols[] = {&tcp_protocol, &udp_protocol};

static void make(struct conversation *made, const struct protocol *protocol, uint32_t uid,
                 bool is_reused)
{
    *made = (struct conversation){.protocol = protocol, .owner = {uid, uid}};
    made->last_datagram = &made->first_datagram;
    EXPECT(protocol->create(made) == 0);
    EXPECT(protocol->set(made, "reuse", is_reused) == 0);
}

static int bind_at(struct conversation *conversation, const char *address)
{
    char text[64];
    ip_addr_t where;
    uint16_t port;
    snprintf(text, sizeof text, "%s!%u", address, PORT);
    int error = address_parse(text, &where, &port);
    if (error != 0) return error;
    return conversation->protocol->bind(conversation, &where, port);
}

static int listen_to(struct conversation *conversation)
{
    return conversation->protocol->announce(conversation, 1);
}

static void end(struct conversation *conversation)
{
    conversation->protocol->close(conversation);
}

// Whether the second one is refused, in whatever state the first one is.
static bool excludes(const struct protocol *protocol, const char *first, const char *second)
{
    struct conversation one, other;
    make(&one, protocol, 1, false);
    make(&other, protocol, 2, false);
    int error = bind_at(&one, first), bound = bind_at(&other, second);
    if (error == 0 && protocol == &tcp_protocol && bound == -EADDRINUSE) {
        error = listen_to(&one);
        bound = bind_at(&other, second);
    }
    end(&other);
    end(&one);
    return error == 0 && bound == -EADDRINUSE;
}

TEST("an end excludes every other that the same packet could be meant for, whichever is first")
{
    static const struct {
        const char *address, *excluded;
    } ends[] = {
        {"*", "*,::,0.0.0.0,127.0.0.1,127.0.0.2,::1,2001:db8::1,"},
        {"::", "*,::,::1,2001:db8::1,"},
        {"0.0.0.0", "*,0.0.0.0,127.0.0.1,127.0.0.2,"},
        {"127.0.0.1", "*,0.0.0.0,127.0.0.1,"},
        {"127.0.0.2", "*,0.0.0.0,127.0.0.2,"},
        {"::1", "*,::,::1,"},
        {"2001:db8::1", "*,::,2001:db8::1,"},
    };
    enum : size_t { ENDS = sizeof ends / sizeof *ends };
    if (netif_default == nullptr) lwip_init();
    for (size_t i = 0; i < 2 * ENDS * ENDS; i++) {
        size_t one = i / 2 % ENDS, other = i / 2 / ENDS;
        char name[32];
        snprintf(name, sizeof name, "%s,", ends[other].address);
        const char *found = strstr(ends[one].excluded, name);
        while (found != nullptr && found != ends[one].excluded && found[-1] != ',')
            found = strstr(found + 1, name);
        EXPECT(excludes(protocols[i % 2], ends[one].address, ends[other].address) ==
               (found != nullptr));
    }
}

TEST("an end that is chosen stays")
{
    for (size_t i = 0; i < 2; i++) {
        struct conversation one;
        make(&one, protocols[i], 1, true);
        EXPECT(bind_at(&one, "127.0.0.1") == 0 && bind_at(&one, "127.0.0.1") == -EINVAL);
        EXPECT(bind_at(&one, "*") == -EINVAL && one.local_port == PORT);
        end(&one);
    }
}

TEST("nobody listens beside who listens, not even when both would reuse the end")
{
    struct conversation one;
    make(&one, &tcp_protocol, 1, true);
    struct conversation other;
    make(&other, &tcp_protocol, 1, true);
    struct conversation late;
    make(&late, &tcp_protocol, 1, true);
    EXPECT(bind_at(&one, "*") == 0 && bind_at(&other, "127.0.0.1") == 0);
    EXPECT(listen_to(&one) == 0 && listen_to(&other) == -EADDRINUSE);
    EXPECT(bind_at(&late, "127.0.0.1") == -EADDRINUSE && bind_at(&late, "::1") == -EADDRINUSE);
    end(&one);
    EXPECT(listen_to(&other) == 0 && bind_at(&late, "*") == -EADDRINUSE);
    EXPECT(bind_at(&late, "::1") == 0 && listen_to(&late) == 0);
    end(&other);
    end(&late);
}

TEST("who listens without having chosen an end gets a port")
{
    struct conversation one;
    make(&one, &tcp_protocol, 1, false);
    EXPECT(listen_to(&one) == 0 && one.local_port >= 49152);
    EXPECT(one.state == STATE_ANNOUNCED);
    end(&one);
}

static struct tcp_pcb *called;

static err_t on_call(void *unused, struct tcp_pcb *pcb, err_t error)
{
    called = pcb;
    return ERR_OK;
}

static err_t on_answer(void *unused, struct tcp_pcb *pcb, err_t error)
{
    return ERR_OK;
}

// A connection to a listener that is gone.
static bool call_make(void)
{
    ip_addr_t here = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct tcp_pcb *made = tcp_new(), *caller = tcp_new();
    ip_set_option(made, SOF_REUSEADDR);
    if (tcp_bind(made, &here, PORT) != ERR_OK) return false;
    made = tcp_listen(made);
    tcp_accept(made, on_call);
    if (tcp_connect(caller, &here, PORT, on_answer) != ERR_OK) return false;
    netif_poll_all();
    return tcp_close(made) == ERR_OK && called != nullptr && called->state == ESTABLISHED;
}

TEST("a connection that is, or was, keeps out who does not reuse its end, and nobody else")
{
    EXPECT(call_make());
    struct conversation one;
    make(&one, &tcp_protocol, 1, false);
    struct conversation other;
    make(&other, &tcp_protocol, 1, true);
    EXPECT(bind_at(&one, "*") == -EADDRINUSE && bind_at(&one, "::") == 0);
    end(&one);
    EXPECT(bind_at(&other, "*") == 0 && listen_to(&other) == 0);
    end(&other);
    EXPECT(tcp_close(called) == ERR_OK); // lwIP itself closes the other end, which nobody reads
    netif_poll_all();
    EXPECT(tcp_tw_pcbs != nullptr && tcp_active_pcbs == nullptr);
    ip_reset_option(tcp_tw_pcbs, SOF_REUSEADDR);
    make(&one, &tcp_protocol, 1, false);
    make(&other, &tcp_protocol, 2, true);
    EXPECT(bind_at(&one, "*") == -EADDRINUSE);
    EXPECT(bind_at(&other, "*") == 0 && listen_to(&other) == 0);
    end(&one);
    end(&other);
    while (tcp_tw_pcbs != nullptr) tcp_abort(tcp_tw_pcbs);
}

TEST("datagrams go to several ends when all of them are one user's, and reuse it")
{
    struct conversation one;
    make(&one, &udp_protocol, 1, true);
    struct conversation same;
    make(&same, &udp_protocol, 1, true);
    struct conversation strict;
    make(&strict, &udp_protocol, 1, false);
    struct conversation other;
    make(&other, &udp_protocol, 2, true);
    EXPECT(bind_at(&one, "*") == 0 && bind_at(&same, "127.0.0.1") == 0);
    EXPECT(bind_at(&strict, "127.0.0.1") == -EADDRINUSE);
    EXPECT(bind_at(&other, "127.0.0.1") == -EADDRINUSE && bind_at(&other, "*") == -EADDRINUSE);
    end(&one);
    EXPECT(bind_at(&other, "*") == -EADDRINUSE && bind_at(&other, "::") == 0);
    end(&same);
    end(&strict);
    end(&other);
}

TEST("whether an end is of IPv6 alone can be said until it is chosen")
{
    for (size_t i = 0; i < 2; i++) {
        const struct protocol *protocol = protocols[i];
        struct conversation one;
        make(&one, protocol, 1, false);
        EXPECT(protocol->set(&one, "v6only", 1) == 0 && one.is_six_only);
        EXPECT(protocol->set(&one, "v6only", 0) == 0 && !one.is_six_only);
        EXPECT(protocol->set(&one, "v6only", 1) == 0 && bind_at(&one, "::") == 0);
        EXPECT(protocol->set(&one, "v6only", 0) == -EINVAL && one.is_six_only);
        end(&one);
    }
    struct conversation unbound;
    make(&unbound, &tcp_protocol, 1, false);
    EXPECT(unbound.protocol->set(&unbound, "v6only", 1) == 0 && listen_to(&unbound) == 0);
    EXPECT(IP_IS_V6_VAL(unbound.local) && ip_addr_isany(&unbound.local));
    EXPECT(unbound.protocol->set(&unbound, "v6only", 0) == -EINVAL);
    end(&unbound);
}
