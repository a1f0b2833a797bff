package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.Family;

/**
 * The loop over the instructions of a block, with the operand forms that make up most of what
 * kernels and compiled programs execute in the loop itself. {@link Specialiser} gives them
 * operation numbers of their own; everything else goes the general way. The meaning is that of the
 * general form in every case.
 *
 * <p>Conventions of the forms: R and I are a register and an immediate, M is memory; the
 * destination comes first and is {@code Insn.rm} where both operands are registers.
 */
public final class Hot {
    private static final int H = Family.HOT << 6;
    static final int MOV_RR_64 = H,
            MOV_RR_32 = H + 1,
            MOV_RI_64 = H + 2,
            MOV_RI_32 = H + 3,
            ADD_RR_64 = H + 4,
            ADD_RR_32 = H + 5,
            ADD_RI_64 = H + 6,
            ADD_RI_32 = H + 7,
            SUB_RR_64 = H + 8,
            SUB_RR_32 = H + 9,
            SUB_RI_64 = H + 10,
            SUB_RI_32 = H + 11,
            CMP_RR_64 = H + 12,
            CMP_RR_32 = H + 13,
            CMP_RI_64 = H + 14,
            CMP_RI_32 = H + 15;
    static final int TEST_RR_64 = H + 16,
            TEST_RR_32 = H + 17,
            TEST_RR_8 = H + 18,
            AND_RR_64 = H + 19,
            AND_RR_32 = H + 20,
            AND_RI_64 = H + 21,
            AND_RI_32 = H + 22,
            OR_RR_64 = H + 23,
            OR_RR_32 = H + 24,
            XOR_RR_64 = H + 25,
            XOR_RR_32 = H + 26,
            ZERO = H + 27,
            SHL_RI_64 = H + 28,
            SHR_RI_64 = H + 29,
            SHR_RI_32 = H + 30,
            DEC_R_32 = H + 31;
    static final int LEA_64 = H + 32,
            LEA_32 = H + 33,
            LOAD_64 = H + 34,
            LOAD_32 = H + 35,
            LOAD_64_SIMPLE = H + 36,
            STORE_64 = H + 37,
            STORE_32 = H + 38,
            STORE_8 = H + 39,
            MOVZX_8_RR = H + 40,
            MOVZX_8_RM = H + 41,
            MOVZX_16_RM = H + 42,
            MOVSXD_RR = H + 43,
            PUSH_64 = H + 44,
            POP_64 = H + 45,
            CALL_64 = H + 46,
            RET_64 = H + 47;
    static final int JMP_64 = H + 48,
            JE_64 = H + 49,
            JNE_64 = H + 50,
            JB_64 = H + 51,
            JAE_64 = H + 52,
            JCC_64 = H + 53,
            IMUL_RR_64 = H + 54,
            MUL_R_64 = H + 55,
            CMP_RI_8 = H + 56,
            CMP_MI_8 = H + 57,
            NOP = H + 58,
            SET_R = H + 59,
            CMOV_RR_64 = H + 60,
            ADC_RR_64 = H + 61,
            ADD_RM_64 = H + 62,
            CMP_RM_64 = H + 63;

    /**
     * A comparison and the jump that follows it, three numbers each: see {@link #E}. The jump's
     * displacement is {@code Insn.immediate2}, its condition {@code Insn.vvvv}.
     */
    static final int FUSED = Family.FUSED << 6,
            FUSED_CMP_RR_64 = FUSED,
            FUSED_CMP_RR_32 = FUSED + 3,
            FUSED_CMP_RI_64 = FUSED + 6,
            FUSED_CMP_RI_32 = FUSED + 9,
            FUSED_CMP_RI_8 = FUSED + 12,
            FUSED_TEST_RR_64 = FUSED + 15,
            FUSED_TEST_RR_32 = FUSED + 18,
            FUSED_TEST_RR_8 = FUSED + 21,
            FUSED_ADD_RI_32 = FUSED + 24,
            FUSED_CMP_MI_8 = FUSED + 27;

    /** Added to the above: jump if equal, if not equal, on any condition. */
    static final int E = 0, NE = 1, CC = 2;

    private static final int LEAVE = Family.LEAVE_BLOCK << 6;

    private Hot() {}

    /**
     * Executes {@code insns}, the block at {@link Cpu#rip}, up to its end or a fault. Whatever can
     * fault writes {@link Cpu#rip} first; from that the caller finds the instruction.
     */
    public static void run(Cpu cpu, Insn[] insns) {
        long[] gpr = cpu.gpr;
        long ip = cpu.rip;
        int k = 0;
        while (k < insns.length) {
            Insn i = insns[k];
            k++;
            ip += i.length;
            switch (i.op) {
                case MOV_RR_64 -> gpr[i.rm] = gpr[i.reg];
                case MOV_RR_32 -> gpr[i.rm] = low(gpr[i.reg]);
                case MOV_RI_64 -> gpr[i.rm] = i.immediate;
                case MOV_RI_32 -> gpr[i.rm] = low(i.immediate);
                case ADD_RR_64 -> gpr[i.rm] = add64(cpu, gpr[i.rm], gpr[i.reg]);
                case ADD_RR_32 -> gpr[i.rm] = add32(cpu, gpr[i.rm], gpr[i.reg]);
                case ADD_RI_64 -> gpr[i.rm] = add64(cpu, gpr[i.rm], i.immediate);
                case ADD_RI_32 -> gpr[i.rm] = add32(cpu, gpr[i.rm], i.immediate);
                case SUB_RR_64 -> gpr[i.rm] = sub64(cpu, gpr[i.rm], gpr[i.reg]);
                case SUB_RR_32 -> gpr[i.rm] = low(sub32(cpu, gpr[i.rm], gpr[i.reg]));
                case SUB_RI_64 -> gpr[i.rm] = sub64(cpu, gpr[i.rm], i.immediate);
                case SUB_RI_32 -> gpr[i.rm] = low(sub32(cpu, gpr[i.rm], i.immediate));
                case CMP_RR_64 -> sub64(cpu, gpr[i.rm], gpr[i.reg]);
                case CMP_RR_32 -> sub32(cpu, gpr[i.rm], gpr[i.reg]);
                case CMP_RI_64 -> sub64(cpu, gpr[i.rm], i.immediate);
                case CMP_RI_32 -> sub32(cpu, gpr[i.rm], i.immediate);
                case TEST_RR_64 -> cpu.flagsLogic(gpr[i.rm] & gpr[i.reg]);
                case TEST_RR_32 -> cpu.flagsLogic((int) (gpr[i.rm] & gpr[i.reg]));
                case TEST_RR_8 -> cpu.flagsLogic((byte) (gpr[i.rm] & gpr[i.reg]));
                case AND_RR_64 -> gpr[i.rm] = logic64(cpu, gpr[i.rm] & gpr[i.reg]);
                case AND_RR_32 -> gpr[i.rm] = logic32(cpu, gpr[i.rm] & gpr[i.reg]);
                case AND_RI_64 -> gpr[i.rm] = logic64(cpu, gpr[i.rm] & i.immediate);
                case AND_RI_32 -> gpr[i.rm] = logic32(cpu, gpr[i.rm] & i.immediate);
                case OR_RR_64 -> gpr[i.rm] = logic64(cpu, gpr[i.rm] | gpr[i.reg]);
                case OR_RR_32 -> gpr[i.rm] = logic32(cpu, gpr[i.rm] | gpr[i.reg]);
                case XOR_RR_64 -> gpr[i.rm] = logic64(cpu, gpr[i.rm] ^ gpr[i.reg]);
                case XOR_RR_32 -> gpr[i.rm] = logic32(cpu, gpr[i.rm] ^ gpr[i.reg]);
                case ZERO -> {
                    gpr[i.rm] = 0;
                    cpu.flagsLogic(0);
                }
                case SHL_RI_64 -> gpr[i.rm] = shl64(cpu, gpr[i.rm], (int) i.immediate);
                case SHR_RI_64 -> gpr[i.rm] = shr64(cpu, gpr[i.rm], (int) i.immediate);
                case SHR_RI_32 -> gpr[i.rm] = shr32(cpu, gpr[i.rm], (int) i.immediate);
                case DEC_R_32 -> gpr[i.rm] = low(Alu.dec(cpu, gpr[i.rm], 4));
                case LEA_64 -> {
                    cpu.rip = ip;
                    gpr[i.reg] = cpu.effectiveAddress(i);
                }
                case LEA_32 -> {
                    cpu.rip = ip;
                    gpr[i.reg] = low(cpu.effectiveAddress(i));
                }
                case LOAD_64 -> {
                    cpu.rip = ip;
                    gpr[i.reg] = cpu.mmu.load64(i.segment, cpu.effectiveAddress(i));
                }
                case LOAD_64_SIMPLE -> {
                    cpu.rip = ip;
                    gpr[i.reg] = cpu.mmu.load64(i.segment, gpr[i.base] + i.displacement);
                }
                case LOAD_32 -> {
                    cpu.rip = ip;
                    gpr[i.reg] = low(cpu.mmu.load32(i.segment, cpu.effectiveAddress(i)));
                }
                case STORE_64 -> {
                    cpu.rip = ip;
                    cpu.mmu.store64(i.segment, cpu.effectiveAddress(i), gpr[i.reg]);
                }
                case STORE_32 -> {
                    cpu.rip = ip;
                    cpu.mmu.store32(i.segment, cpu.effectiveAddress(i), (int) gpr[i.reg]);
                }
                case STORE_8 -> {
                    cpu.rip = ip;
                    cpu.mmu.store8(i.segment, cpu.effectiveAddress(i), (int) gpr[i.reg]);
                }
                case MOVZX_8_RR -> gpr[i.reg] = gpr[i.rm] & 0xff;
                case MOVZX_8_RM -> {
                    cpu.rip = ip;
                    gpr[i.reg] = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                }
                case MOVZX_16_RM -> {
                    cpu.rip = ip;
                    gpr[i.reg] = cpu.mmu.load16(i.segment, cpu.effectiveAddress(i));
                }
                case MOVSXD_RR -> gpr[i.reg] = (int) gpr[i.rm];
                case PUSH_64 -> push(cpu, ip, gpr[i.rm]);
                case POP_64 -> pop(cpu, ip, i.reg);
                case CALL_64 -> {
                    push(cpu, ip, ip);
                    ip += i.immediate;
                }
                case RET_64 -> ip = ret(cpu, ip);
                case JMP_64 -> ip += i.immediate;
                case JE_64 -> ip += cpu.zf() ? i.immediate : 0;
                case JNE_64 -> ip += cpu.zf() ? 0 : i.immediate;
                case JB_64 -> ip += cpu.cf() ? i.immediate : 0;
                case JAE_64 -> ip += cpu.cf() ? 0 : i.immediate;
                case JCC_64 -> ip += Branch.holds(cpu, i.immediate2) ? i.immediate : 0;
                case IMUL_RR_64 -> gpr[i.reg] = imul64(cpu, gpr[i.reg], gpr[i.rm]);
                case MUL_R_64 -> mul64(cpu, gpr[i.rm]);
                case CMP_RI_8 -> sub8(cpu, gpr[i.rm], i.immediate);
                case CMP_MI_8 -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    sub8(cpu, value, i.immediate);
                }
                case NOP -> {}
                case SET_R -> set(cpu, i);
                case CMOV_RR_64 -> {
                    if (Branch.holds(cpu, i.immediate2)) {
                        gpr[i.reg] = gpr[i.rm];
                    }
                }
                case ADC_RR_64 -> gpr[i.rm] = adc64(cpu, gpr[i.rm], gpr[i.reg]);
                case ADD_RM_64 -> {
                    cpu.rip = ip;
                    long b = cpu.mmu.load64(i.segment, cpu.effectiveAddress(i));
                    gpr[i.reg] = add64(cpu, gpr[i.reg], b);
                }
                case CMP_RM_64 -> {
                    cpu.rip = ip;
                    long b = cpu.mmu.load64(i.segment, cpu.effectiveAddress(i));
                    sub64(cpu, gpr[i.reg], b);
                }
                case FUSED_CMP_RR_64 ->
                        ip += sub64(cpu, gpr[i.rm], gpr[i.reg]) == 0 ? i.immediate2 : 0;
                case FUSED_CMP_RR_64 + NE ->
                        ip += sub64(cpu, gpr[i.rm], gpr[i.reg]) != 0 ? i.immediate2 : 0;
                case FUSED_CMP_RR_64 + CC -> {
                    sub64(cpu, gpr[i.rm], gpr[i.reg]);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_CMP_RR_32 ->
                        ip += (int) sub32(cpu, gpr[i.rm], gpr[i.reg]) == 0 ? i.immediate2 : 0;
                case FUSED_CMP_RR_32 + NE ->
                        ip += (int) sub32(cpu, gpr[i.rm], gpr[i.reg]) != 0 ? i.immediate2 : 0;
                case FUSED_CMP_RR_32 + CC -> {
                    sub32(cpu, gpr[i.rm], gpr[i.reg]);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_CMP_RI_64 ->
                        ip += sub64(cpu, gpr[i.rm], i.immediate) == 0 ? i.immediate2 : 0;
                case FUSED_CMP_RI_64 + NE ->
                        ip += sub64(cpu, gpr[i.rm], i.immediate) != 0 ? i.immediate2 : 0;
                case FUSED_CMP_RI_64 + CC -> {
                    sub64(cpu, gpr[i.rm], i.immediate);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_CMP_RI_32 ->
                        ip += (int) sub32(cpu, gpr[i.rm], i.immediate) == 0 ? i.immediate2 : 0;
                case FUSED_CMP_RI_32 + NE ->
                        ip += (int) sub32(cpu, gpr[i.rm], i.immediate) != 0 ? i.immediate2 : 0;
                case FUSED_CMP_RI_32 + CC -> {
                    sub32(cpu, gpr[i.rm], i.immediate);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_CMP_RI_8 ->
                        ip += sub8(cpu, gpr[i.rm], i.immediate) == 0 ? i.immediate2 : 0;
                case FUSED_CMP_RI_8 + NE ->
                        ip += sub8(cpu, gpr[i.rm], i.immediate) != 0 ? i.immediate2 : 0;
                case FUSED_CMP_RI_8 + CC -> {
                    sub8(cpu, gpr[i.rm], i.immediate);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_TEST_RR_64 ->
                        ip += logic64(cpu, gpr[i.rm] & gpr[i.reg]) == 0 ? i.immediate2 : 0;
                case FUSED_TEST_RR_64 + NE ->
                        ip += logic64(cpu, gpr[i.rm] & gpr[i.reg]) != 0 ? i.immediate2 : 0;
                case FUSED_TEST_RR_64 + CC -> {
                    logic64(cpu, gpr[i.rm] & gpr[i.reg]);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_TEST_RR_32 ->
                        ip += logic32(cpu, gpr[i.rm] & gpr[i.reg]) == 0 ? i.immediate2 : 0;
                case FUSED_TEST_RR_32 + NE ->
                        ip += logic32(cpu, gpr[i.rm] & gpr[i.reg]) != 0 ? i.immediate2 : 0;
                case FUSED_TEST_RR_32 + CC -> {
                    logic32(cpu, gpr[i.rm] & gpr[i.reg]);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_TEST_RR_8 ->
                        ip += logic8(cpu, gpr[i.rm] & gpr[i.reg]) == 0 ? i.immediate2 : 0;
                case FUSED_TEST_RR_8 + NE ->
                        ip += logic8(cpu, gpr[i.rm] & gpr[i.reg]) != 0 ? i.immediate2 : 0;
                case FUSED_TEST_RR_8 + CC -> {
                    logic8(cpu, gpr[i.rm] & gpr[i.reg]);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_ADD_RI_32 -> {
                    long r = add32(cpu, gpr[i.rm], i.immediate);
                    gpr[i.rm] = r;
                    ip += r == 0 ? i.immediate2 : 0;
                }
                case FUSED_ADD_RI_32 + NE -> {
                    long r = add32(cpu, gpr[i.rm], i.immediate);
                    gpr[i.rm] = r;
                    ip += r != 0 ? i.immediate2 : 0;
                }
                case FUSED_ADD_RI_32 + CC -> {
                    long r = add32(cpu, gpr[i.rm], i.immediate);
                    gpr[i.rm] = r;
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                case FUSED_CMP_MI_8 -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    boolean equal = sub8(cpu, value, i.immediate) == 0;
                    ip += equal ? i.immediate2 : 0;
                }
                case FUSED_CMP_MI_8 + NE -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    boolean equal = sub8(cpu, value, i.immediate) == 0;
                    ip += !equal ? i.immediate2 : 0;
                }
                case FUSED_CMP_MI_8 + CC -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    sub8(cpu, value, i.immediate);
                    ip += Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0;
                }
                default -> {
                    cpu.rip = ip;
                    if (i.op == LEAVE) {
                        cpu.instructions += k - 1;
                        return;
                    }
                    Dispatch.execute(cpu, i);
                    ip = cpu.rip;
                }
            }
        }
        cpu.rip = ip;
        cpu.instructions += k;
    }

    private static long low(long value) {
        return value & 0xffff_ffffL;
    }

    private static long add64(Cpu cpu, long a, long b) {
        long r = a + b;
        cpu.flagResult = r;
        cpu.flagCarry = (a & b) | ((a | b) & ~r);
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return r;
    }

    private static long adc64(Cpu cpu, long a, long b) {
        long r = a + b + (cpu.cf() ? 1 : 0);
        cpu.flagResult = r;
        cpu.flagCarry = (a & b) | ((a | b) & ~r);
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return r;
    }

    private static long add32(Cpu cpu, long a, long b) {
        long r = a + b;
        cpu.flagResult = (int) r;
        cpu.flagCarry = ((a & b) | ((a | b) & ~r)) << 32;
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return low(r);
    }

    private static long sub64(Cpu cpu, long a, long b) {
        long r = a - b;
        cpu.flagResult = r;
        cpu.flagCarry = (~a & b) | ((~a | b) & r);
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return r;
    }

    private static long sub32(Cpu cpu, long a, long b) {
        long r = a - b;
        cpu.flagResult = (int) r;
        cpu.flagCarry = ((~a & b) | ((~a | b) & r)) << 32;
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return r;
    }

    private static int sub8(Cpu cpu, long a, long b) {
        long r = a - b;
        cpu.flagResult = (byte) r;
        cpu.flagCarry = ((~a & b) | ((~a | b) & r)) << 56;
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return (byte) r;
    }

    private static long logic64(Cpu cpu, long r) {
        cpu.flagsLogic(r);
        return r;
    }

    private static int logic8(Cpu cpu, long r) {
        cpu.flagsLogic((byte) r);
        return (byte) r;
    }

    private static long logic32(Cpu cpu, long r) {
        cpu.flagsLogic((int) r);
        return low(r);
    }

    /** {@code count} is 1..63. */
    private static long shl64(Cpu cpu, long a, int count) {
        long r = a << count;
        cpu.flagResult = r;
        cpu.flagCarry = a << (count - 1) & 1L << 63 | r >>> 1 & 1L << 62;
        cpu.flagAux = 0;
        return r;
    }

    /** {@code count} is 1..63. */
    private static long shr64(Cpu cpu, long a, int count) {
        return shr(cpu, a, count, a < 0, a >>> count);
    }

    /** {@code count} is 1..31. */
    private static long shr32(Cpu cpu, long a, int count) {
        long r = low(a) >>> count;
        return shr(cpu, a, count, (int) a < 0, r);
    }

    private static long shr(Cpu cpu, long a, int count, boolean overflow, long r) {
        long carry = a >>> (count - 1) << 63;
        cpu.flagResult = r; // never negative in its size
        cpu.flagCarry = carry | (carry >>> 1 ^ (overflow ? 1L << 62 : 0));
        cpu.flagAux = 0;
        return r;
    }

    private static long imul64(Cpu cpu, long a, long b) {
        long low = a * b;
        boolean overflow = Math.multiplyHigh(a, b) != low >> 63;
        cpu.flagResult = low;
        cpu.flagCarry = overflow ? 1L << 63 : 0;
        cpu.flagAux = 0;
        return low;
    }

    private static void mul64(Cpu cpu, long b) {
        long a = cpu.gpr[Cpu.RAX];
        long low = a * b;
        long high = Math.unsignedMultiplyHigh(a, b);
        cpu.gpr[Cpu.RAX] = low;
        cpu.gpr[Cpu.RDX] = high;
        cpu.flagResult = low;
        cpu.flagCarry = high != 0 ? 1L << 63 : 0;
        cpu.flagAux = 0;
    }

    private static void set(Cpu cpu, Insn i) {
        long bit = Branch.holds(cpu, i.immediate2) ? 1 : 0;
        cpu.gpr[i.rm] = cpu.gpr[i.rm] & ~0xffL | bit;
    }

    private static void push(Cpu cpu, long ip, long value) {
        cpu.rip = ip;
        long sp = cpu.gpr[Cpu.RSP] - 8;
        cpu.mmu.store64(Cpu.SS, sp, value);
        cpu.gpr[Cpu.RSP] = sp;
    }

    private static void pop(Cpu cpu, long ip, int register) {
        cpu.rip = ip;
        long sp = cpu.gpr[Cpu.RSP];
        long value = cpu.mmu.load64(Cpu.SS, sp);
        cpu.gpr[Cpu.RSP] = sp + 8;
        cpu.gpr[register] = value;
    }

    private static long ret(Cpu cpu, long ip) {
        cpu.rip = ip;
        long sp = cpu.gpr[Cpu.RSP];
        long to = cpu.mmu.load64(Cpu.SS, sp);
        if (to << 16 >> 16 != to && !cpu.canonical(to)) {
            throw cpu.protection();
        }
        cpu.gpr[Cpu.RSP] = sp + 8;
        return to;
    }
}
