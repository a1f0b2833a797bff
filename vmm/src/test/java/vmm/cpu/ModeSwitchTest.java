package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import vmm.engine.Exit;
import vmm.mem.GuestMemory;

/**
 * One program that goes through all modes as an operating system does: real, protected, 64-bit,
 * user, SYSCALL, an interrupt from user mode, compatibility, protected, real. SDM volume 3 sections
 * 9.8 and 9.9.
 */
class ModeSwitchTest {
    private static final int START = 0x7c00, IDT = 0xa000, GATE_OFFSET_AT = 0x7db6;

    /**
     * What it does, in the order of the bytes:
     *
     * <pre>
     * real:   lgdt; CR0.PE = 1; jmp 8:prot
     * prot:   ds = es = ss = 0x10; tables at 0x100000 map 2 MiB for users; CR4.PAE;
     *         EFER = LME | SCE; CR0.PG = 1; jmp 0x18:wide
     * wide:   TSS.RSP0 = 0x6000; ltr; lidt; STAR, LSTAR = entry; sysret to user
     * user:   r8 = cs; syscall; r10 = 0x1234; int 0x80
     * entry:  r9 = ss; sysret
     * gate:   r12 = cs; r13 = [rsp + 8]; jmp far 8:compat
     * compat: ds = ss = 0x10; CR0.PG = 0; jmp 0x48:prot16
     * prot16: ds = ss = 0x50; CR0.PE = 0; jmp 0:real2
     * real2:  ds = 0x1000; word [0] = 0xbeef; cli; hlt
     * </pre>
     */
    private static final String PROGRAM =
            """
            31c08ed88ed0bc00700f0116407d0f20c06625ffffff9f6683c8010f22c066ea
            267c0000080066b810008ed88ec08ed0bc00700000bf0000100031c0b9000c00
            00f3abc7050000100007101000c7050010100007201000c70500201000870000
            00b8000010000f22d8b8200000000f22e0b9800000c0b80101000031d20f300f
            20c00d000000800f22c0ea917c00001800bc0070000048c70425049000000060
            000066b838000f00d80f011c25467d0000b9810000c031c0ba180020000f30b9
            820000c0b8ea7c000031d20f30b9db7c000041bb02000000480f07418cc80f05
            41ba34120000cd800f0b418cd1480f07418ccc4c8b6c2408ff2c25507d000066
            b810008ed88ed00f20c025ffffff7f0f22c0ea197d00004800b850008ed88ed0
            0f20c024fe0f22c0ea2d7d0000b800108ed8c7060000efbefaf4909090909090
            5f00567d0000ff0f00a0000000000000ff7c000008000000000000000000ffff
            0000009bcf00ffff00000093cf00ffff0000009baf00ffff00000093cf00ffff
            000000f3cf00ffff000000fbaf0067000090008900000000000000000000ffff
            0000009b0000ffff0000009300000000000000000000f07c0000
            """;

    @Test
    void allModesAndBack() {
        try (GuestMemory memory = GuestMemory.allocate(4 << 20)) {
            byte[] program = HexFormat.of().parseHex(PROGRAM.replace("\n", ""));
            memory.copyIn(START, program, 0, program.length);
            long gate = memory.read32(GATE_OFFSET_AT);
            memory.write64(IDT + 0x80 * 16, gate | 0x18L << 16 | 0xee00L << 32);
            Cpu cpu = new Cpu(new NoDevices(), memory);
            cpu.segment(Cpu.CS, 0, 0, 0xffff, 0x93);
            cpu.rip = START;

            assertEquals(Exit.HALTED_FOREVER, new Interpreter(cpu).run());

            assertFalse(cpu.shutdown);
            assertEquals(0xbeef, memory.read16(0x10000));
            assertEquals(0x33, cpu.gpr[8]);
            assertEquals(0x20, cpu.gpr[9]);
            assertEquals(0x1234, cpu.gpr[10]);
            assertEquals(0x18, cpu.gpr[12]);
            assertEquals(0x33, cpu.gpr[13]);
            assertEquals(0, cpu.cr0 & (Cpu.CR0_PE | Cpu.CR0_PG));
            assertEquals(0, cpu.efer & Cpu.EFER_LMA);
            assertEquals(2, cpu.codeSize);
        }
    }
}
