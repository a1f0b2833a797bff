package vmd.conf;

import org.jspecify.annotations.Nullable;

/** The agent that tells an SNMP daemon about the machines. */
public record Agentx(@Nullable String context, String path) {
    /** Where the SNMP daemon listens when the file does not say. */
    public static final String DEFAULT_PATH = "/var/agentx/master";
}
