package vmm.cpu.exec;

import static vmm.cpu.isa.SseRows.*;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.X87;

/** FXSAVE and FXRSTOR, and the legacy region of an XSAVE area, SDM volume 1 section 10.5.1. */
final class FxArea {
    private static final int SIZE = 512, MXCSR = 24, REGISTERS = 32, XMM = 160;
    private static final int MXCSR_MASK = 0xffff;

    private FxArea() {}

    static void execute(Cpu cpu, Insn i) {
        if ((cpu.cr0 & (Cpu.CR0_EM | Cpu.CR0_TS)) != 0) {
            throw cpu.fault(Cpu.NM, -1);
        }
        long address = Xmm.alignedAddress(cpu, i);
        boolean wide = i.op == FXSAVE64 || i.op == FXRSTOR64;
        // Without CR4.OSFXSR the XMM state need not be touched; as processors do, it is.
        if (i.op == FXSAVE || i.op == FXSAVE64) {
            cpu.mmu.probe(i.segment, address, SIZE, true);
            saveX87(cpu, i.segment, address, wide);
            cpu.mmu.store32(i.segment, address + MXCSR, cpu.mxcsr);
            cpu.mmu.store32(i.segment, address + MXCSR + 4, MXCSR_MASK);
            saveXmm(cpu, i.segment, address);
        } else {
            cpu.mmu.probe(i.segment, address, SIZE, false);
            SseMove.loadMxcsr(cpu, cpu.mmu.load32(i.segment, address + MXCSR));
            restoreX87(cpu, i.segment, address, wide);
            restoreXmm(cpu, i.segment, address);
        }
    }

    /** The XMM registers that the running mode has. */
    static int xmmCount(Cpu cpu) {
        return cpu.longMode() ? 16 : 8;
    }

    static void saveXmm(Cpu cpu, int segment, long address) {
        for (int r = 0; r < xmmCount(cpu); r++) {
            cpu.mmu.store128(
                    segment, address + XMM + 16 * r, cpu.vector[4 * r], cpu.vector[4 * r + 1]);
        }
    }

    static void restoreXmm(Cpu cpu, int segment, long address) {
        for (int r = 0; r < xmmCount(cpu); r++) {
            cpu.mmu.load128(segment, address + XMM + 16 * r, cpu.vector, 4 * r);
        }
    }

    /** Stores all of the x87 state; {@code wide} selects 64-bit pointers without selectors. */
    static void saveX87(Cpu cpu, int segment, long address, boolean wide) {
        X87 x87 = cpu.x87;
        cpu.mmu.store16(segment, address, x87.control);
        cpu.mmu.store16(segment, address + 2, x87.statusWord());
        cpu.mmu.store16(segment, address + 4, x87.occupied);
        cpu.mmu.store16(segment, address + 6, x87.opcode);
        if (wide) {
            cpu.mmu.store64(segment, address + 8, x87.instructionPointer);
            cpu.mmu.store64(segment, address + 16, x87.dataPointer);
        } else {
            cpu.mmu.store32(segment, address + 8, (int) x87.instructionPointer);
            cpu.mmu.store32(segment, address + 12, x87.instructionSelector);
            cpu.mmu.store32(segment, address + 16, (int) x87.dataPointer);
            cpu.mmu.store32(segment, address + 20, x87.dataSelector);
        }
        for (int k = 0; k < 8; k++) {
            int r = x87.top + k & 7;
            cpu.mmu.store128(
                    segment, address + REGISTERS + 16 * k, x87.significand[r], x87.signExponent[r]);
        }
    }

    static void restoreX87(Cpu cpu, int segment, long address, boolean wide) {
        X87 x87 = cpu.x87;
        x87.control(cpu.mmu.load16(segment, address));
        x87.statusWord(cpu.mmu.load16(segment, address + 2));
        x87.occupied = cpu.mmu.load8(segment, address + 4);
        x87.opcode = cpu.mmu.load16(segment, address + 6) & 0x7ff;
        if (wide) {
            x87.instructionPointer = cpu.mmu.load64(segment, address + 8);
            x87.dataPointer = cpu.mmu.load64(segment, address + 16);
        } else {
            x87.instructionPointer = cpu.mmu.load32(segment, address + 8) & 0xffff_ffffL;
            x87.instructionSelector = cpu.mmu.load16(segment, address + 12);
            x87.dataPointer = cpu.mmu.load32(segment, address + 16) & 0xffff_ffffL;
            x87.dataSelector = cpu.mmu.load16(segment, address + 20);
        }
        for (int k = 0; k < 8; k++) {
            int r = x87.top + k & 7;
            x87.significand[r] = cpu.mmu.load64(segment, address + REGISTERS + 16 * k);
            x87.signExponent[r] = cpu.mmu.load16(segment, address + REGISTERS + 16 * k + 8);
        }
    }
}
