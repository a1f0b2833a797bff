package vmm.cpu.exec;

import static vmm.cpu.isa.AvxRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/**
 * Family AVX_MASKED: loads, stores and gathers of the elements whose mask has the top bit set. The
 * others are not touched and cannot fault.
 */
final class AvxMasked {
    private AvxMasked() {}

    static void execute(Cpu cpu, Insn i) {
        Ymm.available(cpu);
        switch (i.op) {
            case LOAD_32 -> load(cpu, i, 4);
            case LOAD_64 -> load(cpu, i, 8);
            case STORE_32 -> store(cpu, i, 4);
            case STORE_64 -> store(cpu, i, 8);
            case GATHER_32_32 -> gather(cpu, i, 4, 4);
            case GATHER_32_64 -> gather(cpu, i, 4, 8);
            case GATHER_64_32 -> gather(cpu, i, 8, 4);
            default -> gather(cpu, i, 8, 8);
        }
    }

    /** Whether element {@code k} of the mask in register {@code r} has its top bit set. */
    private static boolean selected(Cpu cpu, int r, int k, int size) {
        return element(cpu.vector, 4 * r, k, size) << 64 - 8 * size < 0;
    }

    private static long element(long[] v, int at, int k, int size) {
        return size == 8 ? v[at + k] : v[at + (k >> 1)] >>> 32 * (k & 1) & 0xffff_ffffL;
    }

    private static void setElement(long[] v, int at, int k, int size, long value) {
        if (size == 8) {
            v[at + k] = value;
        } else {
            long mask = 0xffff_ffffL << 32 * (k & 1);
            v[at + (k >> 1)] = v[at + (k >> 1)] & ~mask | value << 32 * (k & 1) & mask;
        }
    }

    private static void load(Cpu cpu, Insn i, int size) {
        long[] v = cpu.vector;
        long address = cpu.effectiveAddress(i);
        for (int k = 0; k < (i.wide ? 32 : 16) / size; k++) {
            long value =
                    selected(cpu, i.vvvv, k, size)
                            ? cpu.mmu.load(i.segment, address + size * k & i.addressMask, size)
                            : 0;
            setElement(v, Xmm.RESULT, k, size, value);
        }
        Ymm.write(cpu, i.reg, i.wide);
    }

    private static void store(Cpu cpu, Insn i, int size) {
        long address = cpu.effectiveAddress(i);
        int count = (i.wide ? 32 : 16) / size;
        for (int k = 0; k < count; k++) {
            if (selected(cpu, i.vvvv, k, size)) {
                cpu.mmu.probe(i.segment, address + size * k & i.addressMask, size, true);
            }
        }
        for (int k = 0; k < count; k++) {
            if (selected(cpu, i.vvvv, k, size)) {
                cpu.mmu.store(
                        i.segment,
                        address + size * k & i.addressMask,
                        size,
                        element(cpu.vector, 4 * i.reg, k, size));
            }
        }
    }

    /**
     * Elements are loaded one after the other; each clears its mask, so that after a fault the
     * instruction continues where it stopped, SDM volume 2 VGATHERDPS. What that pseudo-code does
     * to the other masks beforehand, processors do at the end.
     */
    private static void gather(Cpu cpu, Insn i, int indexSize, int size) {
        if (i.reg == i.index || i.reg == i.vvvv || i.index == i.vvvv) {
            throw cpu.undefined();
        }
        long[] v = cpu.vector;
        int count = (i.wide ? 32 : 16) / Math.max(indexSize, size);
        int mask = 4 * i.vvvv;
        int d = 4 * i.reg;
        for (int k = 0; k < count; k++) {
            if (selected(cpu, i.vvvv, k, size)) {
                long index = element(v, 4 * i.index, k, indexSize);
                long offset = indexSize == 4 ? (int) index : index;
                long address = cpu.gpr[i.base] + (offset << i.scale) + i.displacement;
                long value = cpu.mmu.load(i.segment, address & i.addressMask, size);
                setElement(v, d, k, size, value);
            }
            setElement(v, mask, k, size, 0);
        }
        clearAbove(v, d, count * size);
        clearAbove(v, mask, 0);
    }

    /** Zeros above the low {@code bytes} of a register. */
    private static void clearAbove(long[] v, int at, int bytes) {
        for (int k = bytes / 8; k < 4; k++) {
            v[at + k] = 0;
        }
    }
}
