package vmm.boot;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Finds ramdisks that are cut short before a kernel panics over them. Knows what Linux concatenates
 * (Documentation/driver-api/early-userspace/buffer-format.rst): cpio archives, plain or compressed
 * by gzip, with zeroes between; at the first thing that it does not know it stops and is content.
 */
final class InitrdCheck {
    private static final int CPIO_HEADER = 110;
    private static final int CPIO_SIZE = 54, CPIO_NAME_SIZE = 94;
    private static final int NAME_MAX = 4096;
    private static final String CPIO_LAST = "TRAILER!!!";

    private static final int GZIP_HEADER = 10, GZIP_TRAILER = 8;
    private static final int GZIP_CRC = 2, GZIP_EXTRA = 4, GZIP_NAME = 8, GZIP_COMMENT = 16;

    /** Archives that unpack to more than this are not looked at to their end. */
    private static final long MAX_UNPACKED = 1L << 32;

    private final BootSource source;
    private final byte[] window = new byte[64 << 10];
    private long windowStart;
    private int windowLength;

    private InitrdCheck(BootSource source) {
        this.source = source;
    }

    /** Throws {@link BootException} if {@code source} is empty or ends early. */
    static void check(BootSource source) {
        new InitrdCheck(source).run();
    }

    private void run() {
        long size = source.sizeBytes();
        if (size == 0) {
            throw new BootException("initrd: empty");
        }
        long at = 0;
        while (at < size) {
            if (at + 1 < size && peek(at) == 0x1f && peek(at + 1) == 0x8b) {
                at = gzip(at);
            } else if (peek(at) == '0') {
                at = cpio(at);
            } else if (peek(at) == 0) {
                at++;
            } else {
                return;
            }
        }
    }

    private int peek(long at) {
        if (at >= source.sizeBytes()) {
            throw new BootException("initrd: truncated");
        }
        if (at < windowStart || at >= windowStart + windowLength) {
            windowStart = at;
            windowLength = (int) Math.min(window.length, source.sizeBytes() - at);
            source.read(at, MemorySegment.ofArray(window).asSlice(0, windowLength));
        }
        return window[(int) (at - windowStart)] & 0xff;
    }

    private String text(long at, int length) {
        byte[] bytes = new byte[length];
        for (int k = 0; k < length; k++) {
            bytes[k] = (byte) peek(at + k);
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    // cpio, format "newc" (cpio(5))

    private long cpio(long start) {
        long at = start;
        while (true) {
            String magic = text(at, 6);
            if (!magic.equals("070701") && !magic.equals("070702")) {
                return source.sizeBytes(); // something else that starts with a digit
            }
            long size = hex(at + CPIO_SIZE);
            long nameSize = hex(at + CPIO_NAME_SIZE);
            if (nameSize == 0 || nameSize > NAME_MAX) {
                throw new BootException("initrd: broken cpio archive");
            }
            String name = text(at + CPIO_HEADER, (int) nameSize - 1);
            at = start + align(at - start + CPIO_HEADER + nameSize);
            if (at + size > source.sizeBytes()) {
                throw new BootException("initrd: truncated");
            }
            at = start + align(at - start + size);
            if (name.equals(CPIO_LAST)) {
                return at;
            }
        }
    }

    private static long align(long offset) {
        return offset + 3 & -4;
    }

    private long hex(long at) {
        try {
            return Long.parseLong(text(at, 8), 16);
        } catch (NumberFormatException e) {
            throw new BootException("initrd: broken cpio archive");
        }
    }

    // gzip, RFC 1952

    private long gzip(long start) {
        long at = afterGzipHeader(start);
        Inflater inflater = new Inflater(true);
        try {
            CRC32 sum = new CRC32();
            byte[] in = new byte[64 << 10];
            byte[] out = new byte[64 << 10];
            while (!inflater.finished() && inflater.getBytesWritten() < MAX_UNPACKED) {
                if (inflater.needsInput()) {
                    int length = (int) Math.min(in.length, source.sizeBytes() - at);
                    if (length == 0) {
                        throw new BootException("initrd: truncated");
                    }
                    source.read(at, MemorySegment.ofArray(in).asSlice(0, length));
                    inflater.setInput(in, 0, length);
                    at += length;
                }
                sum.update(out, 0, inflater.inflate(out));
            }
            if (!inflater.finished()) {
                return source.sizeBytes();
            }
            long end = at - inflater.getRemaining();
            if (le32(end) != sum.getValue()) {
                throw new BootException("initrd: damaged gzip data");
            }
            return end + GZIP_TRAILER;
        } catch (DataFormatException e) {
            throw new BootException("initrd: damaged gzip data");
        } finally {
            inflater.end();
        }
    }

    private long afterGzipHeader(long start) {
        int flags = peek(start + 3);
        long at = start + GZIP_HEADER;
        if ((flags & GZIP_EXTRA) != 0) {
            at += 2 + peek(at) + (peek(at + 1) << 8);
        }
        if ((flags & GZIP_NAME) != 0) {
            at = afterZero(at);
        }
        if ((flags & GZIP_COMMENT) != 0) {
            at = afterZero(at);
        }
        return (flags & GZIP_CRC) != 0 ? at + 2 : at;
    }

    private long afterZero(long start) {
        long at = start;
        while (peek(at) != 0) {
            at++;
        }
        return at + 1;
    }

    private long le32(long at) {
        peek(at + GZIP_TRAILER - 1);
        return peek(at) | peek(at + 1) << 8 | peek(at + 2) << 16 | (long) peek(at + 3) << 24;
    }
}
