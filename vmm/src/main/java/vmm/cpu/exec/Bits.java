package vmm.cpu.exec;

import static vmm.cpu.exec.Operands.reg;
import static vmm.cpu.exec.Operands.rm;
import static vmm.cpu.exec.Operands.setReg;
import static vmm.cpu.exec.Operands.setRegister;
import static vmm.cpu.isa.IntegerRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;

/** Bit tests, scans and counts, and BMI. */
public final class Bits {
    /** Castagnoli polynomial, bit-reversed, by byte. */
    private static final int[] CRC = crcTable();

    private Bits() {}

    /** Executes an operation of the family BIT. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case BT, BTS, BTR, BTC -> testRegister(cpu, i);
            case BT + BIT_IMM, BTS + BIT_IMM, BTR + BIT_IMM, BTC + BIT_IMM -> testImmediate(cpu, i);
            case BSF -> bsf(cpu, i);
            case BSR -> bsr(cpu, i);
            case TZCNT -> tzcnt(cpu, i);
            case LZCNT -> lzcnt(cpu, i);
            case POPCNT -> popcnt(cpu, i);
            case CRC32_8 -> crc32(cpu, i, 1);
            case CRC32 -> crc32(cpu, i, i.size);
            case ANDN -> andn(cpu, i);
            case BEXTR -> bextr(cpu, i);
            case BLSR -> bls(cpu, i);
            case BLSMSK -> bls(cpu, i);
            case BLSI -> bls(cpu, i);
            case BZHI -> bzhi(cpu, i);
            case PDEP -> setReg(cpu, i, Long.expand(vvvv(cpu, i), rm(cpu, i)));
            case PEXT -> setReg(cpu, i, Long.compress(vvvv(cpu, i), rm(cpu, i)));
            default -> throw cpu.undefined();
        }
    }

    private static long vvvv(Cpu cpu, Insn i) {
        return Operands.register(cpu, i, i.vvvv, i.size);
    }

    /** The bit number, signed, reaches beyond a memory operand. */
    private static void testRegister(Cpu cpu, Insn i) {
        long bit = Operands.signed(reg(cpu, i), i.size);
        if (!i.memory) {
            test(cpu, i, 0, (int) bit & (8 * i.size - 1));
            return;
        }
        int bits = 8 * i.size;
        long element = bit >> Integer.numberOfTrailingZeros(bits);
        long at = cpu.effectiveAddress(i) + element * i.size & i.addressMask;
        test(cpu, i, at, (int) bit & (bits - 1));
    }

    private static void testImmediate(Cpu cpu, Insn i) {
        long at = i.memory ? cpu.effectiveAddress(i) : 0;
        test(cpu, i, at, (int) i.immediate & (8 * i.size - 1));
    }

    private static void test(Cpu cpu, Insn i, long at, int bit) {
        int kind = i.op & 3;
        long mask = 1L << bit;
        long old;
        if (!i.memory) {
            old = Operands.register(cpu, i, i.rm, i.size);
        } else if (kind == 0) {
            old = cpu.mmu.load(i.segment, at, i.size);
        } else {
            old = cpu.mmu.loadForUpdate(i.segment, at, i.size);
        }
        if (kind != 0) {
            long changed = kind == 1 ? old | mask : kind == 2 ? old & ~mask : old ^ mask;
            if (i.memory) {
                cpu.mmu.store(i.segment, at, i.size, changed);
            } else {
                setRegister(cpu, i, i.rm, i.size, changed);
            }
        }
        Operands.carryOverflow(cpu, (old & mask) != 0, cpu.of());
    }

    /** Of zero: the destination stays as it is, as on all processors though not in the manual. */
    private static void bsf(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        if (a != 0) {
            setReg(cpu, i, Long.numberOfTrailingZeros(a));
        }
        cpu.flagsLogic(Operands.signed(a, i.size));
    }

    private static void bsr(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        if (a != 0) {
            setReg(cpu, i, 63 - Long.numberOfLeadingZeros(a));
        }
        cpu.flagsLogic(Operands.signed(a, i.size));
    }

    private static void tzcnt(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        long r = Math.min(Long.numberOfTrailingZeros(a), 8 * i.size);
        count(cpu, i, r, a == 0);
    }

    private static void lzcnt(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        int r = Long.numberOfLeadingZeros(a) - Alu.shift(i.size);
        count(cpu, i, r, a == 0);
    }

    private static void count(Cpu cpu, Insn i, long r, boolean zero) {
        setReg(cpu, i, r);
        cpu.flagsLogic(r);
        cpu.flagCarry = Operands.carries(zero, false);
    }

    private static void popcnt(Cpu cpu, Insn i) {
        long r = Long.bitCount(rm(cpu, i));
        setReg(cpu, i, r);
        cpu.arithmeticFlags(r == 0 ? Cpu.FLAG_ZF : 0);
    }

    private static int[] crcTable() {
        int[] table = new int[256];
        for (int k = 0; k < 256; k++) {
            int crc = k;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f6_3b78 : crc >>> 1;
            }
            table[k] = crc;
        }
        return table;
    }

    private static void crc32(Cpu cpu, Insn i, int size) {
        long data = rm(cpu, i, size);
        int crc = (int) cpu.gpr[i.reg];
        for (int k = 0; k < size; k++) {
            crc = crc >>> 8 ^ CRC[(crc ^ (int) (data >>> 8 * k)) & 0xff];
        }
        cpu.gpr[i.reg] = crc & 0xffff_ffffL;
    }

    private static void andn(Cpu cpu, Insn i) {
        long r = ~vvvv(cpu, i) & rm(cpu, i);
        setReg(cpu, i, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
    }

    private static void bextr(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        int start = (int) cpu.gpr[i.vvvv] & 0xff;
        int length = (int) (cpu.gpr[i.vvvv] >>> 8) & 0xff;
        long r = start >= 64 ? 0 : a >>> start;
        if (length < 64) {
            r &= (1L << length) - 1;
        }
        setReg(cpu, i, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
    }

    /** BLSR, BLSMSK, BLSI: the destination is VEX.vvvv. */
    private static void bls(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        long r =
                switch (i.op) {
                    case BLSR -> a & a - 1;
                    case BLSMSK -> a ^ a - 1;
                    default -> a & -a;
                };
        setRegister(cpu, i, i.vvvv, i.size, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
        boolean carry = (a == 0) != (i.op == BLSI);
        cpu.flagCarry = Operands.carries(carry, false);
    }

    private static void bzhi(Cpu cpu, Insn i) {
        long a = rm(cpu, i);
        int index = (int) cpu.gpr[i.vvvv] & 0xff;
        boolean beyond = index >= 8 * i.size;
        long r = beyond ? a : a & (1L << index) - 1;
        setReg(cpu, i, r);
        cpu.flagsLogic(Operands.signed(r, i.size));
        cpu.flagCarry = Operands.carries(beyond, false);
    }
}
