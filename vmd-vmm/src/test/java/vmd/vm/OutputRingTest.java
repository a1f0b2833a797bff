package vmd.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputRingTest {
    private final OutputRing ring = new OutputRing();
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
}
