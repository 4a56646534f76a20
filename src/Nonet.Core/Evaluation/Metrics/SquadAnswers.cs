using System.Text.RegularExpressions;

namespace Nonet.Evaluation.Metrics;

/// <summary>
/// Answers as texts compared as SQuAD does: in lower case, without ASCII punctuation and the articles a, an and the, blanks as one. Rajpurkar et al. 2016; the
/// official scripts of 1.1 and 2.0.
/// </summary>
static partial class SquadAnswers
{
    public static string Normalize(string answer)
    {
        var bare = string.Concat(answer.ToLowerInvariant().Where(c => !(char.IsAscii(c) && (char.IsPunctuation(c) || char.IsSymbol(c)))));
        return string.Join(' ', Words(Articles().Replace(bare, " ")));
    }

    /// <summary>Whether a prediction is one of the answers. Without answers (a question that has none) the empty prediction is right.</summary>
    public static bool Exact(string prediction, IReadOnlyList<string> answers)
    {
        var normal = Normalize(prediction);
        return Possible(answers).Any(a => Normalize(a) == normal);
    }

    /// <summary>Whether one of the answers stands among the first words of a text; null: anywhere in it.</summary>
    public static bool Contains(string text, IReadOnlyList<string> answers, int? words)
    {
        var read = $" {Normalize(words is { } most ? string.Join(' ', Words(text).Take(most)) : text)} ";
        return answers.Select(Normalize).Any(a => a.Length > 0 && read.Contains($" {a} ", StringComparison.Ordinal));
    }

    /// <summary>F1 of the words that prediction and answer share, of the answer that gives most. Where either has no words: 1 if neither has, else 0.</summary>
    public static double F1(string prediction, IReadOnlyList<string> answers) =>
        Possible(answers).Max(a => F1(Words(Normalize(prediction)), Words(Normalize(a))));

    /// <summary>Answers that are not empty once normalised; the empty one if there is none.</summary>
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
