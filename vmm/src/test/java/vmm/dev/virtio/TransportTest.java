package vmm.dev.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What drivers may do wrong with the registers and the rings, on the entropy device. */
final class TransportTest {
    private static final long BUFFER = 0x8000;

    private final Driver driver = new Driver((memory, lock) -> new VirtioRng(memory));

    @AfterEach
    void close() {
        driver.close();
    }

    private void assertAsksForReset() {
        assertTrue(driver.needsReset());
        assertEquals(2, driver.awaitInterrupt());
        assertEquals(1, driver.complaints.size());
        driver.bringUp(0);
        driver.descriptor(0, BUFFER, 16, Driver.WRITE, 0);
        driver.submit(0);
        assertEquals(1, driver.usedIndex(), "works after the reset");
    }

    @Test
    void entropyArrivesWithAnInterrupt() {
        driver.bringUp(0);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE, 0);
        driver.submit(0);
        assertEquals(1, driver.awaitInterrupt());
        assertFalse(driver.interruptLevel());
        assertEquals(1, driver.usedIndex());
        assertEquals(64, driver.usedLength(0));
        assertNotEquals(0, driver.memory.read64(BUFFER) | driver.memory.read64(BUFFER + 56));
    }

    @Test
    void longRequestsAreAnsweredInPart() {
        driver.bringUp(0);
        driver.descriptor(0, 0x10000, 0x20000, Driver.WRITE, 0);
        driver.submit(0);
        assertEquals(4096, driver.usedLength(0));
    }

    @Test
    void noInterruptFlagIsObeyed() {
        driver.bringUp(0);
        driver.memory.write16(Driver.AVAIL, 1);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE, 0);
        driver.submit(0);
        assertEquals(1, driver.usedIndex());
        assertFalse(driver.interruptLevel());
    }

    @Test
    void eventIndexLimitsInterruptsAndAsksForNotifications() {
        driver.negotiate(1 << 29, 1);
        driver.queue(Driver.DESCRIPTORS, Driver.AVAIL, Driver.USED);
        long usedEvent = Driver.AVAIL + 4 + 2L * driver.queueSize;
        long availEvent = Driver.USED + 4 + 8L * driver.queueSize;
        driver.memory.write16(usedEvent, 1);
        driver.status(15);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE, 0);
        driver.submit(0);
        assertFalse(driver.interruptLevel());
        assertEquals(1, driver.memory.read16(availEvent));
        driver.submit(0);
        assertTrue(driver.interruptLevel());
    }

    @Test
    void featuresThatWereNotOfferedAreRefused() {
        driver.negotiate(1 << 5, 1);
        assertEquals(3, driver.status());
        driver.negotiate(0, 0);
        assertEquals(3, driver.status(), "VERSION_1 is a must");
        driver.negotiate(0, 1);
        assertEquals(11, driver.status());
    }

    @Test
    void driverOkWithoutFeaturesOkIsIgnored() {
        driver.status(0);
        driver.status(7);
        assertEquals(3, driver.status());
    }

    @Test
    void queueRegistersAreFrozenWhileTheDeviceRuns() {
        driver.bringUp(0);
        driver.write(24, 2, 4);
        driver.write(32, 8, 0x7000);
        driver.write(28, 2, 0);
        driver.write(28, 2, 1);
        assertEquals(16, driver.read(24, 2));
        assertEquals(Driver.DESCRIPTORS, driver.read(32, 8));
        assertEquals(1, driver.read(28, 2));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 128, 0xffff})
    void badQueueSizesAreIgnored(int size) {
        driver.negotiate(0, 1);
        driver.write(22, 2, 0);
        driver.write(24, 2, size);
        assertEquals(64, driver.read(24, 2));
    }

    @Test
    void queuesThatDoNotExistAreSizeZeroAndTakeNothing() {
        driver.bringUp(0);
        driver.write(22, 2, 7);
        driver.write(24, 2, 8);
        driver.write(28, 2, 1);
        driver.write(32, 8, -1);
        assertEquals(0, driver.read(24, 2));
        assertEquals(0, driver.read(28, 2));
        assertEquals(0, driver.read(32, 8));
        driver.kick(1);
        driver.kick(0xffff);
        assertFalse(driver.needsReset());
    }

    @ParameterizedTest
    @CsvSource({"0x1008,0x3000,0x4000", "0x1000,0x3001,0x4000", "0x1000,0x3000,0x4002"})
    void misalignedQueuesAreRefused(long descriptors, long avail, long used) {
        driver.negotiate(0, 1);
        driver.queue(descriptors, avail, used);
        assertTrue(driver.needsReset());
    }

    @ParameterizedTest
    @CsvSource({
        "0xfff80,0x3000,0x4000",
        "0x1000,0xffff0,0x4000",
        "0x1000,0x3000,0xe0000000",
        "0xfffffffffffffff0,0x3000,0x4000"
    })
    void queuesOutsideOfRamAreRefused(String descriptors, String avail, String used) {
        driver.negotiate(0, 1);
        driver.queue(
                Long.parseUnsignedLong(descriptors.substring(2), 16),
                Long.decode(avail),
                Long.decode(used));
        assertTrue(driver.needsReset());
        assertEquals(0, driver.read(28, 2));
    }

    @Test
    void nothingIsConsumedBeforeDriverOk() {
        driver.negotiate(0, 1);
        driver.queue(Driver.DESCRIPTORS, Driver.AVAIL, Driver.USED);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE, 0);
        driver.submit(0);
        assertEquals(0, driver.usedIndex());
        driver.status(15);
        assertEquals(1, driver.usedIndex());
    }

    @Test
    void availableIndexAheadOfTheQueue() {
        driver.bringUp(0);
        driver.memory.write16(Driver.AVAIL + 2, 17);
        driver.kick(0);
        assertAsksForReset();
    }

    @Test
    void headOutOfRange() {
        driver.bringUp(0);
        driver.submit(16);
        assertAsksForReset();
    }

    @Test
    void nextOutOfRange() {
        driver.bringUp(0);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE | Driver.NEXT, 16);
        driver.submit(0);
        assertAsksForReset();
    }

    @Test
    void descriptorLoop() {
        driver.bringUp(0);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE | Driver.NEXT, 1);
        driver.descriptor(1, BUFFER, 64, Driver.WRITE | Driver.NEXT, 0);
        driver.submit(0);
        assertAsksForReset();
    }

    @ParameterizedTest
    @CsvSource({
        "0x8000,0",
        "0xfffff,2",
        "0x100000,1",
        "0xe0000000,16",
        "0xfffffffffffffff8,16",
        "0x8000,0xffffffff"
    })
    void badBuffers(String gpa, long length) {
        driver.bringUp(0);
        driver.descriptor(0, Long.parseUnsignedLong(gpa.substring(2), 16), length, Driver.WRITE, 0);
        driver.submit(0);
        assertAsksForReset();
    }

    @Test
    void bufferThatPointsAtTheDevicesOwnRegistersDoesNotReachThem() {
        driver.bringUp(0);
        driver.descriptor(0, vmm.dev.pci.PciBus.MEMORY_BASE, 64, Driver.WRITE, 0);
        driver.submit(0);
        assertAsksForReset();
    }

    @Test
    void readableAfterWritable() {
        driver.bringUp(0);
        driver.descriptor(0, BUFFER, 64, Driver.WRITE | Driver.NEXT, 1);
        driver.descriptor(1, BUFFER, 64, 0, 0);
        driver.submit(0);
        assertAsksForReset();
    }

    @Test
    void requestWithoutRoomForAnAnswer() {
        driver.bringUp(0);
        driver.descriptor(0, BUFFER, 64, 0, 0);
        driver.submit(0);
        assertAsksForReset();
    }

    private void bringUpWithIndirect(long table, long length, int flags) {
        driver.bringUp(1 << 28);
        driver.descriptor(0, table, length, Driver.INDIRECT | flags, 1);
        driver.submit(0);
    }

    @Test
    void indirectTableIsFollowed() {
        driver.descriptorAt(0x9000, BUFFER, 8, Driver.WRITE | Driver.NEXT, 2);
        driver.descriptorAt(0x9020, BUFFER + 64, 8, Driver.WRITE, 0);
        bringUpWithIndirect(0x9000, 48, 0);
        assertEquals(16, driver.usedLength(0));
        assertNotEquals(0, driver.memory.read64(BUFFER + 64));
    }

    @ParameterizedTest
    @CsvSource({"0x9000,0,0", "0x9000,24,0", "0x9000,0x10000,0", "0xffff0,32,0", "0x9000,32,1"})
    void badIndirectTables(long table, long length, int flags) {
        driver.descriptorAt(0x9000, BUFFER, 8, Driver.WRITE, 0);
        bringUpWithIndirect(table, length, flags);
        assertAsksForReset();
    }

    @Test
    void indirectInsideIndirect() {
        driver.descriptorAt(0x9000, 0x9000, 16, Driver.INDIRECT, 0);
        bringUpWithIndirect(0x9000, 16, 0);
        assertAsksForReset();
    }

    @Test
    void indirectLoop() {
        driver.descriptorAt(0x9000, BUFFER, 8, Driver.WRITE | Driver.NEXT, 0);
        bringUpWithIndirect(0x9000, 16, 0);
        assertAsksForReset();
    }

    @Test
    void indirectWithoutNegotiation() {
        driver.bringUp(0);
        driver.descriptorAt(0x9000, BUFFER, 8, Driver.WRITE, 0);
        driver.descriptor(0, 0x9000, 16, Driver.INDIRECT, 0);
        driver.submit(0);
        assertAsksForReset();
    }

    @Test
    void brokenDeviceIgnoresNotificationsUntilReset() {
        driver.bringUp(0);
        driver.submit(16);
        assertEquals(2, driver.awaitInterrupt());
        driver.descriptor(0, BUFFER, 8, Driver.WRITE, 0);
        driver.submit(0);
        assertEquals(0, driver.usedIndex());
        assertEquals(1, driver.complaints.size());
        driver.status(0);
        assertEquals(0, driver.status());
    }

    @Test
    void oddAccessesOfRegistersDoNothing() {
        driver.bringUp(0);
        for (int offset = 0; offset < 0x400; offset++) {
            for (int size = 1; size <= 8; size *= 2) {
                driver.read(offset, size);
            }
        }
        driver.write(20, 4, 0);
        driver.write(21, 1, 0xff);
        driver.write(23, 2, 0xffff);
        assertEquals(15, driver.status());
        assertEquals(0, driver.read(22, 2));
        assertEquals(0, driver.read(ModernRegisters.CONFIG, 4));
    }

    @Test
    void configurationWindowReachesTheRegisters() {
        driver.bringUp(0);
        int at = 0x40;
        int found = 0;
        for (int k = 0; k < 8 && at != 0; k++) {
            int head = config(at);
            if ((head >>> 24 & 0xff) == 5) {
                found = at;
            }
            at = head >>> 8 & 0xff;
        }
        driver.ports.write(0xcf8, 4, 0x80000800 | found + 4);
        driver.ports.write(0xcfc, 1, 1);
        config(found + 8, 20);
        config(found + 12, 1);
        assertEquals(15, config(found + 16) & 0xff);
        config(found + 16, 0);
        assertEquals(0, driver.status());
        config(found + 8, -4);
        assertEquals(0, config(found + 16) & 0xff);
    }

    private int config(int offset) {
        driver.ports.write(0xcf8, 4, 0x80000800 | offset);
        return driver.ports.read(0xcfc, 4);
    }

    private void config(int offset, int value) {
        driver.ports.write(0xcf8, 4, 0x80000800 | offset);
        driver.ports.write(0xcfc, 4, value);
    }

    @Test
    void driverBeforeOneDotZeroWorksThroughThePorts() {
        driver.portWrite(18, 1, 0);
        driver.portWrite(18, 1, 3);
        driver.portWrite(4, 4, 0);
        driver.portWrite(14, 2, 0);
        assertEquals(64, driver.portRead(12, 2));
        driver.portWrite(8, 4, 0x10);
        assertEquals(0x10, driver.portRead(8, 4));
        driver.portWrite(18, 1, 7);
        driver.descriptorAt(0x10000, BUFFER, 16, Driver.WRITE, 0);
        driver.memory.write16(0x10000 + 64 * 16 + 4, 0);
        driver.memory.write16(0x10000 + 64 * 16 + 2, 1);
        driver.portWrite(16, 2, 0);
        assertEquals(1, driver.memory.read16(0x11000 + 2), "used ring is on the next page");
        assertEquals(1, driver.portRead(19, 1));
        assertEquals(0, driver.portRead(19, 1));
        driver.portWrite(18, 1, 0);
        assertEquals(0, driver.portRead(8, 4));
    }

    @Test
    void legacyQueueOutsideOfRamIsRefused() {
        driver.portWrite(18, 1, 3);
        driver.portWrite(8, 4, 0xffffffff);
        assertEquals(0, driver.portRead(8, 4));
        driver.portWrite(16, 2, 0);
        assertEquals(Transport.NEEDS_RESET | 3, driver.status());
    }
}
