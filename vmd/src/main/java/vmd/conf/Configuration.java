package vmd.conf;

import java.util.List;
import vmd.proto.EngineChoice;

/** A whole configuration: nothing of it is in force until the parent puts it in force. */
public record Configuration(List<VmConfig> vms, Owner socketOwner, EngineChoice engine) {
    public Configuration {
        vms = List.copyOf(vms);
    }

    /** What holds when there is no file: no machines, the socket for root and group 0. */
    public static Configuration empty() {
        return new Configuration(List.of(), Owner.ROOT_AND_WHEEL, EngineChoice.AUTO);
    }
}
