"""Runs a program in an environment that lacks something common.

    python3 Tests/Fixtures/surroundings.py [OPTION…] PROGRAM [ARGUMENT…]

    --refuse-close-range     a seccomp filter answers close_range(2) with EPERM, as old versions of Docker did
    --descriptors N          RLIMIT_NOFILE, both limits
    --file-size BYTES        RLIMIT_FSIZE, both limits
    --inherit N              an open descriptor N that the program inherits
    --close N,…              descriptors that are closed
    --ignore-children        SIGCHLD is ignored
    --without proc,tmp,shm   a root without /proc, without /tmp and /var/tmp, or without /dev/shm
    --read-only tmp,shm      /tmp and /var/tmp, or /dev/shm, are read-only
    --read-only-root         everything is read-only, except /proc and an empty /tmp

The last three need a mount namespace: run this program by `unshare --mount`, and add `--map-root-user` for a user who is
not root.
"""

import argparse
import ctypes
import os
import resource
import signal
import struct
import subprocess

parser = argparse.ArgumentParser()
parser.add_argument("--refuse-close-range", action="store_true")
parser.add_argument("--descriptors", type=int)
parser.add_argument("--file-size", type=int)
parser.add_argument("--inherit", type=int)
parser.add_argument("--close", type=lambda text: [int(number) for number in text.split(",")], default=[])
parser.add_argument("--ignore-children", action="store_true")
parser.add_argument("--without", type=lambda text: text.split(","), default=[])
parser.add_argument("--read-only", type=lambda text: text.split(","), default=[])
parser.add_argument("--read-only-root", action="store_true")
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args()
folders = {"proc": ["/proc"], "tmp": ["/tmp", "/var/tmp"], "shm": ["/dev/shm"]}
# The project's folder stays accessible, even if it is below a hidden folder, since it contains the programs and their
# files.
project = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
project_descriptor = os.open(project, os.O_PATH)


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def keep_project(root=""):
    os.makedirs(root + project, exist_ok=True)
    # Turns canonicalisation off, which would replace the descriptor by the hidden path.
    mount("--no-canonicalize", "--bind", f"/proc/{os.getpid()}/fd/{project_descriptor}", root + project)


def without(absent):
    """Enters a root with everything that this one has, except some folders."""
    root = "/mnt"
    mount("-t", "tmpfs", "root", root)

    def show(folder):
        for entry in os.scandir(folder):
            place = root + entry.path
            if entry.path in absent or entry.path == root:
                continue
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), place)
            elif entry.is_dir():
                os.mkdir(place)
                if any(path.startswith(entry.path + "/") for path in absent):
                    show(entry.path)
                else:
                    mount("--rbind", entry.path, place)
            else:
                open(place, "w").close()
                mount("--bind", entry.path, place)

    show("/")
    if any(project.startswith(folder + "/") for folder in absent):
        keep_project(root)
    os.chroot(root)


for name in options.read_only:
    for folder in folders[name]:
        if os.path.isdir(folder):
            mount("-t", "tmpfs", "none", folder)
            if project.startswith(folder + "/"):
                keep_project()
            mount("-o", "remount,ro", folder)
if options.read_only_root:
    with open("/proc/self/mountinfo") as file:
        places = [line.split()[4].encode().decode("unicode_escape") for line in file]
    for place in places:
        if place.startswith("/proc"):
            continue
        # Some mounts, such as that of a folder that another one hides, can't be changed.
        subprocess.run(["mount", "-o", "remount,bind,ro", place], stderr=subprocess.DEVNULL)
    mount("-t", "tmpfs", "none", "/tmp")
    if project.startswith("/tmp/"):
        keep_project()
        mount("-o", "remount,bind,ro", project)
if options.without:
    here = os.getcwd()
    without([path for name in options.without for path in folders[name]])
    os.chdir(here)
if options.inherit is not None:
    os.dup2(os.open("/", os.O_RDONLY), options.inherit, inheritable=True)
if options.ignore_children:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if options.descriptors is not None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (options.descriptors, options.descriptors))
if options.file_size is not None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (options.file_size, options.file_size))
    # Python ignores the signal for the file size limit, and threads of a test may block it.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGXFSZ])
if options.refuse_close_range:
    # The filter (struct sock_filter) loads the number of the call. close_range, 436 on all architectures, gets EPERM;
    # other calls are allowed.
    program = struct.pack("HBBI", 0x20, 0, 0, 0) + struct.pack("HBBI", 0x15, 0, 1, 436)
    program += struct.pack("HBBI", 0x06, 0, 0, 0x00050000 | 1) + struct.pack("HBBI", 0x06, 0, 0, 0x7FFF0000)
    code = ctypes.create_string_buffer(program)
    filter = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in [(38, 1, 0, 0, 0), (22, 2, ctypes.addressof(filter), 0, 0)]:  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        if libc.prctl(*(ctypes.c_ulong(argument) for argument in call)) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
os.close(project_descriptor)
for number in options.close:
    os.close(number)
os.execv(options.command[0], options.command)
