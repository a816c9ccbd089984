// SPDX-License-Identifier: MIT
// A server of files by HTTP/1.1, with TLS or without: one thread, which never waits for a peer, and
// a connection for each. main.c waits for what can go on, place.c says who may have a connection,
// connection.c how one goes on, stream.c moves its bytes; answer.c, listing.c and state.c make
// answers.
#pragma once

#include <http/request.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <tls/tls.h>

enum : size_t { OUT_SIZE = 16384, ANSWER_HEAD_MAX = 4096 };
static_assert(3 * HTTP_PATH_MAX + 512 < ANSWER_HEAD_MAX && ANSWER_HEAD_MAX <= OUT_SIZE);

// What is served: a folder or a file, as /name, or as / itself.
struct served {
    const char *name; // empty: it is what no other name is for
    const char *path;
};

struct options {
    struct served served[16];
    size_t served_count;
    const char *port, *tls_port; // nullptr: there is no such one
    const char *certificate, *key, *host, *user;
    struct tls_identity *identity;
    int seconds; // a peer may keep others waiting
    bool has_state;
};
extern struct options options;

// Bytes over a socket that does not wait.
struct stream {
    int fd;
    bool is_plain;
    struct tls *tls; // nullptr: plain, or nothing of it has been done yet
};

enum progress { WENT, WAITS_TO_READ, WAITS_TO_WRITE, ENDED };

enum progress stream_shake_hands(struct stream *stream);
enum progress stream_read(struct stream *stream, void *to, size_t size, size_t *got);
enum progress stream_write(struct stream *stream, const void *from, size_t size, size_t *written);
void stream_end(struct stream *stream);   // tells the other side that nothing more comes
void stream_reset(struct stream *stream); // what is under way is gone, too
void stream_close(struct stream *stream);

// An answer: its head, then a body out of memory, or of a file.
struct answer {
    char head[ANSWER_HEAD_MAX]; // a redirection has the whole path, each byte as three
    size_t head_size;
    char *text; // allocated
    int file;   // -1: none
    uint64_t left;
    bool is_kept; // the connection goes on
};

// The file's answer, or the refusal with a page that tells it.
void answer_make(struct answer *answer, const struct http_request *request);
void answer_refuse(struct answer *answer, int status, bool is_kept);
void answer_free(struct answer *answer);

// A page with the names in a folder, allocated; nullptr: it cannot be read.
char *listing_make(const char *folder, const char *name, size_t *size);

// What the machine does now, allocated; nullptr: there is no memory for it.
char *state_make(size_t *size);
void text_print_escaped(FILE *to, const char *text);

enum stage { SHAKES_HANDS, READS_HEAD, ANSWERS, LINGERS, CLOSED };

struct connection {
    enum stage stage;
    struct in6_addr peer;
    struct stream stream;
    enum progress waits;
    int64_t deadline; // ms
    char head[HTTP_HEAD_MAX];
    size_t head_size; // read of it, and of those that follow
    char out[OUT_SIZE];
    size_t out_size, out_sent;
    struct answer answer;
};

int64_t now(void); // ms
struct connection *connection_begin(int fd, bool is_plain, const struct in6_addr *peer);
void connection_go_on(struct connection *connection);
bool connection_is_idle(const struct connection *connection); // nobody loses what was asked for
void connection_expire(struct connection *connection);        // its deadline has passed
void connection_close(struct connection *connection);         // and frees it

// Places for connections: as many as one server has, and of them as many as one peer may have.
enum { MOST = 64, PEER_MOST = 32 };
extern struct connection *connections[MOST];

// Whether there is one for somebody: a free one, or that of an idle connection.
bool place_is_there(void);
// One for a peer, after the idle connection that had it has been closed. -1: none.
int place_make(const struct in6_addr *peer);
void place_clear(int place);
