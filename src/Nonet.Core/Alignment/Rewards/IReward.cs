using Nonet.Data.Preferences;

namespace Nonet.Alignment.Rewards;

/// <summary>An answer that a policy wrote.</summary>
public sealed record Response
{
    /// <summary>The prompt.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>Ids of the prompt.</summary>
    public required int[] PromptIds { get; init; }

    /// <summary>Generated ids. The last one is the stop token, if the response has one.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Generated text, without the stop token.</summary>
    public required string Text { get; init; }

    /// <summary>Layout of prompt and response as ids; null: the layout of the reward model.</summary>
    public PromptLayout? Layout { get; init; }

    /// <summary>Whether the response ends with a stop token; otherwise it was truncated at the maximum length.</summary>
    public required bool Stopped { get; init; }
}

/// <summary>Rewards responses: a model, a program, or a check of the answer.</summary>
public interface IReward : IDisposable
{
    /// <summary>Name in files and plots.</summary>
    string Name { get; }

    /// <summary>The reward of each response. NaN or an infinity ends a training run with an error.</summary>
    double[] Score(IReadOnlyList<Response> responses, CancellationToken stopping = default);
}

/// <summary>A reward that C# code computes for each response by itself.</summary>
public sealed class FunctionReward(string name, Func<Response, double> reward) : IReward
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public double[] Score(IReadOnlyList<Response> responses, CancellationToken stopping = default) => [.. responses.Select(reward)];

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
