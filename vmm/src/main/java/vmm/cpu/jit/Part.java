package vmm.cpu.jit;

import vmm.cpu.Insn;

/**
 * A block of guest code in a {@link Region}.
 *
 * @param insns as the interpreter has them, with the frequent forms of {@link vmm.cpu.exec.Hot}
 * @param offset distance in bytes from the region's first block
 * @param length in bytes
 * @param count guest instructions: fused ones count as two
 */
public record Part(Insn[] insns, int offset, int length, int count) {
    Insn last() {
        return insns[insns.length - 1];
    }

    /** Distance of what follows in memory from the region's first block. */
    int end() {
        return offset + length;
    }
}
