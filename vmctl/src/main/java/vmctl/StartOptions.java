package vmctl;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.conf.EngineWord;
import vmd.conf.ScaledNumber;
import vmd.conf.VmLimits;
import vmd.proto.BootDevice;
import vmd.proto.ClientRequest;
import vmd.proto.CpuModel;
import vmd.proto.DiskSpec;
import vmd.proto.EngineChoice;
import vmd.proto.Limits;
import vmd.proto.NicSpec;
import vmd.proto.VmRef;

/**
 * The options of {@code vmctl start}, checked.
 *
 * @param memoryBytes 0 where it is not named
 * @param vcpus 0 where it is not named
 * @param cdrom absolute path of an image
 * @param template the machine that the new one is an instance of
 * @param nics network interfaces in order; null where none are named
 */
record StartOptions(
        long memoryBytes,
        int vcpus,
        @Nullable EngineChoice engine,
        @Nullable CpuModel cpu,
        @Nullable String kernel,
        @Nullable String initrd,
        @Nullable String cmdline,
        List<DiskSpec> disks,
        @Nullable String cdrom,
        @Nullable BootDevice bootDevice,
        @Nullable String template,
        @Nullable List<NicSpec> nics,
        boolean console) {
    static final String LETTERS = "a:B:b:C:cd:e:I:i:Lm:n:p:r:t:";

    static StartOptions of(Context context, Arguments arguments) throws Failure {
        StartOptions options =
                new StartOptions(
                        memory(context, arguments.value('m', "memory")),
                        vcpus(context, arguments.value('p', "number of CPUs")),
                        engine(arguments.value('e', "engine")),
                        cpu(arguments.value('C', "cpu")),
                        arguments.value('b', "boot image"),
                        arguments.value('I', "initrd"),
                        cmdline(arguments.value('a', "command line")),
                        disks(arguments.values('d')),
                        cdrom(arguments.value('r', "iso image")),
                        bootDevice(arguments.value('B', "boot device")),
                        template(arguments.value('t', "template")),
                        StartInterfaces.of(context, arguments),
                        arguments.has('c'));
        options.check(context);
        return options;
    }

    /** Says what a new machine will do without, and refuses what cannot run. */
    private void check(Context context) throws Failure {
        if (kernel == null && (initrd != null || cmdline != null)) {
            throw new Failure("option " + (initrd != null ? "-I" : "-a") + " needs -b");
        }
        if (!any() || template != null) {
            return;
        }
        if (disks.isEmpty()) {
            context.notice("starting without disks");
        }
        if (kernel == null && disks.isEmpty() && cdrom == null) {
            throw new Failure("no kernel or disk/cdrom specified");
        }
        if (nics == null || nics.isEmpty()) {
            context.notice("starting without network interfaces");
        }
    }

    /** Whether a new machine is described; else one that the configuration defines is meant. */
    private boolean any() {
        return memoryBytes != 0
                || vcpus != 0
                || engine != null
                || cpu != null
                || kernel != null
                || cdrom != null
                || nics != null
                || !disks.isEmpty();
    }

    ClientRequest.Start request(
            VmRef vm, @Nullable BootFile kernelFile, @Nullable BootFile initrdFile) {
        return new ClientRequest.Start(
                vm,
                memoryBytes,
                vcpus,
                engine,
                kernelFile == null ? null : kernelFile.path(),
                initrdFile == null ? null : initrdFile.path(),
                cmdline,
                disks,
                template,
                cdrom,
                bootDevice,
                nics == null ? List.of() : nics,
                cpu);
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

    private static int vcpus(Context context, @Nullable String text) throws Failure {
        return text == null
                ? 0
                : StartInterfaces.count(context, text, 1, Limits.VCPUS, "number of CPUs");
    }

    private static @Nullable String cdrom(@Nullable String path) throws Failure {
        return path == null ? null : BootFile.resolve(path, "iso image", "cdrom name too long");
    }

    private static @Nullable BootDevice bootDevice(@Nullable String word) throws Failure {
        if (word == null) {
            return null;
        }
        for (BootDevice device : BootDevice.values()) {
            if (device != BootDevice.AUTO && device.word().equals(word)) {
                return device;
            }
        }
        throw new Failure("unknown boot device " + word);
    }

    private static @Nullable String template(@Nullable String name) throws Failure {
        if (name != null && name.length() > VmLimits.MAX_NAME) {
            throw new Failure("instance vm name too long");
        }
        if (name != null && !VmLimits.validName(name)) {
            throw new Failure("invalid name: " + name);
        }
        return name;
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

    private static @Nullable CpuModel cpu(@Nullable String word) throws Failure {
        CpuModel cpu = word == null ? null : CpuModel.of(word);
        if (word != null && cpu == null) {
            throw new Failure("unknown cpu " + word);
        }
        return cpu;
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
        DiskName name = DiskName.of(word);
        String path = BootFile.resolve(name.path(), "disk", "disk path too long");
        return new DiskSpec(path, name.formatOrGuess());
    }
}
