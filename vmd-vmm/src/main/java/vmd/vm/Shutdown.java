package vmd.vm;

import java.util.function.BooleanSupplier;
import vmd.log.Log;

/**
 * The patience with a guest that was asked to shut down: what OpenBSD's suite has with one that has
 * a driver for it. That the driver takes the request shows in the register of the power button;
 * whether anybody in the guest cares cannot be known before the machine is off.
 */
final class Shutdown {
    static final long TAKE_MS = 3_000;
    static final long FINISH_MS = 120_000;
    private static final long LOOK_MS = 50;

    private final BooleanSupplier taken;
    private final Runnable end;

    /** How to wait. */
    interface Sleep {
        void ms(long duration) throws InterruptedException;
    }

    /**
     * @param taken whether the guest has taken the request
     * @param end pulls the plug
     */
    Shutdown(BooleanSupplier taken, Runnable end) {
        this.taken = taken;
        this.end = end;
    }

    /** Waits for as long as the guest is given and ends the machine then. */
    void run(Sleep sleep) {
        try {
            long waitedMs = 0;
            while (!taken.getAsBoolean() && waitedMs < TAKE_MS) {
                sleep.ms(LOOK_MS);
                waitedMs += LOOK_MS;
            }
            if (taken.getAsBoolean()) {
                Log.debug("the guest has taken the request to shut down");
                sleep.ms(FINISH_MS);
                Log.info("the guest did not shut down in time");
            } else {
                Log.info("the guest did not take the request to shut down");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end.run();
    }
}
