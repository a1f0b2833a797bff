package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import vmm.engine.CpuState;

class SavedStateTest {
    private static final int REGISTERS = 64;

    private final Cpu cpu = new FlatMachine(1 << 20, new NoDevices()).cpu;

    private CpuState saved() {
        for (int k = 0; k < REGISTERS; k++) {
            cpu.vector[k] = 0x0101_0101_0101_0101L * k;
        }
        return SavedState.of(cpu);
    }

    @Test
    void vectorRegistersComeBackWhole() {
        CpuState state = saved();
        long[] before = Arrays.copyOf(cpu.vector, REGISTERS);
        SavedState.restore(cpu, state);
        assertArrayEquals(before, Arrays.copyOf(cpu.vector, REGISTERS));
    }

    @Test
    void engineThatKnowsNoUpperHalvesLeavesThemZero() {
        CpuState s = saved();
        byte[] fxsave = Arrays.copyOf(s.fxsave(), 512);
        SavedState.restore(
                cpu,
                new CpuState(
                        s.gpr(),
                        s.rip(),
                        s.rflags(),
                        s.segments(),
                        s.gdtBase(),
                        s.gdtLimit(),
                        s.idtBase(),
                        s.idtLimit(),
                        s.control(),
                        s.debug(),
                        s.msrs(),
                        fxsave,
                        s.halted()));
        assertEquals(0x0505_0505_0505_0505L, cpu.vector[5]);
        assertEquals(0, cpu.vector[6]);
        assertEquals(0, cpu.vector[7]);
    }
}
