package vmm.cpu.mmu;

import static vmm.cpu.mmu.Mmu.I16;
import static vmm.cpu.mmu.Mmu.I32;
import static vmm.cpu.mmu.Mmu.I64;
import static vmm.cpu.mmu.Mmu.I8;

import java.lang.foreign.MemorySegment;

/**
 * Memory access of translated code, through segments that are {@link Mmu#flat}: as that of {@link
 * Mmu} of the same name, which has the slow paths of it.
 *
 * <p>A record, because HotSpot takes the fields of a constant one for constants: neither the kind
 * of {@code ram} nor its bounds are looked up at run time.
 *
 * @param entries {@link Tlb#entries}
 */
public record FlatMemory(Mmu mmu, MemorySegment ram, long[] entries) {
    private static final int WRITE = Tlb.WRITE, ADDEND = Tlb.ADDEND;
    private static final long PAGE_MASK = Tlb.PAGE_MASK;

    public int load8(int segment, long linear) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at] == (linear & PAGE_MASK)) {
            return ram.get(I8, linear + entries[at + ADDEND]) & 0xff;
        }
        return (int) mmu.loadSlow(segment, linear, 1);
    }

    public int load16(int segment, long linear) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at] == (linear + 1 & PAGE_MASK)) {
            return ram.get(I16, linear + entries[at + ADDEND]) & 0xffff;
        }
        return (int) mmu.loadSlow(segment, linear, 2);
    }

    public int load32(int segment, long linear) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at] == (linear + 3 & PAGE_MASK)) {
            return ram.get(I32, linear + entries[at + ADDEND]);
        }
        return (int) mmu.loadSlow(segment, linear, 4);
    }

    public long load64(int segment, long linear) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at] == (linear + 7 & PAGE_MASK)) {
            return ram.get(I64, linear + entries[at + ADDEND]);
        }
        return mmu.loadSlow(segment, linear, 8);
    }

    public void store8(int segment, long linear, int value) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at + WRITE] == (linear & PAGE_MASK)) {
            ram.set(I8, linear + entries[at + ADDEND], (byte) value);
        } else {
            mmu.storeSlow(segment, linear, 1, value);
        }
    }

    public void store16(int segment, long linear, int value) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at + WRITE] == (linear + 1 & PAGE_MASK)) {
            ram.set(I16, linear + entries[at + ADDEND], (short) value);
        } else {
            mmu.storeSlow(segment, linear, 2, value);
        }
    }

    public void store32(int segment, long linear, int value) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at + WRITE] == (linear + 3 & PAGE_MASK)) {
            ram.set(I32, linear + entries[at + ADDEND], value);
        } else {
            mmu.storeSlow(segment, linear, 4, value);
        }
    }

    public void store64(int segment, long linear, long value) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at + WRITE] == (linear + 7 & PAGE_MASK)) {
            ram.set(I64, linear + entries[at + ADDEND], value);
        } else {
            mmu.storeSlow(segment, linear, 8, value);
        }
    }

    public int add32(int segment, long linear, int value) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at + WRITE] == (linear + 3 & PAGE_MASK)) {
            long where = linear + entries[at + ADDEND];
            int old = ram.get(I32, where);
            ram.set(I32, where, old + value);
            return old;
        }
        return mmu.add32(segment, linear, value);
    }

    public long add64(int segment, long linear, long value) {
        int at = Tlb.index(linear, mmu.contextBase);
        if (entries[at + WRITE] == (linear + 7 & PAGE_MASK)) {
            long where = linear + entries[at + ADDEND];
            long old = ram.get(I64, where);
            ram.set(I64, where, old + value);
            return old;
        }
        return mmu.add64(segment, linear, value);
    }
}
