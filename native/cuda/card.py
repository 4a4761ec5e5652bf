"""An H100 SXM at 1.755 GHz, as count_kernels and bound_operators reckon with it."""
import os
import sys

sys.dont_write_bytecode = True

HERE = os.path.dirname(os.path.abspath(__file__))
MULTIPROCESSORS, HERTZ = 132, 1.755e9
# Of a multiprocessor and cycle: bf16 operations of the tensor cores (dense), warp instructions, bytes of shared memory;
# and, measured by others, bytes from the second-level cache (5.5 TB/s for all).
OPERATIONS, INSTRUCTIONS, SHARED, CACHE = 4096, 4, 128, 23.7
# Of the card, for floors: operations and bytes of memory a second.
PRODUCT, MEMORY = 800e12, 3.0e12
REGISTERS, SHARED_BYTES, THREADS, BLOCKS = 65536, 227 << 10, 2048, 32


def resources(target="sm_90a"):
    """Registers and bytes of static shared memory by kernel, from resources.txt."""
    found = {}
    with open(os.path.join(HERE, "resources.txt")) as table:
        for line in table:
            words = line.split()
            if len(words) > 2 and words[1] == target:
                found[words[0]] = int(words[3]), int(words[-1])
    return found


def occupancy(threads, registers, shared):
    """Blocks that a multiprocessor holds."""
    warps = (threads + 31) // 32
    by_registers = REGISTERS // ((registers * 32 + 255) // 256 * 256 * warps)
    return max(1, min(by_registers, (SHARED_BYTES + 1024) // (shared + 1024), THREADS // threads, BLOCKS))


def environment(build, tier, stats):
    """Variables for a process on the simulated device, or what RADAPTER_LIBCUDA names, that counts into a file."""
    variables = dict(os.environ, PTXSIM_STATS=stats, PTXSIM_CHECK="fast", RADAPTER_CUDA_TIER=tier)
    variables.setdefault("RADAPTER_LIBCUDA", os.path.join(build, "simulator", "libcuda.so.1"))
    return variables
