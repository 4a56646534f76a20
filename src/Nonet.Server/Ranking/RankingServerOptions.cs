using System.Net;
using Nonet.Alignment;
using Nonet.Data.Preferences;

namespace Nonet.Server.Ranking;

/// <summary>A model that writes answers, and its name in files.</summary>
public sealed record RankedModel(string Name, LanguageModel Model)
{
    /// <summary>Layout of prompts for the model, such as its chat template; null: the model continues the prompt as plain text.</summary>
    public PromptLayout? Layout { get; init; }
}

/// <summary>Settings of a <see cref="RankingServer"/>.</summary>
public sealed record RankingServerOptions
{
    /// <summary>Prompts, with or without answers.</summary>
    public required IReadOnlyList<Candidates> Prompts { get; init; }

    /// <summary>Models that write the answers to prompts without answers, in turn.</summary>
    public IReadOnlyList<RankedModel> Models { get; init; } = [];

    /// <summary>K: number of answers to write per prompt.</summary>
    public int Answers { get; init; } = 4;

    /// <summary>Temperature of sampling.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Largest number of tokens in an answer.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>Seed of the sampled answers and of the order in which labellers see them.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Number of labellers who rank each task.</summary>
    public int Overlap { get; init; } = 2;

    /// <summary>Reward model that scores the answers. Labellers do not see its scores. Null: none.</summary>
    public RewardModel? Reward { get; init; }

    /// <summary>Address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Port; 0 takes a free one.</summary>
    public int Port { get; init; } = 5080;

    /// <summary>Address at which browsers reach the server, such as https://rank.example.org; null: its address and port.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Receives messages for the operator; null: there are no messages.</summary>
    public Action<string>? Log { get; init; }
}
