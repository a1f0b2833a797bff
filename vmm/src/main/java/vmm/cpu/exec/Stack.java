package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.Insn;

/** The stack. */
public final class Stack {
    private Stack() {}

    /** Executes an operation of the family STACK. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case PUSH_REG, PUSH_RM -> push(cpu, i.size, Operands.rm(cpu, i));
            case PUSH_IMM -> push(cpu, i.size, i.immediate);
            case POP_REG -> popRegister(cpu, i);
            case POP_RM -> popRm(cpu, i);
            case PUSHA -> pusha(cpu, i);
            case POPA -> popa(cpu, i);
            case ENTER -> enter(cpu, i);
            case LEAVE -> leave(cpu, i);
            default -> throw cpu.undefined();
        }
    }

    /** Pushes the low {@code size} bytes of {@code value}. */
    public static void push(Cpu cpu, int size, long value) {
        long sp = cpu.gpr[Cpu.RSP] - size & cpu.stackMask;
        cpu.mmu.store(Cpu.SS, sp, size, value);
        setPointer(cpu, sp);
    }

    /** What lies on top of the stack, which stays as it is. */
    public static long top(Cpu cpu, int size) {
        return cpu.mmu.load(Cpu.SS, cpu.gpr[Cpu.RSP] & cpu.stackMask, size);
    }

    /** Takes {@code bytes} off the stack. */
    public static void release(Cpu cpu, int bytes) {
        setPointer(cpu, cpu.gpr[Cpu.RSP] + bytes);
    }

    /** Replaces the part of RSP that the width of the stack segment says. */
    static void setPointer(Cpu cpu, long value) {
        long mask = cpu.stackMask;
        cpu.gpr[Cpu.RSP] =
                mask == 0xffff ? cpu.gpr[Cpu.RSP] & ~0xffffL | value & 0xffff : value & mask;
    }

    /** Takes {@code size} bytes off the stack. */
    public static long pop(Cpu cpu, int size) {
        long value = top(cpu, size);
        release(cpu, size);
        return value;
    }

    private static void popRegister(Cpu cpu, Insn i) {
        long value = pop(cpu, i.size); // first: POP RSP leaves what was popped
        Operands.setReg(cpu, i, value);
    }

    /** An address made from RSP uses its value after the pop. */
    private static void popRm(Cpu cpu, Insn i) {
        long value = top(cpu, i.size);
        long old = cpu.gpr[Cpu.RSP];
        release(cpu, i.size);
        try {
            Operands.setRm(cpu, i, value);
        } catch (GuestFault fault) {
            cpu.gpr[Cpu.RSP] = old;
            throw fault;
        }
    }

    private static void pusha(Cpu cpu, Insn i) {
        long sp = cpu.gpr[Cpu.RSP];
        for (int r = Cpu.RAX; r <= Cpu.RDI; r++) {
            sp -= i.size;
            cpu.mmu.store(Cpu.SS, sp & cpu.stackMask, i.size, cpu.gpr[r]);
        }
        setPointer(cpu, sp);
    }

    private static void popa(Cpu cpu, Insn i) {
        long sp = cpu.gpr[Cpu.RSP];
        for (int slot = 0; slot < 8; slot++) { // any fault comes before the first change
            cpu.mmu.load(Cpu.SS, sp + (long) slot * i.size & cpu.stackMask, i.size);
        }
        for (int slot = 0; slot < 8; slot++) {
            int r = Cpu.RDI - slot;
            if (r != Cpu.RSP) {
                long at = sp + (long) slot * i.size & cpu.stackMask;
                Operands.setRegister(cpu, i, r, i.size, cpu.mmu.load(Cpu.SS, at, i.size));
            }
        }
        release(cpu, 8 * i.size);
    }

    private static void enter(Cpu cpu, Insn i) {
        int level = i.immediate2 & 31;
        int size = i.size;
        long mask = cpu.stackMask;
        long sp = cpu.gpr[Cpu.RSP] - size;
        cpu.mmu.store(Cpu.SS, sp & mask, size, cpu.gpr[Cpu.RBP]);
        long frame = sp;
        if (level > 0) {
            long outer = cpu.gpr[Cpu.RBP];
            for (int k = 1; k < level; k++) {
                outer -= size;
                sp -= size;
                long display = cpu.mmu.load(Cpu.SS, outer & mask, size);
                cpu.mmu.store(Cpu.SS, sp & mask, size, display);
            }
            sp -= size;
            cpu.mmu.store(Cpu.SS, sp & mask, size, frame);
        }
        sp -= (int) i.immediate & 0xffff;
        cpu.mmu.loadForUpdate(Cpu.SS, sp & mask, size); // the new top must be writable
        frame = mask == 0xffff ? cpu.gpr[Cpu.RSP] & ~0xffffL | frame & 0xffff : frame & mask;
        Operands.setRegister(cpu, i, Cpu.RBP, size, frame);
        setPointer(cpu, sp);
    }

    private static void leave(Cpu cpu, Insn i) {
        long sp = cpu.gpr[Cpu.RBP] & cpu.stackMask;
        long value = cpu.mmu.load(Cpu.SS, sp, i.size);
        setPointer(cpu, sp + i.size);
        Operands.setRegister(cpu, i, Cpu.RBP, i.size, value);
    }
}
