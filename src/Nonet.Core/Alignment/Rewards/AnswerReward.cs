using Nonet.Evaluation.Answers;
using Nonet.Evaluation.Tasks;

namespace Nonet.Alignment.Rewards;

/// <summary>1 for a response that stops and gives exactly the expected answer of its prompt, 0 for any other.</summary>
/// <param name="name">Name in files and plots.</param>
/// <param name="options">How the answer is read from the response.</param>
public sealed class AnswerReward(string name, AnswerOptions options) : IReward
{
    readonly AnswerReader reader = new(options);

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A prompt has no expected answer. The message shows it.</exception>
    public double[] Score(IReadOnlyList<Response> responses, CancellationToken stopping = default) => [.. responses.Select(Score)];

    double Score(Response response)
    {
        var expected = response.Prompt.Answer
            ?? throw new ArgumentException($"the reward {name} compares with an expected answer, and the prompt '{Shown.Of(response.Prompt.Text)}' "
                + $"has none: add a field answer to the prompts");
        return response.Stopped && reader.Read(response.Text).Answer is { } given && given == (reader.Normalize(expected) ?? expected) ? 1 : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
