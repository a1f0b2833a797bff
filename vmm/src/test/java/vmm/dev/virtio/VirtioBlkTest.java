package vmm.dev.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VirtioBlkTest {
    private static final long HEADER = 0x8000, DATA = 0x9000, STATUS = 0x8100;
    private static final int SECTORS = 16;
    private static final int FLUSH = 1 << 9;

    private final MemoryDisk disk = new MemoryDisk(SECTORS, false);

    private static Driver driver(MemoryDisk disk) {
        return new Driver((memory, lock) -> new VirtioBlk(memory, disk, lock, "vda"));
    }

    /** Submits a request with {@code length} bytes of data at {@link #DATA}. */
    private static void submit(Driver driver, int type, long sector, int length) {
        boolean in = type == VirtioBlk.TYPE_IN || type == VirtioBlk.TYPE_GET_ID;
        driver.memory.write32(HEADER, type);
        driver.memory.write64(HEADER + 8, sector);
        driver.memory.write8(STATUS, 0xee);
        driver.descriptor(0, HEADER, 16, Driver.NEXT, length == 0 ? 2 : 1);
        driver.descriptor(1, DATA, length, Driver.NEXT | (in ? Driver.WRITE : 0), 2);
        driver.descriptor(2, STATUS, 1, Driver.WRITE, 0);
        driver.submit(0);
    }

    private static int request(Driver driver, int type, long sector, int length) {
        submit(driver, type, sector, length);
        assertEquals(1, driver.awaitInterrupt());
        return driver.memory.read8(STATUS);
    }

    @Test
    void configurationTellsCapacityAndLimits() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            assertEquals(SECTORS, driver.read(ModernRegisters.CONFIG, 8));
            assertEquals(254, driver.read(ModernRegisters.CONFIG + 12, 4));
            assertEquals(512, driver.read(ModernRegisters.CONFIG + 20, 4));
            assertEquals(0, driver.read(ModernRegisters.CONFIG + 58, 4));
        }
    }

    @Test
    void whatWasWrittenIsReadBack() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            driver.memory.fill(DATA, 1024, (byte) 0x5a);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_OUT, 14, 1024));
            assertEquals(1, driver.usedLength(0));
            assertEquals(0x5a, disk.bytes[14 * 512]);
            assertEquals(0x5a, disk.bytes[16 * 512 - 1]);
            assertEquals(0, disk.bytes[14 * 512 - 1]);
            driver.memory.fill(DATA, 1024, (byte) 0);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_IN, 15, 512));
            assertEquals(513, driver.usedLength(1));
            assertEquals(0x5a, driver.memory.read8(DATA + 511));
            assertEquals(0, driver.memory.read8(DATA + 512));
            assertEquals(0, disk.flushes.get());
        }
    }

    @Test
    void headerAndStatusMayShareBuffersWithData() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            driver.memory.write32(HEADER, VirtioBlk.TYPE_OUT);
            driver.memory.write64(HEADER + 8, 3);
            driver.memory.fill(HEADER + 16, 512, (byte) 7);
            driver.descriptor(0, HEADER, 10, Driver.NEXT, 1);
            driver.descriptor(1, HEADER + 10, 518, Driver.NEXT, 2);
            driver.descriptor(2, STATUS + 0x1000, 1, Driver.WRITE, 0);
            driver.memory.write8(STATUS + 0x1000, 0xee);
            driver.submit(0);
            assertEquals(1, driver.awaitInterrupt());
            assertEquals(0, driver.memory.read8(STATUS + 0x1000));
            byte[] expected = new byte[512];
            Arrays.fill(expected, (byte) 7);
            assertArrayEquals(expected, Arrays.copyOfRange(disk.bytes, 3 * 512, 4 * 512));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0,16,512",
        "0,15,1024",
        "1,16,512",
        "0,0,511",
        "1,1,1",
        "0,0xffffffffffffff,512",
        "1,-1,512",
        "0,0x7fffffffffffffff,512"
    })
    void requestsThatLeaveTheDiskFail(int type, String sector, int length) {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            assertEquals(VirtioBlk.IOERR, request(driver, type, Long.decode(sector), length));
            assertFalse(driver.needsReset());
        }
    }

    @Test
    void readOnlyDiskSaysSoAndRefusesWrites() {
        MemoryDisk fixed = new MemoryDisk(SECTORS, true);
        try (Driver driver = driver(fixed)) {
            driver.bringUp(FLUSH);
            driver.write(0, 4, 0);
            assertEquals(1 << 5, driver.read(4, 4) & 1 << 5);
            driver.memory.fill(DATA, 512, (byte) 1);
            assertEquals(VirtioBlk.IOERR, request(driver, VirtioBlk.TYPE_OUT, 0, 512));
            assertEquals(0, fixed.bytes[0]);
        }
    }

    @Test
    void flushReachesTheDiskAndWritesAreStableWithoutTheFeature() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_FLUSH, 0, 0));
            assertEquals(1, disk.flushes.get());
            driver.bringUp(0);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_OUT, 0, 512));
            assertEquals(2, disk.flushes.get());
        }
    }

    @Test
    void identifierIsCutToTheBuffer() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            driver.memory.fill(DATA, 64, (byte) 0xff);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_GET_ID, 0, 2));
            byte[] name = new byte[3];
            driver.memory.copyOut(DATA, name, 0, 3);
            assertEquals("vd", new String(name, 0, 2, StandardCharsets.US_ASCII));
            assertEquals(-1, name[2]);
        }
    }

    @Test
    void unknownRequestsAreUnsupported() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            assertEquals(VirtioBlk.UNSUPPORTED, request(driver, 11, 0, 512));
            assertEquals(VirtioBlk.UNSUPPORTED, request(driver, -1, 0, 0));
        }
    }

    @Test
    void hostErrorsBecomeIoErrors() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            disk.errno = 28; // ENOSPC
            assertEquals(VirtioBlk.IOERR, request(driver, VirtioBlk.TYPE_OUT, 0, 512));
            assertEquals(VirtioBlk.IOERR, request(driver, VirtioBlk.TYPE_IN, 0, 512));
        }
    }

    @Test
    void requestWithoutStatusByteBreaksTheDevice() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            driver.descriptor(0, HEADER, 16, 0, 0);
            driver.submit(0);
            assertEquals(2, driver.awaitInterrupt());
            assertTrue(driver.needsReset());
            driver.bringUp(FLUSH);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_IN, 0, 512));
        }
    }

    @Test
    void resetWaitsForTheTransferAndDropsItsAnswer() throws InterruptedException {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            CountDownLatch entered = new CountDownLatch(1);
            CountDownLatch release = new CountDownLatch(1);
            disk.entered = entered;
            disk.release = release;
            submit(driver, VirtioBlk.TYPE_OUT, 0, 512);
            entered.await();
            disk.entered = null;
            CountDownLatch reset = new CountDownLatch(1);
            Thread guest =
                    Thread.ofPlatform()
                            .start(() -> {
                                driver.status(0);
                                reset.countDown();
                            });
            while (guest.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertEquals(1, reset.getCount());
            release.countDown();
            reset.await();
            assertEquals(0, driver.status());
            assertEquals(0, driver.usedIndex());
            assertEquals(0xee, driver.memory.read8(STATUS));
            assertFalse(driver.interruptLevel());
            driver.bringUp(FLUSH);
            assertEquals(VirtioBlk.OK, request(driver, VirtioBlk.TYPE_IN, 0, 512));
        }
    }

    @Test
    void pausedDiskDoesNothingUntilItIsResumed() {
        try (Driver driver = driver(disk)) {
            driver.bringUp(FLUSH);
            driver.pause(true);
            driver.memory.fill(DATA, 512, (byte) 1);
            submit(driver, VirtioBlk.TYPE_OUT, 0, 512);
            driver.pause(true);
            assertEquals(0, disk.bytes[0]);
            driver.pause(false);
            assertEquals(1, driver.awaitInterrupt());
            assertEquals(1, disk.bytes[0]);
        }
    }
}
