package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;
import vmm.cpu.fpu.Float80;
import vmm.cpu.fpu.StatusWord;

/** What the x87 families have in common. */
final class X87Access {
    private X87Access() {}

    /** Throws unless the unit may be used, SDM volume 3 section 2.5. */
    static void available(Cpu cpu) {
        if ((cpu.cr0 & (Cpu.CR0_EM | Cpu.CR0_TS)) != 0) {
            throw cpu.fault(Cpu.NM, -1);
        }
    }

    /** {@link #available}, and no exception may be pending: for all instructions that wait. */
    static void waiting(Cpu cpu) {
        available(cpu);
        pending(cpu);
    }

    /**
     * Throws if an exception is pending. With CR0.NE = 0 the exception would go to the interrupt
     * controller; here it is as if IGNNE# were asserted, SDM volume 3 section 2.5.
     */
    static void pending(Cpu cpu) {
        if (cpu.x87.pending() && (cpu.cr0 & Cpu.CR0_NE) != 0) {
            throw cpu.fault(Cpu.MF, -1);
        }
    }

    /** Notes the instruction that runs now: FIP, FCS and FOP. */
    static void note(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        x87.instructionPointer = cpu.rip - i.length;
        x87.instructionSelector = cpu.segmentSelector[Cpu.CS];
        x87.opcode = i.opcode;
    }

    /** {@link #note} with a memory operand: FDP and FDS too. */
    static void note(Cpu cpu, Insn i, long address) {
        note(cpu, i);
        cpu.x87.dataPointer = address;
        cpu.x87.dataSelector = cpu.segmentSelector[i.segment];
    }

    /** Makes ST(i) the first operand. */
    static void operandA(X87 x87, int i) {
        int r = x87.register(i);
        x87.unit.a(x87.signExponent[r], x87.significand[r]);
    }

    /** Makes ST(i) the second operand. */
    static void operandB(X87 x87, int i) {
        int r = x87.register(i);
        x87.unit.b(x87.signExponent[r], x87.significand[r]);
    }

    /**
     * Notes a stack fault.
     *
     * @param code C1 for overflow, 0 for underflow
     * @return whether it is masked
     */
    static boolean stackFault(X87 x87, int code) {
        x87.conditions(StatusWord.C1, code);
        x87.raise(StatusWord.INVALID | StatusWord.STACK_FAULT);
        return (x87.control & StatusWord.INVALID) != 0;
    }

    /** Makes the unit's result the indefinite. */
    static void indefinite(X87 x87) {
        x87.unit.begin(x87.control);
        x87.unit.invalid();
    }

    /** Takes over the exceptions of an operation, and C1. */
    static void raise(X87 x87) {
        Float80 unit = x87.unit;
        x87.conditions(StatusWord.C1, unit.roundedUp ? StatusWord.C1 : 0);
        x87.raise(unit.flags);
    }

    /** Writes the unit's result to ST(i). */
    static void result(X87 x87, int i) {
        x87.set(i, x87.unit.signExponent, x87.unit.significand);
    }
}
