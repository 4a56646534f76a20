using System.CommandLine;
using Nonet.Inference;
using Nonet.ToolUse.Decoding;

namespace Nonet.Cli.Tools;

/// <summary>Options for a model that was trained to write calls inside its text.</summary>
sealed class CallFlags
{
    readonly Option<int?> calls =
        Flags.Whole("--max-calls", "Maximum number of tool calls in a text; 1 by default. 0: the mark of a call is never written.", 0, 1000);
    readonly Option<int?> rank =
        Flags.Whole("--call-top-k", "A call begins where its mark is among the K likeliest tokens; 10 by default.", 1, 1000);

    public void AddTo(Command command)
    {
        command.Add(calls);
        command.Add(rank);
    }

    /// <summary>Whether one of these options is given. They need tools.</summary>
    public bool AreGiven(ParseResult parsed) => parsed.GetValue(calls) is not null || parsed.GetValue(rank) is not null;

    public ToolDecodingOptions Read(ParseResult parsed, GenerationOptions generation)
    {
        var defaults = new ToolDecodingOptions();
        return generation.Constraint is null
            ? defaults with { Generation = generation, MaxCalls = parsed.GetValue(calls) ?? defaults.MaxCalls, TopK = parsed.GetValue(rank) ?? defaults.TopK }
            : throw new UsageException("--tools and a constraint are both given; expected only one, because a constrained text cannot contain calls");
    }
}
