"""Lets PyTorch's wheel for GPUs run on a CPU without the 4 GB of GPU libraries that it names.

PyPI has no CPU build for Linux. The one for GPUs loads its libraries when it starts, and on a CPU calls none of them: an
empty library under each name will do. Where a CPU build was installed there is nothing to be done.
"""

import os
import struct
import sysconfig

PACKAGES = sysconfig.get_paths()["purelib"]
CUDA = "nvidia/cu13/lib"
STAND_INS = {
    CUDA: (
        "libcublasLt.so.13", "libcublas.so.13", "libnvrtc.so.13", "libcufft.so.12", "libcusparse.so.12", "libcufile.so.0",
        "libcusolver.so.12", "libnvJitLink.so.13",
    ),
    "nvidia/cudnn/lib": ("libcudnn.so.9",),
    "nvidia/nccl/lib": ("libnccl.so.2",),
    "nvidia/cusparselt/lib": ("libcusparseLt.so.0",),
    "nvidia/nvshmem/lib": ("libnvshmem_host.so.3",),
}  # fmt: skip
# The one symbol that is looked up at once, with its version: (symbol, version).
SYMBOLS = {"libnvshmem_host.so.3": ("nvshmem_selected_device_transport", "NVSHMEM")}


def main():
    if not os.path.exists(os.path.join(PACKAGES, "torch", "lib", "libtorch_cuda.so")):
        return
    for folder, names in STAND_INS.items():
        os.makedirs(os.path.join(PACKAGES, folder), exist_ok=True)
        for name in names:
            path = os.path.join(PACKAGES, folder, name)
            if not os.path.exists(path):
                with open(path, "wb") as file:
                    file.write(library(name, SYMBOLS.get(name)))


def library(soname, symbol=None):
    """A shared library without code (System V gABI, chapters 4 and 5): a name, and perhaps one versioned integer."""
    strings = b"\0"

    def text(value):
        nonlocal strings
        at = len(strings)
        strings += value.encode() + b"\0"
        return at

    name = text(soname)
    symbols = bytes(24)
    versions = struct.pack("<H", 0)
    definitions = b""
    entries = 10 if symbol else 7
    dynamic_at = 64 + 3 * 56
    at = dynamic_at + 16 * entries
    if symbol:
        symbol_at, version_at = text(symbol[0]), text(symbol[1])
        base = struct.pack("<HHHHIII", 1, 1, 1, 1, elf_hash(soname), 20, 28) + struct.pack("<II", name, 0)
        own = struct.pack("<HHHHIII", 1, 0, 2, 1, elf_hash(symbol[1]), 20, 0) + struct.pack("<II", version_at, 0)
        definitions = base + own
        versions += struct.pack("<H", 2)
    count = 2 if symbol else 1
    chain = struct.pack("<IIIII", 1, count, 1 if symbol else 0, 0, 0) if symbol else struct.pack("<IIII", 1, 1, 0, 0)
    places, blob = {}, b""

    def place(key, content):
        nonlocal blob
        blob += bytes(-len(blob) % 8)
        places[key] = at + len(blob)
        blob += content

    place("data", bytes(8))
    if symbol:
        symbols += struct.pack("<IBBHQQ", symbol_at, 0x11, 0, 1, places["data"], 4)
    for key, content in (("symbols", symbols), ("strings", strings), ("hash", chain), ("versions", versions), ("definitions", definitions)):
        place(key, content)
    tags = [(14, name), (4, places["hash"]), (5, places["strings"]), (6, places["symbols"]), (10, len(strings)), (11, 24)]
    if symbol:
        tags += [(0x6FFFFFF0, places["versions"]), (0x6FFFFFFC, places["definitions"]), (0x6FFFFFFD, 2)]
    tags += [(0, 0)]
    dynamic = b"".join(struct.pack("<QQ", tag, value) for tag, value in tags)
    dynamic = dynamic.ljust(16 * entries, b"\0")
    total = at + len(blob)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HHIQQQIHHHHHH", 3, machine(), 1, 0, 64, 0, 0, 64, 56, 3, 64, 0, 0)
    segments = struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, total, total, 0x1000)
    segments += struct.pack("<IIQQQQQQ", 2, 6, dynamic_at, dynamic_at, dynamic_at, len(dynamic), len(dynamic), 8)
    segments += struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
    return header + segments + dynamic + blob


def machine():
    return {"x86_64": 62, "aarch64": 183}[os.uname().machine]


def elf_hash(value):
    found = 0
    for byte in value.encode():
        found = (found << 4) + byte
        high = found & 0xF0000000
        found = (found ^ (high >> 24)) & ~high & 0xFFFFFFFF
    return found


if __name__ == "__main__":
    main()
