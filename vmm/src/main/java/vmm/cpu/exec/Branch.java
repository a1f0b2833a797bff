package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Near control transfer. */
public final class Branch {
    private Branch() {}

    /** Executes an operation of the family BRANCH. */
    public static void execute(Cpu cpu, Insn i) {
        int n = i.op & 63;
        if (n < 16) {
            if (holds(cpu, n)) {
                jump(cpu, i, cpu.rip + i.immediate);
            }
            return;
        }
        switch (i.op) {
            case JMP -> jump(cpu, i, cpu.rip + i.immediate);
            case JMP_RM -> jump(cpu, i, Operands.rm(cpu, i));
            case CALL -> call(cpu, i, cpu.rip + i.immediate);
            case CALL_RM -> call(cpu, i, Operands.rm(cpu, i));
            case RET -> ret(cpu, i, 0);
            case RET_IMM -> ret(cpu, i, (int) i.immediate & 0xffff);
            case LOOPNE -> loop(cpu, i, !cpu.zf());
            case LOOPE -> loop(cpu, i, cpu.zf());
            case LOOP -> loop(cpu, i, true);
            case JCXZ -> jcxz(cpu, i);
            case BOUND -> bound(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    /** Whether condition {@code condition} of SDM volume 2 table B-10 holds. */
    public static boolean holds(Cpu cpu, int condition) {
        boolean positive =
                switch (condition >> 1) {
                    case 0 -> cpu.of();
                    case 1 -> cpu.cf();
                    case 2 -> cpu.zf();
                    case 3 -> cpu.cf() || cpu.zf();
                    case 4 -> cpu.sf();
                    case 5 -> cpu.pf();
                    case 6 -> cpu.sf() != cpu.of();
                    default -> cpu.zf() || cpu.sf() != cpu.of();
                };
        return positive == ((condition & 1) == 0);
    }

    /** The target as the operand size leaves it, or the fault that going there is. */
    private static long checked(Cpu cpu, int size, long target) {
        if (size == 8) {
            if (target << 16 >> 16 != target && !cpu.canonical(target)) {
                throw cpu.protection();
            }
            return target;
        }
        long cut = target & (size == 4 ? 0xffff_ffffL : 0xffffL);
        if (cut > Integer.toUnsignedLong(cpu.segmentLimit[Cpu.CS])) {
            throw cpu.protection();
        }
        return cut;
    }

    static void jump(Cpu cpu, Insn i, long target) {
        cpu.rip = checked(cpu, i.size, target);
    }

    private static void call(Cpu cpu, Insn i, long target) {
        long to = checked(cpu, i.size, target);
        Stack.push(cpu, i.size, cpu.rip);
        cpu.rip = to;
    }

    private static void ret(Cpu cpu, Insn i, int release) {
        long to = checked(cpu, i.size, Stack.top(cpu, i.size));
        Stack.release(cpu, i.size + release);
        cpu.rip = to;
    }

    private static void loop(Cpu cpu, Insn i, boolean condition) {
        long count = Operands.address(cpu, i, Cpu.RCX) - 1 & i.addressMask;
        if (count != 0 && condition) {
            jump(cpu, i, cpu.rip + i.immediate);
        }
        Operands.setAddress(cpu, i, Cpu.RCX, count);
    }

    private static void jcxz(Cpu cpu, Insn i) {
        if (Operands.address(cpu, i, Cpu.RCX) == 0) {
            jump(cpu, i, cpu.rip + i.immediate);
        }
    }

    private static void bound(Cpu cpu, Insn i) {
        long at = cpu.effectiveAddress(i);
        long index = Operands.signed(Operands.reg(cpu, i), i.size);
        long low = Operands.signed(cpu.mmu.load(i.segment, at, i.size), i.size);
        long second = at + i.size & i.addressMask;
        long high = Operands.signed(cpu.mmu.load(i.segment, second, i.size), i.size);
        if (index < low || index > high) {
            throw cpu.fault(Cpu.BR, -1);
        }
    }
}
