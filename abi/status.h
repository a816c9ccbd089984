// SPDX-License-Identifier: MIT
// The result of every Ferrite call. One list for kernel, libraries and services, so that an error
// keeps its meaning from the place where it happens to the program that reports it. Negative values
// are errors; OK is zero. A status that is ignored does not compile.
#pragma once

#include <stdint.h>

// X(name, value, text)
#define STATUS_TABLE(X)                                                                            \
    X(OK, 0, "success")                                                                            \
    X(ERR_BAD_CALL, -1, "no such system call")                                                     \
    X(ERR_BAD_HANDLE, -2, "not a handle of this process")                                          \
    X(ERR_WRONG_TYPE, -3, "the handle is of another kind of object")                               \
    X(ERR_NO_RIGHT, -4, "the handle lacks a right")                                                \
    X(ERR_BAD_ADDRESS, -5, "the memory cannot be accessed")                                        \
    X(ERR_BAD_ARGUMENT, -6, "an argument is out of range")                                         \
    X(ERR_NO_MEMORY, -7, "out of physical memory")                                                 \
    X(ERR_QUOTA, -8, "the quota is exhausted")                                                     \
    X(ERR_TIMED_OUT, -9, "the deadline has passed")                                                \
    X(ERR_INTERRUPTED, -10, "the wait was interrupted")                                            \
    X(ERR_PEER_CLOSED, -11, "the other end is gone")                                               \
    X(ERR_TOO_LARGE, -12, "the receiver's buffer is too small")                                    \
    X(ERR_STALE, -13, "the caller no longer waits")                                                \
    X(ERR_NOT_FOUND, -14, "no such entry")                                                         \
    X(ERR_EXISTS, -15, "the entry or mapping exists")                                              \
    X(ERR_BUSY, -16, "in use")                                                                     \
    X(ERR_BAD_STATE, -17, "not possible in this state")                                            \
    X(ERR_NOT_SUPPORTED, -18, "this machine does not support it")                                  \
    X(ERR_AGAIN, -19, "nothing is ready")                                                          \
    X(ERR_BAD_MESSAGE, -20, "the message is malformed")                                            \
    X(ERR_IMAGE_FORMAT, -21, "not a well-formed image")                                            \
    X(ERR_IMAGE_TRUNCATED, -22, "the image is truncated")                                          \
    X(ERR_IMAGE_ARCH, -23, "the image is for another architecture")                                \
    X(ERR_IMAGE_OVERLAP, -24, "segments of the image overlap")                                     \
    X(ERR_IMAGE_PROTECTION, -25, "a segment is writable and executable")                           \
    X(ERR_IMAGE_TOO_LARGE, -26, "the image is larger than allowed")                                \
    X(ERR_IMAGE_UNSIGNED, -27, "the image has no signature")                                       \
    X(ERR_IMAGE_UNTRUSTED, -28, "no trust root has the image's key")                               \
    X(ERR_IMAGE_SIGNATURE, -29, "the signature does not match the image")                          \
    X(ERR_IMAGE_ENTITLEMENT, -30, "the image asks for more than its trust root allows")            \
    X(ERR_NOT_ENTITLED, -31, "the image is not entitled to this")                                  \
    X(ERR_IO, -32, "the device failed")                                                            \
    X(ERR_NOT_ADMITTED, -33, "the processor time is promised to others")                           \
    X(ERR_OWNER_DEAD, -34, "the lock is had, and its last owner died with it")                     \
    X(ERR_DEADLOCK, -35, "the lock is the caller's own already")                                   \
    X(ERR_ABANDONED, -36, "the server ended with the call in its hands")

enum [[nodiscard]] status : int32_t {
#define STATUS_ENUM(name, value, text) name = value,
    STATUS_TABLE(STATUS_ENUM)
#undef STATUS_ENUM
};

// Returns from the calling function when `expression` is an error.
#define TRY(expression)                                                                            \
    do {                                                                                           \
        enum status try_status = (expression);                                                     \
        if (try_status != OK) return try_status;                                                   \
    } while (0)
