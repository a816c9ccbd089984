// SPDX-License-Identifier: MIT
// What the files of the service of logins share. One thread serves (main.c); what asks other
// services or takes its time is done by a thread for each request (work.c), one at a time for each
// conversation, which has it to itself meanwhile.
#pragma once

#include <9p/client.h>
#include <9p/server.h>
#include <login/process.h>
#include <sshkey/sshkey.h>

#include "permit.h"

struct terminal { // that nothing runs on yet
    struct terminal *next;
    uint32_t number;
    char path[32];
    struct p9_file *file;
};

struct running {
    struct running *next;
    uint32_t number;
    int32_t status; // when it has ended
    fe_handle process;
};

struct conversation {
    struct p9_node node; // first
    struct conversation *next;
    struct user user; // as soon as is_proved
    bool is_proved, is_busy, is_closed;
    uint32_t failures, questions;
    struct permit permit; // of the host's key
    fe_handle name_space; // of the user, with the first request that needs it
    fe_handle network;    // of that, what is of the network
    struct terminal *terminals;
    struct running *running, *ended; // the serving thread's own
    uint32_t last_number;
};

enum : uint32_t { ANSWER_FIDS = 3 };

struct work {
    struct work *next;
    struct p9_request *request; // kept
    struct conversation *conversation;
    int64_t result;
    uint32_t fids[ANSWER_FIDS], fid_count;
    uint8_t text[SSHKEY_ED25519_SIGNATURE]; // or this
    size_t text_size;
    fe_handle handle;
    struct running *started;
};

enum : uint64_t { BIT_DONE = 1, BIT_ENDED = 2 };
extern struct p9_server server;

// work.c
int work_begin(struct p9_request *request, struct conversation *conversation);
void work_finish_all(void); // what is done

// prove.c: 0 or a negative errno
int prove_password(struct conversation *conversation, struct sshkey_bytes data);
int prove_key(struct conversation *conversation, struct sshkey_bytes data);
int prove_signature(struct conversation *conversation, struct sshkey_bytes data);

// host.c: 0 or a negative errno
extern const char *host_key_path;
int host_key_give(struct work *work);
int host_key_sign(struct work *work, struct sshkey_bytes data);

// run.c: the control's value or a negative errno
int64_t run_terminal(struct work *work);
int64_t run_start(struct work *work, struct sshkey_bytes data);
// Makes the user's namespace, unless there is one. 0 or a negative errno.
int run_enter(struct conversation *conversation);
void terminal_free(struct terminal *terminal);
void running_free(struct running *running);

// network.c: 0 or a negative errno
int64_t network_give(struct work *work);
