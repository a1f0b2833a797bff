package vmd.privsep;

import java.util.List;
import java.util.Locale;

/** The kinds of process of the suite, and what each is started with. */
public enum Role {
    /** Keeps the configuration, opens files, starts the three below. */
    PARENT(
            "vmd.parent.Main",
            List.of("vmd", "vmd-parent", "bcprov-jdk18on", "commons-cli"),
            true,
            Jvm.DAEMON),
    /** Serves the control socket. */
    CONTROL("vmd.control.Main", List.of("vmd", "vmd-parent", "bcprov-jdk18on"), false, Jvm.DAEMON),
    /** Does what needs root on interfaces; the only child that keeps it. */
    PRIV("vmd.priv.Main", List.of("vmd", "vmd-priv", "bcprov-jdk18on"), false, Jvm.DAEMON),
    /** Starts, watches and reaps the virtual machines' processes. */
    VMM("vmd.vmm.Main", List.of("vmd", "vmd-vmm", "bcprov-jdk18on"), false, Jvm.DAEMON),
    /** One virtual machine. */
    VM("vmd.vm.Main", List.of("vmd", "vmd-vmm", "vmm", "bcprov-jdk18on"), false, Jvm.MACHINE),
    /** The command; its user starts it, and it confines itself. */
    VMCTL("vmctl.Main", List.of("vmd", "vmctl", "commons-cli"), false, Jvm.DAEMON);

    private final String mainClass;
    private final List<String> jars;
    private final boolean jnr;
    private final List<String> jvmFlags;

    Role(String mainClass, List<String> jars, boolean jnr, List<String> jvmFlags) {
        this.mainClass = mainClass;
        this.jars = jars;
        this.jnr = jnr;
        this.jvmFlags = jvmFlags;
    }

    public String mainClass() {
        return mainClass;
    }

    /** Names, without .jar, of all jars on the role's class path but those of jnr. */
    public List<String> jars() {
        return jars;
    }

    /** Whether jnr's jars are on the class path. */
    public boolean jnr() {
        return jnr;
    }

    /** Flags of the Java virtual machine beside {@link Jvm#COMMON}. */
    public List<String> jvmFlags() {
        return jvmFlags;
    }

    /** The name in titles, files and policies: the constant in lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it gives up root at its start. */
    public boolean dropsPrivileges() {
        return this != PARENT && this != PRIV;
    }
}
