using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Grammars;

namespace Nonet.Inference.Constraints.Json;

/// <summary>How the members of an object are written: as JSON, or as parameters between marks.</summary>
sealed record ObjectSpelling
{
    public required Expression Open { get; init; }

    public required Expression Close { get; init; }

    /// <summary>What stands between two members.</summary>
    public required Expression Comma { get; init; }

    /// <summary>A name and what stands between it and its value.</summary>
    public required Func<string, Expression> Name { get; init; }

    /// <summary>The same for all names of a language.</summary>
    public required Func<Expression, Expression> Names { get; init; }

    /// <summary>A value that several schemas allow, and what ends it.</summary>
    public required Func<IReadOnlyCollection<SchemaPlace>, GrammarNode> Value { get; init; }
}
