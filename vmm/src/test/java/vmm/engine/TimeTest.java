package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmm.kvm.KvmVerdict.Feature;

/** The guest's time is the machine's. */
class TimeTest {
    private static final long WAIT_NS = 150_000_000;

    /** mov ecx, MSR_KVM_SYSTEM_TIME; mov eax, DATA + 0x100 + 1; xor edx, edx; wrmsr */
    private static final String START_CLOCK = "b9014d564b b801a10000 31d2 0f30";

    /** rdtsc; shl rdx, 32; or rax, rdx; mov [DATA], rax; done */
    private static final String STAMP = "0f31 48c1e220 4809d0 4889042500a00000 e6f4";

    /** The clock that a guest computes from its counter and the page that it shares with us. */
    @ParameterizedTest
    @EnumSource
    void paravirtualClockStandsStillWithTheMachine(EngineUnderTest engine) {
        engine.demand(Feature.LONG_MODE);
        try (TestMachine m = new TestMachine(engine)) {
            long runningNs = waitNs(m, false);
            long frozenNs = waitNs(m, true);
            assertTrue(runningNs >= WAIT_NS, () -> runningNs + " ns");
            assertTrue(frozenNs >= 0, () -> "back by " + frozenNs + " ns");
            // A pause that is not noticed takes the full time; a busy host takes some.
            assertTrue(frozenNs < runningNs / 2, () -> frozenNs + " of " + runningNs + " ns");
        }
    }

    private static long waitNs(TestMachine m, boolean freeze) {
        m.put(TestMachine.CODE, START_CLOCK + STAMP + STAMP);
        m.vcpu.state(m.longMode());
        assertEquals(Exit.KICKED, m.runDone());
        long before = clockNs(m);
        if (freeze) {
            m.freeze(true);
        }
        long end = System.nanoTime() + WAIT_NS;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        if (freeze) {
            m.freeze(false);
        }
        assertEquals(Exit.KICKED, m.runDone());
        return clockNs(m) - before;
    }

    /** struct pvclock_vcpu_time_info of Linux: version, TSC, system time, multiplier, shift. */
    private static long clockNs(TestMachine m) {
        int at = TestMachine.DATA + 0x100;
        assertEquals(0, m.memory.read32(at) & 1, "complete");
        long ticks = m.memory.read64(TestMachine.DATA) - m.memory.read64(at + 8);
        int shift = (byte) m.memory.read8(at + 28);
        long shifted = shift >= 0 ? ticks << shift : ticks >> -shift;
        long multiplier = m.memory.read32(at + 24) & 0xffff_ffffL;
        long scaledNs = Math.multiplyHigh(shifted, multiplier) << 32 | shifted * multiplier >>> 32;
        return m.memory.read64(at + 16) + scaledNs;
    }
}
