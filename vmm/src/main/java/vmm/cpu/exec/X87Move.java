package vmm.cpu.exec;

import static vmm.cpu.isa.X87Rows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;
import vmm.cpu.fpu.Conversion80;
import vmm.cpu.fpu.Float80;
import vmm.cpu.fpu.StatusWord;

/** Family X87_MOVE: loads, stores, exchanges. */
final class X87Move {
    private X87Move() {}

    static void execute(Cpu cpu, Insn i) {
        X87Access.waiting(cpu);
        X87 x87 = cpu.x87;
        x87.unit.begin(x87.control);
        switch (i.op) {
            case FLD_FLOAT, FLD_EXTENDED, FILD, FBLD -> loadMemory(cpu, i);
            case FST_FLOAT, FSTP_FLOAT -> storeFloat(cpu, i);
            case FSTP_EXTENDED, FBSTP -> storeTen(cpu, i);
            case FIST, FISTP, FISTTP -> storeInteger(cpu, i);
            default -> {
                X87Access.note(cpu, i);
                registers(cpu, i);
            }
        }
    }

    private static void registers(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        int rm = i.rm & 7;
        switch (i.op) {
            case FLD_ST -> loadRegister(x87, rm);
            case FST_ST -> storeRegister(x87, rm, false);
            case FSTP_ST -> storeRegister(x87, rm, true);
            case FSTPNCE -> storeUnchecked(x87, rm);
            case FXCH -> exchange(x87, rm);
            case FCMOVB -> conditional(x87, rm, cpu.cf());
            case FCMOVE -> conditional(x87, rm, cpu.zf());
            case FCMOVBE -> conditional(x87, rm, cpu.cf() || cpu.zf());
            case FCMOVU -> conditional(x87, rm, cpu.pf());
            case FCMOVNB -> conditional(x87, rm, !cpu.cf());
            case FCMOVNE -> conditional(x87, rm, !cpu.zf());
            case FCMOVNBE -> conditional(x87, rm, !cpu.cf() && !cpu.zf());
            case FCMOVNU -> conditional(x87, rm, !cpu.pf());
            default -> constant(x87, i.op);
        }
    }

    // Loads

    private static void loadMemory(Cpu cpu, Insn i) {
        Float80 unit = cpu.x87.unit;
        long address = cpu.effectiveAddress(i);
        if (i.size == 10) {
            long low = cpu.mmu.load64(i.segment, address);
            int high = cpu.mmu.load16(i.segment, address + 8);
            if (i.op == FBLD) {
                Conversion80.fromDecimal(unit, high, low);
            } else {
                unit.b(high, low);
            }
        } else {
            long value = cpu.mmu.load(i.segment, address, i.size);
            if (i.op == FILD) {
                unit.bInteger(Operands.signed(value, i.size));
            } else if (i.size == 4) {
                unit.bFloat((int) value);
            } else {
                unit.bDouble(value);
            }
        }
        X87Access.note(cpu, i, address);
        push(cpu.x87, i.op == FLD_FLOAT);
    }

    /** Pushes operand b; {@code convert} says whether it is looked at. */
    private static void push(X87 x87, boolean convert) {
        if (!x87.empty(7)) {
            overflow(x87);
            return;
        }
        if (convert) {
            x87.unit.load();
        } else {
            x87.unit.move();
        }
        X87Access.raise(x87);
        // A denormal is loaded even if that exception is not masked.
        if (!x87.unit.unmasked(StatusWord.INVALID)) {
            x87.push(x87.unit.signExponent, x87.unit.significand);
        }
    }

    private static void overflow(X87 x87) {
        if (X87Access.stackFault(x87, StatusWord.C1)) {
            X87Access.indefinite(x87);
            x87.push(x87.unit.signExponent, x87.unit.significand);
        }
    }

    private static void loadRegister(X87 x87, int rm) {
        if (x87.empty(rm)) {
            if (X87Access.stackFault(x87, 0)) {
                X87Access.indefinite(x87);
                x87.push(x87.unit.signExponent, x87.unit.significand);
            }
            return;
        }
        X87Access.operandB(x87, rm);
        push(x87, false);
    }

    /** The constants, with the 64 bits behind the significand that decide the rounding. */
    private static void constant(X87 x87, int op) {
        Float80 unit = x87.unit;
        switch (op) {
            case FLD1 -> unit.constant(0x3fff, 0x8000_0000_0000_0000L, 0);
            case FLDL2T -> unit.constant(0x4000, 0xd49a_784b_cd1b_8afeL, 0x492b_f6ff_4daf_db4cL);
            case FLDL2E -> unit.constant(0x3fff, 0xb8aa_3b29_5c17_f0bbL, 0xbe87_fed0_691d_3e88L);
            case FLDPI -> unit.constant(0x4000, 0xc90f_daa2_2168_c234L, 0xc4c6_628b_80dc_1cd1L);
            case FLDLG2 -> unit.constant(0x3ffd, 0x9a20_9a84_fbcf_f798L, 0x8f89_59ac_0b7c_9178L);
            case FLDLN2 -> unit.constant(0x3ffe, 0xb172_17f7_d1cf_79abL, 0xc9e3_b398_03f2_f6afL);
            default -> unit.zero();
        }
        if (x87.empty(7)) {
            x87.conditions(StatusWord.C1, 0);
            x87.push(unit.signExponent, unit.significand);
        } else {
            overflow(x87);
        }
    }

    // Stores

    /** Whether ST(0) is there to be stored; if not, the indefinite is made operand a. */
    private static boolean storeOperand(X87 x87) {
        if (x87.empty(0)) {
            X87Access.indefinite(x87);
            x87.unit.a(x87.unit.signExponent, x87.unit.significand);
            x87.unit.flags = StatusWord.INVALID | StatusWord.STACK_FAULT;
            return false;
        }
        X87Access.operandA(x87, 0);
        return true;
    }

    private static void storeFloat(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        storeOperand(x87);
        long value = i.size == 4 ? Conversion80.toFloat(x87.unit) : Conversion80.toDouble(x87.unit);
        store(cpu, i, value, i.op == FSTP_FLOAT);
    }

    private static void storeInteger(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        storeOperand(x87);
        long value = Conversion80.toInteger(x87.unit, i.size, i.op == FISTTP);
        store(cpu, i, value, i.op != FIST);
    }

    private static void store(Cpu cpu, Insn i, long value, boolean pop) {
        X87 x87 = cpu.x87;
        long address = cpu.effectiveAddress(i);
        boolean complete =
                !x87.unit.unmasked(StatusWord.INVALID | StatusWord.OVERFLOW | StatusWord.UNDERFLOW);
        if (complete) {
            cpu.mmu.store(i.segment, address, i.size, value);
        } else {
            cpu.mmu.probe(i.segment, address, i.size, true);
        }
        stored(cpu, i, address, complete && pop);
    }

    private static void stored(Cpu cpu, Insn i, long address, boolean pop) {
        X87Access.note(cpu, i, address);
        X87Access.raise(cpu.x87);
        if (pop) {
            cpu.x87.pop();
        }
    }

    /** FSTP m80 and FBSTP. */
    private static void storeTen(Cpu cpu, Insn i) {
        X87 x87 = cpu.x87;
        storeOperand(x87);
        if (i.op == FBSTP) {
            Conversion80.toDecimal(x87.unit);
        } else {
            x87.unit.moveA();
        }
        long address = cpu.effectiveAddress(i);
        cpu.mmu.probe(i.segment, address, 10, true);
        boolean complete = !x87.unit.unmasked(StatusWord.INVALID);
        if (complete) {
            cpu.mmu.store64(i.segment, address, x87.unit.significand);
            cpu.mmu.store16(i.segment, address + 8, x87.unit.signExponent);
        }
        stored(cpu, i, address, complete);
    }

    private static void storeRegister(X87 x87, int rm, boolean pop) {
        storeOperand(x87);
        x87.unit.moveA();
        X87Access.raise(x87);
        if (!x87.unit.suppressed()) {
            X87Access.result(x87, rm);
            if (pop) {
                x87.pop();
            }
        }
    }

    /** An empty ST(0) is not an exception: nothing is copied. */
    private static void storeUnchecked(X87 x87, int rm) {
        x87.conditions(StatusWord.C1, 0);
        if (!x87.empty(0)) {
            x87.set(rm, x87.signExponent[x87.top], x87.significand[x87.top]);
        }
        x87.pop();
    }

    private static void exchange(X87 x87, int rm) {
        x87.conditions(StatusWord.C1, 0);
        if (x87.empty(0) || x87.empty(rm)) {
            if (!X87Access.stackFault(x87, 0)) {
                return;
            }
            X87Access.indefinite(x87);
            if (x87.empty(0)) {
                X87Access.result(x87, 0);
            }
            if (x87.empty(rm)) {
                X87Access.result(x87, rm);
            }
        }
        int r = x87.register(rm);
        int signExponent = x87.signExponent[r];
        long significand = x87.significand[r];
        x87.set(rm, x87.signExponent[x87.top], x87.significand[x87.top]);
        x87.set(0, signExponent, significand);
    }

    private static void conditional(X87 x87, int rm, boolean move) {
        if (x87.empty(0) || x87.empty(rm)) {
            if (X87Access.stackFault(x87, 0)) {
                X87Access.indefinite(x87);
                X87Access.result(x87, 0);
            }
        } else if (move) {
            int r = x87.register(rm);
            x87.set(0, x87.signExponent[r], x87.significand[r]);
        }
    }
}
