package vmctl;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import vmd.proto.VmInfo;

/** Users and groups by number, from this machine's files; the number where there is no name. */
final class AccountNames {
    private static final int OWNER_WIDTH = 15;

    private final Path users;
    private final Path groups;
    private String userLines = "";
    private String groupLines = "";

    AccountNames() {
        this(Path.of("/etc/passwd"), Path.of("/etc/group"));
    }

    AccountNames(Path users, Path groups) {
        this.users = users;
        this.groups = groups;
    }

    /** {@code user} or {@code user:group}, cut to the room of the table. */
    String owner(VmInfo vm) {
        String owner = ownerInFull(vm);
        return owner.length() > OWNER_WIDTH ? owner.substring(0, OWNER_WIDTH) : owner;
    }

    String ownerInFull(VmInfo vm) {
        if (userLines.isEmpty()) {
            userLines = read(users);
        }
        String user = name(userLines, vm.ownerUid());
        if (vm.ownerGid() == VmInfo.NO_GROUP) {
            return user;
        }
        if (groupLines.isEmpty()) {
            groupLines = read(groups);
        }
        return user + ":" + name(groupLines, vm.ownerGid());
    }

    /** Both files have lines {@code name:password:number:}, with more behind. */
    private static String name(String lines, int id) {
        String number = Integer.toUnsignedString(id);
        int start = 0;
        while (start < lines.length()) {
            int end = lines.indexOf('\n', start);
            int afterName = lines.indexOf(':', start);
            int afterPassword = lines.indexOf(':', afterName + 1);
            if (afterName >= 0
                    && afterPassword >= 0
                    && afterPassword < end
                    && lines.startsWith(number + ":", afterPassword + 1)) {
                return lines.substring(start, afterName);
            }
            start = end + 1;
        }
        return number;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1) + "\n";
        } catch (IOException _) {
            return "\n";
        }
    }
}
