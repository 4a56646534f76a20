using System.Text;
using System.Text.Json.Nodes;
using Nonet.Data.Masked;

namespace Nonet.Evaluation.Tasks.Generated;

/// <summary>Generates items with words and names.</summary>
static class WordItems
{
    const string Marks = " .,!?;:-/";
    const int ShortestScrambled = 5;

    static readonly Lazy<string[]> words = new(() => Lines("words.txt"));
    static readonly Lazy<string[][]> names = new(() => [.. Lines("names.txt").Select(line => line.Split(' '))]);

    /// <summary>A word with rearranged letters, never the word itself.</summary>
    public static JsonObject Scrambled(ItemFamily family, ref KeyedDraws draws)
    {
        while (true)
        {
            var word = words.Value[draws.Below(words.Value.Length)];
            var scrambled = family switch
            {
                ItemFamily.CycledLetters => Cycled(word, 1 + draws.Below(word.Length - 1)),
                ItemFamily.Anagrams1 => Shuffled(word, 1, ref draws),
                ItemFamily.Anagrams2 => Shuffled(word, 2, ref draws),
                ItemFamily.RandomInsertion => Inserted(word, ref draws),
                _ => string.Concat(word.Reverse()),
            };
            if (scrambled != word && word.Length >= ShortestScrambled)
                return new JsonObject { ["scrambled"] = scrambled, ["answer"] = word };
        }
    }

    /// <summary>Alternating first and last names, as in "Lady Gaga".</summary>
    public static JsonObject LastLetters(int count, ref KeyedDraws draws)
    {
        var chosen = new string[count];
        for (var i = 0; i < count; i++)
            chosen[i] = names.Value[i % 2][draws.Below(names.Value[i % 2].Length)];
        var answer = string.Concat(chosen.Select(n => n[^1]));
        var reasoning = string.Concat(chosen.Select(n => $"\"{n}\" ends in \"{n[^1]}\". ")) + $"Joined, they are \"{answer}\".";
        return new JsonObject { ["words"] = string.Join(' ', chosen), ["reasoning"] = reasoning, ["answer"] = answer };
    }

    /// <summary>A coin that begins with heads up.</summary>
    public static JsonObject CoinFlip(int people, ref KeyedDraws draws)
    {
        var (story, flips) = (new StringBuilder("A coin is heads up."), 0);
        for (var i = 0; i < people; i++)
        {
            var (name, flipped) = (names.Value[0][draws.Below(names.Value[0].Length)], draws.Below(2) == 1);
            story.Append(' ').Append(name).Append(flipped ? " flips the coin." : " does not flip the coin.");
            flips += flipped ? 1 : 0;
        }
        var up = flips % 2 == 0;
        var reasoning = $"The coin was turned over {(flips == 1 ? "once" : $"{flips} times")}, which is {(up ? "even" : "odd")}. It began heads up, so now "
            + $"it is {(up ? "heads" : "tails")} up.";
        return new JsonObject { ["story"] = story.ToString(), ["reasoning"] = reasoning, ["answer"] = up ? "yes" : "no" };
    }

    static string Cycled(string word, int by) => word[by..] + word[..by];

    static string Shuffled(string word, int kept, ref KeyedDraws draws)
    {
        var letters = word.ToCharArray();
        for (var i = letters.Length - 1 - kept; i > kept; i--)
        {
            var j = kept + draws.Below(i - kept + 1);
            (letters[i], letters[j]) = (letters[j], letters[i]);
        }
        return new string(letters);
    }

    static string Inserted(string word, ref KeyedDraws draws)
    {
        var text = new StringBuilder().Append(word[0]);
        foreach (var letter in word.AsSpan(1))
            text.Append(Marks[draws.Below(Marks.Length)]).Append(letter);
        return text.ToString();
    }

    static string[] Lines(string name)
    {
        using var stream = typeof(WordItems).Assembly.GetManifestResourceStream($"Nonet.Evaluation.Tasks.{name}")!;
        return new StreamReader(stream).ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
