package vmd.sandbox;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of a policy for one system call.
 *
 * @param errno what the caller gets
 * @param condition null: always
 */
record Rule(String syscall, int number, int errno, @Nullable Condition condition, String reason) {

    /** What is asked of an argument's low 32 bits. */
    enum Test {
        /** It is one of the values. */
        IS,
        /** It is none of the values. */
        IS_NOT,
        /** It has any bit of the one value. */
        HAS,
        /** It does not have all bits of the one value. */
        LACKS
    }

    /** A test of one argument. */
    record Condition(int argument, Test test, List<Integer> values) {}
}
