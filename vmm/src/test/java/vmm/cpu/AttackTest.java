package vmm.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import vmm.engine.Exit;

/**
 * The attack of {@link Attack} for a few seconds; {@code -Dattack.seconds=7200} for longer, {@code
 * -Dattack.seed=N} to repeat one program.
 */
class AttackTest {
    @Test
    void nothingEscapes() {
        Long seed = Long.getLong("attack.seed");
        try (Attack attack = new Attack()) {
            if (seed != null) {
                attack.repeat(seed);
                return;
            }
            long first = System.nanoTime();
            attack.run(first, Long.getLong("attack.seconds", 6));
            System.out.println(attack.report(first));
            // It is no attack if nothing runs for long, or everything does.
            assertTrue(attack.exits[Exit.KICKED.ordinal()] > 0);
            assertTrue(attack.exits[Exit.TRIPLE_FAULT.ordinal()] > 0);
        }
    }
}
