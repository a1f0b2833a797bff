package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import vmm.cpu.decode.Decoder;
import vmm.cpu.isa.CpuLevel;
import vmm.cpu.isa.Table;
import vmm.mem.GuestMemory;

/** What a processor of a lower level announces, knows and takes. */
class CpuLevelTest {
    /** Instructions in 64-bit code, and the level with which they came. */
    private static final Map<String, CpuLevel> CAME =
            Map.ofEntries(
                    Map.entry("66 0f 6f c1", CpuLevel.V1), // movdqa
                    Map.entry("0f 58 c1", CpuLevel.V1), // addps
                    Map.entry("0f 05", CpuLevel.V1), // syscall
                    Map.entry("0f ae f0", CpuLevel.V1), // mfence
                    Map.entry("0f d4 c1", CpuLevel.V1), // paddq
                    Map.entry("0f 70 c1 00", CpuLevel.V1), // pshufw
                    Map.entry("f2 0f 7c c1", CpuLevel.V2), // haddps
                    Map.entry("f3 0f b8 c1", CpuLevel.V2), // popcnt
                    Map.entry("66 0f 38 00 c1", CpuLevel.V2), // pshufb
                    Map.entry("0f 38 1c c1", CpuLevel.V2), // pabsb
                    Map.entry("66 0f 3a 0c c1 00", CpuLevel.V2), // blendps
                    Map.entry("f2 0f 38 f0 c1", CpuLevel.V2), // crc32
                    Map.entry("df 08", CpuLevel.V2), // fisttp
                    Map.entry("0f 01 f9", CpuLevel.V2), // rdtscp
                    Map.entry("66 0f 38 dc c1", CpuLevel.V3), // aesenc
                    Map.entry("66 0f 3a 44 c1 00", CpuLevel.V3), // pclmulqdq
                    Map.entry("0f 38 c8 c1", CpuLevel.V3), // sha1nexte
                    Map.entry("0f 38 f0 00", CpuLevel.V3), // movbe
                    Map.entry("66 0f 38 f6 c1", CpuLevel.V3), // adcx
                    Map.entry("c5 f8 58 c1", CpuLevel.V3), // vaddps
                    Map.entry("c4 e2 70 f2 c1", CpuLevel.V3), // andn
                    Map.entry("0f c7 f0", CpuLevel.V3), // rdrand
                    Map.entry("f3 0f c7 f8", CpuLevel.V3), // rdpid
                    Map.entry("0f ae 20", CpuLevel.V3), // xsave
                    Map.entry("0f 01 d0", CpuLevel.V3), // xgetbv
                    Map.entry("0f 01 ca", CpuLevel.V3), // clac
                    Map.entry("f3 0f ae c0", CpuLevel.V3), // rdfsbase
                    Map.entry("66 0f ae 38", CpuLevel.V3), // clflushopt
                    Map.entry("66 0f 38 82 00", CpuLevel.V3), // invpcid
                    Map.entry("0f 01 ee", CpuLevel.V3), // rdpkru
                    Map.entry("0f ae 00", CpuLevel.I686), // fxsave
                    Map.entry("0f fc c1", CpuLevel.I686), // paddb
                    Map.entry("0f 44 c1", CpuLevel.I686), // cmove
                    Map.entry("0f c7 08", CpuLevel.I686), // cmpxchg8b
                    Map.entry("f3 90", CpuLevel.I686), // pause
                    Map.entry("0f 31", CpuLevel.I686)); // rdtsc

    private static Cpu cpu(CpuLevel level, GuestMemory memory) {
        return new Cpu(new NoDevices(), memory, level);
    }

    private static int decode(CpuLevel level, String hex, Insn into) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        Decoder decoder = new Decoder(Table.standard(level));
        return decoder.decode(k -> k < bytes.length ? bytes[k] & 0xff : 0, 8, true, into);
    }

    @Test
    void instructionsAreUndefinedBelowTheirLevel() {
        for (Map.Entry<String, CpuLevel> entry : CAME.entrySet()) {
            for (CpuLevel level : CpuLevel.values()) {
                assertEquals(
                        level.has(entry.getValue()) ? Decoder.OK : Decoder.UNDEFINED,
                        decode(level, entry.getKey(), new Insn()),
                        entry + " on " + level);
            }
        }
    }

    @Test
    void prefixThatMeansNothingYetIsIgnored() {
        Insn scan = new Insn();
        Insn count = new Insn();
        assertEquals(Decoder.OK, decode(CpuLevel.V2, "0f bd c1", scan));
        assertEquals(Decoder.OK, decode(CpuLevel.V2, "f3 0f bd c1", count));
        assertEquals(scan.op, count.op); // lzcnt is bsr
    }

    /** EAX, EBX, ECX, EDX of a leaf, as the interpreter gives them. */
    private static long[] cpuid(CpuLevel level, long leaf) {
        try (GuestMemory memory = GuestMemory.allocate(1 << 20)) {
            Cpu cpu = cpu(level, memory);
            Interpreter interpreter = new Interpreter(cpu);
            cpu.segment(Cpu.CS, 0, 0, 0xffff, 0x93);
            cpu.rip = 0x1000;
            memory.write16(0x1000, 0xa20f);
            cpu.gpr[Cpu.RAX] = leaf;
            interpreter.step();
            return new long[] {
                cpu.gpr[Cpu.RAX], cpu.gpr[Cpu.RBX], cpu.gpr[Cpu.RCX], cpu.gpr[Cpu.RDX]
            };
        }
    }

    @Test
    void cpuidAnnouncesTheLevelAndNoMore() {
        long[] first = cpuid(CpuLevel.V1, 1);
        assertEquals(1L << 31, first[2]); // the hypervisor bit alone
        assertTrue((first[3] & 1 << 26) != 0); // SSE2
        assertEquals(0x8098_2201L, cpuid(CpuLevel.V2, 1)[2]);
        assertEquals(0, cpuid(CpuLevel.V2, 7)[1]);
        assertEquals(0, cpuid(CpuLevel.V2, 0xd)[0]);
        assertEquals(1, cpuid(CpuLevel.V2, 0x8000_0001L)[2]); // LAHF
        assertEquals(0, cpuid(CpuLevel.I686, 1)[3] & (1 << 25 | 1 << 26 | 1 << 19));
        assertEquals(0, cpuid(CpuLevel.I686, 0x8000_0001L)[3]);
        assertEquals(0x8000_0004L, cpuid(CpuLevel.I686, 0x8000_0000L)[0]);
        assertEquals(0x3028, cpuid(CpuLevel.V2, 0x8000_0008L)[0]);
    }

    /** Whether the bytes at 1000, in real mode, run without #GP or #UD. */
    private static boolean runs(CpuLevel level, String hex, long rax, long rcx) {
        try (GuestMemory memory = GuestMemory.allocate(1 << 20)) {
            Cpu cpu = cpu(level, memory);
            Interpreter interpreter = new Interpreter(cpu);
            cpu.segment(Cpu.CS, 0, 0, 0xffff, 0x93);
            cpu.rip = 0x1000;
            byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
            memory.copyIn(0x1000, bytes, 0, bytes.length);
            cpu.gpr[Cpu.RAX] = rax;
            cpu.gpr[Cpu.RCX] = rcx;
            cpu.gpr[Cpu.RDX] = 0;
            interpreter.step();
            return cpu.rip == 0x1000 + bytes.length;
        }
    }

    @Test
    void registersAreThoseOfTheLevel() {
        assertTrue(runs(CpuLevel.I686, "0f 22 e0", Cpu.CR4_PAE | Cpu.CR4_OSFXSR, 0));
        assertTrue(!runs(CpuLevel.I686, "0f 22 e0", Cpu.CR4_OSXMMEXCPT, 0));
        assertTrue(runs(CpuLevel.V1, "0f 22 e0", Cpu.CR4_OSXMMEXCPT, 0));
        assertTrue(!runs(CpuLevel.V2, "0f 22 e0", Cpu.CR4_OSXSAVE, 0));
        assertTrue(!runs(CpuLevel.V2, "0f 22 e0", Cpu.CR4_SMEP, 0));
        assertTrue(runs(CpuLevel.V3, "0f 22 e0", Cpu.CR4_OSXSAVE | Cpu.CR4_SMEP, 0));
        assertTrue(!runs(CpuLevel.I686, "0f 32", 0, 0xc000_0080L)); // rdmsr EFER
        assertTrue(runs(CpuLevel.V1, "0f 32", 0, 0xc000_0080L));
        assertTrue(!runs(CpuLevel.V1, "0f 32", 0, 0xc000_0103L)); // TSC_AUX
        assertTrue(!runs(CpuLevel.V2, "0f 32", 0, 0xda0)); // XSS
    }

    @Test
    void wordsNameThem() {
        for (CpuLevel level : CpuLevel.values()) {
            assertEquals(level, CpuLevel.of(level.word()));
        }
    }
}
