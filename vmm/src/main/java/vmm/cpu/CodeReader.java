package vmm.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import vmm.cpu.decode.Fetch;
import vmm.mem.GuestMemory;

/** Reads the bytes of instructions: translates, checks CS, and marks the pages as code. */
final class CodeReader implements Fetch {
    private static final int PAGE_MASK = GuestMemory.PAGE_SIZE - 1;
    private static final long NOT_RAM = -1;

    private final Cpu cpu;
    private final GuestMemory memory;
    private final MemorySegment ram;

    private long rip;
    private long linear;

    /** Offset in RAM of the page that {@link #linear} is in, or {@link #NOT_RAM}. */
    private long firstOffset;

    private long firstPage;
    private long secondOffset;
    private long secondPage;

    CodeReader(Cpu cpu, GuestMemory memory) {
        this.cpu = cpu;
        this.memory = memory;
        ram = memory.ram();
    }

    /** Starts a block at {@code rip}, which is at {@code linear}; may throw a page fault. */
    void start(long rip, long linear) {
        checkLimit(rip);
        firstPage = cpu.mmu.fetchGpa(linear) & ~(long) PAGE_MASK;
        firstOffset = open(firstPage);
        seek(rip, linear);
    }

    /** Goes on with the instruction at {@code rip} in the same page. */
    void seek(long rip, long linear) {
        this.rip = rip;
        this.linear = linear;
        secondPage = -1;
    }

    private long open(long pageGpa) {
        long offset = memory.ramOffset(pageGpa);
        if (offset < 0) {
            return NOT_RAM;
        }
        if (!memory.isCodeAt(offset)) {
            memory.markCode(pageGpa);
            cpu.mmu.protectCode(pageGpa);
        }
        return offset;
    }

    /** Guest physical address of the page of the block's first byte. */
    long firstPage() {
        return firstPage;
    }

    /** Guest physical address of the next page if the last instruction reached into it, or -1. */
    long secondPage() {
        return secondPage;
    }

    /** Whether everything read since {@link #seek} lies in RAM. */
    boolean inRam() {
        return firstOffset != NOT_RAM && (secondPage < 0 || secondOffset != NOT_RAM);
    }

    @Override
    public int fetch(int position) {
        checkLimit(rip + position);
        int inPage = (int) (linear & PAGE_MASK) + position;
        if (inPage <= PAGE_MASK) {
            return read(firstPage, firstOffset, inPage);
        }
        if (secondPage < 0) {
            long next = linear + PAGE_MASK + 1 & ~(long) PAGE_MASK;
            long page = cpu.mmu.fetchGpa(cpu.longMode() ? next : next & 0xffff_ffffL);
            secondOffset = open(page);
            secondPage = page;
        }
        return read(secondPage, secondOffset, inPage & PAGE_MASK);
    }

    private int read(long page, long offset, int inPage) {
        if (offset == NOT_RAM) {
            return (int) cpu.platform.mmioRead(page + inPage, 1) & 0xff;
        }
        return ram.get(ValueLayout.JAVA_BYTE, offset + inPage) & 0xff;
    }

    private void checkLimit(long offset) {
        if (!cpu.longMode() && offset > Integer.toUnsignedLong(cpu.segmentLimit[Cpu.CS])) {
            throw cpu.protection();
        }
    }
}
