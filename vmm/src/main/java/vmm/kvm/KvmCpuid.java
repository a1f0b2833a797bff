package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.posix.Fd;

/**
 * CPUID as a guest on KVM sees it: what KVM supports on this host, minus what this machine has not
 * (local APIC, machine checks, memory type ranges, performance counters, nested machines), minus
 * state that {@link vmm.engine.CpuState} cannot carry. Leaves that are not known here are left out.
 */
final class KvmCpuid {
    /** What KVM accepts at most, KVM_MAX_CPUID_ENTRIES. */
    private static final int MAX_ENTRIES = 256;

    private static final int MAX_BASIC = 0x16, MAX_EXTENDED = 0x8000_0021;

    /** State that may be switched on in XCR0: x87, SSE and AVX. */
    private static final int XCR0 = 7;

    private static final int AVX_STATE = 2;

    /** Bytes of an XSAVE area with header, and what AVX adds, SDM volume 1 section 13.4. */
    private static final int XSAVE_BYTES = 576, AVX_BYTES = 256;

    /** Leaf 1 ECX: DTES64, MONITOR, DS-CPL, VMX, SMX, EIST, TM2, CNXT-ID, SDBG. */
    private static final int NO_1_C =
            bits(2, 3, 4, 5, 6, 7, 8, 10, 11)
                    // xTPR, PDCM, DCA, x2APIC, TSC-deadline
                    | bits(14, 15, 18, 21, 24);

    private static final int HYPERVISOR = 1 << 31;

    /** Leaf 1 EDX: MCE, APIC, MTRR, MCA, PSN, DS, ACPI, HTT, TM, PBE. */
    private static final int NO_1_D = bits(7, 9, 12, 14, 18, 21, 22, 28, 29, 31);

    /**
     * Leaf 7 EBX that may stay: FSGSBASE, BMI1, AVX2, SMEP, BMI2, ERMS, INVPCID, RDSEED, ADX, SMAP,
     * CLFLUSHOPT, CLWB, SHA, TSC_ADJUST, FDP_EXCPTN_ONLY, no FPU CS and DS. Not TSX, not AVX-512.
     */
    private static final int YES_7_B = bits(0, 1, 3, 5, 6, 7, 8, 9, 10, 13, 18, 19, 20, 23, 24, 29);

    /** Leaf 7 ECX: UMIP, GFNI, VAES, VPCLMULQDQ, LA57, RDPID, MOVDIRI, MOVDIR64B. */
    private static final int YES_7_C = bits(2, 8, 9, 10, 16, 22, 27, 28);

    /** Leaf 7 EDX: FSRM, MD_CLEAR, SERIALIZE, IBRS, STIBP, L1D_FLUSH, ARCH_CAPABILITIES, SSBD. */
    private static final int YES_7_D = bits(4, 10, 14, 26, 27, 28, 29, 31);

    /** Leaf 0xd, 1: XSAVEOPT, XSAVEC, XGETBV with ECX 1; not XSAVES. */
    private static final int YES_XSAVE = bits(0, 1, 2);

    /** Leaf 0x80000001 ECX: LAHF, CR8, LZCNT, SSE4A, misaligned SSE, PREFETCHW. */
    private static final int YES_EXTENDED_C = bits(0, 4, 5, 6, 7, 8);

    /** Leaf 0x80000001 EDX: MCE, APIC, MTRR, MCA. */
    private static final int NO_EXTENDED_D = bits(7, 9, 12, 14);

    /** Leaf 0x80000008 EBX: CLZERO, XSAVEERPTR, IBPB, IBRS, STIBP and how to use them, SSBD. */
    private static final int YES_8_B = bits(0, 2, 12, 14, 15, 16, 17, 18, 24, 26);

    /** Leaf 0x80000021 EAX: LFENCE serializes, null selectors clear the base. */
    private static final int YES_21_A = bits(2, 6);

    private static final int INVARIANT_COUNTER = 1 << 8;

    /** KVM_FEATURE_NOP_IO_DELAY, _CLOCKSOURCE2, _CLOCKSOURCE_STABLE_BIT. */
    private static final int PARAVIRTUAL = bits(1, 3, 24);

    private static final int KVM_LEAF = 0x4000_0001;
    private static final String HOST = "OpenBSDVMM58";
    private static final String PARAVIRTUAL_HOST = "KVMKVMKVM";

    private record Leaf(int leaf, int subleaf, int flags, int eax, int ebx, int ecx, int edx) {

        Leaf with(int eax, int ebx, int ecx, int edx) {
            return new Leaf(leaf, subleaf, flags, eax, ebx, ecx, edx);
        }
    }

    private KvmCpuid() {}

    private static int bits(int... numbers) {
        int mask = 0;
        for (int number : numbers) {
            mask |= 1 << number;
        }
        return mask;
    }

    /** The argument of KVM_SET_CPUID2; {@code tscKhz} is 0 where the frequency is unknown. */
    static MemorySegment encode(Arena arena, Fd kvm, int tscKhz) {
        MemorySegment table = table(arena);
        Kvm.call("KVM_GET_SUPPORTED_CPUID", kvm, Abi.GET_SUPPORTED_CPUID, table);
        List<Leaf> leaves = new ArrayList<>();
        int features = 0;
        int count = Math.min(MAX_ENTRIES, table.get(ValueLayout.JAVA_INT, Abi.CPUID2_COUNT));
        for (int k = 0; k < count; k++) {
            Leaf supported = read(table, k);
            if (supported.leaf == KVM_LEAF) {
                features = supported.eax & PARAVIRTUAL;
            }
            Leaf allowed = allowed(supported);
            if (allowed != null && leaves.size() < MAX_ENTRIES - 8) {
                leaves.add(allowed);
            }
        }
        if (tscKhz != 0) {
            leaves.add(new Leaf(0x15, 0, 0, 1, tscKhz, 1000, 0));
            leaves.add(new Leaf(0x16, 0, 0, tscKhz / 1000, tscKhz / 1000, 100, 0));
        }
        leaves.add(host(0x4000_0000, HOST));
        leaves.add(new Leaf(0x4000_0001, 0, 0, features, 0, 0, 0));
        leaves.add(host(0x4000_0100, PARAVIRTUAL_HOST));
        leaves.add(new Leaf(0x4000_0101, 0, 0, features, 0, 0, 0));
        MemorySegment result = table(arena);
        result.set(ValueLayout.JAVA_INT, Abi.CPUID2_COUNT, leaves.size());
        for (int k = 0; k < leaves.size(); k++) {
            write(result, k, leaves.get(k));
        }
        return result;
    }

    private static MemorySegment table(Arena arena) {
        long bytes = Abi.CPUID2_ENTRIES + (long) MAX_ENTRIES * Abi.CPUID_ENTRY_SIZE;
        MemorySegment table = arena.allocate(bytes, Long.BYTES);
        table.set(ValueLayout.JAVA_INT, Abi.CPUID2_COUNT, MAX_ENTRIES);
        return table;
    }

    private static Leaf host(int leaf, String signature) {
        byte[] ascii = signature.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer words = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).put(0, ascii);
        return new Leaf(leaf, 0, 0, leaf + 1, words.getInt(0), words.getInt(4), words.getInt(8));
    }

    /** What is left of {@code l}; null if it is not for guests. */
    private static @Nullable Leaf allowed(Leaf l) {
        return switch (l.leaf) {
            case 0 -> l.with(MAX_BASIC, l.ebx, l.ecx, l.edx);
            case 1 -> {
                int oneProcessor = l.ebx & 0xff00 | 1 << 16;
                yield l.with(l.eax, oneProcessor, l.ecx & ~NO_1_C | HYPERVISOR, l.edx & ~NO_1_D);
            }
            case 2, 0x8000_0002, 0x8000_0003, 0x8000_0004, 0x8000_0005, 0x8000_0006 -> l;
            case 4 -> l.with(l.eax & 0x3fff, l.ebx, l.ecx, l.edx); // shared with nobody
            case 7 ->
                    l.subleaf == 0
                            ? l.with(0, l.ebx & YES_7_B, l.ecx & YES_7_C, l.edx & YES_7_D)
                            : null;
            case 0xd -> state(l);
            case 0x8000_0000 -> l.with(l.eax & 0xff | 0x8000_0000, l.ebx, l.ecx, l.edx);
            case 0x8000_0001 -> l.with(l.eax, 0, l.ecx & YES_EXTENDED_C, l.edx & ~NO_EXTENDED_D);
            case 0x8000_0007 -> l.with(0, 0, 0, l.edx & INVARIANT_COUNTER);
            case 0x8000_0008 -> l.with(l.eax & 0xffff, l.ebx & YES_8_B, 0, 0);
            case MAX_EXTENDED -> l.with(l.eax & YES_21_A, 0, 0, 0);
            default -> null;
        };
    }

    private static @Nullable Leaf state(Leaf l) {
        return switch (l.subleaf) {
            case 0 -> {
                int avx = (l.eax >>> AVX_STATE & 1) * AVX_BYTES;
                yield l.with(l.eax & XCR0, XSAVE_BYTES + avx, XSAVE_BYTES + avx, 0);
            }
            case 1 -> l.with(l.eax & YES_XSAVE, 0, 0, 0);
            case AVX_STATE -> l;
            default -> null;
        };
    }

    private static Leaf read(MemorySegment table, int index) {
        long at = Abi.CPUID2_ENTRIES + (long) index * Abi.CPUID_ENTRY_SIZE;
        return new Leaf(
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_LEAF),
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_SUBLEAF),
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_FLAGS) & Abi.CPUID_FLAG_SUBLEAF,
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_EAX),
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_EBX),
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_ECX),
                table.get(ValueLayout.JAVA_INT, at + Abi.CPUID_EDX));
    }

    private static void write(MemorySegment table, int index, Leaf leaf) {
        long at = Abi.CPUID2_ENTRIES + (long) index * Abi.CPUID_ENTRY_SIZE;
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_LEAF, leaf.leaf);
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_SUBLEAF, leaf.subleaf);
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_FLAGS, leaf.flags);
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_EAX, leaf.eax);
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_EBX, leaf.ebx);
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_ECX, leaf.ecx);
        table.set(ValueLayout.JAVA_INT, at + Abi.CPUID_EDX, leaf.edx);
    }
}
