package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmm.kvm.KvmVerdict.Feature;

/** What the processor says that it is, whichever engine runs it, and registers that it has not. */
class ProcessorIdentityTest {
    private static final int EAX = 0, EBX = 4, ECX = 8, EDX = 12;

    /** cpuid; mov edi, DATA; mov [rdi], eax; [rdi+4], ebx; [rdi+8], ecx; [rdi+12], edx; done */
    private static final String CPUID = "0fa2 bf00a00000 8907 895f04 894f08 89570c e6f4";

    private static void cpuid(TestMachine m, long leaf, long subleaf) {
        CpuState start = m.longMode();
        start.gpr()[TestMachine.RAX] = leaf;
        start.gpr()[TestMachine.RCX] = subleaf;
        m.complete(start, CPUID);
    }

    private static int result(TestMachine m, int register) {
        return m.memory.read32(TestMachine.DATA + register);
    }

    private static String text(TestMachine m) {
        byte[] bytes = new byte[12];
        m.memory.copyOut(TestMachine.DATA + EBX, bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @EnumSource
    void hypervisor(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.CPUID);
        try (TestMachine m = new TestMachine(engine)) {
            cpuid(m, 0x4000_0000, 0);
            assertEquals(0x4000_0001, result(m, EAX));
            assertEquals("OpenBSDVMM58", text(m));
            cpuid(m, 0x4000_0100, 0);
            assertEquals(0x4000_0101, result(m, EAX));
            assertEquals("KVMKVMKVM\0\0\0", text(m));
            cpuid(m, 0x4000_0101, 0);
            assertEquals(0, result(m, EAX) & ~(1 << 1 | 1 << 3 | 1 << 24), "paravirtual");
        }
    }

    @ParameterizedTest
    @EnumSource
    void featuresOfThisMachineOnly(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.CPUID, Feature.HIDING);
        try (TestMachine m = new TestMachine(engine)) {
            cpuid(m, 1, 0);
            assertEquals(1, result(m, EBX) >>> 16 & 0xff, "one processor");
            assertEquals(0, result(m, EBX) >>> 24, "its number");
            assertNotEquals(0, result(m, ECX) & 1 << 31, "there is a hypervisor");
            int apic = 1 << 9, ranges = 1 << 12;
            assertEquals(0, result(m, EDX) & (apic | ranges));
            int nested = 1 << 5, x2apic = 1 << 21, deadline = 1 << 24, monitor = 1 << 3;
            assertEquals(0, result(m, ECX) & (nested | x2apic | deadline | monitor));
            cpuid(m, 7, 0);
            int transactions = 1 << 4 | 1 << 11, trace = 1 << 25, avx512 = 1 << 16;
            assertEquals(0, result(m, EBX) & (transactions | trace | avx512));
            cpuid(m, 0x8000_0001L, 0);
            assertEquals(0, result(m, ECX) & 1 << 2, "no nested machines");
            assertNotEquals(0, result(m, EDX) & 1 << 29, "64-bit mode");
            cpuid(m, 0xa, 0);
            assertEquals(0, result(m, EAX), "no performance counters");
        }
    }

    @ParameterizedTest
    @EnumSource
    void stateHasTheSizeThatItIsSaidToHave(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.CPUID, Feature.HIDING);
        try (TestMachine m = new TestMachine(engine)) {
            cpuid(m, 0xd, 0);
            int components = result(m, EAX);
            int most = result(m, ECX);
            assertEquals(0, result(m, EDX));
            if (components == 0) {
                return; // a processor without XSAVE
            }
            int end = 576;
            for (int k = 2; k < 32; k++) {
                if ((components >>> k & 1) != 0) {
                    cpuid(m, 0xd, k);
                    end = Math.max(end, result(m, EAX) + result(m, EBX));
                }
            }
            assertEquals(end, most);
        }
    }

    @ParameterizedTest
    @EnumSource
    void unknownModelSpecificRegisterFaults(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE, Feature.RDMSR);
        try (TestMachine m = new TestMachine(engine)) {
            // mov ebx, 0x77; pop the error code; return behind the instruction
            m.put(TestMachine.HANDLER, "bb77000000 58 415f 4983c702 4157 48cf");
            m.memory.write64(
                    TestMachine.IDT + 16 * 13, m.memory.read64(TestMachine.IDT + 16 * 0x30));
            for (int register : new int[] {0x1b, 0x480, 0x345, 0x4b56_4d02, 0xc001_0114}) {
                CpuState start = m.longMode();
                start.gpr()[TestMachine.RCX] = register;
                CpuState end = m.complete(start, "0f32 e6f4"); // rdmsr; done
                assertEquals(0x77, end.gpr()[TestMachine.RBX], Integer.toHexString(register));
            }
        }
    }
}
