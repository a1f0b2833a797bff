package vmd.conf;

import java.util.List;
import org.jspecify.annotations.Nullable;
import vmd.proto.EngineChoice;

/**
 * A whole configuration: nothing of it is in force until the parent puts it in force.
 *
 * @param vms in the order of the file; instances are resolved
 * @param agentx null where it is off
 * @param staggered null where the file does not say
 */
public record Configuration(
        List<VmConfig> vms,
        List<SwitchConfig> switches,
        Owner socketOwner,
        EngineChoice engine,
        Prefix localPrefix,
        LocalInet6 localInet6,
        @Nullable Agentx agentx,
        @Nullable Staggered staggered) {
    public Configuration {
        vms = List.copyOf(vms);
        switches = List.copyOf(switches);
    }

    /** What holds when there is no file: no machines, the socket for root and group 0. */
    public static Configuration empty() {
        return new Configuration(
                List.of(),
                List.of(),
                Owner.ROOT_AND_WHEEL,
                EngineChoice.AUTO,
                Prefix.LOCAL,
                LocalInet6.OFF,
                null,
                null);
    }
}
