package vmd.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputRingTest {
    private static final long LONG_MS = 60_000;

    private final OutputRing ring = new OutputRing(LONG_MS);
    private final byte[] into = new byte[16];

    private void append(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        ring.append(bytes, bytes.length);
    }

    private String text(OutputRing.Chunk chunk) {
        return new String(into, 0, chunk.count(), StandardCharsets.US_ASCII);
    }

    @Test
    void readsFromWhereTheReaderIs() {
        append("hello world");
        OutputRing.Chunk chunk = ring.read(6, into);
        assertEquals("world", text(chunk));
        assertEquals(6, chunk.from());
        assertEquals(0, ring.read(11, into).count());
    }

    @Test
    void readerThatFellBehindGoesOnAtTheOldestByte() {
        append("lost");
        append("x".repeat(OutputRing.CAPACITY - 2) + "yz");
        assertEquals(4, ring.start());
        OutputRing.Chunk chunk = ring.read(0, into);
        assertEquals(4, chunk.from());
        assertEquals("x".repeat(16), text(chunk));
        assertEquals("yz", text(ring.read(ring.end() - 2, into)));
    }

    @Test
    void outputLargerThanTheRingLeavesItsEnd() {
        append("a".repeat(OutputRing.CAPACITY) + "b".repeat(OutputRing.CAPACITY - 1) + "c");
        assertEquals(2L * OutputRing.CAPACITY, ring.end());
        assertEquals("b".repeat(16), text(ring.read(0, into)));
        assertEquals("c", text(ring.read(ring.end() - 1, into)));
    }

    /** Reads on and on until {@code count} bytes have come. */
    private static String readAll(OutputRing ring, long count) {
        StringBuilder text = new StringBuilder();
        byte[] some = new byte[1000];
        long position = 0;
        while (position < count) {
            OutputRing.Chunk chunk = ring.read(position, some);
            assertEquals(position, chunk.from(), "bytes are lost");
            text.append(new String(some, 0, chunk.count(), StandardCharsets.US_ASCII));
            position += chunk.count();
            ring.reader(position);
        }
        return text.toString();
    }

    @Test
    void writingWaitsForWhoeverReads() throws Exception {
        ring.reader(0);
        String text = "0123456789".repeat(10 * OutputRing.CAPACITY / 10);
        Thread writer =
                Thread.ofPlatform()
                        .start(() -> {
                            for (int at = 0; at < text.length(); at += 4096) {
                                append(text.substring(at, Math.min(at + 4096, text.length())));
                            }
                        });
        assertEquals(text, readAll(ring, text.length()));
        writer.join();
    }

    @Test
    void whoLeavesHoldsNobodyUp() throws Exception {
        ring.reader(0);
        append("x".repeat(OutputRing.CAPACITY));
        Thread writer = Thread.ofPlatform().start(() -> append("end"));
        ring.noReader();
        writer.join();
        assertEquals(OutputRing.CAPACITY + 3, ring.end());
        append("more");
    }

    @Test
    void whoStandsStillCountsAsNobodyUntilHeReadsOn() {
        OutputRing impatient = new OutputRing(20);
        byte[] much = new byte[OutputRing.CAPACITY];
        impatient.reader(0);
        impatient.append(much, much.length);
        impatient.append(much, 1);
        assertEquals(1, impatient.start());
        impatient.reader(0); // does not move: nothing waits for him
        long start = System.nanoTime();
        for (int k = 0; k < 1000; k++) {
            impatient.append(much, 1);
        }
        assertTrue(System.nanoTime() - start < 10_000_000_000L, "each byte waited");
        impatient.reader(impatient.end());
        impatient.append(much, much.length);
        impatient.append(much, 1); // waits again, for as long as it has patience
        assertEquals(2L * OutputRing.CAPACITY + 1002, impatient.end());
    }
}
