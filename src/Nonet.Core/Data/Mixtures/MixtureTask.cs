using System.Text.Json.Nodes;
using Nonet.Data.Instructions;

namespace Nonet.Data.Mixtures;

/// <summary>A row of a task, before it is phrased.</summary>
public sealed record TaskRow
{
    /// <summary>What is asked.</summary>
    public required string Input { get; init; }

    /// <summary>Right answers, at least one; training draws one of them.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>Reasoning that leads to the answer; null: none is known.</summary>
    public string? Rationale { get; init; }

    /// <summary>The possible answers; empty: the answer is free.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Fields of the row in its file, for templates that name them; null: none.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>Where the row comes from.</summary>
    public required ExamplePlace Place { get; init; }
}

/// <summary>A file that a task was read from.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">SHA-256 of its bytes, in hexadecimal digits.</param>
public sealed record TaskFileIdentity(string Path, long Bytes, string Sha256);

/// <summary>A task with its rows and phrasings.</summary>
public sealed record MixtureTask
{
    /// <summary>Name of the task.</summary>
    public required string Name { get; init; }

    /// <summary>Cluster: tasks that ask for the same.</summary>
    public required string Cluster { get; init; }

    /// <summary>Data set that the rows come from.</summary>
    public required string Dataset { get; init; }

    /// <summary>What the task asks for, in words; null: the templates say it.</summary>
    public string? Definition { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<TaskRow> Rows { get; init; }

    /// <summary>The phrasings.</summary>
    public required IReadOnlyList<PromptTemplate> Templates { get; init; }

    /// <summary>The files that the rows come from; empty for a generated task.</summary>
    public IReadOnlyList<TaskFileIdentity> Files { get; init; } = [];
}
