package vmm.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vmm.cpu.exec.Interrupts;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;

/** Between the state of the emulated processor and the form that all engines share. */
final class SavedState {
    private static final int GPRS = 16;
    private static final int SEGMENTS = 8;

    // FXSAVE64 image, SDM volume 1 table 10-2.
    private static final int FX_MXCSR = 24;
    private static final int FX_MXCSR_MASK = 28;
    private static final int FX_REGISTERS = 32;
    private static final int FX_XMM = 160;
    private static final int MXCSR_BITS = 0xffff;

    // Behind it header and AVX state as XSAVE stores them, SDM volume 1 section 13.4.
    private static final int XSTATE_BV = 512, YMM_HIGH = 576, XSAVE_SIZE = 832;
    private static final int X87_SSE_AVX = 7;

    private SavedState() {}

    static CpuState of(Cpu cpu) {
        SegmentState[] segments = new SegmentState[SEGMENTS];
        for (int s = 0; s < SEGMENTS; s++) {
            segments[s] =
                    new SegmentState(
                            cpu.segmentSelector[s],
                            cpu.descriptorBase[s],
                            cpu.segmentLimit[s],
                            cpu.segmentAccess[s]);
        }
        return new CpuState(
                java.util.Arrays.copyOf(cpu.gpr, GPRS),
                cpu.rip,
                cpu.flags(),
                segments,
                cpu.gdtBase,
                cpu.gdtLimit,
                cpu.idtBase,
                cpu.idtLimit,
                new long[] {
                    cpu.cr0, cpu.cr2, cpu.cr3, cpu.cr4, cpu.cr8, cpu.xcr0, cpu.pkru & 0xffff_ffffL
                },
                new long[] {cpu.dr[0], cpu.dr[1], cpu.dr[2], cpu.dr[3], cpu.dr[6], cpu.dr[7]},
                msrs(cpu),
                fxsave(cpu),
                cpu.halted,
                cpu.interruptShadow,
                -1);
    }

    private static long[] msrs(Cpu cpu) {
        return new long[] {
            cpu.efer,
            cpu.star,
            cpu.lstar,
            cpu.cstar,
            cpu.sfmask,
            cpu.kernelGsBase,
            cpu.sysenterCs,
            cpu.sysenterEsp,
            cpu.sysenterEip,
            cpu.pat,
            cpu.platform.nowNs() + cpu.tscOffset
        };
    }

    static void restore(Cpu cpu, CpuState state) {
        cpu.reset();
        System.arraycopy(state.gpr(), 0, cpu.gpr, 0, GPRS);
        cpu.rip = state.rip();
        control(cpu, state.control());
        long[] debug = state.debug();
        System.arraycopy(debug, 0, cpu.dr, 0, 4);
        cpu.dr[6] = debug[4];
        cpu.dr[7] = debug[5];
        cpu.breakpoints.changed();
        restoreMsrs(cpu, state.msrs());
        cpu.flags(state.rflags());
        SegmentState[] segments = state.segments();
        for (int s = 0; s < SEGMENTS; s++) {
            SegmentState segment = segments[s];
            cpu.segment(s, segment.selector(), segment.base(), segment.limit(), segment.access());
        }
        cpu.gdtBase = state.gdtBase();
        cpu.gdtLimit = state.gdtLimit();
        cpu.idtBase = state.idtBase();
        cpu.idtLimit = state.idtLimit();
        restoreFxsave(cpu, state.fxsave());
        cpu.halted = state.halted();
        cpu.modeChanged();
        cpu.privilege(privilege(cpu));
        cpu.mmu.flush();
        if (cpu.mmu.paePaging() && !cpu.mmu.loadPointers(cpu.cr3)) {
            throw new IllegalArgumentException("invalid page directory pointers");
        }
        if (state.pendingVector() >= 0) {
            Interrupts.external(cpu, state.pendingVector());
        }
        cpu.interruptShadow = state.interruptShadow();
    }

    private static int privilege(Cpu cpu) {
        if (cpu.virtual8086()) {
            return 3;
        }
        return cpu.protectedMode() ? cpu.segmentSelector[Cpu.CS] & 3 : 0;
    }

    private static void control(Cpu cpu, long[] control) {
        cpu.cr0 = control[0];
        cpu.cr2 = control[1];
        cpu.cr3 = control[2];
        cpu.cr4 = control[3];
        cpu.cr8 = control[4];
        cpu.xcr0 = control[5];
        cpu.pkru = control.length > 6 ? (int) control[6] : 0;
    }

    private static void restoreMsrs(Cpu cpu, long[] msrs) {
        cpu.efer = msrs[0];
        cpu.star = msrs[1];
        cpu.lstar = msrs[2];
        cpu.cstar = msrs[3];
        cpu.sfmask = msrs[4];
        cpu.kernelGsBase = msrs[5];
        cpu.sysenterCs = msrs[6];
        cpu.sysenterEsp = msrs[7];
        cpu.sysenterEip = msrs[8];
        cpu.pat = msrs[9];
        cpu.tscOffset = msrs[10] - cpu.platform.nowNs();
    }

    private static byte[] fxsave(Cpu cpu) {
        ByteBuffer image = ByteBuffer.allocate(XSAVE_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        X87 x87 = cpu.x87;
        image.putShort(0, (short) x87.control);
        image.putShort(2, (short) x87.statusWord());
        image.put(4, (byte) x87.occupied);
        image.putShort(6, (short) x87.opcode);
        image.putLong(8, x87.instructionPointer);
        image.putLong(16, x87.dataPointer);
        image.putInt(FX_MXCSR, cpu.mxcsr);
        image.putInt(FX_MXCSR_MASK, MXCSR_BITS);
        for (int k = 0; k < 8; k++) {
            int r = x87.top + k & 7;
            image.putLong(FX_REGISTERS + 16 * k, x87.significand[r]);
            image.putShort(FX_REGISTERS + 16 * k + 8, (short) x87.signExponent[r]);
        }
        for (int r = 0; r < GPRS; r++) {
            image.putLong(FX_XMM + 16 * r, cpu.vector[4 * r]);
            image.putLong(FX_XMM + 16 * r + 8, cpu.vector[4 * r + 1]);
            image.putLong(YMM_HIGH + 16 * r, cpu.vector[4 * r + 2]);
            image.putLong(YMM_HIGH + 16 * r + 8, cpu.vector[4 * r + 3]);
        }
        image.putLong(XSTATE_BV, X87_SSE_AVX);
        return image.array();
    }

    private static void restoreFxsave(Cpu cpu, byte[] bytes) {
        ByteBuffer image = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        X87 x87 = cpu.x87;
        x87.control = image.getShort(0) & 0xffff;
        x87.statusWord(image.getShort(2) & 0xffff);
        x87.occupied = image.get(4) & 0xff;
        x87.opcode = image.getShort(6) & 0x7ff;
        x87.instructionPointer = image.getLong(8);
        x87.dataPointer = image.getLong(16);
        cpu.mxcsr = image.getInt(FX_MXCSR) & MXCSR_BITS;
        for (int k = 0; k < 8; k++) {
            int r = x87.top + k & 7;
            x87.significand[r] = image.getLong(FX_REGISTERS + 16 * k);
            x87.signExponent[r] = image.getShort(FX_REGISTERS + 16 * k + 8) & 0xffff;
        }
        for (int r = 0; r < GPRS; r++) {
            cpu.vector[4 * r] = image.getLong(FX_XMM + 16 * r);
            cpu.vector[4 * r + 1] = image.getLong(FX_XMM + 16 * r + 8);
            if (bytes.length >= XSAVE_SIZE) {
                cpu.vector[4 * r + 2] = image.getLong(YMM_HIGH + 16 * r);
                cpu.vector[4 * r + 3] = image.getLong(YMM_HIGH + 16 * r + 8);
            }
        }
    }
}
