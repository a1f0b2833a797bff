package vmm.cpu.exec;

import static vmm.cpu.isa.IntegerRows.ADC;
import static vmm.cpu.isa.IntegerRows.ADD;
import static vmm.cpu.isa.IntegerRows.AND;
import static vmm.cpu.isa.IntegerRows.OR;
import static vmm.cpu.isa.IntegerRows.SBB;
import static vmm.cpu.isa.IntegerRows.SUB;

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
    public static final int MOV_RR_64 = H,
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
    public static final int TEST_RR_64 = H + 16,
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
    public static final int LEA_64 = H + 32,
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
    public static final int JMP = H + 48,
            JE = H + 49,
            JNE = H + 50,
            JB = H + 51,
            JAE = H + 52,
            JCC = H + 53,
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
    public static final int FUSED = Family.FUSED << 6,
            FUSED_CMP_RR_64 = FUSED,
            FUSED_CMP_RR_32 = FUSED + 3,
            FUSED_CMP_RI_64 = FUSED + 6,
            FUSED_CMP_RI_32 = FUSED + 9,
            FUSED_CMP_RI_8 = FUSED + 12,
            FUSED_TEST_RR_64 = FUSED + 15,
            FUSED_TEST_RR_32 = FUSED + 18,
            FUSED_TEST_RR_8 = FUSED + 21,
            FUSED_ADD_RI_32 = FUSED + 24,
            FUSED_CMP_MI_8 = FUSED + 27,
            FUSED_END = FUSED + 30;

    /** Added to the above: jump if equal, if not equal, on any condition. */
    public static final int E = 0, NE = 1, CC = 2;

    private static final int M = Family.HOT_MORE << 6;
    public static final int PUSH_32 = M,
            POP_32 = M + 1,
            CALL_32 = M + 2,
            RET_32 = M + 3,
            MUL_R_32 = M + 4,
            IMUL_RR_32 = M + 5,
            MOVZX_16_RR = M + 6,
            SHL_RI_32 = M + 7,
            SAR_RI_32 = M + 8,
            ADC_RR_32 = M + 9,
            CMOV_RR_32 = M + 10,
            STORE_16 = M + 11,
            LOAD_8 = M + 12,
            CMP_RM_32 = M + 13,
            CMP_MR_32 = M + 14,
            CMP_MR_64 = M + 15,
            CMP_MI_32 = M + 16,
            CMP_MI_64 = M + 17,
            TEST_MI_8 = M + 18,
            TEST_RI_8 = M + 19;

    /** {@code Insn.immediate2} says which operation: one of those of the rows but CMP. */
    public static final int ALU_RM_32 = M + 20, ALU_RM_64 = M + 21;

    public static final int ADC_RI_32 = M + 22,
            ADC_RI_64 = M + 23,
            INC_R_32 = M + 24,
            INC_R_64 = M + 25,
            DEC_R_64 = M + 26,
            ADD_MR_32 = M + 27,
            ADD_MR_64 = M + 28,
            SBB_RR_32 = M + 29,
            SBB_RR_64 = M + 30;

    private static final int LEAVE = Family.LEAVE_BLOCK << 6;

    private Hot() {}

    /** Whether {@code i} has one of these forms. */
    public static boolean has(Insn i) {
        int family = i.op >> 6;
        return family == Family.HOT || family == Family.FUSED || family == Family.HOT_MORE;
    }

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
                case JMP -> ip = ip + i.immediate & i.addressMask;
                case JE -> ip = ip + (cpu.zf() ? i.immediate : 0) & i.addressMask;
                case JNE -> ip = ip + (cpu.zf() ? 0 : i.immediate) & i.addressMask;
                case JB -> ip = ip + (cpu.cf() ? i.immediate : 0) & i.addressMask;
                case JAE -> ip = ip + (cpu.cf() ? 0 : i.immediate) & i.addressMask;
                case JCC ->
                        ip =
                                ip + (Branch.holds(cpu, i.immediate2) ? i.immediate : 0)
                                        & i.addressMask;
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
                        ip =
                                ip + (sub64(cpu, gpr[i.rm], gpr[i.reg]) == 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_CMP_RR_64 + NE ->
                        ip =
                                ip + (sub64(cpu, gpr[i.rm], gpr[i.reg]) != 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_CMP_RR_64 + CC -> {
                    sub64(cpu, gpr[i.rm], gpr[i.reg]);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_RR_32 ->
                        ip =
                                ip
                                                + ((int) sub32(cpu, gpr[i.rm], gpr[i.reg]) == 0
                                                        ? i.immediate2
                                                        : 0)
                                        & i.addressMask;
                case FUSED_CMP_RR_32 + NE ->
                        ip =
                                ip
                                                + ((int) sub32(cpu, gpr[i.rm], gpr[i.reg]) != 0
                                                        ? i.immediate2
                                                        : 0)
                                        & i.addressMask;
                case FUSED_CMP_RR_32 + CC -> {
                    sub32(cpu, gpr[i.rm], gpr[i.reg]);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_RI_64 ->
                        ip =
                                ip + (sub64(cpu, gpr[i.rm], i.immediate) == 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_CMP_RI_64 + NE ->
                        ip =
                                ip + (sub64(cpu, gpr[i.rm], i.immediate) != 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_CMP_RI_64 + CC -> {
                    sub64(cpu, gpr[i.rm], i.immediate);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_RI_32 ->
                        ip =
                                ip
                                                + ((int) sub32(cpu, gpr[i.rm], i.immediate) == 0
                                                        ? i.immediate2
                                                        : 0)
                                        & i.addressMask;
                case FUSED_CMP_RI_32 + NE ->
                        ip =
                                ip
                                                + ((int) sub32(cpu, gpr[i.rm], i.immediate) != 0
                                                        ? i.immediate2
                                                        : 0)
                                        & i.addressMask;
                case FUSED_CMP_RI_32 + CC -> {
                    sub32(cpu, gpr[i.rm], i.immediate);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_RI_8 ->
                        ip =
                                ip + (sub8(cpu, gpr[i.rm], i.immediate) == 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_CMP_RI_8 + NE ->
                        ip =
                                ip + (sub8(cpu, gpr[i.rm], i.immediate) != 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_CMP_RI_8 + CC -> {
                    sub8(cpu, gpr[i.rm], i.immediate);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_TEST_RR_64 ->
                        ip =
                                ip + (logic64(cpu, gpr[i.rm] & gpr[i.reg]) == 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_TEST_RR_64 + NE ->
                        ip =
                                ip + (logic64(cpu, gpr[i.rm] & gpr[i.reg]) != 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_TEST_RR_64 + CC -> {
                    logic64(cpu, gpr[i.rm] & gpr[i.reg]);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_TEST_RR_32 ->
                        ip =
                                ip + (logic32(cpu, gpr[i.rm] & gpr[i.reg]) == 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_TEST_RR_32 + NE ->
                        ip =
                                ip + (logic32(cpu, gpr[i.rm] & gpr[i.reg]) != 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_TEST_RR_32 + CC -> {
                    logic32(cpu, gpr[i.rm] & gpr[i.reg]);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_TEST_RR_8 ->
                        ip =
                                ip + (logic8(cpu, gpr[i.rm] & gpr[i.reg]) == 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_TEST_RR_8 + NE ->
                        ip =
                                ip + (logic8(cpu, gpr[i.rm] & gpr[i.reg]) != 0 ? i.immediate2 : 0)
                                        & i.addressMask;
                case FUSED_TEST_RR_8 + CC -> {
                    logic8(cpu, gpr[i.rm] & gpr[i.reg]);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_ADD_RI_32 -> {
                    long r = add32(cpu, gpr[i.rm], i.immediate);
                    gpr[i.rm] = r;
                    ip = ip + (r == 0 ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_ADD_RI_32 + NE -> {
                    long r = add32(cpu, gpr[i.rm], i.immediate);
                    gpr[i.rm] = r;
                    ip = ip + (r != 0 ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_ADD_RI_32 + CC -> {
                    long r = add32(cpu, gpr[i.rm], i.immediate);
                    gpr[i.rm] = r;
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_MI_8 -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    boolean equal = sub8(cpu, value, i.immediate) == 0;
                    ip = ip + (equal ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_MI_8 + NE -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    boolean equal = sub8(cpu, value, i.immediate) == 0;
                    ip = ip + (!equal ? i.immediate2 : 0) & i.addressMask;
                }
                case FUSED_CMP_MI_8 + CC -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    sub8(cpu, value, i.immediate);
                    ip = ip + (Branch.holds(cpu, i.vvvv) ? i.immediate2 : 0) & i.addressMask;
                }
                case PUSH_32 -> {
                    cpu.rip = ip;
                    Stack.push(cpu, 4, gpr[i.rm]);
                }
                case POP_32 -> pop32(cpu, ip, i.reg);
                case CALL_32 -> {
                    cpu.rip = ip;
                    Stack.push(cpu, 4, ip);
                    ip = low(ip + i.immediate);
                }
                case RET_32 -> {
                    cpu.rip = ip;
                    ip = Stack.pop(cpu, 4);
                }
                case MUL_R_32 -> mul32(cpu, gpr[i.rm]);
                case IMUL_RR_32 -> gpr[i.reg] = imul32(cpu, gpr[i.reg], gpr[i.rm]);
                case MOVZX_16_RR -> gpr[i.reg] = gpr[i.rm] & 0xffff;
                case SHL_RI_32 -> gpr[i.rm] = shl32(cpu, gpr[i.rm], (int) i.immediate);
                case SAR_RI_32 -> gpr[i.rm] = sar32(cpu, gpr[i.rm], (int) i.immediate);
                case ADC_RR_32 -> gpr[i.rm] = adc32(cpu, gpr[i.rm], gpr[i.reg]);
                case CMOV_RR_32 ->
                        gpr[i.reg] = low(gpr[Branch.holds(cpu, i.immediate2) ? i.rm : i.reg]);
                case STORE_16 -> {
                    cpu.rip = ip;
                    cpu.mmu.store16(i.segment, cpu.effectiveAddress(i), (int) gpr[i.reg]);
                }
                case LOAD_8 -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    gpr[i.reg] = gpr[i.reg] & ~0xffL | value;
                }
                case CMP_RM_32 -> {
                    cpu.rip = ip;
                    sub32(cpu, gpr[i.reg], load32(cpu, i));
                }
                case CMP_MR_32 -> {
                    cpu.rip = ip;
                    sub32(cpu, load32(cpu, i), gpr[i.reg]);
                }
                case CMP_MR_64 -> {
                    cpu.rip = ip;
                    sub64(cpu, load64(cpu, i), gpr[i.reg]);
                }
                case CMP_MI_32 -> {
                    cpu.rip = ip;
                    sub32(cpu, load32(cpu, i), i.immediate);
                }
                case CMP_MI_64 -> {
                    cpu.rip = ip;
                    sub64(cpu, load64(cpu, i), i.immediate);
                }
                case TEST_MI_8 -> {
                    cpu.rip = ip;
                    int value = cpu.mmu.load8(i.segment, cpu.effectiveAddress(i));
                    cpu.flagsLogic((byte) (value & i.immediate));
                }
                case TEST_RI_8 -> cpu.flagsLogic((byte) (gpr[i.rm] & i.immediate));
                case ALU_RM_32 -> {
                    cpu.rip = ip;
                    gpr[i.reg] = alu32(cpu, i.immediate2, gpr[i.reg], load32(cpu, i));
                }
                case SBB_RR_32 -> gpr[i.rm] = sbb32(cpu, gpr[i.rm], gpr[i.reg]);
                case SBB_RR_64 -> gpr[i.rm] = sbb64(cpu, gpr[i.rm], gpr[i.reg]);
                case ADC_RI_32 -> gpr[i.rm] = adc32(cpu, gpr[i.rm], i.immediate);
                case ADC_RI_64 -> gpr[i.rm] = adc64(cpu, gpr[i.rm], i.immediate);
                case INC_R_32 -> gpr[i.rm] = low(Alu.inc(cpu, gpr[i.rm], 4));
                case INC_R_64 -> gpr[i.rm] = Alu.inc(cpu, gpr[i.rm], 8);
                case DEC_R_64 -> gpr[i.rm] = Alu.dec(cpu, gpr[i.rm], 8);
                case ADD_MR_32 -> {
                    cpu.rip = ip;
                    int b = (int) gpr[i.reg];
                    add32(cpu, cpu.mmu.add32(i.segment, cpu.effectiveAddress(i), b), b);
                }
                case ADD_MR_64 -> {
                    cpu.rip = ip;
                    long b = gpr[i.reg];
                    add64(cpu, cpu.mmu.add64(i.segment, cpu.effectiveAddress(i), b), b);
                }
                case ALU_RM_64 -> {
                    cpu.rip = ip;
                    gpr[i.reg] = alu64(cpu, i.immediate2, gpr[i.reg], load64(cpu, i));
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

    private static long load32(Cpu cpu, Insn i) {
        return low(cpu.mmu.load32(i.segment, cpu.effectiveAddress(i)));
    }

    private static long load64(Cpu cpu, Insn i) {
        return cpu.mmu.load64(i.segment, cpu.effectiveAddress(i));
    }

    private static long alu32(Cpu cpu, int operation, long a, long b) {
        return switch (operation) {
            case ADD -> add32(cpu, a, b);
            case ADC -> adc32(cpu, a, b);
            case SBB -> sbb32(cpu, a, b);
            case SUB -> low(sub32(cpu, a, b));
            case AND -> logic32(cpu, a & b);
            case OR -> logic32(cpu, a | b);
            default -> logic32(cpu, a ^ b);
        };
    }

    private static long alu64(Cpu cpu, int operation, long a, long b) {
        return switch (operation) {
            case ADC -> adc64(cpu, a, b);
            case SBB -> sbb64(cpu, a, b);
            case SUB -> sub64(cpu, a, b);
            case AND -> logic64(cpu, a & b);
            case OR -> logic64(cpu, a | b);
            default -> logic64(cpu, a ^ b);
        };
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

    private static long adc32(Cpu cpu, long a, long b) {
        long r = a + b + (cpu.cf() ? 1 : 0);
        cpu.flagResult = (int) r;
        cpu.flagCarry = ((a & b) | ((a | b) & ~r)) << 32;
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return low(r);
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

    private static long sbb64(Cpu cpu, long a, long b) {
        long r = a - b - (cpu.cf() ? 1 : 0);
        cpu.flagResult = r;
        cpu.flagCarry = (~a & b) | ((~a | b) & r);
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return r;
    }

    private static long sbb32(Cpu cpu, long a, long b) {
        long r = a - b - (cpu.cf() ? 1 : 0);
        cpu.flagResult = (int) r;
        cpu.flagCarry = ((~a & b) | ((~a | b) & r)) << 32;
        cpu.flagAux = (a ^ b ^ r) & 0x10;
        return low(r);
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

    /** {@code count} is 1..31. */
    private static long shl32(Cpu cpu, long a, int count) {
        long r = shl64(cpu, a << 32, count) >> 32;
        cpu.flagResult = r;
        return low(r);
    }

    /** {@code count} is 1..31. */
    private static long sar32(Cpu cpu, long a, int count) {
        int r = (int) a >> count;
        cpu.flagResult = r;
        cpu.flagCarry = Operands.carries((a >>> count - 1 & 1) != 0, false);
        cpu.flagAux = 0;
        return low(r);
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

    private static long imul32(Cpu cpu, long a, long b) {
        long product = (long) (int) a * (int) b;
        int low = (int) product;
        cpu.flagResult = low;
        cpu.flagCarry = low != product ? 1L << 63 : 0;
        cpu.flagAux = 0;
        return low(low);
    }

    private static void mul32(Cpu cpu, long b) {
        long product = low(cpu.gpr[Cpu.RAX]) * low(b);
        long high = product >>> 32;
        cpu.gpr[Cpu.RAX] = low(product);
        cpu.gpr[Cpu.RDX] = high;
        cpu.flagResult = (int) product;
        cpu.flagCarry = high != 0 ? 1L << 63 : 0;
        cpu.flagAux = 0;
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

    private static void pop32(Cpu cpu, long ip, int register) {
        cpu.rip = ip;
        cpu.gpr[register] = Stack.pop(cpu, 4);
    }

    private static long ret(Cpu cpu, long ip) {
        cpu.rip = ip;
        long sp = cpu.gpr[Cpu.RSP];
        long to = cpu.mmu.load64(Cpu.SS, sp);
        checkReturn(cpu, to);
        cpu.gpr[Cpu.RSP] = sp + 8;
        return to;
    }

    /** Throws what a return to {@code to} in 64-bit mode would throw. */
    public static void checkReturn(Cpu cpu, long to) {
        if (to << 16 >> 16 != to && !cpu.canonical(to)) {
            throw cpu.protection();
        }
    }
}
