"""The layers of the sandbox that can be left out, one by one, so that an attack can show what each is good for.

Rules: only the attack suite and its bench leave one out, by the argument `without` of `run_script`; nothing on any
floor above passes that argument (a test reads the source). Processes, files and descriptors of the host have no
entry here: without those layers the script is a plain process, and the suite runs it as one.
"""

from __future__ import annotations

from enum import StrEnum


class Defence(StrEnum):
    NETWORK = "network"
    """An empty network namespace."""
    FILTER = "filter"
    """The filter of system calls."""
    PRIVILEGES = "privileges"
    """A fresh user without capabilities, and no way to get any."""
    READ_ONLY = "read-only"
    """Inputs and system that cannot be written."""
    HOST_NAME = "host name"
    IPC = "ipc"
    """Message queues, semaphores and shared memory of one's own."""
    ENVIRONMENT = "environment"
    """Variables made here, none inherited."""


NONE_LEFT_OUT: frozenset[Defence] = frozenset()
