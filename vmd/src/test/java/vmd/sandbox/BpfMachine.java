package vmd.sandbox;

/** The kernel's classic BPF machine, as far as filters use it: what a program answers. */
final class BpfMachine {
    static final int X86_64 = 0xc000003e;

    private BpfMachine() {}

    /** The value returned for a call; loads outside struct seccomp_data and loops are errors. */
    static int run(long[] program, int architecture, int number, long... arguments) {
        int accumulator = 0;
        int at = 0;
        while (true) {
            long word = program[at++];
            int operand = (int) (word >>> 32);
            int ifTrue = at + (int) (word >> 16 & 0xff);
            int ifFalse = at + (int) (word >> 24 & 0xff);
            switch ((int) (word & 0xffff)) {
                case 0x20 -> accumulator = load(operand, architecture, number, arguments);
                case 0x15 -> at = accumulator == operand ? ifTrue : ifFalse;
                case 0x35 ->
                        at = Integer.compareUnsigned(accumulator, operand) >= 0 ? ifTrue : ifFalse;
                case 0x45 -> at = (accumulator & operand) != 0 ? ifTrue : ifFalse;
                case 0x54 -> accumulator &= operand;
                case 0x06 -> {
                    return operand;
                }
                default -> throw new IllegalStateException("operation " + word);
            }
        }
    }

    private static int load(int offset, int architecture, int number, long[] arguments) {
        if (offset == 0) {
            return number;
        } else if (offset == 4) {
            return architecture;
        }
        int index = (offset - 16) / 8;
        long argument = index < arguments.length ? arguments[index] : 0;
        return (int) ((offset - 16) % 8 == 0 ? argument : argument >>> 32);
    }
}
