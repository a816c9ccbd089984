// SPDX-License-Identifier: MIT
// Names of sockets that are no files: 128 random bits, which only those know who were told, so that
// a name is as good as a connector. Such a name is there as long as its socket is open.
#include "socket.h"
#include <errno.h>
#include <ferrite/entropy.h>
#include <string.h>

enum : size_t { PLACES = 64 };

static struct socket *named[PLACES];

static struct socket **place_of(const char *token)
{
    return &named[((unsigned char)token[1] * 16u + (unsigned char)token[2]) % PLACES];
}

static bool make_token(char token[static FE_SOCKET_TOKEN_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t random[(FE_SOCKET_TOKEN_SIZE - 1) / 2];
    if (!fe_entropy(random, sizeof random)) return false;
    token[0] = '\0';
    for (size_t i = 0; i < sizeof random; i++) {
        token[2 * i + 1] = digits[random[i] >> 4];
        token[2 * i + 2] = digits[random[i] & 15];
    }
    return true;
}

int token_tell(struct p9_request *request, struct socket *socket)
{
    if (!socket->is_single) return -EINVAL;
    if (!socket->has_token) {
        if (!make_token(socket->token)) return -EAGAIN;
        socket->has_token = true;
        socket->next_named = *place_of(socket->token);
        *place_of(socket->token) = socket;
    }
    return p9_answer(request, socket->token, sizeof socket->token);
}

int token_find(struct p9_request *request)
{
    fe_handle connector;
    const struct p9_identity *user = request->identity;
    const char *token = (const char *)request->data;
    if (request->size != FE_SOCKET_TOKEN_SIZE) return -ECONNREFUSED;
    struct socket *at = *place_of(token);
    while (at != nullptr && memcmp(at->token, token, FE_SOCKET_TOKEN_SIZE) != 0)
        at = at->next_named;
    if (at == nullptr) return -ECONNREFUSED;
    if (p9_connector(request->server, &at->node, user->uid, user->gid, &connector) != OK)
        return -ENOMEM;
    return p9_answer_handle(request, connector);
}

void token_forget(struct socket *socket)
{
    if (!socket->has_token) return;
    struct socket **at = place_of(socket->token);
    while (*at != socket) at = &(*at)->next_named;
    *at = socket->next_named;
    socket->has_token = false;
}
