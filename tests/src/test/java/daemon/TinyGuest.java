package daemon;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Kernels of a few instructions: ELF files that are entered in 64-bit mode, in which the assembly
 * on the right is what the bytes on the left say.
 */
final class TinyGuest {
    private static final int LOAD_GPA = 0x100_0000;
    private static final int CODE_OFFSET = 0x1000;

    // spotless:off
    /** Waits for interrupts that never come. */
    private static final byte[] SLEEP = bytes(
            0xfb,                   // 1: sti
            0xf4,                   //    hlt
            0xeb, 0xfc);            //    jmp 1b

    private static final byte[] POWER_OFF = bytes(
            0xfa,                   //    cli
            0xf4);                  //    hlt

    private static final byte[] REBOOT = bytes(
            0xb0, 0xfe,             //    mov al, 0xfe
            0xe6, 0x64,             //    out 0x64, al
            0xeb, 0xfe);            // 1: jmp 1b

    private static final byte[] TRIPLE_FAULT = bytes(
            0x6a, 0x00,             //    push 0
            0x6a, 0x00,             //    push 0
            0x0f, 0x01, 0x1c, 0x24, //    lidt [rsp]
            0x0f, 0x0b);            //    ud2

    /** Writes the text behind the code to the serial port, up to a zero. */
    private static final byte[] PRINT = bytes(
            0x66, 0xba, 0xfb, 0x03, //    mov dx, 0x3fb
            0xb0, 0x03,             //    mov al, 3         (eight bits)
            0xee,                   //    out dx, al
            0x48, 0x8d, 0x35, 0, 0, 0, 0, //  lea rsi, [rip + TEXT]
            0x66, 0xba, 0xfd, 0x03, // 1: mov dx, 0x3fd
            0xec,                   //    in al, dx
            0xa8, 0x20,             //    test al, 0x20     (transmitter empty)
            0x74, 0xf7,             //    jz 1b
            0x66, 0xba, 0xf8, 0x03, //    mov dx, 0x3f8
            0xac,                   //    lodsb
            0x84, 0xc0,             //    test al, al
            0x74, 0x03,             //    jz 2f
            0xee,                   //    out dx, al
            0xeb, 0xeb);            //    jmp 1b
                                    // 2:
    private static final int PRINT_TEXT_FIELD = 10;

    /** Sends back what comes, one up: a becomes b. */
    private static final byte[] ECHO = bytes(
            0x66, 0xba, 0xfb, 0x03, //    mov dx, 0x3fb
            0xb0, 0x03,             //    mov al, 3
            0xee,                   //    out dx, al
            0x66, 0xba, 0xfd, 0x03, // 1: mov dx, 0x3fd
            0xec,                   //    in al, dx
            0xf6, 0xd0,             //    not al
            0xa8, 0x21,             //    test al, 0x21     (received, transmitter empty)
            0x75, 0xf5,             //    jnz 1b
            0x66, 0xba, 0xf8, 0x03, //    mov dx, 0x3f8
            0xec,                   //    in al, dx
            0xfe, 0xc0,             //    inc al
            0xee,                   //    out dx, al
            0xeb, 0xeb);            //    jmp 1b

    /** Switches the power button on, waits for it, and powers off through ACPI. */
    private static final byte[] BUTTON = bytes(
            0x66, 0xba, 0x02, 0x06, //    mov dx, 0x602
            0x66, 0xb8, 0x00, 0x01, //    mov ax, 0x100
            0x66, 0xef,             //    out dx, ax
            0x66, 0xba, 0x00, 0x06, // 1: mov dx, 0x600
            0x66, 0xed,             //    in ax, dx
            0xf6, 0xc4, 0x01,       //    test ah, 1
            0x74, 0xf5,             //    jz 1b
            0x66, 0xba, 0x04, 0x06, //    mov dx, 0x604
            0x66, 0xb8, 0x00, 0x20, //    mov ax, 0x2000    (S5 type 0, sleep enable)
            0x66, 0xef,             //    out dx, ax
            0xeb, 0xfe);            // 2: jmp 2b

    /** Switches the power button on. */
    private static final byte[] LISTEN = bytes(
            0x66, 0xba, 0x02, 0x06, //    mov dx, 0x602
            0x66, 0xb8, 0x00, 0x01, //    mov ax, 0x100
            0x66, 0xef);            //    out dx, ax

    /** When it has received something it sends the alphabet, again and again, so many letters. */
    private static final byte[] TALK = bytes(
            0x66, 0xba, 0xfb, 0x03, //    mov dx, 0x3fb
            0xb0, 0x03,             //    mov al, 3
            0xee,                   //    out dx, al
            0x66, 0xba, 0xfd, 0x03, //    mov dx, 0x3fd
            0xec,                   // 1: in al, dx
            0xa8, 0x01,             //    test al, 1        (received)
            0x74, 0xfb,             //    jz 1b
            0xb9, 0, 0, 0, 0,       //    mov ecx, LETTERS
            0xb3, 0x61,             //    mov bl, 'a'
            0x66, 0xba, 0xfd, 0x03, // 2: mov dx, 0x3fd
            0xec,                   // 3: in al, dx
            0xa8, 0x20,             //    test al, 0x20     (transmitter empty)
            0x74, 0xfb,             //    jz 3b
            0x66, 0xba, 0xf8, 0x03, //    mov dx, 0x3f8
            0x88, 0xd8,             //    mov al, bl
            0xee,                   //    out dx, al
            0xfe, 0xc3,             //    inc bl
            0x80, 0xfb, 0x7b,       //    cmp bl, 'z' + 1
            0x75, 0x02,             //    jne 4f
            0xb3, 0x61,             //    mov bl, 'a'
            0xff, 0xc9,             // 4: dec ecx
            0x75, 0xe3);            //    jnz 2b
    private static final int TALK_LETTERS_FIELD = 17;
    // spotless:on

    private TinyGuest() {}

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int k = 0; k < values.length; k++) {
            bytes[k] = (byte) values[k];
        }
        return bytes;
    }

    static Path sleeping(Path folder) throws IOException {
        return write(folder.resolve("sleeping"), SLEEP);
    }

    static Path poweringOff(Path folder) throws IOException {
        return write(folder.resolve("powering-off"), POWER_OFF);
    }

    static Path rebooting(Path folder) throws IOException {
        return write(folder.resolve("rebooting"), REBOOT);
    }

    static Path faulting(Path folder) throws IOException {
        return write(folder.resolve("faulting"), TRIPLE_FAULT);
    }

    static Path listeningToTheButton(Path folder) throws IOException {
        return write(folder.resolve("listening"), sayThen("ready\n", BUTTON));
    }

    /** Says that the power button is on, and sleeps whatever happens to it. */
    static Path deafToTheButton(Path folder) throws IOException {
        return write(folder.resolve("deaf"), concat(LISTEN, sayThen("ready\n", SLEEP)));
    }

    /** Says something, then sleeps. */
    static Path saying(Path folder, String text) throws IOException {
        return write(folder.resolve("saying"), sayThen(text, SLEEP));
    }

    static Path echoing(Path folder) throws IOException {
        return write(folder.resolve("echoing"), ECHO);
    }

    /** Sends so many letters when it has received something, then halts for ever. */
    static Path talking(Path folder, int letters) throws IOException {
        byte[] talk = TALK.clone();
        ByteBuffer.wrap(talk).order(ByteOrder.LITTLE_ENDIAN).putInt(TALK_LETTERS_FIELD, letters);
        return write(folder.resolve("talking"), concat(talk, POWER_OFF));
    }

    private static byte[] sayThen(String text, byte[] then) {
        byte[] head = PRINT.clone();
        int textAt = head.length + then.length;
        int next = PRINT_TEXT_FIELD + Integer.BYTES;
        ByteBuffer.wrap(head)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(PRINT_TEXT_FIELD, textAt - next);
        return concat(concat(head, then), (text + "\0").getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] concat(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }

    private static Path write(Path file, byte[] code) throws IOException {
        ByteBuffer elf =
                ByteBuffer.allocate(CODE_OFFSET + code.length).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62);
        elf.putLong(24, LOAD_GPA).putLong(32, 64);
        elf.putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, 1).putLong(72, CODE_OFFSET).putLong(88, LOAD_GPA);
        elf.putLong(96, code.length).putLong(104, code.length);
        elf.put(CODE_OFFSET, code);
        return Files.write(file, elf.array());
    }
}
