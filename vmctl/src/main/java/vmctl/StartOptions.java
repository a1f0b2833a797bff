package vmctl;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import vmd.conf.EngineWord;
import vmd.conf.ScaledNumber;
import vmd.conf.VmLimits;
import vmd.proto.DiskFormat;
import vmd.proto.DiskSpec;
import vmd.proto.EngineChoice;

/**
 * The options of {@code vmctl start}, checked.
 *
 * @param memoryBytes 0 where it is not named
 * @param vcpus 0 where it is not named
 */
record StartOptions(
        long memoryBytes,
        int vcpus,
        @Nullable EngineChoice engine,
        @Nullable String kernel,
        @Nullable String initrd,
        @Nullable String cmdline,
        List<DiskSpec> disks,
        boolean console) {
    static final String LETTERS = "a:B:b:cd:e:I:i:Lm:n:p:r:t:";

    static StartOptions of(Context context, Arguments arguments) throws Failure {
        refuseLater(arguments);
        StartOptions options =
                new StartOptions(
                        memory(context, arguments.value('m', "memory")),
                        vcpus(arguments.value('p', "number of CPUs")),
                        engine(arguments.value('e', "engine")),
                        arguments.value('b', "boot image"),
                        arguments.value('I', "initrd"),
                        cmdline(arguments.value('a', "command line")),
                        disks(arguments.values('d')),
                        arguments.has('c'));
        options.check();
        return options;
    }

    /** Options whose machinery is not there yet; their values are checked where that is cheap. */
    private static void refuseLater(Arguments arguments) throws Failure {
        String bootDevice = arguments.value('B', "boot device");
        if (bootDevice != null
                && !bootDevice.equals("cdrom")
                && !bootDevice.equals("disk")
                && !bootDevice.equals("net")) {
            throw new Failure("unknown boot device " + bootDevice);
        }
        arguments.value('r', "iso image");
        String interfaces = arguments.value('i', "interfaces");
        boolean none =
                interfaces == null
                        || count(interfaces, 0, VmLimits.MAX_INTERFACES, "interface count") == 0;
        for (char letter : new char[] {'B', 'L', 'n', 'r', 't'}) {
            if (arguments.has(letter)) {
                throw new Failure("option -" + letter + " is not supported yet");
            }
        }
        if (!none) {
            throw new Failure("option -i is not supported yet");
        }
    }

    private void check() throws Failure {
        if (kernel == null && (initrd != null || cmdline != null)) {
            throw new Failure("option " + (initrd != null ? "-I" : "-a") + " needs -b");
        }
        if (any() && kernel == null && disks.isEmpty()) {
            throw new Failure("no kernel or disk/cdrom specified");
        }
    }

    /** Says what a new machine will do without. */
    void warn(Context context) {
        if (any()) {
            if (disks.isEmpty()) {
                context.notice("starting without disks");
            }
            context.notice("starting without network interfaces");
        }
    }

    /** Whether a new machine is described; else one that the configuration defines is meant. */
    private boolean any() {
        return memoryBytes != 0
                || vcpus != 0
                || engine != null
                || kernel != null
                || initrd != null
                || cmdline != null
                || !disks.isEmpty();
    }

    private static long memory(Context context, @Nullable String size) throws Failure {
        if (size == null) {
            return 0;
        }
        long bytes;
        try {
            bytes = ScaledNumber.parse(size);
        } catch (ScaledNumber.Invalid e) {
            throw new Failure("invalid memory size: " + size + ": " + e.getMessage());
        }
        if (bytes < VmLimits.MIN_MEMORY) {
            throw new Failure(VmLimits.MEMORY_TOO_SMALL);
        }
        if (bytes > VmLimits.MAX_MEMORY) {
            throw new Failure(VmLimits.MEMORY_TOO_LARGE);
        }
        long whole = VmLimits.wholeMib(bytes);
        if (whole != bytes) {
            context.notice("memory size rounded to " + ScaledNumber.format(whole));
        }
        return whole;
    }

    private static int vcpus(@Nullable String text) throws Failure {
        if (text == null) {
            return 0;
        }
        int count = count(text, 1, Integer.MAX_VALUE, "number of CPUs");
        if (count > VmLimits.MAX_VCPUS) {
            throw new Failure("more than " + VmLimits.MAX_VCPUS + " CPU is not supported yet");
        }
        return count;
    }

    private static int count(String text, int min, int max, String what) throws Failure {
        String why;
        try {
            long count = Long.parseLong(text.strip());
            if (count >= min && count <= max) {
                return (int) count;
            }
            why = count < min ? "too small" : "too large";
        } catch (NumberFormatException _) {
            why = "invalid";
        }
        throw new Failure("invalid " + what + ": " + text + ": count is " + why);
    }

    private static @Nullable EngineChoice engine(@Nullable String word) throws Failure {
        if (word == null) {
            return null;
        }
        EngineChoice engine = EngineWord.choice(word);
        if (engine == null) {
            throw new Failure("unknown engine " + word);
        }
        return engine;
    }

    private static @Nullable String cmdline(@Nullable String text) throws Failure {
        if (text != null && !VmLimits.fits(text, VmLimits.MAX_CMDLINE)) {
            throw new Failure("command line too long");
        }
        return text;
    }

    private static List<DiskSpec> disks(List<String> words) throws Failure {
        if (words.size() > VmLimits.MAX_DISKS) {
            throw new Failure("too many disks");
        }
        List<DiskSpec> disks = new ArrayList<>();
        for (String word : words) {
            disks.add(disk(word));
        }
        return disks;
    }

    private static DiskSpec disk(String word) throws Failure {
        String raw = prefixed(word, "raw:");
        String qcow2 = prefixed(word, "qcow2:");
        String path = BootFile.resolveDisk(raw != null ? raw : qcow2 != null ? qcow2 : word);
        // Without a prefix the first bytes decide, which vmd may be able to read where we are not.
        DiskFormat format =
                raw != null ? DiskFormat.RAW : qcow2 != null ? DiskFormat.QCOW2 : DiskFormat.AUTO;
        return new DiskSpec(path, format);
    }

    private static @Nullable String prefixed(String word, String prefix) {
        boolean has =
                word.length() > prefix.length()
                        && word.substring(0, prefix.length())
                                .toLowerCase(Locale.ROOT)
                                .equals(prefix);
        return has ? word.substring(prefix.length()) : null;
    }
}
