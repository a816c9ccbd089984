// SPDX-License-Identifier: MIT
// The single entry of the C library: from a call's number (asm-generic, the same on every
// instruction set) to its function. Arguments and results have 64 bits, whatever a word has. Calls
// may nest (a function here that allocates memory comes back in), and handlers of signals run only
// when none is under way; whoever interrupts a wait therefore finds its handler run right here,
// after the call has given up.
#include "call.h"
#include "signals.h"
#include "thread.h"
#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>

int64_t __ferrite_syscall(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e,
                          int64_t f);

static int64_t zero(const int64_t *a)
{
    (void)a;
    return 0;
}

static posix_call *const calls[] = {
    [SYS_mmap] = call_mmap,
    [SYS_munmap] = call_munmap,
    [SYS_mprotect] = call_mprotect,
    [SYS_madvise] = call_madvise,
    [SYS_mlock] = call_mlock,
    [SYS_munlock] = call_mlock,
    [SYS_mlockall] = call_mlockall,
    [SYS_munlockall] = zero,
    [SYS_msync] = call_msync,
    [SYS_openat] = call_openat,
    [SYS_close] = call_close,
    [SYS_dup] = call_dup,
    [SYS_dup3] = call_dup3,
    [SYS_fcntl] = call_fcntl,
    [SYS_ioctl] = call_ioctl,
    [SYS_flock] = call_flock,
    [SYS_read] = call_read,
    [SYS_write] = call_write,
    [SYS_readv] = call_readv,
    [SYS_writev] = call_writev,
    [SYS_pread64] = call_pread,
    [SYS_pwrite64] = call_pwrite,
    [SYS_preadv] = call_preadv,
    [SYS_pwritev] = call_pwritev,
    [SYS_lseek] = call_lseek,
    [SYS_sendfile] = call_sendfile,
    [SYS_ftruncate] = call_ftruncate,
    [SYS_truncate] = call_truncate,
    [SYS_fallocate] = call_fallocate,
    [SYS_fsync] = call_fsync,
    [SYS_fdatasync] = call_fsync,
    [SYS_fadvise64] = zero,
    [SYS_ppoll] = call_ppoll,
    [SYS_pselect6] = call_pselect,
    [SYS_pipe2] = call_pipe2,
    [SYS_mq_open] = call_mq_open,
    [SYS_mq_unlink] = call_mq_unlink,
    [SYS_mq_timedsend] = call_mq_timedsend,
    [SYS_mq_timedreceive] = call_mq_timedreceive,
    [SYS_mq_notify] = call_mq_notify,
    [SYS_mq_getsetattr] = call_mq_getsetattr,
    [SYS_fstat] = call_fstat,
    [SYS_newfstatat] = call_fstatat,
    [SYS_statx] = call_statx,
    [SYS_statfs] = call_statfs,
    [SYS_fstatfs] = call_fstatfs,
    [SYS_faccessat] = call_faccessat,
    [SYS_fchmod] = call_fchmod,
    [SYS_fchmodat] = call_fchmodat,
    [SYS_fchown] = call_fchown,
    [SYS_fchownat] = call_fchownat,
    [SYS_utimensat] = call_utimensat,
    [SYS_getdents64] = call_getdents,
    [SYS_mkdirat] = call_mkdirat,
    [SYS_mknodat] = call_mknodat,
    [SYS_unlinkat] = call_unlinkat,
    [SYS_renameat2] = call_renameat,
#ifdef SYS_renameat
    [SYS_renameat] = call_renameat,
#endif
    [SYS_symlinkat] = call_symlinkat,
    [SYS_readlinkat] = call_readlinkat,
    [SYS_linkat] = call_linkat,
    [SYS_chdir] = call_chdir,
    [SYS_fchdir] = call_fchdir,
    [SYS_getcwd] = call_getcwd,
    [SYS_umask] = call_umask,
    [SYS_sync] = call_sync,
    [SYS_clock_gettime] = call_clock_gettime,
    [SYS_clock_getres] = call_clock_getres,
    [SYS_clock_settime] = call_clock_settime,
    [SYS_clock_nanosleep] = call_clock_nanosleep,
    [SYS_nanosleep] = call_nanosleep,
    [SYS_gettimeofday] = call_gettimeofday,
    [SYS_setitimer] = call_setitimer,
    [SYS_getitimer] = call_getitimer,
    [SYS_times] = call_times,
    [SYS_futex] = call_futex,
    [SYS_set_tid_address] = call_set_tid_address,
    [SYS_gettid] = call_gettid,
    [SYS_exit] = call_exit,
    [SYS_sched_yield] = call_sched_yield,
    [SYS_sched_get_priority_max] = call_sched_get_priority_max,
    [SYS_sched_get_priority_min] = call_sched_get_priority_min,
    [SYS_sched_setscheduler] = call_sched_setscheduler,
    [SYS_sched_getscheduler] = call_sched_getscheduler,
    [SYS_sched_setparam] = call_sched_setparam,
    [SYS_sched_getparam] = call_sched_getparam,
    [SYS_sched_getaffinity] = call_sched_getaffinity,
    [SYS_tkill] = call_tkill,
    [SYS_tgkill] = call_tgkill,
    [SYS_set_robust_list] = zero, // the kernel needs no list
    [SYS_get_robust_list] = call_get_robust_list,
    [SYS_exit_group] = call_exit_group,
    [SYS_execve] = call_execve,
    [SYS_wait4] = call_wait4,
    [SYS_waitid] = call_waitid,
    [SYS_getpid] = call_getpid,
    [SYS_getppid] = call_getppid,
    [SYS_getpgid] = call_getpgid,
    [SYS_setpgid] = call_setpgid,
    [SYS_getsid] = call_getsid,
    [SYS_setsid] = call_setsid,
    [SYS_getuid] = call_getuid,
    [SYS_geteuid] = call_getuid,
    [SYS_getgid] = call_getgid,
    [SYS_getegid] = call_getgid,
    [SYS_getgroups] = call_getgroups,
    [SYS_setgroups] = call_setgroups,
    [SYS_setuid] = call_setuid,
    [SYS_setgid] = call_setgid,
    [SYS_setreuid] = call_setresuid,
    [SYS_setregid] = call_setresgid,
    [SYS_setresuid] = call_setresuid,
    [SYS_setresgid] = call_setresgid,
    [SYS_getresuid] = call_getresuid,
    [SYS_getresgid] = call_getresgid,
    [SYS_kill] = call_kill,
    [SYS_getrusage] = call_getrusage,
    [SYS_prlimit64] = call_prlimit,
    [SYS_getpriority] = zero,
    [SYS_setpriority] = zero,
    [SYS_rt_sigaction] = call_rt_sigaction,
    [SYS_rt_sigprocmask] = call_rt_sigprocmask,
    [SYS_rt_sigpending] = call_rt_sigpending,
    [SYS_rt_sigsuspend] = call_rt_sigsuspend,
    [SYS_rt_sigtimedwait] = call_rt_sigtimedwait,
    [SYS_rt_sigqueueinfo] = call_rt_sigqueueinfo,
    [SYS_sigaltstack] = call_sigaltstack,
    [SYS_uname] = call_uname,
    [SYS_sysinfo] = call_sysinfo,
    [SYS_getrandom] = call_getrandom,
    [SYS_reboot] = call_reboot,
    [SYS_syslog] = call_syslog,
    [SYS_socket] = call_socket,
    [SYS_socketpair] = call_socketpair,
    [SYS_bind] = call_bind,
    [SYS_listen] = call_listen,
    [SYS_accept] = call_accept,
    [SYS_accept4] = call_accept4,
    [SYS_connect] = call_connect,
    [SYS_getsockname] = call_getsockname,
    [SYS_getpeername] = call_getpeername,
    [SYS_sendto] = call_sendto,
    [SYS_recvfrom] = call_recvfrom,
    [SYS_setsockopt] = call_setsockopt,
    [SYS_getsockopt] = call_getsockopt,
    [SYS_shutdown] = call_shutdown,
    [SYS_sendmsg] = call_sendmsg,
    [SYS_recvmsg] = call_recvmsg,
};

// The end of a detached thread frees the memory that its struct thread is found by: these two do
// without.
static bool is_bare(int64_t number)
{
    return number == SYS_munmap || number == SYS_exit;
}

static inline int64_t run(struct thread *thread, posix_call *call, const int64_t *arguments)
{
    thread_enter(thread);
    int64_t result = call(arguments);
    thread_leave(thread);
    return result;
}

static inline bool wants_restart(int64_t result)
{
    return result == RESTART || result == RESTART_UNLESS_HANDLED;
}

// Runs handlers, and the call again as long as they allow it.
[[gnu::noinline]] static int64_t settle(struct thread *thread, posix_call *call,
                                        const int64_t *arguments, int64_t result)
{
    if (signal_held != 0) {
        signal_held |= SIGNAL_WAITS;
        return result;
    }
    for (;;) {
        enum signal_outcome outcome = SIGNAL_NONE;
        if (wants_restart(result) || thread->is_owed) {
            thread->is_owed = false;
            (void)signal_ended_wait(thread);
        }
        if (signal_deliverable(thread) != 0 || thread->restores) outcome = signal_run(thread);
        if (result == RESTART && outcome == SIGNAL_INTERRUPT) return -EINTR;
        if (result == RESTART_UNLESS_HANDLED && outcome != SIGNAL_NONE) return -EINTR;
        if (!wants_restart(result)) return result;
        result = run(thread, call, arguments);
    }
}

int64_t __ferrite_syscall(int64_t number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e,
                          int64_t f)
{
    if (number < 0 || number >= (int64_t)(sizeof calls / sizeof *calls) ||
        calls[number] == nullptr) {
        return -ENOSYS;
    }
    posix_call *call = calls[number];
    const int64_t arguments[6] = {a, b, c, d, e, f};
    if (is_bare(number)) return call(arguments);
    struct thread *thread = thread_self();
    int64_t result = run(thread, call, arguments);
    bool has_more = thread->restores || thread->is_owed || wants_restart(result);
    bool is_quiet = signal_deliverable(thread) == 0 && !has_more;
    if (is_quiet || thread->depth != 0) return result;
    return settle(thread, call, arguments, result);
}
