// SPDX-License-Identifier: MIT
// uses: sshkey mbedtls libsodium
// Asks the service of logins for what may be asked of one conversation, as who was taken over by
// its peer. An input is records: what is asked (1 byte, from CONTROL_LOGIN_PASSWORD on), bytes (2),
// and those. Nobody is logged in without a proof, nothing is run before, only so many wrong ones
// are looked at, and what was opened is closed.
#define _GNU_SOURCE
#include "test/refused.h"

#include <crypto/argon2.h>
#include <grp.h>
#include <pwd.h>
#include <sshkey/sshkey.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <user/syscalls.c>

// The machine's files of users, and its clock.
static struct passwd *entry_of(const char *name);
static int groups_of(const char *name, gid_t gid, gid_t *groups, int *count);
static FILE *shadow_open(const char *path, const char *mode);
static unsigned pause_for(unsigned seconds);
static bool is_signed(struct sshkey_bytes key, struct sshkey_bytes signature,
                      struct sshkey_bytes message);
#define getpwnam entry_of
#define getgrouplist groups_of
#define fopen shadow_open
#define sleep pause_for
#define sshkey_verify is_signed

#include "lib/login/password.c"
#include "lib/login/user.c"
#include "service/logins/prove.c"
#include "service/logins/run.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : size_t { HEAD = 3 };
static const char right_password[] = "right";

static uint32_t open_files, handles, pauses, started;
static bool was_right; // the last password or signature that was looked at
static struct sshkey_bytes asked;
static struct passwd *found; // the last user that was looked for

static void must(bool condition)
{
    if (!condition) abort();
}

// --- Users: one with a key, the one whom everybody knows, and those of whom nothing is right ---

static struct passwd entries[] = {
    {.pw_name = "user", .pw_uid = 1000, .pw_dir = "/home/user", .pw_shell = "/bin/sh"},
    {.pw_name = "root", .pw_uid = 0, .pw_dir = "/root", .pw_shell = "sh"},
    {.pw_name = "locked", .pw_uid = 1001, .pw_dir = "/home/locked", .pw_shell = ""},
    {.pw_name = "open", .pw_uid = 1002, .pw_dir = "/home/open", .pw_shell = "/bin/"},
};

static struct passwd *entry_of(const char *name)
{
    must(user_is_name(name) && strlen(name) < USER_NAME_SIZE);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        if (strcmp(entries[i].pw_name, name) == 0) return (found = &entries[i]);
    }
    return nullptr;
}

static int groups_of(const char *name, gid_t gid, gid_t *groups, int *count)
{
    *count = 1;
    return 1;
}

static FILE *shadow_open(const char *path, const char *mode)
{
    static char text[] = "user:$right\nroot:$right\nlocked:!\nopen:$right\nnobody:$right\nline";
    must(strcmp(path, "/etc/secret/shadow") == 0);
    return fmemopen(text, sizeof text - 1, "r");
}

bool password_hash(char hash[PASSWORD_HASH_SIZE], const char *password,
                   const uint8_t salt[PASSWORD_SALT_SIZE], struct password_cost cost)
{
    return true;
}

enum password_match password_verify(const char *hash, const char *password)
{
    must(strlen(password) < PASSWORD_SIZE && asked.size > strlen(password));
    was_right = strcmp(hash, "$right") == 0 && strcmp(password, right_password) == 0;
    return was_right ? PASSWORD_RIGHT : PASSWORD_WRONG;
}

// The signature of anything is the key.
static bool is_signed(struct sshkey_bytes key, struct sshkey_bytes signature,
                      struct sshkey_bytes message)
{
    must(message.data >= asked.data && signature.data == message.data + message.size);
    must(signature.data + signature.size == asked.data + asked.size);
    struct sshkey_request request;
    must(sshkey_request_read(message, &request) && request.key.data == key.data);
    must(request.user.size == strlen(found->pw_name));
    must(memcmp(request.user.data, found->pw_name, request.user.size) == 0);
    was_right = key.size == signature.size && memcmp(key.data, signature.data, key.size) == 0;
    return was_right;
}

static unsigned pause_for(unsigned seconds)
{
    must(seconds > 0 && seconds <= DELAY_MOST && ++pauses <= FAILURES_MOST);
    return 0;
}

// --- What else the service uses: files that are there, and handles that are counted ---

uint32_t fe_thread_number(void)
{
    return 1;
}

// There is one thread, which takes no lock twice.
void fe_lock_wait(struct fe_lock *taken)
{
    abort();
}

void fe_lock_pass(struct fe_lock *passed)
{
    abort();
}

void fe_log(const char *format, ...) {}

void fe_handle_drop(fe_handle *handle)
{
    if (*handle != FE_NO_HANDLE) must(handles-- > 0);
    *handle = FE_NO_HANDLE;
}

int p9_stat(const char *path, uint32_t flags, struct fe_9p_attributes *attributes)
{
    bool is_open = strncmp(path, "/home/open", 10) == 0;
    *attributes = (struct fe_9p_attributes){.mode = is_open ? 0777 : 0755};
    return 0;
}

int p9_file_stat(struct p9_file *file, struct fe_9p_attributes *attributes)
{
    *attributes = (struct fe_9p_attributes){.mode = MODE_FILE | 0644};
    return 0;
}

static struct p9_file *file_make(void)
{
    open_files++;
    return calloc(1, sizeof(struct p9_file));
}

int p9_open(const char *path, uint32_t flags, uint32_t mode, struct p9_file **file)
{
    if (strcmp(path, "/etc/motd") == 0) return -ENOENT;
    *file = file_make();
    return 0;
}

struct p9_file *p9_file_adopt(struct p9_session *session, uint32_t fid, uint32_t flags)
{
    return file_make();
}

int p9_close(struct p9_file *file)
{
    if (file != nullptr) must(open_files-- > 0);
    free(file);
    return 0;
}

int64_t p9_read(struct p9_file *file, uint64_t offset, void *to, size_t count)
{
    static const char keys[] =
        "# mine\ncommand=\"x\" ssh-ed25519 AAAA\nssh-ed25519 "
        "AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh";
    size_t size = sizeof keys - 1 - offset;
    must(offset < sizeof keys);
    if (size > count) size = count;
    memcpy(to, keys + offset, size);
    return (int64_t)size;
}

int64_t p9_write(struct p9_file *file, uint64_t offset, const void *from, size_t count)
{
    return (int64_t)count;
}

int p9_control(struct p9_file *file, struct p9_control *control)
{
    static uint64_t number;
    control->value = number++ % (2 * TERMINALS_MOST);
    return 0;
}

int p9_share(struct p9_file *const *files, size_t count, fe_handle *session)
{
    handles++;
    *session = 1;
    return 0;
}

uint32_t p9_fid_allocate(struct p9_session *session)
{
    return 7;
}

int login_namespace(const struct user *user, fe_handle *name_space)
{
    handles++;
    *name_space = 1;
    return 0;
}

void login_environment_init(struct login_environment *environment, const struct user *user,
                            const char *terminal)
{
    must(*terminal != '\0' && strlen(terminal) < KIND_SIZE);
}

uint64_t login_memory(uint32_t parts, uint32_t kept)
{
    return 0;
}

// The user's shell, or what makes the namespace before it.
int login_start(const struct login_process *what, fe_handle *process)
{
    bool is_newns = strcmp(what->program, "/bin/newns") == 0;
    size_t count = 0;
    must(what->user->name[0] != '\0' && what->name_space != FE_NO_HANDLE);
    must(is_newns || what->program == what->user->shell);
    while (what->arguments[count] != nullptr) must(strlen(what->arguments[count++]) < COMMAND_SIZE);
    must(is_newns || count == 1 + 2 * (what->arguments[0][0] != '-'));
    for (size_t i = 0; i < LOGIN_FILES; i++) must(what->files[i] != nullptr);
    started += !is_newns;
    handles++;
    *process = 1;
    return 0;
}

// --- The inputs ---

static int64_t run(struct work *work, uint32_t what, struct sshkey_bytes data)
{
    switch (what) {
    case CONTROL_LOGIN_PASSWORD: return prove_password(work->conversation, data);
    case CONTROL_LOGIN_KEY: return prove_key(work->conversation, data);
    case CONTROL_LOGIN_SIGNATURE: return prove_signature(work->conversation, data);
    case CONTROL_LOGIN_TERMINAL: return run_terminal(work);
    default: return run_start(work, data);
    }
}

static bool is_password_left(struct sshkey_bytes data)
{
    return memmem(data.data, data.size, right_password, sizeof right_password - 1) != nullptr;
}

static void answer_check(const struct work *work, uint32_t what, int64_t result, bool was_proved)
{
    const struct conversation *now = work->conversation;
    bool proves = what == CONTROL_LOGIN_PASSWORD || what == CONTROL_LOGIN_SIGNATURE;
    must(result >= 0 || result == -EPERM || result == -EACCES || result == -EINVAL ||
         (what == CONTROL_LOGIN_TERMINAL && result == -EMFILE) ||
         (what == CONTROL_LOGIN_START && result == -ENXIO));
    must(now->failures <= FAILURES_MOST && now->questions <= QUESTIONS_MOST);
    must(now->failures == pauses);
    uint32_t terminals = 0;
    for (const struct terminal *at = now->terminals; at; at = at->next) terminals++;
    must(terminals <= TERMINALS_MOST);
    if (now->is_proved != was_proved) {
        must(!was_proved && proves && result == 0 && was_right);
        must(what != CONTROL_LOGIN_PASSWORD || now->user.uid != 0);
        must(strcmp(now->user.name, "locked") != 0 || what == CONTROL_LOGIN_SIGNATURE);
        must(strcmp(now->user.name, "open") != 0 || what == CONTROL_LOGIN_PASSWORD);
    }
    if (was_proved && what <= CONTROL_LOGIN_SIGNATURE) must(result == -EPERM);
    if (!was_proved && what > CONTROL_LOGIN_SIGNATURE) must(result == -EPERM);
    must((work->started != nullptr) == (what == CONTROL_LOGIN_START && result >= 0));
    must(work->started == nullptr || work->started->number == result);
}

static void ask(struct conversation *conversation, uint32_t what, struct sshkey_bytes data)
{
    struct work work = {.conversation = conversation};
    bool was_proved = conversation->is_proved;
    uint32_t before = started, failures = conversation->failures;
    asked = data;
    was_right = false;
    int64_t result = run(&work, what, data);
    answer_check(&work, what, result, was_proved);
    bool is_tried = conversation->is_proved != was_proved || conversation->failures != failures;
    if (what == CONTROL_LOGIN_PASSWORD && is_tried && was_right) must(!is_password_left(data));
    must(started == before + (work.started != nullptr));
    if (work.started) running_free(work.started);
    fe_handle_drop(&work.handle);
}

static void conversation_end(struct conversation *conversation)
{
    while (conversation->terminals) {
        struct terminal *next = conversation->terminals->next;
        terminal_free(conversation->terminals);
        conversation->terminals = next;
    }
    fe_handle_drop(&conversation->name_space);
    must(open_files == 0 && handles == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    constexpr uint32_t kinds = CONTROL_LOGIN_START - CONTROL_LOGIN_PASSWORD + 1;
    struct conversation conversation = {};
    started = pauses = 0;
    while (size >= HEAD) {
        size_t count = input[1] | (size_t)input[2] << 8;
        uint32_t what = CONTROL_LOGIN_PASSWORD + input[0] % kinds;
        input += HEAD;
        size -= HEAD;
        if (count > size) count = size;
        uint8_t *data = malloc(count); // of its own size, so that reading past the end is seen
        memcpy(data, input, count);
        ask(&conversation, what, (struct sshkey_bytes){data, count});
        free(data);
        input += count;
        size -= count;
    }
    conversation_end(&conversation);
    return 0;
}
