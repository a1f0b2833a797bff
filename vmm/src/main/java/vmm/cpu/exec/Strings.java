package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.*;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.mem.GuestMemory;

/**
 * String instructions. A repeated one gives up after a bounded number of elements with RIP still on
 * itself, so that the run loop can take an interrupt; the registers then say how far it came, as
 * they do at a fault. Long forward moves and fills go by page.
 */
public final class Strings {
    /** Elements moved one by one before the run loop looks around. */
    private static final int ELEMENTS = 1024;

    /** Bytes moved in bulk before the run loop looks around. */
    private static final int BULK_BYTES = 64 * 1024;

    /** Fewer elements than this are not worth the preparations. */
    private static final int BULK_MINIMUM = 8;

    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final long BYTES = 0x0101_0101_0101_0101L;

    private Strings() {}

    /** Executes an operation of the family STRING. */
    public static void execute(Cpu cpu, Insn i) {
        if (i.repeat == 0) {
            one(cpu, i);
        } else if (i.op == CMPS || i.op == SCAS) {
            compareRepeatedly(cpu, i);
        } else {
            repeat(cpu, i);
        }
    }

    private static void one(Cpu cpu, Insn i) {
        switch (i.op) {
            case MOVS -> movs(cpu, i);
            case STOS -> stos(cpu, i);
            case LODS -> lods(cpu, i);
            case SCAS -> scas(cpu, i);
            case CMPS -> cmps(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    static int budget(Cpu cpu) {
        boolean stepped = (cpu.rflags & Cpu.FLAG_TF) != 0 || cpu.breakpoints.armed;
        return stepped ? 1 : ELEMENTS;
    }

    private static void repeat(Cpu cpu, Insn i) {
        long count = Operands.address(cpu, i, Cpu.RCX);
        int budget = budget(cpu);
        int bulk = BULK_BYTES / i.size;
        boolean forward = (cpu.rflags & Cpu.FLAG_DF) == 0;
        while (count != 0) {
            int done = 0;
            if (count >= BULK_MINIMUM && budget > 1 && forward && bulk > 0) {
                int most = (int) Math.min(count, bulk);
                done = i.op == MOVS ? copy(cpu, i, most) : i.op == STOS ? fill(cpu, i, most) : 0;
                bulk -= done;
            }
            if (done == 0) {
                one(cpu, i);
                done = 1;
                budget--;
            }
            count -= done;
            Operands.setAddress(cpu, i, Cpu.RCX, count);
            if (count != 0 && (budget == 0 || bulk <= 0)) {
                cpu.rip = again(cpu, i);
                return;
            }
        }
    }

    /** Address of the instruction itself. */
    static long again(Cpu cpu, Insn i) {
        return cpu.rip - i.length;
    }

    private static void compareRepeatedly(Cpu cpu, Insn i) {
        boolean whileEqual = i.repeat == 0xf3;
        long count = Operands.address(cpu, i, Cpu.RCX);
        int budget = budget(cpu);
        while (count != 0) {
            one(cpu, i);
            Operands.setAddress(cpu, i, Cpu.RCX, --count);
            if (cpu.zf() != whileEqual) {
                return;
            }
            if (--budget == 0 && count != 0) {
                cpu.rip = again(cpu, i);
                return;
            }
        }
    }

    /** Moves an index register past one element. */
    static void advance(Cpu cpu, Insn i, int register) {
        int step = (cpu.rflags & Cpu.FLAG_DF) == 0 ? i.size : -i.size;
        Operands.setAddress(cpu, i, register, cpu.gpr[register] + step);
    }

    static long source(Cpu cpu, Insn i) {
        return cpu.mmu.load(i.segment, Operands.address(cpu, i, Cpu.RSI), i.size);
    }

    private static void movs(Cpu cpu, Insn i) {
        long value = source(cpu, i);
        cpu.mmu.store(Cpu.ES, Operands.address(cpu, i, Cpu.RDI), i.size, value);
        advance(cpu, i, Cpu.RSI);
        advance(cpu, i, Cpu.RDI);
    }

    private static void stos(Cpu cpu, Insn i) {
        cpu.mmu.store(Cpu.ES, Operands.address(cpu, i, Cpu.RDI), i.size, cpu.gpr[Cpu.RAX]);
        advance(cpu, i, Cpu.RDI);
    }

    private static void lods(Cpu cpu, Insn i) {
        Operands.setRegister(cpu, i, Cpu.RAX, i.size, source(cpu, i));
        advance(cpu, i, Cpu.RSI);
    }

    private static void scas(Cpu cpu, Insn i) {
        long value = cpu.mmu.load(Cpu.ES, Operands.address(cpu, i, Cpu.RDI), i.size);
        advance(cpu, i, Cpu.RDI);
        Alu.sub(cpu, cpu.gpr[Cpu.RAX], value, i.size);
    }

    private static void cmps(Cpu cpu, Insn i) {
        long a = source(cpu, i);
        long b = cpu.mmu.load(Cpu.ES, Operands.address(cpu, i, Cpu.RDI), i.size);
        advance(cpu, i, Cpu.RSI);
        advance(cpu, i, Cpu.RDI);
        Alu.sub(cpu, a, b, i.size);
    }

    // By page

    /** Whole elements, at most {@code most}, from {@code offset} to the end of its page. */
    private static int elementsInPage(Insn i, long offset, int most) {
        int room = GuestMemory.PAGE_SIZE - ((int) offset & GuestMemory.PAGE_SIZE - 1);
        return Math.min(most, room / i.size);
    }

    /** Copies up to {@code most} elements at once; returns how many, possibly none. */
    private static int copy(Cpu cpu, Insn i, int most) {
        long from = Operands.address(cpu, i, Cpu.RSI);
        long to = Operands.address(cpu, i, Cpu.RDI);
        long fromLinear = cpu.segmentBase[i.segment] + from;
        long toLinear = cpu.segmentBase[Cpu.ES] + to;
        int n = elementsInPage(i, toLinear, elementsInPage(i, fromLinear, most));
        if (n < BULK_MINIMUM) {
            return 0;
        }
        int length = n * i.size;
        long source = cpu.mmu.directRead(i.segment, from, length);
        long target = source < 0 ? -1 : cpu.mmu.directWrite(Cpu.ES, to, length);
        // A forward copy into its own source repeats a pattern: not what a block move does.
        if (target < 0 || target > source && target < source + length) {
            return 0;
        }
        MemorySegment ram = cpu.mmu.memory().ram();
        MemorySegment.copy(ram, source, ram, target, length);
        Operands.setAddress(cpu, i, Cpu.RSI, cpu.gpr[Cpu.RSI] + length);
        Operands.setAddress(cpu, i, Cpu.RDI, cpu.gpr[Cpu.RDI] + length);
        return n;
    }

    /** Fills up to {@code most} elements at once; returns how many, possibly none. */
    private static int fill(Cpu cpu, Insn i, int most) {
        long to = Operands.address(cpu, i, Cpu.RDI);
        int n = elementsInPage(i, cpu.segmentBase[Cpu.ES] + to, most);
        if (n < BULK_MINIMUM) {
            return 0;
        }
        int length = n * i.size;
        long target = cpu.mmu.directWrite(Cpu.ES, to, length);
        if (target < 0) {
            return 0;
        }
        long value = cpu.gpr[Cpu.RAX];
        long pattern =
                switch (i.size) {
                    case 1 -> (value & 0xff) * BYTES;
                    case 2 -> (value & 0xffff) * 0x0001_0001_0001_0001L;
                    case 4 -> (value & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
                    default -> value;
                };
        fill(cpu.mmu.memory().ram(), target, length, pattern);
        Operands.setAddress(cpu, i, Cpu.RDI, cpu.gpr[Cpu.RDI] + length);
        return n;
    }

    private static void fill(MemorySegment ram, long target, int length, long pattern) {
        int whole = length & ~7;
        for (int k = 0; k < whole; k += 8) {
            ram.set(I64, target + k, pattern);
        }
        for (int k = whole; k < length; k++) {
            ram.set(ValueLayout.JAVA_BYTE, target + k, (byte) (pattern >>> 8 * (k & 7)));
        }
    }
}
