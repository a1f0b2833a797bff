package vmd.privsep;

import java.util.ArrayList;
import java.util.List;

/**
 * What every child is told by whoever starts it, as the first words of its arguments; what is
 * secret or large comes over the channel.
 *
 * @param name what it calls itself: the role's label, or {@code vm/NAME}
 * @param account whom it becomes, if its role drops privileges
 * @param foreground whether logs go to standard error
 * @param verbosity of its log
 * @param arguments of its own
 */
public record StartUp(
        String name,
        ServiceAccount account,
        boolean foreground,
        int verbosity,
        List<String> arguments) {

    private static final int WORDS = 4;

    public StartUp {
        arguments = List.copyOf(arguments);
    }

    List<String> words() {
        List<String> words = new ArrayList<>();
        words.add(name);
        words.add(account.word());
        words.add(foreground ? "foreground" : "background");
        words.add(Integer.toString(verbosity));
        words.addAll(arguments);
        return words;
    }

    /** The same as {@link #words} was made of. */
    public static StartUp parse(String[] words) {
        if (words.length < WORDS) {
            throw new IllegalArgumentException("this process is started by vmd only");
        }
        return new StartUp(
                words[0],
                ServiceAccount.parse(words[1]),
                words[2].equals("foreground"),
                Integer.parseInt(words[3]),
                List.of(words).subList(WORDS, words.length));
    }

    /** What ps shows: {@code vmd: vmm}, {@code vmd: NAME}. */
    public String title() {
        return "vmd: " + (name.startsWith("vm/") ? name.substring(3) : name);
    }
}
