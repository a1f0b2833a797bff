package vmd.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * A policy as a program of the kernel's classic BPF machine (Linux Documentation/userspace-api/
 * seccomp_filter.rst and linux/filter.h). An instruction is a 64-bit word: code in bits 0-15, the
 * jump distances if true and if false in 16-23 and 24-31, the operand in 32-63.
 *
 * <p>The program goes through the rules in order. Its length costs little: for a call that is
 * always allowed the kernel remembers so in a bitmap and does not run the program.
 */
final class Filter {
    // linux/bpf_common.h: class, size, mode and operation of an instruction.
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_EQUAL = 0x05 | 0x10;
    private static final int JUMP_GREATER_EQUAL = 0x05 | 0x30;
    private static final int JUMP_ANY_BIT = 0x05 | 0x40;
    private static final int AND = 0x04 | 0x50;
    private static final int RETURN = 0x06;

    // struct seccomp_data: nr, arch, instruction pointer, six 64-bit arguments.
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int ARGUMENTS = 16;

    private static final int AUDIT_ARCH_X86_64 = 0xc000003e;
    private static final int X32_BIT = 0x40000000;
    private static final int KILL_PROCESS = 0x80000000;
    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050000;
    private static final int ENOSYS = 38;
    private static final int JUMP_MAX = 255;

    private final List<Long> code = new ArrayList<>();

    private Filter() {}

    /** The program for a policy. */
    static long[] compile(Policy policy) {
        Filter f = new Filter();
        // Another architecture numbers its calls otherwise: the 32-bit entry of an x86-64 kernel.
        f.add(LOAD_WORD, 0, 0, ARCHITECTURE);
        f.add(JUMP_EQUAL, 1, 0, AUDIT_ARCH_X86_64);
        f.add(RETURN, 0, 0, KILL_PROCESS);
        f.add(LOAD_WORD, 0, 0, NUMBER);
        // x32 calls carry a bit that would let them past every comparison below.
        f.add(JUMP_GREATER_EQUAL, 0, 1, X32_BIT);
        f.add(RETURN, 0, 0, ERRNO | ENOSYS);
        for (Rule rule : policy.rules()) {
            f.rule(rule);
        }
        f.add(RETURN, 0, 0, ALLOW);
        return f.code.stream().mapToLong(Long::longValue).toArray();
    }

    private void rule(Rule rule) {
        Rule.Condition condition = rule.condition();
        if (condition == null) {
            add(JUMP_EQUAL, 0, 1, rule.number());
            add(RETURN, 0, 0, ERRNO | rule.errno());
            return;
        }
        Filter test = new Filter();
        test.condition(condition, ERRNO | rule.errno());
        if (test.code.size() > JUMP_MAX) {
            throw new IllegalArgumentException("condition on " + rule.syscall() + " is too long");
        }
        add(JUMP_EQUAL, 0, test.code.size(), rule.number());
        code.addAll(test.code);
    }

    /** Returns if the condition holds; if not, the accumulator holds the call's number again. */
    private void condition(Rule.Condition condition, int result) {
        // Little endian: the low half of the argument comes first.
        add(LOAD_WORD, 0, 0, ARGUMENTS + 8 * condition.argument());
        List<Integer> values = condition.values();
        int n = values.size();
        switch (condition.test()) {
            case IS -> {
                for (int i = 0; i < n; i++) {
                    // the last comparison skips the return when it fails
                    boolean last = i == n - 1;
                    add(JUMP_EQUAL, n - 1 - i, last ? 1 : 0, values.get(i));
                }
            }
            case IS_NOT -> {
                for (int i = 0; i < n; i++) {
                    add(JUMP_EQUAL, n - i, 0, values.get(i));
                }
            }
            case HAS -> add(JUMP_ANY_BIT, 0, 1, values.getFirst());
            case LACKS -> {
                add(AND, 0, 0, values.getFirst());
                add(JUMP_EQUAL, 1, 0, values.getFirst());
            }
        }
        add(RETURN, 0, 0, result);
        add(LOAD_WORD, 0, 0, NUMBER);
    }

    private void add(int operation, int jumpTrue, int jumpFalse, int operand) {
        code.add((long) operand << 32 | (long) jumpFalse << 24 | (long) jumpTrue << 16 | operation);
    }

    /** The program as text, one instruction a line, for people and for tests. */
    static String listing(long[] program) {
        StringBuilder out = new StringBuilder();
        for (int at = 0; at < program.length; at++) {
            out.append(at).append(": ").append(instruction(program[at], at)).append('\n');
        }
        return out.toString();
    }

    private static String instruction(long word, int at) {
        int operation = (int) (word & 0xffff);
        String ifTrue = Long.toString(at + 1 + (word >> 16 & 0xff));
        String ifFalse = Long.toString(at + 1 + (word >> 24 & 0xff));
        String operand = "0x" + Integer.toHexString((int) (word >>> 32));
        String jump = operand + ", " + ifTrue + ", " + ifFalse;
        return switch (operation) {
            case LOAD_WORD -> "ld [" + operand + "]";
            case JUMP_EQUAL -> "jeq " + jump;
            case JUMP_GREATER_EQUAL -> "jge " + jump;
            case JUMP_ANY_BIT -> "jset " + jump;
            case AND -> "and " + operand;
            case RETURN -> "ret " + operand;
            default -> throw new IllegalArgumentException("operation " + operation + " at " + at);
        };
    }
}
