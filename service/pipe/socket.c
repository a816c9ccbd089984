// SPDX-License-Identifier: MIT
// Local sockets: pairs of open files that are connected in both directions. What one sends waits at
// the other: bytes in a ring, those of a datagram or packet after their number. A socket lives as
// long as it is open; the other one finds the end of the file then.
#include "socket.h"
#include <errno.h>
#include <ferrite/handle.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_stream(const struct socket *socket)
{
    return socket->type == SOCKET_STREAM;
}

// --- Receiving ---------------------------------------------------------------------------------

struct receipt {
    void *to;
    size_t capacity;
    size_t given; // out
    bool peek;
    char name[FE_SOCKET_NAME_MAX]; // out: the sender's
    size_t name_size;
    struct parcel *parcel; // out: what came along, the caller's; not when it is only looked at
};

// A message in the inbox begins with this: its size, and that of the sender's name, which follows.
static uint32_t head_of(const struct fifo *inbox)
{
    uint32_t head = 0;
    buffer_peek(&inbox->buffer, 0, &head, sizeof head);
    return head;
}

static uint32_t size_in(uint32_t head)
{
    return head & 0xffffff;
}

static uint32_t name_size_in(uint32_t head)
{
    return head >> 24;
}

static void leave(struct socket *socket, size_t count, struct receipt *receipt)
{
    if (receipt->peek) return;
    buffer_drop(&socket->inbox.buffer, count);
    receipt->parcel = parcel_advance(socket, count);
}

static int64_t receive_bytes(struct socket *socket, struct receipt *receipt)
{
    uint64_t most = parcel_distance(socket);
    if (receipt->capacity > most) receipt->capacity = (size_t)most;
    receipt->given = buffer_peek(&socket->inbox.buffer, 0, receipt->to, receipt->capacity);
    leave(socket, receipt->given, receipt);
    return (int64_t)receipt->given;
}

// What does not fit is lost.
static int64_t receive_message(struct socket *socket, struct receipt *receipt)
{
    const struct buffer *buffer = &socket->inbox.buffer;
    uint32_t head = head_of(&socket->inbox), size = size_in(head);
    size_t start = sizeof head + name_size_in(head);
    if (receipt->capacity > size) receipt->capacity = size;
    receipt->name_size = buffer_peek(buffer, sizeof head, receipt->name, name_size_in(head));
    receipt->given = buffer_peek(buffer, start, receipt->to, receipt->capacity);
    leave(socket, start + size, receipt);
    return size;
}

// Whoever waits for room: the peer, or those who reached the socket by its name.
static void tell_senders(struct socket *socket)
{
    if (socket->peer != nullptr) p9_node_changed(&socket->peer->node);
    if (socket->is_single) p9_node_changed(&socket->node);
}

// The size of the message, or of what of a stream is given.
static int64_t receive(struct socket *socket, struct receipt *receipt)
{
    receipt->given = 0;
    if (socket->inbox.buffer.size == 0) return socket->inbox.writers != 0 ? P9_LATER : 0;
    int64_t size =
        is_stream(socket) ? receive_bytes(socket, receipt) : receive_message(socket, receipt);
    if (!receipt->peek) tell_senders(socket);
    return size;
}

static int64_t socket_read(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    struct receipt receipt = {.to = to, .capacity = count};
    if (count == 0) return 0;
    int64_t result = receive((struct socket *)open->node, &receipt);
    parcel_destroy(receipt.parcel);
    return result < 0 ? result : (int64_t)receipt.given;
}

// Head, name, and what describes the files, whose handles go along.
static int answer_head(struct p9_request *request, const struct receipt *receipt, bool has_files)
{
    struct parcel *parcel = has_files ? receipt->parcel : nullptr;
    size_t files = parcel == nullptr ? 0 : parcel->size;
    uint32_t head = fe_socket_head(0, (uint32_t)receipt->name_size, (uint32_t)files);
    int error = p9_answer(request, &head, sizeof head);
    if (error >= 0) error = p9_answer(request, receipt->name, receipt->name_size);
    if (error >= 0 && files != 0) error = p9_answer(request, parcel->text, files);
    for (uint32_t i = 0; error >= 0 && files != 0 && i < parcel->count; i++)
        error = p9_answer_handle(request, fe_handle_take(&parcel->handle[i]));
    return error < 0 ? error : 0;
}

// What is before the bytes in an answer.
static size_t head_size(const struct socket *socket, uint32_t flags)
{
    const struct parcel *parcel = parcel_first(socket);
    if ((flags & FE_SOCKET_WHOLE) == 0) return 0;
    size_t name = is_stream(socket) ? 0 : name_size_in(head_of(&socket->inbox));
    return sizeof(uint32_t) + name + (parcel == nullptr ? 0 : parcel->size);
}

static int receive_by_wish(struct p9_request *request, struct socket *socket)
{
    struct fe_socket_receive wish;
    if (request->size != sizeof wish) return -EINVAL;
    memcpy(&wish, request->data, sizeof wish);
    size_t room = FE_9P_DATA_MAX - head_size(socket, wish.flags);
    size_t most = wish.capacity < room ? wish.capacity : room;
    if (most > socket->inbox.buffer.size) most = socket->inbox.buffer.size;
    void *buffer = malloc(most + 1);
    if (buffer == nullptr) return -ENOMEM;
    struct receipt receipt = {
        .to = buffer, .capacity = most, .peek = (wish.flags & FE_SOCKET_PEEK) != 0};
    int64_t result = receive(socket, &receipt);
    request->value = (uint64_t)result;
    if (result >= 0 && (wish.flags & FE_SOCKET_WHOLE) != 0) {
        int error = answer_head(request, &receipt, (wish.flags & FE_SOCKET_FILES) != 0);
        if (error < 0) result = error;
    }
    if (result >= 0) result = p9_answer(request, buffer, receipt.given);
    parcel_destroy(receipt.parcel);
    free(buffer);
    return result == P9_LATER && (wish.flags & FE_SOCKET_NO_WAIT) ? -EAGAIN : (int)result;
}

// --- Sending -----------------------------------------------------------------------------------

struct sending {
    const uint8_t *name, *files, *bytes;
    size_t name_size, files_size, size;
};

// What goes along: taken when it is sure that there is room.
static int take_files(struct p9_request *request, const struct sending *sending,
                      struct parcel **parcel)
{
    *parcel = nullptr;
    bool has_any = sending->files_size != 0 && request->progress == 0;
    return has_any ? parcel_create(request, sending->files, sending->files_size, parcel) : 0;
}

static bool is_full(const struct socket *to, const struct sending *sending)
{
    return sending->files_size != 0 && to->parcel_count >= PARCELS_MAX;
}

// All of it, or nothing.
static int64_t send_message(struct socket *to, struct p9_request *request,
                            const struct sending *sending)
{
    struct parcel *parcel;
    struct buffer *buffer = &to->inbox.buffer;
    uint32_t head = (uint32_t)sending->size | (uint32_t)sending->name_size << 24;
    size_t whole = sizeof head + sending->name_size + sending->size;
    if (whole > BUFFER_MAX) return -EMSGSIZE;
    if (whole > buffer_free(buffer) || is_full(to, sending)) return P9_LATER;
    if (!buffer_reserve(buffer, whole)) return -ENOMEM;
    int error = take_files(request, sending, &parcel);
    if (error != 0) return error;
    parcel_add(to, parcel);
    buffer_write(buffer, &head, sizeof head);
    buffer_write(buffer, sending->name, sending->name_size);
    buffer_write(buffer, sending->bytes, sending->size);
    return (int64_t)sending->size;
}

static int64_t send_bytes(struct socket *to, struct p9_request *request, const struct p9_open *open,
                          const struct sending *sending)
{
    enum : size_t { ATOMIC = 4096 };
    struct parcel *parcel = nullptr;
    size_t least = sending->size < ATOMIC ? sending->size : ATOMIC;
    bool is_first = sending->files_size != 0 && request->progress == 0;
    if (is_first && (least > buffer_free(&to->inbox.buffer) || is_full(to, sending)))
        return P9_LATER;
    if (is_first && !buffer_reserve(&to->inbox.buffer, least)) return -ENOMEM;
    int error = sending->size == 0 ? 0 : take_files(request, sending, &parcel);
    if (error != 0) return error;
    parcel_add(to, parcel);
    return fifo_write(&to->inbox, request, open, sending->bytes, sending->size);
}

static bool may_send(const struct socket *socket)
{
    const struct socket *peer = socket->peer;
    return peer != nullptr && peer->inbox.readers != 0 && peer->inbox.writers != 0;
}

static int64_t refusal(const struct socket *socket)
{
    return socket->type == SOCKET_DATAGRAM && socket->peer == nullptr ? -ECONNREFUSED : -EPIPE;
}

static int64_t send_to(struct socket *to, struct p9_request *request, const struct p9_open *open,
                       const struct sending *sending)
{
    size_t before = to->inbox.buffer.size;
    int64_t result =
        is_stream(to) ? send_bytes(to, request, open, sending) : send_message(to, request, sending);
    if (to->inbox.buffer.size != before) p9_node_changed(&to->node);
    return result;
}

static int64_t send_to_peer(struct p9_request *request, const struct p9_open *open,
                            const struct sending *sending)
{
    struct socket *socket = (struct socket *)open->node;
    if (!may_send(socket))
        return request->progress != 0 ? (int64_t)request->progress : refusal(socket);
    return send_to(socket->peer, request, open, sending);
}

static int64_t socket_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            const void *from, size_t count)
{
    struct sending sending = {.bytes = from, .size = count};
    return send_to_peer(request, open, &sending);
}

static bool read_sending(const struct p9_request *request, struct sending *sending, uint32_t *flags)
{
    uint32_t head;
    if (request->size < sizeof head) return false;
    memcpy(&head, request->data, sizeof head);
    size_t left = request->size - sizeof head;
    *flags = head & 0xff;
    *sending = (struct sending){.name = request->data + sizeof head,
                                .name_size = fe_socket_head_name(head),
                                .files_size = fe_socket_head_files(head)};
    if (sending->name_size > FE_SOCKET_NAME_MAX || sending->files_size > FE_SOCKET_FILES_MAX)
        return false;
    if (sending->name_size + sending->files_size > left) return false;
    sending->files = sending->name + sending->name_size;
    sending->bytes = sending->files + sending->files_size;
    sending->size = left - sending->name_size - sending->files_size;
    return true;
}

// By a socket, to its peer; or to a socket by its connector.
static int send_by_wish(struct p9_request *request, const struct p9_open *open, bool is_by_name)
{
    uint32_t flags;
    struct sending sending;
    struct p9_open how = *open;
    struct socket *socket = (struct socket *)open->node;
    if (!read_sending(request, &sending, &flags)) return -EINVAL;
    if (is_by_name && socket->type != SOCKET_DATAGRAM) return -EPROTOTYPE;
    if (is_by_name && socket->inbox.readers == 0) return -ECONNREFUSED;
    if (flags & FE_SOCKET_NO_WAIT) how.flags |= OPEN_NONBLOCK;
    int64_t result = is_by_name ? send_to(socket, request, &how, &sending)
                                : send_to_peer(request, &how, &sending);
    if (result == P9_LATER && (flags & FE_SOCKET_NO_WAIT)) return -EAGAIN;
    if (result < 0) return (int)result;
    request->value = (uint64_t)result;
    return 0;
}

// --- The end -----------------------------------------------------------------------------------

static void shut(struct socket *socket, bool reading, bool writing)
{
    struct socket *peer = socket->peer;
    if (reading) socket->inbox.readers = socket->inbox.writers = 0;
    if (writing && peer != nullptr) peer->inbox.writers = 0;
    p9_node_changed(&socket->node);
    if (peer != nullptr) p9_node_changed(&peer->node);
}

static int shut_by_wish(struct p9_request *request, struct socket *socket)
{
    uint32_t how;
    if (request->size != sizeof how) return -EINVAL;
    memcpy(&how, request->data, sizeof how);
    if (how > SHUTDOWN_BOTH) return -EINVAL;
    if (socket->peer == nullptr) return -ENOTCONN;
    shut(socket, how != SHUTDOWN_WRITE, how != SHUTDOWN_READ);
    return 0;
}

void socket_end(struct socket *socket)
{
    socket_refuse_all(socket);
    token_forget(socket);
    shut(socket, true, true);
    if (socket->peer != nullptr) socket->peer->peer = nullptr;
    socket->peer = nullptr;
    buffer_fini(&socket->inbox.buffer);
    parcel_clear(socket);
}

static bool is_open_for_use(const struct p9_open *open)
{
    return (open->flags & OPEN_ACCESS) != OPEN_PATH;
}

static void socket_close(struct p9_open *open)
{
    if (is_open_for_use(open)) socket_end((struct socket *)open->node);
}

static void socket_release(struct p9_node *node)
{
    free(node);
}

// --- A pair ------------------------------------------------------------------------------------

static uint32_t socket_ready(struct p9_open *open)
{
    const struct socket *socket = (const struct socket *)open->node;
    bool has_ended = socket->inbox.writers == 0;
    if (socket->backlog != 0) return socket->pending != nullptr ? READY_READ : 0;
    uint32_t ready = socket->inbox.buffer.size != 0 || has_ended ? READY_READ : 0;
    if (!may_send(socket)) return ready | READY_WRITE | (has_ended ? READY_HANGUP : 0);
    return ready | fifo_write_ready(&socket->peer->inbox);
}

static int socket_control(struct p9_request *request, struct p9_open *open, uint32_t control)
{
    struct socket *socket = (struct socket *)open->node;
    // Others come by a connector, and may do nothing else.
    if (control == CONTROL_SOCKET_CONNECT) return socket_connect(request, socket);
    if (!is_open_for_use(open))
        return control == CONTROL_SOCKET_SEND ? send_by_wish(request, open, true) : -EBADF;
    switch (control) {
    case CONTROL_SOCKET_BIND: return socket_bind(request, socket);
    case CONTROL_SOCKET_LISTEN: return socket_listen(request, socket);
    case CONTROL_SOCKET_ACCEPT: return socket_accept(request, socket);
    case CONTROL_SOCKET_RECEIVE: return receive_by_wish(request, socket);
    case CONTROL_SOCKET_SEND: return send_by_wish(request, open, false);
    case CONTROL_SOCKET_NAME: return token_tell(request, socket);
    case CONTROL_SOCKET_SHUTDOWN: return shut_by_wish(request, socket);
    case CONTROL_AVAILABLE: break;
    default: return -ENOTTY;
    }
    uint32_t size = (uint32_t)socket->inbox.buffer.size;
    if (!is_stream(socket)) size = size_in(head_of(&socket->inbox));
    request->value = size;
    return 0;
}

static const struct p9_operations socket_operations = {
    .read = socket_read,
    .write = socket_write,
    .ready = socket_ready,
    .control = socket_control,
    .close = socket_close,
    .release = socket_release,
};

struct socket *socket_create(const struct p9_request *request, uint32_t type)
{
    struct socket *socket = calloc(1, sizeof *socket);
    if (socket == nullptr) return nullptr;
    socket->type = type;
    socket->inbox.readers = socket->inbox.writers = 1;
    socket->node = (struct p9_node){.operations = &socket_operations,
                                    .server = request->server,
                                    .references = 1,
                                    .mode = S_IFSOCK | 0777,
                                    .uid = request->identity->uid,
                                    .gid = request->identity->gid,
                                    .links = 1,
                                    .path = p9_path_new()};
    return socket;
}

bool socket_create_pair(const struct p9_request *request, uint32_t type, struct socket *ends[2])
{
    ends[0] = socket_create(request, type);
    ends[1] = socket_create(request, type);
    if (ends[0] == nullptr || ends[1] == nullptr) {
        free(ends[0]);
        free(ends[1]);
        return false;
    }
    ends[0]->peer = ends[1];
    ends[1]->peer = ends[0];
    return true;
}

int socket_make_pair(struct p9_request *request)
{
    struct fe_pair_wish wish;
    struct socket *ends[2];
    int error = socket_wish(request, &wish);
    if (error != 0) return error;
    if (!socket_create_pair(request, wish.type, ends)) return -ENOMEM;
    uint32_t flags = OPEN_READ_WRITE | (wish.flags & OPEN_NONBLOCK);
    error = p9_fid_install(request, wish.fid[0], &ends[0]->node, flags);
    if (error == 0) error = p9_fid_install(request, wish.fid[1], &ends[1]->node, flags);
    if (error != 0) socket_end(ends[1]);
    p9_node_put(&ends[0]->node);
    p9_node_put(&ends[1]->node);
    return error;
}
