package vmm.dev.legacy;

import vmm.dev.IrqLine;
import vmm.dev.PortBus;
import vmm.dev.PortDevice;

/**
 * The keyboard controller of a PC/AT (IBM PC/AT Technical Reference, "Keyboard Controller") with no
 * keyboard and no auxiliary port behind it: self test, command byte, output port and reset work,
 * and what is sent to the keyboard ends at once with the controller's time-out answer, so that a
 * driver learns without waiting that nobody is there.
 */
public final class I8042 {
    private static final int DATA_PORT = 0x60;
    private static final int COMMAND_PORT = 0x64;

    /** What the byte that follows a command on the data port is for. */
    enum Expected {
        KEYBOARD,
        RAM,
        OUTPUT_PORT,
        ECHO,
        AUXILIARY
    }

    /** Everything that the controller remembers. */
    public record State(
            byte[] ram,
            int outputPort,
            boolean outputFull,
            int output,
            boolean timedOut,
            boolean lastWasCommand,
            Expected expected,
            int ramIndex) {}

    private static final int STATUS_OBF = 0x01;
    private static final int STATUS_SYS = 0x04;
    private static final int STATUS_COMMAND = 0x08;
    private static final int STATUS_UNLOCKED = 0x10;
    private static final int STATUS_TIMEOUT = 0x40;
    private static final int COMMAND_BYTE_IRQ1 = 0x01;
    private static final int COMMAND_BYTE_SYS = 0x04;
    private static final int COMMAND_BYTE_DISABLED = 0x10;
    private static final int COMMAND_BYTE_NO_AUX = 0x20;
    private static final int COMMAND_BYTE_TRANSLATE = 0x40;
    private static final int OUTPUT_NO_RESET = 0x01;
    private static final int OUTPUT_A20 = 0x02;
    private static final int RESEND = 0xfe;

    private final IrqLine line;
    private final IrqLine a20;
    private final Runnable reset;

    /** Byte 0 is the command byte. */
    private final byte[] ram = new byte[32];

    private int outputPort = OUTPUT_NO_RESET | OUTPUT_A20;
    private boolean outputFull;
    private int output;
    private boolean timedOut;
    private boolean lastWasCommand;
    private Expected expected = Expected.KEYBOARD;
    private int ramIndex;

    /**
     * {@code line} is interrupt line 1, {@code a20} the gate of address line 20 (open at first),
     * {@code reset} what a low pulse on the reset output does.
     */
    public I8042(IrqLine line, IrqLine a20, Runnable reset) {
        this.line = line;
        this.a20 = a20;
        this.reset = reset;
        ram[0] =
                COMMAND_BYTE_SYS
                        | COMMAND_BYTE_DISABLED
                        | COMMAND_BYTE_NO_AUX
                        | COMMAND_BYTE_TRANSLATE;
        a20.level(true);
    }

    /** Registers the ports. */
    public void attach(PortBus bus) {
        bus.attachBytes(DATA_PORT, 1, new DataPort());
        bus.attachBytes(COMMAND_PORT, 1, new CommandPort());
    }

    private int readData() {
        outputFull = false;
        timedOut = false;
        sync();
        return output;
    }

    private int status() {
        return STATUS_UNLOCKED
                | (ram[0] & STATUS_SYS)
                | (outputFull ? STATUS_OBF : 0)
                | (timedOut ? STATUS_TIMEOUT : 0)
                | (lastWasCommand ? STATUS_COMMAND : 0);
    }

    private void answer(int value) {
        output = value;
        outputFull = true;
        timedOut = false;
    }

    private void writeData(int value) {
        lastWasCommand = false;
        Expected use = expected;
        expected = Expected.KEYBOARD;
        switch (use) {
            case KEYBOARD, AUXILIARY -> {
                answer(RESEND);
                timedOut = true;
            }
            case RAM -> ram[ramIndex] = (byte) value;
            case OUTPUT_PORT -> writeOutputPort(value);
            case ECHO -> answer(value);
        }
        sync();
    }

    private void writeOutputPort(int value) {
        outputPort = value & (OUTPUT_NO_RESET | OUTPUT_A20);
        a20.level((value & OUTPUT_A20) != 0);
        if ((value & OUTPUT_NO_RESET) == 0) {
            reset.run();
        }
    }

    private void command(int value) {
        lastWasCommand = true;
        expected = Expected.KEYBOARD;
        if (value < 0x40) {
            answer(ram[value & 0x1f] & 0xff);
        } else if (value < 0x80) {
            ramIndex = value & 0x1f;
            expected = Expected.RAM;
        } else if (value >= 0xf0) {
            // Pulses the outputs whose bits are 0; only the reset output does something.
            if ((value & 1) == 0) {
                reset.run();
            }
        } else {
            controllerCommand(value);
        }
        sync();
    }

    private void controllerCommand(int value) {
        switch (value) {
            case 0xa9 -> answer(0x01); // auxiliary port: its clock line is stuck low
            case 0xaa -> {
                ram[0] |= COMMAND_BYTE_SYS;
                answer(0x55);
            }
            case 0xab -> answer(0x00); // keyboard port: no error
            case 0xad -> ram[0] |= COMMAND_BYTE_DISABLED;
            case 0xae -> ram[0] &= ~COMMAND_BYTE_DISABLED;
            case 0xc0 -> answer(0x80); // input port: keyboard not inhibited
            case 0xd0 -> answer(outputPort | (outputFull ? 0x10 : 0));
            case 0xd1 -> expected = Expected.OUTPUT_PORT;
            // 0xd3 would answer from the auxiliary port. A controller without one answers as for
            // 0xd2, which tells a driver at once that the port does not exist.
            case 0xd2, 0xd3 -> expected = Expected.ECHO;
            case 0xd4 -> expected = Expected.AUXILIARY;
            case 0xe0 -> answer(0x00);
            default -> {
                // No operation, 0xa7 and 0xa8 (auxiliary port off and on) among them.
            }
        }
    }

    private void sync() {
        line.level(outputFull && (ram[0] & COMMAND_BYTE_IRQ1) != 0);
    }

    /** What the controller remembers. */
    public State state() {
        return new State(
                ram.clone(),
                outputPort,
                outputFull,
                output,
                timedOut,
                lastWasCommand,
                expected,
                ramIndex);
    }

    /** Continues from {@code state}. */
    public void restore(State s) {
        System.arraycopy(s.ram, 0, ram, 0, ram.length);
        outputPort = s.outputPort;
        outputFull = s.outputFull;
        output = s.output & 0xff;
        timedOut = s.timedOut;
        lastWasCommand = s.lastWasCommand;
        expected = s.expected;
        ramIndex = s.ramIndex & 0x1f;
        a20.level((outputPort & OUTPUT_A20) != 0);
        sync();
    }

    private final class DataPort implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            return readData();
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            writeData(value & 0xff);
        }
    }

    private final class CommandPort implements PortDevice {
        @Override
        public int portRead(int offset, int size) {
            return status();
        }

        @Override
        public void portWrite(int offset, int size, int value) {
            command(value & 0xff);
        }
    }
}
