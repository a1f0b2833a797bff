package vmd.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import vmd.posix.Errno;
import vmd.privsep.Role;

/** The rules of a role, read from its {@code .policy} file; common.policy tells the grammar. */
record Policy(List<Rule> rules) {
    private static final int ARGUMENTS = 6;
    private static final int INCLUDE_DEPTH = 4;
    private static final Map<String, Integer> ERRORS =
            Map.of("EPERM", Errno.EPERM, "EACCES", Errno.EACCES, "ENOSYS", Errno.ENOSYS);

    Policy {
        rules = List.copyOf(rules);
    }

    static Policy of(Role role) {
        return read(role.label(), name -> resource(name + ".policy"));
    }

    /** Reads the policy {@code name} from {@code sources}, which give the text for a name. */
    static Policy read(String name, Function<String, String> sources) {
        Reader reader = new Reader(Syscalls.x86(), sources);
        reader.read(name, 0);
        return new Policy(reader.rules);
    }

    static String resource(String name) {
        try (InputStream in = Policy.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Reader {
        private final Syscalls syscalls;
        private final Function<String, String> sources;
        private final List<Rule> rules = new ArrayList<>();
        private String place = "";

        Reader(Syscalls syscalls, Function<String, String> sources) {
            this.syscalls = syscalls;
            this.sources = sources;
        }

        void read(String name, int depth) {
            if (depth == INCLUDE_DEPTH) {
                throw error("includes are too deep");
            }
            int number = 0;
            for (String line : sources.apply(name).lines().toList()) {
                place = name + ".policy:" + ++number;
                String text = line.strip();
                if (text.startsWith("include ")) {
                    read(text.substring("include ".length()), depth + 1);
                } else if (!text.isEmpty() && !text.startsWith("#")) {
                    rule(text);
                }
            }
        }

        private void rule(String text) {
            int semicolon = text.indexOf(';');
            if (semicolon < 0 || text.substring(semicolon + 1).isBlank()) {
                throw error("a rule needs its reason after a semicolon");
            }
            String reason = text.substring(semicolon + 1).strip();
            String head = text.substring(0, semicolon).strip();
            int when = head.indexOf(" when ");
            Rule.Condition condition =
                    when < 0 ? null : condition(head.substring(when + " when ".length()).strip());
            String[] words = (when < 0 ? head : head.substring(0, when)).split(" +");
            calls(words, condition, reason);
        }

        private void calls(String[] words, Rule.@Nullable Condition condition, String reason) {
            if (!words[0].equals("deny")) {
                throw error("unknown word " + words[0]);
            }
            int errno = Errno.EPERM;
            int end = words.length;
            if (end > 2 && words[end - 2].equals("with")) {
                Integer named = ERRORS.get(words[end - 1]);
                if (named == null) {
                    throw error("unknown error " + words[end - 1]);
                }
                errno = named;
                end -= 2;
            }
            if (end < 2) {
                throw error("no system call is named");
            }
            for (int i = 1; i < end; i++) {
                Integer number = syscalls.number(words[i]);
                if (number == null) {
                    throw error("unknown system call " + words[i]);
                }
                rules.add(new Rule(words[i], number, errno, condition, reason));
            }
        }

        private Rule.Condition condition(String text) {
            int space = text.indexOf(' ');
            String argument = space < 0 ? text : text.substring(0, space);
            int index =
                    argument.startsWith("arg") && argument.length() == 4
                            ? argument.charAt(3) - '0'
                            : -1;
            if (index < 0 || index >= ARGUMENTS || space < 0) {
                throw error("a condition starts with arg0 to arg5");
            }
            String rest = text.substring(space + 1).strip();
            if (rest.startsWith("is not ")) {
                return new Rule.Condition(index, Rule.Test.IS_NOT, list(rest.substring(7)));
            } else if (rest.startsWith("is ")) {
                return new Rule.Condition(index, Rule.Test.IS, list(rest.substring(3)));
            } else if (rest.startsWith("has ")) {
                return new Rule.Condition(index, Rule.Test.HAS, List.of(flags(rest.substring(4))));
            } else if (rest.startsWith("lacks ")) {
                return new Rule.Condition(
                        index, Rule.Test.LACKS, List.of(flags(rest.substring(6))));
            }
            throw error("unknown condition " + rest);
        }

        private List<Integer> list(String text) {
            List<Integer> values = new ArrayList<>();
            for (String word : text.split(",", -1)) {
                values.add(constant(word.strip()));
            }
            return List.copyOf(values);
        }

        private int flags(String text) {
            int flags = 0;
            for (String word : text.split("\\|", -1)) {
                flags |= constant(word.strip());
            }
            return flags;
        }

        private int constant(String word) {
            Integer value = Syscalls.constant(word);
            if (value == null) {
                throw error("unknown constant " + word);
            }
            return value;
        }

        private IllegalArgumentException error(String message) {
            return new IllegalArgumentException(place + ": " + message);
        }
    }
}
