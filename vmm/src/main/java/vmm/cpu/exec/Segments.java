package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.SystemRows;

/** Family SEGMENT: segment registers, far transfers, interrupts by instruction. */
public final class Segments {
    private Segments() {}

    /** Executes operation {@code i.op}. */
    public static void execute(Cpu cpu, Insn i) {
        if (i.op < SystemRows.MOV_FROM_SEGMENT) {
            register(cpu, i);
            return;
        }
        switch (i.op) {
            case SystemRows.MOV_FROM_SEGMENT -> movFrom(cpu, i);
            case SystemRows.MOV_TO_SEGMENT -> movTo(cpu, i);
            case SystemRows.JMP_FAR ->
                    FarTransfer.jump(cpu, i.immediate2 & 0xffff, offset(i), i.size);
            case SystemRows.CALL_FAR ->
                    FarTransfer.call(cpu, i.immediate2 & 0xffff, offset(i), i.size);
            case SystemRows.JMP_FAR_MEMORY -> {
                int selector = farSelector(cpu, i);
                FarTransfer.jump(cpu, selector, farOffset(cpu, i), i.size);
            }
            case SystemRows.CALL_FAR_MEMORY -> {
                int selector = farSelector(cpu, i);
                FarTransfer.call(cpu, selector, farOffset(cpu, i), i.size);
            }
            case SystemRows.RET_FAR -> FarTransfer.ret(cpu, i.size, 0);
            case SystemRows.RET_FAR_IMM -> FarTransfer.ret(cpu, i.size, (int) i.immediate & 0xffff);
            case SystemRows.IRET -> InterruptReturn.iret(cpu, i.size);
            case SystemRows.INT -> interrupt(cpu, (int) i.immediate & 0xff);
            case SystemRows.INT3 -> Interrupts.software(cpu, Cpu.BP);
            case SystemRows.INTO -> {
                if (cpu.of()) {
                    Interrupts.software(cpu, Cpu.OF);
                }
            }
            case SystemRows.INT1 -> Interrupts.debugTrap(cpu);
            case SystemRows.SYSCALL -> FastCall.syscall(cpu);
            case SystemRows.SYSRET -> FastCall.sysret(cpu, i.size);
            case SystemRows.SYSENTER -> FastCall.sysenter(cpu);
            case SystemRows.SYSEXIT -> FastCall.sysexit(cpu, i.size);
            case SystemRows.SWAPGS -> FastCall.swapgs(cpu);
            default -> Selectors.execute(cpu, i);
        }
    }

    private static void register(Cpu cpu, Insn i) {
        if (i.op < SystemRows.POP_SEGMENT) {
            push(cpu, i, i.op - SystemRows.PUSH_SEGMENT);
        } else if (i.op < SystemRows.LOAD_FAR) {
            pop(cpu, i, i.op - SystemRows.POP_SEGMENT);
        } else {
            int selector = farSelector(cpu, i);
            long offset = farOffset(cpu, i);
            SegmentLoad.load(cpu, i.op - SystemRows.LOAD_FAR, selector);
            Operands.setReg(cpu, i, offset);
        }
    }

    private static void push(Cpu cpu, Insn i, int segment) {
        int selector = cpu.segmentSelector[segment];
        StackFrame.pointer(cpu, StackFrame.push(cpu, cpu.gpr[Cpu.RSP], i.size, selector));
    }

    private static void pop(Cpu cpu, Insn i, int segment) {
        int selector = (int) StackFrame.peek(cpu, 0, i.size) & 0xffff;
        // The width of the stack pointer is that before SS changes.
        long mask = cpu.stackMask;
        SegmentLoad.load(cpu, segment, selector);
        long sp = cpu.gpr[Cpu.RSP];
        long above = sp + i.size & mask;
        cpu.gpr[Cpu.RSP] = mask == 0xffff ? sp & ~mask | above : above;
        if (segment == Cpu.SS) {
            cpu.interruptShadow = true;
            cpu.debugShadow = true;
        }
    }

    private static void movFrom(Cpu cpu, Insn i) {
        int segment = segment(cpu, i);
        int selector = cpu.segmentSelector[segment];
        if (i.memory) {
            cpu.mmu.store16(i.segment, cpu.effectiveAddress(i), selector);
        } else {
            Operands.setRegister(cpu, i, i.rm, i.size, selector);
        }
    }

    private static void movTo(Cpu cpu, Insn i) {
        int segment = segment(cpu, i);
        if (segment == Cpu.CS) {
            throw cpu.undefined();
        }
        SegmentLoad.load(cpu, segment, (int) Operands.rm(cpu, i, 2));
        if (segment == Cpu.SS) {
            cpu.interruptShadow = true;
            cpu.debugShadow = true;
        }
    }

    private static int segment(Cpu cpu, Insn i) {
        int segment = i.reg & 7;
        if (segment > Cpu.GS) {
            throw cpu.undefined();
        }
        return segment;
    }

    private static void interrupt(Cpu cpu, int vector) {
        if (cpu.virtual8086() && (cpu.rflags & Cpu.FLAG_IOPL) != Cpu.FLAG_IOPL) {
            throw cpu.protection();
        }
        Interrupts.software(cpu, vector);
    }

    private static long offset(Insn i) {
        return Operands.unsigned(i.immediate, i.size);
    }

    private static long farOffset(Cpu cpu, Insn i) {
        return cpu.mmu.load(i.segment, cpu.effectiveAddress(i), i.size);
    }

    private static int farSelector(Cpu cpu, Insn i) {
        long at = cpu.effectiveAddress(i) + i.size & i.addressMask;
        return cpu.mmu.load16(i.segment, at);
    }

    /**
     * #GP(0) unless the current program may use {@code size} bytes at I/O {@code port}, SDM volume
     * 1 section 19.5.
     */
    public static void checkPort(Cpu cpu, int port, int size) {
        if ((cpu.cr0 & Cpu.CR0_PE) == 0) {
            return;
        }
        boolean privileged = cpu.cpl <= ((int) cpu.rflags >> 12 & 3) && !cpu.virtual8086();
        if (!privileged && !TaskState.allowsPort(cpu, port, size)) {
            throw cpu.protection();
        }
    }
}
