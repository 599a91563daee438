"""Hostile scripts of Python: out of the network, out of the files, into the kernel, over the limits, through names and
answers."""

from __future__ import annotations

import os
import textwrap

from bench.zone_attacks.harness import SHORT, Script, has_the_canary, of_script
from dalgubeol.world.sandbox.defences import Defence
from dalgubeol.world.sandbox.seccomp import DENIED

_CALLS = DENIED.get(os.uname().machine, {})
_NETWORK = frozenset({Defence.NETWORK, Defence.FILTER})
_FILTER = frozenset({Defence.FILTER})
_POWER = frozenset({Defence.FILTER, Defence.PRIVILEGES})
_ALL_POWER = frozenset({Defence.FILTER, Defence.PRIVILEGES, Defence.NETWORK, Defence.IPC})
_LIMITS: frozenset[Defence] = frozenset()
_READ_ONLY = frozenset({Defence.READ_ONLY})
_MEMORY_FILES = frozenset({Defence.FILTER})


def _call(name: str) -> int:
    return _CALLS.get(name, -1)


def _script(id_: str, body: str, without: frozenset[Defence] | None = None, **more: object) -> Script:
    return Script(id_, textwrap.dedent(body).strip(), without, **more)  # type: ignore[arg-type]


def _name_of(name: str) -> str:
    """A file whose name is the canary or is a trap; success is that it comes out under that name."""
    return f"open({name}, 'w').write('x')"


_NET = (
    _script("connect over TCP", "socket.create_connection(('127.0.0.1', T['tcp']), 2)", _NETWORK),
    _script("connect over TCP with IPv6", "socket.create_connection(('::1', T['tcp6']), 2)", _NETWORK),
    _script("send a UDP datagram", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', T['udp']))", _NETWORK),
    _script("resolve a name", "socket.getaddrinfo('localhost', 80)"),
    _script("ask a name server", """
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
        query = struct.pack('>6H', 1, 256, 1, 0, 0, 0) + b'\\x06canary\\x00' + struct.pack('>2H', 1, 1)
        s.sendto(query, ('127.0.0.1', T['dns'])); assert s.recv(512)
    """, _NETWORK),
    _script("ping over ICMP", """
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP); s.settimeout(2)
        body = struct.pack('>BBHHH', 8, 0, 0, 7, 7)
        total = sum(struct.unpack('>4H', body)); total = ~(total + (total >> 16)) & 0xFFFF
        s.sendto(struct.pack('>BBHHH', 8, 0, total, 7, 7), ('127.0.0.1', 0)); assert s.recv(512)
    """, _ALL_POWER, needs_root=True),
    _script("connect to a Unix socket", "socket.socket(socket.AF_UNIX).connect(T['unix'])"),
    _script("connect to an abstract socket", "socket.socket(socket.AF_UNIX).connect(T['abstract'])", _NETWORK),
    _script("open a raw socket", "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", _POWER, needs_root=True),
    _script("open a packet socket", "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)", _POWER, needs_root=True),
    _script("open a netlink socket", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)", _FILTER),
    _script("open a socket to the hypervisor (vsock)", "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)", _FILTER),
    _script("see the host's interfaces", "assert len(socket.if_nameindex()) > 0 and any(n != 'lo' for _, n in socket.if_nameindex())", _NETWORK),
)  # fmt: skip

_FILES = (
    _script("read the password file", "open('/etc/passwd').read()"),
    _script("read the shadow file", "open('/etc/shadow').read()", needs_root=True),
    _script("read a key of the site", "assert 'canary' in open(T['site'] + '/key').read()"),
    _script("list the site's folder", "assert os.listdir(T['site'])"),
    _script("read another Dataset's file", "assert 'canary' in open(T['site'] + '/objects/other').read()"),
    _script("list the home folder", "os.listdir(T['home'])"),
    _script("read a secret of the environment", "assert os.environ['DALGU_TEST_SECRET']", frozenset({Defence.ENVIRONMENT})),
    _script("read the environment of a process", "open(f\"/proc/{T['victim']}/environ\", 'rb').read(1)", victim_is_process_1=True),
    _script("read the memory of a process", """
        for line in open(f"/proc/{T['victim']}/maps"):
            area = line.split()
            if area[1].startswith('rw') and area[-1] == '[heap]':
                with open(f"/proc/{T['victim']}/mem", 'rb') as memory:
                    memory.seek(int(area[0].split('-')[0], 16)); assert memory.read(16)
                return
        raise OSError('no heap')
    """, victim_is_process_1=True),
    _script("take a descriptor of a process", "os.listdir(f\"/proc/{T['victim']}/fd\")", victim_is_process_1=True),
    _script("see the host's processes", "open(f\"/proc/{T['victim']}/cmdline\", 'rb').read(1)"),
    _script("read what an inherited descriptor holds", """
        for fd in range(3, 256):
            try:
                if b'canary' in os.pread(fd, 100, 0):
                    return
            except OSError:
                pass
        raise OSError('none')
    """),
    _script("find a set-user-id program", """
        for path in (f'/usr/bin/{name}' for name in os.listdir('/usr/bin')):
            if os.stat(path).st_mode & 0o6000:
                return
        raise OSError('none')
    """),
    _script("start a shell", "import subprocess; subprocess.run(['/bin/sh', '-c', 'true'], check=True)"),
    _script("write to the system", "path = T['system'] + '/dalgu-attack'; open(path, 'w').close(); os.unlink(path)"),
    _script("write to an input", "open(T['input'], 'a').write('x')", _READ_ONLY),
    _script("replace an input", """
        place = T['input'] + '.new'
        open(place, 'w').close(); os.rename(place, place + 'er')
    """, _READ_ONLY | {Defence.PRIVILEGES}),
    _script("take out a key by a symbolic link", "os.symlink(T['site'] + '/key', 'leak.csv')", shows=has_the_canary),
    _script("take out a key by a hard link", "os.link(T['site'] + '/key', 'leak.csv')", shows=has_the_canary),
    _script("learn the host's name", "assert socket.gethostname() == T['host']", frozenset({Defence.HOST_NAME})),
    _script("leave a core file that the host keeps", """
        import resource
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        pid = os.fork()
        if pid == 0: os.abort()
        assert os.WCOREDUMP(os.waitpid(pid, 0)[1])
    """),
)  # fmt: skip

_KERNEL = (
    _script("trace a process", "called(libc.ptrace(0x4206, T['victim'], 0, 0))", victim_is_process_1=True),
    _script("be traced by whoever started it", "called(libc.ptrace(0, 0, 0, 0))", _FILTER),
    _script("kill a process", "assert T['victim'] > 1; os.kill(T['victim'], 0)"),
    _script("become root", "os.setuid(0)", _POWER, needs_root=True),
    _script("open a user namespace", f"called(libc.syscall({_call('unshare')}, 0x10000000))", _POWER),
    _script("nest a user namespace by clone", "import ctypes as c; pid = called(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0))\nif pid == 0: os._exit(0)\nos.waitpid(pid, 0)" if os.uname().machine == "x86_64" else f"called(libc.syscall({_call('unshare')}, 0x10000000))", _POWER),
    _script("mount a file system", """
        called(libc.unshare(0x00020000))
        called(libc.mount(b'none', b'/', None, 0x4000 | 0x40000, None))
    """, _POWER, needs_root=True),
    _script("bind another place over the input", "called(libc.mount(b'/tmp', b'/data', None, 0x1000, None))", _POWER, needs_root=True),
    _script("make the system writable again", "called(libc.mount(None, b'/', None, 0x20 | 0x1000, None))", _POWER, needs_root=True),
    _script("change the root folder", "os.chroot('.')", _POWER, needs_root=True),
    _script("rename the machine", f"called(libc.syscall({_call('sethostname')}, b'mine', 4))", _POWER, needs_root=True),
    _script("keep a secret in a keyring", f"called(libc.syscall({_call('add_key')}, b'user', b'dalgu-attack', b'x', 1, -1))", _FILTER),
    _script("open an io_uring", f"called(libc.syscall({_call('io_uring_setup')}, 4, ctypes.create_string_buffer(200)))"),
    _script("load a program into the kernel (bpf)", f"called(libc.syscall({_call('bpf')}, 0, ctypes.create_string_buffer(struct.pack('5I', 2, 4, 8, 1, 0), 128), 128))", _POWER, needs_root=True),
    _script("count events of the machine (perf)", f"called(libc.syscall({_call('perf_event_open')}, ctypes.create_string_buffer(struct.pack('IIQ', 1, 112, 0), 112), 0, -1, -1, 0))", _POWER, needs_root=True),
    _script("handle page faults of one's own (userfaultfd)", f"called(libc.syscall({_call('userfaultfd')}, 1))", _FILTER),
    _script("hide memory from the kernel (memfd_secret)", f"called(libc.syscall({_call('memfd_secret')}, 0))", _FILTER),
    _script("read the log of the kernel", f"called(libc.syscall({_call('syslog')}, 3, ctypes.create_string_buffer(64), 64))", _POWER, needs_root=True),
    _script("name a file by its handle", f"h = ctypes.create_string_buffer(struct.pack('II', 128, 0), 136); called(libc.syscall({_call('name_to_handle_at')}, -100, b'/usr/lib', h, ctypes.byref(ctypes.c_int()), 0))", _FILTER),
    _script("change how programs are laid out (personality)", f"called(libc.syscall({_call('personality')}, 0x0040000))", _FILTER),
    _script("read shared memory of the host", f"""
        segment = called(libc.syscall({_call('shmget')}, T['segment'], 4096, 0)); libc.shmat.restype = ctypes.c_void_p
        assert ctypes.string_at(libc.shmat(segment, None, 0), 6) == b'canary'
    """, frozenset({Defence.FILTER, Defence.IPC})),
    _script("open a message queue", f"called(libc.syscall({_call('msgget')}, 0, 0o1000 | 0o600))", _FILTER),
    _script("open a queue by name", f"""
        try: called(libc.syscall({_call('mq_open')}, b'dalgu-attack', 0o102, 0o600, None))
        finally: ctypes.CDLL('librt.so.1').mq_unlink(b'/dalgu-attack')
    """),
)  # fmt: skip

_BOMBS = (
    _script("fork many times", """
        children = []
        try:
            for _ in range(60):
                pid = os.fork()
                if pid == 0:
                    time.sleep(20); os._exit(0)
                children.append(pid)
        finally:
            for pid in children: os.kill(pid, 9); os.waitpid(pid, 0)
    """, _LIMITS, wide=True),
    _script("start many threads", """
        import threading
        done = threading.Event(); threads = []
        try:
            for _ in range(60):
                threads.append(threading.Thread(target=done.wait)); threads[-1].start()
        finally:
            done.set()
    """, _LIMITS, wide=True),
    _script("take much memory", "held = bytearray(300 << 20); held[::4096] = b'x' * len(held[::4096])", _LIMITS, wide=True),
    _script("take memory in many processes", """
        children = []
        for _ in range(5):
            pid = os.fork()
            if pid == 0:
                held = bytearray(60 << 20); held[::4096] = b'x' * len(held[::4096])
                time.sleep(0.7); os._exit(0)
            children.append(pid)
        for pid in children: assert os.waitpid(pid, 0)[1] == 0
    """, _LIMITS, wide=True),
    _script("take memory in memory files", """
        fd = os.memfd_create('bomb')
        for _ in range(200): os.write(fd, bytes(1 << 20))
    """),
    _script("take shared memory", """
        import mmap
        held = [mmap.mmap(-1, 60 << 20) for _ in range(4)]
        for each in held: each.write(bytes(60 << 20))
        time.sleep(0.3)
    """, _LIMITS, wide=True),
    _script("unpack a bomb", """
        import zlib
        bomb = zlib.compress(bytes(1 << 20), 9) ; held = []
        for _ in range(300): held.append(zlib.decompress(bomb))
    """, _LIMITS, wide=True),
    _script("fill the scratch disk", """
        path = T['scratch'] + '/dalgu-attack-bomb'
        try:
            with open(path, 'wb') as file:
                for _ in range(20): file.write(bytes(1 << 20))
        finally:
            os.unlink(path)
    """, _LIMITS, wide=True),
    _script("fill shared-memory files", """
        path = '/dev/shm/dalgu-attack-bomb'
        try:
            with open(path, 'wb') as file:
                for _ in range(20): file.write(bytes(1 << 20))
        finally:
            os.unlink(path)
    """, _LIMITS, wide=True),
    _script("make very many files", """
        for n in range(12_000): open(f'n{n}', 'w').close()
        time.sleep(0.3)
        for n in range(12_000): os.unlink(f'n{n}')
    """),
    _script("write a very large output", "open('big.csv', 'wb').write(bytes(8 << 20))", _LIMITS, wide=True),
    _script("leave very many output files", "for n in range(20): open(f'o{n}', 'w').close()", _LIMITS, wide=True),
    _script("spin for ever", "end = time.monotonic() + 2\nwhile time.monotonic() < end: pass", _LIMITS, wide=True, limits=SHORT),
)  # fmt: skip


def _named_so(*ends: str):  # type: ignore[no-untyped-def]
    return lambda seen: any(name.endswith(ends) or CARRIED in name for name in seen.files)


CARRIED = "101010-4"
_NAMES = (
    _script("a name that runs backwards", _name_of(r"'gpj.\u202evsc.exe'"), shows=_named_so(".exe")),
    _script("a name of another alphabet", _name_of(r"'r\u0435sults.csv'"), shows=lambda seen: any("\u0435" in n for n in seen.files)),
    _script("a name with a line break", _name_of(r"'a.csv\nb.csv'"), shows=lambda seen: any("\n" in n for n in seen.files)),
    _script("a name with orders for a terminal", _name_of(r"'\x1b[31mred.csv'"), shows=lambda seen: any("\x1b" in n for n in seen.files)),
    _script("a name that begins with a dot", _name_of("'.profile'"), shows=_named_so(".profile")),
    _script("a name that a path hides in", _name_of(r"'..\\..\\windows.csv'"), shows=lambda seen: any("\\" in n for n in seen.files)),
    _script("a record in a giant file name", _name_of("'record-' + 'x' * 180 + '-101010-4'"), shows=_named_so()),
    _script("bytes that are no text as a name", "open(b'\\xff\\xfeleak.csv', 'w').write('x')", shows=_named_so("leak.csv")),
    _script("a pipe as an output", "os.mkfifo('leak.csv')", shows=_named_so("leak.csv")),
    _script("a folder as an output", "os.mkdir('leak.csv'); open('leak.csv/x', 'w').write(open(T['input']).read())", shows=_named_so("leak.csv")),
)  # fmt: skip

_SECRET = "secret = open(T['input']).read()\n"
_CHANNELS = (
    _script("print the data", _SECRET + "print(secret)", framed=False, shows=has_the_canary),
    _script("print the data as an error", _SECRET + "import sys; print(secret, file=sys.stderr)", framed=False, shows=has_the_canary),
    _script("the data as the text of an error", _SECRET + "raise ValueError(secret)", framed=False, shows=has_the_canary),
    _script("the data as the name of an error", _SECRET + "raise type(secret, (ValueError,), {})()", framed=False, shows=has_the_canary),
    _script("the data as a warning", _SECRET + "import warnings; warnings.warn(secret)", framed=False, shows=has_the_canary),
    _script("the data as an exit text", _SECRET + "raise SystemExit(secret)", framed=False, shows=has_the_canary),
    _script("a byte of the data as the exit status", _SECRET + "raise SystemExit(ord(secret[0]))", framed=False, shows=lambda seen: "99" in seen.told),
    _script("the data in a broken file name of a traceback", _SECRET + "exec(compile('1/0', secret, 'exec'))", framed=False, shows=has_the_canary),
)  # fmt: skip

SCRIPTS = tuple(map(of_script, (*_NET, *_FILES, *_KERNEL, *_BOMBS, *_NAMES, *_CHANNELS)))
