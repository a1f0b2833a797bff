package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vmm.mem.GuestMemory;

/**
 * Random system instructions over random descriptor tables, page tables and control registers:
 * whatever a guest does ends in a guest fault or in shutdown, never in an exception of ours or in a
 * loop. A failure names the seed; {@code -Dseed=N} repeats it.
 */
class HostileSystemTest {
    private static final int PROGRAMS = 3000, STEPS = 24;
    private static final int TABLES = 0x10_0000, CODE = 0x5000;

    /** First bytes: far transfers, interrupts, segment loads, prefixes, 0F, ports, x87. */
    private static final int[] OPCODES = {
        0x0f, 0x0f, 0x0f, 0x0f, 0x07, 0x17, 0x1f, 0x48, 0x63, 0x66, 0x8e, 0x9a, 0x9d, 0xc4, 0xc5,
        0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd9, 0xdb, 0xdf, 0xea, 0xec, 0xee, 0xf1, 0xf4, 0xfb,
        0xff,
    };

    private static final int[] SECOND_BYTES = {
        0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21, 0x22, 0x23, 0x30, 0x31,
        0x32, 0x34, 0x35, 0xa1, 0xa2, 0xa9, 0xae, 0xb2, 0xb4, 0xb5, 0xc7,
    };

    private final GuestMemory memory = GuestMemory.allocate(2 << 20);
    private final Cpu cpu = new Cpu(new NoDevices(), memory);
    private final Interpreter interpreter = new Interpreter(cpu);
    private Random random = new Random(0);

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void nothingEscapes() {
        long first = Long.getLong("seed", System.nanoTime());
        int programs = Long.getLong("seed") == null ? PROGRAMS : 1;
        int faulted = 0;
        for (long seed = first; seed < first + programs; seed++) {
            try {
                faulted += run(seed);
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("repeat with -Dseed=" + seed, e);
            }
        }
        memory.close();
        assertTrue(programs == 1 || faulted < programs, "all programs end in shutdown");
    }

    /** Runs one program; 1 if it ended in shutdown. */
    private int run(long seed) {
        random = new Random(seed);
        cpu.reset();
        fillTables();
        writeProgram();
        control();
        registers();
        interpreter.stateChanged();
        for (int k = 0; k < STEPS && !cpu.shutdown && !cpu.halted; k++) {
            interpreter.step();
        }
        return cpu.shutdown ? 1 : 0;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    /** Descriptors, gates, task states and rubbish in the first pages, which all tables share. */
    private void fillTables() {
        for (long at = 0; at < 0x4000; at += 8) {
            long level = (long) random.nextInt(4) << 45;
            long value =
                    switch (random.nextInt(6)) {
                        case 0 -> random.nextLong();
                        case 1 -> 0x00cf9b000000ffffL | level;
                        case 2 -> 0x00cf93000000ffffL | level;
                        case 3 -> gate();
                        case 4 -> (long) random.nextInt(512) << 12 | 0x67 | random.nextInt(2) << 7;
                        default -> 0x0000890000000067L | (long) random.nextInt(0x4000) << 16;
                    };
            memory.write64(at, value);
            memory.write64(TABLES + at, value);
        }
    }

    private long gate() {
        long selector = random.nextInt(0x1000) & ~4;
        return random.nextInt(0x4000) | selector << 16 | (0x80L | random.nextInt(0x80)) << 40;
    }

    private void writeProgram() {
        byte[] code = new byte[64];
        random.nextBytes(code);
        for (int k = 0; k < code.length - 1; k += 1 + random.nextInt(8)) {
            code[k] = (byte) OPCODES[random.nextInt(OPCODES.length)];
            if (code[k] == 0x0f) {
                code[k + 1] = (byte) SECOND_BYTES[random.nextInt(SECOND_BYTES.length)];
            }
        }
        memory.copyIn(CODE, code, 0, code.length);
    }

    private void control() {
        cpu.cr0 = Cpu.CR0_ET | random.nextInt() & (Cpu.CR0_WP | Cpu.CR0_AM | Cpu.CR0_NE);
        cpu.cr4 = random.nextInt() & (Cpu.CR4_PSE | Cpu.CR4_PGE | Cpu.CR4_DE | Cpu.CR4_SMAP);
        cpu.cr3 = TABLES;
        cpu.efer = Cpu.EFER_SCE;
        boolean protectedMode = chance(75);
        boolean paging = protectedMode && chance(65);
        boolean pae = paging && chance(65);
        boolean longMode = pae && chance(70);
        cpu.cr0 |= (protectedMode ? Cpu.CR0_PE : 0) | (paging ? Cpu.CR0_PG : 0);
        cpu.cr4 |= pae ? Cpu.CR4_PAE : 0;
        cpu.efer |= longMode ? Cpu.EFER_LME | Cpu.EFER_LMA : 0;
        if (chance(75)) { // an identity mapping in whatever form
            memory.write64(TABLES, longMode ? TABLES + 0x1007 : pae ? TABLES + 0x1001 : 0x87);
            memory.write64(TABLES + 0x1000, longMode ? TABLES + 0x2007 : 0x87);
            memory.write64(TABLES + 0x2000, 0x87);
        }
        long mask = longMode ? -1 : 0xffff_ffffL;
        cpu.gdtBase = tableBase() & mask;
        cpu.gdtLimit = random.nextInt(0x10000);
        cpu.idtBase = tableBase() & mask;
        cpu.idtLimit = random.nextInt(0x10000);
    }

    private long tableBase() {
        return chance(30) ? random.nextLong() : random.nextInt(0x3000);
    }

    private void registers() {
        boolean longMode = (cpu.efer & Cpu.EFER_LMA) != 0;
        boolean protectedMode = (cpu.cr0 & Cpu.CR0_PE) != 0;
        long flags = random.nextInt() & 0x3f_7fd7;
        if (longMode || !protectedMode) {
            flags &= ~(long) Cpu.FLAG_VM;
        }
        boolean virtual = (flags & Cpu.FLAG_VM) != 0;
        int level = virtual || protectedMode && chance(50) ? 3 : 0;
        cpu.flags(flags);
        for (int segment = Cpu.ES; segment <= Cpu.GS; segment++) {
            int type = segment == Cpu.CS ? longMode && chance(50) ? 0xa09b : 0xc09b : 0xc093;
            long base = chance(30) ? random.nextInt(0x1000) : 0;
            int limit = chance(30) ? random.nextInt() : -1;
            cpu.segment(segment, random.nextInt(0x400), base, limit, type | level << 5);
        }
        system(Cpu.LDTR, chance(30) ? Cpu.ACCESS_UNUSABLE : 0x82);
        system(Cpu.TR, chance(50) ? 0x8b : 0x83);
        cpu.modeChanged();
        cpu.privilege(level);
        cpu.mmu.flush();
        for (int r = 0; r < 16; r++) {
            cpu.gpr[r] =
                    switch (random.nextInt(4)) {
                        case 0 -> random.nextLong();
                        case 1 -> random.nextInt(0x6000);
                        case 2 -> random.nextInt(0x400);
                        default -> 0xc000_0080L + random.nextInt(5);
                    };
        }
        cpu.rip = CODE;
    }

    private void system(int segment, int access) {
        int selector = random.nextInt(0x400);
        cpu.segment(segment, selector, random.nextInt(0x3000), random.nextInt(0x4000), access);
    }
}
