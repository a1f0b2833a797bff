package vmctl;

import java.util.List;
import vmd.proto.VmInfo;

/** The machines for programs: one array with an object for each, sizes in bytes. */
final class StatusJson {
    private final StringBuilder out = new StringBuilder();

    private StatusJson() {}

    static String print(List<VmInfo> rows, AccountNames accounts) {
        StatusJson json = new StatusJson();
        json.out.append('[');
        for (int i = 0; i < rows.size(); i++) {
            json.out.append(i == 0 ? "\n" : ",\n");
            json.vm(rows.get(i), accounts);
        }
        return json.out.append(rows.isEmpty() ? "]\n" : "\n]\n").toString();
    }

    private void vm(VmInfo vm, AccountNames accounts) {
        boolean running = StatusCommand.isRunning(vm);
        out.append("  {\"id\": ").append(Integer.toUnsignedString(vm.id()));
        string("name", vm.name());
        string("state", vm.state().word());
        number("pid", running ? Integer.toString(vm.pid()) : "null");
        number("vcpus", Integer.toString(vm.vcpus()));
        string("engine", vm.engine().word());
        number("memory", Long.toString(vm.memoryBytes()));
        number("resident", running ? Long.toString(vm.residentBytes()) : "null");
        if (running && !vm.tty().isEmpty()) {
            string("tty", vm.tty());
        } else {
            number("tty", "null");
        }
        number("uid", Integer.toUnsignedString(vm.ownerUid()));
        boolean group = vm.ownerGid() != VmInfo.NO_GROUP;
        number("gid", group ? Integer.toUnsignedString(vm.ownerGid()) : "null");
        string("owner", accounts.ownerInFull(vm));
        out.append('}');
    }

    private void number(String key, String value) {
        out.append(", \"").append(key).append("\": ").append(value);
    }

    private void string(String key, String value) {
        out.append(", \"").append(key).append("\": \"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(c < 16 ? "0" : "").append(Integer.toHexString(c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
