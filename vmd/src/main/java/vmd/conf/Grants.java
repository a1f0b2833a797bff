package vmd.conf;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code allow instance} lets users other than root do with a machine as a template.
 *
 * @param flags what an instance may have of its own
 * @param owner who may make instances beside the machine's owner
 */
public record Grants(Set<Flag> flags, @Nullable Owner owner) {
    /** What an instance may have of its own. */
    public enum Flag {
        BOOT,
        CDROM,
        DISK,
        /** Instances of the instance. */
        INSTANCE,
        INTERFACE,
        MEMORY;

        /** The word of vm.conf. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Grants {
        flags = Set.copyOf(flags);
    }

    boolean has(Flag flag) {
        return flags.contains(flag);
    }

    Grants with(Flag flag) {
        Set<Flag> more = EnumSet.of(flag);
        more.addAll(flags);
        return new Grants(more, owner);
    }
}
