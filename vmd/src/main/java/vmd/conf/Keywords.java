package vmd.conf;

import java.util.Set;

/** The reserved words of vm.conf; {@code add}, {@code id} and {@code size} have no use yet. */
final class Keywords {
    private static final Set<String> WORDS =
            Set.of(
                    "add",
                    "agentx",
                    "allow",
                    "boot",
                    "cdrom",
                    "context",
                    "delay",
                    "device",
                    "disable",
                    "disk",
                    "down",
                    "enable",
                    "format",
                    "group",
                    "id",
                    "include",
                    "inet6",
                    "instance",
                    "interface",
                    "interfaces",
                    "lladdr",
                    "local",
                    "locked",
                    "memory",
                    "net",
                    "owner",
                    "parallel",
                    "path",
                    "prefix",
                    "rdomain",
                    "sev",
                    "seves",
                    "size",
                    "socket",
                    "staggered",
                    "start",
                    "switch",
                    "up",
                    "vm");

    private Keywords() {}

    static boolean contains(String word) {
        return WORDS.contains(word);
    }
}
