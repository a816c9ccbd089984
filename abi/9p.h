// SPDX-License-Identifier: MIT
// The protocol's constants and structures; the operations themselves are rows of abi/9p.def, from
// which tool/abi makes abi/9p_operations.h (enum fe_9p_operation: P9_ATTACH, P9_OPEN, ...).
//
// Fids belong to a session; a client numbers its own. A session comes from ATTACH on a mounted
// connector. Who the session acts for (uid, groups) is a property of the connector: ATTACH passes
// it on; only a connector of uid 0 may ask for another (`identity`), and IDENTIFY derives a
// connector for good. Servers keep one open file per open fid; SHARE puts references to the same
// open files, under the same fid numbers, in a new session: that is how children inherit
// descriptors with their positions.
#pragma once

#include <abi/saving.h>
#include <stdint.h>

enum : uint32_t {
    FE_9P_VERSION = 2,
    // The largest request or reply data that a server must take, of which it has room for one each.
    // At least two paths.
    FE_9P_DATA_MAX = 64 * 1024 / FE_SAVING,
    FE_9P_READ_INLINE = 56, // a read of at most so many bytes is answered in words 1 to 7, without
                            // data
    FE_9P_OPEN_INLINE = 32, // the path of open may travel in words 4 to 7, when it has at most so
                            // many bytes; their number is in the upper half of word 3
    FE_9P_NO_FID = UINT32_MAX,
    FE_9P_ROOT_FID = 0, // every attached session has its root here
};
enum : uint64_t { FE_9P_LINK = 0x1000, FE_9P_POSITION = UINT64_MAX };
enum : uint64_t { FE_9P_TRANSFER_WRITE = 1ull << 63 };
// attach's flags: the session is to be mounted, and outlives the server where its channel does.
enum : uint32_t { FE_9P_KEEP = 1 };
// attach's answer: what is true of the server.
enum : uint32_t { FE_9P_LASTING = 1 }; // its files outlive it: their qids mean them again
enum : uint32_t { FE_9P_SAME_IDENTITY = UINT32_MAX };

// Kinds of file (low byte of qid_kind), as in 9P2000. The next three bytes: the file's generation;
// the upper half: its version.
enum : uint32_t {
    QID_FILE = 0,
    QID_BLOCK = 0x01, // with QID_DEVICE: one that has a position, as a disk
    QID_LINK = 0x02,
    QID_DEVICE = 0x04,
    QID_APPEND = 0x40,
    QID_DIRECTORY = 0x80
};

// open flags: the asm-generic numbers of O_*, on every instruction set (a C library whose numbers
// differ translates).
enum fe_9p_open_flag : uint32_t {
    OPEN_READ = 0,
    OPEN_WRITE = 1,
    OPEN_READ_WRITE = 2,
    OPEN_PATH = 3, // neither: only to name the file (O_PATH)
    OPEN_ACCESS = 3,
    OPEN_CREATE = 0100,
    OPEN_EXCLUSIVE = 0200,
    OPEN_TRUNCATE = 01000,
    OPEN_APPEND = 02000,
    OPEN_NONBLOCK = 04000,
    OPEN_DIRECTORY = 0200000,
    OPEN_NO_FOLLOW = 0400000,
};

// Modes: the numbers of st_mode.
enum : uint32_t {
    MODE_TYPE = 0170000,
    MODE_FIFO = 0010000,
    MODE_CHARACTER = 0020000,
    MODE_DIRECTORY = 0040000,
    MODE_BLOCK = 0060000,
    MODE_FILE = 0100000,
    MODE_LINK = 0120000,
    MODE_SOCKET = 0140000,
    MODE_SET_UID = 04000,
    MODE_SET_GID = 02000,
    MODE_STICKY = 01000,
    MODE_PERMISSIONS = 07777,
};

// Ready for what: the numbers of POLL*.
enum : uint32_t {
    READY_READ = 1,
    READY_PRIORITY = 2,
    READY_WRITE = 4,
    READY_ERROR = 8,
    READY_HANGUP = 16,
};

// walk and getattr flags:
enum : uint32_t { FE_9P_NO_FOLLOW = 1 };
// remove flags:
enum : uint32_t { FE_9P_REMOVE_DIRECTORY = 1 };

// setattr: which attributes are valid.
enum : uint32_t {
    ATTRIBUTE_MODE = 1u << 0,
    ATTRIBUTE_UID = 1u << 1,
    ATTRIBUTE_GID = 1u << 2,
    ATTRIBUTE_SIZE = 1u << 3,
    ATTRIBUTE_ACCESS_TIME = 1u << 4,
    ATTRIBUTE_MODIFY_TIME = 1u << 5,
    ATTRIBUTE_ACCESS_NOW = 1u << 6,
    ATTRIBUTE_MODIFY_NOW = 1u << 7,
};

struct fe_9p_attributes {
    uint64_t qid_kind, qid_path;
    uint32_t mode; // type and permission bits as in the C library's st_mode
    uint32_t uid, gid;
    uint32_t links;
    uint64_t device;                                // upper half: the server's; lower: the file's
    uint64_t size, block_size, blocks;              // blocks of 512 bytes
    uint64_t access_time, modify_time, change_time; // ns since 1970
};
static_assert(sizeof(struct fe_9p_attributes) == 88);

struct fe_9p_entry {
    uint64_t qid_kind, qid_path;
    uint64_t next;      // offset for the next readdir
    uint16_t name_size; // bytes that follow, without NUL; entries are padded to 8 bytes
    uint16_t type;      // DT_* of the C library
    uint32_t zero;
};
static_assert(sizeof(struct fe_9p_entry) == 32);

struct fe_9p_statfs {
    uint64_t type, block_size, blocks, blocks_free, blocks_available, files, files_free, name_max;
};
static_assert(sizeof(struct fe_9p_statfs) == 64);

// poll events: POLLIN 1, POLLPRI 2, POLLOUT 4, POLLERR 8, POLLHUP 16 as in the C library. The reply
// tells which are ready now; when it is none of those asked for, the event gets `bits` once, when
// one becomes so.

// write: a terminal whose background is not to write (TOSTOP) answers EPERM to a write at
// FE_9P_POSITION; who is in its foreground, or ignores SIGTTOU, writes again at 0.

// lock: the kinds have the C library's numbers. A lock belongs to the session, or with OPEN_FILE to
// the open file; the two do not see each other. With TEST the reply tells what is in the way, kind
// NONE for nothing. `process` is only told to others. A length of 0 reaches to the end of all
// files.
enum : uint32_t { FE_9P_LOCK_READ, FE_9P_LOCK_WRITE, FE_9P_LOCK_NONE };
enum : uint32_t {
    FE_9P_LOCK_WAITS = 1,
    FE_9P_LOCK_OPEN_FILE = 2, // the lock is the open file's, not the session's
    FE_9P_LOCK_TEST = 4,
    FE_9P_LOCK_DESCRIPTION = 8, // with OPEN_FILE: and yet meets those of sessions
};

// control requests. Terminals take the C library's struct termios / winsize in the data.
enum fe_9p_control : uint32_t {
    CONTROL_TERMIOS_GET = 1,
    CONTROL_TERMIOS_SET, // data: u32 when (0 now, 1 drain, 2 flush), then struct termios
    CONTROL_WINDOW_GET,
    CONTROL_WINDOW_SET,
    CONTROL_GROUP_GET,   // value: foreground process group; in the upper half the session
    CONTROL_GROUP_SET,   // data: u32 group, of that session
    CONTROL_SESSION_SET, // make it the controlling terminal; data: u32 session, 0: nobody's
    CONTROL_FLUSH,       // data: u32 (0 input, 1 output, 2 both)
    CONTROL_BREAK,
    CONTROL_AVAILABLE, // value: bytes that can be read without waiting
    CONTROL_PIPE, // on the pipe service's root; data: struct fe_pair_wish: the fid that reads and
                  // the one that writes are open then
    CONTROL_FLAGS_SET,       // data: u32 OPEN_NONBLOCK | OPEN_APPEND as they are to be from now on
    CONTROL_TERMINAL_NAME,   // reply data: path of the terminal
    CONTROL_DRAIN,           // answered when the terminal has sent what was written
    CONTROL_FLOW,            // data: u32 as tcflow() counts: 0 stop output, 1 go on, 2, 3 nothing
    CONTROL_TERMINAL_NUMBER, // value: the terminal's device number; a master is no terminal
    CONTROL_PTY_NUMBER,      // of a master; value: N of /dev/pts/N
    CONTROL_PTY_LOCK,        // of a master; data: u32, whether its terminal cannot be opened

    CONTROL_CONNECTOR_TAKE, // of a file of /srv: reply handle: the connector that is posted there
    CONTROL_CONNECTOR_POST, // handle: a connector, posted there from now on

    // Of a disk's file: memory that the disk itself reads and writes (P9_TRANSFER), until the file
    // is closed. data: u64 bytes; reply handle: the memory; value: its number.
    CONTROL_TRANSFER_MEMORY,
    CONTROL_TRANSFER_FORGET, // data: u64 number of such memory, which is not used any more
    CONTROL_TRANSFER_WRITE, // data: struct fe_transfer_piece, FE_TRANSFER_PIECES at most: all go to
                            // the disk, in any order; after an error some may have

    // Message queues (mqueue(4)). Of their folder:
    CONTROL_QUEUE_CREATE, // data: struct fe_queue_create, then the name: makes one and opens it
    CONTROL_QUEUE_NOTICE, // data: u64 number of a registration; waits until it is done with;
                          // value: 1: a message came, 0: it was taken back
    // Of a queue:
    CONTROL_QUEUE_SEND,    // data: struct fe_queue_wish, then the message; waits
    CONTROL_QUEUE_RECEIVE, // data: struct fe_queue_wish; value: priority; reply data: the message;
                           // waits
    CONTROL_QUEUE_STATUS,  // reply data: struct fe_queue_status
    CONTROL_QUEUE_NOTIFY,  // data: u32 enum fe_queue_notify; value: number of the registration

    // Local sockets (pipe(4)). On the pipe service's root: two that are connected.
    CONTROL_SOCKET_PAIR, // data: struct fe_pair_wish: both fids are open then
    CONTROL_SOCKET_MAKE, // the same of the first fid alone: a socket that can be bound
    // Of a local socket that was made alone:
    CONTROL_SOCKET_BIND,   // reply handle: a connector, for others to reach it
    CONTROL_SOCKET_LISTEN, // data: u32 how many connections may wait to be accepted
    CONTROL_SOCKET_ACCEPT, // data: struct fe_pair_wish: the first fid is a connection then; waits
    // On the root of a session of such a connector:
    CONTROL_SOCKET_CONNECT, // data: struct fe_pair_wish: the first fid is connected then; waits
                            // while no more may
    // Of a local socket:
    CONTROL_SOCKET_RECEIVE, // data: struct fe_socket_receive; value: size of the message, of a
                            // stream: of what is given; reply data: a head (FE_SOCKET_WHOLE), then
                            // what fits of it; waits
    CONTROL_SOCKET_SEND, // data: a head (fe_socket_head) with FE_SOCKET_NO_WAIT or 0, the sender's
                         // name, what describes the files that go along, then the bytes; handles:
                         // of those files; value: how many bytes were taken; waits. Also on the
                         // root of a session of a datagram socket's connector
    CONTROL_SOCKET_SHUTDOWN, // data: u32 enum fe_socket_shutdown
    CONTROL_SOCKET_NAME, // of a bound one: reply data: a name that nobody can guess, while it is
                         // open. On the pipe service's root:
    CONTROL_SOCKET_FIND, // data: such a name; reply handle: that socket's connector

    // Process service, on the session that a process got at birth (start handle "process"). A pid
    // of 0 means oneself; a status is as wait() gives it. A running child in one step, which its
    // parent watches itself: it leaves no zombie. data: struct fe_process_register; handle: its
    // process (inspect, kill); value: pid; reply handle: its session.
    CONTROL_PROCESS_REGISTER = 64,
    // A child that is only being made; everything here works on its session already.
    // data: struct fe_process_register; value: pid; reply handle: its session.
    CONTROL_PROCESS_CHILD,
    // On one's own session: `handle` (inspect, kill) is the process behind this pid from now on;
    // the one before, if any, is no longer looked at. data: struct fe_process_register.
    CONTROL_PROCESS_BECOME,
    CONTROL_PROCESS_EXIT,         // a child being made ends without having run; data: i32 status
    CONTROL_PROCESS_WAIT,         // data: i32 pid selector, u32 options, u32 number of the call
                                  // among the caller's; reply data: struct fe_process_exit; waits
    CONTROL_PROCESS_SIGNAL,       // data: i32 pid selector, u32 signal; or struct fe_signal_wish
    CONTROL_PROCESS_GROUP_SET,    // data: u32 pid, u32 group
    CONTROL_PROCESS_SESSION_NEW,  // value: session
    CONTROL_PROCESS_IDENTITY,     // data: u32 pid; reply data: struct fe_process_identity
    CONTROL_PROCESS_IDENTITY_SET, // data: struct fe_process_identity (ids only): only for uid 0
    // How to reach a process that catches, ignores or blocks signals. Before it, and for signals
    // that are none of these, the service does the default: end, stop (process_stop), continue.
    // handles: thread (control), memory that holds one struct fe_signal_page.
    CONTROL_PROCESS_SIGNALS,
    CONTROL_PROCESS_STATUS,  // data: u32 pid; reply data: text
    CONTROL_PROCESS_ALARM,   // SIGALRM at a time. data: u64 deadline (0: none), u64 period, ns
    CONTROL_PROCESS_CONFINE, // from now on there are no others for this process and its descendants
    // Of services that have terminals (uid 0). data: struct fe_terminal_wish. The user must be the
    // session leader's, or 0.
    CONTROL_PROCESS_TERMINAL_SESSION_SET, // number: the session that it controls, 0: none any more
    CONTROL_PROCESS_TERMINAL_GROUP_SET,   // number: the foreground group, of the same session
    CONTROL_PROCESS_TERMINAL_GROUP_GET,   // value: as CONTROL_GROUP_GET
    CONTROL_PROCESS_TERMINAL_SIGNAL,      // number: the signal; to the foreground group
    CONTROL_PROCESS_TERMINAL_HANG_UP,     // SIGHUP and SIGCONT, and nobody's from then on

    // init, on the session that it gives to every service (start handle "init").
    CONTROL_INIT_READY = 128, // data: name of what is provided ("" when there is one only); handle:
                              // connector. Without a handle: ready now
    CONTROL_INIT_MOUNT, // data: path; handle: connector. In init's namespace and all that it made;
                        // goes when the service does
    CONTROL_INIT_NAMESPACE, // data: u32 uid, u32 gid, u32 groups...; reply handle: a namespace
                            // whose connectors are bound to the user
    CONTROL_INIT_POWER,     // data: u32 POWER_*: ends services in order, then the machine
    CONTROL_INIT_CHILD,     // handles: a process (inspect, kill) that init ends when it finds the
                            // service dead, and one that it keeps until the service is ready again
    CONTROL_INIT_WATCH,     // a process that init ends when it does not come back from a message.
                            // data: u64 place of its struct fe_watch, u64 ns that it may take;
                            // handles: the process (inspect, kill), its stack (read, write)
    CONTROL_INIT_DERIVE,    // handle: a resource; reply handle: all of it anew, derived by init, so
                            // that the kernel asks init's life, not the service's, for what is kept
    CONTROL_INIT_UNMOUNT,   // data: path. What this service has mounted there goes

    // Service of logins (logins(4)). Each open file is a conversation with one who wants to log in,
    // as the first three prove. EACCES: no; EPERM: too often, or proved already.
    CONTROL_LOGIN_PASSWORD = 160, // data: name, NUL, password
    CONTROL_LOGIN_KEY,            // data: name, NUL, public key of SSH: whether the user may use it
    CONTROL_LOGIN_SIGNATURE, // data: u32 size of what was signed (RFC 4252, section 7), that, the
                             // signature
    // Then, as that user. Reply data are fids of the session that is the reply's handle.
    CONTROL_LOGIN_TERMINAL, // a new terminal. value: its number; reply: its master
    CONTROL_LOGIN_START,    // data: struct fe_login_start, kind of terminal, NUL, command. value:
                            // number of the process; without a terminal, reply: its input, output
                            // and errors
    CONTROL_LOGIN_NETWORK,  // reply handle: a namespace (resolve) with what the user's has at /net,
                            // and pipes

    // The host's key, of which more than this is told to nobody.
    CONTROL_LOGIN_HOST_KEY,  // reply: its public half, as SSH has it
    CONTROL_LOGIN_HOST_SIGN, // data: what a key exchange hashes (RFC 4253, section 8); reply: the
                             // signature. EINVAL: it is none with this key; EPERM: the second one
                             // before a proof, one of another connection, or one after a refusal
};

// Two open files that belong together. `flags`: OPEN_NONBLOCK is looked at.
struct fe_pair_wish {
    uint32_t fid[2];
    uint32_t flags;
    uint32_t type; // of sockets: enum fe_socket_type
};
static_assert(sizeof(struct fe_pair_wish) == 16);

// The C library's numbers.
enum fe_socket_type : uint32_t { SOCKET_STREAM = 1, SOCKET_DATAGRAM = 2, SOCKET_PACKETS = 5 };
enum fe_socket_shutdown : uint32_t { SHUTDOWN_READ, SHUTDOWN_WRITE, SHUTDOWN_BOTH };
enum : uint32_t {
    FE_SOCKET_PEEK = 1,    // what is told stays there
    FE_SOCKET_NO_WAIT = 2, // EAGAIN instead
    FE_SOCKET_WHOLE = 4,   // the reply begins with a head and the sender's name
    FE_SOCKET_FILES = 8,   // ... and has the files that came along, which are lost otherwise
};
enum : uint32_t {
    FE_SOCKET_NAME_MAX = 108,    // bytes
    FE_SOCKET_FILES_MAX = 16384, // bytes that describe files
    FE_SOCKET_TOKEN_SIZE = 33,   // of a name that nobody can guess: a byte of 0 and 32 of hex
};

// What a message on its way begins with: flags, bytes of the name, and of what describes files.
static inline uint32_t fe_socket_head(uint32_t flags, uint32_t name_size, uint32_t files_size)
{
    return flags | name_size << 8 | files_size << 16;
}
static inline uint32_t fe_socket_head_name(uint32_t head)
{
    return head >> 8 & 0xff;
}
static inline uint32_t fe_socket_head_files(uint32_t head)
{
    return head >> 16;
}
struct fe_socket_receive {
    uint32_t capacity;
    uint32_t flags; // FE_SOCKET_*
};
static_assert(sizeof(struct fe_socket_receive) == 8);

// A program of a login: the command by the user's shell, or that as a login shell when it is empty.
// Reading the conversation's file gives a struct fe_login_end for each that has ended.
struct fe_login_start {
    uint32_t terminal; // its number, or FE_LOGIN_PIPES
    uint32_t zero;
};
static_assert(sizeof(struct fe_login_start) == 8);
enum : uint32_t { FE_LOGIN_PIPES = UINT32_MAX };
struct fe_login_end {
    uint32_t number;
    int32_t status; // as wait() gives it
};
static_assert(sizeof(struct fe_login_end) == 8);

// CONTROL_TRANSFER_WRITE: to `offset` of the file from `position` of the memory, whole sectors.
enum : uint32_t { FE_TRANSFER_PIECES = 16 };
struct fe_transfer_piece {
    uint64_t offset, memory, position, size;
};
static_assert(sizeof(struct fe_transfer_piece) == 32);

// A queue of at most `capacity` messages of at most `message_size` bytes; both 0: as is usual.
struct fe_queue_create {
    uint32_t fid, flags, mode; // as of open
    uint32_t capacity, message_size;
    uint32_t zero;
};
static_assert(sizeof(struct fe_queue_create) == 24);

struct fe_queue_wish {
    uint64_t deadline; // monotonic, ns: ETIMEDOUT then
    uint32_t priority; // send: less than FE_QUEUE_PRIORITIES
    uint32_t capacity; // receive: bytes that there is room for: EMSGSIZE unless any message fits
};
static_assert(sizeof(struct fe_queue_wish) == 16);
enum : uint32_t {
    FE_QUEUE_PRIORITIES = 32768,
    FE_QUEUE_SIZE_MAX = FE_9P_DATA_MAX - sizeof(struct fe_queue_wish),
};

enum fe_queue_notify : uint32_t {
    FE_QUEUE_NOTIFY_NONE,   // takes the registration back
    FE_QUEUE_NOTIFY_ASKED,  // registers, for CONTROL_QUEUE_NOTICE to ask
    FE_QUEUE_NOTIFY_SILENT, // the same, but nobody asks
};

struct fe_queue_status {
    uint32_t capacity, message_size, count, zero;
};
static_assert(sizeof(struct fe_queue_status) == 16);

// Word 2 of a control message.
enum : uint64_t {
    CONTROL_REPEATED = 1,  // asked before of a server that ended before it answered
    CONTROL_INIT_KEPT = 2, // CONTROL_INIT_READY: the connector is one of the channel that was given
};

struct fe_process_register {
    uint32_t group;   // 0: the parent's (become: as it is); ~0: a new one of its own
    uint32_t flags;   // zero
    uint64_t ignored; // signals ignored at birth: bit (signal - 1)
    uint64_t blocked; // and blocked
    char command[64]; // for ps
};
static_assert(sizeof(struct fe_process_register) == 88);

// One page that a process shares with the process service; bit (signal - 1) of each. The process
// writes the first three at any time; the service sets bits in `pending` and then interrupts the
// thread. All access is atomic.
struct fe_signal_page {
    uint64_t caught, ignored, blocked;
    uint64_t pending;
};
static_assert(sizeof(struct fe_signal_page) == 32);

// Behind it in the page: what is known of those that are pending (ferrite/signal.h).
struct fe_signal_slot {
    uint32_t state; // enum fe_signal_slot_state, atomic: who changes FREE or FULL to BUSY has it
    uint32_t order; // of those for the same signal the one with the lowest came first
    uint32_t number;
    int32_t code; // si_code
    uint32_t pid, uid;
    uint64_t value; // si_value or si_status
};
static_assert(sizeof(struct fe_signal_slot) == 32);
enum fe_signal_slot_state : uint32_t { SIGNAL_SLOT_FREE, SIGNAL_SLOT_BUSY, SIGNAL_SLOT_FULL };
enum : uint32_t { SIGNAL_SLOT_COUNT = 64, SIGNAL_REAL_TIME = 32 }; // and above: queued

struct fe_signal_wish {
    int32_t selector;
    uint32_t number;
    int32_t code; // SI_QUEUE, SI_TIMER, ...: none that only the system sends
    uint32_t zero;
    uint64_t value;
};
static_assert(sizeof(struct fe_signal_wish) == 24);

struct fe_process_exit {
    int32_t pid;
    int32_t status;    // as wait() gives it
    uint64_t cpu_time; // ns
};
static_assert(sizeof(struct fe_process_exit) == 16);

struct fe_process_identity {
    uint32_t pid, parent, group, session;
    uint32_t uid, gid, group_count;
    uint32_t groups[32];
    uint32_t terminal;    // device number of the controlling terminal, 0: none
    uint32_t foreground;  // its foreground group, 0: nobody is left of it
    uint32_t is_orphaned; // the group: nobody would continue it if it stopped
};
static_assert(sizeof(struct fe_process_identity) == 168);

struct fe_terminal_wish {
    uint32_t terminal; // device number
    uint32_t uid;      // on whose behalf
    uint32_t number;
};
static_assert(sizeof(struct fe_terminal_wish) == 12);
