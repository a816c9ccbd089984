// SPDX-License-Identifier: MIT
// Proofs. A password is the user's when its hash is right; a signature when it was made, over a
// request to log in as the user, with a key that the user's file lists. After each that is wrong
// the answer comes later, and after some there is none any more. Passwords are tried one at a time,
// whoever asks: a hash takes memory and time.
#include "logins.h"

#include <errno.h>
#include <ferrite/lock.h>
#include <ferrite/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum : uint32_t { FAILURES_MOST = 6, QUESTIONS_MOST = 32, DELAY_MOST = 8 /* s */ };
enum : size_t { KEYS_SIZE = 64 * 1024, PASSWORD_SIZE = 256 };
enum : uint32_t { WRITABLE_BY_OTHERS = 022 };

static struct fe_lock lock; // the C library's tables of users, and who tries a password

static int refuse(struct conversation *conversation, const char *name, const char *what)
{
    uint32_t delay = 1u << conversation->failures++;
    fe_log("%s: wrong %s", name, what);
    sleep(delay < DELAY_MOST ? delay : DELAY_MOST);
    return -EACCES;
}

static bool may_try(const struct conversation *conversation)
{
    return !conversation->is_proved && conversation->failures < FAILURES_MOST &&
           conversation->questions < QUESTIONS_MOST;
}

static int admit(struct conversation *conversation, const struct user *user, const char *how)
{
    fe_log("%s: logged in by %s", user->name, how);
    conversation->user = *user;
    conversation->is_proved = true;
    return 0;
}

// The name at the beginning, and what is behind its NUL.
static bool read_name(struct sshkey_bytes *data, char name[USER_NAME_SIZE])
{
    const uint8_t *end = data->size ? memchr(data->data, 0, data->size) : nullptr;
    size_t size = end ? (size_t)(end - data->data) : 0;
    if (end == nullptr || size >= USER_NAME_SIZE) return false;
    memcpy(name, data->data, size + 1);
    data->data += size + 1;
    data->size -= size + 1;
    return user_is_name(name);
}

static bool find(const char *name, struct user *user)
{
    fe_lock_take(&lock);
    bool is_found = user_find(name, user);
    fe_lock_release(&lock);
    return is_found;
}

// Of user 0 no password is taken: it is the one name that everybody knows.
int prove_password(struct conversation *conversation, struct sshkey_bytes data)
{
    struct user user;
    char name[USER_NAME_SIZE], password[PASSWORD_SIZE];
    if (!may_try(conversation)) return -EPERM;
    if (!read_name(&data, name) || data.size >= sizeof password || memchr(data.data, 0, data.size))
        return refuse(conversation, "?", "name or password");
    memcpy(password, data.data, data.size);
    password[data.size] = '\0';
    fe_lock_take(&lock);
    enum answer answer = user_check(name, password);
    bool is_good = answer == ANSWER_RIGHT && user_find(name, &user) && user.uid != 0;
    fe_lock_release(&lock);
    explicit_bzero(password, sizeof password);
    explicit_bzero((void *)data.data, data.size);
    if (answer == ANSWER_NO_MEMORY) return -ENOMEM;
    return is_good ? admit(conversation, &user, "password")
                   : refuse(conversation, name, "password");
}

// --- Keys ---

static bool is_safe(const struct fe_9p_attributes *attributes, const struct user *user)
{
    return (attributes->uid == user->uid || attributes->uid == 0) &&
           (attributes->mode & WRITABLE_BY_OTHERS) == 0;
}

static bool is_safe_path(const char *path, const struct user *user)
{
    struct fe_9p_attributes attributes;
    return p9_stat(path, 0, &attributes) == 0 && is_safe(&attributes, user);
}

static size_t read_file(struct p9_file *file, char *text)
{
    size_t size = 0;
    while (size < KEYS_SIZE) {
        int64_t count = p9_read(file, size, text + size, KEYS_SIZE - size);
        if (count <= 0) break;
        size += (size_t)count;
    }
    return size;
}

static bool is_in_file(const char *path, const struct user *user, struct sshkey_bytes key)
{
    struct fe_9p_attributes attributes;
    struct p9_file *file;
    if (p9_open(path, OPEN_READ, 0, &file) != 0) return false;
    char *text = malloc(KEYS_SIZE);
    bool is_listed = text && p9_file_stat(file, &attributes) == 0 && is_safe(&attributes, user) &&
                     (attributes.mode & MODE_TYPE) == MODE_FILE &&
                     sshkey_is_listed(text, read_file(file, text), key);
    free(text);
    p9_close(file);
    return is_listed;
}

// Nobody else may have been able to write the file, or to put another in its place.
static bool may_use(const struct user *user, struct sshkey_bytes key)
{
    char folder[300], path[320];
    snprintf(folder, sizeof folder, "%s/.ssh", user->home);
    snprintf(path, sizeof path, "%s/authorized_keys", folder);
    return is_safe_path(user->home, user) && is_safe_path(folder, user) &&
           is_in_file(path, user, key);
}

int prove_key(struct conversation *conversation, struct sshkey_bytes data)
{
    struct user user;
    char name[USER_NAME_SIZE];
    if (!may_try(conversation)) return -EPERM;
    conversation->questions++;
    if (!read_name(&data, name) || !find(name, &user)) return -EACCES;
    return may_use(&user, data) ? 0 : -EACCES;
}

static bool read_request(struct sshkey_bytes message, struct sshkey_request *request,
                         char name[USER_NAME_SIZE])
{
    if (!sshkey_request_read(message, request)) return false;
    if (request->user.size >= USER_NAME_SIZE || request->user.size == 0) return false;
    memcpy(name, request->user.data, request->user.size);
    name[request->user.size] = '\0';
    return strlen(name) == request->user.size && user_is_name(name);
}

int prove_signature(struct conversation *conversation, struct sshkey_bytes data)
{
    uint32_t size;
    struct user user;
    struct sshkey_request request;
    char name[USER_NAME_SIZE];
    if (!may_try(conversation)) return -EPERM;
    if (data.size < sizeof size) return -EINVAL;
    memcpy(&size, data.data, sizeof size);
    if (size > data.size - sizeof size) return -EINVAL;
    struct sshkey_bytes message = {data.data + sizeof size, size};
    struct sshkey_bytes signature = {message.data + size, data.size - sizeof size - size};
    if (!read_request(message, &request, name)) return refuse(conversation, "?", "request");
    if (find(name, &user) && may_use(&user, request.key) &&
        sshkey_verify(request.key, signature, message))
        return admit(conversation, &user, "key");
    return refuse(conversation, name, "key");
}
