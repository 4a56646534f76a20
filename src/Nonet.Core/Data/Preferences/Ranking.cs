using Nonet.Text.Chat;

namespace Nonet.Data.Preferences;

/// <summary>Two answers of a ranking, by index, of which one is better.</summary>
public readonly record struct RankedPair(int Better, int Worse);

/// <summary>Answers to one prompt, and which of them people prefer. A tie gives no pair.</summary>
public sealed record Ranking
{
    /// <summary>The prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>Turns of the conversation whose transcript is the prompt; null: the prompt is a text.</summary>
    public IReadOnlyList<ChatMessage>? Messages { get; init; }

    /// <summary>The prompt as a model receives it.</summary>
    public Prompt Asked => new(Prompt) { Messages = Messages };

    /// <summary>The answers.</summary>
    public required IReadOnlyList<string> Answers { get; init; }

    /// <summary>Pairs of answers, the better one first.</summary>
    public required IReadOnlyList<RankedPair> Pairs { get; init; }

    /// <summary>The ranking of one labeller.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="answers">Two answers or more.</param>
    /// <param name="ranks">Rank of each answer: 1 is the best, equal ranks are ties, null means not ranked.</param>
    public static Ranking Of(string prompt, IReadOnlyList<string> answers, IReadOnlyList<int?> ranks)
    {
        if (answers.Count != ranks.Count)
            throw new ArgumentException($"{answers.Count} answers have {ranks.Count} ranks; expected one rank an answer", nameof(ranks));
        var pairs = new List<RankedPair>();
        for (var i = 0; i < ranks.Count; i++)
        {
            for (var j = 0; j < ranks.Count; j++)
            {
                if (ranks[i] < ranks[j]) // false if one is null
                    pairs.Add(new RankedPair(i, j));
            }
        }
        return new Ranking { Prompt = prompt, Answers = answers, Pairs = pairs };
    }
}
