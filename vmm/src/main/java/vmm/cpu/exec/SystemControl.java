package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.Insn;
import vmm.cpu.isa.SystemRows;

/** Family SYSTEM: the instructions that control the processor itself, SDM volume 3 section 2.8. */
public final class SystemControl {
    private SystemControl() {}

    /** Executes operation {@code i.op}. */
    public static void execute(Cpu cpu, Insn i) {
        switch (i.op) {
            case SystemRows.SGDT -> storeTable(cpu, i, cpu.gdtBase, cpu.gdtLimit);
            case SystemRows.SIDT -> storeTable(cpu, i, cpu.idtBase, cpu.idtLimit);
            case SystemRows.LGDT -> loadTable(cpu, i, true);
            case SystemRows.LIDT -> loadTable(cpu, i, false);
            case SystemRows.SMSW -> smsw(cpu, i);
            case SystemRows.LMSW -> lmsw(cpu, i);
            case SystemRows.INVLPG -> invlpg(cpu, i);
            case SystemRows.CLTS -> {
                checkSupervisor(cpu);
                cpu.cr0 &= ~Cpu.CR0_TS;
            }
            case SystemRows.MOV_FROM_CR -> ControlRegisters.read(cpu, i.reg, i.rm);
            case SystemRows.MOV_TO_CR -> ControlRegisters.write(cpu, i.reg, i.rm);
            case SystemRows.MOV_FROM_DR -> DebugRegisters.read(cpu, i.reg, i.rm);
            case SystemRows.MOV_TO_DR -> DebugRegisters.write(cpu, i.reg, i.rm);
            case SystemRows.WBINVD -> checkSupervisor(cpu);
            case SystemRows.RDMSR -> rdmsr(cpu);
            case SystemRows.WRMSR -> wrmsr(cpu);
            case SystemRows.CPUID -> Cpuid.execute(cpu);
            case SystemRows.RDTSC -> rdtsc(cpu);
            case SystemRows.RDTSCP -> {
                rdtsc(cpu);
                cpu.gpr[Cpu.RCX] = cpu.tscAux;
            }
            case SystemRows.RDPMC -> throw cpu.protection();
            case SystemRows.RDPID -> cpu.gpr[i.rm] = cpu.tscAux;
            case SystemRows.HLT -> {
                checkSupervisor(cpu);
                cpu.halted = true;
            }
            case SystemRows.CLI -> {
                checkInterruptPrivilege(cpu);
                cpu.rflags &= ~(long) Cpu.FLAG_IF;
            }
            case SystemRows.STI -> sti(cpu);
            case SystemRows.CLAC -> alignmentFlag(cpu, 0);
            case SystemRows.STAC -> alignmentFlag(cpu, Cpu.FLAG_AC);
            case SystemRows.RANDOM -> random(cpu, i);
            case SystemRows.CACHE_LINE ->
                    cpu.mmu.probe(i.segment, cpu.effectiveAddress(i), 1, false);
            case SystemRows.FENCE -> {}
            case SystemRows.RDFSBASE,
                    SystemRows.RDGSBASE,
                    SystemRows.WRFSBASE,
                    SystemRows.WRGSBASE ->
                    segmentBase(cpu, i);
            case SystemRows.RDPKRU, SystemRows.WRPKRU -> protectionKeys(cpu, i);
            case SystemRows.INVPCID -> invpcid(cpu, i);
            default -> ExtendedState.execute(cpu, i);
        }
    }

    /** #GP(0) unless CPL is 0. */
    static void checkSupervisor(Cpu cpu) {
        if (cpu.cpl != 0) {
            throw cpu.protection();
        }
    }

    /** #GP(0) where UMIP keeps users from seeing system registers. */
    static void checkUserMode(Cpu cpu) {
        if (cpu.cpl != 0 && (cpu.cr4 & Cpu.CR4_UMIP) != 0) {
            throw cpu.protection();
        }
    }

    // GDTR and IDTR

    private static void storeTable(Cpu cpu, Insn i, long base, int limit) {
        checkUserMode(cpu);
        long at = cpu.effectiveAddress(i);
        int size = cpu.longMode() ? 8 : 4;
        cpu.mmu.probe(i.segment, at, 2 + size, true);
        cpu.mmu.store16(i.segment, at, limit);
        cpu.mmu.store(i.segment, at + 2, size, base);
    }

    private static void loadTable(Cpu cpu, Insn i, boolean global) {
        checkSupervisor(cpu);
        long at = cpu.effectiveAddress(i);
        int limit = cpu.mmu.load16(i.segment, at);
        long base = cpu.mmu.load(i.segment, at + 2, cpu.longMode() ? 8 : 4);
        if (cpu.longMode()) {
            if (!cpu.canonicalBase(base)) {
                throw cpu.protection();
            }
        } else if (i.size == 2) {
            base &= 0xff_ffff;
        }
        if (global) {
            cpu.gdtBase = base;
            cpu.gdtLimit = limit;
        } else {
            cpu.idtBase = base;
            cpu.idtLimit = limit;
        }
    }

    // CR0 by its old names

    private static void smsw(Cpu cpu, Insn i) {
        checkUserMode(cpu);
        if (i.memory) {
            cpu.mmu.store16(i.segment, cpu.effectiveAddress(i), (int) cpu.cr0);
        } else {
            Operands.setRegister(cpu, i, i.rm, i.size, cpu.cr0);
        }
    }

    private static void lmsw(Cpu cpu, Insn i) {
        checkSupervisor(cpu);
        long value = Operands.rm(cpu, i, 2) & 15 | cpu.cr0 & Cpu.CR0_PE;
        ControlRegisters.writeCr0(cpu, cpu.cr0 & ~15L | value);
    }

    private static void invlpg(Cpu cpu, Insn i) {
        checkSupervisor(cpu);
        long linear = cpu.segmentBase[i.segment] + cpu.effectiveAddress(i);
        cpu.mmu.flushPage(cpu.longMode() ? linear : linear & 0xffff_ffffL);
    }

    /** INVPCID, SDM volume 2: kinds are one address, one context, all with global pages, all. */
    private static void invpcid(Cpu cpu, Insn i) {
        checkSupervisor(cpu);
        long kind = Operands.reg(cpu, i);
        long at = cpu.effectiveAddress(i);
        cpu.mmu.probe(i.segment, at, 16, false);
        long context = cpu.mmu.load64(i.segment, at);
        long linear = cpu.mmu.load64(i.segment, at + 8);
        boolean named = kind == 0 || kind == 1;
        boolean valid =
                Long.compareUnsigned(kind, 3) <= 0
                        && context >>> 12 == 0
                        && (kind != 0 || cpu.canonicalBase(linear))
                        && (!named || context == 0 || (cpu.cr4 & Cpu.CR4_PCIDE) != 0);
        if (!valid) {
            throw cpu.protection();
        }
        // The translations here are those of the current context.
        if (kind == 2) {
            cpu.mmu.flush();
        } else if (kind == 3) {
            cpu.mmu.flushNonGlobal();
        } else if (context == (cpu.cr3 & 0xfff) || (cpu.cr4 & Cpu.CR4_PCIDE) == 0) {
            if (kind == 0) {
                cpu.mmu.flushPage(linear);
            } else {
                cpu.mmu.flushNonGlobal();
            }
        }
    }

    private static void protectionKeys(Cpu cpu, Insn i) {
        if ((cpu.cr4 & Cpu.CR4_PKE) == 0) {
            throw cpu.undefined();
        }
        boolean write = i.op == SystemRows.WRPKRU;
        if ((int) cpu.gpr[Cpu.RCX] != 0 || write && (int) cpu.gpr[Cpu.RDX] != 0) {
            throw cpu.protection();
        }
        if (write) {
            cpu.pkru((int) cpu.gpr[Cpu.RAX]);
        } else {
            setPair(cpu, cpu.pkru & 0xffff_ffffL);
        }
    }

    // Flags

    private static void checkInterruptPrivilege(Cpu cpu) {
        if (cpu.cpl > ((int) cpu.rflags >> 12 & 3)) {
            throw cpu.protection();
        }
    }

    private static void sti(Cpu cpu) {
        checkInterruptPrivilege(cpu);
        if ((cpu.rflags & Cpu.FLAG_IF) == 0) {
            cpu.rflags |= Cpu.FLAG_IF;
            cpu.interruptShadow = true;
        }
    }

    private static void alignmentFlag(Cpu cpu, long value) {
        if (cpu.cpl != 0) {
            throw cpu.undefined();
        }
        cpu.rflags = cpu.rflags & ~(long) Cpu.FLAG_AC | value;
        cpu.mmu.privilegeChanged();
    }

    // Registers of the model

    private static void rdmsr(Cpu cpu) {
        checkSupervisor(cpu);
        setPair(cpu, Msrs.read(cpu, (int) cpu.gpr[Cpu.RCX]));
    }

    private static void wrmsr(Cpu cpu) {
        checkSupervisor(cpu);
        long value = cpu.gpr[Cpu.RDX] << 32 | cpu.gpr[Cpu.RAX] & 0xffff_ffffL;
        Msrs.write(cpu, (int) cpu.gpr[Cpu.RCX], value);
    }

    private static void rdtsc(Cpu cpu) {
        if ((cpu.cr4 & Cpu.CR4_TSD) != 0 && cpu.cpl != 0) {
            throw cpu.protection();
        }
        setPair(cpu, TimeStamp.read(cpu));
    }

    private static void setPair(Cpu cpu, long value) {
        cpu.gpr[Cpu.RAX] = value & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = value >>> 32;
    }

    private static void random(Cpu cpu, Insn i) {
        Operands.setRegister(cpu, i, i.rm, i.size, Entropy.next());
        cpu.arithmeticFlags(Cpu.FLAG_CF);
    }

    private static void segmentBase(Cpu cpu, Insn i) {
        if ((cpu.cr4 & Cpu.CR4_FSGSBASE) == 0) {
            throw cpu.undefined();
        }
        boolean fs = i.op == SystemRows.RDFSBASE || i.op == SystemRows.WRFSBASE;
        int segment = fs ? Cpu.FS : Cpu.GS;
        if (i.op == SystemRows.RDFSBASE || i.op == SystemRows.RDGSBASE) {
            Operands.setRegister(cpu, i, i.rm, i.size, cpu.segmentBase[segment]);
            return;
        }
        long base = Operands.register(cpu, i, i.rm, i.size);
        if (!cpu.canonicalBase(base)) {
            throw cpu.protection();
        }
        cpu.segmentBase(segment, base);
    }
}
