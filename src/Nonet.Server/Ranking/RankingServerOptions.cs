using System.Net;
using Nonet.Alignment;
using Nonet.Data.Preferences;

namespace Nonet.Server.Ranking;

/// <summary>A model that writes answers, under the name that files give it.</summary>
public sealed record RankedModel(string Name, LanguageModel Model)
{
    /// <summary>How the model is asked, such as with its chat template; null: a prompt is the beginning of a text.</summary>
    public PromptLayout? Layout { get; init; }
}

/// <summary>What a <see cref="RankingServer"/> serves.</summary>
public sealed record RankingServerOptions
{
    /// <summary>Prompts, with the answers to rank or without.</summary>
    public required IReadOnlyList<Candidates> Prompts { get; init; }

    /// <summary>Models that take turns to write the answers to prompts that have none.</summary>
    public IReadOnlyList<RankedModel> Models { get; init; } = [];

    /// <summary>Answers to write to a prompt: K.</summary>
    public int Answers { get; init; } = 4;

    /// <summary>Temperature of sampling.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Most tokens of an answer.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Keys the answers that are sampled and the order in which labellers see them.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Labellers who rank each task.</summary>
    public int Overlap { get; init; } = 2;

    /// <summary>Judges answers beside the labellers, who do not see it; null: none.</summary>
    public RewardModel? Reward { get; init; }

    /// <summary>Address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Port; 0 takes a free one.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>How browsers reach the server if not by address and port, such as https://rank.example.org; null: they do.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Told what an operator should know; null: nobody is.</summary>
    public Action<string>? Log { get; init; }
}
