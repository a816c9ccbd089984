// SPDX-License-Identifier: MIT
// What a status is called, and which errno comes nearest.
#include <abi/errno.h>
#include <ferrite/status.h>

const char *fe_status_text(enum status status)
{
    switch (status) {
#define STATUS_CASE(name, value, text)                                                             \
    case name: return text;
        STATUS_TABLE(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}

int fe_status_errno(enum status status)
{
    switch (status) {
    case OK: return 0;
    case ERR_BAD_CALL: return ENOSYS;
    case ERR_BAD_HANDLE: return EBADF;
    case ERR_NO_RIGHT: return EACCES;
    case ERR_BAD_ADDRESS: return EFAULT;
    case ERR_NO_MEMORY:
    case ERR_QUOTA: return ENOMEM;
    case ERR_TIMED_OUT: return ETIMEDOUT;
    case ERR_INTERRUPTED: return EINTR;
    case ERR_PEER_CLOSED: return EPIPE;
    case ERR_TOO_LARGE: return EMSGSIZE;
    case ERR_NOT_FOUND: return ENOENT;
    case ERR_EXISTS: return EEXIST;
    case ERR_NOT_ADMITTED:
    case ERR_BUSY: return EBUSY;
    case ERR_NOT_SUPPORTED: return EOPNOTSUPP;
    case ERR_AGAIN: return EAGAIN;
    case ERR_OWNER_DEAD: return EOWNERDEAD;
    case ERR_DEADLOCK: return EDEADLK;
    case ERR_IO: return EIO;
    case ERR_NOT_ENTITLED: return EPERM;
    case ERR_IMAGE_FORMAT:
    case ERR_IMAGE_TRUNCATED:
    case ERR_IMAGE_ARCH:
    case ERR_IMAGE_OVERLAP:
    case ERR_IMAGE_PROTECTION:
    case ERR_IMAGE_TOO_LARGE: return ENOEXEC;
    case ERR_IMAGE_UNSIGNED:
    case ERR_IMAGE_UNTRUSTED:
    case ERR_IMAGE_SIGNATURE:
    case ERR_IMAGE_ENTITLEMENT: return EACCES;
    case ERR_WRONG_TYPE:
    case ERR_BAD_ARGUMENT:
    case ERR_STALE:
    case ERR_BAD_STATE:
    case ERR_BAD_MESSAGE: return EINVAL;
    }
    return EINVAL;
}
