using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Grammars;

namespace Nonet.Inference.Constraints.Json;

/// <summary>How the members of an object are written: as JSON, or as parameters between marks.</summary>
sealed record ObjectSpelling
{
    public required Expression Open { get; init; }

    public required Expression Close { get; init; }

    /// <summary>Separator between two members.</summary>
    public required Expression Comma { get; init; }

    /// <summary>A name, and the separator between it and its value.</summary>
    public required Func<string, Expression> Name { get; init; }

    /// <summary>Any name of a language, and the separator between it and its value.</summary>
    public required Func<Expression, Expression> Names { get; init; }

    /// <summary>A value that several schemas all allow, and its end mark.</summary>
    public required Func<IReadOnlyCollection<SchemaPlace>, GrammarNode> Value { get; init; }
}
