using Nonet.Inference.Constraints.Automata;
using Nonet.Inference.Constraints.Vocabulary;

namespace Nonet.Inference.Constraints.Grammars;

/// <summary>
/// Computes how long the texts of a slice's characters may be that a state of a terminal allows. The result is 0 if it is unknown; the tokens are then
/// tested one by one.
/// </summary>
sealed class SliceReaches(ExpressionStore store, Derivatives derivatives, TokenSlice[] slices)
{
    static readonly SliceReach none = new(0, false);

    readonly Expression[] characters = [.. slices.Select(s => store.Characters(s.Characters))];
    readonly Dictionary<(Expression, int), bool> included = [];

    public SliceReach Of(Expression x, int slice)
    {
        if (x.Reach is null)
        {
            x.Reach = new SliceReach[characters.Length];
            for (var i = 0; i < characters.Length; i++)
                x.Reach[i] = Find(x, i);
        }
        return x.Reach[slice];
    }

    SliceReach Find(Expression x, int slice) => x.Kind switch
    {
        ExpressionKind.JsonString when x.Min == JsonStrings.Raw => Of(x.Left, slice), // the slices' characters need no escapes
        ExpressionKind.Repeat => OfRepeat(x, slice, isLast: true),
        ExpressionKind.Concat when x.Left.Kind == ExpressionKind.Repeat => OfRepeat(x.Left, slice, isLast: !MayBegin(x.Right, slice)),
        ExpressionKind.Concat when x.Left.Kind == ExpressionKind.JsonString => Of(x.Left, slice),
        ExpressionKind.Or => Array.ConvertAll(x.Parts, p => Of(p, slice))
            .Aggregate((a, b) => new SliceReach(Math.Max(a.Alive, b.Alive), a.IsExact && b.IsExact)),
        ExpressionKind.And => OfDifference(x, slice),
        _ => MayBegin(x, slice) ? none : new SliceReach(0, true),
    };

    SliceReach OfRepeat(Expression x, int slice, bool isLast)
    {
        if (!Includes(x.Left, slice))
            return MayBegin(x.Left, slice) || !isLast ? none : new SliceReach(0, true);
        return x.Max == Expression.Unlimited ? new SliceReach(Expression.Unlimited, true) : new SliceReach(x.Max, isLast && x.Left == store.AnyCharacter);
    }

    /// <summary>An unlimited repetition minus finitely many texts allows the same beginnings as the repetition.</summary>
    SliceReach OfDifference(Expression x, int slice)
    {
        var rest = Array.FindAll(x.Parts, p => p.Kind != ExpressionKind.Not);
        return rest is [var only] && Array.TrueForAll(x.Parts, p => p == only || p.Left.IsFinite) && Of(only, slice) is { Alive: Expression.Unlimited } all
            ? all : none;
    }

    bool Includes(Expression x, int slice)
    {
        if (!included.TryGetValue((x, slice), out var result))
            included[(x, slice)] = result = derivatives.Includes(x, characters[slice]);
        return result;
    }

    bool MayBegin(Expression x, int slice)
    {
        for (var b = 0; b < 256; b++)
        {
            if (derivatives.Of(characters[slice], (byte)b) != store.Nothing && derivatives.Of(x, (byte)b) != store.Nothing)
                return true;
        }
        return false;
    }
}
