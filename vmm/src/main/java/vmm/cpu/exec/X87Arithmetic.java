package vmm.cpu.exec;

import static vmm.cpu.isa.X87Rows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;
import vmm.cpu.fpu.Arithmetic80;
import vmm.cpu.fpu.Float80;
import vmm.cpu.fpu.Integral80;
import vmm.cpu.fpu.StatusWord;

/** Family X87_ARITHMETIC. */
final class X87Arithmetic {
    private static final int CODES = StatusWord.C3 | StatusWord.C2 | StatusWord.C0;

    /** Bits of {@code op} that tell the five forms of the eight basic operations apart. */
    private static final int FORM = 0xff8;

    private X87Arithmetic() {}

    static void execute(Cpu cpu, Insn i) {
        X87Access.waiting(cpu);
        if (i.memory) {
            loadOperand(cpu, i);
        } else {
            X87Access.note(cpu, i);
            cpu.x87.unit.begin(cpu.x87.control);
        }
        X87 x87 = cpu.x87;
        int rm = i.rm & 7;
        int kind = i.op & 7;
        switch (i.op) {
            case FCOMPP -> compare(x87, 1, false, 2);
            case FUCOMPP -> compare(x87, 1, true, 2);
            case FUCOM -> compare(x87, rm, true, 0);
            case FUCOMP -> compare(x87, rm, true, 1);
            case FCOMI -> compareFlags(cpu, rm, false, 0);
            case FCOMIP -> compareFlags(cpu, rm, false, 1);
            case FUCOMI -> compareFlags(cpu, rm, true, 0);
            case FUCOMIP -> compareFlags(cpu, rm, true, 1);
            case FTST -> test(x87);
            case FXAM -> examine(x87);
            case FCHS, FABS -> sign(x87, i.op == FCHS);
            case FYL2X, FYL2XP1, FPATAN -> binaryFunction(x87, i.op);
            case FSIN, FCOS -> sineOrCosine(x87, i.op == FSIN);
            case FPTAN -> tangent(x87);
            case FSINCOS -> sineAndCosine(x87);
            case F2XM1, FSQRT, FRNDINT -> unary(x87, i.op);
            case FSCALE -> scale(x87);
            case FXTRACT -> extract(x87);
            case FPREM, FPREM1 -> remainder(x87, i.op == FPREM1);
            default -> {
                switch (i.op & FORM) {
                    case ST0_FLOAT, ST0_INTEGER -> withMemory(x87, kind);
                    case ST0_STI -> withRegister(x87, kind, rm);
                    case STI_ST0 -> toRegister(x87, kind, rm, false);
                    default -> toRegister(x87, kind, rm, true);
                }
            }
        }
    }

    private static void loadOperand(Cpu cpu, Insn i) {
        long address = cpu.effectiveAddress(i);
        long value = cpu.mmu.load(i.segment, address, i.size);
        X87Access.note(cpu, i, address);
        Float80 unit = cpu.x87.unit;
        unit.begin(cpu.x87.control);
        if ((i.op & FORM) == ST0_INTEGER) {
            unit.bInteger(Operands.signed(value, i.size));
        } else if (i.size == 4) {
            unit.bFloat((int) value);
        } else {
            unit.bDouble(value);
        }
    }

    private static void withMemory(X87 x87, int kind) {
        if (kind == COMPARE || kind == COMPARE_POP) {
            compareLoaded(x87, x87.empty(0), false, kind == COMPARE ? 0 : 1);
        } else if (x87.empty(0)) {
            underflow(x87, 0, false);
        } else {
            basic(x87, kind, 0, false);
        }
    }

    private static void withRegister(X87 x87, int kind, int rm) {
        if (kind == COMPARE || kind == COMPARE_POP) {
            compare(x87, rm, false, kind == COMPARE ? 0 : 1);
        } else if (x87.empty(0) || x87.empty(rm)) {
            underflow(x87, 0, false);
        } else {
            X87Access.operandB(x87, rm);
            basic(x87, kind, 0, false);
        }
    }

    private static void toRegister(X87 x87, int kind, int rm, boolean pop) {
        if (x87.empty(0) || x87.empty(rm)) {
            underflow(x87, rm, pop);
        } else {
            X87Access.operandB(x87, rm);
            basic(x87, kind, rm, pop);
        }
    }

    /** An operand is empty: the masked response is the indefinite. */
    private static void underflow(X87 x87, int destination, boolean pop) {
        if (X87Access.stackFault(x87, 0)) {
            X87Access.indefinite(x87);
            X87Access.result(x87, destination);
            if (pop) {
                x87.pop();
            }
        }
    }

    private static void basic(X87 x87, int kind, int destination, boolean pop) {
        X87Access.operandA(x87, 0);
        Float80 unit = x87.unit;
        unit.limitPrecision();
        switch (kind) {
            case ADD -> Arithmetic80.add(unit);
            case MULTIPLY -> Arithmetic80.multiply(unit);
            case SUBTRACT -> Arithmetic80.subtract(unit);
            case SUBTRACT_REVERSED -> Arithmetic80.subtractReversed(unit);
            case DIVIDE -> Arithmetic80.divide(unit);
            default -> Arithmetic80.divideReversed(unit);
        }
        finish(x87, destination, pop);
    }

    private static void finish(X87 x87, int destination, boolean pop) {
        X87Access.raise(x87);
        if (!x87.unit.suppressed()) {
            X87Access.result(x87, destination);
            if (pop) {
                x87.pop();
            }
        }
    }

    // Comparison

    private static void compare(X87 x87, int rm, boolean quiet, int pops) {
        X87Access.operandB(x87, rm);
        compareLoaded(x87, x87.empty(0) || x87.empty(rm), quiet, pops);
    }

    private static void compareLoaded(X87 x87, boolean empty, boolean quiet, int pops) {
        int codes = CODES;
        boolean complete;
        if (empty) {
            complete = X87Access.stackFault(x87, 0);
        } else {
            X87Access.operandA(x87, 0);
            codes = Arithmetic80.compare(x87.unit, quiet);
            X87Access.raise(x87);
            complete = !x87.unit.suppressed();
        }
        // Also an unmasked exception leaves the codes of its masked response.
        x87.conditions(CODES, codes);
        if (complete) {
            for (int k = 0; k < pops; k++) {
                x87.pop();
            }
        }
    }

    private static void compareFlags(Cpu cpu, int rm, boolean quiet, int pops) {
        X87 x87 = cpu.x87;
        int before = x87.status;
        boolean empty = x87.empty(0) || x87.empty(rm);
        compare(x87, rm, quiet, pops);
        int codes = x87.status;
        x87.conditions(CODES, before & CODES);
        if (!empty) {
            x87.conditions(StatusWord.C1, before & StatusWord.C1);
        }
        long flags =
                ((codes & StatusWord.C3) != 0 ? Cpu.FLAG_ZF : 0)
                        | ((codes & StatusWord.C2) != 0 ? Cpu.FLAG_PF : 0)
                        | ((codes & StatusWord.C0) != 0 ? Cpu.FLAG_CF : 0);
        cpu.arithmeticFlags(flags);
    }

    private static void test(X87 x87) {
        x87.unit.b(0, 0);
        compareLoaded(x87, x87.empty(0), false, 0);
    }

    private static void examine(X87 x87) {
        X87Access.operandA(x87, 0);
        int codes = x87.empty(0) ? StatusWord.C3 | StatusWord.C0 : Arithmetic80.examine(x87.unit);
        boolean negative = (x87.signExponent[x87.top] & 0x8000) != 0;
        x87.conditions(CODES | StatusWord.C1, codes | (negative ? StatusWord.C1 : 0));
    }

    // Functions

    private static void sign(X87 x87, boolean change) {
        if (x87.empty(0)) {
            underflow(x87, 0, false);
            return;
        }
        x87.conditions(StatusWord.C1, 0);
        int old = x87.signExponent[x87.top];
        x87.signExponent[x87.top] = change ? old ^ 0x8000 : old & 0x7fff;
    }

    private static void unary(X87 x87, int op) {
        if (x87.empty(0)) {
            underflow(x87, 0, false);
            return;
        }
        X87Access.operandA(x87, 0);
        if (op == FSQRT) {
            x87.unit.limitPrecision();
            Arithmetic80.squareRoot(x87.unit);
        } else if (op == F2XM1) {
            x87.logarithmic.exponential();
        } else {
            Integral80.roundToInteger(x87.unit);
        }
        finish(x87, 0, false);
    }

    private static void scale(X87 x87) {
        if (x87.empty(0) || x87.empty(1)) {
            underflow(x87, 0, false);
            return;
        }
        X87Access.operandA(x87, 0);
        X87Access.operandB(x87, 1);
        Integral80.scale(x87.unit);
        finish(x87, 0, false);
    }

    /** Whether there is no operand or no room for a second result. */
    private static boolean pushFaults(X87 x87) {
        if (!x87.empty(0) && x87.empty(7)) {
            return false;
        }
        if (X87Access.stackFault(x87, x87.empty(0) ? 0 : StatusWord.C1)) {
            X87Access.indefinite(x87);
            X87Access.result(x87, 0);
            x87.push(x87.unit.signExponent, x87.unit.significand);
        }
        return true;
    }

    private static void extract(X87 x87) {
        if (pushFaults(x87)) {
            return;
        }
        X87Access.operandA(x87, 0);
        Integral80.extract(x87.unit);
        X87Access.raise(x87);
        if (!x87.unit.suppressed()) {
            x87.set(0, x87.unit.exponentOfB(), x87.unit.significandOfB());
            x87.push(x87.unit.signExponent, x87.unit.significand);
        }
    }

    /** ST1 becomes a function of both, and ST0 is popped. */
    private static void binaryFunction(X87 x87, int op) {
        if (x87.empty(0) || x87.empty(1)) {
            underflow(x87, 1, true);
            return;
        }
        if (op == FPATAN) {
            X87Access.operandA(x87, 1);
            X87Access.operandB(x87, 0);
            x87.trigonometric.arcTangent();
        } else {
            X87Access.operandA(x87, 0);
            X87Access.operandB(x87, 1);
            if (op == FYL2X) {
                x87.logarithmic.logarithm();
            } else {
                x87.logarithmic.logarithmPlusOne();
            }
        }
        finish(x87, 1, true);
    }

    /** Whether the argument in ST0 is in range; else C2 says that it is not reduced. */
    private static boolean inRange(X87 x87) {
        X87Access.operandA(x87, 0);
        if (x87.trigonometric.outOfRange()) {
            x87.conditions(StatusWord.C2, StatusWord.C2);
            return false;
        }
        return true;
    }

    private static void sineOrCosine(X87 x87, boolean sine) {
        x87.conditions(StatusWord.C2 | StatusWord.C1, 0);
        if (x87.empty(0)) {
            underflow(x87, 0, false);
        } else if (inRange(x87)) {
            if (sine) {
                x87.trigonometric.sine();
            } else {
                x87.trigonometric.cosine();
            }
            finish(x87, 0, false);
        }
    }

    private static void tangent(X87 x87) {
        x87.conditions(StatusWord.C2 | StatusWord.C1, 0);
        if (!pushFaults(x87) && inRange(x87)) {
            x87.trigonometric.tangent();
            finish(x87, 0, false);
            if (!x87.unit.suppressed()) {
                boolean nan = (x87.unit.signExponent & 0x7fff) == 0x7fff;
                x87.push(
                        nan ? x87.unit.signExponent : 0x3fff,
                        nan ? x87.unit.significand : Long.MIN_VALUE);
            }
        }
    }

    private static void sineAndCosine(X87 x87) {
        x87.conditions(StatusWord.C2 | StatusWord.C1, 0);
        if (!pushFaults(x87) && inRange(x87)) {
            x87.trigonometric.sine();
            finish(x87, 0, false);
            if (!x87.unit.suppressed()) {
                x87.unit.begin(x87.control);
                x87.trigonometric.cosine();
                x87.raise(x87.unit.flags);
                x87.push(x87.unit.signExponent, x87.unit.significand);
            }
        }
    }

    private static void remainder(X87 x87, boolean nearest) {
        if (x87.empty(0) || x87.empty(1)) {
            x87.conditions(StatusWord.C2, 0);
            underflow(x87, 0, false);
            return;
        }
        X87Access.operandA(x87, 0);
        X87Access.operandB(x87, 1);
        int codes = Integral80.remainder(x87.unit, nearest);
        finish(x87, 0, false);
        if (codes >= 0) {
            x87.conditions(CODES | StatusWord.C1, codes);
        } else {
            x87.conditions(StatusWord.C2, 0);
        }
    }
}
