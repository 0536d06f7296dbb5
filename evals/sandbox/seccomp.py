"""A filter of system calls: no further process, no socket, no memory that the limits of a process do not count.

Threads may be made; a process may not, so that what limits one process limits the whole sandbox. The filter is a
program of classic BPF, as seccomp(2) describes; the numbers are those of the kernel's tables of system calls.
"""

from __future__ import annotations

import platform
import struct
from dataclasses import dataclass

_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_GREATER_OR_EQUAL, _JUMP_IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x10000
_AF_UNIX = 1
_X32 = 0x40000000

_FORKS = ("fork", "vfork")
_ALIKE = {
    "clone3": 435, "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
    "fsmount": 432, "mount_setattr": 442, "memfd_secret": 447, "pidfd_getfd": 438,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Machine:
    audit: int
    clone: int
    socketpair: int
    denied: dict[str, int]


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 56, 53, {
        "fork": 57, "vfork": 58, "socket": 41, "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240,
        "memfd_create": 319, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "unshare": 272,
        "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "keyctl": 250, "add_key": 248,
        "request_key": 249, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "open_by_handle_at": 304,
        "personality": 135, "kexec_load": 246, "init_module": 175, "finit_module": 313, "vmsplice": 278,
    }),
    "aarch64": _Machine(0xC00000B7, 220, 199, {
        "socket": 198, "shmget": 194, "semget": 190, "msgget": 186, "mq_open": 180, "memfd_create": 279,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "unshare": 97, "setns": 268, "mount": 40,
        "umount2": 39, "pivot_root": 41, "chroot": 51, "keyctl": 219, "add_key": 217, "request_key": 218, "bpf": 280,
        "perf_event_open": 241, "userfaultfd": 282, "open_by_handle_at": 265, "personality": 92, "kexec_load": 104,
        "init_module": 105, "finit_module": 273, "vmsplice": 75,
    }),
}  # fmt: skip


def known_machine(machine: str | None = None) -> bool:
    """Whether there is a filter for a machine, this one unless another is named as `platform.machine` does."""
    return (machine or platform.machine()) in _MACHINES


def filter_program(machine: str | None = None, *, forks: bool = False) -> bytes:
    """The filter as an array of `struct sock_filter`, for a machine that `known_machine` knows.

    With `forks`, processes may be made: for what starts programs inside the sandbox, and puts each behind the filter
    without.
    """
    of = _MACHINES[machine or platform.machine()]
    denied = {number: _EPERM for name, number in of.denied.items() if not (forks and name in _FORKS)}
    denied |= {number: _EPERM for number in _ALIKE.values()}
    denied[_ALIKE["clone3"]] = _ENOSYS  # its flags lie in memory, out of a filter's sight; libc then takes clone
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 1, 0, of.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_GREATER_OR_EQUAL, 0, 1, _X32),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
    ]
    for number, error in denied.items():
        lines += [(_JUMP_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | error)]
    lines += [
        # Two ends of a pipe of one's own, as asyncio makes them; other kinds would have the kernel load their modules.
        (_JUMP_IF_EQUAL, 0, 3, of.socketpair),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if not forks:
        lines += [
            (_JUMP_IF_EQUAL, 0, 3, of.clone),
            (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
            (_JUMP_IF_SET, 1, 0, _CLONE_THREAD),
            (_RETURN, 0, 0, _ERRNO | _EPERM),
        ]
    lines.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
