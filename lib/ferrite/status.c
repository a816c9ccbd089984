// SPDX-License-Identifier: MIT
// What a status is called, and which errno comes nearest; what the end of a process means.
#include <abi/errno.h>
#include <abi/object.h>
#include <ferrite/log.h>
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
    case ERR_PEER_CLOSED:
    case ERR_ABANDONED: return EPIPE;
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

void fe_exit_text(int32_t code, char *text, size_t size)
{
    static const char *const faults[] = {
        [FAULT_READ] = "reading memory",
        [FAULT_WRITE] = "writing memory",
        [FAULT_EXECUTE] = "executing data",
        [FAULT_INSTRUCTION] = "an illegal instruction",
        [FAULT_ALIGNMENT] = "alignment",
        [FAULT_BREAKPOINT] = "a breakpoint",
        [FAULT_ARITHMETIC] = "arithmetic",
        [FAULT_OUT_OF_MEMORY] = "no memory left",
        [FAULT_BUS] = "a device that does not answer",
    };
    int64_t fault = (int64_t)FE_EXIT_FAULT - code, signal_most = 64;
    if (code == FE_EXIT_KILLED) {
        fe_format(text, size, "killed");
    } else if (code == FE_EXIT_HUNG) {
        fe_format(text, size, "did not come back from a request");
    } else if (fault > 0 && fault < (int64_t)(sizeof faults / sizeof *faults)) {
        fe_format(text, size, "fault: %s", faults[fault]);
    } else if (code < 0 && code >= -signal_most) {
        fe_format(text, size, "killed by signal %d", -code);
    } else {
        fe_format(text, size, "ended with %d", code);
    }
}
