package vmm.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import vmd.posix.Fd;
import vmd.posix.PosixException;
import vmm.engine.CpuState;
import vmm.engine.SegmentState;
import vmm.mem.GuestMemory;

/** Puts into words why KVM gave a processor up, and in which state it was. */
final class KvmFailure {
    private static final String[] GPR_NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    private static final String[] SEGMENT_NAMES = {"es", "cs", "ss", "ds", "fs", "gs", "ldt", "tr"};
    private static final int CS = 1;
    private static final int LONG = 1 << 13;
    private static final long EFER_LMA = 1 << 10;
    private static final int CODE_BYTES = 16;
    private static final int MAX_DATA = 16;

    private KvmFailure() {}

    /** What the exit in {@code run} says, if it is one that no guest may cause. */
    static String reason(MemorySegment run) {
        int exit = run.get(ValueLayout.JAVA_INT, Abi.RUN_EXIT_REASON);
        return switch (exit) {
            case Abi.EXIT_INTERNAL_ERROR -> internalError(run);
            case Abi.EXIT_FAIL_ENTRY ->
                    "KVM cannot enter the guest, hardware reason "
                            + hex(run.get(ValueLayout.JAVA_LONG, Abi.RUN_HARDWARE_REASON));
            case Abi.EXIT_UNKNOWN ->
                    "KVM does not know the hardware's exit "
                            + hex(run.get(ValueLayout.JAVA_LONG, Abi.RUN_HARDWARE_REASON));
            default -> "KVM exit " + exit + ", which this machine did not ask for";
        };
    }

    private static String internalError(MemorySegment run) {
        int suberror = run.get(ValueLayout.JAVA_INT, Abi.RUN_SUBERROR);
        int count = run.get(ValueLayout.JAVA_INT, Abi.RUN_ERROR_COUNT);
        StringBuilder text = new StringBuilder("KVM internal error, suberror ").append(suberror);
        if (suberror != Abi.INTERNAL_ERROR_EMULATION) {
            for (int k = 0; k < Math.min(count, MAX_DATA); k++) {
                text.append(k == 0 ? ", data " : " ");
                text.append(hex(run.get(ValueLayout.JAVA_LONG, Abi.RUN_ERROR_DATA + 8L * k)));
            }
            return text.toString();
        }
        text.append(" (emulation failure)");
        long flags = run.get(ValueLayout.JAVA_LONG, Abi.RUN_EMULATION_FLAGS);
        if (count > 0 && (flags & Abi.EMULATION_FLAG_INSTRUCTION_BYTES) != 0) {
            int length = run.get(ValueLayout.JAVA_BYTE, Abi.RUN_EMULATION_LENGTH);
            byte[] bytes = new byte[Math.clamp(length, 0, 15)];
            MemorySegment.copy(
                    run, ValueLayout.JAVA_BYTE, Abi.RUN_EMULATION_BYTES, bytes, 0, bytes.length);
            text.append(", instruction ").append(HexFormat.ofDelimiter(" ").formatHex(bytes));
        }
        return text.toString();
    }

    /** The reason, then the registers and the bytes at RIP, several lines. */
    static String describe(String reason, Fd vcpu, GuestMemory memory) {
        StringBuilder text = new StringBuilder(reason);
        try {
            registers(text, KvmState.read(vcpu, false));
            code(text, vcpu, KvmState.read(vcpu, false), memory);
        } catch (PosixException | KvmException e) {
            text.append("\nregisters: ").append(e.getMessage());
        }
        return text.toString();
    }

    private static void registers(StringBuilder text, CpuState state) {
        for (int k = 0; k < GPR_NAMES.length; k++) {
            text.append(k % 4 == 0 ? '\n' : ' ').append(GPR_NAMES[k]);
            text.append('=').append(hex(state.gpr()[k]));
        }
        text.append("\nrip=").append(hex(state.rip()));
        text.append(" rflags=").append(hex(state.rflags()));
        for (int k = 0; k < SEGMENT_NAMES.length; k++) {
            SegmentState segment = state.segments()[k];
            text.append(k % 2 == 0 ? '\n' : ' ').append(SEGMENT_NAMES[k]).append('=');
            text.append(hex(segment.selector())).append(" base ").append(hex(segment.base()));
            text.append(" limit ").append(hex(segment.limit() & 0xffff_ffffL));
            text.append(" access ").append(hex(segment.access())).append(k % 2 == 0 ? ';' : ' ');
        }
        long[] control = state.control();
        text.append("\ncr0=").append(hex(control[0])).append(" cr2=").append(hex(control[1]));
        text.append(" cr3=").append(hex(control[2])).append(" cr4=").append(hex(control[3]));
        text.append(" efer=").append(hex(state.msrs()[0]));
        text.append("\ngdt=").append(hex(state.gdtBase())).append('+');
        text.append(hex(state.gdtLimit())).append(" idt=").append(hex(state.idtBase()));
        text.append('+').append(hex(state.idtLimit()));
    }

    private static void code(StringBuilder text, Fd vcpu, CpuState state, GuestMemory memory) {
        SegmentState cs = state.segments()[CS];
        boolean flat = (state.msrs()[0] & EFER_LMA) != 0 && (cs.access() & LONG) != 0;
        long linear = flat ? state.rip() : cs.base() + state.rip() & 0xffff_ffffL;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment translation = arena.allocate(Abi.TRANSLATION_SIZE, Long.BYTES);
            translation.set(ValueLayout.JAVA_LONG, Abi.TRANSLATION_LINEAR, linear);
            Kvm.call("KVM_TRANSLATE", vcpu, Abi.TRANSLATE, translation);
            long gpa = translation.get(ValueLayout.JAVA_LONG, Abi.TRANSLATION_GPA);
            boolean valid = translation.get(ValueLayout.JAVA_BYTE, Abi.TRANSLATION_VALID) != 0;
            if (!valid || !memory.contains(gpa, CODE_BYTES)) {
                text.append("\ncode: no RAM at rip");
                return;
            }
            byte[] bytes = new byte[CODE_BYTES];
            memory.copyOut(gpa, bytes, 0, CODE_BYTES);
            text.append("\ncode: ").append(HexFormat.ofDelimiter(" ").formatHex(bytes));
        }
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
