package vmd.parent;

import java.util.LinkedHashMap;
import java.util.Map;
import vmd.conf.Configuration;
import vmd.conf.Staggered;
import vmd.conf.SwitchConfig;
import vmd.proto.EngineChoice;

/** What holds beside the machines: the settings that were read last, and the switches. */
final class InForce {
    Configuration settings;
    final Map<String, SwitchConfig> switches = new LinkedHashMap<>();

    InForce(Configuration configuration) {
        settings = configuration;
        configuration.switches().forEach(one -> switches.put(one.name(), one));
    }

    EngineChoice engine() {
        return settings.engine();
    }

    Staggered staggered() {
        Staggered said = settings.staggered();
        return said == null ? Staggered.byProcessors() : said;
    }
}
