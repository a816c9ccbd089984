// SPDX-License-Identifier: MIT
// What travels over a channel: a label, eight words, up to four handles (moved) and one buffer each
// way. Label and words travel in registers. Buffers and handles are described by a struct
// fe_transfer in the caller's memory; without one, none travel.
#pragma once

#include <abi/object.h>
#include <stddef.h>

enum : uint32_t { FE_MESSAGE_WORDS = 8, FE_MESSAGE_HANDLES = 4, FE_BUFFER_MAX = 1u << 20 };

// At a multiple of 8 bytes, so that what the kernel writes together lies in one page.
struct fe_transfer {
    alignas(uint64_t) uintptr_t send; // bytes to send: address
    uintptr_t receive;                // where incoming bytes go: address
    uint32_t send_size;               // bytes
    uint32_t receive_capacity;        // bytes; a larger incoming buffer fails with ERR_TOO_LARGE
    uint32_t received_size;           // out: bytes that came
    uint8_t send_handle_count;
    uint8_t receive_handle_capacity; // more incoming handles fail with ERR_TOO_LARGE
    uint8_t received_handle_count;   // out
    uint8_t zero;
    fe_handle send_handle[FE_MESSAGE_HANDLES];     // moved: gone from the sender on success
    fe_handle received_handle[FE_MESSAGE_HANDLES]; // out
};
static_assert(sizeof(struct fe_transfer) == 2 * sizeof(uintptr_t) + 16 + 32);

// A server that answers with nothing but registers adds FE_TRANSFER_ROOM to the address of a struct
// fe_transfer that it receives by: nothing of the struct is sent, and it is read and written only
// when a message comes that has a buffer or handles, so received_size and received_handle_count are
// to be zero before. Such a struct may not cross a page: its address is a multiple of 64.
enum : uintptr_t { FE_TRANSFER_ROOM = 1, FE_TRANSFER_ROOM_ALIGN = 64 };

// Registers of the four calls, both ways: 0 handle, then status; 1 label; 2 to 9 words; 10 deadline
// of channel_call and channel_receive, token of channel_reply and channel_reply_receive (whose
// receive half waits without one), then the badge that receive tells; 11 address of the struct
// fe_transfer or 0, then the token that receive tells.

// The calls keep the registers that a C function keeps for its caller, and of floating-point and
// vector registers no others.

// The same message as a structure: what the stubs of a call load into registers and store back.
struct fe_message {
    uint64_t label;
    uint64_t word[FE_MESSAGE_WORDS];
    uint64_t badge;               // out of receive: the session's
    uint64_t token;               // out of receive: names the caller in the reply
    struct fe_transfer *transfer; // nullptr: no buffer and no handle either way
};
static_assert(offsetof(struct fe_message, transfer) == 88);

// How the stubs of the four calls are called. Where messages take registers that functions keep for
// their callers, a caller that has nothing in them need not have them kept.
// (Not in unit tests on the host: functions under the address sanitizer align the stack.)
#if defined(__x86_64__) && defined(__has_feature)
#    if __has_c_attribute(clang::preserve_none) && !__has_feature(address_sanitizer)
#        define FE_MESSAGE_CALL [[clang::preserve_none]]
#    endif
#endif
#ifndef FE_MESSAGE_CALL
#    define FE_MESSAGE_CALL
#endif

// Labels from here on are the kernel's own, given by receive only; a call with one is refused.
enum : uint64_t {
    FE_NOTICE = 1ull << 63,
    FE_NOTICE_EVENT = FE_NOTICE + 1, // the bound event: word 0 has the bits, now cleared
    FE_NOTICE_ENDED = FE_NOTICE + 2, // last handle of the session `badge` is gone
    // Word 0: token of a received call whose caller gave up, or was interrupted and waits for the
    // answer: one that is kept is to be answered now (ERR_STALE: nobody is there any more).
    FE_NOTICE_CANCELLED = FE_NOTICE + 3,
};
