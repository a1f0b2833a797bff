package vmm.cpu.exec;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import vmm.cpu.Cpu;
import vmm.cpu.isa.CpuLevel;

/**
 * CPUID, SDM volume 2: it announces what works and nothing else. A feature that comes to work gets
 * its line here.
 *
 * <p>Vendor, family and model are those of a 64-bit Intel processor that executes in order, and so
 * does this one: operating systems then leave out their defences against speculation, which would
 * cost much and protect from nothing. The hypervisor leaves are those of OpenBSD's vmm, and at the
 * next base those of KVM, where Linux looks for its paravirtual clock.
 */
final class Cpuid {
    /** Physical and linear address widths. */
    static final int PHYSICAL_BITS = 40;

    private static final int LINEAR_BITS = 57;
    private static final int MAX_BASIC = 0x16, MAX_EXTENDED = 0x8000_0008;

    /** Leaf 1 ECX. */
    private static final int SSE3 = 1,
            PCLMULQDQ = 1 << 1,
            SSSE3 = 1 << 9,
            FMA = 1 << 12,
            CX16 = 1 << 13,
            PCID = 1 << 17,
            SSE4_1 = 1 << 19,
            SSE4_2 = 1 << 20,
            MOVBE = 1 << 22,
            POPCNT = 1 << 23,
            AES = 1 << 25,
            XSAVE = 1 << 26,
            OSXSAVE = 1 << 27,
            AVX = 1 << 28,
            F16C = 1 << 29,
            RDRAND = 1 << 30,
            HYPERVISOR = 1 << 31;

    /** Leaf 1 EDX. */
    private static final int FPU = 1,
            DE = 1 << 2,
            PSE = 1 << 3,
            TSC = 1 << 4,
            MSR = 1 << 5,
            PAE = 1 << 6,
            CX8 = 1 << 8,
            SEP = 1 << 11,
            PGE = 1 << 13,
            CMOV = 1 << 15,
            PAT = 1 << 16,
            PSE36 = 1 << 17,
            CLFSH = 1 << 19,
            MMX = 1 << 23,
            FXSR = 1 << 24,
            SSE = 1 << 25,
            SSE2 = 1 << 26;

    /** Leaf 7 EBX, ECX and EDX. */
    private static final int FSGSBASE = 1,
            BMI1 = 1 << 3,
            AVX2 = 1 << 5,
            SMEP = 1 << 7,
            BMI2 = 1 << 8,
            ERMS = 1 << 9,
            INVPCID = 1 << 10,
            RDSEED = 1 << 18,
            ADX = 1 << 19,
            SMAP = 1 << 20,
            CLFLUSHOPT = 1 << 23,
            CLWB = 1 << 24,
            SHA = 1 << 29;

    private static final int UMIP = 1 << 2,
            PKU = 1 << 3,
            OSPKE = 1 << 4,
            VAES = 1 << 9,
            VPCLMULQDQ = 1 << 10,
            LA57 = 1 << 16,
            RDPID = 1 << 22;
    private static final int FSRM = 1 << 4, ARCH_CAPABILITIES = 1 << 29;

    /** Leaf 0xd.1 EAX. */
    private static final int XSAVEOPT = 1, XSAVEC = 2, XGETBV_1 = 4, XSAVES = 8;

    /** Leaf 0x80000001 ECX and EDX. */
    private static final int LAHF = 1, LZCNT = 1 << 5, PREFETCHW = 1 << 8;

    private static final int SYSCALL = 1 << 11,
            NX = 1 << 20,
            PAGE_1G = 1 << 26,
            RDTSCP = 1 << 27,
            LONG_MODE = 1 << 29;

    private static final int FEATURES_1_C =
            SSE3
                    | PCLMULQDQ
                    | SSSE3
                    | FMA
                    | CX16
                    | SSE4_1
                    | SSE4_2
                    | MOVBE
                    | POPCNT
                    | AES
                    | PCID
                    | XSAVE
                    | AVX
                    | F16C
                    | RDRAND
                    | HYPERVISOR;
    private static final int FEATURES_1_D =
            FPU | DE | PSE | TSC | MSR | PAE | CX8 | SEP | PGE | CMOV | PAT | PSE36 | CLFSH | MMX
                    | FXSR | SSE | SSE2;

    /** Of the above, what came with {@link CpuLevel#V2}. */
    private static final int SECOND_1_C = SSE3 | SSSE3 | CX16 | SSE4_1 | SSE4_2 | POPCNT;

    private static final int FIRST_1_D = CLFSH | SSE | SSE2;
    private static final int FEATURES_7_B =
            FSGSBASE
                    | BMI1
                    | AVX2
                    | BMI2
                    | SMEP
                    | ERMS
                    | INVPCID
                    | RDSEED
                    | ADX
                    | SMAP
                    | CLFLUSHOPT
                    | CLWB
                    | SHA;
    private static final int FEATURES_7_C = UMIP | PKU | VAES | VPCLMULQDQ | LA57 | RDPID;
    private static final int FEATURES_7_D = FSRM | ARCH_CAPABILITIES;
    private static final int FEATURES_EXTENDED_C = LAHF | LZCNT | PREFETCHW;
    private static final int FEATURES_EXTENDED_D = SYSCALL | NX | PAGE_1G | RDTSCP | LONG_MODE;

    /** KVM_FEATURE_NOP_IO_DELAY, _CLOCKSOURCE2, _CLOCKSOURCE_STABLE_BIT. */
    private static final int PARAVIRTUAL = 1 << 1 | 1 << 3 | 1 << 24;

    private static final int CRYSTAL_HERTZ = 25_000_000;
    private static final int CACHE_LINE = 64;

    private static final int[] VENDOR = words("GenuineIntel", 12);
    private static final int[] HOST = words("OpenBSDVMM58", 12);
    private static final int[] PARAVIRTUAL_HOST = words("KVMKVMKVM", 12);
    private static final int[] BRAND = words("vmm software processor", 48);

    private Cpuid() {}

    private static int features1C(CpuLevel level) {
        return switch (level) {
            case I686, V1 -> HYPERVISOR;
            case V2 -> HYPERVISOR | SECOND_1_C;
            case V3 -> FEATURES_1_C;
        };
    }

    private static int features1D(CpuLevel level) {
        return level == CpuLevel.I686 ? FEATURES_1_D & ~FIRST_1_D : FEATURES_1_D;
    }

    private static int extendedC(CpuLevel level) {
        return switch (level) {
            case I686, V1 -> 0;
            case V2 -> LAHF;
            case V3 -> FEATURES_EXTENDED_C;
        };
    }

    private static int extendedD(CpuLevel level) {
        return switch (level) {
            case I686 -> 0;
            case V1 -> SYSCALL | NX | LONG_MODE;
            case V2 -> SYSCALL | NX | LONG_MODE | RDTSCP;
            case V3 -> FEATURES_EXTENDED_D;
        };
    }

    private static int[] words(String text, int bytes) {
        byte[] padded = new byte[bytes];
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, padded, 0, ascii.length);
        int[] words = new int[bytes / 4];
        ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
        return words;
    }

    static void execute(Cpu cpu) {
        int leaf = (int) cpu.gpr[Cpu.RAX];
        int subleaf = (int) cpu.gpr[Cpu.RCX];
        switch (leaf >>> 28) {
            case 0 -> basic(cpu, Math.min(leaf, MAX_BASIC), subleaf);
            case 4 -> host(cpu, leaf);
            case 8 -> extended(cpu, leaf);
            default -> set(cpu, 0, 0, 0, 0);
        }
    }

    private static void set(Cpu cpu, int eax, int ebx, int ecx, int edx) {
        cpu.gpr[Cpu.RAX] = Integer.toUnsignedLong(eax);
        cpu.gpr[Cpu.RBX] = Integer.toUnsignedLong(ebx);
        cpu.gpr[Cpu.RCX] = Integer.toUnsignedLong(ecx);
        cpu.gpr[Cpu.RDX] = Integer.toUnsignedLong(edx);
    }

    private static void basic(Cpu cpu, int leaf, int subleaf) {
        switch (leaf) {
            case 0 -> set(cpu, MAX_BASIC, VENDOR[0], VENDOR[2], VENDOR[1]);
            case 1 -> {
                boolean extended = (cpu.cr4 & Cpu.CR4_OSXSAVE) != 0;
                set(
                        cpu,
                        Cpu.SIGNATURE,
                        CACHE_LINE / 8 << 8 | 1 << 16,
                        features1C(cpu.level) | (extended ? OSXSAVE : 0),
                        features1D(cpu.level));
            }
            case 2 -> set(cpu, 0x00ff_ff01, 0, 0, 0); // 0xff: see leaf 4
            case 4 -> cache(cpu, subleaf);
            case 7 -> {
                boolean first = subleaf == 0;
                boolean all = first && cpu.level.has(CpuLevel.V3);
                int keys = (cpu.cr4 & Cpu.CR4_PKE) != 0 ? OSPKE : 0;
                set(
                        cpu,
                        0,
                        all ? FEATURES_7_B : 0,
                        all ? FEATURES_7_C | keys : 0,
                        all ? FEATURES_7_D : first ? ARCH_CAPABILITIES : 0);
            }
            case 0xd -> {
                if (cpu.level.has(CpuLevel.V3)) {
                    extendedState(cpu, subleaf);
                } else {
                    set(cpu, 0, 0, 0, 0);
                }
            }
            case 0x15 -> set(cpu, 1, TimeStamp.HERTZ / CRYSTAL_HERTZ, CRYSTAL_HERTZ, 0);
            case 0x16 -> {
                int mhz = TimeStamp.HERTZ / 1_000_000;
                set(cpu, mhz, mhz, 100, 0);
            }
            default -> set(cpu, 0, 0, 0, 0);
        }
    }

    private static void extendedState(Cpu cpu, int subleaf) {
        switch (subleaf) {
            case 0 ->
                    set(
                            cpu,
                            (int) ExtendedState.SUPPORTED,
                            ExtendedState.size(cpu.xcr0, false),
                            ExtendedState.size(ExtendedState.SUPPORTED, false),
                            0);
            case 1 ->
                    set(
                            cpu,
                            XSAVEOPT | XSAVEC | XGETBV_1 | XSAVES,
                            ExtendedState.size(cpu.xcr0, true),
                            0,
                            0);
            case 2 -> set(cpu, ExtendedState.AVX_SIZE, ExtendedState.AVX_OFFSET, 0, 0);
            case 9 -> set(cpu, ExtendedState.PKRU_SIZE, ExtendedState.PKRU_OFFSET, 0, 0);
            default -> set(cpu, 0, 0, 0, 0);
        }
    }

    private static final int DATA_CACHE = 1, CODE_CACHE = 2, UNIFIED_CACHE = 3;

    /** Deterministic cache parameters: 32 KiB each for data and code, 1 MiB for both. */
    private static void cache(Cpu cpu, int subleaf) {
        switch (subleaf) {
            case 0 -> cache(cpu, DATA_CACHE, 1, 8, 64);
            case 1 -> cache(cpu, CODE_CACHE, 1, 8, 64);
            case 2 -> cache(cpu, UNIFIED_CACHE, 2, 16, 1024);
            default -> set(cpu, 0, 0, 0, 0);
        }
    }

    private static void cache(Cpu cpu, int type, int level, int ways, int sets) {
        int selfInitializing = 1 << 8;
        set(
                cpu,
                type | level << 5 | selfInitializing,
                ways - 1 << 22 | CACHE_LINE - 1,
                sets - 1,
                0);
    }

    private static void host(Cpu cpu, int leaf) {
        switch (leaf) {
            case 0x4000_0000 -> set(cpu, 0x4000_0001, HOST[0], HOST[1], HOST[2]);
            case 0x4000_0100 ->
                    set(
                            cpu,
                            0x4000_0101,
                            PARAVIRTUAL_HOST[0],
                            PARAVIRTUAL_HOST[1],
                            PARAVIRTUAL_HOST[2]);
            case 0x4000_0001, 0x4000_0101 -> set(cpu, PARAVIRTUAL, 0, 0, 0);
            default -> set(cpu, 0, 0, 0, 0);
        }
    }

    private static void extended(Cpu cpu, int leaf) {
        switch (leaf) {
            case 0x8000_0000 -> {
                boolean addresses = cpu.level.has(CpuLevel.V1);
                set(cpu, addresses ? MAX_EXTENDED : 0x8000_0004, 0, 0, 0);
            }
            case 0x8000_0001 -> set(cpu, 0, 0, extendedC(cpu.level), extendedD(cpu.level));
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> {
                int k = 4 * (leaf - 0x8000_0002);
                set(cpu, BRAND[k], BRAND[k + 1], BRAND[k + 2], BRAND[k + 3]);
            }
            case 0x8000_0006 -> set(cpu, 0, 0, 1024 << 16 | 8 << 12 | CACHE_LINE, 0);
            case 0x8000_0007 -> set(cpu, 0, 0, 0, 1 << 8); // the counter never stops or changes
            case 0x8000_0008 -> {
                int linear = cpu.level.has(CpuLevel.V3) ? LINEAR_BITS : 48;
                set(cpu, linear << 8 | PHYSICAL_BITS, 0, 0, 0);
            }
            default -> set(cpu, 0, 0, 0, 0);
        }
    }
}
