package vmd.conf;

/** Writes a configuration out as a vm.conf with everything resolved that parses to the same. */
public final class Printer {
    private Printer() {}

    public static String print(Configuration configuration) {
        StringBuilder out = new StringBuilder();
        out.append("socket owner ").append(owner(configuration.socketOwner())).append('\n');
        out.append("engine ").append(configuration.engine().word()).append('\n');
        for (VmConfig vm : configuration.vms()) {
            print(vm, out);
        }
        return out.toString();
    }

    private static void print(VmConfig vm, StringBuilder out) {
        out.append("\nvm ").append(quote(vm.name())).append(" {\n");
        line(out, vm.enabled() ? "enable" : "disable");
        line(out, "memory " + (vm.memoryBytes() / VmLimits.MIB) + "M");
        line(out, "vcpus " + vm.vcpus());
        line(out, "engine " + vm.engine().word());
        if (vm.boot() != null) {
            line(out, "boot " + quote(vm.boot().toString()));
        }
        if (vm.initrd() != null) {
            line(out, "initrd " + quote(vm.initrd().toString()));
        }
        if (vm.cmdline() != null) {
            line(out, "cmdline " + quote(vm.cmdline()));
        }
        for (DiskConfig disk : vm.disks()) {
            line(out, "disk " + quote(disk.path().toString()) + " format raw");
        }
        line(out, "owner " + owner(vm.owner()));
        out.append("}\n");
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
     * protects. So the end of a text that ends in one is written without quotes.
     */
    private static String quote(String text) {
        int end = text.length();
        if (text.endsWith("\\")) {
            while (end > 0 && !startsWord(text.charAt(end - 1))) {
                end--;
            }
            end = Math.max(0, end - 1);
        }
        StringBuilder out = new StringBuilder().append('"');
        char before = 0;
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (c == '"' || before == '\\' && (c == ' ' || c == '\t')) {
                out.append('\\');
            }
            out.append(c);
            before = c;
        }
        out.append('"');
        if (end < text.length()) {
            out.append(' ').append(text.substring(end).replace("\\", "\\\\"));
        }
        return out.toString();
    }

    private static boolean startsWord(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == ':' || c == '_' || c == '/';
    }
}
