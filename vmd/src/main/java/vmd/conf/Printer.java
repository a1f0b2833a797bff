package vmd.conf;

import java.util.ArrayList;
import java.util.List;
import vmd.proto.BootDevice;
import vmd.proto.CpuModel;

/** Writes a configuration out as a vm.conf with everything resolved that parses to the same. */
public final class Printer {
    private Printer() {}

    public static String print(Configuration configuration) {
        StringBuilder out = new StringBuilder(printSettings(configuration));
        for (SwitchConfig one : configuration.switches()) {
            out.append('\n').append(print(one));
        }
        for (VmConfig vm : configuration.vms()) {
            out.append('\n').append(print(vm));
        }
        return out.toString();
    }

    /** What is neither a machine nor a switch. */
    public static String printSettings(Configuration configuration) {
        StringBuilder out = new StringBuilder();
        out.append("socket owner ").append(owner(configuration.socketOwner())).append('\n');
        out.append("engine ").append(configuration.engine().word()).append('\n');
        if (!configuration.localPrefix().equals(Prefix.LOCAL)) {
            out.append("local prefix \"").append(configuration.localPrefix()).append("\"\n");
        }
        if (configuration.localInet6().on()) {
            Prefix prefix = configuration.localInet6().prefix();
            out.append("local inet6");
            out.append(prefix == null ? "" : " prefix \"" + prefix + '"').append('\n');
        }
        Agentx agentx = configuration.agentx();
        if (agentx != null) {
            String context = agentx.context();
            out.append("agentx ");
            out.append(context == null ? "" : "context " + quote(context) + ' ');
            out.append("path ").append(quote(agentx.path())).append('\n');
        }
        Staggered staggered = configuration.staggered();
        if (staggered != null) {
            out.append("staggered start parallel ").append(staggered.parallel());
            out.append(" delay ").append(staggered.delaySeconds()).append('\n');
        }
        return out.toString();
    }

    /** One switch by itself. */
    public static String print(SwitchConfig one) {
        StringBuilder out = new StringBuilder();
        out.append("switch ").append(quote(one.name())).append(" {\n");
        line(out, one.enabled() ? "enable" : "disable");
        line(out, "interface " + quote(one.device()));
        if (one.group() != null) {
            line(out, "group " + quote(one.group()));
        }
        if (one.locked()) {
            line(out, "locked lladdr");
        }
        if (one.rdomain() != null) {
            line(out, "rdomain " + one.rdomain());
        }
        line(out, one.up() ? "up" : "down");
        return out.append("}\n").toString();
    }

    /** One machine by itself; an instance with all that it inherits. */
    public static String print(VmConfig vm) {
        StringBuilder out = new StringBuilder();
        if (vm.template() != null) {
            out.append("# instance of ").append(vm.template()).append('\n');
        }
        out.append("vm ").append(quote(vm.name())).append(" {\n");
        line(out, vm.enabled() ? "enable" : "disable");
        line(out, "memory " + (vm.memoryBytes() / VmLimits.MIB) + "M");
        line(out, "vcpus " + vm.vcpus());
        line(out, "engine " + vm.engine().word());
        if (vm.cpu() != CpuModel.V3) {
            line(out, "cpu " + vm.cpu().word());
        }
        boot(vm, out);
        for (DiskConfig disk : vm.disks()) {
            String format = disk.format().word();
            line(out, "disk " + quote(disk.path().toString()) + " format " + format);
        }
        for (InterfaceConfig one : vm.interfaces()) {
            line(out, print(one));
        }
        if (vm.sev() != Sev.OFF) {
            line(out, vm.sev() == Sev.SEV ? "sev" : "seves");
        }
        line(out, "owner " + owner(vm.owner()));
        if (vm.allow() != null) {
            line(out, "allow instance { " + print(vm.allow()) + " }");
        }
        return out.append("}\n").toString();
    }

    private static void boot(VmConfig vm, StringBuilder out) {
        if (vm.boot() != null) {
            line(out, "boot " + quote(vm.boot().toString()));
        }
        if (vm.initrd() != null) {
            line(out, "initrd " + quote(vm.initrd().toString()));
        }
        if (vm.cmdline() != null) {
            line(out, "cmdline " + quote(vm.cmdline()));
        }
        if (vm.bootDevice() != BootDevice.AUTO) {
            line(out, "boot device " + vm.bootDevice().word());
        }
        if (vm.cdrom() != null) {
            line(out, "cdrom " + quote(vm.cdrom().toString()));
        }
    }

    private static String print(InterfaceConfig one) {
        StringBuilder out = new StringBuilder(one.local() ? "local interface" : "interface");
        out.append(one.name() == null ? "" : ' ' + quote(one.name())).append(" { ");
        if (one.switchName() != null) {
            out.append("switch ").append(quote(one.switchName())).append(' ');
        }
        if (one.group() != null) {
            out.append("group ").append(quote(one.group())).append(' ');
        }
        if (one.locked() || one.lladdr() != null) {
            out.append(one.locked() ? "locked lladdr " : "lladdr ");
            out.append(one.lladdr() == null ? "" : quote(one.lladdr()) + ' ');
        }
        if (one.rdomain() != null) {
            out.append("rdomain ").append(one.rdomain()).append(' ');
        }
        return out.append(one.up() ? "up }" : "down }").toString();
    }

    private static String print(Grants grants) {
        List<String> words = new ArrayList<>();
        for (Grants.Flag flag : Grants.Flag.values()) {
            if (grants.has(flag)) {
                words.add(flag.word());
            }
        }
        Owner owner = grants.owner();
        if (owner != null) {
            words.add("owner " + owner(owner));
        }
        return String.join(", ", words);
    }

    private static void line(StringBuilder out, String text) {
        out.append('\t').append(text).append('\n');
    }

    /** Numbers, because the names may be gone when the text is read again. */
    private static String owner(Owner owner) {
        return owner.hasGroup()
                ? '"' + Long.toString(owner.uid()) + ':' + owner.gid() + '"'
                : Long.toString(owner.uid());
    }

    /**
     * Inside quotes a backslash stands for itself, but before the quote, a blank or a tab, which it
     * protects, and before the end of a line, where both are nothing: so that is what stands
     * between a last backslash and the quote.
     */
    private static String quote(String text) {
        StringBuilder out = new StringBuilder().append('"');
        char before = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || before == '\\' && (c == ' ' || c == '\t')) {
                out.append('\\');
            }
            out.append(c);
            before = c;
        }
        return out.append(before == '\\' ? "\\\n\"" : "\"").toString();
    }
}
