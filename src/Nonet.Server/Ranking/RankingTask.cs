using System.Security.Cryptography;
using System.Text.Json;

namespace Nonet.Server.Ranking;

/// <summary>An answer, and the model that wrote it; null means unknown.</summary>
sealed record RankedAnswer(string Text, string? Source);

/// <summary>A prompt and the answers that labellers rank.</summary>
/// <param name="Id">Digest of prompt and answers, so that a task is stored once even if it is added several times.</param>
/// <param name="Prompt">The prompt.</param>
/// <param name="Answers">The answers, in the order that judgements use.</param>
sealed record RankingTask(string Id, string Prompt, IReadOnlyList<RankedAnswer> Answers)
{
    /// <summary>A task; the same prompt and answers, in any order, are the same task.</summary>
    public static RankingTask Of(string prompt, IReadOnlyList<RankedAnswer> answers) =>
        new(IdOf([prompt, .. answers.Select(a => a.Text).Order(StringComparer.Ordinal)]), prompt, answers);

    /// <summary>Id that is stored for a prompt whose answers were sampled, so that they are sampled only once.</summary>
    public static string SampledId(string prompt) => IdOf([prompt]);

    /// <summary>Index in this task of each of the given answers.</summary>
    public int[] NumbersOf(IReadOnlyList<string> texts)
    {
        var numbers = Answers.Select((a, i) => (a.Text, i)).ToDictionary(a => a.Text, a => a.i, StringComparer.Ordinal);
        return [.. texts.Select(text => numbers[text])];
    }

    static string IdOf(IReadOnlyList<string> parts) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(parts, RankingJson.Default.IReadOnlyListString)))[..32];
}
