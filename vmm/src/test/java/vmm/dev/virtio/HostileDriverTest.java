package vmm.dev.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A driver that writes anything anywhere must neither break out with an exception nor keep the
 * device from working after a reset. Set {@code -Dvirtio.seed} to repeat a failure.
 */
final class HostileDriverTest {
    private static final int ROUNDS = 300, STEPS = 60;
    private static final int[] OFFSETS = {
        0, 4, 8, 12, 16, 20, 22, 24, 26, 28, 32, 36, 40, 44, 48, 52, 0x100, 0x200, 0x300
    };
    private static final int[] SIZES = {1, 2, 4, 8};
    private static final long[] VALUES = {
        0,
        1,
        2,
        3,
        4,
        7,
        8,
        11,
        15,
        16,
        64,
        128,
        0x1000,
        0x3000,
        0x4000,
        0x8000,
        0xfffff,
        0x100000,
        0xe0000000L,
        0xffff,
        0xffffffffL,
        -1,
        Long.MIN_VALUE,
        0x7fffffffffffffffL
    };

    private final long seed = Long.getLong("virtio.seed", System.nanoTime() & 0xffffffffL);
    private final Random random = new Random(seed);

    private long value() {
        return random.nextInt(4) == 0 ? random.nextLong() : VALUES[random.nextInt(VALUES.length)];
    }

    private void step(Driver driver) {
        int size = SIZES[random.nextInt(SIZES.length)];
        switch (random.nextInt(8)) {
            case 0 -> driver.write(OFFSETS[random.nextInt(OFFSETS.length)], size, value());
            case 1 -> driver.read(random.nextInt(0x1000 - 8), size);
            case 2 -> driver.portWrite(random.nextInt(60), Math.min(size, 4), (int) value());
            case 3 -> driver.memory.write64(0x1000 + random.nextInt(0x4000), value());
            case 4 -> driver.memory.write16(Driver.AVAIL + 2, random.nextInt(20));
            case 5 ->
                    driver.descriptor(
                            random.nextInt(16),
                            value() & 0xfffff,
                            random.nextInt(2000),
                            random.nextInt(8),
                            random.nextInt(17));
            case 6 -> driver.submit(random.nextInt(16));
            default -> driver.kick(random.nextInt(3));
        }
    }

    private void torment(Driver driver) {
        for (int round = 0; round < ROUNDS; round++) {
            driver.bringUp(random.nextInt(2) << 28 | random.nextInt(2) << 29);
            for (int k = 0; k < STEPS; k++) {
                step(driver);
            }
        }
        driver.bringUp(0);
        driver.descriptor(0, 0x8000, 16, Driver.NEXT, 1);
        driver.descriptor(1, 0x9000, 513, Driver.WRITE, 0);
        driver.memory.fill(0x8000, 16, (byte) 0);
        driver.submit(0);
        assertEquals(1, driver.awaitInterrupt(), "seed " + seed);
        assertEquals(1, driver.usedIndex(), "seed " + seed);
    }

    @Test
    void entropyDeviceSurvives() {
        try (Driver driver = new Driver((memory, lock) -> new VirtioRng(memory))) {
            torment(driver);
        }
    }

    @Test
    void blockDeviceSurvives() {
        MemoryDisk disk = new MemoryDisk(64, false);
        try (Driver driver =
                new Driver((memory, lock) -> new VirtioBlk(memory, disk, lock, "vda"))) {
            torment(driver);
        }
    }
}
