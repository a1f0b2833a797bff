package vmm.cpu.exec;

import vmm.cpu.Cpu;

/**
 * Segment and gate descriptors, SDM volume 3 sections 3.4.5, 3.5 and 5.8.3, as the 8 bytes that
 * they are in their table; and the tables.
 */
final class Descriptor {
    /** System types; 16-bit forms are without bit 3. */
    static final int TSS_16 = 1,
            LDT = 2,
            CALL_GATE_16 = 4,
            TASK_GATE = 5,
            INTERRUPT_GATE_16 = 6,
            TRAP_GATE_16 = 7,
            TSS = 9,
            CALL_GATE = 12,
            INTERRUPT_GATE = 14,
            TRAP_GATE = 15;

    /** Added to the type of a TSS that is in use. */
    static final int BUSY = 2;

    private static final long ACCESSED = 1L << 40,
            CODE_OR_DATA = 1L << 44,
            PRESENT = 1L << 47,
            LONG = 1L << 53,
            BIG = 1L << 54,
            GRANULARITY = 1L << 55;

    private Descriptor() {}

    static long base(long descriptor) {
        return descriptor >>> 16 & 0xff_ffff | descriptor >>> 32 & 0xff00_0000L;
    }

    /** Limit in bytes, granularity applied. */
    static int limit(long descriptor) {
        int limit = (int) (descriptor & 0xffff) | (int) (descriptor >>> 32) & 0xf_0000;
        return (descriptor & GRANULARITY) != 0 ? limit << 12 | 0xfff : limit;
    }

    /** Access rights as {@link Cpu#segmentAccess} has them. */
    static int access(long descriptor) {
        return (int) (descriptor >>> 40) & 0xf0ff;
    }

    static int type(long descriptor) {
        return (int) (descriptor >>> 40) & 15;
    }

    static int dpl(long descriptor) {
        return (int) (descriptor >>> 45) & 3;
    }

    static boolean present(long descriptor) {
        return (descriptor & PRESENT) != 0;
    }

    /** TSS, LDT or gate. */
    static boolean system(long descriptor) {
        return (descriptor & CODE_OR_DATA) == 0;
    }

    static boolean code(long descriptor) {
        return (access(descriptor) & 0x18) == 0x18;
    }

    static boolean conforming(long descriptor) {
        return (access(descriptor) & 0x1c) == 0x1c;
    }

    static boolean writableData(long descriptor) {
        return (access(descriptor) & 0x1a) == 0x12;
    }

    /** Data, or code that may be read. */
    static boolean readable(long descriptor) {
        int access = access(descriptor);
        return (access & 0x18) == 0x10 || (access & 0x1a) == 0x1a;
    }

    static boolean long64(long descriptor) {
        return (descriptor & LONG) != 0;
    }

    static boolean big(long descriptor) {
        return (descriptor & BIG) != 0;
    }

    static int gateSelector(long descriptor) {
        return (int) (descriptor >>> 16) & 0xffff;
    }

    /** Offset of a 16- or 32-bit gate. */
    static long gateOffset(long descriptor) {
        long low = descriptor & 0xffff;
        return (type(descriptor) & 8) == 0 ? low : low | descriptor >>> 32 & 0xffff_0000L;
    }

    static boolean nullSelector(int selector) {
        return (selector & 0xfffc) == 0;
    }

    // Tables

    /** Linear address of the {@code size} bytes that {@code selector} names, or -1: no such. */
    private static long address(Cpu cpu, int selector, int size) {
        long base = cpu.gdtBase;
        long limit = cpu.gdtLimit;
        if ((selector & 4) != 0) {
            if ((cpu.segmentAccess[Cpu.LDTR] & (Cpu.ACCESS_UNUSABLE | 0x80)) != 0x80) {
                return -1;
            }
            base = cpu.segmentBase[Cpu.LDTR];
            limit = Integer.toUnsignedLong(cpu.segmentLimit[Cpu.LDTR]);
        }
        int offset = selector & 0xfff8;
        return offset + size - 1 > limit ? -1 : base + offset;
    }

    /** Whether the table that {@code selector} names has room for it. */
    static boolean exists(Cpu cpu, int selector) {
        return address(cpu, selector, 8) != -1;
    }

    /**
     * The descriptor; {@code vector} with the selector and {@code external} (0 or 1) as its error
     * code if it is beyond the table.
     */
    static long load(Cpu cpu, int selector, int vector, int external) {
        long at = address(cpu, selector, 8);
        if (at == -1) {
            throw fault(cpu, vector, selector, external);
        }
        return cpu.mmu.loadSystem(at, 8);
    }

    /** Upper 8 bytes of a 16-byte system descriptor of long mode. */
    static long loadUpper(Cpu cpu, int selector) {
        long at = address(cpu, selector, 16);
        if (at == -1) {
            throw fault(cpu, Cpu.GP, selector, 0);
        }
        return cpu.mmu.loadSystem(at + 8, 8);
    }

    /** Sets the accessed bit in the table if it is clear. */
    static void markAccessed(Cpu cpu, int selector, long descriptor) {
        if ((descriptor & ACCESSED) == 0) {
            storeType(cpu, selector, descriptor | ACCESSED);
        }
    }

    /** Writes the type byte back to the table. */
    static void storeType(Cpu cpu, int selector, long descriptor) {
        cpu.mmu.storeSystem(address(cpu, selector, 8) + 5, 1, descriptor >>> 40 & 0xff);
    }

    static RuntimeException fault(Cpu cpu, int vector, int selector, int external) {
        return cpu.fault(vector, selector & 0xfffc | external);
    }
}
