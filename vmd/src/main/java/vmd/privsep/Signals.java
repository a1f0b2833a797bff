package vmd.privsep;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Actions on SIGTERM, SIGINT and SIGHUP for the processes that end or reload in order.
 *
 * <p>A shutdown hook would not do: the virtual machine is on its way out by then, cannot be told to
 * wait for children in order and to exit 0, and knows no SIGHUP that is not an end. The JDK's own
 * {@code sun.misc.Signal} (module jdk.unsupported, supported for this use by JEP 260) runs the
 * action on an ordinary thread. It is reached by reflection because the compiler warns of it with a
 * warning that cannot be switched off, and warnings fail our build.
 */
public final class Signals {
    /** Signals that can be handled. */
    public enum Name {
        TERM,
        INT,
        HUP
    }

    private Signals() {}

    /** Runs {@code action} on a thread of its own each time the signal arrives. */
    public static void on(Name name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle run =
                    MethodHandles.publicLookup()
                            .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                            .bindTo(action);
            Object proxy =
                    MethodHandleProxies.asInterfaceInstance(
                            handler, MethodHandles.dropArguments(run, 0, signal));
            Object number = signal.getConstructor(String.class).newInstance(name.name());
            signal.getMethod("handle", signal, handler).invoke(null, number, proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot handle SIG" + name, e);
        }
    }
}
