package vmd.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdentityTest {
    @Test
    void accountsAreFoundByNameAndNumber() {
        Identity.User root = Identity.user("root").orElseThrow();
        assertEquals(0, root.uid());
        assertEquals(root, Identity.user(0).orElseThrow());
        assertTrue(Identity.user("no-such-user-here").isEmpty());
        assertTrue(Identity.group("no-such-group-here").isEmpty());
        String name = Identity.groupName(root.gid()).orElseThrow();
        assertEquals(root.gid(), Identity.group(name).orElseThrow());
        assertTrue(Identity.isMember(root, root.gid()));
        assertFalse(Identity.isMember(root, 0x7ffffff0));
    }

    @Test
    void membershipOfSupplementaryGroupsIsSeen() throws Exception {
        // Whatever groups this system lists members of: the first such line is the sample.
        List<String> lines = Files.readAllLines(Path.of("/etc/group"));
        for (String line : lines) {
            String[] fields = line.split(":", -1);
            if (fields.length < 4 || fields[3].isEmpty()) {
                continue;
            }
            var user = Identity.user(fields[3].split(",", -1)[0]);
            if (user.isPresent()) {
                assertTrue(Identity.isMember(user.get(), Integer.parseInt(fields[2])), line);
                return;
            }
        }
    }
}
