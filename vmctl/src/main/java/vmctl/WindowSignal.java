package vmctl;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import vmd.posix.EventFd;

/**
 * SIGWINCH. The JDK has no supported interface for signals; its unsupported one is reached by
 * reflection, so that a JDK without it costs the resizing and no more.
 */
final class WindowSignal {
    private WindowSignal() {}

    /** Signals {@code resized} from now on whenever the size of the user's terminal changes. */
    static void handle(EventFd resized) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object proxy =
                    Proxy.newProxyInstance(
                            WindowSignal.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (self, method, arguments) -> invoked(self, method, arguments, resized));
            Object winch = signal.getConstructor(String.class).newInstance("WINCH");
            signal.getMethod("handle", signal, handler).invoke(null, winch, proxy);
        } catch (ReflectiveOperationException | RuntimeException _) {
            // Documented: then the machine keeps the size that it was told at first.
            return;
        }
    }

    private static Object invoked(Object self, Method method, Object[] arguments, EventFd resized) {
        return switch (method.getName()) {
            case "handle" -> {
                if (resized.fd().isOpen()) {
                    resized.signal();
                }
                yield self;
            }
            case "equals" -> System.identityHashCode(self) == System.identityHashCode(arguments[0]);
            case "hashCode" -> System.identityHashCode(self);
            default -> "SIGWINCH handler";
        };
    }
}
