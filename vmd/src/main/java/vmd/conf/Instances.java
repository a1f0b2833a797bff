package vmd.conf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import vmd.proto.Outcome;

/** Makes machines from templates: what an instance inherits, and what it may have of its own. */
public final class Instances {
    /** Who wants an instance. */
    public interface Requester {
        /** Whether the flags of the template do not count. */
        boolean privileged();

        long uid();

        /** Whether it is that user, or one of that group. */
        boolean is(Owner owner);

        /** The configuration file speaks for root. */
        Requester ROOT =
                new Requester() {
                    @Override
                    public boolean privileged() {
                        return true;
                    }

                    @Override
                    public long uid() {
                        return 0;
                    }

                    @Override
                    public boolean is(Owner owner) {
                        return true;
                    }
                };
    }

    /** An instance that cannot be: the result, and a line for the log that may be empty. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final transient Outcome outcome;

        Refused(int code, String text) {
            super(text, null, false, false);
            outcome = Outcome.of(code, text);
        }

        public Outcome outcome() {
            return outcome;
        }
    }

    private final VmConfig template;
    private final VmOptions own;
    private final Requester requester;

    private Instances(VmConfig template, VmOptions own, Requester requester) {
        this.template = template;
        this.own = own;
        this.requester = requester;
    }

    /**
     * The instance of {@code template} that {@code own} describes.
     *
     * @param template null if there is none of that name
     * @param known whether there is a machine of the instance's name already
     */
    public static VmConfig make(
            @Nullable VmConfig template, boolean known, VmOptions own, Requester requester)
            throws Refused {
        if (template == null) {
            throw new Refused(Outcome.TEMPLATE_INVALID, "");
        }
        Instances instance = new Instances(template, own, requester);
        instance.checkRight();
        if (known) {
            throw new Refused(Outcome.EPROCLIM, "");
        }
        instance.checkOptions();
        return instance.merged();
    }

    private Refused refused(int code, String text) {
        return new Refused(code, "vm \"" + own.name + "\" " + text);
    }

    private void checkRight() throws Refused {
        Grants grants = template.allow();
        Owner others = grants == null ? null : grants.owner();
        boolean right =
                grants != null
                        && (requester.is(template.owner())
                                || others != null && requester.is(others));
        if (!requester.privileged() && !right) {
            throw new Refused(
                    Outcome.EPERM,
                    "vm \"" + template.name() + "\" no permission to create vm instance");
        }
    }

    private boolean may(Grants.Flag flag) {
        Grants grants = template.allow();
        return requester.privileged() || grants != null && grants.has(flag);
    }

    private void require(boolean right, String what) throws Refused {
        if (!right) {
            throw refused(Outcome.EPERM, "no permission to set " + what);
        }
    }

    private void checkOptions() throws Refused {
        Integer vcpus = own.vcpus;
        require(requester.privileged() || vcpus == null || vcpus == template.vcpus(), "cpus");
        Long memory = own.memoryBytes;
        require(
                may(Grants.Flag.MEMORY) || memory == null || memory == template.memoryBytes(),
                "memory");
        require(may(Grants.Flag.DISK) || own.disks.isEmpty(), "disks");
        for (DiskConfig disk : own.disks) {
            if (template.disks().stream().anyMatch(other -> other.path().equals(disk.path()))) {
                throw refused(Outcome.EBUSY, "disk " + disk.path() + " cannot be reused");
            }
        }
        checkInterfaces();
        require(
                may(Grants.Flag.BOOT)
                        || own.boot == null && own.initrd == null && own.cmdline == null,
                "boot image");
        require(may(Grants.Flag.CDROM) || own.cdrom == null, "cdrom");
        checkOwner();
        if (own.allow != null) {
            throw refused(Outcome.EPERM, "cannot change instance permissions");
        }
    }

    private void checkInterfaces() throws Refused {
        List<InterfaceConfig> interfaces = own.allInterfaces();
        boolean inherited =
                interfaces.stream().allMatch(InterfaceConfig.PLAIN::equals)
                        && (interfaces.isEmpty()
                                || interfaces.size() == template.interfaces().size());
        require(may(Grants.Flag.INTERFACE) || inherited, "interfaces");
        for (InterfaceConfig one : interfaces) {
            for (InterfaceConfig other : template.interfaces()) {
                if (one.name() != null && one.name().equals(other.name())) {
                    throw refused(Outcome.EBUSY, "interface " + one.name() + " cannot be reused");
                }
                if (one.lladdr() != null && one.lladdr().equals(other.lladdr())) {
                    throw refused(Outcome.EBUSY, "lladdr cannot be reused");
                }
            }
        }
    }

    private void checkOwner() throws Refused {
        Owner owner = own.owner;
        if (owner == null) {
            return;
        }
        if (owner.uid() != 0
                && owner.uid() != requester.uid()
                && owner.uid() != template.owner().uid()) {
            throw refused(Outcome.EPERM, "user mismatch");
        }
        if (owner.hasGroup() && owner.gid() != template.owner().gid()) {
            throw refused(Outcome.EPERM, "group mismatch");
        }
    }

    private Owner owner() {
        Owner owner = own.owner;
        long uid = owner == null || owner.uid() == 0 ? template.owner().uid() : owner.uid();
        return new Owner(uid, template.owner().gid());
    }

    private VmConfig merged() {
        // A kernel brings its own ramdisk and command line.
        boolean kernel = own.boot != null;
        Path boot = kernel ? own.boot : template.boot();
        Path initrd = kernel || own.initrd != null ? own.initrd : template.initrd();
        String cmdline = kernel || own.cmdline != null ? own.cmdline : template.cmdline();
        Grants grants = template.allow();
        return new VmConfig(
                own.name,
                template.name(),
                Objects.requireNonNullElse(own.memoryBytes, template.memoryBytes()),
                Objects.requireNonNullElse(own.vcpus, template.vcpus()),
                boot,
                initrd,
                cmdline,
                own.cdrom == null ? template.cdrom() : own.cdrom,
                Objects.requireNonNullElse(own.bootDevice, template.bootDevice()),
                own.disks,
                interfaces(),
                Objects.requireNonNullElse(own.engine, template.engine()),
                Objects.requireNonNullElse(own.cpu, template.cpu()),
                own.sev.compareTo(template.sev()) > 0 ? own.sev : template.sev(),
                own.enabled,
                owner(),
                grants != null && grants.has(Grants.Flag.INSTANCE) ? grants : null,
                own.position);
    }

    private List<InterfaceConfig> interfaces() {
        List<InterfaceConfig> mine = own.allInterfaces();
        List<InterfaceConfig> theirs = template.interfaces();
        int count = mine.isEmpty() ? theirs.size() : mine.size();
        List<InterfaceConfig> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            InterfaceConfig one = i < mine.size() ? mine.get(i) : InterfaceConfig.PLAIN;
            all.add(i < theirs.size() ? merged(one, theirs.get(i)) : one);
        }
        return all;
    }

    /** Everything but the interface's name and address, which only one machine can have. */
    private static InterfaceConfig merged(InterfaceConfig mine, InterfaceConfig theirs) {
        return new InterfaceConfig(
                mine.local() || theirs.local(),
                mine.name(),
                mine.switchName() == null ? theirs.switchName() : mine.switchName(),
                mine.group() == null ? theirs.group() : mine.group(),
                mine.locked() || theirs.locked(),
                mine.lladdr(),
                mine.rdomain() == null ? theirs.rdomain() : mine.rdomain(),
                mine.up() && theirs.up());
    }
}
