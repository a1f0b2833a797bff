package vmm.conformance;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.isa.Form;

/** All that {@link Comparison} compares after a case, as numbers, to be recorded. */
final class Outcome {
    private static final int END = 3, NUMBERS = 128 + (Slot.BYTES - Slot.CODE) / 8;

    private final long[] numbers = new long[NUMBERS];
    private int count;

    private Outcome() {}

    static Outcome ofHost(Form form, Slot slot) {
        Outcome outcome = new Outcome();
        int trap = (int) slot.after(Slot.FRAME_TRAP);
        outcome.add(trap);
        outcome.add(trap == END ? 0 : slot.after(Slot.FRAME_ERROR));
        outcome.add(trap == Cpu.PF ? slot.after(Slot.FRAME_CR2) : 0);
        outcome.add(slot.after(Slot.FRAME_RIP) - (trap == END ? 1 : 0));
        for (int r = 0; r < 16; r++) {
            outcome.add(slot.gprAfter(r));
            for (int half = 0; half < 4; half++) {
                outcome.add(slot.vectorAfter(r, half));
            }
        }
        outcome.add(slot.after(Slot.FRAME_FLAGS) & Comparison.definedFlags(form));
        var memory = slot.memory();
        outcome.add(memory.get(ValueLayout.JAVA_INT, Slot.OUT_FX));
        outcome.add(memory.get(ValueLayout.JAVA_BYTE, Slot.OUT_FX + 4) & 0xff);
        outcome.add(memory.get(ValueLayout.JAVA_INT, Slot.OUT_FX + 24));
        for (int r = 0; r < 8; r++) {
            outcome.add(memory.get(ValueLayout.JAVA_LONG, Slot.OUT_FX + 32 + 16L * r));
            outcome.add(memory.get(ValueLayout.JAVA_SHORT, Slot.OUT_FX + 40 + 16L * r) & 0xffff);
        }
        outcome.memory(slot);
        return outcome;
    }

    static Outcome of(Form form, Cpu cpu, @Nullable GuestFault fault, Slot slot) {
        Outcome outcome = new Outcome();
        outcome.add(fault == null ? END : fault.vector());
        outcome.add(fault == null ? 0 : Math.max(fault.errorCode(), 0));
        outcome.add(fault != null && fault.vector() == Cpu.PF ? cpu.cr2 : 0);
        outcome.add(cpu.rip);
        for (int r = 0; r < 16; r++) {
            outcome.add(cpu.gpr[r]);
            for (int half = 0; half < 4; half++) {
                outcome.add(cpu.vector[4 * r + half]);
            }
        }
        outcome.add(cpu.flags() & Comparison.definedFlags(form));
        outcome.add(cpu.x87.control | cpu.x87.statusWord() << 16);
        outcome.add(cpu.x87.occupied);
        outcome.add(cpu.mxcsr);
        for (int r = 0; r < 8; r++) {
            int physical = cpu.x87.top + r & 7;
            outcome.add(cpu.x87.significand[physical]);
            outcome.add(cpu.x87.signExponent[physical]);
        }
        outcome.memory(slot);
        return outcome;
    }

    private void add(long number) {
        numbers[count++] = number;
    }

    private void memory(Slot slot) {
        for (int at = Slot.CODE; at < Slot.BYTES; at += 8) {
            add(slot.memory().get(ValueLayout.JAVA_LONG, at));
        }
    }

    /** 24 bits that depend on everything. */
    int digest() {
        long hash = 0;
        for (long number : Arrays.copyOf(numbers, count)) {
            hash = Long.rotateLeft((hash ^ number) * 0x9e37_79b9_7f4a_7c15L, 29);
        }
        return (int) (hash >>> 40);
    }
}
