"""Runs a static program in a time of its own: ``python virtual_time.py BEGIN END GATE EVERY -- PROGRAM ARG...``

libfaketime needs a dynamic linker, and ``busybox-static`` has none. So the program is traced (ptrace): its vDSO is hidden
from it, its clock calls are answered with simulated time, and its sleeps end at once and move that time on. Its children
are not traced. Before a sleep ends, they are waited for, except those that read the FIFO ``GATE``: these are let go when
simulated time passes a multiple of ``EVERY`` seconds. x86-64 only; times are seconds since 1970.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
import sys
import time
from pathlib import Path

_TRACEME, _GETREGS, _SETREGS, _SYSCALL, _SETOPTIONS = 0, 12, 13, 24, 0x4200
_SYSGOOD, _EXITKILL = 1, 0x100000
_AT_IGNORE, _AT_SYSINFO_EHDR = 1, 33
_GETTIMEOFDAY, _NANOSLEEP, _TIME, _CLOCK_GETTIME, _CLOCK_NANOSLEEP = 96, 35, 201, 228, 230
_REALTIME_CLOCKS = (0, 5)
_PATIENCE = 20.0
_REGISTERS = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss"


class Registers(ctypes.Structure):
    """``struct user_regs_struct`` of x86-64."""

    _fields_ = [
        (name, ctypes.c_ulonglong) for name in [*_REGISTERS.split(), "fs_base", "gs_base", "ds", "es", "fs", "gs"]
    ]


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, pid: int, data: object = None) -> None:
    if _libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


class VirtualTime:
    """One traced program and its clock."""

    def __init__(self, begin: float, end: float, gate: Path, every: int) -> None:
        self.now = begin
        self.end = end
        self.gate = gate
        self.every = every
        self.pid = 0

    def run(self, command: list[str]) -> None:
        """Until the clock passes the end; then the program is killed."""
        self.pid = os.fork()
        if self.pid == 0:
            _ptrace(_TRACEME, 0)
            os.execv(command[0], command)
        os.waitpid(self.pid, 0)  # it stops right behind exec
        _ptrace(_SETOPTIONS, self.pid, _SYSGOOD | _EXITKILL)
        self._hide_vdso()
        inside, deliver = False, 0
        slept: float | None = None
        while self.now < self.end:
            _ptrace(_SYSCALL, self.pid, deliver)
            _, status = os.waitpid(self.pid, 0)
            if not os.WIFSTOPPED(status):
                raise SystemExit(f"the program ended: status {status}")
            deliver = os.WSTOPSIG(status)
            if deliver == signal.SIGTRAP | 0x80:
                deliver, inside = 0, not inside
                if inside:
                    slept = self._entry()
                else:
                    self._exit(slept)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def _registers(self) -> Registers:
        registers = Registers()
        _ptrace(_GETREGS, self.pid, ctypes.addressof(registers))
        return registers

    def _entry(self) -> float | None:
        """A sleep is not carried out; returns how long it would have been."""
        registers = self._registers()
        if registers.orig_rax not in (_NANOSLEEP, _CLOCK_NANOSLEEP):
            return None
        absolute = registers.orig_rax == _CLOCK_NANOSLEEP and registers.rsi & 1
        address = registers.rdi if registers.orig_rax == _NANOSLEEP else registers.rdx
        seconds, nanoseconds = struct.unpack("qq", self._read(address, 16))
        registers.orig_rax = 2**64 - 1
        _ptrace(_SETREGS, self.pid, ctypes.addressof(registers))
        span: float = seconds + nanoseconds / 1e9
        return span - self.now if absolute else span

    def _exit(self, slept: float | None) -> None:
        registers = self._registers()
        whole, rest = int(self.now), self.now % 1
        if slept is not None:
            self._pass(slept)
            registers.rax = 0
        elif registers.orig_rax == _TIME:
            registers.rax = whole
            if registers.rdi:
                self._write(registers.rdi, struct.pack("q", whole))
        elif registers.orig_rax == _GETTIMEOFDAY and registers.rdi:
            self._write(registers.rdi, struct.pack("qq", whole, int(rest * 1e6)))
        elif registers.orig_rax == _CLOCK_GETTIME and registers.rdi in _REALTIME_CLOCKS:
            self._write(registers.rsi, struct.pack("qq", whole, int(rest * 1e9)))
        else:
            return
        _ptrace(_SETREGS, self.pid, ctypes.addressof(registers))

    def _pass(self, span: float) -> None:
        self._settle()
        before = self.now
        self.now += max(span, 0.001)
        if self.now // self.every > before // self.every:
            self._open_gate()
            self._settle()

    def _settle(self) -> None:
        """Wait until every child has ended or reads the gate."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            if all(self._ended_or_held(int(child)) for child in children):
                return
            time.sleep(0.001)
        raise SystemExit("a job does not end")

    def _ended_or_held(self, child: int) -> bool:
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            held = str(self.gate) in Path(f"/proc/{child}/cmdline").read_text()
            waits = held and "wait_for_partner" in Path(f"/proc/{child}/wchan").read_text()
        except OSError:
            return True
        return state == "Z" or waits or (held and state == "S")

    def _open_gate(self) -> None:
        """Opening it for writing wakes all who wait to read it."""
        try:
            os.close(os.open(self.gate, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and any(self._held_now()):
            time.sleep(0.001)

    def _held_now(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        found = []
        for child in children:
            try:
                state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and str(self.gate) in Path(f"/proc/{child}/cmdline").read_text():
                    found.append(int(child))
            except OSError:
                continue
        return found

    def _hide_vdso(self) -> None:
        """The kernel hands the vDSO's address over on the stack: argc, argv, 0, environment, 0, pairs."""
        registers = self._registers()
        address = registers.rsp + 8 * (struct.unpack("Q", self._read(registers.rsp, 8))[0] + 2)
        while struct.unpack("Q", self._read(address, 8))[0]:
            address += 8
        address += 8
        while True:
            kind = struct.unpack("Q", self._read(address, 8))[0]
            if kind == _AT_SYSINFO_EHDR:
                self._write(address, struct.pack("Q", _AT_IGNORE))
            if kind == 0:
                return
            address += 16

    def _read(self, address: int, size: int) -> bytes:
        with Path(f"/proc/{self.pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(address)
            return memory.read(size)

    def _write(self, address: int, data: bytes) -> None:
        with Path(f"/proc/{self.pid}/mem").open("r+b", buffering=0) as memory:
            memory.seek(address)
            memory.write(data)


if __name__ == "__main__":
    first, last, fifo, period, _dashes, *program = sys.argv[1:]
    VirtualTime(float(first), float(last), Path(fifo), int(period)).run(program)
