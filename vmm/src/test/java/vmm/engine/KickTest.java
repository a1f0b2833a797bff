package vmm.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import java.util.concurrent.SynchronousQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vmm.kvm.KvmVerdict.Feature;

/**
 * A kick ends a run whenever it comes: before it, at its beginning, or while the guest executes.
 * {@code -Dengine.kicks=10000} for a long test, {@code -Dengine.seed=N} to repeat one.
 */
class KickTest {
    private static final int KICKS = Integer.getInteger("engine.kicks", 500);
    private static final long SEED = Long.getLong("engine.seed", System.nanoTime());

    @ParameterizedTest
    @EnumSource
    void neverMisses(EngineUnderTest engine) throws InterruptedException {
        engine.demand(Feature.LONG_MODE);
        SplittableRandom random = new SplittableRandom(SEED);
        SynchronousQueue<Long> delays = new SynchronousQueue<>();
        try (TestMachine m = new TestMachine(engine)) {
            m.put(TestMachine.CODE, "ebfe"); // l: jmp l
            m.vcpu.state(m.longMode());
            Thread kicker =
                    Thread.ofPlatform()
                            .start(() -> {
                                try {
                                    long ns = delays.take();
                                    while (ns >= 0) {
                                        spin(ns);
                                        m.vcpu.kick();
                                        ns = delays.take();
                                    }
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            });
            for (int k = 0; k < KICKS; k++) {
                // From "already there" to well inside the guest, and everything around the entry.
                int scale = 10 << random.nextInt(17);
                delays.put((long) random.nextInt(scale));
                spin(random.nextInt(scale));
                int kick = k;
                assertEquals(Exit.KICKED, m.run(), () -> "kick " + kick + " of seed " + SEED);
            }
            delays.put(-1L);
            kicker.join();
        }
        System.out.printf("%d kicks on %s, none missed (seed %d)%n", KICKS, engine, SEED);
    }

    private static void spin(long ns) {
        long end = System.nanoTime() + ns;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }
}
