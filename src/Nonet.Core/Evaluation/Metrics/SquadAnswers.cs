using System.Text.RegularExpressions;

namespace Nonet.Evaluation.Metrics;

/// <summary>
/// Compares answers as SQuAD does: in lower case, without ASCII punctuation and the articles a, an and the, with white space collapsed. Rajpurkar et al. 2016;
/// the official scripts of 1.1 and 2.0.
/// </summary>
static partial class SquadAnswers
{
    public static string Normalize(string answer)
    {
        var bare = string.Concat(answer.ToLowerInvariant().Where(c => !(char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)))));
        return string.Join(' ', Words(Articles().Replace(bare, " ")));
    }

    /// <summary>Whether a prediction equals one of the answers. If the question has no answer, the empty prediction is right.</summary>
    public static bool Exact(string prediction, IReadOnlyList<string> answers)
    {
        var normal = Normalize(prediction);
        return Possible(answers).Any(a => Normalize(a) == normal);
    }

    /// <summary>Whether one of the answers occurs among the first <paramref name="words"/> words of a text; null: anywhere in the text.</summary>
    public static bool Contains(string text, IReadOnlyList<string> answers, int? words)
    {
        var read = $" {Normalize(words is { } most ? string.Join(' ', Words(text).Take(most)) : text)} ";
        return answers.Select(Normalize).Any(a => a.Length > 0 && read.Contains($" {a} ", StringComparison.Ordinal));
    }

    /// <summary>
    /// The highest F1, over the answers, of the words that prediction and answer share. If either has no words, it is 1 if both have none and 0 otherwise.
    /// </summary>
    public static double F1(string prediction, IReadOnlyList<string> answers) =>
        Possible(answers).Max(a => F1(Words(Normalize(prediction)), Words(Normalize(a))));

    /// <summary>The answers that are not empty after normalisation, or the empty answer if all are.</summary>
    static string[] Possible(IReadOnlyList<string> answers) => answers.Where(a => Normalize(a).Length > 0).ToArray() is { Length: > 0 } some ? some : [""];

    static double F1(string[] prediction, string[] answer)
    {
        if (prediction.Length == 0 || answer.Length == 0)
            return prediction.Length == answer.Length ? 1 : 0;
        var left = answer.CountBy(w => w).ToDictionary();
        var shared = 0;
        foreach (var word in prediction)
        {
            if (left.GetValueOrDefault(word) is > 0 and var count)
            {
                left[word] = count - 1;
                shared++;
            }
        }
        return 2.0 * shared / (prediction.Length + answer.Length);
    }

    static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"\b(a|an|the)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Articles();
}
