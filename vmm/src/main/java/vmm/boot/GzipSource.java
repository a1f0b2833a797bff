package vmm.boot;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * What a gzip file (RFC 1952) holds. It is unpacked at once, outside the heap, after a first pass
 * that finds out how much it is: the size that the file claims is not believed.
 */
final class GzipSource implements BootSource {
    private static final int CHUNK = 64 << 10;

    private final MemorySegment content;

    private GzipSource(MemorySegment content) {
        this.content = content;
    }

    /** Whether {@code source} begins as a gzip file does. */
    static boolean matches(BootSource source) {
        if (source.sizeBytes() < 18) {
            return false;
        }
        byte[] head = new byte[3];
        source.read(0, MemorySegment.ofArray(head));
        return head[0] == 0x1f && head[1] == (byte) 0x8b && head[2] == 8;
    }

    /** Unpacks {@code packed}, which may hold at most {@code limit} bytes. */
    static GzipSource unpack(BootSource packed, long limit) {
        try {
            byte[] chunk = new byte[CHUNK];
            long size = 0;
            try (InputStream in = open(packed)) {
                for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                    size += n;
                    if (size > limit) {
                        throw new BootException("kernel: unpacks to more than the memory holds");
                    }
                }
            }
            MemorySegment content = Arena.ofAuto().allocate(size);
            try (InputStream in = open(packed)) {
                long at = 0;
                for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                    MemorySegment.copy(MemorySegment.ofArray(chunk), 0, content, at, n);
                    at += n;
                }
            }
            return new GzipSource(content);
        } catch (EOFException e) {
            throw new BootException("kernel: truncated");
        } catch (ZipException | IndexOutOfBoundsException e) {
            throw new BootException("kernel: damaged gzip file");
        } catch (IOException e) {
            throw new BootException("kernel: " + e.getMessage());
        }
    }

    private static InputStream open(BootSource source) throws IOException {
        return new GZIPInputStream(new SourceStream(source), CHUNK);
    }

    @Override
    public long sizeBytes() {
        return content.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment into) {
        if (offset < 0 || into.byteSize() > content.byteSize() - offset) {
            throw new BootException("kernel: file ends early");
        }
        MemorySegment.copy(content, offset, into, 0, into.byteSize());
    }

    /** A source from its beginning to its end. */
    private static final class SourceStream extends InputStream {
        private final BootSource source;
        private long at;

        SourceStream(BootSource source) {
            this.source = source;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int start, int length) {
            int n = (int) Math.min(length, source.sizeBytes() - at);
            if (n <= 0) {
                return length == 0 ? 0 : -1;
            }
            source.read(at, MemorySegment.ofArray(into).asSlice(start, n));
            at += n;
            return n;
        }
    }
}
