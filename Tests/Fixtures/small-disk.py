"""Calls functions while the disk of their SQLite database is full or read-only, or files can't grow.

    unshare --mount python3 Tests/Fixtures/small-disk.py FOLDER CASE

FOLDER contains the files of a database that no process has open (`store.db` and others with this prefix), and
`calls.json`: an array of objects with the path of an executable, its variables and the event for its standard input. The
database is copied to FOLDER/disk, which is a separate file system. CASE says how it is then treated:

    full         it is filled to the last byte
    read-only    it is mounted read-only
    limited      it is left unchanged, but no file may be written to (RLIMIT_FSIZE)
    freed        it is filled, and emptied again after the first half of the calls

Prints an array with the result of each call: the exit status, the response event, and the lines of the log.
"""

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys

folder, case = sys.argv[1:3]
disk = os.path.join(folder, "disk")
libc = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_REMOUNT = 1, 32


def mount(flags):
    if libc.mount(b"tmpfs", disk.encode(), b"tmpfs", flags, b"size=8m") != 0:
        raise OSError(ctypes.get_errno(), "mount")


def fill():
    """Writes files of whole blocks, then smaller ones, until nothing fits any more."""
    with open(os.path.join(disk, "filler"), "wb", buffering=0) as file:
        size = 1 << 20
        while size > 0:
            try:
                if file.write(bytes(size)) < size:
                    raise OSError
            except OSError:
                size //= 2


os.makedirs(disk, exist_ok=True)
mount(0)
for name in os.listdir(folder):
    if name.startswith("store.db"):
        shutil.copy(os.path.join(folder, name), disk)
if case == "read-only":
    mount(MS_RDONLY | MS_REMOUNT)
elif case != "limited":
    fill()


def limit():
    if case == "limited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


with open(os.path.join(folder, "calls.json")) as file:
    calls = json.load(file)
answers = []
for index, call in enumerate(calls):
    if case == "freed" and index == len(calls) // 2:
        os.remove(os.path.join(disk, "filler"))
    done = subprocess.run(
        [call["program"]], input=json.dumps(call["event"]).encode(), capture_output=True, timeout=60, preexec_fn=limit,
        env=call["environment"] | {"DATABASE_URL": "sqlite:" + os.path.join(disk, "store.db")})
    answers.append({
        "status": done.returncode, "response": json.loads(done.stdout) if done.stdout else None,
        "log": done.stderr.decode().splitlines(),
    })
print(json.dumps(answers))
