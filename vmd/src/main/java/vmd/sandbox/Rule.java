package vmd.sandbox;

import java.util.List;

/**
 * One line of a policy for one system call. It decides about a call if all its conditions hold.
 *
 * @param errno what the caller gets, or 0 if the call is allowed
 * @param conditions all must hold; none: always
 */
record Rule(String syscall, int number, int errno, List<Condition> conditions, String reason) {
    Rule {
        conditions = List.copyOf(conditions);
    }

    boolean allows() {
        return errno == 0;
    }

    boolean holds(long... arguments) {
        for (Condition condition : conditions) {
            int index = condition.argument;
            if (!condition.holds(index < arguments.length ? (int) arguments[index] : 0)) {
                return false;
            }
        }
        return true;
    }

    /** What is asked of an argument's low 32 bits. */
    enum Test {
        /** It is one of the values. */
        IS,
        /** It is none of the values. */
        IS_NOT,
        /** It has all bits of the one value. */
        HAS_ALL,
        /** It has any bit of the one value. */
        HAS_ANY,
        /** It has no bit of the one value. */
        HAS_NONE
    }

    /** A test of one argument. */
    record Condition(int argument, Test test, List<Integer> values) {
        Condition {
            values = List.copyOf(values);
        }

        boolean holds(int value) {
            int flags = values.getFirst();
            return switch (test) {
                case IS -> values.contains(value);
                case IS_NOT -> !values.contains(value);
                case HAS_ALL -> (value & flags) == flags;
                case HAS_ANY -> (value & flags) != 0;
                case HAS_NONE -> (value & flags) == 0;
            };
        }
    }
}
