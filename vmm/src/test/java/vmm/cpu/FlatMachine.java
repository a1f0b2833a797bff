package vmm.cpu;

import vmm.engine.Platform;
import vmm.mem.GuestMemory;

/** A processor in flat 64-bit mode with all memory mapped one to one, ports that do nothing. */
final class FlatMachine {
    static final long CODE = 0x10_0000;
    static final long STACK_TOP = 0x20_0000;
    static final long DATA = 0x20_0000;
    static final long IDT = 0x8000;

    private static final long TABLES = 0x1000;
    private static final long PRESENT_WRITABLE_USER = 7;
    private static final long LARGE = 1 << 7;
    private static final int ACCESS_CODE = 0xa09b;
    private static final int ACCESS_DATA = 0xc093;

    final GuestMemory memory;
    final Cpu cpu;
    final Interpreter interpreter;

    FlatMachine(long sizeBytes, Platform platform) {
        memory = GuestMemory.allocate(sizeBytes);
        cpu = new Cpu(platform, memory);
        interpreter = new Interpreter(cpu);
        memory.write64(TABLES, TABLES + 0x1000 | PRESENT_WRITABLE_USER);
        memory.write64(TABLES + 0x1000, TABLES + 0x2000 | PRESENT_WRITABLE_USER);
        for (int k = 0; k < 512; k++) {
            memory.write64(
                    TABLES + 0x2000 + 8L * k, (long) k << 21 | LARGE | PRESENT_WRITABLE_USER);
        }
        cpu.cr3 = TABLES;
        cpu.cr4 = Cpu.CR4_PAE | Cpu.CR4_OSFXSR | Cpu.CR4_OSXSAVE;
        cpu.xcr0 = 7;
        cpu.efer = Cpu.EFER_LME | Cpu.EFER_LMA;
        cpu.cr0 = Cpu.CR0_PE | Cpu.CR0_ET | Cpu.CR0_PG | Cpu.CR0_NE | Cpu.CR0_WP;
        cpu.segment(Cpu.CS, 0x10, 0, -1, ACCESS_CODE);
        for (int s : new int[] {Cpu.ES, Cpu.SS, Cpu.DS, Cpu.FS, Cpu.GS}) {
            cpu.segment(s, 0x18, 0, -1, ACCESS_DATA);
        }
        cpu.modeChanged();
        cpu.mmu.flush();
        cpu.idtBase = IDT;
        cpu.idtLimit = 0xfff;
        cpu.rip = CODE;
        cpu.gpr[Cpu.RSP] = STACK_TOP;
    }

    /** Puts {@code code} where RIP is and starts over. */
    void load(byte[] code) {
        memory.copyIn(CODE, code, 0, code.length);
        cpu.rip = CODE;
        cpu.gpr[Cpu.RSP] = STACK_TOP;
    }
}
