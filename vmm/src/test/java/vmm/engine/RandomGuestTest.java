package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmm.kvm.KvmVerdict.Feature;

/**
 * Random bytes as guest code: whatever they do, a run ends with an exit or a kick, and the next
 * guest on the same processor is none the wiser. {@code -Dengine.guests=N} for more of them, {@code
 * -Dengine.seed=N} to repeat.
 */
class RandomGuestTest {
    private static final int GUESTS = Integer.getInteger("engine.guests", 100);
    private static final long SEED = Long.getLong("engine.seed", System.nanoTime());
    private static final int CODE_BYTES = 256;
    private static final int KICK_MS = 3;

    /** Starts of instructions that reach devices or the processor's own state. */
    private static final int[][] SPICE = {
        {0xe4},
        {0xe5},
        {0xe6},
        {0xe7},
        {0xec},
        {0xed},
        {0xee},
        {0xef},
        {0xf3, 0x6c},
        {0xf3, 0x6d},
        {0xf3, 0x6e},
        {0xf3, 0x6f},
        {0xf3, 0xa4},
        {0xf3, 0xab},
        {0xf4},
        {0xfa},
        {0xfb},
        {0xcd},
        {0xcf},
        {0x0f, 0x20},
        {0x0f, 0x22},
        {0x0f, 0x30},
        {0x0f, 0x32},
        {0x0f, 0x01},
        {0x0f, 0x00},
        {0x0f, 0xa2},
        {0x0f, 0xae},
        {0x0f, 0xc7},
        {0x8e},
        {0xea},
        {0x9d}
    };

    @ParameterizedTest
    @EnumSource
    void runsEnd(EngineUnderTest engine) {
        engine.demand(Feature.REAL_MODE, Feature.LONG_MODE);
        SplittableRandom random = new SplittableRandom(SEED);
        Map<Exit, Integer> exits = new EnumMap<>(Exit.class);
        try (TestMachine m = new TestMachine(engine);
                ScheduledExecutorService kicker = Executors.newSingleThreadScheduledExecutor()) {
            for (int k = 0; k < GUESTS; k++) {
                CpuState start =
                        switch (k % 3) {
                            case 0 -> m.real();
                            case 1 -> m.protectedMode();
                            default -> m.longMode();
                        };
                for (int r = 0; r < 16; r++) {
                    if (r != TestMachine.RSP) {
                        start.gpr()[r] = random.nextInt(TestMachine.DEVICE + 0x1000);
                    }
                }
                byte[] code = code(random);
                m.memory.copyIn(TestMachine.CODE, code, 0, code.length);
                m.vcpu.interruptLine(random.nextInt(4) == 0);
                m.vcpu.state(start);
                ScheduledFuture<?> kick =
                        kicker.schedule(m.vcpu::kick, KICK_MS, TimeUnit.MILLISECONDS);
                Exit exit = m.run();
                kick.cancel(false);
                exits.merge(exit, 1, Integer::sum);
                int guest = k;
                assertEquals(
                        exit == Exit.FAILED,
                        !m.vcpu.failure().isEmpty(),
                        () -> "guest " + guest + " of seed " + SEED);
                m.accesses.clear();
            }
            m.vcpu.interruptLine(false);
            m.refresh();
            m.memory.write32(TestMachine.DATA, 7);
            // mov eax, [DATA]; mov ebx, eax
            CpuState end = m.complete(m.longMode(), "8b042500a00000 89c3 e6f4");
            assertEquals(7, end.gpr()[TestMachine.RBX]);
        }
        System.out.printf("%d random guests on %s: %s (seed %d)%n", GUESTS, engine, exits, SEED);
    }

    private static byte[] code(SplittableRandom random) {
        byte[] code = new byte[CODE_BYTES];
        random.nextBytes(code);
        for (int at = 0; at < CODE_BYTES - 4; at += 1 + random.nextInt(12)) {
            int[] start = SPICE[random.nextInt(SPICE.length)];
            for (int k = 0; k < start.length; k++) {
                code[at + k] = (byte) start[k];
            }
        }
        return code;
    }
}
