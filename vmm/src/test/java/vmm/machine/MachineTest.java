package vmm.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import vmm.boot.BootException;
import vmm.boot.BootSource;
import vmm.mem.GuestMemory;

/** Kernels of a few instructions on the whole machine. */
final class MachineTest {
    private static final long KERNEL = 1 << 20;

    // 32-bit code; ports as in a PC and in the ACPI tables.
    private static final String POWER_OFF = "66ba0406 66b80020 66ef"; // out 0x604, 0x2000
    private static final String RESET_CF9 = "66baf90c b006 ee"; // out 0xcf9, 6
    private static final String RESET_KEYBOARD = "b0fe e664"; // out 0x64, 0xfe
    private static final String SPIN = "ebfe";
    private static final String EIGHT_BITS = "66bafb03 b003 ee"; // out 0x3fb, 3
    private static final String PRINT_HI = "66baf803 b048 ee b049 ee"; // out 0x3f8, "HI"
    private static final String TRIPLE_FAULT = "0f011d00001000 0f0b"; // lidt [1 MiB]; ud2

    /** Reads the serial port until a character comes, and sends it back incremented. */
    private static final String ECHO = "66bafd03 ec a801 74fb 66baf803 ec 40 ee";

    private record Program(byte[] elf) implements BootSource {
        @Override
        public long sizeBytes() {
            return elf.length;
        }

        @Override
        public void read(long offset, MemorySegment into) {
            MemorySegment.copy(MemorySegment.ofArray(elf), offset, into, 0, into.byteSize());
        }
    }

    /** A 32-bit ELF kernel with the given code, entered behind eight bytes of zeroes. */
    private static Program program(String... code) {
        byte[] bytes = HexFormat.of().parseHex(String.join("", code).replace(" ", ""));
        ByteBuffer elf = ByteBuffer.allocate(0x100 + 8 + bytes.length);
        elf.order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 1).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 3);
        elf.putInt(24, (int) KERNEL + 8).putInt(28, 0x40);
        elf.putShort(42, (short) 32).putShort(44, (short) 1);
        elf.putInt(0x40, 1).putInt(0x44, 0x100).putInt(0x4c, (int) KERNEL);
        elf.putInt(0x50, 8 + bytes.length).putInt(0x54, 0x1000);
        elf.put(0x108, bytes);
        return new Program(elf.array());
    }

    private static final class Listener implements MachineConfig.Console {
        private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
        private final CountDownLatch something = new CountDownLatch(1);

        @Override
        public void output(byte[] bytes, int length) {
            heard.write(bytes, 0, length);
            something.countDown();
        }

        String text() {
            return heard.toString(StandardCharsets.ISO_8859_1);
        }
    }

    private final Listener listener = new Listener();
    private final GuestMemory memory = GuestMemory.allocate(4 << 20);

    private Machine machine(String... code) {
        return new Machine(
                new MachineConfig(
                        memory,
                        1,
                        "soft",
                        List.of(),
                        listener,
                        program(code),
                        null,
                        "",
                        line -> {}));
    }

    private End run(String... code) {
        try (Machine machine = machine(code)) {
            return machine.run();
        }
    }

    @Test
    void guestSwitchesItselfOff() {
        assertEquals(End.Kind.POWER_OFF, run(POWER_OFF, SPIN).kind());
    }

    @Test
    void kernelInTheMakingPrintsAndEndsItsTest() {
        End end = run("b041 e6e9 b00a e6e9 31c0 b0fe 66e7f4", SPIN); // out 0xe9, "A\n"; out 0xf4
        assertEquals("A\r\n", listener.text());
        assertEquals(End.Kind.POWER_OFF, end.kind());
        assertEquals("the guest ended its test with 0xfe", end.reason());
    }

    @Test
    void guestResetsItself() {
        assertEquals(End.Kind.REBOOT, run(RESET_CF9, SPIN).kind());
        assertEquals(End.Kind.REBOOT, run(RESET_KEYBOARD, SPIN).kind());
    }

    @Test
    void tripleFaultIsReported() {
        assertEquals(End.Kind.TRIPLE_FAULT, run(TRIPLE_FAULT).kind());
    }

    @Test
    void haltWithInterruptsDisabledEndsTheMachine() {
        End end = run("fa f4");
        assertEquals(End.Kind.POWER_OFF, end.kind());
        assertEquals("processor halted with interrupts disabled", end.reason());
    }

    @Test
    void outputIsDeliveredBeforeTheEnd() {
        run(EIGHT_BITS, PRINT_HI, POWER_OFF, SPIN);
        assertEquals("HI", listener.text());
    }

    @Test
    void outputIsDeliveredWhenTheRunIsOver() {
        try (Machine machine = machine(EIGHT_BITS, PRINT_HI, POWER_OFF, SPIN)) {
            machine.run();
            assertEquals("HI", listener.text());
        }
    }

    @Test
    void inputReachesTheGuest() throws InterruptedException {
        try (Machine machine = machine(EIGHT_BITS, PRINT_HI, ECHO, POWER_OFF, SPIN)) {
            Thread typist =
                    Thread.ofPlatform()
                            .start(() -> {
                                try {
                                    listener.something.await();
                                    machine.consoleInput(new byte[] {'a'}, 0, 1);
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            assertEquals(End.Kind.POWER_OFF, machine.run().kind());
            typist.join();
        }
        assertEquals("HIb", listener.text());
    }

    @Test
    void spinningGuestIsPausedResumedAndStopped() throws InterruptedException {
        try (Machine machine = machine(EIGHT_BITS, PRINT_HI, SPIN)) {
            End[] end = new End[1];
            Thread processor = Thread.ofPlatform().start(() -> end[0] = machine.run());
            listener.something.await();
            assertTrue(machine.pause());
            assertTrue(machine.pause(), "a second pause finds it paused");
            machine.resume();
            assertTrue(machine.pause());
            machine.stop();
            processor.join();
            assertEquals(End.Kind.STOPPED, end[0].kind());
            assertEquals(false, machine.pause());
        }
    }

    @Test
    void whatIsNoKernelIsRefused() {
        MachineConfig config =
                new MachineConfig(
                        memory,
                        1,
                        "soft",
                        List.of(),
                        listener,
                        new Program(new byte[100]),
                        null,
                        "",
                        line -> {});
        assertThrows(BootException.class, () -> new Machine(config));
    }

    @Test
    void acpiTablesAreWhereSystemsLook() {
        try (Machine machine = machine(SPIN)) {
            byte[] signature = new byte[8];
            memory.copyOut(0xf0000, signature, 0, 8);
            assertEquals("RSD PTR ", new String(signature, StandardCharsets.US_ASCII));
            machine.stop();
            assertEquals(End.Kind.STOPPED, machine.run().kind());
        }
    }

    /** A ROM of 64 KiB whose reset vector jumps to {@code code} at its start. */
    private static Program rom(String... code) {
        byte[] rom = new byte[64 << 10];
        byte[] bytes = HexFormat.of().parseHex(String.join("", code).replace(" ", ""));
        System.arraycopy(bytes, 0, rom, 0, bytes.length);
        byte[] jump = HexFormat.of().parseHex("ea000000f0"); // jmp 0xf000:0
        System.arraycopy(jump, 0, rom, 0xfff0, jump.length);
        return new Program(rom);
    }

    private End run(Program firmware, @Nullable Program initrd) {
        MachineConfig config =
                new MachineConfig(
                        memory, 1, "soft", List.of(), listener, firmware, initrd, "quiet", log);
        try (Machine machine = new Machine(config)) {
            return machine.run();
        }
    }

    private final List<String> logged = new java.util.ArrayList<>();
    private final java.util.function.Consumer<String> log = logged::add;

    @Test
    void firmwareStartsAtTheResetVectorAndMayWriteItsShadow() {
        // mov word [cs:0x8000],0x4948 through ds=cs; then print both bytes.
        String hi =
                "bafb03 b003 ee 8cc8 8ed8 c70600804849 baf803 a00080 ee a00180 ee"
                        + "ba0204 b04f ee b04b ee b00a ee" // "OK\n" to port 0x402
                        + "ba0406 b80020 ef ebfe";
        End end = run(rom(hi), (Program) null);
        assertEquals(End.Kind.POWER_OFF, end.kind(), end.reason());
        assertEquals("HI", listener.text());
        assertEquals(List.of("firmware: OK"), logged);
    }

    @Test
    void firmwareSeesItsRomBelow4GibAndCannotWriteIt() {
        // Big real mode by the descriptor at f000:0x108; [0xfffffff0] is written, read and printed.
        String enter =
                "bafb03 b003 ee 8cc8 8ed8 0f01161001 0f20c0 40 0f22c0 bb0800 8edb 48 0f22c0"
                        + "66bbf0ffffff 67c60300 678a03 baf803 ee"
                        + "ba0406 b80020 ef ebfe";
        byte[] code = HexFormat.of().parseHex(enter.replace(" ", ""));
        byte[] table = new byte[0x118];
        System.arraycopy(code, 0, table, 0, code.length);
        System.arraycopy(HexFormat.of().parseHex("ffff00000092cf00"), 0, table, 0x108, 8);
        System.arraycopy(HexFormat.of().parseHex("0f0000010f00"), 0, table, 0x110, 6);
        End end = run(rom(HexFormat.of().formatHex(table)), (Program) null);
        assertEquals(End.Kind.POWER_OFF, end.kind(), end.reason());
        assertEquals("\u00ea", listener.text());
    }

    @Test
    void firmwareTakesNoInitrd() {
        BootException e = assertThrows(BootException.class, () -> run(rom("f4"), program(SPIN)));
        assertEquals("firmware takes no initrd", e.getMessage());
    }
}
