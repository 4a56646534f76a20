using Nonet.Evaluation.Models;
using Nonet.Evaluation.Prompts;

namespace Nonet.Tests.Evaluation.Runs;

/// <summary>A model whose ids are characters and whose answers a test gives.</summary>
sealed class TableModel(int context = 10_000) : IScoringModel
{
    /// <summary>ln p of a continuation after a context, one a token.</summary>
    public Func<string, string, double[]> LogProbabilities { get; init; } = (_, continuation) => [.. continuation.Select(c => -c / 100.0)];

    /// <summary>The text of a prompt and a seed.</summary>
    public Func<string, ulong, string> Text { get; init; } = (_, _) => "The answer is 4.";

    /// <summary>Requests that were computed.</summary>
    public int Asked { get; private set; }

    /// <summary>Throws when so many were computed.</summary>
    public int? BreaksAfter { get; init; }

    public string Name => "table";
    public string Digest => "table";
    public ChatMode Chat => ChatMode.Off;
    public int Context => context;
    public IReadOnlyList<EncodedRequest> Encode(ModelPrompt prompt, IReadOnlyList<string> continuations) =>
        [.. continuations.Select(continuation => new EncodedRequest(Encode(prompt), Ids(continuation)))];
    public int[] Encode(ModelPrompt prompt) => [0, .. Ids(prompt.Text)];
    public IReadOnlyList<EncodedRequest> EncodeWindows(string text) => [new EncodedRequest([0], Ids(text))];
    public string Decode(ReadOnlySpan<int> ids) => string.Concat(ids.ToArray().Select(i => (char)i));

    public Task Score(IReadOnlyList<EncodedRequest> requests, Action<int, ContinuationScore> done, CancellationToken stopping)
    {
        for (var i = 0; i < requests.Count; i++)
        {
            Count();
            var scores = LogProbabilities(Decode(requests[i].Context.AsSpan(1)), Decode(requests[i].Continuation));
            done(i, new ContinuationScore(scores.Sum(), scores.Length, scores.All(s => s > -0.5)));
        }
        return Task.CompletedTask;
    }

    public Task Write(IReadOnlyList<TextRequest> requests, Action<int, WrittenText> done, CancellationToken stopping)
    {
        for (var i = 0; i < requests.Count; i++)
        {
            Count();
            done(i, new WrittenText(Text(requests[i].Prompt.Text, requests[i].Seed), "stop_text", -1, 4));
        }
        return Task.CompletedTask;
    }

    void Count()
    {
        if (Asked == BreaksAfter)
            throw new IOException("the machine stopped");
        Asked++;
    }

    static int[] Ids(string text) => [.. text.Select(c => (int)c)];
}
