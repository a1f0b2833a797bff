package bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A guest that does nothing but count: enters by PVH in 32-bit mode, goes to 64-bit mode, runs one
 * loop and ends the machine, in the way that this project's machine and QEMU's understand. Two
 * lengths of the same loop, subtracted, give the speed of the loop without the start.
 */
public final class LoopGuest {
    private static final int LOAD_GPA = 0x10_0000;
    private static final int PAGE_TABLES = 0x3000;
    private static final int HEADERS = 64 + 2 * 56;
    private static final int NOTE_BYTES = 20;

    /**
     * Bodies, with RSI at memory of their own; RCX counts. The counter adds two instructions, which
     * the numbers include.
     */
    enum Loop {
        /** Register arithmetic. */
        ALU(8, "", "4801d8 4831c2 488d745005 4829f7 49c1c003 4921c1"),
        /** Loads, a store and a read-modify-write that walk through 1 MiB. */
        MEMORY(
                10,
                "",
                "488b06 48014608 48895e10 0fb65603 4839d0 4883c618 81e6f8ff3f00 81ce00003000"),
        /** Call, push, pop, return. */
        CALL(8, "", "e805000000 eb09 9090 90 53 4889c3 5b c3 90 90"),
        /** A jump that goes by the bits of a xorshift generator. */
        BRANCH(
                15,
                "48b8157c4a7fb979379e",
                "4889c2 48c1e20d 4831d0 4889c2 48c1ea07 4831d0 4889c2 48c1e211 4831d0"
                        + "a801 7405 4801c3 eb04 4829c3 90"),
        /** REP MOVSB of 4 KiB; counts as one. */
        STRING(8, "", "4989c8 b900100000 be00003000 bf00003100 f3a4 4c89c1"),
        /** One load in every page of 28 MiB: each misses the TLB. */
        PAGES(7, "", "488b06 4801c3 4881c600100000 4881e6ffffff01 4881ce00004000"),
        /** x87 arithmetic and two memory operands. */
        X87(6, "", "d9e8 dc06 dcc8 dd5e08"),
        /** Packed integers and floating point, 128 bits; CR4.OSFXSR and OSXMMEXCPT are set. */
        SSE(
                9,
                "0f20e0 0d00060000 0f22e0",
                "660f6f06 660ffec1 660f3840c8 660f3800c2 0f58dc 660f59ee 660f7f4610"),
        /** The same and a fused multiplication, 256 bits; XCR0 has everything. */
        AVX(
                9,
                "0f20e0 0d00060400 0f22e0 4989c8 31c9 31d2 b807000000 0f01d1 4c89c1",
                "c5fd6f06 c5fdfec1 c4e27540c8 c4e27d00c2 c5e458dc c4e2cdb8ef c5fd7f4620");

        final int instructions;
        final byte[] setup;
        final byte[] body;

        Loop(int instructions, String setup, String body) {
            this.instructions = instructions;
            this.setup = hex(setup);
            this.body = hex(body);
        }
    }

    private LoopGuest() {}

    /**
     * Writes the guest and prints how many instructions it executes: {@code LOOP ITERATIONS FILE}.
     */
    public static void main(String[] arguments) throws IOException {
        Loop loop = Loop.valueOf(arguments[0]);
        long iterations = Long.parseLong(arguments[1]);
        Files.write(Path.of(arguments[2]), elf(loop, iterations));
        System.out.println(loop.instructions * iterations);
    }

    static byte[] elf(Loop loop, long iterations) {
        byte[] code = code(loop, iterations);
        int body = 0x1000;
        ByteBuffer elf =
                ByteBuffer.allocate(body + PAGE_TABLES + code.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        int entry = LOAD_GPA + PAGE_TABLES;
        elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0}).putLong(0);
        elf.putShort((short) 2)
                .putShort((short) 62)
                .putInt(1)
                .putLong(entry)
                .putLong(64)
                .putLong(0);
        elf.putInt(0)
                .putShort((short) 64)
                .putShort((short) 56)
                .putShort((short) 2)
                .putShort((short) 0)
                .putShort((short) 0)
                .putShort((short) 0);
        int size = PAGE_TABLES + code.length;
        elf.putInt(1)
                .putInt(7)
                .putLong(body)
                .putLong(LOAD_GPA)
                .putLong(LOAD_GPA)
                .putLong(size)
                .putLong(size)
                .putLong(0x1000);
        elf.putInt(4)
                .putInt(4)
                .putLong(HEADERS)
                .putLong(0)
                .putLong(0)
                .putLong(NOTE_BYTES)
                .putLong(NOTE_BYTES)
                .putLong(4);
        // XEN_ELFNOTE_PHYS32_ENTRY
        elf.putInt(4)
                .putInt(4)
                .putInt(18)
                .put("Xen\0".getBytes(StandardCharsets.US_ASCII))
                .putInt(entry);
        elf.position(body);
        pageTables(elf);
        elf.put(code);
        return elf.array();
    }

    /** The first GiB, in pages of 2 MiB. */
    private static void pageTables(ByteBuffer elf) {
        int start = elf.position();
        elf.putLong(start, LOAD_GPA + 0x1000 | 3);
        elf.putLong(start + 0x1000, LOAD_GPA + 0x2000 | 3);
        for (int k = 0; k < 512; k++) {
            elf.putLong(start + 0x2000 + 8 * k, (long) k << 21 | 0x83);
        }
        elf.position(start + PAGE_TABLES);
    }

    private static byte[] code(Loop loop, long iterations) {
        ByteBuffer code = ByteBuffer.allocate(0x400).order(ByteOrder.LITTLE_ENDIAN);
        code.put(hex("0f20e0 83c820 0f22e0 b8"))
                .putInt(LOAD_GPA)
                .put(hex("0f22d8")); // CR4.PAE, CR3
        code.put(hex("b9800000c0 0f32 0d00010000 0f30")); // EFER.LME
        code.put(hex("0f20c0 0d01000080 0f22c0")); // CR0.PG
        int entry = LOAD_GPA + PAGE_TABLES;
        code.put(hex("0f0115")).putInt(entry + 0x80); // lgdt
        code.put(hex("ea")).putInt(entry + 0xa0).putShort((short) 8);
        code.position(0x80);
        code.putShort((short) 23).putInt(entry + 0x88);
        code.position(0x88);
        code.putLong(0).putLong(0x00af_9b00_0000_ffffL).putLong(0x00cf_9300_0000_ffffL);
        code.position(0xa0);
        code.put(hex("66b81000 8ed8 8ec0 8ed0 bc00002000 be00003000 48b9")).putLong(iterations);
        code.put(loop.setup);
        int top = code.position();
        code.put(loop.body).put(hex("48ffc9 0f85")).putInt(top - (code.position() + 4));
        // Off: the debug-exit port of this project's machine and of QEMU's; else halt.
        code.put(hex("66baf400 b000 ee fa f4 ebfc"));
        return Arrays.copyOf(code.array(), code.position());
    }

    private static byte[] hex(String text) {
        String digits = text.replace(" ", "");
        byte[] bytes = new byte[digits.length() / 2];
        for (int k = 0; k < bytes.length; k++) {
            bytes[k] = (byte) Integer.parseInt(digits, 2 * k, 2 * k + 2, 16);
        }
        return bytes;
    }
}
