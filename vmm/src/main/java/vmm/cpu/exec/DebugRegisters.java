package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** MOV to and from DR0..DR7, SDM volume 3 section 17.2. */
final class DebugRegisters {
    private static final int ADDRESSES = 4;
    private static final long DR6_ONES = 0xffff_0ff0L, DR6_WRITABLE = 0xe00f;
    private static final long DR7_ONES = 0x400, DR7_WRITABLE = 0xffff_23ffL;
    private static final long GENERAL_DETECT = 1 << 13;

    private DebugRegisters() {}

    static void read(Cpu cpu, int number, int register) {
        int n = check(cpu, number);
        cpu.gpr[register] = cpu.longMode() ? cpu.dr[n] : cpu.dr[n] & 0xffff_ffffL;
    }

    static void write(Cpu cpu, int number, int register) {
        int n = check(cpu, number);
        long value = cpu.longMode() ? cpu.gpr[register] : cpu.gpr[register] & 0xffff_ffffL;
        if (n < ADDRESSES) {
            cpu.dr[n] = value;
            cpu.breakpoints.changed();
            return;
        }
        if (value >>> 32 != 0) {
            throw cpu.protection();
        }
        if (n == 6) {
            cpu.dr[6] = value & DR6_WRITABLE | DR6_ONES;
        } else {
            cpu.dr[7] = value & DR7_WRITABLE | DR7_ONES;
            cpu.breakpoints.changed();
        }
    }

    /** Notes in DR6 why a debug exception comes; its handler may use the registers again. */
    static void noted(Cpu cpu, long reasons) {
        cpu.dr[6] |= reasons;
        cpu.dr[7] &= ~GENERAL_DETECT;
    }

    /** The register that {@code number} names; DR4 and DR5 are old names of DR6 and DR7. */
    private static int check(Cpu cpu, int number) {
        if (number > 7 || (number & 6) == 4 && (cpu.cr4 & Cpu.CR4_DE) != 0) {
            throw cpu.undefined();
        }
        SystemControl.checkSupervisor(cpu);
        if ((cpu.dr[7] & GENERAL_DETECT) != 0) {
            noted(cpu, GENERAL_DETECT);
            throw cpu.fault(Cpu.DB, -1);
        }
        return (number & 6) == 4 ? number + 2 : number;
    }
}
