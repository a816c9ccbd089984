// SPDX-License-Identifier: MIT
// What the host's key signs for a conversation, and what it does not.
#include "test/unit.h"

#include "permit.h"

#include "lib/sshkey/exchange_example.h"

#include <errno.h>

static const struct sshkey_bytes host = {(const uint8_t *)"the host's key", 14};
static const struct example good = {.client = 32, .server = 32, .secret = 32};

static int ask(struct permit *permit, bool is_proved, const struct example *example)
{
    static uint8_t bytes[EXAMPLE_MOST];
    struct sshkey_exchange exchange;
    struct sshkey_bytes message = {bytes, example_write(bytes, example)};
    return permit_ask(permit, is_proved, host, message, &exchange);
}

TEST("before the proof one exchange is signed, and after it any number")
{
    struct permit permit = {};
    EXPECT(ask(&permit, false, &good) == 0);
    for (int i = 0; i < 100; i++) EXPECT(ask(&permit, true, &good) == 0);
}

TEST("a second one before the proof is refused, and then every one")
{
    struct permit permit = {};
    EXPECT(ask(&permit, false, &good) == 0);
    EXPECT(ask(&permit, false, &good) == -EPERM);
    EXPECT(ask(&permit, true, &good) == -EPERM);
}

TEST("an exchange with another host's key is refused, and then every one")
{
    static const char *const keys[] = {"", "the host's kex", "the host's ke", "the host's key "};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct permit permit = {};
        struct example other = good;
        other.key = keys[i];
        EXPECT(ask(&permit, false, &other) == -EINVAL);
        EXPECT(ask(&permit, false, &good) == -EPERM);
    }
}

TEST("what is no exchange is refused: a bare hash, a request to log in, nothing")
{
    static const char *const texts[] = {"", "0123456789abcdef0123456789abcdef", "\0\0\0\x20",
                                        "SSHSIG\0\0\0\4file"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct permit permit = {};
        struct sshkey_exchange exchange;
        struct sshkey_bytes message = {(const uint8_t *)texts[i], i == 0 ? 0 : i == 1 ? 32 : 4};
        EXPECT(permit_ask(&permit, true, host, message, &exchange) == -EINVAL);
        EXPECT(ask(&permit, true, &good) == -EPERM);
    }
}

TEST("after the proof an exchange of a connection with other versions is refused")
{
    struct permit permit = {};
    struct example other = good;
    EXPECT(ask(&permit, false, &good) == 0);
    other.client_version = "SSH-2.0-d";
    EXPECT(ask(&permit, true, &other) == -EPERM);
    EXPECT(ask(&permit, true, &good) == -EPERM);
}

TEST("versions whose parts are divided otherwise are others")
{
    struct permit permit = {};
    struct example one = good, other = good;
    one.client_version = "SSH-2.0-cSSH-2.0-";
    other.server_version = "SSH-2.0-SSH-2.0-s";
    EXPECT(ask(&permit, false, &one) == 0);
    EXPECT(ask(&permit, true, &other) == -EPERM);
}
