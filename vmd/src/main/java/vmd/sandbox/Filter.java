package vmd.sandbox;

import java.util.ArrayList;
import java.util.List;
import vmd.posix.Errno;

/**
 * A policy as a program of the kernel's classic BPF machine (Linux Documentation/userspace-api/
 * seccomp_filter.rst and linux/filter.h). An instruction is a 64-bit word: code in bits 0-15, the
 * jump distances if true and if false in 16-23 and 24-31, the operand in 32-63.
 *
 * <p>The program goes through the rules in order. Its length costs little: for a call that is
 * always allowed the kernel remembers so in a bitmap and does not run the program. A call that is
 * refused is answered with an error and not with death: the Java runtime asks for much that it can
 * do without.
 */
final class Filter {
    // linux/bpf_common.h: class, size, mode and operation of an instruction.
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_EQUAL = 0x05 | 0x10;
    private static final int JUMP_ANY_BIT = 0x05 | 0x40;
    private static final int AND = 0x04 | 0x50;
    private static final int RETURN = 0x06;

    // struct seccomp_data: nr, arch, instruction pointer, six 64-bit arguments.
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int ARGUMENTS = 16;

    private static final int AUDIT_ARCH_X86_64 = 0xc000003e;
    private static final int KILL_PROCESS = 0x80000000;
    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050000;
    private static final int JUMP_MAX = 255;

    /** BPF_MAXINSNS. */
    private static final int PROGRAM_MAX = 4096;

    /** Stands for the end of the rule until that is known. */
    private static final int NEXT_RULE = -1;

    private final List<Long> code = new ArrayList<>();

    /** Where jumps to the end of the rule are: twice the position, plus one for the false side. */
    private final List<Integer> toNextRule = new ArrayList<>();

    private Filter() {}

    /** The program for rules of which the first that fits decides; what none fits is refused. */
    static long[] compile(List<Rule> rules) {
        Filter f = new Filter();
        // Another architecture numbers its calls otherwise: the 32-bit entry of an x86-64 kernel.
        f.add(LOAD_WORD, 0, 0, ARCHITECTURE);
        f.add(JUMP_EQUAL, 1, 0, AUDIT_ARCH_X86_64);
        f.add(RETURN, 0, 0, KILL_PROCESS);
        // x32 calls carry a bit that no number of a rule has: nothing allows them.
        f.add(LOAD_WORD, 0, 0, NUMBER);
        for (Rule rule : rules) {
            f.rule(rule);
        }
        f.add(RETURN, 0, 0, ERRNO | Errno.EPERM);
        if (f.code.size() > PROGRAM_MAX) {
            throw new IllegalArgumentException("filter of " + f.code.size() + " instructions");
        }
        return f.code.stream().mapToLong(Long::longValue).toArray();
    }

    private void rule(Rule rule) {
        int result = rule.allows() ? ALLOW : ERRNO | rule.errno();
        add(JUMP_EQUAL, 0, NEXT_RULE, rule.number());
        if (rule.conditions().isEmpty()) {
            add(RETURN, 0, 0, result);
            endRule(code.size());
            return;
        }
        for (Rule.Condition condition : rule.conditions()) {
            condition(condition);
        }
        add(RETURN, 0, 0, result);
        // Another rule of the same call may follow: the accumulator holds the number again.
        int end = code.size();
        add(LOAD_WORD, 0, 0, NUMBER);
        endRule(end);
    }

    /** Goes on if the condition holds, else to the next rule. */
    private void condition(Rule.Condition condition) {
        // Little endian: the low half of the argument comes first.
        add(LOAD_WORD, 0, 0, ARGUMENTS + 8 * condition.argument());
        List<Integer> values = condition.values();
        int n = values.size();
        switch (condition.test()) {
            case IS -> {
                for (int i = 0; i < n; i++) {
                    boolean last = i == n - 1;
                    add(JUMP_EQUAL, n - 1 - i, last ? NEXT_RULE : 0, values.get(i));
                }
            }
            case IS_NOT -> values.forEach(value -> add(JUMP_EQUAL, NEXT_RULE, 0, value));
            case HAS_ALL -> {
                add(AND, 0, 0, values.getFirst());
                add(JUMP_EQUAL, 0, NEXT_RULE, values.getFirst());
            }
            case HAS_ANY -> add(JUMP_ANY_BIT, 0, NEXT_RULE, values.getFirst());
            case HAS_NONE -> add(JUMP_ANY_BIT, NEXT_RULE, 0, values.getFirst());
        }
    }

    /** All jumps that wait for the end of the rule go to {@code end}. */
    private void endRule(int end) {
        for (int jump : toNextRule) {
            int at = jump >> 1;
            int distance = end - at - 1;
            if (distance > JUMP_MAX) {
                throw new IllegalArgumentException("the conditions of a rule are too long");
            }
            int shift = (jump & 1) == 0 ? 16 : 24;
            code.set(at, code.get(at) | (long) distance << shift);
        }
        toNextRule.clear();
    }

    private void add(int operation, int ifTrue, int ifFalse, int operand) {
        int at = code.size();
        if (ifTrue == NEXT_RULE) {
            toNextRule.add(at << 1);
        }
        if (ifFalse == NEXT_RULE) {
            toNextRule.add(at << 1 | 1);
        }
        long jumps = (long) Math.max(ifFalse, 0) << 24 | (long) Math.max(ifTrue, 0) << 16;
        code.add((long) operand << 32 | jumps | operation);
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
            case JUMP_ANY_BIT -> "jset " + jump;
            case AND -> "and " + operand;
            case RETURN -> "ret " + operand;
            default -> throw new IllegalArgumentException("operation " + operation + " at " + at);
        };
    }
}
