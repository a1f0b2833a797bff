package vmm.cpu.exec;

import vmm.cpu.Cpu;

/** SYSCALL, SYSENTER and their returns: fixed flat segments, no table is read. SDM volume 2. */
final class FastCall {
    private static final int CODE_64 = 0xa09b, CODE_32 = 0xc09b, DATA = 0xc093;
    private static final int USER = 3 << 5;
    private static final long RETURN_FLAGS = 0x3c_7fd7;

    private FastCall() {}

    private static void code(Cpu cpu, int selector, int access, int level) {
        SegmentLoad.flat(cpu, Cpu.CS, selector, access);
        if (level != cpu.cpl) {
            cpu.privilege(level);
        }
    }

    /** Only in 64-bit mode, as on the other processors of this vendor. */
    static void syscall(Cpu cpu) {
        if ((cpu.efer & Cpu.EFER_SCE) == 0 || !cpu.longMode()) {
            throw cpu.undefined();
        }
        int selector = (int) (cpu.star >>> 32) & 0xfffc;
        long flags = cpu.flags() & ~(long) Cpu.FLAG_RF;
        cpu.gpr[Cpu.RCX] = cpu.rip;
        cpu.gpr[11] = flags;
        code(cpu, selector, CODE_64, 0);
        SegmentLoad.flat(cpu, Cpu.SS, selector + 8, DATA);
        cpu.flags(flags & ~cpu.sfmask);
        cpu.rip = cpu.lstar;
    }

    static void sysret(Cpu cpu, int size) {
        if ((cpu.efer & Cpu.EFER_SCE) == 0 || !cpu.longMode()) {
            throw cpu.undefined();
        }
        long rip = cpu.gpr[Cpu.RCX];
        if (cpu.cpl != 0 || size == 8 && !cpu.canonical(rip)) {
            throw cpu.protection();
        }
        int selector = (int) (cpu.star >>> 48);
        cpu.flags(cpu.gpr[11] & RETURN_FLAGS);
        if (size == 8) {
            code(cpu, selector + 16 | 3, CODE_64 | USER, 3);
            cpu.rip = rip;
        } else {
            code(cpu, selector | 3, CODE_32 | USER, 3);
            cpu.rip = rip & 0xffff_ffffL;
        }
        SegmentLoad.flat(cpu, Cpu.SS, selector + 8 | 3, DATA | USER);
    }

    static void sysenter(Cpu cpu) {
        int selector = (int) cpu.sysenterCs & 0xfffc;
        if ((cpu.cr0 & Cpu.CR0_PE) == 0 || selector == 0) {
            throw cpu.protection();
        }
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        cpu.flags(cpu.flags() & ~(long) (Cpu.FLAG_VM | Cpu.FLAG_IF | Cpu.FLAG_RF));
        code(cpu, selector, longMode ? CODE_64 : CODE_32, 0);
        SegmentLoad.flat(cpu, Cpu.SS, selector + 8, DATA);
        cpu.gpr[Cpu.RSP] = longMode ? cpu.sysenterEsp : cpu.sysenterEsp & 0xffff_ffffL;
        cpu.rip = longMode ? cpu.sysenterEip : cpu.sysenterEip & 0xffff_ffffL;
    }

    static void sysexit(Cpu cpu, int size) {
        int selector = (int) cpu.sysenterCs & 0xfffc;
        long rip = cpu.gpr[Cpu.RDX];
        long rsp = cpu.gpr[Cpu.RCX];
        if ((cpu.cr0 & Cpu.CR0_PE) == 0 || cpu.cpl != 0 || selector == 0) {
            throw cpu.protection();
        }
        if (size == 8) {
            if (!cpu.canonical(rip) || !cpu.canonical(rsp)) {
                throw cpu.protection();
            }
            code(cpu, selector + 32 | 3, CODE_64 | USER, 3);
            SegmentLoad.flat(cpu, Cpu.SS, selector + 40 | 3, DATA | USER);
            cpu.gpr[Cpu.RSP] = rsp;
            cpu.rip = rip;
            return;
        }
        code(cpu, selector + 16 | 3, CODE_32 | USER, 3);
        SegmentLoad.flat(cpu, Cpu.SS, selector + 24 | 3, DATA | USER);
        cpu.gpr[Cpu.RSP] = rsp & 0xffff_ffffL;
        cpu.rip = rip & 0xffff_ffffL;
    }

    static void swapgs(Cpu cpu) {
        if (cpu.cpl != 0) {
            throw cpu.protection();
        }
        long base = cpu.segmentBase[Cpu.GS];
        cpu.segmentBase(Cpu.GS, cpu.kernelGsBase);
        cpu.kernelGsBase = base;
    }
}
