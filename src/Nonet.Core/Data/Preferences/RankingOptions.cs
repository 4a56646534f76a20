using Nonet.Files;

namespace Nonet.Data.Preferences;

/// <summary>A file of rankings, and how to read it.</summary>
public sealed record RankingOptions
{
    /// <summary>JSON Lines, plain or .gz.</summary>
    [Option("JSON Lines, plain or .gz: rankings {prompt, answers, ranks}, pairs {prompt, chosen, rejected}, or pairs of whole dialogues {chosen, rejected} "
        + "as in HH-RLHF or as lists of messages. A prompt is a text or a list of messages.", Exists = true, Expected = "a file that exists")]
    public required string Path { get; init; }

    /// <summary>For pairs of whole dialogues: the mark after which the last answer begins.</summary>
    [Option("For pairs of whole dialogues: the mark after which the last answer begins.")]
    public string AnswerMark { get; init; } = "\n\nAssistant:";
}
