package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** MOV to and from CR0..CR8 and EFER: what is allowed and which modes follow, SDM 3 section 2.5. */
final class ControlRegisters {
    private static final long CR0_DEFINED =
            Cpu.CR0_PE
                    | Cpu.CR0_MP
                    | Cpu.CR0_EM
                    | Cpu.CR0_TS
                    | Cpu.CR0_ET
                    | Cpu.CR0_NE
                    | Cpu.CR0_WP
                    | Cpu.CR0_AM
                    | Cpu.CR0_NW
                    | Cpu.CR0_CD
                    | Cpu.CR0_PG;

    private static final long CR4_686 =
            Cpu.CR4_TSD
                    | Cpu.CR4_DE
                    | Cpu.CR4_PSE
                    | Cpu.CR4_PAE
                    | Cpu.CR4_PGE
                    | Cpu.CR4_PCE
                    | Cpu.CR4_OSFXSR;
    private static final long CR4_V1 = CR4_686 | Cpu.CR4_OSXMMEXCPT;
    private static final long CR4_V3 =
            CR4_V1
                    | Cpu.CR4_UMIP
                    | Cpu.CR4_FSGSBASE
                    | Cpu.CR4_OSXSAVE
                    | Cpu.CR4_SMEP
                    | Cpu.CR4_SMAP
                    | Cpu.CR4_PCIDE
                    | Cpu.CR4_LA57
                    | Cpu.CR4_PKE;

    /** Changes of these drop all translations, SDM 3 section 4.10.4.1. */
    private static final long CR4_PAGING =
            Cpu.CR4_PSE
                    | Cpu.CR4_PAE
                    | Cpu.CR4_PGE
                    | Cpu.CR4_SMEP
                    | Cpu.CR4_SMAP
                    | Cpu.CR4_PCIDE
                    | Cpu.CR4_LA57
                    | Cpu.CR4_PKE;

    /** Changes of these load the page directory pointers of PAE paging, SDM 3 section 4.4.1. */
    private static final long CR4_POINTERS = Cpu.CR4_PSE | Cpu.CR4_PAE | Cpu.CR4_PGE | Cpu.CR4_SMEP;

    private static final long CR3_NO_FLUSH = 1L << 63, CR3_PCID = 0xfff;

    private static final long CR3_RESERVED = -(1L << Cpuid.PHYSICAL_BITS);
    private static final long EFER_DEFINED =
            Cpu.EFER_SCE | Cpu.EFER_LME | Cpu.EFER_LMA | Cpu.EFER_NXE;

    private ControlRegisters() {}

    static void read(Cpu cpu, int number, int register) {
        long value =
                switch (number) {
                    case 0 -> cpu.cr0;
                    case 2 -> cpu.cr2;
                    case 3 -> cpu.cr3;
                    case 4 -> cpu.cr4;
                    case 8 -> cpu.cr8;
                    default -> throw cpu.undefined();
                };
        SystemControl.checkSupervisor(cpu);
        cpu.gpr[register] = cpu.longMode() ? value : value & 0xffff_ffffL;
    }

    static void write(Cpu cpu, int number, int register) {
        long value = cpu.gpr[register];
        if (!cpu.longMode()) {
            value &= 0xffff_ffffL;
        }
        switch (number) {
            case 0 -> {
                SystemControl.checkSupervisor(cpu);
                writeCr0(cpu, value);
            }
            case 2 -> {
                SystemControl.checkSupervisor(cpu);
                cpu.cr2 = value;
            }
            case 3 -> {
                SystemControl.checkSupervisor(cpu);
                writeCr3(cpu, value);
            }
            case 4 -> {
                SystemControl.checkSupervisor(cpu);
                writeCr4(cpu, value);
            }
            case 8 -> {
                SystemControl.checkSupervisor(cpu);
                require(cpu, value >>> 4 == 0);
                cpu.cr8 = value;
            }
            default -> throw cpu.undefined();
        }
    }

    private static void require(Cpu cpu, boolean condition) {
        if (!condition) {
            throw cpu.protection();
        }
    }

    static void writeCr0(Cpu cpu, long value) {
        require(cpu, value >>> 32 == 0);
        boolean paging = (value & Cpu.CR0_PG) != 0;
        require(cpu, !paging || (value & Cpu.CR0_PE) != 0);
        require(cpu, (value & Cpu.CR0_NW) == 0 || (value & Cpu.CR0_CD) != 0);
        boolean was = (cpu.cr0 & Cpu.CR0_PG) != 0;
        long efer = cpu.efer;
        if (paging && !was) {
            efer = enablePaging(cpu);
        } else if (was && !paging) {
            require(cpu, !cpu.longMode() && (cpu.cr4 & Cpu.CR4_PCIDE) == 0);
            efer &= ~Cpu.EFER_LMA;
        } else if (cpu.mmu.paePaging() && ((value ^ cpu.cr0) & (Cpu.CR0_CD | Cpu.CR0_NW)) != 0) {
            require(cpu, cpu.mmu.loadPointers(cpu.cr3)); // SDM 3 section 4.4.1
        }
        long old = cpu.cr0;
        cpu.cr0 = value & CR0_DEFINED | Cpu.CR0_ET;
        cpu.efer = efer;
        long changed = old ^ cpu.cr0;
        if ((changed & (Cpu.CR0_PG | Cpu.CR0_WP)) != 0) {
            cpu.mmu.flush();
        }
        if ((changed & (Cpu.CR0_PE | Cpu.CR0_PG | Cpu.CR0_WP | Cpu.CR0_AM)) != 0) {
            cpu.modeChanged();
        }
    }

    /** Checks what paging needs and returns the new EFER. */
    private static long enablePaging(Cpu cpu) {
        boolean pae = (cpu.cr4 & Cpu.CR4_PAE) != 0;
        if ((cpu.efer & Cpu.EFER_LME) != 0) {
            boolean code64 = (cpu.segmentAccess[Cpu.CS] & Cpu.ACCESS_LONG) != 0;
            require(cpu, pae && !code64);
            return cpu.efer | Cpu.EFER_LMA;
        }
        if (pae) {
            require(cpu, cpu.mmu.loadPointers(cpu.cr3));
        }
        return cpu.efer;
    }

    private static void writeCr3(Cpu cpu, long value) {
        if ((cpu.cr4 & Cpu.CR4_PCIDE) != 0) {
            // To keep the translations of the context is allowed, not required: there is one set.
            value &= ~CR3_NO_FLUSH;
        }
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        require(cpu, !longMode || (value & CR3_RESERVED) == 0);
        if (cpu.mmu.paePaging()) {
            require(cpu, cpu.mmu.loadPointers(value));
        }
        cpu.cr3 = value;
        cpu.mmu.flushNonGlobal();
    }

    /** The bits of CR4 for the features that CPUID announces. */
    private static long defined(Cpu cpu) {
        return switch (cpu.level) {
            case I686 -> CR4_686;
            case V1, V2 -> CR4_V1;
            case V3 -> CR4_V3;
        };
    }

    private static void writeCr4(Cpu cpu, long value) {
        require(cpu, (value & ~defined(cpu)) == 0);
        boolean paging = (cpu.cr0 & Cpu.CR0_PG) != 0;
        boolean pae = (value & Cpu.CR4_PAE) != 0;
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        require(cpu, !longMode || pae);
        long changed = value ^ cpu.cr4;
        require(cpu, !longMode || (changed & Cpu.CR4_LA57) == 0);
        if ((changed & value & Cpu.CR4_PCIDE) != 0) {
            require(cpu, longMode && (cpu.cr3 & CR3_PCID) == 0);
        }
        if (paging && pae && !longMode && (changed & CR4_POINTERS) != 0) {
            require(cpu, cpu.mmu.loadPointers(cpu.cr3));
        }
        cpu.cr4 = value;
        if ((changed & CR4_PAGING) != 0) {
            cpu.mmu.flush();
        }
        cpu.modeChanged();
    }

    static void writeEfer(Cpu cpu, long value) {
        require(cpu, (value & ~EFER_DEFINED) == 0);
        boolean paging = (cpu.cr0 & Cpu.CR0_PG) != 0;
        require(cpu, !paging || ((value ^ cpu.efer) & Cpu.EFER_LME) == 0);
        long old = cpu.efer;
        cpu.efer = value & ~Cpu.EFER_LMA | old & Cpu.EFER_LMA;
        if (((old ^ cpu.efer) & Cpu.EFER_NXE) != 0) {
            cpu.mmu.flush();
        }
        cpu.modeChanged();
    }
}
