package vmm.conformance;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import vmm.cpu.Cpu;
import vmm.cpu.GuestFault;
import vmm.cpu.fpu.StatusWord;
import vmm.cpu.isa.Facts;
import vmm.cpu.isa.Form;

/** Compares what the host did with a slot to what the emulated processor did. */
final class Comparison {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };

    /** Trap number of INT3: the end of a case. */
    private static final int END = 3;

    private final List<String> differences = new ArrayList<>();

    private Comparison() {}

    /**
     * What differs, one line each; empty if nothing does.
     *
     * @param fault the fault that ended the case on the emulated processor, or null if it came to
     *     an INT3
     */
    static List<String> differences(
            Case made,
            Slot slot,
            Cpu cpu,
            @org.jspecify.annotations.Nullable GuestFault fault,
            Slot emulated) {
        Comparison comparison = new Comparison();
        comparison.end(slot, cpu, fault);
        comparison.registers(made.form, slot, cpu);
        comparison.floatingPoint(made.form, slot, cpu);
        comparison.memory(slot, emulated);
        return comparison.differences;
    }

    private void end(Slot slot, Cpu cpu, @org.jspecify.annotations.Nullable GuestFault fault) {
        int trap = (int) slot.after(Slot.FRAME_TRAP);
        compare("fault", trap, fault == null ? END : fault.vector());
        if (fault != null && trap == fault.vector()) {
            // In the upper half the host's kernel has pages that are present.
            boolean kernel = trap == Cpu.PF && slot.after(Slot.FRAME_CR2) < 0;
            long code = slot.after(Slot.FRAME_ERROR) & (kernel ? ~1 : ~0);
            compare("error code", code, Math.max(fault.errorCode(), 0));
            if (trap == Cpu.PF) {
                compare("cr2", slot.after(Slot.FRAME_CR2), cpu.cr2);
            }
        }
        // The host's RIP is behind the INT3 that ended the case.
        compare("rip", slot.after(Slot.FRAME_RIP) - (trap == END ? 1 : 0), cpu.rip);
    }

    private void registers(Form form, Slot slot, Cpu cpu) {
        for (int r = 0; r < 16; r++) {
            compare(NAMES[r], slot.gprAfter(r), cpu.gpr[r]);
        }
        long defined = definedFlags(form);
        compare("flags", slot.after(Slot.FRAME_FLAGS) & defined, cpu.flags() & defined);
    }

    /** The flags that the row defines. */
    static long definedFlags(Form form) {
        long defined = Cpu.ARITHMETIC_FLAGS | Cpu.FLAG_DF;
        defined &= ~undefined(form, Facts.UNDEFINED_CF, Cpu.FLAG_CF);
        defined &= ~undefined(form, Facts.UNDEFINED_PF, Cpu.FLAG_PF);
        defined &= ~undefined(form, Facts.UNDEFINED_AF, Cpu.FLAG_AF);
        defined &= ~undefined(form, Facts.UNDEFINED_ZF, Cpu.FLAG_ZF);
        defined &= ~undefined(form, Facts.UNDEFINED_SF, Cpu.FLAG_SF);
        defined &= ~undefined(form, Facts.UNDEFINED_OF, Cpu.FLAG_OF);
        return defined;
    }

    private static long undefined(Form form, int fact, long flag) {
        return form.is(fact) ? flag : 0;
    }

    private void floatingPoint(Form form, Slot slot, Cpu cpu) {
        compare(
                "fcw",
                slot.memory().get(ValueLayout.JAVA_SHORT, Slot.OUT_FX) & 0xffff,
                cpu.x87.control);
        int status = form.is(Facts.LAST_PLACE) ? 0xffff & ~StatusWord.C1 : 0xffff;
        compare(
                "fsw",
                slot.memory().get(ValueLayout.JAVA_SHORT, Slot.OUT_FX + 2) & status,
                cpu.x87.statusWord() & status);
        compare(
                "ftw",
                slot.memory().get(ValueLayout.JAVA_BYTE, Slot.OUT_FX + 4) & 0xff,
                cpu.x87.occupied);
        compare("mxcsr", slot.memory().get(ValueLayout.JAVA_INT, Slot.OUT_FX + 24), cpu.mxcsr);
        for (int r = 0; r < 8; r++) {
            int physical = cpu.x87.top + r & 7;
            extended(
                    form,
                    "st" + r,
                    slot.memory().get(ValueLayout.JAVA_SHORT, Slot.OUT_FX + 40 + 16L * r) & 0xffff,
                    slot.memory().get(ValueLayout.JAVA_LONG, Slot.OUT_FX + 32 + 16L * r),
                    cpu.x87.signExponent[physical],
                    cpu.x87.significand[physical]);
        }
        for (int r = 0; r < 16; r++) {
            for (int half = 0; half < (HostFeatures.has("avx") ? 4 : 2); half++) {
                compare(
                        "ymm" + r + "[" + half + "]",
                        slot.vectorAfter(r, half),
                        cpu.vector[4 * r + half]);
            }
        }
    }

    /** Rows marked {@link Facts#LAST_PLACE} may be off by one unit in the last place. */
    private void extended(
            Form form, String what, int hostExponent, long host, int ourExponent, long ours) {
        long distance = (hostExponent - ourExponent) * Long.MIN_VALUE + host - ours;
        if (form.is(Facts.LAST_PLACE)
                && Math.abs(hostExponent - ourExponent) <= 1
                && Math.abs(distance) <= 1) {
            return;
        }
        compare(what, host, ours);
        compare(what + " exponent", hostExponent, ourExponent);
    }

    private void memory(Slot slot, Slot emulated) {
        for (int at = Slot.CODE; at < Slot.BYTES; at += 8) {
            compare(
                    "memory +0x" + Integer.toHexString(at),
                    slot.memory().get(ValueLayout.JAVA_LONG, at),
                    emulated.memory().get(ValueLayout.JAVA_LONG, at));
        }
    }

    private void compare(String what, long host, long ours) {
        if (host != ours && differences.size() < 12) {
            differences.add(
                    what + ": host " + Long.toHexString(host) + ", ours " + Long.toHexString(ours));
        }
    }
}
