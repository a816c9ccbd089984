// SPDX-License-Identifier: MIT
// Local sockets with a name. A bound one posts its connector at a file of the kind socket (in
// files in memory); whoever connects takes a copy there, and reaches the bound socket's service by
// it without any other way to that.
#include "call.h"
#include "context.h"
#include "file.h"
#include "pipe.h"
#include "socket.h"
#include "socket_internal.h"
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/path.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

constexpr size_t BEFORE = offsetof(struct sockaddr_un, sun_path);

// The path that an address names, whole. A name that is no file's only the service gives.
static long path_of(const void *address, size_t size, char path[static FE_PATH_MAX])
{
    const struct sockaddr_un *name = address;
    char text[sizeof name->sun_path + 1] = {};
    if (name == nullptr || size < sizeof name->sun_family) return -EINVAL;
    if (name->sun_family != AF_UNIX) return -EAFNOSUPPORT;
    if (size <= BEFORE || size > sizeof *name || name->sun_path[0] == '\0') return -EINVAL;
    memcpy(text, name->sun_path, size - BEFORE);
    return path_at(AT_FDCWD, text, path);
}

int64_t local_socket(const int64_t *a)
{
    int flags = (int)a[1] & (SOCK_CLOEXEC | SOCK_NONBLOCK), type = (int)a[1] & ~flags;
    struct file *file;
    struct pipe_kind kind = {.request = CONTROL_SOCKET_MAKE,
                             .type = (uint32_t)type,
                             .access = {O_RDWR, PIPE_NONE},
                             .flags = flags};
    long error = local_check(a);
    if (error == 0) error = local_make(&file, &kind);
    if (error < 0) return error;
    file->socket = local_create(type);
    if (file->socket != nullptr) return file_install(file, flags);
    file_put(file);
    return -ENOMEM;
}

// --- Bound -------------------------------------------------------------------------------------

static long post(const char *path, fe_handle connector)
{
    struct p9_file *place;
    struct p9_control wish = {
        .request = CONTROL_CONNECTOR_POST, .send = &connector, .send_count = 1};
    long error = p9_open(path, OPEN_PATH, 0, &place);
    if (error < 0) {
        fe_handle_drop(&connector);
        return error;
    }
    error = p9_control(place, &wish);
    p9_close(place);
    return error == -ENOTTY ? -EOPNOTSUPP : error;
}

static long keep_name(struct socket *socket, const char *name, size_t size)
{
    socket->name = malloc(size);
    if (socket->name == nullptr) return -ENOMEM;
    memcpy(socket->name, name, size);
    socket->name_size = size;
    return 0;
}

// A name that nobody knows who is not told.
static long bind_by_itself(struct file *file)
{
    char name[FE_SOCKET_TOKEN_SIZE];
    struct p9_control wish = {
        .request = CONTROL_SOCKET_NAME, .reply = name, .reply_capacity = sizeof name};
    long error = p9_control(file->p9, &wish);
    if (error < 0) return error;
    return wish.reply_size == sizeof name ? keep_name(file->socket, name, sizeof name) : -EPROTO;
}

static bool is_without_name(const struct sockaddr_un *address, size_t size)
{
    return address != nullptr && size == BEFORE && address->sun_family == AF_UNIX;
}

long local_bind(struct file *file, const void *address, size_t size)
{
    char path[FE_PATH_MAX];
    struct socket *socket = file->socket;
    if (socket->name != nullptr) return -EINVAL;
    if (is_without_name(address, size)) return bind_by_itself(file);
    long error = path_of(address, size, path);
    if (error < 0) return error;
    struct p9_control bind = {.request = CONTROL_SOCKET_BIND, .receive_most = 1};
    error = p9_control(file->p9, &bind);
    if (error < 0) return error;
    if (bind.received_count != 1) return -EPROTO;
    error = p9_mknod(path, S_IFSOCK | (0777 & ~context_current()->umask), 0);
    if (error < 0) {
        fe_handle_drop(&bind.received[0]);
        return error == -EEXIST ? -EADDRINUSE : error;
    }
    error = post(path, bind.received[0]);
    if (error == 0) {
        const struct sockaddr_un *name = address;
        error = keep_name(socket, name->sun_path, strnlen(name->sun_path, size - BEFORE));
    }
    if (error < 0) (void)p9_remove(path, 0);
    return error;
}

long local_listen(struct file *file, int backlog)
{
    uint32_t count = backlog < 1 ? 1 : backlog > SOMAXCONN ? SOMAXCONN : (uint32_t)backlog;
    if (file->socket->type == SOCK_DGRAM) return -EOPNOTSUPP;
    if (file->socket->name == nullptr) return -EINVAL;
    struct p9_control wish = {
        .request = CONTROL_SOCKET_LISTEN, .data = &count, .size = sizeof count};
    return p9_control(file->p9, &wish);
}

static struct fe_pair_wish wish_of(struct p9_session *session, int type, int flags)
{
    return (struct fe_pair_wish){.fid = {p9_fid_allocate(session)},
                                 .flags = open_flags_to_protocol(flags & O_NONBLOCK),
                                 .type = (uint32_t)type};
}

static struct p9_file *adopt(struct p9_session *session, uint32_t fid, int flags)
{
    struct p9_file *p9 = p9_file_adopt(session, fid, open_flags_to_protocol(O_RDWR | flags));
    if (p9 != nullptr) p9->qid_kind = QID_DEVICE;
    return p9;
}

long local_accept(struct file *file, int flags)
{
    struct socket *socket = file->socket;
    int kept = flags & SOCK_NONBLOCK;
    struct fe_pair_wish wish = wish_of(file->p9->session, socket->type, kept);
    struct p9_control accept = {
        .request = CONTROL_SOCKET_ACCEPT, .data = &wish, .size = sizeof wish};
    long error = p9_control(file->p9, &accept);
    if (error < 0) return error == -EINTR ? RESTART : error;
    struct p9_file *p9 = adopt(file->p9->session, wish.fid[0], kept);
    struct file *made = p9 == nullptr ? nullptr : file_create(p9, O_RDWR | kept);
    if (made == nullptr) return -ENOMEM;
    made->socket = local_create(socket->type);
    if (made->socket == nullptr) {
        file_put(made);
        return -ENOMEM;
    }
    made->socket->is_connected = true;
    // Without memory for it, it is not told.
    if (socket->name != nullptr) (void)keep_name(made->socket, socket->name, socket->name_size);
    return file_install(made, flags & SOCK_CLOEXEC ? O_CLOEXEC : 0);
}

// --- Connecting --------------------------------------------------------------------------------

// A copy of the connector that is posted at the file that an address names.
static long take_there(const void *address, size_t size, struct p9_control *take)
{
    char path[FE_PATH_MAX];
    struct p9_file *place;
    long error = path_of(address, size, path);
    if (error == 0) error = p9_open(path, OPEN_PATH, 0, &place);
    if (error < 0) return error;
    bool is_directory = (place->qid_kind & QID_DIRECTORY) != 0;
    take->request = CONTROL_CONNECTOR_TAKE;
    error = is_directory ? -ENOTTY : p9_control(place, take);
    p9_close(place);
    return error == -ENOTTY || error == -ENXIO || error == -EBADF ? -ECONNREFUSED : error;
}

// Such a name is the service's.
static bool is_given(const struct sockaddr_un *name, size_t size)
{
    return name != nullptr && size == BEFORE + FE_SOCKET_TOKEN_SIZE &&
           name->sun_family == AF_UNIX && name->sun_path[0] == '\0';
}

static long find(const struct sockaddr_un *name, struct p9_control *find)
{
    find->request = CONTROL_SOCKET_FIND;
    find->data = name->sun_path;
    find->size = FE_SOCKET_TOKEN_SIZE;
    return pipe_ask(find);
}

long local_reach(const void *address, size_t size, struct p9_file **root)
{
    struct p9_control wish = {.receive_most = 1};
    long error = is_given(address, size) ? find(address, &wish) : take_there(address, size, &wish);
    if (error < 0) return error;
    if (wish.received_count != 1) return -EPROTO;
    error = p9_attach(wish.received[0], "", root);
    fe_handle_drop(&wish.received[0]);
    return error == -EIO ? -ECONNREFUSED : error;
}

// The socket is another open file from now on. The one before stays until the socket goes: another
// thread may be asking it.
static void become(struct file *file, struct p9_file *connected)
{
    file->socket->former = file->p9;
    file->p9 = connected;
    file->socket->is_connected = true;
}

// One of datagrams has another target from now on, or none; the one before stays for a while, for
// the same reason.
static void aim(struct socket *socket, struct p9_file *target)
{
    p9_close(socket->former);
    socket->former = socket->target;
    socket->target = target;
    socket->is_connected = target != nullptr;
}

static long connect_datagrams(struct socket *socket, const void *address, size_t size)
{
    const struct sockaddr *asked = address;
    struct p9_file *root;
    if (socket->is_connected && socket->target == nullptr) return -EISCONN; // one of a pair
    if (asked != nullptr && size >= sizeof asked->sa_family && asked->sa_family == AF_UNSPEC) {
        aim(socket, nullptr);
        return 0;
    }
    long error = local_reach(address, size, &root);
    if (error == 0) aim(socket, root);
    return error;
}

long local_connect(struct file *file, const void *address, size_t size)
{
    struct p9_file *root, *p9 = nullptr;
    struct socket *socket = file->socket;
    if (socket->type == SOCK_DGRAM) return connect_datagrams(socket, address, size);
    if (socket->is_connected) return -EISCONN;
    long error = local_reach(address, size, &root);
    if (error < 0) return error;
    struct fe_pair_wish wish = wish_of(root->session, socket->type, file->flags);
    struct p9_control connect = {
        .request = CONTROL_SOCKET_CONNECT, .data = &wish, .size = sizeof wish};
    error = p9_control(root, &connect);
    if (error == 0) {
        p9 = adopt(root->session, wish.fid[0], file->flags & O_NONBLOCK);
        if (p9 == nullptr) error = -ENOMEM;
    }
    p9_close(root);
    if (error == -EIO || error == -ENOTTY) return -ECONNREFUSED;
    if (error < 0) return error == -EINTR ? RESTART : error;
    become(file, p9);
    return 0;
}

// --- Names -------------------------------------------------------------------------------------

void local_give_name(const char *name, size_t name_size, void *to, uint32_t *size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t whole = BEFORE;
    if (name != nullptr && name_size != 0) {
        bool is_path = name[0] != '\0';
        memcpy(address.sun_path, name, name_size);
        whole += name_size + (is_path && name_size < sizeof address.sun_path);
    }
    memcpy(to, &address, *size < whole ? *size : whole);
    *size = (uint32_t)whole;
}

long local_tell_name(const struct socket *socket, bool is_own, void *to, uint32_t *size)
{
    if (!is_own && !socket->is_connected) return -ENOTCONN;
    local_give_name(is_own ? socket->name : nullptr, socket->name_size, to, size);
    return 0;
}
