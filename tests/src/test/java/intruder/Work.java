package intruder;

import java.util.function.IntUnaryOperator;

/** Defined again and again, so that there is always something new to compile. */
final class Work implements IntUnaryOperator {
    @Override
    public int applyAsInt(int operand) {
        int x = operand;
        for (int k = 0; k < 16; k++) {
            x = x * 31 + (x >>> k);
        }
        return x;
    }
}
