package vmctl;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.conf.VmLimits;
import vmd.proto.NicSpec;

/** The network interfaces that {@code vmctl start} asks for. */
final class StartInterfaces {
    private StartInterfaces() {}

    /**
     * One interface for each -L and -n in their order, then unattached ones up to the count of -i;
     * null where there is none of these options.
     */
    static @Nullable List<NicSpec> of(Context context, Arguments arguments) throws Failure {
        String count = arguments.value('i', "interfaces");
        int wanted =
                count == null
                        ? 0
                        : count(context, count, 0, VmLimits.MAX_INTERFACES, "interface count");
        List<NicSpec> nics = new ArrayList<>();
        for (Arguments.Given option : arguments.given()) {
            if (option.letter() == 'L') {
                nics.add(new NicSpec(true, ""));
            } else if (option.letter() == 'n') {
                nics.add(new NicSpec(false, switchName(String.valueOf(option.value()))));
            }
        }
        if (nics.isEmpty() && count == null) {
            return null;
        }
        if (nics.size() > VmLimits.MAX_INTERFACES) {
            throw new Failure("too many network interfaces");
        }
        while (nics.size() < wanted) {
            nics.add(NicSpec.UNATTACHED);
        }
        return nics;
    }

    private static String switchName(String name) throws Failure {
        if (name.isEmpty()) {
            throw new Failure("invalid name: " + name);
        }
        if (!VmLimits.fits(name, VmLimits.MAX_NAME)) {
            throw new Failure("interface name too long");
        }
        return name;
    }

    /** A number in words of strtonum(3), with its two messages; blanks before it do no harm. */
    static int count(Context context, String text, int min, int max, String what) throws Failure {
        String why;
        try {
            long count = Long.parseLong(text.stripLeading());
            if (count >= min && count <= max) {
                return (int) count;
            }
            why = count < min ? "too small" : "too large";
        } catch (NumberFormatException _) {
            why = "invalid";
        }
        context.notice("count is " + why + ": " + text);
        throw new Failure("invalid " + what + ": " + text);
    }
}
