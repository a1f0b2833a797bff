package vmm.cpu.exec;

import vmm.cpu.Cpu;
import vmm.cpu.isa.CpuLevel;

/**
 * Model-specific registers, SDM volume 4; those of the paravirtual clock are KVM's. What is not
 * here is #GP(0), as operating systems expect of a register that the processor does not have.
 */
final class Msrs {
    private static final int TSC = 0x10,
            PLATFORM_ID = 0x17,
            BIOS_SIGN_ID = 0x8b,
            ARCH_CAPABILITIES = 0x10a,
            SYSENTER_CS = 0x174,
            SYSENTER_ESP = 0x175,
            SYSENTER_EIP = 0x176,
            MISC_ENABLE = 0x1a0,
            DEBUGCTL = 0x1d9,
            PAT = 0x277,
            XSS = 0xda0;
    private static final int EFER = 0xc000_0080,
            STAR = 0xc000_0081,
            LSTAR = 0xc000_0082,
            CSTAR = 0xc000_0083,
            FMASK = 0xc000_0084,
            FS_BASE = 0xc000_0100,
            GS_BASE = 0xc000_0101,
            KERNEL_GS_BASE = 0xc000_0102,
            TSC_AUX = 0xc000_0103;
    private static final int KVM_WALL_CLOCK = 0x4b56_4d00, KVM_SYSTEM_TIME = 0x4b56_4d01;

    /**
     * Nothing here speculates: RDCL_NO, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO,
     * SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO.
     */
    private static final long CAPABILITIES = 1L << 62 | 0x0d10_e179L;

    /** Fast strings; no BTS, no PEBS. */
    private static final long MISC_ENABLE_VALUE = 1 | 1 << 11 | 1 << 12;

    private Msrs() {}

    /** #GP(0) for a register that came with a later level. */
    private static void check(Cpu cpu, int number) {
        CpuLevel first =
                switch (number) {
                    case EFER, STAR, LSTAR, CSTAR, FMASK, FS_BASE, GS_BASE, KERNEL_GS_BASE ->
                            CpuLevel.V1;
                    case TSC_AUX -> CpuLevel.V2;
                    case XSS -> CpuLevel.V3;
                    default -> CpuLevel.I686;
                };
        if (!cpu.level.has(first)) {
            throw cpu.protection();
        }
    }

    static long read(Cpu cpu, int number) {
        check(cpu, number);
        return switch (number) {
            case TSC -> TimeStamp.read(cpu);
            case PLATFORM_ID, BIOS_SIGN_ID, DEBUGCTL, XSS -> 0;
            case ARCH_CAPABILITIES -> CAPABILITIES;
            case SYSENTER_CS -> cpu.sysenterCs;
            case SYSENTER_ESP -> cpu.sysenterEsp;
            case SYSENTER_EIP -> cpu.sysenterEip;
            case MISC_ENABLE -> MISC_ENABLE_VALUE;
            case PAT -> cpu.pat;
            case EFER -> cpu.efer;
            case STAR -> cpu.star;
            case LSTAR -> cpu.lstar;
            case CSTAR -> cpu.cstar;
            case FMASK -> cpu.sfmask;
            case FS_BASE -> cpu.segmentBase[Cpu.FS];
            case GS_BASE -> cpu.segmentBase[Cpu.GS];
            case KERNEL_GS_BASE -> cpu.kernelGsBase;
            case TSC_AUX -> cpu.tscAux;
            case KVM_SYSTEM_TIME -> cpu.pvClock;
            case KVM_WALL_CLOCK -> 0;
            default -> throw cpu.protection();
        };
    }

    static void write(Cpu cpu, int number, long value) {
        check(cpu, number);
        switch (number) {
            case TSC -> TimeStamp.write(cpu, value);
            case BIOS_SIGN_ID, MISC_ENABLE -> {} // nothing to change, harmless to try
            case DEBUGCTL -> within(cpu, value, 3);
            case XSS -> within(cpu, value, 0); // no supervisor state
            case SYSENTER_CS -> cpu.sysenterCs = value & 0xffff_ffffL;
            case SYSENTER_ESP -> cpu.sysenterEsp = canonical(cpu, value);
            case SYSENTER_EIP -> cpu.sysenterEip = canonical(cpu, value);
            case PAT -> cpu.pat = memoryTypes(cpu, value);
            case EFER -> ControlRegisters.writeEfer(cpu, value);
            case STAR -> cpu.star = value;
            case LSTAR -> cpu.lstar = canonical(cpu, value);
            case CSTAR -> cpu.cstar = canonical(cpu, value);
            case FMASK -> cpu.sfmask = value & 0xffff_ffffL;
            case FS_BASE -> cpu.segmentBase(Cpu.FS, canonical(cpu, value));
            case GS_BASE -> cpu.segmentBase(Cpu.GS, canonical(cpu, value));
            case KERNEL_GS_BASE -> cpu.kernelGsBase = canonical(cpu, value);
            case TSC_AUX -> cpu.tscAux = within(cpu, value, 0xffff_ffffL);
            case KVM_SYSTEM_TIME -> PvClock.systemTime(cpu, value);
            case KVM_WALL_CLOCK -> PvClock.wallClock(cpu, value);
            default -> throw cpu.protection();
        }
    }

    private static long within(Cpu cpu, long value, long defined) {
        if ((value & ~defined) != 0) {
            throw cpu.protection();
        }
        return value;
    }

    private static long canonical(Cpu cpu, long value) {
        if (!cpu.canonicalBase(value)) {
            throw cpu.protection();
        }
        return value;
    }

    /** Eight memory types: 0, 1, 4, 5, 6 or 7, SDM 3 section 11.12.2. */
    private static long memoryTypes(Cpu cpu, long value) {
        for (int shift = 0; shift < 64; shift += 8) {
            int type = (int) (value >>> shift) & 0xff;
            if (type > 7 || type == 2 || type == 3) {
                throw cpu.protection();
            }
        }
        return value;
    }
}
