package vmd.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.function.Function;
import vmd.posix.Errno;
import vmd.posix.Processes;

/** Reads policy files. */
final class PolicyReader {
    private static final int ARGUMENTS = 6;
    private static final int INCLUDE_DEPTH = 4;
    private static final String SELF = "SELF";

    private final Map<String, Integer> syscalls;
    private final Function<String, String> sources;
    private final Map<String, Integer> constants = new HashMap<>();
    private final List<Rule> rules = new ArrayList<>();
    private final List<Policy.PathRule> paths = new ArrayList<>();
    private final Set<Policy.Space> spaces = EnumSet.noneOf(Policy.Space.class);
    private final Set<Policy.Capability> capabilities = EnumSet.noneOf(Policy.Capability.class);
    private final Map<Integer, Long> limits = new HashMap<>();
    private boolean anyPath;
    private String place = "";

    private PolicyReader(Map<String, Integer> syscalls, Function<String, String> sources) {
        this.syscalls = syscalls;
        this.sources = sources;
    }

    /** Reads the policy {@code name} of the process {@code self}. */
    static Policy read(String name, int self) {
        return read(name, self, PolicyReader::resource);
    }

    /** As {@link #read(String, int)}, from {@code sources}, which give the text of a file. */
    static Policy read(String name, int self, Function<String, String> sources) {
        PolicyReader reader = new PolicyReader(Numbers.BY_NAME, sources);
        reader.constants.put(SELF, self);
        reader.file(name + ".policy", 0);
        return new Policy(
                reader.rules,
                reader.paths,
                reader.anyPath,
                reader.spaces,
                reader.capabilities,
                reader.limits);
    }

    private static String resource(String name) {
        try (InputStream in = Policy.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("resource " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Read once: the parent asks for the policies of all its children. */
    private static final class Numbers {
        static final Map<String, Integer> BY_NAME = syscalls();
    }

    /** The numbers of x86-64, the one architecture that filters are made for. */
    private static Map<String, Integer> syscalls() {
        Map<String, Integer> numbers = new HashMap<>(1024);
        String text = resource("syscalls.x86-64");
        for (int at = 0; at < text.length(); ) {
            int end = text.indexOf('\n', at);
            int space = text.indexOf(' ', at);
            if (text.charAt(at) != '#') {
                numbers.put(text.substring(space + 1, end), Integer.parseInt(text, at, space, 10));
            }
            at = end + 1;
        }
        return numbers;
    }

    private void file(String name, int depth) {
        if (depth == INCLUDE_DEPTH) {
            throw error("includes are too deep");
        }
        int number = 0;
        for (String line : sources.apply(name).lines().toList()) {
            place = name + ":" + ++number;
            String text = line.strip();
            if (text.startsWith("include ")) {
                file(text.substring("include ".length()) + ".policy", depth + 1);
            } else if (!text.isEmpty() && !text.startsWith("#")) {
                statement(text);
            }
        }
    }

    private void statement(String text) {
        int semicolon = text.indexOf(';');
        if (semicolon < 0 || text.substring(semicolon + 1).isBlank()) {
            throw error("a rule needs its reason after a semicolon");
        }
        String reason = text.substring(semicolon + 1).strip();
        String head = text.substring(0, semicolon).strip();
        int space = head.indexOf(' ');
        String verb = space < 0 ? head : head.substring(0, space);
        List<String> words = words(space < 0 ? "" : head.substring(space + 1));
        switch (verb) {
            case "allow", "deny" -> calls(verb, head.substring(verb.length()), reason);
            case "constant" -> {
                arity(words, 2);
                constants.put(words.getFirst(), number(words.getLast()));
            }
            case "path" -> path(words, reason);
            case "anypath" -> anyPath = true;
            case "private" -> words.forEach(word -> spaces.add(one(Policy.Space.class, word)));
            case "keep" ->
                    words.forEach(word -> capabilities.add(one(Policy.Capability.class, word)));
            case "limit" -> {
                arity(words, 2);
                limits.put(resourceNumber(words.getFirst()), (long) number(words.getLast()));
            }
            default -> throw error("unknown word " + verb);
        }
    }

    private void calls(String verb, String text, String reason) {
        int when = text.indexOf(" when ");
        List<Rule.Condition> conditions = new ArrayList<>();
        if (when >= 0) {
            String rest = text.substring(when + " when ".length());
            for (int and = rest.indexOf(" and "); and >= 0; and = rest.indexOf(" and ")) {
                conditions.add(condition(words(rest.substring(0, and))));
                rest = rest.substring(and + " and ".length());
            }
            conditions.add(condition(words(rest)));
        }
        List<String> names = words(when < 0 ? text : text.substring(0, when));
        int errno = 0;
        if (verb.equals("deny")) {
            int with = names.indexOf("with");
            if (with < 0 || with != names.size() - 2) {
                throw error("deny names its error: with ERROR");
            }
            errno = errorNumber(names.getLast());
            names = names.subList(0, with);
        }
        if (names.isEmpty()) {
            throw error("no system call is named");
        }
        for (String name : names) {
            Integer number = syscalls.get(name);
            if (number == null) {
                throw error("unknown system call " + name);
            }
            rules.add(new Rule(name, number, errno, conditions, reason));
        }
    }

    private Rule.Condition condition(List<String> words) {
        String first = words.isEmpty() ? "" : words.getFirst();
        int index = first.length() == 4 && first.startsWith("arg") ? first.charAt(3) - '0' : -1;
        if (index < 0 || index >= ARGUMENTS || words.size() < 3) {
            throw error("a condition starts with arg0 to arg5");
        }
        String test = words.get(1) + " " + words.get(2);
        return switch (test) {
            case "is not" -> new Rule.Condition(index, Rule.Test.IS_NOT, list(words, 3));
            case "has all" -> new Rule.Condition(index, Rule.Test.HAS_ALL, flags(words));
            case "has any" -> new Rule.Condition(index, Rule.Test.HAS_ANY, flags(words));
            case "has none" -> new Rule.Condition(index, Rule.Test.HAS_NONE, flags(words));
            default -> {
                if (!words.get(1).equals("is")) {
                    throw error("unknown condition " + test);
                }
                yield new Rule.Condition(index, Rule.Test.IS, list(words, 2));
            }
        };
    }

    /** The words from {@code first} on, as numbers. */
    private List<Integer> list(List<String> words, int first) {
        List<Integer> values = new ArrayList<>();
        for (String word : words.subList(first, words.size())) {
            values.add(number(word));
        }
        if (values.isEmpty()) {
            throw error("a condition has no value");
        }
        return values;
    }

    /** The words after the first three, as one number. */
    private List<Integer> flags(List<String> words) {
        int flags = 0;
        for (int value : list(words, 3)) {
            flags |= value;
        }
        return List.of(flags);
    }

    private void path(List<String> words, String reason) {
        arity(words, 2);
        String permissions = words.getFirst();
        if (permissions.isEmpty() || !permissions.chars().allMatch(c -> "rwxc".indexOf(c) >= 0)) {
            throw error("unknown permissions " + permissions);
        }
        String path = words.getLast();
        if (!path.startsWith("/") && !path.startsWith("$")) {
            throw error("path " + path + " is not absolute");
        }
        paths.add(new Policy.PathRule(permissions, path, reason));
    }

    private void arity(List<String> words, int count) {
        if (words.size() != count) {
            throw error(count + " words are wanted");
        }
    }

    private <E extends Enum<E>> E one(Class<E> type, String word) {
        try {
            return Enum.valueOf(type, word);
        } catch (IllegalArgumentException e) {
            throw error("unknown word " + word);
        }
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringTokenizer tokens = new StringTokenizer(text, " ,|");
        while (tokens.hasMoreTokens()) {
            words.add(tokens.nextToken());
        }
        return words;
    }

    private int number(String word) {
        Integer named = constants.get(word);
        if (named != null) {
            return named;
        }
        try {
            return Long.decode(word).intValue();
        } catch (NumberFormatException e) {
            throw error("unknown constant " + word);
        }
    }

    private int errorNumber(String word) {
        return switch (word) {
            case "EPERM" -> Errno.EPERM;
            case "EACCES" -> Errno.EACCES;
            case "ENOSYS" -> Errno.ENOSYS;
            default -> throw error("unknown error " + word);
        };
    }

    private int resourceNumber(String word) {
        return switch (word) {
            case "CORE" -> Processes.RLIMIT_CORE;
            case "NOFILE" -> Processes.RLIMIT_NOFILE;
            case "FSIZE" -> Processes.RLIMIT_FSIZE;
            case "MEMLOCK" -> Processes.RLIMIT_MEMLOCK;
            case "MSGQUEUE" -> Processes.RLIMIT_MSGQUEUE;
            default -> throw error("unknown limit " + word);
        };
    }

    private IllegalArgumentException error(String message) {
        return new IllegalArgumentException(place + ": " + message);
    }
}
